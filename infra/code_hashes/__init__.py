"""What code an entry of the registries reaches, found without importing any of it: the hashes behind a run's identity.

``python -m infra.code_hashes`` writes them. Only the standard library and parso are needed, with one fixed grammar, so
that every supported Python writes the same ones.
"""
