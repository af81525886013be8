"""docs/features.md from the registry; ``python -m infra.generate`` writes it."""

from __future__ import annotations

from candlecloud.features.families import FEATURES
from candlecloud.features.feature import Feature

_INTRODUCTION = """# Features

Made from the registry by `python -m infra.generate`.

A feature turns bars into numbers, one per bar and output. The value at bar t is made of bars up to and including t;
computing on more bars changes none of the values before. `c` is the close, `v` the base volume, `w` the parameter
`window`; prices are in quote currency, volatilities are yearly fractions (0.5 = 50 %) on the 365-day clock, rates of
change are fractions.

- **Warm-up**: bars that the first value needs, the current one included. Before it all outputs are NaN.
- **NaN** otherwise only where a volume is unknown or the formula is 0/0, as each feature says.
- **Windowed** features give the same bits wherever the bars begin (sums are whole numbers). **Recursive** ones remember
  every bar since the first one given, seeded as TA-Lib does; their beginning fades, it never quite vanishes.
- On a **higher timeframe** a feature is computed on bars made of the run's own, and its value counts from the close of
  the higher bar on. The interval in which the bars begin is left out; absent candles are not invented.
- `python -m tests.evidence.features` prints how far each is from TA-Lib, or from its plain formula, on real hours.

| feature | kind | warm-up with defaults | outputs |
|---|---|---|---|
"""


def reference_page() -> str:
    """The page as Markdown."""
    index = "".join(_index_row(feature) for feature in FEATURES.values())
    return _INTRODUCTION + index + "".join(_section(feature) for feature in FEATURES.values())


def _index_row(feature: Feature) -> str:
    warmup = feature.warmup_bars(feature.check_parameters({}))
    kind = "label" if feature.kind == "label" else "recursive" if feature.recursive else "windowed"
    outputs = ", ".join(f"`{output}`" for output in feature.outputs)
    return f"| [{feature.name}](#{feature.name}) | {kind} | {warmup} | {outputs} |\n"


def _section(feature: Feature) -> str:
    lines = [f"\n## {feature.name}\n", f"{feature.description}\n", f"- Formula: `{feature.formula}`"]
    lines.append(f"- Source: {feature.source}")
    if feature.labels:
        lines.append("- Labels: " + ", ".join(f"{value} = {name}" for value, name in feature.labels.items()))
    lines.extend(feature.parameter_lines())
    return "\n".join(lines) + "\n"
