"""Declarations for Cython, written by ``python -m infra.generate`` from `layout` and `marks`."""
