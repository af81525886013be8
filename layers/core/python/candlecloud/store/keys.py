"""Every S3 key and every DynamoDB key, on one page.

S3 keys are Hive style, so that Athena, DuckDB, Polars and pandas read the lake as it lies. DynamoDB is one table
(`pk`, `sk`) with one index (`gsi1pk`, `gsi1sk`) and a time to live (`expires_at`, unix seconds). A partition key is
an id or an id's shard, never a time: DynamoDB hashes it, so no partition runs hot as the clock moves. Nothing is
written per candle.

A template's fields are checked when a key is made and can be read back, so every key is unique and reversible.
"""

from __future__ import annotations

import hashlib
from functools import cache
from typing import Any

from candlecloud.market.dataset import Dataset, S
from candlecloud.market.datasets import DATASETS
from candlecloud.market.ranges import TimeRange
from candlecloud.market.series import Instrument, Series
from candlecloud.store.templates import ItemKind, Template, time_text, unit_text

PK, SK = "pk", "sk"
GSI1, GSI1_PK, GSI1_SK = "gsi1", "gsi1pk", "gsi1sk"
TTL = "expires_at"
SHARDS = 8

# --- S3 ---------------------------------------------------------------------------------------------------------------


@cache
def data_template(dataset: Dataset[Any, Any]) -> Template:
    """Keys of a dataset: one object per series and period."""
    parts = "".join(f"{name}={{{name}}}/" for name in dataset.series.PARTS)
    return Template(f"{dataset.prefix}/{parts}period={{period}}/{dataset.name}.parquet")


def quarantine_template(dataset: Dataset[Any, Any]) -> Template:
    """Keys of refused rows; the dataset is named where its ids name it."""
    named = f"dataset={dataset.name}/" if dataset.qualified("") else ""
    parts = "".join(f"{name}={{{name}}}/" for name in dataset.series.PARTS)
    return Template(f"quarantine/{named}{parts}reason={{reason}}/{{digest}}.json")


RUN_ARTIFACT = Template("runs/{run_id}/{name}")
FAN_OUT_PLAN = Template("fan_outs/{run_id}/plan-{fence}-{round}.json")
FAN_OUT_BATCH = Template("fan_outs/{run_id}/batches/{first}-{after}.parquet")
FAN_OUT_FAILURE = Template("fan_outs/{run_id}/failures-{fence}/{first}-{after}.json")
UPLOAD = Template("uploads/{digest}.bin")
SIGNALS = Template("signals/{signals_id}.parquet")
REPLY = Template("replies/{digest}.bin")
EXPORT = Template("exports/{digest}.{format}")

OBJECTS = {
    **{name: data_template(dataset) for name, dataset in DATASETS.items()},
    "quarantine": quarantine_template(DATASETS["candles"]),
    "run artifact": RUN_ARTIFACT,
    "fan-out plan": FAN_OUT_PLAN,
    "fan-out batch": FAN_OUT_BATCH,
    "fan-out failure": FAN_OUT_FAILURE,
    "upload": UPLOAD,
    "signals": SIGNALS,
    "reply": REPLY,
    "export": EXPORT,
}


# --- DynamoDB ---------------------------------------------------------------------------------------------------------


ITEMS = {
    "head": ItemKind.of("series#{series}", "head", "heads#{shard}", "{series}"),
    "period": ItemKind.of("series#{series}", "period#{period}"),
    "cursor": ItemKind.of("series#{series}", "cursor"),
    "gap": ItemKind.of("gaps#{series}", "{start}#{end}", "gaps#{state}#{shard}", "{series}#{start}#{end}"),
    "slot": ItemKind.of("slot#{job}#{slot}", "slot"),
    "job": ItemKind.of("job#{job}", "status", "jobs", "{job}"),
    "exchange_fault": ItemKind.of("exchange_fault#{exchange}#{shard}", "{time}#{digest}"),
    "run": ItemKind.of("run#{run_id}", "run", "active_runs#{shard}", "{run_id}"),
    "token": ItemKind.of("token#{digest}", "token"),
    "reply": ItemKind.of("reply#{digest}", "reply"),
}


