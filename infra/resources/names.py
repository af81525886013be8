"""Every physical name and ARN of the deployment on one page.

Names are fixed, so each resource can point at any other by name: no exports between the stacks, which would lock them
together, and no cycles between roles, functions and the state machine.
"""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import Aws

LIVE = "live"
"""The alias of every function: the version that schedules and API Gateway call."""


@dataclass(frozen=True)
class Names:
    """Names under one prefix."""

    prefix: str

    def stack(self, part: str) -> str:
        """Name of a stack; by it a second deployment is not an update of the first."""
        return f"{self.prefix}-{part}"

    # What survives
    @property
    def bucket(self) -> str:
        return f"{self.prefix}-lake-{Aws.ACCOUNT_ID}-{Aws.REGION}"

    @property
    def access_log_bucket(self) -> str:
        return f"{self.prefix}-access-logs-{Aws.ACCOUNT_ID}-{Aws.REGION}"

    @property
    def table(self) -> str:
        return self.prefix

    @property
    def glue_database(self) -> str:
        return self.prefix.replace("-", "_")

    # What may be replaced
    @property
    def state_machine(self) -> str:
        return f"{self.prefix}-fan-out"

    @property
    def schedule_group(self) -> str:
        return self.prefix

    @property
    def undelivered_queue(self) -> str:
        return f"{self.prefix}-undelivered-schedules"

    @property
    def failed_queue(self) -> str:
        return f"{self.prefix}-failed-jobs"

    @property
    def api(self) -> str:
        return self.prefix

    def function(self, job: str) -> str:
        """The function of a job; its alarm has the same name."""
        return f"{self.prefix}-{job}"

    def function_log_group(self, job: str) -> str:
        return f"/aws/lambda/{self.function(job)}"

    @property
    def state_machine_log_group(self) -> str:
        return f"/aws/vendedlogs/states/{self.state_machine}"

    @property
    def api_log_group(self) -> str:
        return f"/aws/vendedlogs/apigateway/{self.api}"

    # ARNs
    @property
    def bucket_arn(self) -> str:
        return f"arn:{Aws.PARTITION}:s3:::{self.bucket}"

    @property
    def table_arn(self) -> str:
        return f"arn:{Aws.PARTITION}:dynamodb:{Aws.REGION}:{Aws.ACCOUNT_ID}:table/{self.table}"

    @property
    def state_machine_arn(self) -> str:
        return f"arn:{Aws.PARTITION}:states:{Aws.REGION}:{Aws.ACCOUNT_ID}:stateMachine:{self.state_machine}"

    @property
    def state_machine_executions_arns(self) -> list[str]:
        """Every execution of the state machine, and every child of its map; they are named when they start."""
        executions = f"arn:{Aws.PARTITION}:states:{Aws.REGION}:{Aws.ACCOUNT_ID}:execution:{self.state_machine}"
        return [f"{executions}:*", f"{executions}/*"]

    @property
    def undelivered_queue_arn(self) -> str:
        return f"arn:{Aws.PARTITION}:sqs:{Aws.REGION}:{Aws.ACCOUNT_ID}:{self.undelivered_queue}"

    @property
    def failed_queue_arn(self) -> str:
        return f"arn:{Aws.PARTITION}:sqs:{Aws.REGION}:{Aws.ACCOUNT_ID}:{self.failed_queue}"

    @property
    def schedule_group_arn(self) -> str:
        return f"arn:{Aws.PARTITION}:scheduler:{Aws.REGION}:{Aws.ACCOUNT_ID}:schedule-group/{self.schedule_group}"

    def function_arn(self, job: str) -> str:
        return f"arn:{Aws.PARTITION}:lambda:{Aws.REGION}:{Aws.ACCOUNT_ID}:function:{self.function(job)}"

    def function_versions_arn(self, job: str) -> str:
        """Every version and alias of a function, and not the function itself."""
        return f"{self.function_arn(job)}:*"

    def alias_arn(self, job: str) -> str:
        """The version of a function that is in use."""
        return f"{self.function_arn(job)}:{LIVE}"

    def function_streams_arn(self, job: str) -> str:
        """Every log stream of a function; Lambda names them as it likes."""
        group = self.function_log_group(job)
        return f"arn:{Aws.PARTITION}:logs:{Aws.REGION}:{Aws.ACCOUNT_ID}:log-group:{group}:*"
