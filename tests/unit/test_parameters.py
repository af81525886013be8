"""Orders and warm-ups as data: they judge numbers and arrays alike, and say in words what they are."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from candlecloud.errors import InvalidParameterError
from candlecloud.parameters import Number, Ordered, Parameter, Warmup
from candlecloud.spec import Spec

FAST_SLOW = Ordered(("fast", "<", "slow"))
LEVELS = Ordered(("low", "<=", "exit", "<=", "high"))
BOUNDED = Ordered(("fast", "<", 26), prefix="feature 'm': ")


@pytest.mark.parametrize(
    ("order", "values", "reason"),
    [
        (FAST_SLOW, {"fast": 5, "slow": 20}, None),
        (FAST_SLOW, {"fast": 50, "slow": 20}, "fast (50) must be below slow (20)"),
        (FAST_SLOW, {"fast": 20, "slow": 20}, "fast (20) must be below slow (20)"),
        (LEVELS, {"low": 30.0, "exit": 30.0, "high": 30.0}, None),
        (LEVELS, {"low": 40.0, "exit": 30.0, "high": 20.0}, "low (40.0) must not be above exit (30.0)"),
        (LEVELS, {"low": 10.0, "exit": 30.0, "high": 20.0}, "exit (30.0) must not be above high (20.0)"),
        (BOUNDED, {"fast": 25}, None),
        (BOUNDED, {"fast": 26}, "feature 'm': fast (26) must be below 26"),
        (Ordered((3, "<", "fast", "<", "slow", "<", 9)), {"fast": 3, "slow": 8}, "3 must be below fast (3)"),
        (Ordered((1, "<", 2)), {}, None),
    ],
)
def test_an_order_says_which_pair_does_not_ascend(
    order: Ordered, values: Mapping[str, Number], reason: str | None
) -> None:
    assert order.reason(values) == reason
    assert order.holds(values) is (reason is None)


@pytest.mark.parametrize(
    "order", [FAST_SLOW, Ordered((2, "<", "fast", "<=", "slow", "<", 7)), Ordered(("slow", "<=", "fast"))]
)
def test_columns_are_judged_entry_by_entry(order: Ordered) -> None:
    fast, slow = (axis.ravel() for axis in np.meshgrid(np.arange(10), np.arange(10)))
    held = order.holds({"fast": fast, "slow": slow})
    assert held.dtype == np.bool_
    assert held.tolist() == [order.holds({"fast": int(f), "slow": int(s)}) for f, s in zip(fast, slow, strict=True)]
    assert 0 < held.sum() < len(held)


def test_an_order_in_words() -> None:
    assert FAST_SLOW.text == "fast must be below slow"
    assert LEVELS.text == "low must not be above exit, exit must not be above high"
    assert BOUNDED.text == "feature 'm': fast must be below 26"
    assert Ordered((1, "<", "a", "<", "b", "<", "a", "<", 2)).parameters == ("a", "b")
    for terms in (("fast",), ("fast", "<"), ("fast", "slow"), ("fast", ">", "slow"), ()):
        with pytest.raises(ValueError, match="names with < or <= between them"):
            Ordered(terms)


def test_a_warmup_is_linear_and_grows() -> None:
    assert Warmup().of({}) == 1
    assert Warmup(-1, {"slow": 1, "signal": 1}).of({"fast": 12, "slow": 26, "signal": 9}) == 34
    assert Warmup(0, {"window": 2}).of({"window": 14}) == 28
    with pytest.raises(ValueError, match="negative"):
        Warmup(10, {"window": -1})


def test_values_that_conflict_name_the_place() -> None:
    windows = tuple(Parameter(name, "integer", 1, 9, 5, "Bars.") for name in ("fast", "slow"))
    spec = Spec(name="s", description="One.", parameters=windows, ordered=("fast", "<", "slow"))
    assert spec.check_bounds({}) == {"fast": 5, "slow": 5}
    with pytest.raises(InvalidParameterError, match=r"^body: fast \(5\) must be below slow \(5\)\.$") as caught:
        spec.check_parameters({}, "body")
    assert caught.value.details == {"field": "body", "got": {"fast": 5, "slow": 5}}
    assert spec.parameter_lines()[-1] == "\nTogether: fast must be below slow."
