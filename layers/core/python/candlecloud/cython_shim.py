"""What a kernel imports as ``cython`` where the compiler's package is not installed: it runs as plain Python."""

from __future__ import annotations

compiled = False
