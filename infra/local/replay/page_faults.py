"""What each candle fault does to a page of rows. A page is a list of rows, oldest first."""

from collections.abc import Callable
from typing import Any, NamedTuple

from infra.local.replay.faults import Fault
from infra.local.replay.tape import Row, in_windows


class Page(NamedTuple):
    """A page as the venue would send it.

    ``before`` is the last page sent for the same series; ``unsettled`` returns a row as it stood 1 ms before its close.
    """

    rows: list[Row]
    step: int
    now: int
    before: list[Row] | None
    unsettled: Callable[[Row], Row]


def struck_rows(page: Page, fault: Fault) -> list[int]:
    """Return the row numbers a fault concerns: those in its window, or the middle row when it has none."""
    if fault.window is None:
        return [len(page.rows) // 2] if page.rows else []
    return [index for index, row in enumerate(page.rows) if in_windows(row.open_time, [fault.window])]


def replace_rows(page: Page, fault: Fault, change: Callable[[Row], Row]) -> list[Row]:
    rows = list(page.rows)
    for index in struck_rows(page, fault):
        rows[index] = change(rows[index])
    return rows


def restate(row: Row) -> Row:
    """Return a closed candle as the venue restated it later: more volume, a trade more, high and close up a tick."""
    if not row.closed:
        return row
    return row._replace(
        high=row.high + 1,
        close=row.close + 1,
        volume_base=row.volume_base + max(1, row.volume_base // 100),
        volume_quote=None if row.volume_quote is None else row.volume_quote + max(1, row.volume_quote // 100),
        trades=None if row.trades is None else row.trades + 1,
    )


def is_late(page: Page, fault: Fault, row: Row) -> bool:
    """Say whether a candle closed less than the fault's ``lag_ms`` ago."""
    return row.closed and page.now - (row.open_time + page.step) < int(fault.options["lag_ms"])


def mark_final(page: Page, fault: Fault) -> list[Row]:
    """Return the page with its running candle stamped as final, and candles closed just now not settled yet."""
    rows = [page.unsettled(row) if is_late(page, fault, row) else row for row in page.rows]
    return [row if row.closed else row._replace(closed=True, close_time=page.now - 1) for row in rows]


def add_future(page: Page, fault: Fault) -> list[Row]:
    """Return the page with candles appended that open after now; their values repeat the last row's."""
    if not page.rows:
        return page.rows
    last = page.rows[-1]
    first = page.now - page.now % page.step + page.step
    opens = [first + index * page.step for index in range(int(fault.options["count"]))]
    return page.rows + [last._replace(open_time=at, close_time=at + page.step - 1, closed=True) for at in opens]


def shift(row: Row, by_ms: int) -> Row:
    return row._replace(open_time=row.open_time + by_ms, close_time=row.close_time + by_ms)


def set_nan(row: Row, name: str) -> Row:
    values: dict[str, Any] = row._asdict()
    return Row(**{**values, name: float("nan")})


CHANGES: dict[str, Callable[[Page, Fault], list[Row]]] = {
    "empty_page": lambda page, fault: [],
    "repeated_page": lambda page, fault: page.rows if page.before is None else page.before,
    "reversed_page": lambda page, fault: page.rows[::-1],
    "restated_candle": lambda page, fault: replace_rows(page, fault, restate),
    "unclosed_last": mark_final,
    "future_candle": add_future,
    "off_grid": lambda page, fault: replace_rows(page, fault, lambda row: shift(row, int(fault.options["shift_ms"]))),
    "nan": lambda page, fault: replace_rows(page, fault, lambda row: set_nan(row, str(fault.options["field"]))),
}


def can_show(fault: Fault, page: Page) -> bool:
    """Say whether a fault would change this page (if not, it is not counted as struck)."""
    if fault.name == "repeated_page" and page.before is None:
        return False
    if fault.name == "unclosed_last":
        return any(not row.closed or is_late(page, fault, row) for row in page.rows)
    if fault.name in ("off_grid", "nan", "restated_candle", "future_candle") and not page.rows:
        return False
    return fault.window is None or bool(struck_rows(page, fault))


def apply_faults(page: Page, faults: list[Fault]) -> list[Row]:
    """Return the rows of a page after its faults, in the order they were switched on."""
    for fault in faults:
        page = page._replace(rows=CHANGES[fault.name](page, fault))
    return page.rows
