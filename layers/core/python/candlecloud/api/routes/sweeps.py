"""POST /sweeps, GET /sweeps/{sweep_id} and its results."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from candlecloud.api import cursors, etag, sweep_results
from candlecloud.api.app_context import App, AppContext
from candlecloud.api.guards import GuardedRoute, needs
from candlecloud.api.large_answers import deliver
from candlecloud.api.location import place_of
from candlecloud.api.negotiation import ARROW, JSON, PARQUET
from candlecloud.api.records import deployed, record_fields, started
from candlecloud.api.responses import LOCATION, SEE_OTHER, as_json, problems
from candlecloud.api.schemas.sweeps import (
    MAX_JSON_LIMIT,
    SweepAccepted,
    SweepAnswer,
    SweepResultsPage,
    SweepResultsQuery,
)
from candlecloud.api.tables import check_limit, write_table
from candlecloud.contract.sweep import SweepConfig
from candlecloud.errors import ConflictError, SweepNotFoundError
from candlecloud.fan_out.kinds.sweep import KIND, ROWS_FILE
from candlecloud.jobs.submit import submit_fan_out
from candlecloud.runs.result_rows import rows_as_dicts
from candlecloud.store.run_record import RunRecord

router = APIRouter(route_class=GuardedRoute, tags=["backtests"])

_BINARY = {"schema": {"type": "string", "format": "binary"}}
SweepId = Annotated[str, Path(pattern=r"^sweep_[0-9a-f]{32}$", description="From `POST /sweeps`")]


@router.post(
    "/sweeps",
    dependencies=needs("run"),
    summary="Start a sweep",
    status_code=202,
    response_model=SweepAccepted,
    responses={202: {"headers": LOCATION}, **problems(404)},
)
async def start_sweep(request: Request, app: App, body: SweepConfig) -> Response:
    """Compute every combination of a grid, of a strategy's parameters or of those that your rules declare.

    Each row has the numbers of a run of that set alone. The same request on the same candles is the same sweep.
    """
    submission = submit_fan_out(KIND, body, app.stores, now=app.clock(), deployed=deployed(app))
    record = started(app, submission)
    accepted = SweepAccepted(
        sweep_id=record.run_id,
        state=record.state,
        sets=record.counts["sets"],
        excluded=record.counts["excluded"],
        links=_links(record),
    )
    headers = {"Location": place_of(request, f"/sweeps/{record.run_id}")}
    return Response(accepted.model_dump_json(), 202, headers, JSON)


@router.get(
    "/sweeps/{sweep_id}",
    dependencies=needs("read"),
    summary="A sweep and its progress",
    response_model=SweepAnswer,
    responses=problems(404),
)
async def get_sweep(request: Request, app: App, sweep_id: SweepId) -> Response:
    """What was asked, how far it is, and how it ended. Once it has succeeded the answer never changes.

    A sweep that is cut off is started again automatically, three attempts in all. Batches that are done stay.
    """
    record = _find(app, sweep_id)
    return etag.answer(request, _answer(app, record), immutable=_is_whole(record))


@router.get(
    "/sweeps/{sweep_id}/results",
    dependencies=needs("read"),
    summary="Results of a sweep",
    responses={
        200: {"model": SweepResultsPage, "content": {JSON: {}, ARROW: _BINARY, PARQUET: _BINARY}},
        **SEE_OTHER,
        **problems(404, 409),
    },
)
async def get_sweep_results(
    request: Request, app: App, sweep_id: SweepId, query: Annotated[SweepResultsQuery, Query()]
) -> Response:
    """Parameter sets by a metric, best first. A sweep with missing batches shows the rest."""
    media_type: str = request.state.media_type
    check_limit(query.limit, media_type, MAX_JSON_LIMIT, PARQUET)
    record = _find(app, sweep_id)
    stored = app.stores.runs.open_result(record, ROWS_FILE)
    if stored is None:
        ended = record.state == "succeeded"  # by an earlier version, which kept them elsewhere
        raise ConflictError(
            f"The sweep is {record.state}; it has no results{' that this version reads' if ended else ''}.",
            hint="Send the same request again: it is then computed again."
            if ended
            else f"GET /sweeps/{sweep_id} shows how far it is, or why it failed.",
            state=record.state,
        )
    assert query.order is not None
    selection = {"sweep": sweep_id, "of": _files(record)[ROWS_FILE], "sort": query.sort, "order": query.order}
    start = cursors.read(selection, query.cursor) or 0
    page = sweep_results.read_page(stored, query.sort, query.order, start, query.limit)
    end = start + query.limit
    next_cursor = cursors.issue(selection, end) if end < page.total else None
    immutable = _is_whole(record)
    if media_type == JSON:
        shown = {
            "sweep_id": sweep_id,
            "state": record.state,
            "sort": query.sort,
            "order": query.order,
            "total": page.total,
            "count": page.rows.num_rows,
            "rows": rows_as_dicts(page.rows),
            "missing_batches": page.missing_batches,
            "next_cursor": next_cursor,
        }
        return deliver(request, app, as_json(shown), JSON, immutable=immutable)
    headers = {"X-Next-Cursor": next_cursor} if next_cursor else {}
    body = write_table(page.rows, media_type)
    return deliver(request, app, body, media_type, immutable=immutable, headers=headers)


def _find(app: AppContext, sweep_id: str) -> RunRecord:
    record = app.stores.runs.get(sweep_id)
    if record is None:
        raise SweepNotFoundError(f"There is no sweep {sweep_id}.", sweep_id=sweep_id)
    return record


def _is_whole(record: RunRecord) -> bool:
    """Whether it will never change: holes may still be filled by the same request again."""
    return record.state == "succeeded" and not record.missing_batches


def _files(record: RunRecord) -> dict[str, str]:
    """What it gave: results with holes stay while they are filled."""
    files: dict[str, str] = (record.summary or {}).get("files", {})
    return files


def _links(record: RunRecord) -> dict[str, str]:
    own = f"/sweeps/{record.run_id}"
    return {"self": own} | ({"results": f"{own}/results"} if _files(record) else {})


def _progress(app: AppContext, record: RunRecord) -> dict[str, Any]:
    """Counts: of a sweep that has ended from its record, of a running one from what lies in the lake."""
    planned = record.counts["batches"]
    if record.state == "succeeded":
        done = planned - record.missing_batches
    else:
        done = 0 if record.state == "pending" else _present(app, record)
    fraction = round(done / planned, 6)
    return {"sets": record.counts["sets"], "batches_planned": planned, "batches_done": done, "fraction": fraction}


def _present(app: AppContext, record: RunRecord) -> int:
    """Batches that have a result, of the cut of this attempt. Those of records of before lie elsewhere: none."""
    units, size = record.counts["sets"], record.counts.get("per_batch")
    if size is None:
        return 0
    found = app.stores.fan_outs.present_batches(record.run_id)
    return sum(start % size == 0 and end == min(start + size, units) for start, end in found)


def _answer(app: AppContext, record: RunRecord) -> bytes:
    """`SweepAnswer`."""
    summary = record.summary or {}
    return as_json(
        {
            "sweep_id": record.run_id,
            **record_fields(record),
            "progress": _progress(app, record),
            "benchmark": summary.get("benchmark"),
            "best_by": summary.get("best_by"),
            "best": summary.get("best", []),
            "missing_batches": record.missing_batches,
            "missing": summary.get("missing", []),
            "links": _links(record),
        }
    )
