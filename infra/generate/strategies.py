"""docs/strategies.md from the registries; ``python -m infra.generate`` writes it."""

from __future__ import annotations

import json
from typing import Any

from candlecloud.backtest.sizing import SIZING
from candlecloud.backtest.slippage import SLIPPAGE
from candlecloud.backtest.slippage.participation_rate import PARTICIPATION_RATE
from candlecloud.spec import Spec
from candlecloud.strategies.builtin import STRATEGIES
from candlecloud.strategies.rules.definitions import MAX_FEATURES, MAX_PARAMETERS
from candlecloud.strategies.rules.examples import EXAMPLES
from candlecloud.strategies.rules.language import DESCRIPTION
from candlecloud.strategies.rules.parse import MAX_DEPTH, MAX_NODES, MAX_SHIFT
from candlecloud.strategies.strategy import Strategy
from infra.generate.own_signals import OWN_SIGNALS

_WIDTH = 110

_INTRODUCTION = """# Strategies

Made from the registries by `python -m infra.generate`.

A strategy names a target at the close of each bar: 1 long, -1 short, 0 flat, made of bars up to and including that one.
Orders fill later (`docs/backtest_semantics.md`). The run's `direction` (`long`, `short`, `both`) cuts the targets, and
what is cut is flat; a direction that the strategy has no side in is refused, because it could never trade. `<` and `>`
are strict: a tie is on neither side, unless it says so.

- **Warm-up**: closed bars that the first decision needs. Before it the target is 0.
- **Missing values** (a feature that has none yet, or nowhere) make the target 0.
- "From a close ... to the first close ..." **holds** in between. An entry counts only while its own exit does not hold,
  and an entry of the other side reverses. It is flat before the first decision, at the last close before the run.
- A feature that remembers every bar (an exponential average) begins so many candles before that as its own warm-up
  has, whatever else the run reads. So it has the same values in every set of a sweep.
- Each strategy here is rules (see [rules](#rules)); the document below it can be sent as `rules`, changed.
- Features are those of `docs/features.md`.

## Built in

| strategy | sides | reads | warm-up with defaults |
|---|---|---|---|
"""

_RULES = f"""
## rules

A strategy as a JSON document; it needs no code. {DESCRIPTION}

| part | what it says |
|---|---|
| `features` | a name of yours for each feature: `{{"feature": ..., "parameters": {{...}}, "timeframe": "1d"}}`; \
parameters left out have their defaults; a value of a longer timeframe counts once its own bar has closed |
| `long`, `short` | `{{"entry": CONDITION, "exit": CONDITION}}`; \
at least one of the two sides; `exit` left out is `not entry` |
| `parameters` | optional: numbers with `kind` (`integer`, `number`), `low`, `high`, `default`, `description`, \
used as `{{"param": "name"}}`; a run sets them and a sweep varies them like those of any strategy |

| condition | holds at a close if |
|---|---|
| `{{"gt": [A, B]}}`, `ge`, `lt`, `le`, `eq` | A > B, A >= B, A < B, A <= B, A = B |
| `{{"crosses_above": [A, B]}}` | A > B now, and A <= B at the close before |
| `{{"crosses_below": [A, B]}}` | A < B now, and A >= B at the close before |
| `{{"all": [...]}}`, `{{"any": [...]}}` | all of the conditions in the list hold; at least one does |
| `{{"not": CONDITION}}` | the condition does not hold |

| operand | value |
|---|---|
| `30` | a number |
| `"open"`, `"high"`, `"low"`, `"close"`, `"volume"` | of the bar that closes |
| `"fast"`, `"lines.signal"` | a feature under `features`; of several outputs the named one, or the first |
| `{{"of": "close", "shift": 3}}` | a price or feature 3 bars earlier (0 to {MAX_SHIFT}); \
a feature with a `timeframe`, 3 bars of that timeframe earlier |
| `{{"add": [A, B]}}`, `sub`, `mul`, `div` | A + B, A - B, A * B, A / B; a quotient by 0 is missing |
| `{{"param": "name"}}` | a parameter of the document |

- A feature with a **timeframe** says, at every bar of the run, the value of its last bar that has closed, and `shift`
  counts its own bars back from there. In a run on hours, with `day` on `1d`, `"day"` at 15:00 is the value of the day
  that ended at 00:00, and `{{"of": "day", "shift": 1}}` that of the day before it. So
  `{{"gt": ["day", {{"of": "day", "shift": 1}}]}}`, "the daily value rises", holds from the close of a day that raised
  it until the next day closes. Candles that are absent make no bar to count.
- A **crossing** compares this bar of the run with the bar of the run before it, whatever it reads. So
  `{{"crosses_above": ["day", {{"of": "day", "shift": 1}}]}}`, "the daily value turns upwards", holds at one bar of the
  run only: the one that closes with the day.
- A comparison or crossing with a **missing value** (warm-up, unknown volume, 0/0) is false; so `not` of it is true.
  Nothing is entered before the warm-up: the longest of all that is read, shifts and crossings included.
- Limits: {MAX_NODES} conditions and operands, {MAX_DEPTH} levels, {MAX_FEATURES} features, {MAX_PARAMETERS} parameters.
- What is unknown or unused is **refused**, never skipped: a key, a name, a feature that no condition reads, a
  comparison that is the same at every bar. The error's `field` is the place (`rules/long/entry/all/1/gt/0`), `allowed`
  lists what may stand there, and the hint names the nearest.
- Equal rules have equal identity: defaults are filled in, and the order of names means nothing.
"""

