"""Cut the recorded candles and funding rates that the replay exchange serves.

    python tests/data/make_recorded.py SOURCE_DIR [TARGET_DIR]

``SOURCE_DIR`` holds the collected Parquet files with their ``manifest.json`` and ``exchange_fixtures`` (README.md
beside the result names every origin). Prices and volumes become DECIMAL(18, scale): the venue sends decimals as
text, so the replay exchange can send the very same digits. Every cell gives back the source's float exactly; the few
volumes that carry more digits than the venue's own increment are rounded to it and counted in the manifest.
"""

import hashlib
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from make_bodies import write_bodies

STEP_MS = {"1m": 60_000, "1h": 3_600_000}
LARGEST_FILE = 2_000_000
TABLE_BEGIN, TABLE_END = "<!-- files -->", "<!-- end of files -->"


@dataclass(frozen=True)
class CandleCut:
    """One series to cut: where it lies, what of it is taken, and how many decimals its columns need."""

    venue: str
    market: str
    symbol: str
    unified: str
    timeframe: str
    start: str
    end: str
    price_scale: int
    base_scale: int
    quote_scale: int | None = None
    has_trades: bool = False

    @property
    def stem(self) -> str:
        return f"{self.venue}_{self.market}_{self.symbol}_{self.timeframe}"


@dataclass(frozen=True)
class FundingCut:
    """Funding rates of one perpetual."""

    venue: str
    symbol: str
    unified: str
    file: str
    source: str
    licence: str


CANDLES = (
    CandleCut("binance", "spot", "BTCUSDT", "BTC-USDT", "1h", "2022-08-01", "2025-08-20", 2, 6, 8, True),
    CandleCut("binance", "spot", "ETHUSDT", "ETH-USDT", "1h", "2022-08-01", "2025-08-20", 2, 4, 6, True),
    CandleCut("binance", "spot", "BTCUSDT", "BTC-USDT", "1m", "2025-05-20", "2025-08-19", 2, 6),
    CandleCut("binance", "spot", "ETHUSDT", "ETH-USDT", "1m", "2025-05-20", "2025-08-19", 2, 4),
    CandleCut("binance", "usdm", "NEARUSDT", "NEAR-USDT_USDT", "1m", "2023-08-01", "2023-09-01", 3, 0, 3, True),
    CandleCut("kraken", "spot", "XBTUSD", "BTC-USD", "1h", "2017-12-01", "2018-12-01", 5, 10, None, True),
    CandleCut("kucoin", "spot", "BTC-USDT", "BTC-USDT", "1h", "2024-08-01", "2025-08-20", 1, 8),
    CandleCut("kucoin", "spot", "ETH-USDT", "ETH-USDT", "1h", "2024-08-01", "2025-08-20", 2, 8),
)
FUNDING_SOURCE = (
    "supervik/historical-funding-rates-fetcher data/{0}-USDT (rows before 2022-01-01) + yuchengzhang966/"
    "funding-rate-efficient-frontier data_analysis/funding_rate_raw/binance_{0}_funding_rates.json"
)
FUNDING = tuple(
    FundingCut(
        "binance",
        f"{base}USDT",
        f"{base}-USDT_USDT",
        f"derivatives/binance_usdm_{base}USDT_funding.parquet",
        FUNDING_SOURCE.format(base),
        "MIT",
    )
    for base in ("BTC", "ETH")
)
# A candle that the venue closed early says so only in a recorded page: (file stem, page of raw rows).
RAW_PAGES = {"binance_spot_BTCUSDT_1h": "exchange_fixtures/binance/klines_pages/BTCUSDT_1h_2023-03-01.json"}


def to_ms(day: str) -> int:
    return int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp() * 1000)


def to_decimals(values: Sequence[float], scale: int) -> tuple[pa.Array, int]:
    """Return the values as DECIMAL(18, scale) and how many of them had to be rounded."""
    decimals = [Decimal(f"{value:.{scale}f}") for value in values]
    rounded = sum(1 for value, text in zip(values, decimals, strict=True) if float(text) != value)
    return pa.array(decimals, pa.decimal128(18, scale)), rounded


def early_closes(source: Path, cut: CandleCut) -> dict[int, int]:
    """Return open time -> recorded close time for candles that the venue closed before their time."""
    page = RAW_PAGES.get(cut.stem)
    rows = json.loads((source / page).read_text()) if page else []
    return {row[0]: row[6] for row in rows if row[6] != row[0] + STEP_MS[cut.timeframe] - 1}


def write_table(table: pa.Table, path: Path) -> None:
    pq.write_table(
        table,
        path,
        compression="zstd",
        compression_level=9,
        use_dictionary=False,
        store_decimal_as_integer=True,
        column_encoding=dict.fromkeys(table.column_names, "DELTA_BINARY_PACKED"),
        row_group_size=1 << 20,
        write_statistics=False,
    )
    if path.stat().st_size >= LARGEST_FILE:
        raise SystemExit(f"{path.name}: {path.stat().st_size} bytes; cut it shorter, the limit is {LARGEST_FILE}")


