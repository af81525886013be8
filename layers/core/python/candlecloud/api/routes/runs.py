"""POST /backtest/run and /runs, GET /runs/{run_id}, its result and its report."""

from __future__ import annotations

import asyncio
import time
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from starlette.responses import HTMLResponse, Response

from candlecloud.api import etag
from candlecloud.api.app_context import App, AppContext
from candlecloud.api.guards import GuardedRoute, needs
from candlecloud.api.large_answers import deliver
from candlecloud.api.location import place_of
from candlecloud.api.negotiation import HTML, JSON
from candlecloud.api.records import deployed, record_fields, started
from candlecloud.api.responses import LOCATION, SEE_OTHER, as_json, problems
from candlecloud.api.schemas.runs import RunAnswer
from candlecloud.contract.run import RunConfig
from candlecloud.errors import ConflictError, RunNotFoundError
from candlecloud.jobs.submit import submit_run
from candlecloud.pages.tear_sheet.content_security_policy import CONTENT_SECURITY_POLICY
from candlecloud.runs.lifecycle import ENDS
from candlecloud.store import keys
from candlecloud.store.run_record import RunRecord

router = APIRouter(route_class=GuardedRoute, tags=["backtests"])

_LONGEST_POLL_S = 1.0
_ANSWER_S = 4.0  # of Lambda's time, kept for the last look at the run and the answer
RunId = Annotated[str, Path(pattern=r"^run_[0-9a-f]{32}$", description="From `POST /backtest/run`")]


@router.post(
    "/backtest/run",
    dependencies=needs("run"),
    summary="Run a backtest and wait for it",
    response_model=RunAnswer,
    responses={
        200: {"headers": LOCATION},
        202: {"model": RunAnswer, "description": "Still running: look at Location", "headers": LOCATION},
        **problems(404),
    },
)
async def run_backtest(request: Request, app: App, body: RunConfig) -> Response:
    """Create the run, start it, and wait for its end; 202 if that takes too long.

    The same request on the same candles is the same run: it is computed once. Strategies, the schema of rules, sizing
    and slippage models stand in `GET /strategies`. Where history is too short, the answer is `insufficient_data` with
    the numbers, a start that would work, and a backfill request that is ready to be sent.
    """
    record = await _wait(app, _start(app, body), _wait_until(request, app.options.max_wait_s))
    return _posted(request, record, 200 if record.state in ENDS else 202)


@router.post(
    "/runs",
    dependencies=needs("run"),
    summary="Start a backtest",
    status_code=202,
    response_model=RunAnswer,
    responses={202: {"headers": LOCATION}, **problems(404)},
)
async def start_run(request: Request, app: App, body: RunConfig) -> Response:
    """Like `/backtest/run`, without waiting."""
    return _posted(request, _start(app, body), 202)


@router.get(
    "/runs/{run_id}",
    dependencies=needs("read"),
    summary="A backtest",
    response_model=RunAnswer,
    responses=problems(404),
)
async def get_run(request: Request, app: App, run_id: RunId) -> Response:
    """What was asked, and how it ended. Once it has succeeded the answer never changes.

    A run that is cut off is started again automatically, three attempts in all.
    """
    record = _find(app, run_id)
    return etag.answer(request, _answer(record), immutable=record.state == "succeeded")


@router.get(
    "/runs/{run_id}/result",
    dependencies=needs("read"),
    summary="Trades and curves of a backtest",
    response_model=dict[str, Any],
    responses={**SEE_OTHER, **problems(404, 409)},
)
async def get_run_result(request: Request, app: App, run_id: RunId) -> Response:
    """The whole result, the same bytes whoever computes it."""
    body = _artifact(app, run_id, "result.json", "result")
    return deliver(request, app, body, JSON, immutable=True, stored_at=keys.run_object(run_id, "result.json"))


@router.get(
    "/runs/{run_id}/report",
    dependencies=needs("read"),
    summary="Tear sheet of a backtest",
    response_class=HTMLResponse,
    responses={
        200: {"content": {HTML: {"schema": {"type": "string"}}}, "description": "One file that needs nothing else"},
        **SEE_OTHER,
        **problems(404, 409),
    },
)
async def get_run_report(request: Request, app: App, run_id: RunId) -> Response:
    """The result as a page for people: curves, months, trades, regimes, assumptions. No script, nothing loaded."""
    body = _artifact(app, run_id, "report.html", "report")
    return deliver(
        request,
        app,
        body,
        f"{HTML}; charset=utf-8",
        immutable=True,
        stored_at=keys.run_object(run_id, "report.html"),
        headers={"Content-Security-Policy": CONTENT_SECURITY_POLICY},
    )


def _artifact(app: AppContext, run_id: str, name: str, what: str) -> bytes:
    """What a run that has succeeded left behind.

    Raises
    ------
    ConflictError
        If it has not, or has left none.
    """
    record = _find(app, run_id)
    body = app.stores.runs.get_artifact(run_id, name) if record.state == "succeeded" else None
    if body is None:
        raise ConflictError(
            f"The run is {record.state}; it has no {what}.", hint=f"GET /runs/{run_id} says why.", state=record.state
        )
    return body


def _start(app: AppContext, body: RunConfig) -> RunRecord:
    """Open the run and start it, where it is not there already."""
    return started(app, submit_run(body, app.stores, now=app.clock(), deployed=deployed(app)))


def _posted(request: Request, record: RunRecord, status: int) -> Response:
    headers = {"Location": place_of(request, f"/runs/{record.run_id}")} | (
        {} if record.state in ENDS else {"Retry-After": "2"}
    )
    return Response(_answer(record), status, headers, JSON)


def _wait_until(request: Request, max_wait_s: float) -> float:
    """When to stop waiting, in seconds of the monotonic clock.

    The wait is counted from the request's beginning: reading candles took part of it. In Lambda it also ends early
    enough for the answer, because an invocation that is cut off answers 502 without a Location.
    """
    until: float = request.state.started_s + max_wait_s
    context = request.scope.get("aws.context")
    if context is None:
        return until
    left_ms: int = context.get_remaining_time_in_millis()
    return min(until, time.monotonic() + left_ms / 1000 - _ANSWER_S)


async def _wait(app: AppContext, record: RunRecord, deadline: float) -> RunRecord:
    """The run at its end, or as it is at the deadline (seconds of the monotonic clock)."""
    pause = app.options.poll_s
    while record.state not in ENDS:
        record = _find(app, record.run_id)
        left = deadline - time.monotonic()
        if record.state in ENDS or left <= 0:
            break
        await asyncio.sleep(min(pause, left))
        pause = min(pause * 1.5, _LONGEST_POLL_S)
    return record


def _find(app: AppContext, run_id: str) -> RunRecord:
    record = app.stores.runs.get(run_id)
    if record is None:
        raise RunNotFoundError(f"There is no run {run_id}.", run_id=run_id)
    return record


def _answer(record: RunRecord) -> bytes:
    """`RunAnswer`."""
    summary = record.summary or {}
    links = {"self": f"/runs/{record.run_id}"}
    if record.state == "succeeded":
        links |= {name: f"/runs/{record.run_id}/{name}" for name in ("result", "report")}
    return as_json(
        {
            "run_id": record.run_id,
            **record_fields(record),
            **{name: summary.get(name) for name in ("metrics", "benchmark", "relative", "data", "assumptions")},
            "links": links,
        }
    )