_SIZING = """
## Sizing

The fraction of equity behind a target of 1, from bars and targets up to the decision. Bars too early for a model have
size 0: an order for them opens nothing, sells what is held, and is noted (`size_zero`).

A position is sized when its order fills, and keeps its quantity while the target stays; with a run's `rebalance_band`
it is ordered anew once its weight is off by more than the band. Left out, the band is 0.05 with `volatility_target` and
off with every other model; 0 is off.
"""

_SLIPPAGE = """
## Slippage

What a market order or a stop pays beyond the price that it met; take-profit orders pay none. Every number is a
fraction or in basis points, never in percent.
"""

_PARTICIPATION = """
Elsewhere slippage is (quantity / volume) x `participation_pct`, with the share capped at 100 %. That is this model with
`bps` 0, `max_participation` 1, and `impact_bps` 10,000 times that fraction of the price (0.01 is 100). With a lower
`max_participation` the remainder of an order waits, where others fill it all the same.
"""


def reference_page() -> str:
    """The page as Markdown."""
    index = "".join(_index_row(strategy) for strategy in STRATEGIES.values())
    strategies = "".join(_section(each) + _document(each.document) for each in STRATEGIES.values())
    examples = "".join(f"\n### {name}\n{_document(document)}" for name, document in EXAMPLES.items())
    sizing = "".join(_section(model) for model in SIZING.values())
    slippage = "".join(
        _section(model) + (_PARTICIPATION if model is PARTICIPATION_RATE else "") for model in SLIPPAGE.values()
    )
    own = OWN_SIGNALS + _SIZING + sizing + _SLIPPAGE + slippage
    return _INTRODUCTION + index + strategies + _RULES + examples + own


def _document(document: Any) -> str:
    return f"\n```json\n{pretty(document)}\n```\n"


def pretty(value: Any, indent: int = 0) -> str:
    """JSON with everything on one line that fits there."""
    line = json.dumps(value)
    if len(line) + indent <= _WIDTH or not isinstance(value, (dict, list)):
        return line
    pad = " " * (indent + 2)
    if isinstance(value, dict):
        inner = [f"{pad}{json.dumps(key)}: {pretty(item, indent + 2)}" for key, item in value.items()]
        return "{\n" + ",\n".join(inner) + "\n" + " " * indent + "}"
    return "[\n" + ",\n".join(f"{pad}{pretty(item, indent + 2)}" for item in value) + "\n" + " " * indent + "]"


def _index_row(strategy: Strategy) -> str:
    parameters = strategy.check_parameters({})
    reads = dict.fromkeys(f"`{use.feature.name}`" for use in strategy.features(parameters))
    sides, warmup = ", ".join(sorted(strategy.sides)), strategy.warmup_bars(parameters)
    return f"| [{strategy.name}](#{strategy.name}) | {sides} | {', '.join(reads)} | {warmup} |\n"


def _section(entry: Spec) -> str:
    return "\n".join([f"\n### {entry.name}\n", entry.description, *entry.parameter_lines()]) + "\n"
