"""``make serve``: the platform stays up, schedules fire in recorded time, state is kept."""

from __future__ import annotations

import json
import signal
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType

from infra.local.history import ingest, recorded_histories
from infra.local.platform import LocalPlatform
from infra.local.progress import Steps
from infra.local.replay.clock import format_time
from infra.local.scheduler import Fired

CLOCK = "2025-08-17T18:00:30Z"
"""A day before the minute recordings end, so that there is a day for schedules to work on."""
SAVE_EVERY_S = 30.0
_TICK_S = 0.5


def serve_platform(folder: Path, *, port: int, fresh: bool, speed: float) -> int:
    """Serve until Ctrl-C and return the exit status.

    Parameters
    ----------
    folder
        Keeps state and logs.
    speed
        Recorded seconds per real second.
    """
    steps = Steps()
    stop = threading.Event()
    previous = {number: signal.signal(number, _stopper(stop)) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        steps.console.print("Starting ...")
        # The clock stands still until the lake has what was recorded before it.
        with LocalPlatform(folder, logs=folder / "logs", fresh=fresh, port=port, clock=CLOCK) as platform:
            _fill(platform, steps, stop)
            if not stop.is_set():
                _announce(platform, steps, folder, speed)
                _run(platform, steps, stop, speed)
            steps.console.print("Stopping: work under way ends, state is saved ...")
        steps.console.print(f"Saved in {folder}/. `make serve` goes on from here, `--fresh` starts empty.")
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
    return 0


def _fill(platform: LocalPlatform, steps: Steps, stop: threading.Event) -> None:
    """Bring history into an empty lake; a lake that has some is the schedules' business."""
    if next(platform.api.pages("/series", "series"), None) is not None:
        steps.console.print(f"Going on from the saved state, recorded time {format_time(platform.exchange.now())}.")
        return
    for history in recorded_histories(platform):
        if stop.is_set():
            return
        with steps.step(f"Ingest {history.symbol} {history.timeframe}", history.candles) as bar:
            sums = ingest(platform, history, bar.advance)
            bar.note = f"{sums['added']:,} candles"
        for job in ("detect_gaps", "backfill_candles"):
            platform.invoke(job, history.event)


def _announce(platform: LocalPlatform, steps: Steps, folder: Path, speed: float) -> None:
    path = "/candles?exchange=binance&symbol=BTC-USDT&timeframe=1h&start=2025-08-17T12:00:00Z&limit=2"
    say = steps.console.print
    say(f"\n[bold]candlecloud[/bold] on {platform.base_url}, this machine only")
    say(f"  token   {platform.token}", soft_wrap=True)
    say(f"  docs    {platform.base_url}/docs")
    say(f"  logs    {folder}/logs/")
    say(f"  clock   {format_time(platform.exchange.now())}, recorded time, {speed:g} s a second")
    say("\nTry:")
    say(f"  curl -s -H 'Authorization: Bearer {platform.token}' \\\n    '{platform.base_url}{path}'\n", soft_wrap=True)
    say("Schedules fire below. State is saved every 30 s and at Ctrl-C.")


def _run(platform: LocalPlatform, steps: Steps, stop: threading.Event, speed: float) -> None:
    """Let recorded time go by until it ends or the user stops it."""
    end = _recording_ends(platform)
    platform.exchange.set_clock(platform.exchange.now(), speed)
    platform.scheduler.start(lambda fired: _report(steps, fired))
    since_save, failures = 0.0, 0
    while not stop.wait(_TICK_S):
        if platform.exchange.clock.rate and platform.exchange.now() >= end:
            platform.exchange.set_clock(end, 0.0)
            steps.console.print(
                f"{format_time(end)}  the recording ends here; the clock stands still, the API stays up"
            )
        for failed in platform.functions.failed_events[failures:]:
            failures += 1
            steps.console.print(f"[red]{failed.job} failed: {failed.error.get('errorMessage')}[/red]")
        since_save += _TICK_S
        if since_save >= SAVE_EVERY_S:
            since_save = 0.0
            platform.save()


def _recording_ends(platform: LocalPlatform) -> int:
    """When the first of the scheduled series runs out of recorded candles, ms UTC."""
    events = (json.loads(part.input) for part in platform.scheduler.parts)
    scheduled = {
        f"{event['exchange']}/{event['symbol']}/{event['timeframe']}" for event in events if "exchange" in event
    }
    return min(end for series, (_, end) in platform.exchange.recorded_series().items() if series in scheduled)


def _report(steps: Steps, fired: Sequence[Fired]) -> None:
    for one in fired:
        steps.console.print(f"[dim]{format_time(one.scheduled_at)}[/dim]  {one.schedule}")


def _stopper(stop: threading.Event) -> Callable[[int, FrameType | None], None]:
    def handle(number: int, frame: FrameType | None) -> None:
        if stop.is_set():
            raise KeyboardInterrupt  # asked twice: stop at once, without saving
        stop.set()

    return handle
