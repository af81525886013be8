"""What the jobs of runs and fan-outs share: the record's identity and its candles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from candlecloud.contract.run_spec import RunSpec
from candlecloud.errors import ConflictError
from candlecloud.runs.identity import Identity, code_version_of
from candlecloud.store.stores import Stores

if TYPE_CHECKING:
    from candlecloud.runs.inputs import RunInputs


def read_inputs(stores: Stores, config: RunSpec) -> RunInputs:
    """The candles of a pinned run or fan-out, as they were known when it was submitted, and its own signals."""
    # Here, because `plan_fan_out` asks for the code's version alone: candles bring Arrow and NumPy.
    from candlecloud.runs.data_requirements import needed_range
    from candlecloud.runs.inputs import RUN_COLUMNS, RunInputs

    needed = needed_range(config.range, config.warmup_bars, config.series)
    finer = config.finer_series
    return RunInputs(
        stores.candles.read(config.series, needed, RUN_COLUMNS, as_of=config.as_of),
        None if finer is None else stores.candles.read(finer, config.range, RUN_COLUMNS, as_of=config.as_of),
        None if config.signals is None else stores.signals.get(config.signals),
    )


def refuse_other_code(identity: Identity) -> None:
    """Refuse to compute what was submitted to another version: its id would stand for other bytes.

    Raises
    ------
    ConflictError
        If the code has changed since.
    """
    found = code_version_of(identity.config)
    if identity.code_version != found:
        raise ConflictError(
            "The code has changed since this was submitted.",
            hint="Submit it again: it then gets an id for the new code.",
            wanted=identity.code_version,
            found=found,
        )
