"""GET /runs/{run_id}/report: the tear sheet as a page that may do nothing."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

from tests.support.api_world import api_world

RUN = {"exchange": "binance", "symbol": "BTC-USDT", "timeframe": "1h", "strategy": "dual_sma"}


def test_the_report_is_a_page_with_its_own_policy() -> None:
    with api_world() as world:
        run = world.client.post("/backtest/run", json=RUN, headers=world.headers("run")).json()
        accept = {"Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"}
        page = world.client.get(run["links"]["report"], headers=world.headers("read") | accept)
        assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert page.headers["content-security-policy"].startswith("default-src 'none'")
        assert page.headers["x-content-type-options"] == "nosniff"
        assert "immutable" in page.headers["cache-control"]
        assert page.text.startswith("<!doctype html>")
        assert run["run_id"] in page.text
        assert "<script" not in page.text
        assert page.content == world.stores.runs.get_artifact(run["run_id"], "report.html")
        again = world.client.get(
            run["links"]["report"], headers=world.headers("read") | {"If-None-Match": page.headers["etag"]}
        )
        assert (again.status_code, again.content) == (304, b"")


def test_a_run_that_has_not_ended_has_none() -> None:
    with api_world(max_wait_s=0.05) as world:
        world.dispatcher.deferred = True
        run = world.client.post("/backtest/run", json=RUN, headers=world.headers("run")).json()
        assert set(run["links"]) == {"self"}
        early = world.client.get(f"{run['links']['self']}/report", headers=world.headers("read"))
        assert (early.status_code, early.json()["code"]) == (409, "conflict")
        assert early.headers["content-type"] == "application/problem+json"


def test_a_large_report_leaves_by_a_link_that_opens_as_a_page() -> None:
    with api_world(max_inline_bytes=2_000) as world:
        run = world.client.post("/backtest/run", json=RUN, headers=world.headers("run")).json()
        answer = world.client.get(run["links"]["report"], headers=world.headers("read"), follow_redirects=False)
        assert (answer.status_code, answer.content) == (303, b"")
        key = unquote(urlsplit(answer.headers["location"]).path).lstrip("/")
        objects = world.stores.objects
        stored = objects._s3.head_object(Bucket=objects.bucket, Key=key.removeprefix(f"{objects.bucket}/"))
        assert stored["ContentType"] == "text/html; charset=utf-8"
