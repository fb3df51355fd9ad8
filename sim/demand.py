"""The stream of incidents: all of them, drawn ahead, the same whatever the city does about them.

Layer: sim.  Demand is nested: points of time × height are drawn once, and those under the rate are incidents. So a
longer run, another rate, a season or a surge adds or takes away incidents, and moves none.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from math import ceil, sqrt
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sim.incidents import Incident
from sim.randomness import Luck, draw_column

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from scenarios.ground import Demand, Period, Profile
    from scenarios.schema import Parameters
    from sim.incidents import Category
    from sim.randomness import Streams
    from sim.territory import Territory, WeightedChoice

BLOCK_H = 4 * 7 * 24
"""Points are drawn four weeks at a time, whatever the length of the run."""
DRAWN_AHEAD = (Luck.ON_THE_SPOT, Luck.WRONG_UNIT, Luck.WORK, Luck.CHECK)
"""Decisions that most found incidents come to: drawing their first attempts in columns is many times quicker."""


class Arrivals(NamedTuple):
    """What occurs, in order of time; every array has one entry an incident."""

    occurred_h: NDArray[np.float64]
    category: NDArray[np.int64]
    site: NDArray[np.int64]
    key: NDArray[np.uint64]
    severity: NDArray[np.int64]
    gone_h: NDArray[np.float64]

    def incidents(self, categories: Sequence[Category]) -> Iterator[Incident]:
        """The incidents themselves, each made when it is asked for."""
        columns = (self.key, self.occurred_h, self.site, self.category, self.severity, self.gone_h)
        rows = zip(*(column.tolist() for column in columns), strict=True)
        ahead = {column: draw_column(self.key, column).tolist() for column in DRAWN_AHEAD}
        for number, (key, occurred_h, site, category, severity, gone_h) in enumerate(rows):
            yield Incident(number, key, occurred_h, site, categories[category], severity, gone_h, ahead)


def draw_arrivals(
    parameters: Parameters, territory: Territory, categories: Sequence[Category], streams: Streams
) -> Arrivals:
    """Draw every incident of the run: a non-homogeneous Poisson process over sites and categories.  (Eq. 4)"""
    hours = _Hours(parameters.period)
    drawn = [
        _draw_category(category, *_rates(parameters, territory, category, hours), streams) for category in categories
    ]
    columns = [np.concatenate(column) for column in zip(*drawn, strict=True)]
    order = _in_order(columns[0])
    return Arrivals(*(column[order] for column in columns))


def _in_order(times: NDArray[np.float64]) -> NDArray[np.int64]:
    """Places in order of time, equal times as they come: numpy's stable argsort, in half the time.

    Digit by digit, sixteen bits at a time; if 48 bits do not tell all times apart, numpy sorts them.
    """
    last = times.max(initial=0.0)
    if last <= 0.0:
        return np.arange(len(times))
    digits = (times * ((1 - 2**-20) * 2.0**48 / last)).astype("<u8").view("<u2").reshape(-1, 4)
    order = np.argsort(digits[:, 0], kind="stable")
    for digit in (1, 2):
        order = order[np.argsort(digits[:, digit][order], kind="stable")]
    if (np.diff(times[order]) < 0.0).any():
        return np.argsort(times, kind="stable")
    return order


class _Hours:
    """The hours of the run: hour of the day, weekend, month, date."""

    def __init__(self, period: Period) -> None:
        days = [period.start + timedelta(day) for day in range(period.days)]
        self.hour = np.tile(np.arange(24), len(days))
        self.weekend = np.repeat([day.weekday() >= 5 for day in days], 24)
        self.month = np.repeat([day.month - 1 for day in days], 24)
        self.date = np.repeat(np.array(days, dtype="datetime64[D]"), 24)


def _rates(
    parameters: Parameters, territory: Territory, category: Category, hours: _Hours
) -> tuple[NDArray[np.float64], WeightedChoice]:
    """The category's rate in each hour, 1/h, and how it chooses among sites."""
    data, demand = category.data, parameters.demand
    size = territory.area_km2 if data.basis == "per_km2" else territory.residents_count / 1000.0
    weekly = _weekly(demand.profiles.get(data.profile), hours)
    months = np.asarray(demand.month_weights)
    rate = demand.scale * data.rate * size / 24.0 * weekly * (months / months.mean())[hours.month]
    for factor, during in _surges(demand, category, hours):
        rate = np.where(during, rate * factor, rate)
    return rate, territory.site_choice(category.name, data.basis, data.hotspot_cv)


