"""Means, paired differences and what they are worth: the statistics that every comparison shares.

Layer: experiments.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

CONFIDENCE = 0.95
RESAMPLES = 2_000
ROUNDING = 1e-12
"""Of the size of two sums, the difference that their last digits may make."""

type Numbers = NDArray[np.float64]


class Difference(NamedTuple):
    """A plan against another on the same incidents: `other` minus `first`."""

    mean: float
    lo: float
    hi: float
    """Student's interval of the mean of the paired differences, adjusted for the number of comparisons."""
    pairs: int
    clear: bool
    """The interval does not contain 0, or every pair differs by the same amount."""
    needed: int | None
    """Pairs that would make a difference of this size clear; None: it is clear, or there is none at all."""
    correlation: float
    """Of the two plans' values over the pairs; not a number if one of them never varies."""
    saving: float
    """Replications without pairing for each one with it, at the same width of interval."""


def half_width(values: Numbers, comparisons: int = 1) -> float:
    """Half of Student's 95 % interval of a mean; infinite for fewer than two values."""
    defined = values[~np.isnan(values)]
    if len(defined) < 2:
        return math.inf
    return quantile(len(defined), comparisons) * float(defined.std(ddof=1)) / math.sqrt(len(defined))


def possible(mean: float, half: float, most: float | None) -> tuple[float, float]:
    """The ends of an interval about a mean, of what lies above 0 and below `most` (None: of what has no upper end).

    Student's interval on the scale on which any value is possible, the logit of a share and the logarithm of all else,
    and back again; its half-width there is that of the mean over the slope of the scale (delta method).
    """
    if half == 0.0 or mean <= 0.0 or (most is not None and mean >= most):
        return mean, mean
    if most is None:
        return mean * _exp(-half / mean), mean * _exp(half / mean)
    part = mean / most
    odds, apart = part / (1.0 - part), half / most / (part * (1.0 - part))
    low, high = odds * _exp(-apart), odds * _exp(apart)
    return most * low / (1.0 + low), most * (1.0 - 1.0 / (1.0 + high))


def _exp(power: float) -> float:
    return math.exp(min(power, 300.0))


def quantile(count: int, comparisons: int = 1) -> float:
    """Student's quantile for intervals that hold together, by Bonferroni, for all comparisons."""
    return float(stdtrit(count - 1, 1.0 - (1.0 - CONFIDENCE) / (2.0 * comparisons)))


def difference(first: Numbers, other: Numbers, comparisons: int = 1) -> Difference | None:
    """The paired difference of two plans; None if fewer than two pairs are defined."""
    both = ~(np.isnan(first) | np.isnan(other))
    first, other = first[both], other[both]
    count = len(first)
    if count < 2:
        return None
    paired, size = other - first, max(np.abs(first).max(), np.abs(other).max())
    mean, spread = float(paired.mean()), _spread(paired, size)
    if abs(mean) <= ROUNDING * size:
        mean = 0.0
    half = quantile(count, comparisons) * spread / math.sqrt(count)
    clear = abs(mean) > half
    apart = _spread(first, np.abs(first).max()) ** 2 + _spread(other, np.abs(other).max()) ** 2
    needed = None if clear or mean == 0.0 else _needed(mean, spread, comparisons)
    saving = apart / spread**2 if spread > 0.0 else math.inf if apart > 0.0 else math.nan
    return Difference(mean, mean - half, mean + half, count, clear, needed, _correlation(first, other), saving)


def _needed(mean: float, spread: float, comparisons: int) -> int | None:
    """Pairs at which a difference of this mean and spread would just be clear; None beyond a million."""
    count = 2
    while quantile(count, comparisons) * spread / math.sqrt(count) >= abs(mean):
        count = math.ceil(count * 1.02)
        if count > 1_000_000:
            return None
    return count


def _spread(values: Numbers, size: float) -> float:
    """Standard deviation; 0 where values differ by no more than the last digits of their sums."""
    spread = float(values.std(ddof=1))
    return spread if spread > ROUNDING * size else 0.0


def _correlation(first: Numbers, other: Numbers) -> float:
    if len(first) < 3 or not all(_spread(values, np.abs(values).max()) for values in (first, other)):
        return math.nan
    return float(np.corrcoef(first, other)[0, 1])


def never_differ(table: Numbers) -> bool:
    """True if the plans of (replications, plans) are the same in every replication, but for the last digits of sums."""
    return bool(np.allclose(table, table[:, :1], rtol=ROUNDING, atol=0.0, equal_nan=True))


def probability_best(table: Numbers, better: str, seed: int = 1) -> Numbers:
    """How often each plan's mean is the best when the replications are drawn again with replacement, (plans,).

    `table` is (replications, plans), a row for the same luck. Plans that are the same in every replication tie: they
    count as one, and each has its chance whole. Others that tie in a redraw have equal parts of it. An undefined value
    is left out of its plan's mean; a plan without any that is defined is not a number.
    """
    there = np.flatnonzero(~np.isnan(table).all(axis=0))
    found = np.full(table.shape[1], math.nan)
    if len(there):
        firsts = [next(first for first in there if never_differ(table[:, [first, plan]])) for plan in there]
        distinct = sorted(set(firsts))
        means = resampled_means(table[:, distinct], seed) * (1.0 if better == "high" else -1.0)
        means = means[~np.isnan(means).all(axis=1)]
        best = means == np.nanmax(means, axis=1, keepdims=True)
        chances = (best / best.sum(axis=1, keepdims=True)).mean(axis=0)
        found[there] = chances[[distinct.index(first) for first in firsts]]
    return found


def resampled_means(table: Numbers, seed: int = 1) -> Numbers:
    """Means of what is defined in rows drawn again with replacement, (RESAMPLES, columns); NaN: of nothing."""
    weights = np.random.default_rng(seed).multinomial(len(table), np.full(len(table), 1.0 / len(table)), RESAMPLES)
    defined = ~np.isnan(table)
    counts = weights @ defined.astype(float)
    sums = weights @ np.where(defined, table, 0.0)
    return np.divide(sums, counts, out=np.full_like(counts, math.nan), where=counts > 0.0)


def variances(values: Numbers, common: bool) -> tuple[float, float]:
    """Of (worlds, seeds): the variance of the means of worlds, and that of the seed within a world.

    `common` says that all worlds have the same seeds: then what a seed does to all of them alike moves no world
    against another, and is no part of it.
    """
    worlds, seeds = values.shape
    left = values - values.mean(axis=1, keepdims=True)
    degrees = worlds * (seeds - 1)
    if common:
        left = left - left.mean(axis=0, keepdims=True)
        degrees = (worlds - 1) * (seeds - 1)
    return float(values.mean(axis=1).var(ddof=1)), float((left**2).sum()) / degrees
