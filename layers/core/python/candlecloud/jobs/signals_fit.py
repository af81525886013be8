"""Do a run's own signals fit it: are they there, of its series, of its sets, with a decision for every candle?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from candlecloud.contract.own_signals import check_sizes
from candlecloud.contract.run import RunConfig
from candlecloud.contract.run_spec import RunSpec
from candlecloud.contract.sweep import SweepConfig
from candlecloud.errors import InvalidParameterError
from candlecloud.strategies.signals.spec import SIGNALS_SPEC

if TYPE_CHECKING:
    from candlecloud.strategies.signals.file import SignalsFile

_SET = SIGNALS_SPEC.parameters[0].name


def check_signals_fit(config: RunSpec, file: SignalsFile | None, open_times: Sequence[int]) -> None:
    """Check own signals against the run or sweep that names them; any other strategy passes.

    Parameters
    ----------
    file : SignalsFile or None
        What is stored under the id.
    open_times : sequence of int
        Of the candles that the run reads, ms UTC.

    Raises
    ------
    InvalidParameterError
        Naming the field, and what to do.
    """
    if config.signals is None:
        return
    from candlecloud.strategies.signals.coverage import check_coverage  # brings Arrow, which not every caller has

    if file is None:
        raise InvalidParameterError(
            f"There are no signals {config.signals}.",
            hint="Send your file to PUT /signals/files; it gives the id.",
            field="signals",
        )
    if file.series != config.series:
        raise InvalidParameterError(
            f"The signals are for {file.series.id}, the run is on {config.series.id}.",
            hint="Run on the series of the signals, or upload the file for this series.",
            field="signals",
            series=file.series.id,
        )
    check_sizes(file.sized, config.sizing, config.setting_axes if isinstance(config, SweepConfig) else ())
    sets = sets_of(config)
    field = f"grid.{_SET}" if isinstance(config, SweepConfig) and _SET in config.grid else f"parameters.{_SET}"
    if max(sets) >= len(file):
        raise InvalidParameterError(
            f"{field}: there is no set {max(sets)} in {file.id}; it has {len(file)}.",
            hint=f"Sets are numbered from 0; the last is {len(file) - 1}.",
            field=field,
            allowed=len(file) - 1,
        )
    check_coverage(file, sets, open_times, config.signals_fill)


def sets_of(config: RunSpec) -> list[int]:
    """The sets of the file that a run or a sweep computes."""
    if isinstance(config, SweepConfig):
        return [int(number) for number in config.values[_SET]]
    assert isinstance(config, RunConfig)
    return [int(config.parameters[_SET])]
