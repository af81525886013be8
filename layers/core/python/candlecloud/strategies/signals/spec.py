"""Own signals as the data of a strategy, and the words that requests and answers use for them. Needs no NumPy."""

from __future__ import annotations

from typing import Literal

from candlecloud.parameters import Parameter
from candlecloud.spec import StrategySpec

SIGNALS = "signals"
MAX_SETS = 1_000
Fill = Literal["hold", "flat"]
"""What a candle without a row wants, where the user says so: the last row's target and size, or no position."""

NOT_TESTABLE = "not testable: you brought it"
"""What the look-ahead test says of targets whose making nobody here has seen."""

MEANING = (
    "target is the position that is wanted after the close of the bar that opens at open_time; it fills at the open of "
    "the first later bar that trades"
)
SHIFT = (
    "If your targets are meant for the bar that opens at open_time, each is one bar too late here: give it the "
    "open_time of the bar before. If they were computed from that bar's own close, they are right as they are. A row "
    "whose target knows more than its bar's close is look-ahead, and nobody here can see it."
)

SIGNALS_SPEC = StrategySpec(
    name=SIGNALS,
    description="Target positions of your own, from a file that `PUT /signals/files` has checked.",
    parameters=(Parameter("set", "integer", 0, MAX_SETS - 1, 0, "Which of the file's sets; 0 is the first."),),
)