def _weekly(profile: Profile | None, hours: _Hours) -> NDArray[np.float64]:
    """The profile over the run's hours, 1 on average over a week."""
    if profile is None:
        return np.ones(len(hours.hour))
    by_hour = np.asarray(profile.hour_weights)
    mean = by_hour.mean() * (5.0 + 2.0 * profile.weekend_ratio) / 7.0
    return by_hour[hours.hour] * np.where(hours.weekend, profile.weekend_ratio, 1.0) / mean


def _surges(demand: Demand, category: Category, hours: _Hours) -> Iterator[tuple[float, NDArray[np.bool_]]]:
    for surge in demand.surges.values():
        if not surge.categories or category.name in surge.categories:
            start, end = (
                np.datetime64(datetime.combine(day, datetime.min.time()), "D") for day in (surge.start, surge.end)
            )
            yield surge.factor, (start <= hours.date) & (hours.date <= end)


def _draw_category(
    category: Category, rate: NDArray[np.float64], site_choice: WeightedChoice, streams: Streams
) -> tuple[NDArray[np.generic], ...]:
    """One category's incidents: times, category, sites, keys, severities, ends."""
    blocks = np.pad(rate, (0, -len(rate) % BLOCK_H)).reshape(-1, BLOCK_H)  # nothing occurs after the run
    points = [_NO_POINTS]
    for block, in_block in enumerate(blocks):
        points += _points_under(in_block, category.name, block, streams)
    times, places, keys = (np.concatenate(column) for column in zip(*points, strict=True))
    cuts = np.cumsum(category.data.severity_shares)[:-1]
    severities = np.searchsorted(cuts, draw_column(keys, Luck.SEVERITY), side="right")
    kinds, ends = np.full(len(times), category.index), _ends(times, keys, category)
    return times, kinds, site_choice(places), keys, severities, ends


type _Points = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.uint64]]
"""Of each incident: its time, its place as a uniform number, and its key."""

_NO_POINTS: _Points = np.empty(0), np.empty(0), np.empty(0, dtype=np.uint64)


def _points_under(rate: NDArray[np.float64], name: str, block: int, streams: Streams) -> Iterator[_Points]:
    """The points under a rate given for each hour of a block, band of height by band of height.

    Rule:    one point on average per hour and incident/h of height; band k reaches from k² to (k + 1)², and has a
             stream of its own that no parameter reaches. A point is an incident if it lies under the rate.  (Eq. 4)
    Source:  lewis-1979
    """
    for band in range(ceil(sqrt(rate.max()))):
        dice = streams("arrivals", name, block, band)
        bottom, width = band * band, 2 * band + 1
        count = int(dice.poisson(width * BLOCK_H))
        since_h, heights, places = dice.random((3, count))
        keys = dice.integers(0, 2**64, count, dtype=np.uint64)
        since_h *= BLOCK_H
        under = np.flatnonzero(bottom + heights * width < rate[since_h.astype(np.int64)])
        yield block * BLOCK_H + since_h[under], places[under], keys[under]


def _ends(times: NDArray[np.float64], keys: NDArray[np.uint64], category: Category) -> NDArray[np.float64]:
    """When each goes away by itself: exponentially distributed, or never."""
    rate = category.data.gone_per_day / 24.0
    if rate <= 0.0:
        return np.full(len(times), np.inf)
    return times - np.log1p(-draw_column(keys, Luck.GONE)) / rate
