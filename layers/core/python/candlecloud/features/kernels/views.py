"""Arrays as kernels take them: contiguous memory views, whose entries are plain Python numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias, cast

if TYPE_CHECKING:
    from candlecloud.arrays import FloatArray, IntArray

Doubles: TypeAlias = "memoryview[float]"
Integers: TypeAlias = "memoryview[int]"


def doubles(array: FloatArray) -> Doubles:
    """View of float64 values, without copying."""
    return cast("memoryview[float]", array.data)


def integers(array: IntArray) -> Integers:
    """View of int64 values, without copying."""
    return array.data
