"""The life of everything that runs: one record, five states, and a table of what may follow what.

The store turns the table into the conditions of its writes, so that of many who try, at most one succeeds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

from candlecloud.errors import CandlecloudError
from candlecloud.market.instant import iso

State = Literal["pending", "running", "succeeded", "failed", "cancelled"]
RunType = Literal["data_sync", "data_fetch", "tune", "wfo", "backtest", "validation", "simulation"]
Guard = Literal["nothing", "attempt", "fence"]

STATES: tuple[State, ...] = ("pending", "running", "succeeded", "failed", "cancelled")
ACTIVE: tuple[State, ...] = ("pending", "running")
ENDS: tuple[State, ...] = ("succeeded", "failed", "cancelled")
MAX_ATTEMPTS = 3
"""Attempts that are made without anybody asking for another."""
PENDING_LEASE_MS = 15 * 60_000
"""How long a record may wait for its worker; then the start is made again."""
FAN_OUT_LEASE_MS = 10 * 60_000
"""How long a fan-out may stay silent; every batch that begins says that it lives."""
HEARTBEAT_MS = 10_000
"""A fan-out says that it lives at most this often."""


@dataclass(frozen=True)
class Transition:
    """One row of the table.

    Attributes
    ----------
    to : State
        Where it leads.
    sources : tuple of State
        From where it is always open.
    stale : tuple of State
        From where it is open only once the lease has run out: whoever held it is given up.
    holes : bool
        Also from a success that lacks batches.
    guard : {"nothing", "attempt", "fence"}
        What the caller must hold: the record's attempt (a start that was replaced changes nothing), or its fence, which
        grows with each claim (a worker that was given up writes nothing, however late it comes).
    """

    to: State
    sources: tuple[State, ...]
    stale: tuple[State, ...] = ()
    holes: bool = False
    guard: Guard = "nothing"


TRANSITIONS: Mapping[str, Transition] = MappingProxyType(
    {
        "reopen": Transition("pending", ("failed", "cancelled"), stale=ACTIVE, holes=True),
        "recover": Transition("pending", (), stale=ACTIVE),
        "claim": Transition("running", ("pending",), stale=("running",), guard="attempt"),
        "heartbeat": Transition("running", ("running",), guard="fence"),
        "finish": Transition("succeeded", ("running",), guard="fence"),
        "fail": Transition("failed", ("running",), guard="fence"),
        "abandon": Transition("failed", ACTIVE, guard="attempt"),
        "give_up": Transition("failed", (), stale=ACTIVE, guard="attempt"),
        "cancel": Transition("cancelled", ACTIVE),
    }
)
"""Name to row. A record begins as pending; what is not here cannot happen.

A claim is also open to the owner of the lease: Lambda repeats an invocation under the same id.
"""


def kind_of(run_id: str) -> str:
    """The kind of what has an id: ``run``, or that of a fan-out."""
    return run_id.rpartition("_")[0]


def describe_failure(error: CandlecloudError) -> dict[str, Any]:
    """A failure for a record or a batch, JSON-able."""
    return {"code": error.code, "message": error.message, "hint": error.hint, "details": error.details}


def describe_abandoned(attempts: int, since: int) -> dict[str, Any]:
    """The failure of work whose every attempt was cut off.

    Parameters
    ----------
    since : int
        When it was last heard of, ms UTC.
    """
    return {
        "code": "execution_failed",
        "message": f"{attempts} attempts stopped early; the last sign of life was at {iso(since)}.",
        "hint": "Send the same request again: that starts a new attempt.",
        "details": {"last_heard_of": iso(since), "last_heard_of_ms": since, "attempts": attempts},
    }
