"""Whether something grows over a run, by more than counts differ by chance.

Layer: experiments.
"""

from __future__ import annotations

import math
from enum import StrEnum
from statistics import linear_regression
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from experiments.statistics.intervals import Numbers

LEAST_CHANGE = 1 / 3
"""Of its level: what the last two thirds must change by. At that pace it is half of its level over a whole run."""
CHANCE = 2.0
"""Standard deviations of a count that chance alone may account for."""


class Trend(StrEnum):
    """Where a series goes once it has warmed up."""

    GROWS = "grows"
    SHRINKS = "shrinks"
    LEVEL = "level"
    TOO_SHORT = "too_short"
    """Fewer than three days."""


def trend_of(counts: Numbers) -> Trend:
    """Where a series (days,) of counts goes; its first third is warming up, and is left out.

    Through the rest goes a straight line (least squares). It grows if the line rises by more than a third of its mean
    n, and by more than twice what a count of that size varies by, √(n + 1); it shrinks likewise.
    """
    if len(counts) < 3:
        return Trend.TOO_SHORT
    settled = counts[len(counts) // 3 :]
    level = float(settled.mean())
    change = linear_regression(range(len(settled)), settled.tolist()).slope * (len(settled) - 1)
    if abs(change) <= max(LEAST_CHANGE * level, CHANCE * math.sqrt(level + 1.0)):
        return Trend.LEVEL
    return Trend.GROWS if change > 0.0 else Trend.SHRINKS
