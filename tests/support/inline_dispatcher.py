"""Dispatch without Lambda: the real jobs, in this process, at once or when told to."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from candlecloud.jobs import collect_sweep, plan_sweep, preview_series, run_backtest, run_sweep_batch
from candlecloud.store.stores import Stores


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

    def start_run(self, run_id: str) -> None:
        self._do(lambda: run_backtest.run(run_backtest.Request(run_id), self._stores, now=self._clock()))

    def start_sweep(self, sweep_id: str, attempt: int = 1) -> None:
        self._do(lambda: self._sweep(sweep_id))

    def start_backfill(self, request: Mapping[str, Any]) -> None:
        self.backfills.append(dict(request))

    def preview(self, request: Mapping[str, Any]) -> dict[str, Any]:
        self.previews += 1
        report = preview_series.run(json.loads(json.dumps(request)), self._stores).to_dict()
        answer: dict[str, Any] = json.loads(json.dumps(report, allow_nan=False))
        return answer

    def work(self) -> None:
        """Do what waits."""
        while self._waiting:
            self._waiting.pop(0)()

    def _do(self, task: Callable[[], Any]) -> None:
        if self.deferred:
            self._waiting.append(task)
        else:
            task()

    def _sweep(self, sweep_id: str) -> None:
        now = self._clock()
        plan_sweep.run(plan_sweep.Request(sweep_id), self._stores, now=now)
        for item in self._stores.sweeps.get_plan(sweep_id) or []:
            run_sweep_batch.run(run_sweep_batch.Request.from_event(item), self._stores, now=now)
        collect_sweep.run(collect_sweep.Request(sweep_id), self._stores, now=now)
