"""One record, one life: every transition tried from every state, races, late workers, and work that nobody does."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import product
from typing import Any

import pytest

from candlecloud.errors import ConflictError, TransientStoreError
from candlecloud.jobs import recover_runs
from candlecloud.runs.lifecycle import (
    ENDS,
    FAN_OUT_LEASE_MS,
    HEARTBEAT_MS,
    MAX_ATTEMPTS,
    PENDING_LEASE_MS,
    STATES,
    TRANSITIONS,
    State,
)
from candlecloud.store import keys
from candlecloud.store.run_record import NewRun, RunRecord
from candlecloud.store.stores import Stores
from candlecloud.store.table import as_text
from tests.support.cloud import embedded_stores
from tests.support.contexts import context
from tests.support.inline_dispatcher import InlineDispatcher

NOW = 1_700_000_000_000
RUN = "run_" + "ab" * 16
NEW = NewRun(RUN, "backtest", {"config": {"fast": 10}}, {"run_backtest": "arn:7"}, {"sets": 3}, "c0ffee")
LEASE = 60_000


@pytest.fixture(scope="module")
def stores() -> Iterator[Stores]:
    with embedded_stores() as found:
        yield found


@pytest.fixture(autouse=True)
def _empty(stores: Stores) -> None:
    for run_id in (RUN, *(record.run_id for record in stores.runs.active())):
        stores.index._table.delete(keys.run_item(run_id))


def put(stores: Stores, state: State, *, lease_until: int, holes: int = 0) -> RunRecord:
    """A record in a state, attempt 2, fence 5, held by ``me``."""
    stores.runs.open(NEW, NOW)
    stores.index._table.update(
        keys.run_item(RUN),
        put={
            "state": state, "attempt": 2, "fence": 5, "owner": "me", "lease_until": lease_until,
            "missing_batches": holes,
        },
    )  # fmt: skip
    return read(stores)


def read(stores: Stores) -> RunRecord:
    record = stores.runs.get(RUN)
    assert record is not None
    return record


def attempt(stores: Stores, name: str, record: RunRecord, *, held: bool, owner: str = "other") -> bool:
    """Try a transition, with the record's own attempt and fence or with those of the one before."""
    mine = record if held else replace(record, attempt=record.attempt - 1, fence=record.fence - 1)
    runs, later = stores.runs, NOW + 1
    done = {
        "reopen": lambda: runs.open(NEW, later).is_new,
        "recover": lambda: runs.recover(RUN, later) is not None,
        "claim": lambda: runs.claim(RUN, mine.attempt, owner, later, later + LEASE) is not None,
        "heartbeat": lambda: runs.heartbeat(replace(mine, heartbeat_at=later - HEARTBEAT_MS), later),
        "finish": lambda: runs.finish(mine, later, summary={"sharpe": 1.0}, result_key="runs/x/result.json"),
        "fail": lambda: runs.fail(mine, {"code": "x"}, later),
        "abandon": lambda: runs.abandon(RUN, mine.attempt, {"code": "x"}, later),
        "give_up": lambda: runs.give_up(RUN, mine.attempt, {"code": "x"}, later),
        "cancel": lambda: runs.cancel(RUN, later),
    }[name]()
    return bool(done)


def is_allowed(name: str, state: State, *, stale: bool, held: bool, holes: bool) -> bool:
    """What the words of the life say, spelled out a second time, without the table."""
    active = state in ("pending", "running")
    if name == "reopen":
        return state in ("failed", "cancelled") or (active and stale) or (state == "succeeded" and holes)
    if name == "recover":
        return active and stale
    if name == "claim":
        return held and (state == "pending" or (state == "running" and stale))
    if name == "abandon":
        return held and active
    if name == "give_up":
        return held and active and stale
    if name == "cancel":
        return active
    return held and state == "running"


