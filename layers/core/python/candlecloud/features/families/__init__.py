"""The features that can be computed, by family. To add one: write it in the module of its family; nothing lists it."""

from __future__ import annotations

from candlecloud.errors import UnknownFeatureError
from candlecloud.features.feature import Feature
from candlecloud.registry import Registry, many_per_module

FEATURES: Registry[Feature] = Registry(
    "feature", many_per_module(__name__, Feature), field="feature", error=UnknownFeatureError
)
