"""Links are signed so that S3 takes them in every region, and the local cloud is still found."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import boto3
import pytest

from candlecloud.store.aws import AwsClients
from candlecloud.store.objects import ObjectStore


def clients(region: str) -> AwsClients:
    return AwsClients(boto3.Session("AKIDEXAMPLE", "secret", region_name=region))


@pytest.mark.parametrize("region", ["us-east-1", "eu-north-1", "il-central-1"])
def test_links_are_signed_for_the_buckets_host_in_its_region(region: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"):
        monkeypatch.delenv(name, raising=False)
    link = urlsplit(ObjectStore(clients(region).s3, "a-lake").presigned_url("exports/a b.json", 900))
    query = parse_qs(link.query)
    assert (link.scheme, link.netloc) == ("https", f"a-lake.s3.{region}.amazonaws.com")
    assert link.path == "/exports/a%20b.json"
    assert query["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
    assert query["X-Amz-Expires"] == ["900"]
    assert query["X-Amz-Credential"][0].split("/")[2:] == [region, "s3", "aws4_request"]


def test_a_loopback_endpoint_gets_the_bucket_in_the_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4566")
    link = urlsplit(ObjectStore(clients("eu-central-1").s3, "a-lake").presigned_url("exports/a.json", 900))
    assert (link.netloc, link.path) == ("127.0.0.1:4566", "/a-lake/exports/a.json")


def test_what_is_for_s3_is_not_for_other_services() -> None:
    ours = clients("eu-central-1")
    assert ours.dynamodb.meta.config.signature_version == "v4"
    assert ours.s3.meta.config.read_timeout == ours.dynamodb.meta.config.read_timeout == 20
