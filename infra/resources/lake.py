"""The bucket of the lake and of all artifacts, and the bucket of its access log."""

from __future__ import annotations

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.resources.names import Names

_ARTIFACT_DAYS = 90
_TELEMETRY_DAYS = 30
_OLD_VERSION_DAYS = 7
_ANSWER_DAYS = 2


def create_lake(scope: Construct, names: Names) -> s3.Bucket:
    """Create the lake.

    Versioned: a candle object is rewritten in place at every merge, and history inside it is only as good as the code
    that merges. A week of old versions undoes a bad write. What a run was made of (``candles/``, ``signals/``,
    ``runs/``) has no age limit here; the 100 newest unpinned runs are kept by a job that knows about pins.

    Kept when the stack goes, except when the deployment that makes it fails: it is empty then, and its fixed name would
    be in the way of the next try.
    """
    access_log = s3.Bucket(
        scope,
        "AccessLog",
        bucket_name=names.access_log_bucket,
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        encryption=s3.BucketEncryption.S3_MANAGED,
        enforce_ssl=True,
        object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
        lifecycle_rules=[s3.LifecycleRule(id="telemetry", expiration=Duration.days(_TELEMETRY_DAYS))],
        removal_policy=RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    )
    return s3.Bucket(
        scope,
        "Lake",
        bucket_name=names.bucket,
        versioned=True,
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        encryption=s3.BucketEncryption.S3_MANAGED,
        enforce_ssl=True,
        minimum_tls_version=1.2,
        object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
        server_access_logs_bucket=access_log,
        server_access_logs_prefix="lake/",
        lifecycle_rules=[
            s3.LifecycleRule(
                id="old-versions",
                noncurrent_version_expiration=Duration.days(_OLD_VERSION_DAYS),
                abort_incomplete_multipart_upload_after=Duration.days(1),
                expired_object_delete_marker=True,
            ),
            s3.LifecycleRule(id="fan-outs", prefix="fan_outs/", expiration=Duration.days(_ARTIFACT_DAYS)),
            s3.LifecycleRule(id="quarantine", prefix="quarantine/", expiration=Duration.days(_ARTIFACT_DAYS)),
            # Answers kept for a repeated Idempotency-Key (a day) and files behind links (an hour).
            s3.LifecycleRule(id="replies", prefix="replies/", expiration=Duration.days(_ANSWER_DAYS)),
            # Files of own signals as they came; those that passed the check lie under signals/, which has no age limit.
            s3.LifecycleRule(id="uploads", prefix="uploads/", expiration=Duration.days(_ANSWER_DAYS)),
            s3.LifecycleRule(id="exports", prefix="exports/", expiration=Duration.days(_ANSWER_DAYS)),
        ],
        removal_policy=RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    )
