"""Runs and sweeps through their jobs on real stores: submit, plan, batches, collect, and what can go wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from candlecloud.contract.run import RunConfig
from candlecloud.contract.sweep import SweepConfig
from candlecloud.errors import (
    ConflictError,
    InsufficientDataError,
    InvalidRangeError,
    RunNotFoundError,
    TransientStoreError,
)
from candlecloud.experiments.run import evaluate_run
from candlecloud.experiments.sweep import evaluate_batch
from candlecloud.fan_out.batch_file import BatchResult, write_batch
from candlecloud.fan_out.kinds.sweep import KIND
from candlecloud.jobs import collect_fan_out, fail_fan_out, plan_fan_out, run_backtest, run_batch
from candlecloud.jobs.run_inputs import read_inputs
from candlecloud.jobs.submit import Submission, submit_fan_out, submit_run
from candlecloud.market.candle import Candle
from candlecloud.market.datasets.candles import CANDLES
from candlecloud.market.ranges import TimeRange
from candlecloud.market.rows import rows_table, times_ms
from candlecloud.runs.identity import Identity
from candlecloud.runs.lifecycle import FAN_OUT_LEASE_MS
from candlecloud.store import keys
from candlecloud.store.objects import ObjectStore
from candlecloud.store.run_record import NewRun
from candlecloud.store.stores import Stores
from tests.support.contexts import context
from tests.support.recorded import BTC_1H, LEARNED, btc_hours
from tests.support.swept import collect_sweep, stored_files

NOW = LEARNED + 60_000
FUNCTIONS = {"run_sweep_batch": "run_sweep_batch:7"}
run_sweep_batch = run_batch.run_of("sweep")
RISING = 1_679_000_400_000
"""2023-03-16T21:00:00Z, a day before a steep rise: many of the sets are long."""
EVENTS = Path(__file__).parents[2] / "events"
BASE: dict[str, Any] = {
    "exchange": "binance",
    "symbol": "BTC-USDT",
    "timeframe": "1h",
    "strategy": "dual_sma",
    "start": "2023-03-01",
    "end": "2023-06-01",
}
GRID = {"fast": {"start": 4, "stop": 22, "step": 2}, "slow": {"start": 20, "stop": 60, "step": 4}}


@pytest.fixture
def lake(stores: Stores) -> Stores:
    """Stores that hold the recorded hours from 2023-02-01 to 2023-06-01."""
    times = times_ms(btc_hours())
    chosen = [i for i, time in enumerate(times) if 1_675_209_600_000 <= time < 1_685_577_600_000]
    stores.candles.merge(BTC_1H, btc_hours().take(chosen), LEARNED)
    return stores


def submit_sweep(document: dict[str, Any], stores: Stores, *, now: int) -> Submission:
    return submit_fan_out(KIND, SweepConfig.from_dict(document), stores, now=now)


def planned(stores: Stores, submission: Submission) -> dict[str, Any]:
    """The first step of a submission's attempt."""
    event = {"run_id": submission.id, "attempt": submission.record.attempt, "functions": FUNCTIONS}
    return plan_fan_out.run(plan_fan_out.Request.from_event(event), context(stores, now=NOW)).to_dict()


def run_sweep(stores: Stores, submission: Submission, *, reverse: bool = False) -> tuple[bytes, bytes]:
    """What the state machine does, one step after the other."""
    report = planned(stores, submission)
    plan = json.loads(stores.objects.get(report["plan_key"]).body)  # type: ignore[union-attr]
    assert len(plan) == report["batches"]
    for item in reversed(plan) if reverse else plan:
        answer = run_sweep_batch(run_batch.Request.from_event(item), context(stores, now=NOW)).to_dict()
        assert answer == {"batch": item["batch"], "superseded": False}
    collected(stores, submission.id, report["fence"])
    return results_of(stores, submission)


def computed(stores: Stores, item: dict[str, Any]) -> None:
    assert not run_sweep_batch(run_batch.Request.from_event(item), context(stores, now=NOW)).superseded


