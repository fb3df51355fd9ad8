"""What is kept of an outcome beside its indicators: parts of the period, hours by area.

Layer: experiments.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from experiments.running.parts import OF_PARTS, Part
from scenarios.loading import Scenario
from sim.indicators import INDICATORS
from sim.run import Outcome
from sim.territory import build_territory

type Row = dict[str, Any]
"""What is kept of a run: key, scenario, seed, error, elapsed_s, indicators, area_cases, area_hours."""

MOST_AREAS = 250
"""Equity is measured between the finest areas of which there are no more than these."""


def part_of(outcome: Outcome, scenario: Scenario, part: Part) -> float:
    """An indicator of what belongs to a part of the run, as it stood at the end of the run; NaN if it lies outside.

    What happens at the last stroke of the run belongs to its last day.
    """
    period = scenario.parameters.period
    if part.outside(period):
        return math.nan
    first_h, last_h = ((day - period.start).days * 24.0 for day in (part.start, part.end))
    end_h = last_h + 24.0
    record, whole_h = outcome.record, period.days * 24.0
    cut = record.between(OF_PARTS[part.indicator], first_h, math.inf if end_h == whole_h else end_h)
    told = INDICATORS[part.indicator].of(cut)
    # A number a day is told over the days of the run, which are not those of the part.
    return told * (record.end_h / (end_h - first_h)) if part.indicator.endswith("_per_day") else told


def hours_by_area(outcome: Outcome, base: Scenario) -> Row:
    """Solved incidents, and hours from their occurrence to their end, in each area of the base."""
    areas, _ = areas_of(base)
    cases = outcome.cases
    if len(outcome.territory.site_x_m) != len(areas):  # another place: its areas are not those of the base
        return {}
    end_h = cases["closed_h"].to_numpy()
    solved = ~np.isnan(end_h)
    where = areas[cases["site"].to_numpy()[solved]]
    hours = (end_h - cases["occurred_h"].to_numpy())[solved]
    count = int(areas.max()) + 1
    return {
        "area_cases": np.bincount(where, minlength=count).astype(float).tolist(),
        "area_hours": np.bincount(where, hours, count).tolist(),
    }


def areas_of(base: Scenario) -> tuple[NDArray[np.int64], str]:
    """(sites,) the area of each site, and what they are: social grids, or the next larger of which there are few."""
    ground = build_territory(base.parameters.territory, base.sites)
    for areas, kind in ((ground.social.of_site, "social grids"), (ground.community, "communities")):
        if int(areas.max()) < MOST_AREAS:
            return areas, kind
    return ground.subdistrict, "subdistricts"
