"""An empty embedded AWS with our bucket and table, in this process or behind a URL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import boto3
from moto import mock_aws

from candlecloud.store import keys
from candlecloud.store.aws import AwsClients
from candlecloud.store.stores import Stores, build_stores
from infra.local import moto_lock

BUCKET, TABLE, REGION = "candlecloud-test-lake", "candlecloud-test", "eu-central-1"
CREDENTIALS = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": REGION}


@contextmanager
def embedded_stores() -> Iterator[Stores]:
    """Stores over an empty lake in this process, safe to use from several threads."""
    moto_lock.install()
    with mock_aws():
        clients = AwsClients(session())
        create_resources(clients.s3, clients.dynamodb)
        yield build_stores(clients, BUCKET, TABLE)


@cache
def session() -> boto3.Session:
    """One session for all tests: it keeps the service descriptions that it has read."""
    return boto3.Session(**CREDENTIALS)


def create_resources(s3: Any, dynamodb: Any) -> None:
    """Make the bucket and the table."""
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    names = (keys.PK, keys.SK, keys.GSI1_PK, keys.GSI1_SK)
    dynamodb.create_table(
        TableName=TABLE,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in names],
        KeySchema=_key_schema(keys.PK, keys.SK),
        GlobalSecondaryIndexes=[
            {
                "IndexName": keys.GSI1,
                "KeySchema": _key_schema(keys.GSI1_PK, keys.GSI1_SK),
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    )


def _key_schema(partition: str, sort: str) -> list[dict[str, str]]:
    return [{"AttributeName": partition, "KeyType": "HASH"}, {"AttributeName": sort, "KeyType": "RANGE"}]
