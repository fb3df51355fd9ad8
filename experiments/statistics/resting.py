"""On what a difference between plans rests: how it is spread before the figures and under them, and what carries it.

Layer: experiments.  Before the figures: parameters are drawn from their priors; under them: from what they allow.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from experiments.statistics.agreement import Agreement, agreement

LEAST_NARROWED = 0.25
"""A difference whose range the figures narrow by less is assumed, not measured."""
LEAST_CARRIED = 0.3
"""An unknown carries a difference if the ranks of both are correlated as much."""
MOST_CARRIERS = 3
FEWEST = 8
"""Of fewer sets no range is given."""
RANGE = [0.05, 0.95]


class Carrier(NamedTuple):
    """An unknown on which a difference hangs."""

    path: str
    correlation: float
    """Spearman's, between its value and the difference, over the sets."""


class Rest(NamedTuple):
    """What a difference from another plan rests on.

    The difference is over that plan's value (of shares: as it is), so that it is not taken for known only because
    the figures tell how much happens.
    """

    indicator: str
    before: tuple[float, float]
    """Between which nine tenths of the differences lie, parameters drawn from their priors."""
    under: tuple[float, float]
    """The same under the published figures."""
    agreed_before: Agreement
    agreed_under: Agreement
    carriers: tuple[Carrier, ...]

    @property
    def narrowed(self) -> float:
        """By what share the figures have narrowed the range; below 0: they have widened it."""
        width = self.before[1] - self.before[0]
        return 1.0 - (self.under[1] - self.under[0]) / width if width else 0.0

    @property
    def measured(self) -> bool:
        """Whether the figures say something of it."""
        return self.narrowed >= LEAST_NARROWED

    def as_plain(self) -> dict[str, Any]:
        """As plain objects, for machines."""
        return {
            "before": self.before, "under": self.under, "narrowed": self.narrowed, "measured": self.measured,
            "more_share_before": self.agreed_before.more_share, "more_share_under": self.agreed_under.more_share,
            "carriers": [carrier._asdict() for carrier in self.carriers],
        }  # fmt: skip


class Differences(NamedTuple):
    """An indicator of a plan against another, over sets: (sets,) each, NaN where it is undefined."""

    apart: NDArray[np.float64]
    other: NDArray[np.float64]
    """The other plan's values."""

    def relative(self, unit: str) -> NDArray[np.float64]:
        """The differences over the other plan's value, unless they are differences of shares."""
        if unit == "share":
            return self.apart
        size = np.abs(self.other)
        return np.divide(self.apart, size, out=np.full(len(size), np.nan), where=size > 0.0)


def rest_of(
    indicator: str, unit: str, under: Differences, before: Differences, sets: Sequence[Mapping[str, Any]]
) -> Rest | None:
    """What a difference rests on; `sets` are those of `under`. None if too few sets define it, or none differs."""
    apart, earlier = under.relative(unit), before.relative(unit)
    if min((~np.isnan(apart)).sum(), (~np.isnan(earlier)).sum()) < FEWEST:
        return None
    if not (np.nan_to_num(apart).any() or np.nan_to_num(earlier).any()):
        return None
    return Rest(
        indicator, _range(earlier), _range(apart), agreement(before.apart), agreement(under.apart),
        carriers(apart, sets),
    )  # fmt: skip


def _range(apart: NDArray[np.float64]) -> tuple[float, float]:
    low, high = np.nanquantile(apart, RANGE)
    return float(low), float(high)


def rank_correlation(first: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Spearman's: the correlation of ranks; equal values share theirs. (Loading scipy.stats takes half a second.)"""
    return float(np.corrcoef(pd.Series(first).rank(), pd.Series(other).rank())[0, 1])


def carriers(apart: NDArray[np.float64], sets: Sequence[Mapping[str, Any]]) -> tuple[Carrier, ...]:
    """The unknowns on which a difference hangs most, by rank correlation over the sets."""
    told = ~np.isnan(apart)
    found = []
    for path in sets[0]:
        values = np.array([float(one[path]) for one in sets])[told]
        if len(np.unique(values)) > 1 and len(np.unique(apart[told])) > 1:
            found.append(Carrier(path, rank_correlation(values, apart[told])))
    found.sort(key=lambda carrier: -abs(carrier.correlation))
    return tuple(carrier for carrier in found[:MOST_CARRIERS] if abs(carrier.correlation) >= LEAST_CARRIED)
