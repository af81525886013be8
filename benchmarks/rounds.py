"""Rounds A B A B: every player works once per round, so that a noisy minute hits all of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from benchmarks.protocol import Answer


@dataclass(frozen=True)
class Player:
    """Something that is timed; it sits out after `rounds` rounds."""

    name: str
    turn: Callable[[], Answer]
    rounds: int


@dataclass(frozen=True)
class Score:
    """Median CPU seconds of a player's rounds, the result of its last one, its process's peak memory in MB."""

    cpu_s: float
    rounds: int
    result: Any
    peak_mb: float


def alternate(players: Sequence[Player]) -> dict[str, Score]:
    """Play all rounds; a score per player. Warming up is the caller's."""
    answers: dict[str, list[Answer]] = {player.name: [] for player in players}
    for k in range(max((player.rounds for player in players), default=0)):
        for player in players:
            if k < player.rounds:
                answers[player.name].append(player.turn())
    return {
        name: Score(median(a.cpu_s for a in given), len(given), given[-1].result, given[-1].peak_mb)
        for name, given in answers.items()
        if given
    }
