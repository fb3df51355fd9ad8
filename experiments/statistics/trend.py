"""Whether something grows over a run, by more than counts differ by chance.

Layer: experiments.
"""

from __future__ import annotations

import math
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from experiments.statistics.intervals import Numbers

FACTOR = 1.5
"""Half as much again is a change."""
CHANCE = 2.0
"""Standard deviations of a count that chance alone may account for."""


class Trend(StrEnum):
    """How the last third of a series stands beside the middle one."""

    GROWS = "grows"
    SHRINKS = "shrinks"
    LEVEL = "level"
    TOO_SHORT = "too_short"
    """There are not three days to be compared."""


def trend_of(counts: Numbers) -> Trend:
    """How the last third of a series (days,) of counts stands beside the middle third; the first is warming up.

    It grows if it is more by half, and by more than twice what a count of its size varies by, √(n + 1); it shrinks
    likewise. A series of fewer than three days is too short.
    """
    third = len(counts) // 3
    if not third:
        return Trend.TOO_SHORT
    before, after = float(counts[-2 * third : -third].mean()), float(counts[-third:].mean())
    if after > FACTOR * before and after - before > CHANCE * math.sqrt(before + 1.0):
        return Trend.GROWS
    if before > FACTOR * after and before - after > CHANCE * math.sqrt(after + 1.0):
        return Trend.SHRINKS
    return Trend.LEVEL
