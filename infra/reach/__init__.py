"""What code an entry of the registries reaches, found without importing any of it: the table behind a run's identity.

``python -m infra.reach`` writes the table. Only the standard library and parso are needed, with one fixed grammar, so
that every supported Python writes the same one.
"""
