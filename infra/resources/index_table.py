"""The one table of the index."""

from __future__ import annotations

from aws_cdk import RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

from infra.resources.names import Names


def create_index_table(scope: Construct, names: Names) -> dynamodb.Table:
    """Create the table; it can be rebuilt from S3, but runs, tokens and gaps are worth their protection.

    To get rid of it for good, switch its deletion protection off (``aws dynamodb update-table
    --no-deletion-protection-enabled``) and delete it by hand: the stack leaves it behind.
    """
    text = dynamodb.AttributeType.STRING
    table = dynamodb.Table(
        scope,
        "Index",
        table_name=names.table,
        partition_key=dynamodb.Attribute(name="pk", type=text),
        sort_key=dynamodb.Attribute(name="sk", type=text),
        billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
        point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
            point_in_time_recovery_enabled=True
        ),
        time_to_live_attribute="expires_at",
        deletion_protection=True,
        removal_policy=RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    )
    table.add_global_secondary_index(
        index_name="gsi1",
        partition_key=dynamodb.Attribute(name="gsi1pk", type=text),
        sort_key=dynamodb.Attribute(name="gsi1sk", type=text),
        projection_type=dynamodb.ProjectionType.ALL,
    )
    return table
