"""The kinds of fan-outs, one module each. To add one: write its module; nothing lists it.

A function imports the kinds that it is asked for, and no others.
"""

from __future__ import annotations

from typing import Any

from candlecloud.fan_out.kind import FanOutKind
from candlecloud.registry import Registry, one_per_module

KINDS: Registry[FanOutKind[Any]] = Registry("kind of fan-out", one_per_module(__name__, FanOutKind), field="kind")
