"""What is kept of an outcome beside its indicators: parts of the run, hours by area.

Layer: experiments.
"""

from __future__ import annotations

import math
from dataclasses import replace
from enum import StrEnum
from hashlib import sha256
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from experiments.running.parts import OF_PARTS, Part, categories_of
from scenarios.loading import Scenario
from sim.indicators import INDICATORS
from sim.record import Record
from sim.run import Outcome
from sim.territory import Territory, build_territory

type Row = dict[str, Any]
"""What is kept of a run: key, scenario, seed, error, elapsed_s, indicators, area_cases, area_hours."""

MOST_AREAS = 250
"""Equity is measured between the finest areas of which there are no more than these."""


def part_of(outcome: Outcome, scenario: Scenario, part: Part) -> float:
    """An indicator of what belongs to a part of the run, as it stood at the end of the run; NaN if it lies outside.

    What happens at the last stroke of the run belongs to its last day.
    """
    period = scenario.parameters.period
    if any(part.why_outside(scenario.parameters)):
        return math.nan
    first_h, last_h = ((day - period.start).days * 24.0 for day in part.days_in(period))
    end_h = last_h + 24.0
    record, whole_h = outcome.record, period.days * 24.0
    cut = record.between(OF_PARTS[part.indicator], first_h, math.inf if end_h == whole_h else end_h)
    cut = _of_subdistricts(_of_classes(cut, scenario, part), outcome.territory, part)
    value = INDICATORS[part.indicator].of(cut)
    # A number a day is reckoned over the days of the run, which are not those of the part.
    return value * (record.end_h / (end_h - first_h)) if part.indicator.endswith("_per_day") else value


def _of_classes(record: Record, scenario: Scenario, part: Part) -> Record:
    if not part.classes:
        return record
    chosen = set(categories_of(part.classes, scenario.parameters))
    numbers = [number for number, name in enumerate(scenario.parameters.categories) if name in chosen]
    return record.only(np.isin(record.category, numbers))


def _of_subdistricts(record: Record, ground: Territory, part: Part) -> Record:
    """What lies in the subdistricts with the lowest numbers; the residents are theirs too."""
    if not part.subdistricts:
        return record
    inside = ground.subdistrict < part.subdistricts
    residents = float(ground.site_residents[inside].sum())
    return replace(record.only(inside[record.site]), residents_count=residents)


class AreaKind(StrEnum):
    """What the areas are in which incidents are counted, the finest first."""

    SOCIAL_GRID = "social_grid"
    COMMUNITY = "community"
    SUBDISTRICT = "subdistrict"


class Areas(NamedTuple):
    """The areas of a ground, finest of which there are few."""

    ground: Territory
    of_site: NDArray[np.int64]
    """(sites,) the area of each site."""
    kind: AreaKind


def areas_of(base: Scenario) -> Areas:
    """The social grids of a scenario, or the next larger areas of which there are few."""
    ground = build_territory(base.parameters.territory, base.sites)
    for areas, kind in ((ground.social.of_site, AreaKind.SOCIAL_GRID), (ground.community, AreaKind.COMMUNITY)):
        if int(areas.max()) < MOST_AREAS:
            return Areas(ground, areas, kind)
    return Areas(ground, ground.subdistrict, AreaKind.SUBDISTRICT)


def same_sites(first: Territory, other: Territory) -> bool:
    """True if two grounds have the same sites, each at the same place; how they are divided does not count."""
    return first is other or (
        np.array_equal(first.site_x_m, other.site_x_m) and np.array_equal(first.site_y_m, other.site_y_m)
    )


def hours_by_area(outcome: Outcome, base: Scenario) -> Row:
    """Solved incidents, and hours from their occurrence to their end, in each area of the base.

    Nothing if the run is of another place: its areas are not those of the base.
    """
    areas = areas_of(base)
    if not same_sites(outcome.territory, areas.ground):
        return {}
    record = outcome.record
    solved = ~np.isnan(record.closed_h)
    where = areas.of_site[record.site[solved]]
    hours = (record.closed_h - record.occurred_h)[solved]
    count = int(areas.of_site.max()) + 1
    return {
        "area_cases": np.bincount(where, minlength=count).astype(float).tolist(),
        "area_hours": np.bincount(where, hours, count).tolist(),
    }


def incidents_digest(outcome: Outcome) -> str:
    """Sixteen hexadecimal digits of what happened when and where: equal for runs that meet equal incidents.

    What came back after it was done away with follows from what was done, and is left out.
    """
    digest, record, ground = sha256(), outcome.record, outcome.territory
    occurred_h, site = record.occurred_h[record.occurred], record.site[record.occurred]
    for column in (occurred_h, site, ground.site_x_m[site], ground.site_y_m[site]):
        digest.update(np.ascontiguousarray(column))
    return digest.hexdigest()[:16]
