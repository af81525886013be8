"""Old versions of functions are deleted: the newest three stay, and what an alias points to; never a function."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest
from moto import mock_aws

from candlecloud.errors import InvalidParameterError, TransientStoreError
from candlecloud.jobs import prune_versions
from candlecloud.store.aws import AwsClients
from candlecloud.store.stores import build_stores
from infra.local import moto_lock
from tests.support.cloud import session
from tests.support.contexts import context


@pytest.fixture
def clients() -> Iterator[AwsClients]:
    moto_lock.install()
    with mock_aws(config={"lambda": {"use_docker": False}}):
        yield AwsClients(session())


def zipped(text: str) -> bytes:
    """A function's code; Lambda publishes no version of what has not changed."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("handler.py", text)
    return file.getvalue()


def publish(clients: AwsClients, name: str, versions: int) -> None:
    """A function with some versions, the newest behind its alias."""
    clients_iam = session().client("iam")
    try:
        role = clients_iam.get_role(RoleName="any")["Role"]["Arn"]
    except clients_iam.exceptions.NoSuchEntityException:
        role = clients_iam.create_role(RoleName="any", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    lambda_ = clients.lambda_
    lambda_.create_function(
        FunctionName=name, Runtime="python3.13", Role=role, Handler="handler.handler", Code={"ZipFile": zipped("0")}
    )
    for number in range(1, versions + 1):
        lambda_.update_function_code(FunctionName=name, ZipFile=zipped(str(number)))
        assert lambda_.publish_version(FunctionName=name)["Version"] == str(number)
    lambda_.create_alias(FunctionName=name, Name="live", FunctionVersion=str(versions))


def prune(clients: AwsClients, functions: dict[str, str]) -> dict[str, Any]:
    stores = build_stores(clients, "bucket", "table", functions)
    return prune_versions.run(prune_versions.Request.from_event({}), context(stores)).to_dict()


def numbers(clients: AwsClients, name: str) -> list[str]:
    return [version["Version"] for version in clients.lambda_.list_versions_by_function(FunctionName=name)["Versions"]]


def test_the_newest_three_stay_and_twice_is_once(clients: AwsClients) -> None:
    publish(clients, "cc-a", 5)
    publish(clients, "cc-b", 2)
    found = prune(clients, {"a": "cc-a", "b": "cc-b"})
    assert found == {"functions": 2, "kept": 5, "deleted": {"a": [1, 2]}}
    assert sorted(numbers(clients, "cc-a")) == ["$LATEST", "3", "4", "5"]
    assert sorted(numbers(clients, "cc-b")) == ["$LATEST", "1", "2"]
    assert prune(clients, {"a": "cc-a", "b": "cc-b"}) == {"functions": 2, "kept": 5, "deleted": {}}


def test_what_an_alias_points_to_stays(clients: AwsClients) -> None:
    publish(clients, "cc-a", 6)
    clients.lambda_.update_alias(
        FunctionName="cc-a",
        Name="live",
        FunctionVersion="6",
        RoutingConfig={"AdditionalVersionWeights": {"1": 0.5}},
    )
    clients.lambda_.create_alias(FunctionName="cc-a", Name="before", FunctionVersion="2")
    assert prune(clients, {"a": "cc-a"})["deleted"] == {"a": [3]}
    assert sorted(numbers(clients, "cc-a")) == ["$LATEST", "1", "2", "4", "5", "6"]


def test_numbers_count_and_not_their_text(clients: AwsClients) -> None:
    publish(clients, "cc-a", 11)
    assert prune(clients, {"a": "cc-a"})["deleted"] == {"a": [1, 2, 3, 4, 5, 6, 7, 8]}


def test_a_function_that_is_not_there_is_our_own_error(clients: AwsClients) -> None:
    with pytest.raises(TransientStoreError, match=r"Could not list the (versions|aliases) of a function") as raised:
        prune(clients, {"a": "cc-a"})
    assert raised.value.details == {"reason": "ResourceNotFoundException"}


def test_an_event_names_nothing_to_delete(clients: AwsClients) -> None:
    with pytest.raises(InvalidParameterError):
        prune_versions.Request.from_event({"functions": ["cc-a"]})
