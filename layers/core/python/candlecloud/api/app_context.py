"""What the routes work with: stores, a dispatcher and a clock, given to the application. It builds none of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request

from candlecloud.fan_out.plan import BATCHES_AT_ONCE
from candlecloud.jobs.dispatch import Dispatcher
from candlecloud.store.stores import Stores


@dataclass(frozen=True)
class ApiOptions:
    """Values of the API that a deployment chooses.

    Attributes
    ----------
    max_wait_s : float
        How long ``POST /backtest/run`` waits for the result before it answers 202.
    poll_s : float
        Pause between two looks at a run that is being waited for.
    allowed_age_s : mapping
        Job to the age in seconds of its last success above which ``/health`` calls it stalled.
    max_inline_bytes : int
        Answers above it are stored and linked to.
    git_hash : str, optional
        Commit that was deployed; records keep it.
    batches_at_once : int
        Batches of a fan-out that run at the same time.
    upload_links : bool
        Whether clients can reach the store by a link; those of local mode cannot.
    """

    max_wait_s: float = 20.0
    poll_s: float = 0.2
    allowed_age_s: Mapping[str, int] = field(default_factory=dict)
    max_inline_bytes: int = 1_000_000
    git_hash: str | None = None
    batches_at_once: int = BATCHES_AT_ONCE
    upload_links: bool = True


@dataclass(frozen=True)
class AppContext:
    """The app of the API; `clock` gives ms UTC."""

    stores: Stores
    dispatcher: Dispatcher
    clock: Callable[[], int]
    options: ApiOptions = field(default_factory=ApiOptions)


def app_context(request: Request) -> AppContext:
    """What the application that serves this request was given."""
    found: AppContext = request.app.state.context
    return found


App = Annotated[AppContext, Depends(app_context)]
"""A route's parameter, ``app: App``."""
