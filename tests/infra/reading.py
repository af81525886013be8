"""Read templates in tests."""

from __future__ import annotations

from typing import Any


def properties(template: dict[str, Any], resource_type: str) -> list[dict[str, Any]]:
    """Properties of every resource of a type."""
    return [r.get("Properties", {}) for r in template["Resources"].values() if r["Type"] == resource_type]


def only(template: dict[str, Any], resource_type: str) -> dict[str, Any]:
    """Properties of the one resource of a type."""
    (found,) = properties(template, resource_type)
    return found
