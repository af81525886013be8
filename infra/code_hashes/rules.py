"""What is an entry, where each kind of computation begins, and what is not followed and why."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "layers" / "core" / "python"
PACKAGE = "candlecloud"
TABLE = "candlecloud/runs/code_hashes.json"
"""The table's place below the folder."""


@dataclass(frozen=True)
class Kind:
    """One kind of computation.

    Attributes
    ----------
    roots : tuple of str
        Units that compute it.
    uses : tuple of str
        Entries, as ``features/sma``, that it asks for by name itself, whatever its configuration says.
    """

    roots: tuple[str, ...]
    uses: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rules:
    """How the table of a package is made.

    Attributes
    ----------
    registries : dict
        Family to the registry that discovers its entries. A run names those that it uses, so nothing is followed from
        here; a registry that is not listed is followed into all that it holds.
    written : dict
        Entry, as ``strategies/rules``, that stands in no registry, to its roots. A kind does not follow these: a run
        names the entry, or does not use it.
    kinds : dict
        Kind to where it begins.
    fan_outs : str
        Registry of further kinds, which say themselves where they begin; empty for none.
    of_fan_outs : tuple of str
        Units that each of those computes by.
    cuts : dict
        Units that are not followed, each with the reason.
    left_out : dict
        Modules and packages that are not looked into, each with the reason.
    said : dict
        Entry names that the code of a kind may say without computing by them, each with the reason.
    """

    registries: dict[str, str]
    kinds: dict[str, Kind]
    fan_outs: str = ""
    of_fan_outs: tuple[str, ...] = ()
    written: dict[str, tuple[str, ...]] = field(default_factory=dict)
    cuts: dict[str, str] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    said: dict[str, str] = field(default_factory=dict)
    folder: Path = FOLDER
    package: str = PACKAGE
    table: str = TABLE

    @property
    def not_followed(self) -> frozenset[str]:
        """All cuts: those listed and the registries, whose entries a run names."""
        return frozenset((*self.cuts, *self.registries.values()))


_REQUESTS = (
    "execution_settings", "fields", "funding", "own_signals", "refusals", "run", "run_spec", "sweep",
)  # fmt: skip
"""Modules of the contract that say what may be asked; the others say what a result looks like and are hashed."""
_BENCHMARK = ("strategies/buy_and_hold", "sizing/fixed_fraction")


RULES = Rules(
    registries={
        "features": "candlecloud.features.families:FEATURES",
        "strategies": "candlecloud.strategies.builtin:STRATEGIES",
        "sizing": "candlecloud.backtest.sizing:SIZING",
        "slippage": "candlecloud.backtest.slippage:SLIPPAGE",
    },
    written={
        "strategies/rules": (
            "candlecloud.strategies.rules.strategy:strategy_of_spec",
            "candlecloud.strategies.rules.language:rules_spec",
        ),
        "strategies/signals": ("candlecloud.strategies.signals.strategy:signals_strategy",),
    },
    kinds={
        "run": Kind(
            ("candlecloud.experiments.run:evaluate_run",),
            (*_BENCHMARK, "features/trend_regime", "features/volatility_regime"),
        ),
    },
    fan_outs="candlecloud.fan_out.kinds:KINDS",
    of_fan_outs=("candlecloud.fan_out.collect:collect_batches",),
    cuts={
        "candlecloud.runs.identity:code_version": "makes the version itself, which stands in the id",
    },
    left_out={
        "candlecloud.errors": "what is raised makes no result",
        "candlecloud.registry": "finds entries; what is found is followed",
        "candlecloud.catalogue": "generated from the registries, for readers; it computes nothing",
        **dict.fromkeys(
            (f"candlecloud.contract.{module}" for module in _REQUESTS), "carries values, which stand in the id"
        ),
        "candlecloud.runs.code_version": "makes the version itself, which stands in the id",
        "candlecloud.fan_out.kind": "says what a kind of fan-out is; what each computes begins at its roots",
    },
    said={
        "rules": "the configuration asks whether it is this strategy; what the strategy does stands under its entry",
        "signals": "the configuration asks whether it is this strategy; what the strategy does stands under its entry",
        "sma": "a comparison asks whether both sides are averages; what computes them stands under their entry",
        "fixed_bps": "the configuration's default, which then stands in the id like one that was given",
    },
)
