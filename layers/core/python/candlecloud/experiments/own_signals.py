"""A run of the user's own signals: the file put in the strategy's place, and what the result says of it."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np

from candlecloud.contract.run_spec import RunSpec
from candlecloud.errors import ConflictError
from candlecloud.features.bars import Bars
from candlecloud.parameters import Parameters
from candlecloud.runs.inputs import RunInputs
from candlecloud.strategies.signals.spec import MEANING, NOT_TESTABLE
from candlecloud.strategies.signals.strategy import signals_strategy

Config = TypeVar("Config", bound=RunSpec)


def bind_signals(config: Config, inputs: RunInputs) -> Config:
    """The configuration with its file as what computes; any other configuration as it is.

    Raises
    ------
    ConflictError
        If the file that it names is not there.
    """
    if config.signals is None:
        return config
    if inputs.signals is None:
        raise ConflictError(
            f"The signals {config.signals} are not stored.", hint="Upload the file again.", signals_id=config.signals
        )
    bound = config.model_copy()
    bound.__dict__["strategy_rule"] = signals_strategy(inputs.signals, config.signals_fill)
    return bound


def describe_signals(config: RunSpec, inputs: RunInputs) -> dict[str, Any]:
    """The switches that own signals set, by name; empty for any other configuration."""
    if inputs.signals is None:
        return {}
    told: dict[str, Any] = {
        "look_ahead_test": NOT_TESTABLE,
        "signals": {"file": inputs.signals.id, "meaning": MEANING, "missing_row": config.signals_fill or "refused"},
    }
    if inputs.signals.sized:
        told["sizing"] = {
            "model": "signals",
            "rule": "target times the row's size times equity at the fill price after its fee",
        }
    return told


def count_rows(inputs: RunInputs, bars: Bars, parameters: Parameters) -> dict[str, Any]:
    """How many of a run's bars, warm-up included, have a row of their own; empty for any other configuration."""
    if inputs.signals is None:
        return {}
    own = np.isin(bars.open_time, inputs.signals.rows(int(parameters["set"])).open_time.to_numpy())
    return {"signals_rows": {"bars": len(bars), "with_row": int(own.sum()), "filled": int((~own).sum())}}
