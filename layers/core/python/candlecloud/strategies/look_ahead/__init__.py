"""The look-ahead test: another future must not move the past by a bit.

Each signal (a feature, the targets, the sizes) is computed on a slice of the bars and again on slices that begin with
the same bars and go on in another way: cut off, garbage, or other bars of realistic size. What it said before the cut
must stay. `check` says at which places; `screen` looks at many bars at once, one bar ahead of each; `memory` finds
values that come from a table or from memory instead of the bars. It is a sample, not a proof.
"""

from candlecloud.strategies.look_ahead.check import RUN_EFFORT, SWEEP_EFFORT, Effort, check_look_ahead
from candlecloud.strategies.look_ahead.garbage import garbage_from
from candlecloud.strategies.look_ahead.signals import SignalUnderTest

__all__ = ["RUN_EFFORT", "SWEEP_EFFORT", "Effort", "SignalUnderTest", "check_look_ahead", "garbage_from"]
