"""The committed catalogue says what the registries say: every word, bound, order and warm-up."""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from candlecloud import catalogue
from candlecloud.backtest.sizing import SIZING
from candlecloud.backtest.slippage import SLIPPAGE
from candlecloud.errors import InvalidParameterError
from candlecloud.features.families import FEATURES
from candlecloud.parameters import Number
from candlecloud.spec import Spec
from candlecloud.strategies.builtin import STRATEGIES
from candlecloud.strategies.rules.examples import EXAMPLES
from infra.generate import __main__ as generate
from infra.generate.catalogue import describe_feature, describe_spec, describe_strategy
from infra.generate.strategies import pretty

PAIRS: dict[str, tuple[Mapping[str, Spec], Mapping[str, Spec]]] = {
    "features": (catalogue.FEATURES, FEATURES),
    "strategies": (catalogue.STRATEGIES, STRATEGIES),
    "sizing": (catalogue.SIZING, SIZING),
    "slippage": (catalogue.SLIPPAGE, SLIPPAGE),
}
EVERY = pytest.mark.parametrize(
    ("listed", "own"), [(listed[name], own[name]) for listed, own in PAIRS.values() for name in own]
)


def test_what_is_committed_is_what_would_be_written(capsys: pytest.CaptureFixture[str]) -> None:
    assert generate.main(["--check"]) == 0, "python -m infra.generate"
    assert capsys.readouterr().out == ""


def test_a_stale_file_is_named_and_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert generate.main(["--check"], root=tmp_path) == 1
    assert [*tmp_path.iterdir()] == [], "a check writes nothing"
    assert generate.main([], root=tmp_path) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"{word}: {name}" for word in ("stale", "written") for name in generate.GENERATED
    ]
    assert generate.main(["--check"], root=tmp_path) == 0


def test_nothing_reads_the_catalogue_before_it_is_written() -> None:
    code = (
        "import infra.generate.__main__; from candlecloud.catalogue import _document; "
        "raise SystemExit(_document.cache_info().currsize)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_rules_on_the_page_of_strategies_are_the_examples() -> None:
    page = (generate.ROOT / "docs" / "strategies.md").read_text()
    documents = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", page, flags=re.S)]
    assert documents == [*(strategy.document for strategy in STRATEGIES.values()), *EXAMPLES.values()]
    assert json.loads(pretty({"a": [list(range(60)), {}]})) == {"a": [list(range(60)), {}]}


def test_it_lists_every_entry_in_order() -> None:
    for listed, own in PAIRS.values():
        assert list(listed) == list(own)


@EVERY
def test_data_is_the_same(listed: Spec, own: Spec) -> None:
    assert describe_spec(listed) == describe_spec(own)
    assert (listed.parameters, listed.ordered, listed.warmup) == (own.parameters, own.ordered, own.warmup)
    assert listed.schema() == own.schema()
    assert listed.parameter_lines() == own.parameter_lines()


@EVERY
def test_random_parameters_are_judged_and_warmed_up_alike(listed: Spec, own: Spec) -> None:
    rng = random.Random(own.name)
    for _ in range(100):
        drawn = {p.name: _draw(rng, p.kind, p.low, p.high) for p in own.parameters}
        assert listed.conflict(drawn) == own.conflict(drawn)
        assert listed.warmup_bars(drawn) == own.warmup_bars(drawn)
        assert _checked(listed, drawn) == _checked(own, drawn)


def test_features_and_strategies_in_full() -> None:
    for name, feature in FEATURES.items():
        assert describe_feature(catalogue.FEATURES[name]) == describe_feature(feature)
    for name, strategy in STRATEGIES.items():
        listed = catalogue.STRATEGIES[name]
        reads = strategy.features(strategy.check_parameters({}))
        assert describe_strategy(listed, listed.reads) == describe_strategy(strategy, reads)
        assert [use.warmup_bars(60_000) for use in listed.reads] == [use.warmup_bars(60_000) for use in reads]


def _draw(rng: random.Random, kind: str, low: Number, high: Number) -> Number:
    """A value in its bounds, or, now and then, just outside them."""
    if rng.random() < 0.1:
        return rng.choice([low - 1, high + 1])
    return rng.randint(int(low), int(high)) if kind == "integer" else rng.uniform(low, high)


def _checked(spec: Spec, values: Mapping[str, Number]) -> dict[str, Number] | str:
    try:
        return spec.check_parameters(values)
    except InvalidParameterError as refused:
        return f"{refused} {refused.hint} {refused.details}"
