"""Inequality between areas, freed of what only chance makes unequal.

Layer: experiments.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from experiments.statistics.intervals import Numbers, possible, quantile


class BiasCorrected(NamedTuple):
    """An estimate freed of the bias that chance between replications gives it, with its interval."""

    value: float
    lo: float
    hi: float


def jackknife(measure: Callable[[Numbers], float], rows: Numbers, most: float | None = None) -> BiasCorrected:
    """A measure of the mean row, from 0 to `most`, estimated by leaving out one row (replication) at a time.

    Inequality is biased upward by chance: areas that are equal never look so. Leaving out a row tells by how much,
    which is taken off; Student's interval. Where areas differ by less than chance, only half of the bias is found,
    so the lower end lies lower by as much again as was taken off; it is cut at 0, which areas that are all equal must
    be able to reach. The upper end is Student's on the logarithm of what is missing to `most`. Not a number if the
    measure is undefined without some row.
    """
    count, mean = len(rows), rows.mean(axis=0)
    plain = measure(mean)
    without = np.array([measure((count * mean - row) / (count - 1)) for row in rows])
    taken_off = (count - 1) * (float(without.mean()) - plain)
    half = quantile(count) * math.sqrt((count - 1) * float(without.var()))
    value = plain - taken_off if most is None else min(plain - taken_off, most)
    if math.isnan(value):  # in some row, or without one, there is nothing to be unequal
        return BiasCorrected(math.nan, math.nan, math.nan)
    high = value + half if most is None else most - possible(most - value, half, None)[0]
    return BiasCorrected(max(0.0, value), max(0.0, value - half - max(0.0, taken_off)), max(0.0, high))


def gini(values: Numbers, weights: Numbers | None = None) -> float:
    """Gini coefficient of values that are not negative: 0 all equal, 1 one has everything."""
    weights = np.ones_like(values) if weights is None else weights
    order = np.argsort(values)
    values, weights = values[order], weights[order]
    total = float((values * weights).sum())
    if total <= 0.0:
        return math.nan
    below = np.cumsum(values * weights) / total
    return float(1.0 - (weights / weights.sum() * (below + np.concatenate([[0.0], below[:-1]]))).sum())


def theil(values: Numbers, weights: Numbers | None = None) -> float:
    """Theil's T: 0 all equal; log of the number of areas if one has everything."""
    weights = np.ones_like(values) if weights is None else weights
    share = weights / weights.sum()
    mean = float((share * values).sum())
    if mean <= 0.0:
        return math.nan
    ratio = values / mean
    return float((share * ratio * np.log(np.where(ratio > 0.0, ratio, 1.0))).sum())
