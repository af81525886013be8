"""Features in, target positions out."""
