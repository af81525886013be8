"""All stores over one bucket and one table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from candlecloud.store.aws import AwsClients
from candlecloud.store.candles import CandleStore
from candlecloud.store.fan_outs import FanOutStore
from candlecloud.store.gaps import GapStore
from candlecloud.store.idempotency import IdempotencyStore
from candlecloud.store.index import IndexStore
from candlecloud.store.ingestion import IngestionStore
from candlecloud.store.objects import ObjectStore
from candlecloud.store.quarantine import QuarantineStore
from candlecloud.store.runs import RunStore
from candlecloud.store.table import Table
from candlecloud.store.tokens import TokenStore
from candlecloud.store.versions import VersionStore


@dataclass(frozen=True)
class Stores:
    """Everything that jobs and the API read and write."""

    objects: ObjectStore
    candles: CandleStore
    index: IndexStore
    gaps: GapStore
    quarantine: QuarantineStore
    ingestion: IngestionStore
    runs: RunStore
    fan_outs: FanOutStore
    tokens: TokenStore
    idempotency: IdempotencyStore
    versions: VersionStore


def build_stores(clients: AwsClients, bucket: str, table: str, functions: Mapping[str, str] | None = None) -> Stores:
    """Build all stores; nothing is asked of AWS yet.

    Parameters
    ----------
    functions : mapping, optional
        Job to function: whose versions the store of versions knows.
    """
    objects = ObjectStore(clients.s3, bucket)
    items = Table(clients.dynamodb, table)
    index = IndexStore(items)
    return Stores(
        objects=objects,
        candles=CandleStore(objects, index),
        index=index,
        gaps=GapStore(items),
        quarantine=QuarantineStore(objects),
        ingestion=IngestionStore(items),
        runs=RunStore(items, objects),
        fan_outs=FanOutStore(objects),
        tokens=TokenStore(items),
        idempotency=IdempotencyStore(items, objects),
        versions=VersionStore(clients, functions or {}),
    )
