"""docs/data_dictionary.md names every field of a run's result and every figure of a sweep's row, and no other."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from candlecloud.contract.run import RunConfig
from candlecloud.market.candle import times_ms
from candlecloud.metrics.figures import Metrics
from candlecloud.runs.evaluate import RESULT_SCHEMA, evaluate_run
from candlecloud.runs.identity import Identity
from candlecloud.runs.inputs import RunInputs
from candlecloud.runs.sufficiency import needed_range
from tests.support.recorded import btc_hours

PAGE = (Path(__file__).parents[2] / "docs" / "data_dictionary.md").read_text()


def test_every_field_of_a_run_is_documented() -> None:
    config = RunConfig.from_dict(
        {
            "exchange": "binance",
            "symbol": "BTC-USDT",
            "timeframe": "1h",
            "strategy": "dual_sma",
            "start": "2024-01-01",
            "end": "2024-02-01",
            "as_of": "2026-01-01",
        }
    )
    needed, table = needed_range(config.range, config.warmup_bars, config.series), btc_hours()
    inputs = RunInputs(table.take(np.flatnonzero([needed.start <= time < needed.end for time in times_ms(table)])))
    document = evaluate_run(Identity(config, inputs.revision(), "code"), inputs).document
    assert _fields(f"### Run: `result.json`, schema `{RESULT_SCHEMA}`") == sorted(document)


def test_every_figure_of_a_row_is_documented() -> None:
    text = PAGE.split("without the distribution:")[1].split(". As Arrow")[0]
    assert re.findall(r"`(\w+)`", text) == list(Metrics.__dataclass_fields__)


def _fields(heading: str) -> list[str]:
    """The names in the first column of the table under a heading."""
    table = PAGE.split(heading)[1].split("\n#")[0]
    firsts = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    return sorted(name for first in firsts for name in re.findall(r"`(\w+)`", first))
