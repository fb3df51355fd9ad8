"""Whole numbers from a range or a distribution: each as likely as it should be, the ends not half as likely.

Layer: experiments.

A whole number stands for all that is nearer to it than to any other. So a range or a distribution that ends at whole
numbers is taken half a step further at either end, drawn from there, and the nearest whole number is taken.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

HALF = 0.5


def is_whole(value: Any) -> bool:
    """True for a value of a parameter that has whole numbers only."""
    return isinstance(value, int) and not isinstance(value, bool)


def whole_ends(low: float, high: float) -> tuple[float, float]:
    """The least and the greatest whole number of a range; an end that is infinite stays so."""
    return (math.ceil(low) if math.isfinite(low) else low), (math.floor(high) if math.isfinite(high) else high)


def has_whole(low: float | None, high: float | None) -> bool:
    """True if there is a whole number in a range; None: open."""
    ends = whole_ends(-math.inf if low is None else low, math.inf if high is None else high)
    return ends[0] <= ends[1]


def nearest_whole(values: NDArray[np.float64], low: float, high: float) -> list[int]:
    """The whole numbers nearest to some numbers, within [low, high]."""
    return [int(value) for value in np.clip(np.floor(np.asarray(values) + HALF), low, high)]
