"""The functions: one per job, with its own role and log group, and a version behind an alias for every change.

Nothing calls ``$LATEST``. Schedules and API Gateway call the alias; what a function or an execution starts, it calls by
the version that it was deployed with (``docs/adr/0009-versions-behind-an-alias.md``).
"""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.function_spec import FunctionSpec, Room
from infra.functions import FUNCTIONS, called_jobs, pinned_jobs
from infra.resources.acknowledged import acknowledge
from infra.resources.assets import Assets
from infra.resources.environment import Environments
from infra.resources.layers import ARCHITECTURE, RUNTIME
from infra.resources.names import LIVE, Names
from infra.resources.policies import function_role

HANDLER = "handler.handler"
TELEMETRY_RETENTION = logs.RetentionDays.ONE_MONTH
"""30 days of telemetry."""


class Functions(Construct):
    """Every function of the catalogue.

    Attributes
    ----------
    by_job, live
        Job to function, and to its alias.
    """

    def __init__(
        self,
        scope: Construct,
        names: Names,
        assets: Assets,
        layers: Mapping[str, lambda_.ILayerVersion],
        environments: Environments,
        room: Mapping[Room, int],
    ) -> None:
        """Create them.

        Parameters
        ----------
        room
            Reserved concurrency by what it is for; empty reserves nothing.
        """
        super().__init__(scope, "Functions")
        self._names = names
        self._assets = assets
        self._layers = layers
        self._environments = environments
        self._room = room
        self.by_job: dict[str, lambda_.Function] = {}
        self.live: dict[str, lambda_.Alias] = {}
        for job in sorted(FUNCTIONS, key=lambda job: len(pinned_jobs(job))):  # those that are called come first
            self._create(job, FUNCTIONS[job])

    def _create(self, job: str, spec: FunctionSpec) -> None:
        versions = {called: self.by_job[called].current_version.function_arn for called in pinned_jobs(job)}
        environment = self._environments.of(job, versions)
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
            environment=environment,
            role=function_role(scope, job, spec, self._names),
            log_group=log_group,
            reserved_concurrent_executions=None if spec.room is None else self._room.get(spec.room),
            current_version_options=lambda_.VersionOptions(removal_policy=RemovalPolicy.RETAIN),
        )
        acknowledge(
            function,
            "L1",
            f"{RUNTIME.name}: layers hold wheels and byte code of this version, tested with its interpreter.",
        )
        version = function.current_version
        self.by_job[job] = function
        self.live[job] = lambda_.Alias(scope, "Live", alias_name=LIVE, version=version)
        self._when_asynchronous(scope, "Asynchronous", spec, function, self.live[job].alias_name)
        if job in called_jobs():
            config = self._when_asynchronous(scope, "AsynchronousVersion", spec, function, version.version)
            # The version before has events too: its own configuration stays with it, and goes with it.
            config.apply_removal_policy(RemovalPolicy.RETAIN)

    def _when_asynchronous(
        self, scope: Construct, construct_id: str, spec: FunctionSpec, function: lambda_.Function, qualifier: str
    ) -> lambda_.CfnEventInvokeConfig:
        """Retries of asynchronous invocations, and where their failures go.

        A failure destination rather than a dead-letter queue: it also says why, and takes events that grew too old.
        """
        return lambda_.CfnEventInvokeConfig(
            scope,
            construct_id,
            function_name=function.function_name,
            qualifier=qualifier,
            maximum_retry_attempts=spec.retries,
            maximum_event_age_in_seconds=spec.max_event_age_s,
            destination_config=lambda_.CfnEventInvokeConfig.DestinationConfigProperty(
                on_failure=lambda_.CfnEventInvokeConfig.OnFailureProperty(destination=self._names.failed_queue_arn)
            ),
        )
