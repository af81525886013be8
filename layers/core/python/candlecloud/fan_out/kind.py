"""What a kind of fan-out says about itself. No NumPy: planning and collecting go without it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from candlecloud.contract.run_spec import RunSpec
from candlecloud.runs.identity import Identity
from candlecloud.runs.lifecycle import RunType, State

if TYPE_CHECKING:
    import pyarrow as pa

    from candlecloud.fan_out.batch_file import BatchResult

Config = TypeVar("Config", bound=RunSpec)


@dataclass(frozen=True)
class Work:
    """How much there is to compute, in units that may be cut between any two.

    Attributes
    ----------
    units : int
        Such as the parameter sets of a sweep, or the paths of a simulation; numbered from 0.
    unit_s : float
        Seconds that one takes at most on one vCPU, estimated.
    start_s : float
        Seconds that each batch takes besides, a cold start included.
    per_batch : int
        How many make a batch worth starting; the plan takes more or fewer where a limit says so.
    counts : mapping
        Whole numbers that the record keeps for whoever asks how far it is.
    field : str
        What of the request says how many units there are, for the message that refuses it.
    """

    units: int
    unit_s: float
    start_s: float
    per_batch: int
    counts: Mapping[str, int]
    field: str


@dataclass(frozen=True)
class Results:
    """What a fan-out gave.

    Attributes
    ----------
    files : mapping
        Name to content, stored with the run.
    summary : mapping
        The few numbers that fit into its record, JSON-able.
    """

    files: Mapping[str, bytes]
    summary: Mapping[str, Any]


class Collector(Protocol):
    """Takes the good results of a fan-out, and makes of them what is stored. The same bytes however it was cut."""

    def add(self, result: BatchResult) -> None:
        """Take the next one; they come in the order of their units, holes left out."""

    def close(self, missing: Sequence[Mapping[str, Any]], state: State) -> Results:
        """Make the results; `missing` names each batch that gave none, and why."""


@dataclass(frozen=True)
class FanOutKind(Generic[Config]):
    """One kind: its module in `candlecloud.fan_out.kinds` holds it as ``KIND``.

    Attributes
    ----------
    name : str
        Begins the ids, and is the module's name.
    run_type : RunType
        What its records are listed as.
    config : type
        What is asked for; `Config.kind` is the name too.
    work : callable
        Configuration to `Work`.
    schema : callable
        Configuration to the columns of a batch's rows, one row per unit.
    evaluate : str
        ``module:function`` that computes units ``start`` to ``end - 1``: (config, inputs, start, end) to `BatchResult`.
        As text, because only the kind's own function carries what it imports.
    collector : callable
        Identity to a new `Collector`.
    batch_job : str
        The function whose handler computes its batches, with layers and rights of its own.
    uses : tuple of str
        Entries, as ``strategies/buy_and_hold``, that it computes by whatever the configuration says.
    needs_all : bool
        Whether it has failed where a batch gave no result; else it succeeds with holes.
    """

    name: str
    run_type: RunType
    config: type[Config]
    work: Callable[[Config], Work]
    schema: Callable[[Config], pa.Schema]
    evaluate: str
    collector: Callable[[Identity], Collector]
    batch_job: str
    uses: tuple[str, ...] = ()
    needs_all: bool = False
