"""Compiled kernels: plain Python files with a ``.pxd`` beside them, through Cython and zig into ``<name>.abi3.so``.

``python -m infra.kernels`` builds what changed, next to the sources; Python takes a compiled module before its source.
"""
