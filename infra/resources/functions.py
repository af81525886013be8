"""The functions: one per job, with its own role, log group and failure queue."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.catalogue import FUNCTIONS, FunctionSpec
from infra.resources.acknowledged import acknowledge
from infra.resources.assets import Assets
from infra.resources.layers import ARCHITECTURE, RUNTIME
from infra.resources.names import Names
from infra.resources.policies import function_role

HANDLER = "handler.handler"
TELEMETRY_RETENTION = logs.RetentionDays.ONE_MONTH
"""30 days of telemetry."""


class Functions(Construct):
    """Every function of the catalogue.

    Attributes
    ----------
    by_job
        Job to function.
    """

    def __init__(
        self,
        scope: Construct,
        names: Names,
        assets: Assets,
        layers: Mapping[str, lambda_.ILayerVersion],
        environments: Mapping[str, Mapping[str, str]],
        *,
        reserve_lanes: bool,
    ) -> None:
        super().__init__(scope, "Functions")
        self._names = names
        self._assets = assets
        self._layers = layers
        self._reserve_lanes = reserve_lanes
        self.by_job = {job: self._create(job, spec, environments[job]) for job, spec in FUNCTIONS.items()}

    def _create(self, job: str, spec: FunctionSpec, environment: Mapping[str, str]) -> lambda_.Function:
        scope = Construct(self, job)
        log_group = logs.LogGroup(
            scope,
            "Log",
            log_group_name=self._names.function_log_group(job),
            retention=TELEMETRY_RETENTION,
            removal_policy=RemovalPolicy.DESTROY,
        )
        function = lambda_.Function(
            scope,
            "Function",
            function_name=self._names.function(job),
            runtime=RUNTIME,
            architecture=ARCHITECTURE,
            handler=HANDLER,
            code=self._assets.function(job),
            layers=[self._layers[name] for name in spec.layers],
            memory_size=spec.memory_mb,
            timeout=Duration.seconds(spec.timeout_s),
            environment=dict(environment),
            role=function_role(scope, job, spec, self._names),
            log_group=log_group,
            reserved_concurrent_executions=spec.concurrency if self._reserve_lanes else None,
        )
        acknowledge(
            function,
            "L1",
            f"{RUNTIME.name}: layers hold wheels and byte code of this version, tested with its interpreter.",
        )
        # A failure destination rather than a dead-letter queue: it also says why, and takes events that grew too old.
        lambda_.CfnEventInvokeConfig(
            scope,
            "Asynchronous",
            function_name=function.function_name,
            qualifier="$LATEST",
            maximum_retry_attempts=spec.retries,
            maximum_event_age_in_seconds=spec.max_event_age_s,
            destination_config=lambda_.CfnEventInvokeConfig.DestinationConfigProperty(
                on_failure=lambda_.CfnEventInvokeConfig.OnFailureProperty(destination=self._names.failed_queue_arn)
            ),
        )
        return function
