"""GET /live, /ready and /health: does it answer, does it reach its stores, do its jobs run."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from candlecloud.api import etag
from candlecloud.api.app_context import App, AppContext
from candlecloud.api.errors import NotReadyError
from candlecloud.api.guards import GuardedRoute, needs
from candlecloud.api.schemas.health import Health, JobHealth, JobState, Live, Ready
from candlecloud.errors import TransientStoreError
from candlecloud.market.instant import iso
from candlecloud.store.ingestion import JobStatus

router = APIRouter(route_class=GuardedRoute, tags=["state"])


@router.get("/live", summary="The process answers", response_model=Live)
async def live() -> Live:
    """No store is asked."""
    return Live()


@router.get("/ready", summary="The stores answer", response_model=Ready)
async def ready(app: App) -> Ready:
    """The index names a series, and the lake says what it holds of it."""
    try:
        for head in app.stores.index.list_series(limit=1)[0]:
            app.stores.candles.available_range(head.series)
    except TransientStoreError as error:
        raise NotReadyError("A store does not answer.") from error
    return Ready()


@router.get(
    "/health",
    dependencies=needs("read"),
    summary="How the jobs are doing",
    response_model=Health,
)
async def health(request: Request, app: App) -> Response:
    """Per job its last success, its failures since, and by how much it is late.

    The answer is 200 whatever the state: `status` says it.
    """
    now = app.clock()
    jobs = _jobs(app, now)
    all_well = all(job.status == "ok" for job in jobs)
    return etag.answer(request, Health(status="ok" if all_well else "degraded", now=iso(now), now_ms=now, jobs=jobs))


def _jobs(app: AppContext, now: int) -> list[JobHealth]:
    statuses = app.stores.ingestion.job_statuses()
    names = sorted({*statuses, *app.options.allowed_age_s})
    return [_job(name, statuses.get(name), app.options.allowed_age_s.get(name), now) for name in names]


def _job(name: str, status: JobStatus | None, allowed_age_s: int | None, now: int) -> JobHealth:
    last_success = status.last_success if status else None
    failures = status.consecutive_failures if status else 0
    age_s = None if last_success is None else max(0, now - last_success) / 1000
    stalled_by_s = 0.0 if age_s is None or allowed_age_s is None else max(0.0, age_s - allowed_age_s)
    return JobHealth(
        job=name,
        status=_verdict(age_s, stalled_by_s, failures),
        last_success=None if last_success is None else iso(last_success),
        last_success_ms=last_success,
        last_error=_error_kind(status.last_error) if status and failures else None,
        last_error_at=iso(status.last_failure) if status and failures and status.last_failure is not None else None,
        consecutive_failures=failures,
        age_s=age_s,
        allowed_age_s=allowed_age_s,
        stalled_by_s=round(stalled_by_s, 3),
    )


def _verdict(age_s: float | None, stalled_by_s: float, failures: int) -> JobState:
    if age_s is None:
        return "never_succeeded"
    if stalled_by_s > 0:
        return "stalled"
    return "failing" if failures else "ok"


def _error_kind(text: str | None) -> str | None:
    """The kind of an error (``ExchangeUnavailableError``); its text may name hosts, and stays in the log."""
    kind = (text or "").partition(":")[0].strip()
    return kind if kind.isidentifier() else "error" if text else None
