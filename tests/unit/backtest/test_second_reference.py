"""The bar engine against a second reference that was written from the text of the rules alone.

Bars, phases, reasons and counts are equal; prices, quantities and money to a billionth, because two minds add in two
orders. Rounding decides no branch here: the rules say what is a touch (1e-15), on a tick or lot (1e-9), and nothing
(1e-12). Where it decides all the same, at a tie of more than that, a case would differ: none is excluded.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import fields

import pytest
from hypothesis import given, settings

from candlecloud.backtest.bar_engine import simulate
from candlecloud.backtest.execution import Execution
from tests.golden.cases import CASH, Case, cases
from tests.golden.second_reference import run

NEAR = 1e-9


def differences(case: Case) -> list[str]:
    """What the engine says otherwise than the second reference."""
    got = simulate(case.backtest, case.target, case.execution, case.size)
    wanted = run(case.backtest, case.target, case.execution, case.size)
    found = [
        f"{name}: {engine} instead of {second}"
        for name, engine, second in (
            (
                "fills",
                [(f.bar, f.phase, f.reason) for f in got.fills],
                [(f.bar, f.phase, f.reason) for f in wanted.fills],
            ),
            ("refused", list(got.refused), wanted.refused),
            ("capped", list(got.capped), wanted.capped),
            ("ambiguous exits", got.accumulators.ambiguous_exits, wanted.ambiguous),
            ("ruined", got.ruined, wanted.over),
            ("waiting target", got.waiting_target, wanted.waiting_target),
            ("closes", len(got.equity), len(wanted.equity)),
            ("trades", len(got.profits), len(wanted.profits)),
        )
        if engine != second
    ]
    if found:
        return found
    for engine_fill, second_fill in zip(got.fills, wanted.fills, strict=True):
        most = max(abs(engine_fill.quantity), abs(engine_fill.held))
        value = abs(engine_fill.quantity * engine_fill.price)
        for name, scale in (("quantity", most), ("held", most), ("price", 0.0), ("fee", 0.0), ("slippage", value)):
            engine, second = getattr(engine_fill, name), getattr(second_fill, name)
            if not math.isclose(engine, second, rel_tol=NEAR, abs_tol=NEAR * scale):
                found.append(f"{name} of the fill in bar {engine_fill.bar}: {engine} instead of {second}")
    money = [
        *(("equity", engine, second) for engine, second in zip(got.equity.tolist(), wanted.equity, strict=True)),
        *(("profit", engine, second) for engine, second in zip(got.profits, wanted.profits, strict=True)),
        ("cash", got.cash, wanted.cash),
    ]
    found += [
        f"{name}: {engine} instead of {second}"
        for name, engine, second in money
        if not math.isclose(engine, second, rel_tol=NEAR, abs_tol=NEAR * CASH)
    ]
    if not math.isclose(got.quantity, wanted.quantity, rel_tol=NEAR):
        found.append(f"quantity: {got.quantity} instead of {wanted.quantity}")
    return found


@settings(max_examples=300)
@given(cases())
def test_equals_the_second_reference(case: Case) -> None:
    assert differences(case) == []


@pytest.mark.slow
def test_equals_the_second_reference_on_ten_thousand_cases() -> None:
    seen: Counter[str] = Counter()

    @settings(max_examples=10_000)
    @given(cases())
    def check(case: Case) -> None:
        seen["cases"] += 1
        seen.update(field.name for field in fields(case.execution) if getattr(case.execution, field.name))
        assert differences(case) == []

    check()
    print("".join(f"\n{name:32} {count:6}" for name, count in seen.most_common()))
    assert seen["cases"] >= 10_000
    assert min(seen[field.name] for field in fields(Execution)) > 500
