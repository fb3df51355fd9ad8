"""The ground of the blind double, written from sim/MODEL.md §7.3-7.5 alone: sites, partitions, beats, the stream.

It is another city than the one that the model draws from the same parameters; only its distribution is the same.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import date, timedelta
from math import sqrt
from types import SimpleNamespace

import chinese_calendar
import numpy as np

from scenarios.hours import parse_hours
from scenarios.parameters import Section
from scenarios.schema import Parameters

LEVELS = ("grid", "community", "subdistrict", "district")
TICKS_PER_H = 30
TICK_H = 1.0 / TICKS_PER_H
SPARE_DAYS = 70
"""Ticks are marked for this long after the end, so that deadlines can be counted out."""


class Calendar:
    """Marks, for hours of duty, every tick on which somebody is there."""

    def __init__(self, parameters: Parameters) -> None:
        period = parameters.period
        self.days = [period.start + timedelta(days=i) for i in range(period.days + SPARE_DAYS)]
        china = period.public_holidays == "china"
        self.works = [chinese_calendar.is_workday(day) if china else day.weekday() < 5 for day in self.days]
        self._marks: dict[str, list[bool]] = {}

    def ticks(self, hours: str) -> list[bool]:
        """One mark for every tick: true if it is on duty."""
        if hours not in self._marks:
            duty = parse_hours(hours)
            day = [any(a <= i / TICKS_PER_H < b for a, b in duty.spans_h) for i in range(24 * TICKS_PER_H)]
            rest = [False] * len(day)
            self._marks[hours] = [
                mark for works in self.works for mark in (day if works or not duty.workdays_only else rest)
            ]
        return self._marks[hours]


def later(ticks: list[bool], from_h: float, hours: float) -> float:
    """The time when so many hours on duty have passed, counted tick by tick (infinity: after the calendar's end)."""
    tick = int(from_h * TICKS_PER_H + 1e-9)
    while tick < len(ticks):
        if ticks[tick]:
            start_h = max(from_h, tick / TICKS_PER_H)
            end_h = (tick + 1) / TICKS_PER_H
            if start_h + hours < end_h or (hours > 0.0 and start_h + hours <= end_h + 1e-12):
                return start_h + hours
            hours -= end_h - start_h
        tick += 1
    return float("inf")


@dataclass
class Place:
    """A site and the areas it lies in."""

    number: int
    x_m: float
    y_m: float
    households: int
    area: dict[str, int] = field(default_factory=dict)
    """The number of its area at each level."""
    cell: int = 0
    near_cell: bool = False
    near_social: bool = False
    """True if another grid is within the boundary's width."""
    z: float = 0.0
    first_household: int = 0
    """The number of its first household among those of its social grid."""


class Ground:
    """A synthetic territory (§7.4) with its partitions and the beats of its posts (Eq. 10)."""

    def __init__(self, parameters: Parameters, rng: np.random.Generator) -> None:
        ground = parameters.territory
        self.width_m = sqrt(ground.area_km2 * 1e6 * ground.aspect_ratio)
        self.height_m = ground.area_km2 * 1e6 / self.width_m
        self.sites = self._draw_sites(ground, rng)
        self._partition(ground)
        self._cells(ground)
        self._mark_borders(ground.boundary_width_m)
        self.area_m2 = ground.area_km2 * 1e6
        self.cell_m2 = self.area_m2 / (self.columns * self.rows)

    def _draw_sites(self, ground: Section, rng: np.random.Generator) -> list[Place]:
        count = ground.sites_count
        size = np.array([self.width_m, self.height_m])
        centres = rng.random((ground.clusters_count, 2)) * size
        anywhere = rng.random((count, 2)) * size
        around = centres[rng.integers(ground.clusters_count, size=count)] + rng.normal(
            0.0, ground.cluster_spread_m, (count, 2)
        )
        points = np.where(rng.random((count, 1)) < ground.clustered_share, around, anywhere)
        points = np.abs(points)
        points = np.clip(np.where(points > size, 2.0 * size - points, points), 0.0, size)
        spread = sqrt(np.log(1.0 + ground.households_cv**2))
        wanted = np.exp(rng.normal(0.0, spread, count))
        wanted[rng.permutation(count)[: round(ground.street_share * count)]] = 0.0
        wanted *= ground.households / wanted.sum()
        households = np.floor(wanted).astype(int)
        missing = ground.households - households.sum()
        households[np.argsort(households - wanted)[:missing]] += 1
        return [
            Place(i, float(points[i, 0]), float(points[i, 1]), int(households[i]), z=float(rng.random()))
            for i in range(count)
        ]

    def _partition(self, ground: Section) -> None:
        """District into subdistricts, these into communities, these into social grids."""
        grids = max(1, round(ground.households / ground.households_per_social_grid))
        counts = {"subdistrict": ground.subdistricts_count, "community": ground.communities_count, "grid": grids}
        areas = [self.sites]
        for site in self.sites:
            site.area["district"] = 0
        for level, total in counts.items():
            parts = shared([sum(s.households for s in area) for area in areas], total)
            areas = [piece for area, n in zip(areas, parts, strict=True) for piece in bisected(area, n)]
            for number, area in enumerate(areas):
                for site in area:
                    site.area[level] = number
        self.social_grids = areas
        for area in areas:
            passed = 0
            for site in sorted(area, key=lambda s: s.number):
                site.first_household = passed
                passed += site.households
        self.members: dict[str, dict[int, list[Place]]] = {}
        for level in LEVELS:
            self.members[level] = {}
            for site in self.sites:
                self.members[level].setdefault(site.area[level], []).append(site)

    def _cells(self, ground: Section) -> None:
        side_m = sqrt(ground.cell_area_m2)
        self.columns = max(1, round(self.width_m / side_m))
        self.rows = max(1, round(self.height_m / side_m))
        self.cell_width_m, self.cell_height_m = self.width_m / self.columns, self.height_m / self.rows
        for site in self.sites:
            column = min(int(site.x_m / self.cell_width_m), self.columns - 1)
            row = min(int(site.y_m / self.cell_height_m), self.rows - 1)
            site.cell = row * self.columns + column
        self.cell_community = []
        for cell in range(self.columns * self.rows):
            x_m = (cell % self.columns + 0.5) * self.cell_width_m
            y_m = (cell // self.columns + 0.5) * self.cell_height_m
            nearest = min(self.sites, key=lambda s: (s.x_m - x_m) ** 2 + (s.y_m - y_m) ** 2)
            self.cell_community.append(nearest.area["community"])

    def _mark_borders(self, width_m: float) -> None:
        x_m, y_m = np.array([s.x_m for s in self.sites]), np.array([s.y_m for s in self.sites])
        grids = np.array([s.area["grid"] for s in self.sites])
        for site in self.sites:
            column, row = site.cell % self.columns, site.cell // self.columns
            left_m = site.x_m - column * self.cell_width_m
            low_m = site.y_m - row * self.cell_height_m
            site.near_cell = (
                (column > 0 and left_m <= width_m)
                or (column < self.columns - 1 and self.cell_width_m - left_m <= width_m)
                or (row > 0 and low_m <= width_m)
                or (row < self.rows - 1 and self.cell_height_m - low_m <= width_m)
            )
            others = grids != site.area["grid"]
            distance_m = np.hypot(x_m - site.x_m, y_m - site.y_m)[others]
            site.near_social = bool(distance_m.size and distance_m.min() / 2.0 <= width_m)

    def working_grids(self, count: int, shape: str) -> list[list[int]]:
        """Cells in walking order, cut into working grids of equal time: strips of the walk, or blocks (Eq. 7, Eq. 10)."""
        order = []
        for community in sorted(set(self.cell_community)):
            for row in range(self.rows):
                cells = [row * self.columns + i for i in range(self.columns)]
                cells = [cell for cell in cells if self.cell_community[cell] == community]
                order += cells if row % 2 == 0 else cells[::-1]
        if shape == "blocks":
            middles = [SimpleNamespace(cell=cell, households=1) for cell in order]
            for one in middles:
                one.x_m, one.y_m = self.middle_of(one.cell)
            return [[one.cell for one in sorted(block, key=lambda one: order.index(one.cell))]
                    for block in bisected(middles, count)]  # fmt: skip
        cuts = [round(i * len(order) / count) for i in range(count + 1)]
        return [order[a:b] for a, b in itertools.pairwise(cuts)]

    def middle_of(self, cell: int) -> tuple[float, float]:
        """The middle of a cell."""
        return (cell % self.columns + 0.5) * self.cell_width_m, (cell // self.columns + 0.5) * self.cell_height_m


def shared(sizes: list[int], total: int) -> list[int]:
    """Parts for each area by highest averages, at least one each."""
    parts = [1] * len(sizes)
    while sum(parts) < total:
        best = max(range(len(sizes)), key=lambda i: sizes[i] / (parts[i] + 1))
        parts[best] += 1
    return parts


def bisected(sites: list[Place], parts: int) -> list[list[Place]]:
    """Cut sites into parts of about equal households, across the longer side (Eq. 7)."""
    if parts == 1:
        return [sites]
    xs, ys = [s.x_m for s in sites], [s.y_m for s in sites]
    wide = max(xs) - min(xs) >= max(ys) - min(ys)
    ordered = sorted(sites, key=lambda s: s.x_m if wide else s.y_m)
    left = parts // 2
    wanted = sum(s.households for s in sites) * left / parts
    sums = np.cumsum([s.households for s in ordered])
    choices = range(left, len(ordered) - (parts - left) + 1)
    cut = min(choices, key=lambda i: abs(sums[i - 1] - wanted))
    return bisected(ordered[:cut], left) + bisected(ordered[cut:], parts - left)


def stream(
    parameters: Parameters, ground: Ground, days: list[date], rng: np.random.Generator
) -> list[tuple[float, int, str]]:
    """Time, site and category of every incident, in order of time (Eq. 4, Eq. 8)."""
    demand, territory = parameters.demand, parameters.territory
    residents = np.array([s.households * territory.residents_per_household for s in ground.sites])
    month_mean = sum(demand.month_weights) / 12.0
    found = []
    for name, category in parameters.categories.items():
        per_km2 = category.basis == "per_km2"
        size = territory.area_km2 if per_km2 else residents.sum() / 1000.0
        weights = np.ones(len(ground.sites)) if per_km2 else residents.copy()
        if category.hotspot_cv > 0.0:
            shape = category.hotspot_cv**-2
            weights *= rng.gamma(shape, 1.0 / shape, len(weights))
        weights /= weights.sum()
        hours, weekend = (1.0,) * 24, 1.0
        if category.profile in demand.profiles:
            profile = demand.profiles[category.profile]
            hours, weekend = profile.hour_weights, profile.weekend_ratio
        week_mean = sum(hours) * (5.0 + 2.0 * weekend) / (24.0 * 7.0)
        for day, on in enumerate(days[: parameters.period.days]):
            a_day = demand.scale * category.rate * size * demand.month_weights[on.month - 1] / month_mean
            for surge in demand.surges.values():
                if surge.start <= on <= surge.end and (not surge.categories or name in surge.categories):
                    a_day *= surge.factor
            for hour in range(24):
                factor = hours[hour] * (weekend if on.weekday() >= 5 else 1.0) / week_mean
                for _ in range(rng.poisson(a_day / 24.0 * factor)):
                    site = int(rng.choice(len(weights), p=weights))
                    found.append((24.0 * day + hour + rng.random(), site, name))
    return sorted(found)
