"""Cut the recorded answers that are not candles: market lists, tickers, open interest, premium index.

Called by make_recorded.py. A body is cut to the symbols that have recorded candles and otherwise kept as recorded.
Two market entries were in no recording in reach; they are derived from a recorded entry of the same venue by the
substitutions spelled out in DERIVED, and the manifest says so.
"""

import json
from pathlib import Path
from typing import Any

GO = {"source": "thrasher-corp/gocryptotrader exchanges/binance/testdata/http.json", "licence": "MIT"}
XCHANGE = {"source": "knowm/XChange xchange-kraken/src/test/resources/org/knowm/xchange/kraken/dto", "licence": "MIT"}
KUCOIN = {"source": "Kucoin/kucoin-universal-sdk sdk/golang/pkg/generate", "licence": "MIT"}

# (venue, path, query it answers, recorded file, origin, symbols kept)
BODIES: tuple[tuple[str, str, dict[str, str], str, dict[str, str], tuple[str, ...]], ...] = (
    ("binance", "/api/v3/exchangeInfo", {}, "binance/api_v3_exchangeInfo__noquery.json", GO, ("BTCUSDT", "ETHUSDT")),
    (
        "binance",
        "/fapi/v1/exchangeInfo",
        {},
        "binance/fapi_v1_exchangeInfo__noquery.json",
        GO,
        ("BTCUSDT", "ETHUSDT", "NEARUSDT"),
    ),
    (
        "binance",
        "/api/v3/ticker/24hr",
        {},
        "binance/api_v3_ticker_24hr__symbols_5B_22BTCUSDT_22_2C_22ETHUSDT_22_5D.json",
        GO,
        (),
    ),
    (
        "binance",
        "/fapi/v1/openInterest",
        {"symbol": "BTCUSDT"},
        "binance/fapi_v1_openInterest__symbol_BTCUSDT.json",
        GO,
        (),
    ),
    (
        "binance",
        "/fapi/v1/premiumIndex",
        {"symbol": "BTCUSDT"},
        "binance/fapi_v1_premiumIndex__symbol_BTCUSDT.json",
        GO,
        (),
    ),
    ("kraken", "/0/public/AssetPairs", {}, "kraken/AssetPairs_assetpairs.json", XCHANGE, ("XXBTZUSD",)),
    ("kraken", "/0/public/Assets", {}, "kraken/Assets_assets.json", XCHANGE, ("XXBT", "ZUSD")),
    ("kucoin", "/api/v2/symbols", {}, "kucoin/spot_api_v2_symbols.json", KUCOIN, ("BTC-USDT", "ETH-USDT")),
    ("kucoin", "/api/v3/currencies", {}, "kucoin/spot_api_v3_currencies.json", KUCOIN, ()),
    ("kucoin", "/api/v1/market/allTickers", {}, "kucoin/spot_api_v1_market_allTickers.json", KUCOIN, ()),
    (
        "kucoin",
        "/api/v1/market/stats",
        {"symbol": "BTC-USDT"},
        "kucoin/spot_api_v1_market_stats.json",
        KUCOIN,
        (),
    ),
    ("kucoin", "/api/v1/contracts/active", {}, "kucoin/futures_api_v1_contracts_active.json", KUCOIN, ()),
)

# wanted symbol -> (recorded entry it is derived from, text substitutions, fields set)
DERIVED: dict[str, tuple[str, tuple[tuple[str, str], ...], dict[str, Any]]] = {
    "ETH-USDT": (
        "BTC-USDT",
        (("BTC", "ETH"),),
        {"priceIncrement": "0.01", "baseIncrement": "0.0000001", "baseMinSize": "0.0001"},
    ),
    "NEARUSDT": (
        "ALGOUSDT",
        (("ALGO", "NEAR"), ('"tickSize": "0.0001"', '"tickSize": "0.001"'), ('"0.1"', '"1"')),
        {"pricePrecision": 3, "quantityPrecision": 0},
    ),
}


def derive(symbol: str, recorded: dict[str, Any]) -> dict[str, Any]:
    """Return a market entry made from another entry of the same venue."""
    _, substitutions, fields = DERIVED[symbol]
    text = json.dumps(recorded)
    for old, new in substitutions:
        text = text.replace(old, new)
    entry: dict[str, Any] = json.loads(text)
    return entry | fields


def drop_trade_groups(entry: dict[str, Any]) -> dict[str, Any]:
    """Leave out Binance's 236 account group names, which nothing here reads."""
    if "permissionSets" in entry:
        entry["permissionSets"] = [
            [name for name in names if not name.startswith("TRD_GRP_")] if isinstance(names, list) else names
            for names in entry["permissionSets"]
        ]
    return entry


def cut_body(body: Any, keep: tuple[str, ...]) -> tuple[Any, list[str]]:
    """Return the body with only the wanted symbols, and the names of those that had to be derived."""
    if not keep:
        return body, []
    if "result" in body:
        return body | {"result": {name: body["result"][name] for name in keep}}, []
    field = "symbols" if "symbols" in body else "data"
    recorded = {entry["symbol"]: drop_trade_groups(entry) for entry in body[field]}
    entries = [recorded[name] if name in recorded else derive(name, recorded[DERIVED[name][0]]) for name in keep]
    return body | {field: entries}, [name for name in keep if name not in recorded]


def write_bodies(fixtures: Path, target: Path) -> list[dict[str, Any]]:
    """Write every body as its own JSON file and return the manifest entries."""
    entries = []
    for venue, path, query, file, origin, keep in BODIES:
        body, derived = cut_body(json.loads((fixtures / file).read_text()), keep)
        name = f"{venue}{path.replace('/', '_')}{''.join(f'_{value}' for value in query.values())}.json"
        (target / name).write_text(json.dumps(body, indent=1) + "\n")
        entries.append(
            {"kind": "body", "venue": venue, "path": path, "query": query, "file": name}
            | ({"derived": derived} if derived else {})
            | origin
        )
    return entries
