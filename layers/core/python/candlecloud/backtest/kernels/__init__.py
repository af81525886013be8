"""Kernels: plain Python with types beside it, compiled where a build has run, the same bits where not."""
