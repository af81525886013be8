"""Alarms: each job's errors under the job's name, the dead-letter queues, the state machine, the API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.functions import FUNCTIONS
from infra.resources.names import Names
from infra.resources.queues import DeadLetters

_PERIOD = Duration.minutes(5)
_API_ERRORS = 5
"""5XX answers in five minutes that are worth a look; one alone is a retry of the caller's."""


class Alarms(Construct):
    """Every alarm of the platform; all quiet when nothing happens."""

    def __init__(self, scope: Construct, names: Names, topic_arn: str) -> None:
        super().__init__(scope, "Alarms")
        self._names = names
        self._topic = sns.Topic.from_topic_arn(self, "Topic", topic_arn) if topic_arn else None

    def watch_functions(self, functions: Mapping[str, lambda_.IFunction]) -> None:
        for job, function in functions.items():
            errors = function.metric_errors(period=_PERIOD)
            self._alarm(self._names.function(job), f"{job} failed.", errors, FUNCTIONS[job].alarm_errors)

    def watch_dead_letters(self, queues: DeadLetters) -> None:
        for name, queue, what in (
            (self._names.undelivered_queue, queues.undelivered, "A schedule could not deliver its event."),
            (self._names.failed_queue, queues.failed, "A job failed after all its retries."),
        ):
            metric = queue.metric_approximate_number_of_messages_visible(period=_PERIOD, statistic="Maximum")
            self._alarm(name, what, metric)

    def watch_state_machine(self, machine: sfn.StateMachine) -> None:
        for what, metric in (
            ("failed", machine.metric_failed(period=_PERIOD)),
            ("timed-out", machine.metric_timed_out(period=_PERIOD)),
        ):
            self._alarm(f"{self._names.state_machine}-{what}", f"A fan-out {what.replace('-', ' ')}.", metric)

    def watch_api(self, api: apigateway.RestApi) -> None:
        metric = api.metric_server_error(period=_PERIOD, statistic="Sum")
        self._alarm(f"{self._names.api}-http-5xx", "The API answers 5XX.", metric, threshold=_API_ERRORS)

    def _alarm(self, name: str, description: str, metric: Any, threshold: int = 1) -> None:
        alarm = cloudwatch.Alarm(
            self,
            name.removeprefix(f"{self._names.prefix}-"),
            alarm_name=name,
            alarm_description=description,
            metric=metric,
            threshold=threshold,
            evaluation_periods=1,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        if self._topic is not None:
            alarm.add_alarm_action(actions.SnsAction(self._topic))
