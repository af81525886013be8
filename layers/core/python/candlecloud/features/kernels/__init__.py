"""Loops that NumPy can't do, as plain Python with a ``.pxd`` beside it; compiled by ``python -m infra.kernels``.

They get memory views (`views`), so that uncompiled they see Python's own numbers and give the same bits.
"""
