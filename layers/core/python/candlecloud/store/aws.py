"""AWS clients, built on first use from one session, and the border where their errors become ours."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, NoRegionError
from botocore.session import get_session

from candlecloud.errors import TransientStoreError

if TYPE_CHECKING:
    import boto3

READ_TIMEOUT_S = 20
"""How long a call waits for its answer; a function that is waited for must end before it."""
_CONFIG = Config(
    connect_timeout=3,
    read_timeout=READ_TIMEOUT_S,
    retries={"mode": "standard", "total_max_attempts": 4},
    max_pool_connections=16,
    user_agent_appid="candlecloud",
)
# A presigned link works in every region only if it is signed with SigV4 for the bucket's host in that region. Without
# these, botocore signs links with SigV2 for the global host, which regions since 2014 refuse and younger ones never
# reach. A host that is an IP address (the local cloud) is spoken to with the bucket in the path all the same.
_BY_SERVICE = {
    "s3": Config(
        signature_version="s3v4", s3={"addressing_style": "virtual", "us_east_1_regional_endpoint": "regional"}
    )
}
# `reason`s that a wrong name or a missing permission causes: trying again won't help, whoever deployed must look.
DEPLOYMENT_CODES = {
    "AccessDenied", "AccessDeniedException", "InvalidAccessKeyId", "NoSuchBucket", "ResourceNotFoundException",
    "SignatureDoesNotMatch", "StateMachineDoesNotExist", "UnrecognizedClientException", "ValidationException",
}  # fmt: skip


class AwsClients:
    """Clients by service, each built when it is first asked for.

    Endpoints come from the standard ``AWS_ENDPOINT_URL*`` variables only: the same class reaches AWS and
    the local cloud.

    Parameters
    ----------
    session : boto3.Session, optional
        What builds them. Default: botocore, which does it for boto3 too; boto3's own transfers and resources are not
        used here, and would add a twentieth to every cold start.
    """

    def __init__(self, session: boto3.Session | None = None) -> None:
        self._build = None if session is None else session.client
        self._clients: dict[str, Any] = {}
        self._lock = threading.Lock()

    @property
    def s3(self) -> Any:
        return self._client("s3")

    @property
    def dynamodb(self) -> Any:
        return self._client("dynamodb")

    @property
    def stepfunctions(self) -> Any:
        return self._client("stepfunctions")

    @property
    def lambda_(self) -> Any:
        return self._client("lambda")

    def _client(self, service: str) -> Any:
        with self._lock:  # a session is not safe to build clients from in two threads
            if service not in self._clients:
                if self._build is None:
                    self._build = get_session().create_client
                with store_border(f"set up the client of {service}"):
                    self._clients[service] = self._build(
                        service, config=_CONFIG.merge(_BY_SERVICE.get(service, Config()))
                    )
            return self._clients[service]


def error_code(error: ClientError) -> str:
    """The service's own code of an error, such as ``PreconditionFailed``."""
    return str(error.response.get("Error", {}).get("Code", ""))


@contextmanager
def store_border(action: str) -> Iterator[None]:
    """Turn what botocore raises into `TransientStoreError`.

    Parameters
    ----------
    action : str
        What was being done, for the message, such as ``"read a stored object"``. Names of buckets, tables and hosts
        stay inside.

    Raises
    ------
    TransientStoreError
        Its `details` hold the service's code.
    """
    try:
        yield
    except ClientError as error:
        code = error_code(error)
        hint = None
        if code in DEPLOYMENT_CODES:
            hint = "The deployment's names or permissions are wrong; see the function's log."
        raise TransientStoreError(f"Could not {action}.", hint=hint, reason=code) from error
    except BotoCoreError as error:
        hint = None
        if isinstance(error, (NoRegionError, NoCredentialsError)):
            hint = "Name a region (AWS_REGION) and give credentials (an AWS profile or role)."
        raise TransientStoreError(f"Could not {action}.", hint=hint, reason=type(error).__name__) from error
