"""One use case per module: Request, run(request, stores, exchange, now), Report."""
