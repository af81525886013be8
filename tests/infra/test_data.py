"""What must survive: bucket, table, and how Athena reads the lake."""

from __future__ import annotations

import re
from typing import Any

import pyarrow as pa
import pytest

from candlecloud.catalogue import EXCHANGES
from candlecloud.market.datasets import DATASETS
from candlecloud.market.period import period_of
from candlecloud.market.rows import schema_of
from candlecloud.market.timeframe import TIMEFRAMES, Timeframe
from candlecloud.store import keys
from infra.audit import text_of
from tests.infra.reading import only, properties

_LAKE = "candlecloud-lake-<AWS::AccountId>-<AWS::Region>"
_ATHENA = {
    "timestamp": pa.timestamp("ms", tz="UTC"),
    "double": pa.float64(),
    "bigint": pa.int64(),
    "string": pa.string(),
}
_DATE_FORMATS = {"yyyy-MM": r"\d{4}-\d{2}", "yyyy": r"\d{4}"}


def _buckets(data: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {text_of(bucket["BucketName"]): bucket for bucket in properties(data, "AWS::S3::Bucket")}


def test_buckets_are_private_and_encrypted(data: dict[str, Any]) -> None:
    for bucket in _buckets(data).values():
        assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
        assert bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        assert bucket["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}


def test_lake_keeps_a_week_of_old_versions_and_logs_access(data: dict[str, Any]) -> None:
    lake = _buckets(data)[_LAKE]
    assert lake["VersioningConfiguration"] == {"Status": "Enabled"}
    assert lake["LoggingConfiguration"]["LogFilePrefix"] == "lake/"
    (old,) = (rule for rule in lake["LifecycleConfiguration"]["Rules"] if "NoncurrentVersionExpiration" in rule)
    assert old["NoncurrentVersionExpiration"] == {"NoncurrentDays": 7}
    assert "Prefix" not in old


def test_nothing_that_a_result_rests_on_expires(data: dict[str, Any]) -> None:
    rules = _buckets(data)[_LAKE]["LifecycleConfiguration"]["Rules"]
    days = {rule["Prefix"]: rule["ExpirationInDays"] for rule in rules if "ExpirationInDays" in rule}
    assert days == {"fan_outs/": 90, "quarantine/": 90, "replies/": 2, "uploads/": 2, "exports/": 2}
    prefixes = {template.text.split("/", 1)[0] + "/" for template in keys.OBJECTS.values()}
    assert prefixes - set(days) == {"runs/", "signals/", *(f"{d.prefix.split('/', 1)[0]}/" for d in DATASETS.values())}


def test_access_log_is_telemetry(data: dict[str, Any]) -> None:
    (log,) = (bucket for name, bucket in _buckets(data).items() if name != _LAKE)
    assert [rule["ExpirationInDays"] for rule in log["LifecycleConfiguration"]["Rules"]] == [30]


def test_table_has_the_stores_keys(data: dict[str, Any]) -> None:
    table = only(data, "AWS::DynamoDB::Table")
    assert table["KeySchema"] == [
        {"AttributeName": keys.PK, "KeyType": "HASH"},
        {"AttributeName": keys.SK, "KeyType": "RANGE"},
    ]
    (index,) = table["GlobalSecondaryIndexes"]
    assert index["IndexName"] == keys.GSI1
    assert [key["AttributeName"] for key in index["KeySchema"]] == [keys.GSI1_PK, keys.GSI1_SK]
    assert index["Projection"] == {"ProjectionType": "ALL"}
    assert table["TimeToLiveSpecification"] == {"AttributeName": keys.TTL, "Enabled": True}


def test_table_survives(data: dict[str, Any]) -> None:
    table = only(data, "AWS::DynamoDB::Table")
    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert table["DeletionProtectionEnabled"] is True
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}


def test_buckets_and_table_are_retained_except_when_their_first_deployment_fails(data: dict[str, Any]) -> None:
    kept = [
        resource
        for resource in data["Resources"].values()
        if resource["Type"] in ("AWS::S3::Bucket", "AWS::DynamoDB::Table")
    ]
    assert len(kept) == 3
    assert {(r["DeletionPolicy"], r["UpdateReplacePolicy"]) for r in kept} == {("RetainExceptOnCreate", "Retain")}


def test_the_table_is_made_last(data: dict[str, Any]) -> None:
    """Its deletion protection would stop the roll-back of a first deployment that fails after it."""
    resources = data["Resources"]
    (table,) = (r for r in resources.values() if r["Type"] == "AWS::DynamoDB::Table")
    assert table["Properties"]["DeletionProtectionEnabled"] is True
    others = {name for name, r in resources.items() if r["Type"] not in ("AWS::DynamoDB::Table", "AWS::CDK::Metadata")}
    assert set(table["DependsOn"]) == others


def test_every_dataset_has_tables_with_its_columns_at_its_keys(data: dict[str, Any]) -> None:
    seen = set()
    for table in properties(data, "AWS::Glue::Table"):
        entry = table["TableInput"]
        location = text_of(entry["Parameters"]["storage.location.template"])
        (dataset,) = (d for d in DATASETS.values() if location.startswith(f"s3://{_LAKE}/{d.prefix}/"))
        layout = re.sub(r"\{(\w+)\}", r"${\1}", keys.data_template(dataset).text).rsplit("/", 1)[0]
        assert location == f"s3://{_LAKE}/{layout}/"
        assert [key["Name"] for key in entry["PartitionKeys"]] == re.findall(r"\$\{(\w+)\}", location)
        columns = entry["StorageDescriptor"]["Columns"]
        assert [(c["Name"], _ATHENA[c["Type"]]) for c in columns] == [(f.name, f.type) for f in schema_of(dataset)]
        seen.add(dataset.name)
    assert seen == set(DATASETS)


@pytest.mark.parametrize("name", TIMEFRAMES)
def test_each_timeframe_is_in_one_table_whose_periods_it_has(data: dict[str, Any], name: str) -> None:
    parameters = [table["TableInput"]["Parameters"] for table in properties(data, "AWS::Glue::Table")]
    of_candles = [p for p in parameters if "/candles/" in text_of(p["storage.location.template"])]
    (own,) = (p for p in of_candles if name in p["projection.timeframe.values"].split(","))
    for open_ms in (1_293_840_000_000, 1_755_475_200_000):
        period = period_of(Timeframe(name).period, open_ms)
        assert re.fullmatch(_DATE_FORMATS[own["projection.period.format"]], period)
        assert period >= own["projection.period.range"].split(",")[0]
    assert own["projection.period.range"].endswith(",NOW")
    assert own["projection.exchange.values"].split(",") == list(EXCHANGES)
    assert own["projection.symbol.type"] == "injected"
    assert own["projection.enabled"] == "true"
