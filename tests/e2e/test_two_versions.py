"""A deployment in the middle of a sweep, with two real versions of the code: each finishes what it began, as itself.

The old version is a copy of this checkout with another rule of a strategy. All its handlers, the API among them, run in
a process of their own as version 0; this checkout is version 1. The template's state machine runs both sweeps, and the
old one's batches go on one by one, when told to. ``pytest -s`` prints what is seen.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from pathlib import Path
from typing import Any

from candlecloud.contract.sweep import SweepConfig
from candlecloud.runs.identity import code_version_of
from candlecloud.store.fan_outs import Units
from infra.local.functions import Handler, load_handler
from infra.local.platform import LocalPlatform
from tests.support.checkout_process import ALONE, alone
from tests.support.second_checkout import OLD_COMMIT, OldVersion, copy_checkout, old_version

HOUR = 3_600_000
EVENT = {"exchange": "binance", "symbol": "BTC-USDT", "timeframe": "1h"}
NEW_RULE, OLD_RULE = '{"sub": [0, {"param": "threshold"}]}', '{"mul": [-2, {"param": "threshold"}]}'
SWEEP: dict[str, Any] = {
    **EVENT,
    "strategy": "time_series_momentum",
    "direction": "both",
    "grid": {"window": {"start": 24, "stop": 120, "step": 24}, "threshold": [0.005, 0.01, 0.02, 0.04]},
    "end": "2025-08-18T00:00:00Z",
    "batch_size": 3,
}
BATCHES = 7
"""Of 20 sets."""
ENDED = frozenset({"succeeded", "failed"})


def test_a_sweep_ends_on_the_code_that_it_began_on(tmp_path: Path) -> None:
    moved = copy_checkout(
        tmp_path / "old", "candlecloud/strategies/builtin/time_series_momentum.py", NEW_RULE, OLD_RULE
    )
    assert moved == ["changed strategies/time_series_momentum"]
    with LocalPlatform() as platform:
        end = platform.exchange.now() // HOUR * HOUR
        platform.invoke("ingest_candles", {**EVENT, "start": end - 1_000 * HOUR, "end": end})
        with old_version(platform, tmp_path / "old") as old:
            assert Path(old.library).is_relative_to(tmp_path)
            deploy_meanwhile(platform, old)


def deploy_meanwhile(platform: LocalPlatform, old: OldVersion) -> None:
    old_id = old.api.post("/sweeps", SWEEP).json()["sweep_id"]
    old.let(2)
    old.wait(2)

    # The deployment: from here on only the new API is asked.
    called = count_calls(platform)
    answered: list[tuple[float, float]] = []

    def ask(when: str) -> tuple[str, int]:
        began = time.monotonic()
        answer = platform.api.get(f"/sweeps/{old_id}")
        answered.append((began, time.monotonic()))
        found = answer["state"], answer["progress"]["batches_done"]
        print(f"{when:46} old sweep {found[0]:9} {found[1]} of {BATCHES}")
        return found

    assert ask("deployed") == ("running", 2)
    new_id = platform.api.post("/sweeps", SWEEP).json()["sweep_id"]
    *_, new = platform.api.wait(f"/sweeps/{new_id}", ENDED, timeout_s=60)
    assert ask(f"the same request again: {new['state']}") == ("running", 2)
    refused = hand_to_new_code(platform, old_id)
    for number in range(3, BATCHES + 1):
        old.let(1)
        assert ask(f"the old code is at its batch {number}")[0] == "running"
        old.wait(1)
    assert platform.settle()
    assert ask("its execution has ended") == ("succeeded", BATCHES)
    at_work = [(began, end) for job, began, end in old.calls if job == "run_sweep_batch"]
    meanwhile = sum(any(a < end and began < b for a, b in at_work) for began, end in answered)
    print(f"{meanwhile} of these answers came while the old process was at a batch")
    assert meanwhile > 0

    assert platform.stores.fan_outs.get_batch(old_id, refused) is not None, "the old code healed it"
    by_job = Counter(job for job, *_ in old.calls)
    assert by_job == {"api": 1, "plan_fan_out": 1, "run_sweep_batch": BATCHES, "collect_fan_out": 1}
    del called["api"]
    assert called == {"plan_fan_out": 1, "run_sweep_batch": BATCHES + 2, "collect_fan_out": 1}

    old_rows = check_end(platform, old_id, "0", old.ask(ALONE, {"sweep_id": old_id}))
    new_rows = check_end(platform, new_id, "1", alone(platform.stores, new_id))
    found = platform.api.get(f"/sweeps/{old_id}")
    assert old_id != new_id
    assert found["code_version"] != new["code_version"] == code_version_of(SweepConfig.from_dict(SWEEP))
    assert (found["git_hash"], found["data_revision"]) == (OLD_COMMIT, new["data_revision"])
    assert [row["parameters"] for row in old_rows] == [row["parameters"] for row in new_rows]
    assert all(a["metrics"] != b["metrics"] for a, b in zip(old_rows, new_rows, strict=True)), "the edit shows"


def count_calls(platform: LocalPlatform) -> Counter[str]:
    """Count what version 1 is called for from now on, by job."""
    called: Counter[str] = Counter()

    def load(job: str) -> Handler:
        handler = load_handler(job)

        def handle(event: Any, context: Any) -> Any:
            called[job] += 1
            return handler(event, context)

        return handle

    platform.functions.load = load
    return called


def hand_to_new_code(platform: LocalPlatform, sweep_id: str) -> Units:
    """Give version 1 a batch that is done, and one that is not, whose units are returned."""
    store, record = platform.stores.fan_outs, platform.stores.runs.get(sweep_id)
    assert record is not None
    plan = store.get_plan(sweep_id, record.fence) or []
    done = store.present_batches(sweep_id)
    finished = next(item for item in plan if (item["start"], item["end"]) in done)
    missing = next(item for item in reversed(plan) if (item["start"], item["end"]) not in done)
    before = store.get_batch(sweep_id, done[0])
    for item in (finished, missing):
        answer = platform.functions.invoke("run_sweep_batch:1", json.dumps(item).encode())
        assert answer.value() == {"batch": item["batch"], "superseded": False}
    assert store.get_batch(sweep_id, done[0]) == before
    units = (missing["start"], missing["end"])
    left = store.get_failure(sweep_id, record.fence, units)
    assert left is not None
    print(f"the new code on batch {missing['batch']} of the old sweep: {left['message']!r}")
    assert left["message"] == "The code has changed since this was submitted."
    assert store.get_batch(sweep_id, units) is None
    return units


def check_end(platform: LocalPlatform, sweep_id: str, version: str, by_its_code: dict[str, str]) -> list[Any]:
    """Hold a sweep against what its code gives alone, in one batch; returns its rows as the new API serves them."""
    answer, record = platform.api.get(f"/sweeps/{sweep_id}"), platform.stores.runs.get(sweep_id)
    assert (answer["state"], answer["attempt"], answer["missing"]) == ("succeeded", 1, [])
    assert record is not None
    assert {function.rpartition(":")[2] for function in record.functions.values()} == {version}
    for name, content in by_its_code.items():
        assert record.summary is not None
        stored = platform.stores.runs.get_artifact(sweep_id, record.summary["files"][name]) or b""
        assert stored.hex() == content
    rows = platform.api.get(f"/sweeps/{sweep_id}/results", sort="set", order="asc")["rows"]
    print(f"{sweep_id} by version {version}, code {answer['code_version']}: {len(rows)} rows, those of its code alone")
    return list(rows)
