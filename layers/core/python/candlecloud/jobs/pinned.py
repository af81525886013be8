"""What the jobs of runs and sweeps share: the record's identity and its candles."""

from __future__ import annotations

import pyarrow as pa

from candlecloud.errors import ConflictError, SweepNotFoundError
from candlecloud.market.candle import MARKET_COLUMNS
from candlecloud.runs.identity import Identity, code_version, sweep_identity
from candlecloud.runs.sufficiency import needed_range
from candlecloud.store.stores import Stores

_COLUMNS = ("open_time", "close_time", *MARKET_COLUMNS)


def find_sweep(stores: Stores, sweep_id: str) -> Identity:
    """Identity of a submitted sweep.

    Raises
    ------
    SweepNotFoundError
        If nobody submitted it.
    """
    record = stores.sweeps.get(sweep_id)
    if record is None:
        raise SweepNotFoundError(f"There is no sweep {sweep_id}.", sweep_id=sweep_id)
    return sweep_identity(record.config)


def read_candles(stores: Stores, identity: Identity) -> pa.Table:
    """The candles of a run or sweep, warm-up included, as they were known when it was submitted."""
    config = identity.config
    needed = needed_range(config.range, config.warmup_bars, config.series)
    return stores.candles.read(config.series, needed, _COLUMNS, as_of=config.setting.as_of)


def refuse_other_code(identity: Identity) -> None:
    """Refuse to compute what was submitted to another version: its id would stand for other bytes.

    Raises
    ------
    ConflictError
        If the code has changed since.
    """
    if identity.code_version != code_version():
        raise ConflictError(
            "The code has changed since this was submitted.",
            hint="Submit it again: it then has the identity of the new code.",
            wanted=identity.code_version,
            found=code_version(),
        )