@pytest.mark.parametrize("name", TRANSITIONS)
def test_every_transition_from_every_state(stores: Stores, name: str) -> None:
    """5 states x lease fresh or run out x rightful or late caller x with holes or without."""
    for state, stale, held, holes in product(STATES, (False, True), (False, True), (False, True)):
        record = put(stores, state, lease_until=NOW if stale else NOW + LEASE, holes=int(holes))
        done = attempt(stores, name, record, held=held)
        case = (name, state, f"{stale=}", f"{held=}", f"{holes=}")
        assert done == is_allowed(name, state, stale=stale, held=held, holes=holes), case
        after = read(stores)
        assert after.state == (TRANSITIONS[name].to if done else state), case
        if not done:
            assert after == record, case
        listed = {one.run_id for one in stores.runs.active()}
        if done:
            assert (RUN in listed) == (after.state not in ENDS), case
        stores.index._table.delete(keys.run_item(RUN))


def test_a_record_from_its_opening_to_its_end(stores: Stores) -> None:
    opened = stores.runs.open(NEW, NOW)
    assert opened.is_new
    assert opened.record == read(stores)
    assert (opened.record.state, opened.record.attempt, opened.record.fence) == ("pending", 1, 0)
    assert opened.record.lease_until == NOW + PENDING_LEASE_MS
    assert (opened.record.functions, opened.record.git_hash) == ({"run_backtest": "arn:7"}, "c0ffee")
    held = stores.runs.claim(RUN, 1, "me", NOW + 1, NOW + LEASE)
    assert held == read(stores)
    assert held is not None
    assert (held.state, held.attempt, held.fence, held.owner, held.started_at) == ("running", 1, 1, "me", NOW + 1)
    key = stores.runs.put_artifact(RUN, "result.json", b"{}")
    assert stores.runs.finish(held, NOW + 2, summary={"return": 0.25}, result_key=key)
    ended = read(stores)
    assert (ended.state, ended.summary, ended.result_key, ended.ended_at) == (
        "succeeded",
        {"return": 0.25},
        key,
        NOW + 2,
    )
    assert stores.runs.get_artifact(RUN, "result.json") == b"{}"
    again = stores.runs.open(NEW, NOW + 10**12)
    assert (again.is_new, again.record) == (False, ended)


def test_a_repeat_of_the_same_invocation_takes_its_own_work_again(stores: Stores) -> None:
    """Lambda repeats a failed event under the same id: it need not wait for the lease that it holds itself."""
    stores.runs.open(NEW, NOW)
    first = stores.runs.claim(RUN, 1, "me", NOW, NOW + LEASE)
    assert stores.runs.claim(RUN, 1, "other", NOW + 1, NOW + LEASE) is None
    second = stores.runs.claim(RUN, 1, "me", NOW + 2, NOW + LEASE)
    assert first is not None
    assert second is not None
    assert second.fence == first.fence + 1
    assert not stores.runs.finish(first, NOW + 3, summary={})
    assert stores.runs.finish(second, NOW + 4, summary={})


def test_a_fan_out_says_that_it_lives_once_in_ten_seconds(stores: Stores) -> None:
    stores.runs.open(NEW, NOW)
    held = stores.runs.claim(RUN, 1, "me", NOW, NOW + FAN_OUT_LEASE_MS)
    assert held is not None
    assert stores.runs.heartbeat(held, NOW + HEARTBEAT_MS - 1)
    assert read(stores).heartbeat_at == NOW, "too early: nothing was written"
    assert stores.runs.heartbeat(held, NOW + HEARTBEAT_MS)
    assert read(stores).lease_until == NOW + HEARTBEAT_MS + FAN_OUT_LEASE_MS


