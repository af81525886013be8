"""What a job is given besides its request: one shape for every job, built by `wiring`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from candlecloud.store.stores import Stores

if TYPE_CHECKING:
    from candlecloud.exchange.client import ExchangeClient
    from candlecloud.jobs.dispatch import Dispatcher


@dataclass(frozen=True)
class Context:
    """What one invocation of a job may touch, and how long it has.

    Attributes
    ----------
    stores : Stores
    clock : callable
        Now, ms UTC.
    deadline : int
        ms UTC by `clock`: the work stops there, at what it has committed.
    owner : str
        The invocation's own id: what a lease is held by.
    git_hash : str or None
        The commit that was deployed; None where nobody knows it.
    exchange : callable
        Exchange id to its client; ccxt is imported when it is first called.
    dispatcher : Dispatcher
        Starts work elsewhere.
    """

    stores: Stores
    clock: Callable[[], int]
    deadline: int
    owner: str
    git_hash: str | None
    exchange: Callable[[str], ExchangeClient]
    dispatcher: Dispatcher

    @property
    def now(self) -> int:
        """Now by the clock, ms UTC."""
        return self.clock()
