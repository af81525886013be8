"""Loops that NumPy can't do, as plain Python with a ``.pxd`` beside it; compiled by ``python -m infra.kernels``."""
