"""What every test shares: one Hypothesis profile, without deadlines, because a busy machine is no failure."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("candlecloud", deadline=None)
settings.load_profile("candlecloud")
