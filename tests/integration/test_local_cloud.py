"""The embedded AWS: provisioned from the synthesised template, walled off, kept over a restart."""

from __future__ import annotations

import os
import threading
import zipfile
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from infra.local import moto_lock
from infra.local.cloud import (
    RealAwsRefusedError,
    UnsafeEnvironmentError,
    check_environment,
    lambda_endpoint,
    local_cloud,
)
from infra.local.provision import provision
from infra.local.state import StateError, StateFile
from infra.local.template import REGION, Template

TABLE = "candlecloud"


@pytest.mark.parametrize("name", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL_DYNAMODB"])
def test_an_endpoint_elsewhere_is_refused(name: str) -> None:
    with pytest.raises(UnsafeEnvironmentError, match=f"unset {name}"):
        check_environment({name: "https://dynamodb.eu-central-1.amazonaws.com"})


def test_an_endpoint_on_this_machine_is_allowed_but_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with local_cloud():
        assert boto3.client("s3").list_buckets()["Buckets"] == []
    assert os.environ["AWS_ENDPOINT_URL"] == "http://127.0.0.1:9"


def test_inside_a_lambda_it_does_not_start() -> None:
    with pytest.raises(UnsafeEnvironmentError, match="Lambda"):
        check_environment({"AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9001"})


def test_no_connection_leaves_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    with local_cloud():
        assert boto3.Session().get_credentials().access_key == "local"
        client = boto3.client(
            "s3", endpoint_url="https://objects.example.com", config=Config(retries={"max_attempts": 0})
        )
        with pytest.raises(RealAwsRefusedError, match=r"does not talk to objects\.example\.com"):
            client.list_buckets()
        with pytest.raises(UnsafeEnvironmentError), lambda_endpoint("https://lambda.eu-central-1.amazonaws.com"):
            pass
    assert os.environ["AWS_PROFILE"] == "production"


def test_the_template_is_provisioned() -> None:
    with local_cloud():
        session = boto3.Session(region_name=REGION)
        provision(Template.load(), session)
        described = session.client("dynamodb").describe_table(TableName=TABLE)["Table"]
        assert [key["AttributeName"] for key in described["KeySchema"]] == ["pk", "sk"]
        assert [index["IndexName"] for index in described["GlobalSecondaryIndexes"]] == ["gsi1"]
        machines = session.client("stepfunctions").list_state_machines()["stateMachines"]
        assert [machine["name"] for machine in machines] == ["candlecloud-fan-out"]


def test_counters_lose_nothing_under_threads() -> None:
    with local_cloud():
        dynamodb = boto3.client("dynamodb")
        provision(Template.load(), boto3.Session(region_name=REGION))

        def count() -> None:
            for _ in range(25):
                dynamodb.update_item(
                    TableName=TABLE,
                    Key={"pk": {"S": "counter"}, "sk": {"S": "x"}},
                    UpdateExpression="ADD n :one",
                    ExpressionAttributeValues={":one": {"N": "1"}},
                )

        threads = [threading.Thread(target=count) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        item = dynamodb.get_item(TableName=TABLE, Key={"pk": {"S": "counter"}, "sk": {"S": "x"}})["Item"]
        assert item["n"] == {"N": "200"}


def filled_cloud(folder: Path) -> StateFile:
    session = boto3.Session(region_name=REGION)
    provision(Template.load(), session)
    return StateFile(folder, session, moto_lock.LOCK)


def bucket_name() -> str:
    return next(b["Name"] for b in boto3.client("s3").list_buckets()["Buckets"] if "-lake-" in b["Name"])


def everything() -> tuple[list[Any], list[Any]]:
    """All objects with what belongs to them, and all items."""
    s3, bucket = boto3.client("s3"), bucket_name()
    keys = [item["Key"] for item in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]
    answers = [s3.get_object(Bucket=bucket, Key=key) for key in keys]
    objects = [
        (key, answer["Body"].read(), answer["ETag"], answer["Metadata"], answer["ContentType"])
        for key, answer in zip(keys, answers, strict=True)
    ]
    return objects, boto3.client("dynamodb").scan(TableName=TABLE)["Items"]


def test_objects_and_items_survive_a_restart(tmp_path: Path) -> None:
    item = {
        "pk": {"S": "series#a"},
        "sk": {"S": "head"},
        "bytes": {"B": b"\x00\xff"},
        "many": {"BS": [b"a", b"b"]},
        "map": {"M": {"list": {"L": [{"N": "1.50"}, {"NULL": True}, {"BOOL": False}]}}},
    }
    with local_cloud():
        state = filled_cloud(tmp_path)
        s3 = boto3.client("s3")
        s3.put_object(
            Bucket=bucket_name(), Key="candles/ä b.parquet", Body=b"PAR1\x00", Metadata={"rows": "7"}, ContentType="x/y"
        )
        s3.put_object(Bucket=bucket_name(), Key="empty", Body=b"")
        dynamodb = boto3.client("dynamodb")
        dynamodb.put_item(TableName=TABLE, Item=item)
        for number in range(60):
            dynamodb.put_item(TableName=TABLE, Item={"pk": {"S": str(number)}, "sk": {"S": "x"}})
        before = everything()
        assert state.save({"clock_ms": 5}) == state.path.stat().st_size
    with local_cloud():
        state = filled_cloud(tmp_path)
        assert state.exists()
        assert state.restore() == {"clock_ms": 5}
        after = everything()
    assert after[0] == before[0]
    assert sorted(after[1], key=str) == sorted(before[1], key=str)
    assert [path.name for path in tmp_path.iterdir()] == ["state.zip"]


def test_a_save_that_dies_leaves_the_old_state(tmp_path: Path) -> None:
    with local_cloud():
        state = filled_cloud(tmp_path)
        state.save({"clock_ms": 1})
        state.path.with_suffix(".tmp").write_bytes(b"half a zi")
        assert state.restore() == {"clock_ms": 1}


@pytest.mark.parametrize("content", [b"", b"PK not a zip"])
def test_a_torn_file_says_what_to_do(tmp_path: Path, content: bytes) -> None:
    with local_cloud():
        state = filled_cloud(tmp_path)
        state.path.write_bytes(content)
        with pytest.raises(StateError, match="--fresh"):
            state.restore()


def test_a_file_of_another_version_says_what_to_do(tmp_path: Path) -> None:
    with local_cloud():
        state = filled_cloud(tmp_path)
        with zipfile.ZipFile(state.path, "w") as archive:
            archive.writestr("manifest.json", '{"version": 99}')
        with pytest.raises(StateError, match="version 99; start with --fresh"):
            state.restore()