def collected(stores: Stores, run_id: str, fence: int, now: int = NOW) -> collect_fan_out.Report:
    """The last step, where nothing is started again."""
    last = collect_fan_out.Request(run_id, fence, collect_fan_out.MAX_ROUNDS - 1, 0)
    return collect_fan_out.run(last, context(stores, now=now))


def results_of(stores: Stores, submission: Submission) -> tuple[bytes, bytes]:
    """Rows and header as they are stored."""
    return stored_files(stores, submission.id)


def rows_of(results: tuple[bytes, bytes]) -> pa.Table:
    return pq.read_table(pa.BufferReader(results[0])).replace_schema_metadata(None)


def restate(stores: Stores, now: int) -> None:
    """Let the exchange correct one close in the middle of the run, in the rise of March 2023."""
    span = TimeRange(RISING, RISING + 1)
    row = stores.candles.read(BTC_1H, span).to_pylist()[0]
    prices = row["open"], row["high"] + 500, row["low"], row["high"] + 400
    candle = Candle(span.start, *prices, row["volume_base"], row["volume_quote"], row["trades"])
    report = stores.candles.merge(BTC_1H, rows_table(CANDLES, [candle], BTC_1H, now, "native"), now)
    assert report.revised == 1


def test_sweep_in_batches_of_1_7_100_equals_one_process_byte_for_byte(lake: Stores) -> None:
    results = {}
    for size in (1, 7, 100):
        submission = submit_fan_out(
            KIND, SweepConfig.from_dict(BASE | {"grid": GRID, "batch_size": size}), lake, now=NOW
        )
        results[size] = run_sweep(lake, submission, reverse=size == 7)
        lake.index._table.delete(keys.run_item(submission.id))  # so that the same sweep may be opened again
        for batch in lake.fan_outs.present_batches(submission.id):
            lake.fan_outs.put_batch(submission.id, batch, b"wiped")
    assert results[1] == results[7] == results[100]

    identity = submission.identity
    inputs = read_inputs(lake, identity.config)
    whole = evaluate_batch(identity.config, inputs, 0, identity.config.size.valid)  # type: ignore[arg-type, union-attr]
    found = collect_sweep(identity, [{"batch": 0, "start": 0, "end": 108}], [write_batch(whole)])
    assert (found.rows, found.header_file) == results[1]
    document = json.loads(results[1][1])
    assert document["sets"] == len(rows_of(results[1])) == 108
    assert (document["schema"], document["excluded"]) == ("candlecloud.sweep/2", 2)
    assert document["first_excluded"]["reason"] == "fast (20) must be below slow (20)"
    assert document["missing"] == []


def test_states_of_a_sweep(lake: Stores) -> None:
    submission = submit_sweep(BASE | {"grid": GRID}, lake, now=NOW)
    assert state_of(lake, submission) == "pending"
    report = planned(lake, submission)
    assert state_of(lake, submission) == "running"
    assert set(report) == {"run_id", "fence", "bucket", "plan_key", "batches", "round"}
    run_sweep(lake, submission)
    assert state_of(lake, submission) == "succeeded"
    summary = lake.runs.get(submission.id).summary  # type: ignore[union-attr]
    assert summary is not None
    assert (summary["rows"], summary["missing_batches"], len(summary["best"])) == (108, 0, 5)


def state_of(stores: Stores, submission: Submission) -> str:
    record = stores.runs.get(submission.id)
    assert record is not None
    return record.state


def test_same_sweep_is_opened_once(lake: Stores) -> None:
    first = submit_sweep(BASE | {"grid": GRID}, lake, now=NOW)
    again = submit_sweep(BASE | {"grid": GRID, "batch_size": 3}, lake, now=NOW + 5)
    assert (first.id, first.is_new, again.is_new, again.record.attempt) == (again.id, True, False, 1)


