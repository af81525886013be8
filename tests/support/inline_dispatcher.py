"""Dispatch without Lambda: the real jobs, in this process, at once or when told to."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from candlecloud.jobs import check_signals, collect_fan_out, plan_fan_out, preview_series, run_backtest, run_batch
from candlecloud.jobs.context import Context
from candlecloud.store.stores import Stores
from tests.support.contexts import context

_FUNCTIONS = {"run_sweep_batch": "run_sweep_batch:7"}
run_sweep_batch = run_batch.run_of("sweep")


class InlineDispatcher:
    """Runs what it is given; with `deferred` set it waits for `work`.

    Backfills need an exchange, so they are only noted in `backfills`.
    """

    def __init__(self, stores: Stores, clock: Callable[[], int]) -> None:
        self._stores = stores
        self._clock = clock
        self._waiting: list[Callable[[], Any]] = []
        self.deferred = False
        self.backfills: list[dict[str, Any]] = []
        self.previews = 0

    functions: Mapping[str, str] = MappingProxyType(
        {"run_backtest": "run_backtest:7", "plan_fan_out": "plan_fan_out:7"}
    )

    def invoke(self, job: str, payload: Mapping[str, Any], functions: Mapping[str, str] | None = None) -> None:
        if job == "backfill_candles":
            self.backfills.append(dict(payload))
        else:
            assert job == "run_backtest", job
            self._do(lambda: run_backtest.run(run_backtest.Request.from_event(payload), self._context()))

    def ask(self, job: str, payload: Mapping[str, Any]) -> dict[str, Any]:
        asked = {"preview_series": preview_series, "check_signals": check_signals}[job]
        self.previews += job == "preview_series"
        request = asked.Request.from_event(json.loads(json.dumps(payload)))
        report = asked.run(request, self._context()).to_dict()
        answer: dict[str, Any] = json.loads(json.dumps(report, allow_nan=False))
        return answer

    def start_fan_out(self, name: str, payload: Mapping[str, Any], functions: Mapping[str, str] | None = None) -> None:
        self._do(lambda: self._fan_out(payload["run_id"], payload["attempt"]))

    def drop(self) -> None:
        """Lose what waits."""
        self._waiting.clear()

    def work(self) -> None:
        """Do what waits."""
        while self._waiting:
            self._waiting.pop(0)()

    def _do(self, task: Callable[[], Any]) -> None:
        if self.deferred:
            self._waiting.append(task)
        else:
            task()

    def _context(self) -> Context:
        return context(self._stores, now=self._clock(), dispatcher=self)

    def _fan_out(self, run_id: str, attempt: int) -> None:
        planned = plan_fan_out.run(plan_fan_out.Request(run_id, attempt, _FUNCTIONS), self._context())
        fence, step = planned.fence, planned.to_dict() | {"state": "running"}
        while step["state"] == "running":
            for item in self._stores.fan_outs.get_plan(run_id, fence, step["round"]) or []:
                run_sweep_batch(run_batch.Request.from_event(item), self._context())
            started = collect_fan_out.Request.from_event({**step, "run_id": run_id, "fence": fence})
            step = collect_fan_out.run(started, self._context()).to_dict()