def test_of_sixteen_that_open_at_once_one_does_fifty_times(stores: Stores) -> None:
    with ThreadPoolExecutor(16) as pool:
        for number in range(50):
            new = replace(NEW, run_id=f"run_{number:032x}")
            opened = list(pool.map(lambda _, new=new: stores.runs.open(new, NOW), range(16)))
            assert sum(one.is_new for one in opened) == 1
            assert {one.record.attempt for one in opened} == {1}
            first = stores.runs.claim(new.run_id, 1, "me", NOW, NOW + LEASE)
            assert first is not None
            claims = list(
                pool.map(
                    lambda k, new=new: stores.runs.claim(new.run_id, 1, f"{k}", NOW + LEASE, NOW + 2 * LEASE), range(16)
                )
            )
            assert sum(claim is not None for claim in claims) == 1, "one takes over what was given up"
            assert stores.runs.cancel(new.run_id, NOW + LEASE + 1)


class _Noting:
    """A dispatcher that notes what it is told to start."""

    def __init__(self) -> None:
        self.started: list[tuple[str, Any, Any]] = []

    functions = InlineDispatcher.functions

    def invoke(self, job: str, payload: Any, functions: Any = None) -> None:
        self.started.append((job, dict(payload), functions))

    def ask(self, job: str, payload: Any) -> dict[str, Any]:
        raise AssertionError(job)

    def start_fan_out(self, name: str, payload: Any, functions: Any = None) -> None:
        self.started.append((name, dict(payload), functions))


def test_what_nobody_works_on_is_begun_anew_three_times_in_all(stores: Stores) -> None:
    dispatcher, now = _Noting(), NOW
    stores.runs.open(NEW, now)
    for number in range(2, MAX_ATTEMPTS + 1):
        idle = recover_runs.run(recover_runs.Request(), context(stores, now=now, dispatcher=dispatcher))
        assert (idle.active, idle.begun_anew, idle.given_up) == (1, 0, 0)
        now += PENDING_LEASE_MS
        report = recover_runs.run(recover_runs.Request(), context(stores, now=now, dispatcher=dispatcher))
        assert (report.active, report.begun_anew, report.given_up) == (1, 1, 0)
        event = {"run_id": RUN, "attempt": number}
        assert dispatcher.started[-1] == ("run_backtest", event, {"run_backtest": "arn:7"}), (
            "by the version it was sent to"
        )
    now += PENDING_LEASE_MS
    report = recover_runs.run(recover_runs.Request(), context(stores, now=now, dispatcher=dispatcher))
    assert (report.active, report.begun_anew, report.given_up) == (1, 0, 1)
    ended = read(stores)
    assert ended.error is not None
    assert (ended.state, ended.error["code"], ended.attempt) == ("failed", "execution_failed", 3)
    assert "same request again" in ended.error["hint"]
    assert recover_runs.run(recover_runs.Request(), context(stores, now=now)).active == 0
    assert stores.runs.open(NEW, now).record.attempt == 4, "somebody asks for it: that is another attempt"
    again = context(stores, now=now + PENDING_LEASE_MS, dispatcher=dispatcher)
    assert recover_runs.run(recover_runs.Request(), again).begun_anew == 1, "and it is looked after like the first"


