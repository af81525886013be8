"""candlecloud's worker: arrays in, five numbers per parameter set out; and whole batches of a sweep."""

from __future__ import annotations

from benchmarks import reference, sweep
from benchmarks.product import Product
from benchmarks.protocol import Columns, serve
from benchmarks.strategy_tasks import Strategies


def nothing(_series: Columns) -> None:
    """Only to ask how much memory the process has taken so far."""


if __name__ == "__main__":
    product, strategies = Product(), Strategies()
    serve(
        {
            "candlecloud": sweep.sweep,
            "reference": reference.sweep,
            "nothing": nothing,
            "product_prepare": product.prepare,
            "product": product.evaluate,
            "product_revision": product.revision,
            "product_differing": product.differing,
            "strategy_prepare": strategies.prepare,
            "strategy": strategies.evaluate,
            "strategy_stages": strategies.stages,
            "strategy_parameters": strategies.parameters,
            "strategy_figures": strategies.figures,
            "strategy_wanted": strategies.wanted,
        }
    )