def cut_candles(source: Path, target: Path, cut: CandleCut, origin: dict[str, Any]) -> dict[str, Any]:
    table = pq.read_table(source / f"{cut.stem}.parquet")
    opens = table["ts_open"]
    table = table.filter(pc.and_(pc.greater_equal(opens, to_ms(cut.start)), pc.less(opens, to_ms(cut.end))))
    open_time = table["ts_open"].to_pylist()
    step = STEP_MS[cut.timeframe]
    closes = early_closes(source, cut)
    columns: dict[str, Any] = {
        "open_time": pa.array(open_time, pa.int64()),
        "close_time": pa.array([closes.get(at, at + step - 1) for at in open_time], pa.int64()),
    }
    scales = dict.fromkeys(("open", "high", "low", "close"), cut.price_scale) | {"volume_base": cut.base_scale}
    if cut.quote_scale is not None:
        scales["volume_quote"] = cut.quote_scale
    rounded = {}
    for name, scale in scales.items():
        columns[name], count = to_decimals(table[name].to_pylist(), scale)
        if count:
            rounded[name] = count
    if cut.has_trades:
        columns["trades"] = table["trades"].combine_chunks()
    name = f"{cut.stem}.parquet"
    write_table(pa.table(columns), target / name)
    missing = [column for column in ("volume_quote", "trades") if column not in columns]
    return {
        "kind": "candles", "venue": cut.venue, "market": cut.market, "symbol": cut.symbol, "unified": cut.unified,
        "timeframe": cut.timeframe, "file": name, "rows": len(open_time), "first_open_time": open_time[0],
        "last_open_time": open_time[-1], "not_in_source": missing, "rounded": rounded,
        "missing_candles": (open_time[-1] - open_time[0]) // step + 1 - len(open_time),
    } | origin  # fmt: skip


def cut_funding(source: Path, target: Path, cut: FundingCut) -> dict[str, Any]:
    table = pq.read_table(source / cut.file)
    rates, rounded = to_decimals(table["funding_rate"].to_pylist(), 8)
    if rounded:
        raise SystemExit(f"{cut.file}: {rounded} rates have more than 8 decimals")
    times = table["ts"].to_pylist()
    name = f"{cut.venue}_usdm_{cut.symbol}_funding.parquet"
    write_table(pa.table({"funding_time": pa.array(times, pa.int64()), "funding_rate": rates}), target / name)
    return {
        "kind": "funding", "venue": cut.venue, "market": "usdm", "symbol": cut.symbol, "unified": cut.unified,
        "file": name, "rows": len(times), "first_time": times[0], "last_time": times[-1],
        "source": cut.source, "licence": cut.licence,
    }  # fmt: skip


def origin_of(sources: dict[str, dict[str, Any]], file: str) -> dict[str, Any]:
    """Return where a file came from: repository and path, commit, licence as the repository states it."""
    entry = sources[file]
    origin = {"source": entry["source"], "licence": entry["licence"]}
    return origin | ({"commit": entry["commit"]} if entry.get("commit") else {})


def file_table(entries: list[dict[str, Any]]) -> str:
    """Return the README's table of files."""
    lines = [
        "| file | rows | range UTC (first … last) | not in the source | source | licence stated | sha256 |",
        "|---" * 7 + "|",
    ]
    for entry in entries:
        span = [
            entry.get("first_open_time", entry.get("first_time")),
            entry.get("last_open_time", entry.get("last_time")),
        ]
        days = [datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d %H:%M") for at in span if at is not None]
        absent = ", ".join(entry.get("not_in_source", []))
        if entry.get("derived"):
            absent = f"derived: {', '.join(entry['derived'])}"
        commit = f" @ {entry['commit'][:12]}" if "commit" in entry else ""
        rows = f"{entry['rows']:,}" if "rows" in entry else ""
        cells = (
            entry["file"],
            rows,
            " … ".join(days),
            absent,
            entry["source"] + commit,
            entry["licence"],
            entry["sha256"],
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def update_readme(readme: Path, entries: list[dict[str, Any]]) -> None:
    """Put the table of files between the README's two markers."""
    if not readme.is_file():
        return
    before, _, rest = readme.read_text().partition(TABLE_BEGIN)
    readme.write_text(f"{before}{TABLE_BEGIN}\n\n{file_table(entries)}\n\n{TABLE_END}{rest.partition(TABLE_END)[2]}")


def main(source: Path, target: Path) -> None:
    sources = {entry["file"]: entry for entry in json.loads((source / "manifest.json").read_text())}
    entries = [cut_candles(source, target, cut, origin_of(sources, f"{cut.stem}.parquet")) for cut in CANDLES]
    entries += [cut_funding(source, target, cut) for cut in FUNDING]
    entries += write_bodies(source / "exchange_fixtures", target)
    for entry in entries:
        content = (target / entry["file"]).read_bytes()
        entry |= {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        print(f"{entry['bytes']:>10,}  {entry['file']}")
    (target / "manifest.json").write_text(json.dumps(entries, indent=1) + "\n")
    update_readme(target / "README.md", entries)
    print(f"{sum(entry['bytes'] for entry in entries):>10,}  in all")


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        raise SystemExit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) == 3 else Path(__file__).parent / "recorded")