def test_restatement_meanwhile_moves_no_batch(lake: Stores) -> None:
    document = BASE | {"grid": GRID, "batch_size": 40}
    undisturbed = run_sweep(lake, submit_sweep(document, lake, now=NOW))
    # The same again, with the candle restated after the first batch.
    submission = submit_sweep(document | {"seed": 1}, lake, now=NOW)
    fence = planned(lake, submission)["fence"]
    plan = lake.fan_outs.get_plan(submission.id, fence) or []
    for number, item in enumerate(plan):
        if number == 1:
            restate(lake, NOW + 1)
        run_sweep_batch(run_batch.Request.from_event(item), context(lake, now=NOW))
    assert collected(lake, submission.id, fence).state == "succeeded"
    rows = rows_of(undisturbed)
    assert rows.equals(rows_of(results_of(lake, submission)))
    # A sweep submitted after the restatement is another one, with other numbers.
    later = submit_sweep(document, lake, now=NOW + 2)
    assert later.is_new
    assert not rows_of(run_sweep(lake, later)).equals(rows)


def test_missing_and_failed_batches_are_named(lake: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    submission = submit_sweep(BASE | {"grid": GRID, "batch_size": 30}, lake, now=NOW)
    fence = planned(lake, submission)["fence"]
    plan = lake.fan_outs.get_plan(submission.id, fence) or []
    run_sweep_batch(run_batch.Request.from_event(plan[0]), context(lake, now=NOW))
    with monkeypatch.context() as patch:  # a batch that cannot be evaluated leaves its reason

        def broken(*_: Any) -> Any:
            raise InvalidRangeError("No such range.")

        patch.setattr(run_batch, "read_inputs", broken)
        assert run_sweep_batch(run_batch.Request.from_event(plan[1]), context(lake, now=NOW)).batch == 1
    report = collected(lake, submission.id, fence)
    assert (report.state, report.missing) == ("succeeded", 3)
    results = results_of(lake, submission)
    document = json.loads(results[1])
    assert [(m["batch"], m["error"]["code"]) for m in document["missing"]] == [
        (1, "invalid_range"),
        (2, "no_result"),
        (3, "no_result"),
    ]
    assert rows_of(results)["set"].to_pylist() == list(range(30))
    record = lake.runs.get(submission.id)
    assert record is not None
    assert (record.state, record.missing_batches) == ("succeeded", 3)
    # Sent again it is opened anew, and ends whole.
    anew = submit_sweep(BASE | {"grid": GRID, "batch_size": 30}, lake, now=NOW + 9)
    assert (anew.id, anew.is_new, anew.record.attempt) == (submission.id, True, 2)
    assert json.loads(run_sweep(lake, anew)[1])["missing"] == []
    assert lake.runs.get(submission.id).missing_batches == 0  # type: ignore[union-attr]


def test_what_left_nothing_is_started_again_as_long_as_that_helps(lake: Stores) -> None:
    """Throttled to the end, or its machine died: that is no reason to hand out holes. What failed says so."""
    submission = submit_sweep(BASE | {"grid": GRID, "batch_size": 30}, lake, now=NOW)
    step = planned(lake, submission)
    fence, plan = step["fence"], lake.fan_outs.get_plan(submission.id, step["fence"]) or []
    lake.fan_outs.put_failure(submission.id, fence, (plan[3]["start"], plan[3]["end"]), {"code": "conflict"})

    def collect(step: dict[str, Any]) -> dict[str, Any]:
        event = {"run_id": submission.id} | {name: step[name] for name in ("fence", "round", "batches")}
        return collect_fan_out.run(collect_fan_out.Request.from_event(event), context(lake, now=NOW)).to_dict()

    step = collect(step)
    assert (step["state"], step["round"], step["batches"]) == ("running", 1, 3), "nothing came: once more at least"
    assert lake.fan_outs.get_plan(submission.id, fence, 1) == plan[:3]
    computed(lake, plan[0])
    step = collect(step)
    assert (step["state"], step["round"], step["batches"]) == ("running", 2, 2)
    assert json.loads(lake.objects.get(step["plan_key"]).body) == plan[1:3]  # type: ignore[union-attr]
    step = collect(step)
    assert (step["state"], step["missing"]) == ("succeeded", 3), "a round that brought nothing is the last"
    missing = json.loads(stored_files(lake, submission.id)[1])["missing"]
    assert [item["error"]["code"] for item in missing] == ["no_result", "no_result", "conflict"]


def test_holes_stay_readable_until_they_are_filled(lake: Stores) -> None:
    submission = submit_sweep(BASE | {"grid": GRID, "batch_size": 60}, lake, now=NOW)
    fence = planned(lake, submission)["fence"]
    plan = lake.fan_outs.get_plan(submission.id, fence) or []
    computed(lake, plan[0])
    assert collected(lake, submission.id, fence).missing == 1
    holes = stored_files(lake, submission.id)
    anew = submit_sweep(BASE | {"grid": GRID, "batch_size": 108}, lake, now=NOW + 9)  # cut otherwise
    assert (anew.id, anew.is_new, state_of(lake, anew)) == (submission.id, True, "pending")
    assert stored_files(lake, submission.id) == holes
    broken = {"run_id": submission.id, "attempt": 2, "error": {"Error": "States.Timeout"}}
    assert fail_fan_out.run(fail_fan_out.Request.from_event(broken), context(lake, now=NOW)).state == "failed"
    assert stored_files(lake, submission.id) == holes
    assert len(rows_of(run_sweep(lake, submit_sweep(BASE | {"grid": GRID}, lake, now=NOW + 19)))) == 108


def test_a_late_collector_puts_no_holes_into_a_whole_result(lake: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    """Step Functions repeats one that it has lost sight of; meanwhile the last batch came."""
    submission = submit_sweep(BASE | {"grid": GRID, "batch_size": 60}, lake, now=NOW)
    fence = planned(lake, submission)["fence"]
    plan = lake.fan_outs.get_plan(submission.id, fence) or []
    computed(lake, plan[0])
    write = lake.runs.put_artifact

    def meanwhile(*arguments: Any) -> str:
        monkeypatch.undo()
        computed(lake, plan[1])
        assert collected(lake, submission.id, fence).missing == 0
        return write(*arguments)

    monkeypatch.setattr(lake.runs, "put_artifact", meanwhile)
    late = collected(lake, submission.id, fence)
    assert (late.state, late.missing, state_of(lake, submission)) == ("superseded", 1, "succeeded")
    assert len(rows_of(results_of(lake, submission))) == 108


def test_what_a_kind_gets_wrong_is_recorded_and_not_stored(lake: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    submission = submit_sweep(BASE | {"grid": GRID}, lake, now=NOW)
    fence = planned(lake, submission)["fence"]
    plan = lake.fan_outs.get_plan(submission.id, fence) or []

    def short(config: Any, inputs: Any, start: int, end: int) -> BatchResult:
        return evaluate_batch(config, inputs, start, end - 1)

    monkeypatch.setattr("candlecloud.experiments.sweep.evaluate_batch", short)
    run_batch.run_of("sweep")(run_batch.Request.from_event(plan[0]), context(lake, now=NOW))
    said = lake.fan_outs.get_failure(submission.id, fence, (0, 108))
    assert said is not None
    assert said["message"] == "AssertionError: The kind gave 107 rows of units 0 to 107, not 108 from 0 on."
    assert lake.fan_outs.present_batches(submission.id) == []


def test_sweep_without_any_result_has_failed(lake: Stores) -> None:
    submission = submit_sweep(BASE | {"grid": GRID}, lake, now=NOW)
    fence = planned(lake, submission)["fence"]
    assert collected(lake, submission.id, fence).state == "failed"


def test_batch_that_is_done_is_not_done_again(lake: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    submission = submit_sweep(BASE | {"grid": GRID}, lake, now=NOW)
    fence = planned(lake, submission)["fence"]
    request = run_batch.Request.from_event((lake.fan_outs.get_plan(submission.id, fence) or [])[0])
    run_sweep_batch(request, context(lake, now=NOW))
    written: list[str] = []
    put = ObjectStore.put

    def watch(self: ObjectStore, key: str, *args: Any, **keywords: Any) -> Any:
        written.append(key)
        return put(self, key, *args, **keywords)

    monkeypatch.setattr(ObjectStore, "put", watch)
    assert run_sweep_batch(request, context(lake, now=NOW)).batch == 0
    assert written == []


def test_failing_store_is_raised_to_be_tried_again(lake: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    sweep = submit_sweep(BASE | {"grid": GRID}, lake, now=NOW)
    fence = planned(lake, sweep)["fence"]
    run = submit_run(RunConfig.from_dict(BASE), lake, now=NOW)

    def silent(*_: Any, **__: Any) -> pa.Table:
        raise TransientStoreError("S3 does not answer.")

    monkeypatch.setattr(type(lake.candles), "read", silent)
    with pytest.raises(TransientStoreError):
        run_sweep_batch(run_batch.Request(sweep.id, fence, 0, 0, 5), context(lake, now=NOW))
    with pytest.raises(TransientStoreError):
        run_backtest.run(run_backtest.Request(run.id, 1), context(lake, now=NOW))
    assert lake.fan_outs.present_batches(sweep.id) == []
    assert lake.runs.get(run.id).state == "running"  # type: ignore[union-attr]


def test_broken_state_machine_closes_its_sweep_unless_it_had_succeeded(lake: Stores) -> None:
    submission = submit_sweep(BASE | {"grid": GRID}, lake, now=NOW)
    error = {"Error": "States.Timeout", "Cause": "arn:aws:lambda:secret"}
    event = {"run_id": submission.id, "attempt": 1, "error": error}
    assert fail_fan_out.run(fail_fan_out.Request.from_event(event), context(lake, now=NOW)).state == "failed"
    record = lake.runs.get(submission.id)
    assert record is not None
    assert record.error is not None
    assert "States.Timeout" in record.error["message"]
    assert "arn:" not in json.dumps(record.error)
    anew = submit_sweep(BASE | {"grid": GRID}, lake, now=NOW)
    run_sweep(lake, anew)
    assert fail_fan_out.run(fail_fan_out.Request.from_event(event), context(lake, now=NOW)).state == "succeeded"


def test_run_through_its_job(lake: Stores) -> None:
    submission = submit_run(RunConfig.from_dict(BASE), lake, now=NOW)
    assert (submission.is_new, submission.coverage.received_candles) == (True, 92 * 24 + 50 - 1)
    assert submit_run(RunConfig.from_dict(BASE), lake, now=NOW + 1).is_new is False
    report = run_backtest.run(
        run_backtest.Request.from_event({"run_id": submission.id, "attempt": 1}), context(lake, now=NOW)
    )
    assert report.to_dict() == {"run_id": submission.id, "state": "succeeded"}
    record = lake.runs.get(submission.id)
    assert record is not None
    assert record.summary is not None
    content = lake.runs.get_artifact(submission.id, "result.json")
    assert content is not None
    assert json.loads(content)["metrics"] == record.summary["metrics"]
    # Everything needed to compute it again lies in the manifest.
    manifest = json.loads(lake.runs.get_artifact(submission.id, "manifest.json") or b"")
    restate(lake, NOW + 10)
    identity = Identity.read(RunConfig, manifest)
    assert evaluate_run(identity, read_inputs(lake, identity.config)).content == content
    # Invoked a second time, it leaves the result alone.
    assert run_backtest.run(run_backtest.Request(submission.id, 1), context(lake, now=NOW + 20)).state == "succeeded"


def test_range_left_out_is_all_that_is_stored(lake: Stores) -> None:
    document = {name: value for name, value in BASE.items() if name not in ("start", "end")}
    config = submit_run(RunConfig.from_dict(document), lake, now=NOW).identity.config.to_dict()
    assert (config["start"], config["end"]) == ("2023-02-03T02:00:00Z", "2023-06-01T00:00:00Z")
    assert config["as_of"] == "2025-08-20T00:02:00Z"


def test_too_few_candles_are_refused_before_anything_is_opened(lake: Stores) -> None:
    for document in (BASE | {"start": "2023-02-02"}, BASE | {"end": "2023-06-02"}, BASE | {"symbol": "ETH-USDT"}):
        with pytest.raises(InsufficientDataError):
            submit_run(RunConfig.from_dict(document), lake, now=NOW)
        with pytest.raises(InsufficientDataError):
            submit_sweep(document | {"grid": {"fast": [5]}}, lake, now=NOW)


def test_as_of_looks_back_but_not_ahead(lake: Stores) -> None:
    with pytest.raises(InsufficientDataError) as caught:
        submit_run(RunConfig.from_dict(BASE | {"as_of": LEARNED - 1}), lake, now=NOW)
    assert caught.value.details["latest_candle"] is None
    with pytest.raises(InvalidRangeError):
        submit_run(RunConfig.from_dict(BASE | {"as_of": NOW + 1}), lake, now=NOW)
    old = submit_run(RunConfig.from_dict(BASE), lake, now=NOW)
    restate(lake, NOW + 10)
    assert submit_run(RunConfig.from_dict(BASE | {"as_of": NOW}), lake, now=NOW + 20).id == old.id
    assert submit_run(RunConfig.from_dict(BASE), lake, now=NOW + 20).id != old.id


@pytest.mark.parametrize("part", ["data_revision", "code_version"])
def test_run_whose_candles_or_code_moved_fails_and_says_so(lake: Stores, part: str) -> None:
    identity = submit_run(RunConfig.from_dict(BASE), lake, now=NOW).identity
    other = Identity(**{**identity.__dict__, part: "of another day"})
    lake.runs.open(NewRun(other.id, "backtest", other.to_dict(), {}, {}), NOW)
    assert run_backtest.run(run_backtest.Request(other.id, 1), context(lake, now=NOW)).state == "failed"
    record = lake.runs.get(other.id)
    assert record is not None
    assert record.error is not None
    assert record.error["code"] == "conflict"
    assert "Submit it again" in record.error["hint"]


def test_sweep_of_other_code_is_not_planned(lake: Stores) -> None:
    identity = submit_sweep(BASE | {"grid": GRID}, lake, now=NOW).identity
    other = Identity(identity.config, identity.data_revision, "0.0.0")
    lake.runs.open(NewRun(other.id, "tune", other.to_dict(), {}, {"batches": 1}), NOW)
    with pytest.raises(ConflictError):
        plan_fan_out.run(plan_fan_out.Request(other.id, 1, FUNCTIONS), context(lake, now=NOW))
    record = lake.runs.get(other.id)
    assert record is not None
    assert record.error is not None
    assert (record.state, record.error["code"]) == ("failed", "conflict")


def test_ids_that_nobody_submitted(stores: Stores) -> None:
    here = context(stores, now=NOW)
    missing: list[tuple[type[Exception], Callable[[], object]]] = [
        (RunNotFoundError, lambda: run_backtest.run(run_backtest.Request("run_x", 1), here)),
        (ConflictError, lambda: plan_fan_out.run(plan_fan_out.Request("sweep_x", 1, FUNCTIONS), here)),
        (RunNotFoundError, lambda: collected(stores, "sweep_x", 1)),
        (RunNotFoundError, lambda: run_sweep_batch(run_batch.Request("sweep_x", 1, 0, 0, 1), here)),
    ]
    for error, call in missing:
        with pytest.raises(error):
            call()


def test_sweep_without_a_plan_is_not_collected(lake: Stores) -> None:
    submission = submit_sweep(BASE | {"grid": GRID}, lake, now=NOW)
    with pytest.raises(RunNotFoundError, match="no plan"):
        collected(lake, submission.id, 1)


@pytest.mark.parametrize(
    ("name", "job"),
    [
        ("run_backtest", run_backtest),
        ("plan_fan_out", plan_fan_out),
        ("run_sweep_batch", run_batch),
        ("collect_fan_out", collect_fan_out),
        ("fail_fan_out", fail_fan_out),
    ],
)
def test_events_on_file_are_read(name: str, job: Any) -> None:
    event = json.loads((EVENTS / f"{name}.json").read_text())
    request = job.Request.from_event(event)
    assert request.run_id.startswith(("run_", "sweep_"))


def test_a_run_next_to_a_hole_can_be_submitted_again_with_its_own_as_of(lake: Stores) -> None:
    beside = {"start": "2023-03-20", "end": "2023-03-24T14:00:00Z", "parameters": {"fast": 5, "slow": 20}}
    first = submit_run(RunConfig.from_dict(BASE | beside), lake, now=NOW)
    assert [gap.duration for gap in first.coverage.gaps] == [3_600_000]  # the last hour: 13:00 is Binance's outage
    again = submit_run(
        RunConfig.from_dict(BASE | beside | {"as_of": first.identity.config.to_dict()["as_of"]}), lake, now=NOW + 20
    )
    assert (again.id, again.is_new) == (first.id, False)


def test_a_cost_of_minus_nothing_is_nothing(lake: Stores) -> None:
    assert (
        submit_run(RunConfig.from_dict(BASE | {"fee_bps": -0.0}), lake, now=NOW).id
        == submit_run(RunConfig.from_dict(BASE | {"fee_bps": 0}), lake, now=NOW).id
    )


def test_backfill_request_is_ready_to_send_even_at_the_beginning_of_time(lake: Stores) -> None:
    with pytest.raises(InsufficientDataError) as caught:
        submit_run(
            RunConfig.from_dict(BASE | {"start": "1970-01-01", "parameters": {"fast": 5, "slow": 20}}), lake, now=NOW
        )
    assert caught.value.details["backfill_request"]["body"]["start"] == "1970-01-01T00:00:00Z"


def test_a_worker_that_was_given_up_writes_nothing(lake: Stores) -> None:
    """Its lease ran out, another attempt began: batches of the old one are left alone, and so is its collection."""
    submission = submit_sweep(BASE | {"grid": GRID, "batch_size": 60}, lake, now=NOW)
    fence = planned(lake, submission)["fence"]
    plan = lake.fan_outs.get_plan(submission.id, fence) or []
    late = NOW + FAN_OUT_LEASE_MS
    assert lake.runs.recover(submission.id, late) is not None
    event = {"run_id": submission.id, "attempt": 2, "functions": FUNCTIONS}
    assert plan_fan_out.run(plan_fan_out.Request.from_event(event), context(lake, now=late)).fence == fence + 1
    answer = run_sweep_batch(run_batch.Request.from_event(plan[0]), context(lake, now=late))
    assert answer.superseded
    assert lake.fan_outs.present_batches(submission.id) == []
    closed = collected(lake, submission.id, fence, late)
    assert (closed.state, state_of(lake, submission)) == ("superseded", "running")
    broken = fail_fan_out.Request.from_event({"run_id": submission.id, "attempt": 1, "error": {"Error": "late"}})
    assert fail_fan_out.run(broken, context(lake, now=late)).state == "running"


def test_a_plan_that_is_written_late_is_not_worked_on(lake: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    """Step Functions repeats a planner that it has lost sight of; the first one may still be at it."""
    submission = submit_sweep(BASE | {"grid": GRID, "batch_size": 60}, lake, now=NOW)
    late: list[tuple[Any, ...]] = []
    with monkeypatch.context() as patch:
        patch.setattr(lake.fan_outs, "put_plan", lambda *arguments: late.append(arguments) or "")
        planned(lake, submission)
    fence = planned(lake, submission)["fence"]
    lake.fan_outs.put_plan(*late[0])
    for item in lake.fan_outs.get_plan(submission.id, fence) or []:
        assert not run_sweep_batch(run_batch.Request.from_event(item), context(lake, now=NOW)).superseded
    report = collected(lake, submission.id, fence)
    assert (report.state, report.missing) == ("succeeded", 0)


def test_a_late_run_is_refused_its_end(lake: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    submission = submit_run(RunConfig.from_dict(BASE), lake, now=NOW)

    def taken_over(*_: Any) -> Any:
        assert lake.runs.cancel(submission.id, NOW)
        return evaluate_run(*_)

    monkeypatch.setattr(run_backtest, "evaluate_run", taken_over)
    report = run_backtest.run(run_backtest.Request(submission.id, 1), context(lake, now=NOW, deadline=NOW + 60_000))
    assert (report.state, state_of(lake, submission)) == ("superseded", "cancelled")