def kind_of(pk: str, sk: str) -> tuple[str, dict[str, str]] | None:
    """Name and fields of the item kind that a key belongs to."""
    for name, kind in ITEMS.items():
        fields = kind.parse(pk, sk)
        if fields is not None:
            return name, fields
    return None


def _item(kind: str, **fields: str) -> dict[str, str]:
    """Both halves of a key, each from the fields that it names."""
    item = ITEMS[kind]
    return {PK: _fill(item.pk, fields), SK: _fill(item.sk, fields)}


def _listed(kind: str, **fields: str) -> dict[str, str]:
    item = ITEMS[kind]
    assert item.gsi1pk is not None
    assert item.gsi1sk is not None
    return {GSI1_PK: _fill(item.gsi1pk, fields), GSI1_SK: _fill(item.gsi1sk, fields)}


def _filled_partition(kind: str, **fields: str) -> str:
    template = ITEMS[kind].gsi1pk
    assert template is not None
    return template.make(**fields)


def _fill(template: Template, fields: dict[str, str]) -> str:
    return template.make(**{name: fields[name] for name in template.fields})


def shard_of(text: str) -> str:
    """Which of the `SHARDS` partitions of a list an id belongs to."""
    return str(hashlib.sha256(text.encode()).digest()[0] % SHARDS)


def shards() -> list[str]:
    return [str(shard) for shard in range(SHARDS)]


# --- keys by what they are for ----------------------------------------------------------------------------------------


def data_object(dataset: Dataset[S, Any], series: S, period: str) -> str:
    return data_template(dataset).make(**_parts(series), period=period)


def data_prefix(dataset: Dataset[S, Any], series: S | None = None) -> str:
    """What the keys of all objects of a series begin with, or of all series."""
    return data_template(dataset).prefix(**({} if series is None else _parts(series)))


def parse_data_object(dataset: Dataset[S, Any], key: str) -> tuple[S, str] | None:
    """Series and period of an object, or None if the key is not one of this dataset."""
    fields = data_template(dataset).parse(key)
    if fields is None:
        return None
    return dataset.series.parse("/".join(fields[name] for name in dataset.series.PARTS)), fields["period"]


def quarantine_object(dataset: Dataset[S, Any], series: S, reason: str, digest: str) -> str:
    return quarantine_template(dataset).make(**_parts(series), reason=reason, digest=digest)


def quarantine_prefix(dataset: Dataset[S, Any], series: S) -> str:
    return quarantine_template(dataset).prefix(**_parts(series))


def run_object(run_id: str, name: str) -> str:
    return RUN_ARTIFACT.make(run_id=run_id, name=name)


def plan_object(run_id: str, fence: int, round_: int) -> str:
    return FAN_OUT_PLAN.make(run_id=run_id, fence=str(fence), round=str(round_))


def batch_object(run_id: str, start: int, end: int) -> str:
    """Result of the units ``start`` to ``end - 1``: another cut has other keys."""
    return FAN_OUT_BATCH.make(run_id=run_id, first=unit_text(start), after=unit_text(end))


def failure_object(run_id: str, fence: int, start: int, end: int) -> str:
    return FAN_OUT_FAILURE.make(run_id=run_id, fence=str(fence), first=unit_text(start), after=unit_text(end))


def failures_prefix(run_id: str, fence: int) -> str:
    return FAN_OUT_FAILURE.prefix(run_id=run_id, fence=str(fence))


def parse_units(key: str) -> tuple[int, int] | None:
    """Range of units of a batch's result or failure, or None if the key is neither."""
    fields = FAN_OUT_BATCH.parse(key) or FAN_OUT_FAILURE.parse(key)
    return None if fields is None else (int(fields["first"]), int(fields["after"]))