def test_a_worker_that_comes_while_the_list_is_read_is_not_given_up(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The index is a moment behind, and the list takes a while: the last attempt may have been claimed since."""
    listed = put(stores, "pending", lease_until=NOW)
    listed = replace(listed, attempt=MAX_ATTEMPTS, recoveries=MAX_ATTEMPTS - 1)
    stores.index._table.update(keys.run_item(RUN), put={"attempt": MAX_ATTEMPTS, "recoveries": MAX_ATTEMPTS - 1})
    held = stores.runs.claim(RUN, MAX_ATTEMPTS, "late", NOW, NOW + LEASE)
    assert held is not None
    monkeypatch.setattr(stores.runs, "active", lambda: iter([listed]))
    report = recover_runs.run(recover_runs.Request(), context(stores, now=NOW + 1))
    assert (report.active, report.begun_anew, report.given_up) == (1, 0, 0)
    assert stores.runs.finish(held, NOW + 2, summary={})


def test_who_loses_a_reopening_is_shown_the_new_attempt(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the two writes of an opening another one opens it: the failure of the attempt before is over."""
    put(stores, "failed", lease_until=NOW)
    write = stores.runs._table.put

    def write_and_lose(*arguments: Any) -> Any:
        monkeypatch.undo()
        done = write(*arguments)
        assert stores.runs.open(NEW, NOW + 1).is_new
        return done

    monkeypatch.setattr(stores.runs._table, "put", write_and_lose)
    opened = stores.runs.open(NEW, NOW + 2)
    assert (opened.is_new, opened.record) == (False, read(stores))
    assert (opened.record.state, opened.record.attempt) == ("pending", 3)


def test_a_fan_out_is_begun_anew_under_another_name(stores: Stores) -> None:
    dispatcher, sweep = _Noting(), f"sweep_{'ab' * 16}"
    stores.runs.open(replace(NEW, run_id=sweep, type="tune"), NOW)
    recover_runs.run(recover_runs.Request(), context(stores, now=NOW + PENDING_LEASE_MS, dispatcher=dispatcher))
    assert dispatcher.started == [(f"{sweep}-2", {"run_id": sweep, "attempt": 2}, {"run_backtest": "arn:7"})]


def test_a_start_that_fails_is_told_holds_up_no_other_and_is_made_again(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    dispatcher, now = _Noting(), NOW + PENDING_LEASE_MS
    for run_id in ("run_a", "run_b", "run_c"):
        stores.runs.open(replace(NEW, run_id=run_id), NOW)
    order = [record.run_id for record in stores.runs.active()]
    invoke = dispatcher.invoke

    def invoke_but_the_first(job: str, payload: Any, functions: Any = None) -> None:
        if payload["run_id"] == order[0]:
            raise TransientStoreError("Could not start it.")
        invoke(job, payload, functions)

    with monkeypatch.context() as patch:
        patch.setattr(dispatcher, "invoke", invoke_but_the_first)
        with pytest.raises(TransientStoreError):
            recover_runs.run(recover_runs.Request(), context(stores, now=now, dispatcher=dispatcher))
    assert [payload["run_id"] for _, payload, _ in dispatcher.started] == order[1:]
    waiting = stores.runs.get(order[0])
    assert waiting is not None
    assert (waiting.state, waiting.attempt) == ("pending", 2)
    stores.runs.cancel(order[1], now)
    stores.runs.cancel(order[2], now)
    recover_runs.run(recover_runs.Request(), context(stores, now=now + PENDING_LEASE_MS, dispatcher=dispatcher))
    assert dispatcher.started[-1][1] == {"run_id": order[0], "attempt": 3}


def test_a_cancelled_run_is_not_recovered(stores: Stores) -> None:
    stores.runs.open(NEW, NOW)
    held = stores.runs.claim(RUN, 1, "me", NOW, NOW + LEASE)
    assert held is not None
    assert stores.runs.cancel(RUN, NOW + 1)
    assert not stores.runs.finish(held, NOW + 2, summary={}), "never a result after a cancel"
    assert stores.runs.recover(RUN, NOW + LEASE) is None
    assert read(stores).state == "cancelled"


def test_records_of_earlier_versions_are_read_or_refused_with_a_sentence(stores: Stores) -> None:
    table = stores.index._table
    old = {
        "state": "running",
        "config": as_text({"config": {"fast": 3}}),
        "attempt": 1,
        "created_at": 5,
        "updated_at": 9,
    }
    table.put(keys.run_item(RUN) | old | {"run_id": RUN})
    record = read(stores)
    assert (record.type, record.state, record.document, record.fence) == (
        "backtest",
        "running",
        {"config": {"fast": 3}},
        0,
    )
    assert stores.runs.claim(RUN, 1, "me", NOW, NOW + LEASE) is not None
    sweep = "sweep_" + "cd" * 16
    table.put(keys.old_sweep_item(sweep) | old | {"sweep_id": sweep})
    with pytest.raises(ConflictError, match="earlier version") as caught:
        stores.runs.get(sweep)
    assert "same request again" in caught.value.hint
