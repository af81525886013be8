"""Own signals in a request: which file, and what a candle without a row means."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from pydantic import Field

from candlecloud.contract.execution_settings import ModelChoice, fixed_fraction
from candlecloud.contract.fields import AddedField, Strict
from candlecloud.errors import InvalidParameterError
from candlecloud.strategies.signals.spec import SIGNALS, Fill

SignalsId = Annotated[str, Field(pattern=r"^signals_[0-9a-f]{32}$")]


class SignalsFields(Strict):
    """The fields of strategy `signals`."""

    signals: Annotated[
        SignalsId | None,
        Field(description="Of strategy `signals`: the id that `PUT /signals/files` gave your file"),
        AddedField(None),
    ] = None
    signals_fill: Annotated[
        Fill | None,
        Field(
            description="What a candle without a row in the signals means: `hold` (the last target stays) or `flat` "
            "(no position); left out, it is refused"
        ),
        AddedField(None),
    ] = None


def check_signals_fields(strategy: str, signals: str | None, fill: Fill | None) -> None:
    """Check that strategy `signals` and its fields come together, and with no other.

    Raises
    ------
    InvalidParameterError
        Naming the field that lacks or that stands beside another strategy.
    """
    if strategy == SIGNALS:
        if signals is None:
            raise InvalidParameterError(
                "strategy is signals, but signals is missing.",
                hint="Send a file to PUT /signals/files, and set signals to the id that it gives you.",
                field="signals",
            )
        return
    for name, value in (("signals", signals), ("signals_fill", fill)):
        if value is not None:
            hint = f'Set strategy to "signals", or leave {name} out.'
            raise InvalidParameterError(f"{name} is given, but strategy is {strategy}.", hint=hint, field=name)


def check_sizes(sized: bool, sizing: ModelChoice, varied: Iterable[str] = ()) -> None:
    """Refuse two rules for one size: a file with sizes takes the place of the sizing model.

    Parameters
    ----------
    varied : iterable of str
        Paths of the settings that a grid varies.

    Raises
    ------
    InvalidParameterError
        If both are given.
    """
    swept = next((path for path in varied if path.startswith("sizing.")), None)
    if sized and (swept is not None or sizing != fixed_fraction()):
        raise InvalidParameterError(
            f"The signals have sizes, and sizing is {sizing.model}: both say how large a position is.",
            hint="Leave sizing out, or upload the file without the column size.",
            field="sizing" if swept is None else f"grid.{swept}",
        )
