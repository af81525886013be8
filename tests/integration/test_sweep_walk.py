"""What a sweep request passes through, traced in a process of its own."""

from __future__ import annotations

from tests.evidence.structure import traced_walk


def test_a_sweep_has_one_configuration_from_its_post_to_collect() -> None:
    """One class reads it, once where it comes in and once in each job."""
    assert "whole configurations built: 4 ({'SweepConfig': 4})" in traced_walk("sweep")
