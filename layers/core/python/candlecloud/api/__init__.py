"""The HTTP contract: a FastAPI application over stores and a dispatcher that it is given."""
