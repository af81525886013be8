"""Slots, job statuses, cursors, gaps, quarantine, runs, sweeps, tokens and kept replies."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise

import pytest

from candlecloud.errors import ConflictError, IdempotencyConflictError, InvalidParameterError, TransientStoreError
from candlecloud.market.candle import QUARANTINE_REASONS
from candlecloud.market.gap import Gap
from candlecloud.market.ranges import IntervalSet, TimeRange
from candlecloud.market.series import Series
from candlecloud.store import keys
from candlecloud.store.run_record import NewRun
from candlecloud.store.stores import Stores
from tests.support.candles import BTC_1H, BTC_1M, HOUR, JAN_2024, MINUTE

NOW = JAN_2024
ETH_1H = Series.of("binance", "ETH-USDT", "1h")
HASH = "ab" * 32


def winners(claim: Callable[[int], bool], callers: int = 12) -> int:
    """How many of several callers at once get True."""
    with ThreadPoolExecutor(callers) as pool:
        return sum(pool.map(claim, range(callers)))


# --- slots ------------------------------------------------------------------------------------------------------------

SLOT = "binance/BTC-USDT/1h#2025-08-18T18:00:00Z"


def test_one_of_many_gets_a_slot(stores: Stores) -> None:
    assert winners(lambda _: stores.ingestion.claim_slot("ingest_candles", SLOT, NOW, 60_000)) == 1


def test_a_done_slot_stays_done(stores: Stores) -> None:
    assert stores.ingestion.claim_slot("ingest_candles", SLOT, NOW, 60_000)
    stores.ingestion.finish_slot("ingest_candles", SLOT, NOW + 5)
    stores.ingestion.release_slot("ingest_candles", SLOT)
    assert not stores.ingestion.claim_slot("ingest_candles", SLOT, NOW + 10**9, 60_000)
    assert stores.ingestion.claim_slot("detect_gaps", SLOT, NOW, 60_000)


def test_a_slot_that_is_held_is_not_done(stores: Stores) -> None:
    assert not stores.ingestion.is_slot_done("ingest_candles", SLOT)
    stores.ingestion.claim_slot("ingest_candles", SLOT, NOW, 60_000)
    assert not stores.ingestion.is_slot_done("ingest_candles", SLOT)
    stores.ingestion.finish_slot("ingest_candles", SLOT, NOW + 5)
    assert stores.ingestion.is_slot_done("ingest_candles", SLOT)


def test_a_slot_of_a_dead_holder_is_taken_over_after_its_lease(stores: Stores) -> None:
    assert stores.ingestion.claim_slot("ingest_candles", SLOT, NOW, 60_000)
    assert not stores.ingestion.claim_slot("ingest_candles", SLOT, NOW + 59_999, 60_000)
    assert winners(lambda _: stores.ingestion.claim_slot("ingest_candles", SLOT, NOW + 60_000, 60_000)) == 1


def test_a_released_slot_is_free_at_once(stores: Stores) -> None:
    assert stores.ingestion.claim_slot("ingest_candles", SLOT, NOW, 60_000)
    stores.ingestion.release_slot("ingest_candles", SLOT)
    assert stores.ingestion.claim_slot("ingest_candles", SLOT, NOW + 1, 60_000)


# --- jobs -------------------------------------------------------------------------------------------------------------


def test_job_statuses(stores: Stores) -> None:
    assert stores.ingestion.job_statuses() == {}
    stores.ingestion.record_failure("ingest_candles", NOW, "x" * 5000)
    stores.ingestion.record_failure("ingest_candles", NOW + 1, "The exchange did not answer.")
    stores.ingestion.record_success("detect_gaps", NOW + 2, {"gaps_found": 1, "share": 0.5})
    statuses = stores.ingestion.job_statuses()
    assert set(statuses) == {"ingest_candles", "detect_gaps"}
    failing = statuses["ingest_candles"]
    assert (failing.last_success, failing.last_failure, failing.consecutive_failures) == (None, NOW + 1, 2)
    assert failing.last_error == "The exchange did not answer."
    assert statuses["detect_gaps"].last_summary == {"gaps_found": 1, "share": 0.5}
    stores.ingestion.record_success("ingest_candles", NOW + 3, {})
    status = stores.ingestion.job_statuses().get("ingest_candles")
    assert status is not None
    assert (status.last_success, status.consecutive_failures, status.last_failure) == (NOW + 3, 0, NOW + 1)


def test_an_older_success_changes_nothing_and_long_errors_are_cut(stores: Stores) -> None:
    stores.ingestion.record_success("ingest_candles", NOW + 10, {"at": 10})
    stores.ingestion.record_success("ingest_candles", NOW, {"at": 0})
    stores.ingestion.record_failure("ingest_candles", NOW + 11, "x" * 5000)
    status = stores.ingestion.job_statuses().get("ingest_candles")
    assert status is not None
    assert (status.last_success, status.last_summary) == (NOW + 10, {"at": 10})
    assert len(status.last_error or "") == 2000
    assert stores.ingestion.job_statuses().get("detect_gaps") is None


def test_failures_at_once_are_all_counted(stores: Stores) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda i: stores.ingestion.record_failure("ingest_candles", NOW + i, "x"), range(40)))
    status = stores.ingestion.job_statuses().get("ingest_candles")
    assert status is not None
    assert status.consecutive_failures == 40


def test_cursors(stores: Stores) -> None:
    assert stores.ingestion.get_cursor(BTC_1H) is None
    stores.ingestion.put_cursor(BTC_1H, {"next": NOW, "failed": [[1, 2]]}, NOW)
    assert stores.ingestion.get_cursor(BTC_1H) == {"next": NOW, "failed": [[1, 2]]}
    assert stores.ingestion.get_cursor(BTC_1M) is None
    assert stores.index.read(BTC_1H).head is None
    stores.ingestion.clear_cursor(BTC_1H)
    assert stores.ingestion.get_cursor(BTC_1H) is None


def test_exchange_faults_come_newest_first(stores: Stores) -> None:
    for i in range(30):
        stores.ingestion.record_exchange_fault("binance", "rate_limited", NOW + i, {"retry_after_s": i})
    stores.ingestion.record_exchange_fault("kraken", "unavailable", NOW, {"status": 503})
    found = stores.ingestion.exchange_faults("binance", limit=12)
    assert [entry.at - NOW for entry in found] == list(range(29, 17, -1))
    assert (found[0].kind, found[0].details) == ("rate_limited", {"retry_after_s": 29})
    assert [entry.details for entry in stores.ingestion.exchange_faults("kraken")] == [{"status": 503}]
    assert stores.ingestion.exchange_faults("kucoin") == []


# --- gaps -------------------------------------------------------------------------------------------------------------


def gap(series: Series, hour: int, state: str = "open", updated: int = 0, cause: str | None = None) -> Gap:
    span = TimeRange(JAN_2024 + hour * HOUR, JAN_2024 + (hour + 2) * HOUR)
    return Gap(series, span, state, cause, NOW, NOW + updated, {"pages": [1, 2.5]})  # type: ignore[arg-type]


def test_a_gap_comes_back_as_it_was(stores: Stores) -> None:
    wanted = gap(BTC_1H, 3, "explained", cause="absent_at_exchange")
    assert stores.gaps.put(wanted)
    assert stores.gaps.get(BTC_1H, wanted.range) == wanted
    assert stores.gaps.list(BTC_1H) == ([wanted], None)
    assert stores.gaps.list() == ([wanted], None)
    assert stores.gaps.get(ETH_1H, wanted.range) is None


def test_an_older_version_of_a_gap_does_not_win(stores: Stores) -> None:
    assert stores.gaps.put(gap(BTC_1H, 3, "repaired", updated=5))
    assert not stores.gaps.put(gap(BTC_1H, 3, "open", updated=4))
    assert stores.gaps.put(gap(BTC_1H, 3, "explained", updated=5))
    assert [found.state for found in stores.gaps.list()[0]] == ["explained"]
    assert stores.gaps.list(state="open") == ([], None)


@pytest.mark.parametrize("series", [None, BTC_1H], ids=["all series", "one series"])
@pytest.mark.parametrize("state", [None, "open", "explained"])
@pytest.mark.parametrize("limit", [1, 4, 100])
def test_gaps_are_listed_page_by_page(stores: Stores, series: Series | None, state: str | None, limit: int) -> None:
    three = (ETH_1H, BTC_1H, BTC_1M)
    made = [gap(one, hour, "open" if hour % 3 else "explained") for one in three for hour in range(7)]
    for one in made:
        stores.gaps.put(one)
    wanted = [g for g in made if (series is None or g.series == series) and (state is None or g.state == state)]
    found, cursor = [], None
    while True:
        page, cursor = stores.gaps.list(series, state, cursor, limit)  # type: ignore[arg-type]
        assert len(page) <= limit
        found += page
        if cursor is None:
            break
    assert found == sorted(wanted, key=lambda g: (g.series.id, g.range))


def test_explained_ranges_and_gaps_that_shrank(stores: Stores) -> None:
    assert not stores.gaps.explained(BTC_1H)
    for hour, state in ((0, "explained"), (2, "explained"), (7, "open"), (11, "repaired")):
        stores.gaps.put(gap(BTC_1H, hour, state))
    assert stores.gaps.explained(BTC_1H) == IntervalSet([TimeRange(JAN_2024, JAN_2024 + 4 * HOUR)])
    stores.gaps.delete(BTC_1H, gap(BTC_1H, 0).range)
    assert stores.gaps.explained(BTC_1H) == IntervalSet([gap(BTC_1H, 2).range])
    stores.gaps.put(replace(gap(BTC_1H, 7), range=TimeRange(JAN_2024 + 8 * HOUR, JAN_2024 + 9 * HOUR)))
    assert len(stores.gaps.list(BTC_1H)[0]) == 4


# --- quarantine -------------------------------------------------------------------------------------------------------


def test_a_refused_row_is_kept_once(stores: Stores) -> None:
    row = [NOW, "1.5", None, math.nan]
    first = stores.quarantine.put(BTC_1M, "not_finite", row, HASH, NOW)
    assert stores.quarantine.put(BTC_1M, "not_finite", row, HASH, NOW + 9) == first
    assert stores.quarantine.put(BTC_1M, "not_finite", row, "cd" * 32, NOW) != first
    for reason in QUARANTINE_REASONS:
        stores.quarantine.put(BTC_1H, reason, {"row": [1, 2]}, HASH, NOW)
    assert first.startswith("quarantine/exchange=binance/symbol=BTC-USDT/timeframe=1m/reason=not_finite/")
    found = list(stores.quarantine.list(BTC_1M))
    assert [record["received_at"] for record in found] == [NOW, NOW]
    assert all(record["row"] == repr(row) for record in found)
    assert {record["reason"] for record in stores.quarantine.list(BTC_1H)} == set(QUARANTINE_REASONS)
    assert [record["row"] for record in stores.quarantine.list(BTC_1H)] == [{"row": [1, 2]}] * len(QUARANTINE_REASONS)


# --- runs and sweeps --------------------------------------------------------------------------------------------------

RUN = "ab" * 32


def test_a_fan_out_from_plan_to_results(stores: Stores) -> None:
    plan = [{"run_id": RUN, "batch": i, "start": i * 10, "end": i * 10 + 10} for i in range(12)]
    assert stores.fan_outs.put_plan(RUN, 3, 0, plan) == f"fan_outs/{RUN}/plan-3-0.json"
    assert stores.fan_outs.put_plan(RUN, 3, 1, plan[:1]) == f"fan_outs/{RUN}/plan-3-1.json"
    assert (stores.fan_outs.get_plan(RUN, 3), stores.fan_outs.get_plan(RUN, 4)) == (plan, None)
    for batch in (0, 11, 3, 3):
        stores.fan_outs.put_batch(RUN, (batch, batch + 1), b"[1]")
    stores.fan_outs.put_batch("cd" * 32, (5, 6), b"[]")
    assert stores.fan_outs.present_batches(RUN) == [(0, 1), (3, 4), (11, 12)]
    assert (stores.fan_outs.get_batch(RUN, (11, 12)), stores.fan_outs.get_batch(RUN, (11, 13))) == (b"[1]", None)
    read = list(stores.fan_outs.read_batches(RUN, [(k, k + 1) for k in range(12)]))
    assert read == [b"[1]" if number in (0, 3, 11) else None for number in range(12)]
    # A failure has a key of its own, and counts for the claim that met it.
    stores.fan_outs.put_failure(RUN, 3, (0, 1), {"code": "conflict"})
    assert stores.fan_outs.get_failure(RUN, 3, (0, 1)) == {"code": "conflict"}
    assert stores.fan_outs.get_failure(RUN, 4, (0, 1)) is stores.fan_outs.get_failure(RUN, 3, (1, 2)) is None
    assert stores.fan_outs.get_batch(RUN, (0, 1)) == b"[1]"
    assert len(stores.fan_outs.present_batches(RUN)) == 3
    assert (stores.fan_outs.failed_batches(RUN, 3), stores.fan_outs.failed_batches(RUN, 4)) == ([(0, 1)], [])


# --- tokens -----------------------------------------------------------------------------------------------------------


def test_a_token_opens_what_its_scopes_say(stores: Stores) -> None:
    token = stores.tokens.mint("laptop", ["run", "read", "read"], NOW)
    found = stores.tokens.lookup(token)
    assert found is not None
    assert (found.name, found.scopes, found.created_at) == ("laptop", {"read", "run"}, NOW)
    assert len(token) >= 43
    assert token not in repr(found)
    assert stores.tokens.mint("laptop", ["read"], NOW) != token
    assert stores.tokens.revoke(token)
    assert not stores.tokens.revoke(token)
    assert stores.tokens.lookup(token) is None


def test_the_token_itself_is_stored_nowhere(stores: Stores) -> None:
    token = stores.tokens.mint("laptop", ["read"], NOW)
    found = stores.tokens.lookup(token)
    assert found is not None
    client = stores.index._table._client
    items = client.scan(TableName=stores.index._table.name)["Items"]
    assert len(items) == 1
    assert token.removeprefix("cc_") not in json.dumps(items)
    assert found.token_id in items[0]["pk"]["S"]


@pytest.mark.parametrize("bad", ["", "cc_", "x", "Bearer x", "cc_" + "x" * 5000, "cc_\0", "cc_\ud800", "cc_é", "cc_#"])
def test_what_was_never_minted_opens_nothing(stores: Stores, bad: str) -> None:
    assert stores.tokens.lookup(bad) is None


@pytest.mark.parametrize("scopes", [[], ["root"], ["read", "Read"]])
def test_unknown_scopes_are_refused(stores: Stores, scopes: list[str]) -> None:
    with pytest.raises(InvalidParameterError) as raised:
        stores.tokens.mint("x", scopes, NOW)
    assert raised.value.details["allowed"] == ["read", "run", "data:write", "admin"]


# --- replies ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 10, 65_536, 65_537, 1_000_000])
def test_the_same_request_gets_the_same_reply(stores: Stores, size: int) -> None:
    claim = stores.idempotency.claim(HASH, "b1", NOW)
    assert (claim.state, claim.fence) == ("new", 1)
    body = bytes(range(256)) * (size // 256 + 1)
    stores.idempotency.complete(claim, 202, {"Location": "/runs/1"}, body[:size])
    again = stores.idempotency.claim(HASH, "b1", NOW + 5)
    assert again.state == "replay"
    assert again.reply is not None
    assert (again.reply.status, again.reply.headers, again.reply.body) == (202, {"Location": "/runs/1"}, body[:size])
    with pytest.raises(IdempotencyConflictError):
        stores.idempotency.claim(HASH, "b2", NOW + 5)


def test_one_of_many_does_the_work(stores: Stores) -> None:
    with ThreadPoolExecutor(12) as pool:
        claims = list(pool.map(lambda _: stores.idempotency.claim(HASH, "b1", NOW), range(12)))
    assert sorted(claim.state for claim in claims) == ["in_progress"] * 11 + ["new"]


def test_after_the_lease_another_takes_over_and_the_late_reply_is_refused(stores: Stores) -> None:
    first = stores.idempotency.claim(HASH, "b1", NOW, lease_ms=1000)
    assert stores.idempotency.claim(HASH, "b1", NOW + 999).state == "in_progress"
    second = stores.idempotency.claim(HASH, "b1", NOW + 1000, lease_ms=1000)
    assert (second.state, second.fence) == ("new", 2)
    with pytest.raises(ConflictError):
        stores.idempotency.complete(first, 200, {}, b"late")
    stores.idempotency.release(first)
    stores.idempotency.complete(second, 200, {}, b"good")
    stores.idempotency.complete(second, 200, {}, b"good")
    reply = stores.idempotency.claim(HASH, "b1", NOW + 9000).reply
    assert reply is not None
    assert reply.body == b"good"


def test_a_released_claim_may_be_tried_again_even_with_another_body(stores: Stores) -> None:
    claim = stores.idempotency.claim(HASH, "b1", NOW)
    stores.idempotency.release(claim)
    assert stores.idempotency.claim(HASH, "b2", NOW + 1).state == "new"


def test_a_reply_is_forgotten_after_a_day_even_before_it_is_deleted(stores: Stores) -> None:
    stores.idempotency.complete(stores.idempotency.claim(HASH, "b1", NOW), 200, {}, b"x")
    assert stores.idempotency.claim(HASH, "b2", NOW + 86_400_000).state == "new"


# --- the table --------------------------------------------------------------------------------------------------------


def test_long_partitions_are_read_whole(stores: Stores) -> None:
    """More than the 1 MB that one page of a query may have."""
    evidence = {"pages": ["x" * 20_000]}
    spans = [TimeRange(JAN_2024 + i * MINUTE, JAN_2024 + (i + 1) * MINUTE) for i in range(70)]
    for span in spans:
        stores.gaps.put(Gap(BTC_1M, span, "open", None, NOW, NOW, evidence))
    assert [found.range for found in stores.gaps.list(BTC_1M, limit=1000)[0]] == spans
    assert [found.range for found in stores.gaps.list(BTC_1M, "open", limit=60)[0]] == spans[:60]
    assert [found.range for found in stores.gaps.list(limit=1000)[0]] == spans


def test_every_item_in_the_table_is_of_a_known_kind(stores: Stores) -> None:
    stores.gaps.put(gap(BTC_1H, 1))
    stores.ingestion.claim_slot("ingest_candles", SLOT, NOW, 1)
    stores.ingestion.record_failure("ingest_candles", NOW, "x")
    stores.ingestion.put_cursor(BTC_1H, {}, NOW)
    stores.ingestion.record_exchange_fault("binance", "x", NOW, {})
    stores.index.set_listed_from(BTC_1H, NOW, NOW)
    stores.runs.open(NewRun(RUN, "backtest", {}, {}, {}), NOW)
    stores.tokens.mint("x", ["read"], NOW)
    stores.idempotency.claim(HASH, "b", NOW)
    items = stores.index._table._client.scan(TableName=stores.index._table.name)["Items"]
    kinds = [keys.kind_of(item["pk"]["S"], item["sk"]["S"]) for item in items]
    assert None not in kinds
    assert {kind[0] for kind in kinds if kind} == set(keys.ITEMS) - {"period"}
    for one, two in pairwise(sorted(item["pk"]["S"] for item in items)):
        assert one != two or one.startswith("series#")


def test_an_object_is_read_by_ranges_and_as_one_version(stores: Stores) -> None:
    body = bytes(range(256)) * 1_000
    assert stores.objects.open("sweeps/x/results.parquet") is None
    stores.objects.put("sweeps/x/results.parquet", body)
    opened = stores.objects.open("sweeps/x/results.parquet")
    assert opened is not None
    opened.prefetch([(10, 20), (100_000, 100_500)])
    opened.seek(100_100)
    assert opened.read(50) == body[100_100:100_150]
    opened.seek(0)
    assert opened.read() == body
    stores.objects.put("sweeps/x/results.parquet", body[::-1])
    opened.seek(0)
    with pytest.raises(TransientStoreError) as caught:
        opened.read(10)
    assert caught.value.details["reason"] == "PreconditionFailed"
    stores.objects._s3.delete_object(Bucket=stores.objects.bucket, Key="sweeps/x/results.parquet")
    with pytest.raises(TransientStoreError, match="removed"):
        opened.read(10)
