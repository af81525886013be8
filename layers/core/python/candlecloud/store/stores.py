"""All stores over one bucket and one table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from candlecloud.market.dataset import Dataset, S
from candlecloud.market.datasets.candles import CANDLES
from candlecloud.market.series import Series
from candlecloud.store.aws import AwsClients
from candlecloud.store.index import IndexStore
from candlecloud.store.ingestion import IngestionStore
from candlecloud.store.objects import ObjectStore
from candlecloud.store.table import Table

if TYPE_CHECKING:
    from candlecloud.store.api_tokens import TokenStore
    from candlecloud.store.dataset import DatasetStore
    from candlecloud.store.fan_outs import FanOutStore
    from candlecloud.store.gaps import GapStore
    from candlecloud.store.idempotency import IdempotencyStore
    from candlecloud.store.quarantine import QuarantineStore
    from candlecloud.store.runs import RunStore
    from candlecloud.store.signals import SignalsStore
    from candlecloud.store.versions import VersionStore


@dataclass(frozen=True)
class Stores:
    """Everything that jobs and the API read and write.

    Stores that only some functions use are imported and built when they are first asked for. Those of datasets
    bring Arrow and NumPy: half of a cold start, which functions that only look after records are spared.

    Attributes
    ----------
    index : IndexStore
        Of the candles.
    """

    clients: AwsClients
    objects: ObjectStore
    items: Table
    functions: Mapping[str, str]
    index: IndexStore[Series]
    ingestion: IngestionStore

    @cached_property
    def candles(self) -> DatasetStore[Series]:
        return self.dataset(CANDLES)

    def dataset(self, dataset: Dataset[S, Any]) -> DatasetStore[S]:
        """Rows of any dataset."""
        from candlecloud.store.dataset import DatasetStore

        return DatasetStore(dataset, self.objects, IndexStore(self.items, dataset))

    @cached_property
    def gaps(self) -> GapStore:
        from candlecloud.store.gaps import GapStore

        return GapStore(self.items)

    @cached_property
    def quarantine(self) -> QuarantineStore:
        return self.quarantine_of(CANDLES)

    def quarantine_of(self, dataset: Dataset[Any, Any]) -> QuarantineStore:
        """Refused rows of any dataset."""
        from candlecloud.store.quarantine import QuarantineStore

        return QuarantineStore(dataset, self.objects)

    @cached_property
    def runs(self) -> RunStore:
        from candlecloud.store.runs import RunStore

        return RunStore(self.items, self.objects)

    @cached_property
    def fan_outs(self) -> FanOutStore:
        from candlecloud.store.fan_outs import FanOutStore

        return FanOutStore(self.objects)

    @cached_property
    def signals(self) -> SignalsStore:
        from candlecloud.store.signals import SignalsStore

        return SignalsStore(self.objects)

    @cached_property
    def tokens(self) -> TokenStore:
        from candlecloud.store.api_tokens import TokenStore

        return TokenStore(self.items)

    @cached_property
    def idempotency(self) -> IdempotencyStore:
        from candlecloud.store.idempotency import IdempotencyStore

        return IdempotencyStore(self.items, self.objects)

    @cached_property
    def versions(self) -> VersionStore:
        from candlecloud.store.versions import VersionStore

        return VersionStore(self.clients, self.functions)


def build_stores(clients: AwsClients, bucket: str, table: str, functions: Mapping[str, str] | None = None) -> Stores:
    """Build the stores; nothing is asked of AWS yet.

    Parameters
    ----------
    functions : mapping, optional
        Job to function: whose versions the store of versions knows.
    """
    objects = ObjectStore(clients.s3, bucket)
    items = Table(clients.dynamodb, table)
    return Stores(
        clients=clients,
        objects=objects,
        items=items,
        functions=functions or {},
        index=IndexStore(items, CANDLES),
        ingestion=IngestionStore(items),
    )
