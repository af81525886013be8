"""All stores over one bucket and one table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from candlecloud.store.aws import AwsClients
from candlecloud.store.gaps import GapStore
from candlecloud.store.idempotency import IdempotencyStore
from candlecloud.store.index import IndexStore
from candlecloud.store.ingestion import IngestionStore
from candlecloud.store.objects import ObjectStore
from candlecloud.store.quarantine import QuarantineStore
from candlecloud.store.runs import RunStore
from candlecloud.store.sweeps import SweepStore
from candlecloud.store.table import Table
from candlecloud.store.tokens import TokenStore
from candlecloud.store.versions import VersionStore

if TYPE_CHECKING:
    from candlecloud.store.candles import CandleStore


@dataclass(frozen=True)
class Stores:
    """Everything that jobs and the API read and write."""

    objects: ObjectStore
    index: IndexStore
    gaps: GapStore
    quarantine: QuarantineStore
    ingestion: IngestionStore
    runs: RunStore
    sweeps: SweepStore
    tokens: TokenStore
    idempotency: IdempotencyStore
    versions: VersionStore

    @cached_property
    def candles(self) -> CandleStore:
        """The candles; importing Arrow waits until here, because many functions only look after records."""
        from candlecloud.store.candles import CandleStore

        return CandleStore(self.objects, self.index)


def build_stores(clients: AwsClients, bucket: str, table: str, functions: Mapping[str, str] | None = None) -> Stores:
    """Build all stores; nothing is asked of AWS yet.

    Parameters
    ----------
    functions : mapping, optional
        Job to function: whose versions the store of versions knows.
    """
    objects = ObjectStore(clients.s3, bucket)
    items = Table(clients.dynamodb, table)
    return Stores(
        objects=objects,
        index=IndexStore(items),
        gaps=GapStore(items),
        quarantine=QuarantineStore(objects),
        ingestion=IngestionStore(items),
        runs=RunStore(items, objects),
        sweeps=SweepStore(objects),
        tokens=TokenStore(items),
        idempotency=IdempotencyStore(items, objects),
        versions=VersionStore(clients, functions or {}),
    )
