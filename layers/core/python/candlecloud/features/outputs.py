"""Outputs of a feature that are made when they are read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from candlecloud.arrays import FloatArray


class MadeWhenRead(Mapping[str, FloatArray]):
    """Output to its array, made anew at each reading and not kept: what nobody reads costs no pass and no memory.

    Parameters
    ----------
    **makers
        Output to what makes it.
    """

    def __init__(self, **makers: Callable[[], FloatArray]) -> None:
        self._makers = makers

    def __getitem__(self, output: str) -> FloatArray:
        return self._makers[output]()

    def __iter__(self) -> Iterator[str]:
        return iter(self._makers)

    def __len__(self) -> int:
        return len(self._makers)
