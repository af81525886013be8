"""Every dataset: one module each, found by its name."""

from __future__ import annotations

from typing import Any

from candlecloud.market.dataset import Dataset
from candlecloud.registry import Registry, one_per_module

DATASETS: Registry[Dataset[Any, Any]] = Registry("dataset", one_per_module(__name__, Dataset), field="dataset")
