"""The stream of incidents: all of them, drawn ahead, the same whatever the city does about them.

Layer: sim.  Drawn in blocks of four weeks per category, so that a longer run, or another category's rate,
changes nothing that was there before.
"""

from __future__ import annotations

from datetime import datetime, timedelta
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
    from sim.territory import Territory

BLOCK_H = 4 * 7 * 24
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
    period = parameters.period
    blocks = -(-period.days * 24 // BLOCK_H)
    hours = _Hours(period, blocks * BLOCK_H)
    drawn = [
        _draw_block(category, rate[block * BLOCK_H :][:BLOCK_H], weights, streams, block)
        for category in categories
        for rate, weights in [_rates(parameters, territory, category, hours)]
        for block in range(blocks)
    ]
    columns = [np.concatenate(column) for column in zip(*drawn, strict=True)]
    within = columns[0] < period.days * 24.0
    order = np.argsort(columns[0][within], kind="stable")
    return Arrivals(*(column[within][order] for column in columns))


class _Hours:
    """The hours of the run (filled up to whole blocks): hour of the day, weekend, month, date."""

    def __init__(self, period: Period, hours_count: int) -> None:
        days = [period.start + timedelta(day) for day in range(hours_count // 24)]
        self.hour = np.tile(np.arange(24), len(days))
        self.weekend = np.repeat([day.weekday() >= 5 for day in days], 24)
        self.month = np.repeat([day.month - 1 for day in days], 24)
        self.date = np.repeat(np.array(days, dtype="datetime64[D]"), 24)


def _rates(
    parameters: Parameters, territory: Territory, category: Category, hours: _Hours
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The category's rate in each hour, 1/h, and each site's cumulative share of it."""
    data, demand = category.data, parameters.demand
    size = territory.area_km2 if data.basis == "per_km2" else territory.residents_count / 1000.0
    weekly = _weekly(demand.profiles.get(data.profile), hours)
    months = np.asarray(demand.month_weights)
    rate = demand.scale * data.rate * size / 24.0 * weekly * (months / months.mean())[hours.month]
    for factor, during in _surges(demand, category, hours):
        rate = np.where(during, rate * factor, rate)
    return rate, territory.cumulative_weights(category.name, data.basis, data.hotspot_cv)


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


def _draw_block(
    category: Category, rate: NDArray[np.float64], weights: NDArray[np.float64], streams: Streams, block: int
) -> tuple[NDArray[np.generic], ...]:
    """One category's incidents in one block: times, category, sites, keys, severities, ends."""
    dice = streams("arrivals", category.name, block)
    expected = np.cumsum(rate)
    count = int(dice.poisson(expected[-1]))
    # The place of a uniform number on the cumulative rate gives the hour, and how far into it, at once.
    reached = dice.random(count) * expected[-1]
    hour = np.minimum(np.searchsorted(expected, reached, side="right"), len(rate) - 1)
    part_of_hour = (reached - (expected[hour] - rate[hour])) / rate[hour] if count else reached
    times = block * BLOCK_H + hour + np.clip(part_of_hour, 0.0, 1.0)
    sites = np.searchsorted(weights, dice.random(count) * weights[-1], side="right")
    keys = streams("keys", category.name, block).integers(0, 2**64, count, dtype=np.uint64)
    cuts = np.cumsum(category.data.severity_shares)[:-1]
    severities = np.searchsorted(cuts, draw_column(keys, Luck.SEVERITY), side="right")
    return times, np.full(count, category.index), sites, keys, severities, _ends(times, keys, category)


def _ends(times: NDArray[np.float64], keys: NDArray[np.uint64], category: Category) -> NDArray[np.float64]:
    """When each goes away by itself: exponentially distributed, or never."""
    rate = category.data.gone_per_day / 24.0
    if rate <= 0.0:
        return np.full(len(times), np.inf)
    return times - np.log1p(-draw_column(keys, Luck.GONE)) / rate
