"""Dead-letter queues: what could not be delivered, and what failed after its retries."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.resources.acknowledged import acknowledge
from infra.resources.names import Names


class DeadLetters(Construct):
    """The two queues that must stay empty."""

    def __init__(self, scope: Construct, names: Names) -> None:
        super().__init__(scope, "DeadLetters")
        self.undelivered = self._queue("Undelivered", names.undelivered_queue)
        self.failed = self._queue("Failed", names.failed_queue)

    def _queue(self, construct_id: str, name: str) -> sqs.Queue:
        queue = sqs.Queue(
            self,
            construct_id,
            queue_name=name,
            retention_period=Duration.days(14),
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
        )
        acknowledge(queue, "SQS3", "It is a dead-letter queue itself, of schedules or functions; nothing consumes it.")
        return queue
