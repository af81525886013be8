"""What may be replaced: functions, schedules, state machine, API, alarms."""

from __future__ import annotations

from typing import Any

from aws_cdk import Stack
from constructs import Construct

from infra.context import Context
from infra.functions import batch_jobs
from infra.resources.alarms import Alarms
from infra.resources.assets import Assets
from infra.resources.environment import Environments
from infra.resources.fan_out import create_fan_out
from infra.resources.functions import Functions
from infra.resources.http_api import create_http_api
from infra.resources.layers import create_layers
from infra.resources.names import Names
from infra.resources.queues import DeadLetters
from infra.resources.schedules import create_schedules


class PlatformStack(Stack):
    """Everything that computes; it points at the data stack by name."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        names: Names,
        context: Context,
        assets: Assets,
        git_hash: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(scope, construct_id, **kwargs)
        dead_letters = DeadLetters(self, names)
        functions = Functions(
            self,
            names,
            assets,
            create_layers(self, assets, names),
            Environments(names, context.exchange_urls, context.batches_at_once, git_hash),
            {"lane": 1, "fan_out": context.fan_out_room // len(batch_jobs())} if context.reserve_lanes else {},
        )
        functions.node.add_dependency(dead_letters)
        create_schedules(self, context.series, names)
        machine = create_fan_out(self, names, context.batches_at_once)
        api = create_http_api(self, functions.live["api"], names)
        alarms = Alarms(self, names, context.alarm_topic_arn)
        alarms.watch_functions(functions.by_job)
        alarms.watch_dead_letters(dead_letters)
        alarms.watch_state_machine(machine)
        alarms.watch_api(api)