def batches_prefix(run_id: str) -> str:
    return FAN_OUT_BATCH.prefix(run_id=run_id)


def upload_object(digest: str) -> str:
    return UPLOAD.make(digest=digest)


def signals_object(signals_id: str) -> str:
    return SIGNALS.make(signals_id=signals_id)


def reply_object(digest: str) -> str:
    return REPLY.make(digest=digest)


def export_object(digest: str, file_format: str) -> str:
    return EXPORT.make(digest=digest, format=file_format)


def series_partition(dataset: Dataset[S, Any], series: S) -> str:
    """Partition of a series: its head, period entries and cursor."""
    return ITEMS["head"].pk.make(series=dataset.id_of(series))


def head_item(dataset: Dataset[S, Any], series: S) -> dict[str, str]:
    return _item("head", series=dataset.id_of(series))


def head_listed(dataset: Dataset[S, Any], series: S) -> dict[str, str]:
    return _listed("head", series=dataset.id_of(series), shard=dataset.qualified(shard_of(series.id)))


def heads_partition(dataset: Dataset[Any, Any], shard: str) -> str:
    """Index partition of the heads of one shard."""
    return _filled_partition("head", shard=dataset.qualified(shard))


def period_item(dataset: Dataset[S, Any], series: S, period: str) -> dict[str, str]:
    return _item("period", series=dataset.id_of(series), period=period)


def cursor_item(series: Series) -> dict[str, str]:
    return _item("cursor", series=series.id)


def gap_partition(series: Series) -> str:
    return ITEMS["gap"].pk.make(series=series.id)


def gaps_partition(state: str, shard: str) -> str:
    """Index partition of the gaps in one state, of one shard."""
    return _filled_partition("gap", state=state, shard=shard)


def gap_item(series: Series, span: TimeRange) -> dict[str, str]:
    return _item("gap", series=series.id, start=time_text(span.start), end=time_text(span.end))


def gap_listed(series: Series, span: TimeRange, state: str) -> dict[str, str]:
    start, end = time_text(span.start), time_text(span.end)
    return _listed("gap", series=series.id, start=start, end=end, state=state, shard=shard_of(series.id))


def slot_item(job: str, slot: str) -> dict[str, str]:
    return _item("slot", job=job, slot=slot)


def job_item(job: str) -> dict[str, str]:
    return _item("job", job=job)


def job_listed(job: str) -> dict[str, str]:
    return _listed("job", job=job)


def jobs_partition() -> str:
    """Index partition of all job statuses."""
    return _filled_partition("job")


def exchange_fault_partition(exchange: str, shard: str) -> str:
    return ITEMS["exchange_fault"].pk.make(exchange=exchange, shard=shard)


def exchange_fault_item(exchange: str, time_ms: int, digest: str) -> dict[str, str]:
    shard = shard_of(digest)
    return _item("exchange_fault", exchange=exchange, shard=shard, time=time_text(time_ms), digest=digest)


def run_item(run_id: str) -> dict[str, str]:
    return _item("run", run_id=run_id)


def run_listed(run_id: str) -> dict[str, str]:
    """Place of a run among those that have not ended."""
    return _listed("run", run_id=run_id, shard=shard_of(run_id))


def active_runs_partition(shard: str) -> str:
    """Index partition of the runs of one shard that have not ended."""
    return _filled_partition("run", shard=shard)


def old_sweep_item(sweep_id: str) -> dict[str, str]:
    """Where sweeps had items of their own, before version 0.2."""
    return {PK: f"sweep#{sweep_id}", SK: "sweep"}


def token_item(digest: str) -> dict[str, str]:
    return _item("token", digest=digest)


def reply_item(digest: str) -> dict[str, str]:
    return _item("reply", digest=digest)


def _parts(series: Instrument) -> dict[str, str]:
    return dict(zip(series.PARTS, series.id.split("/"), strict=True))
