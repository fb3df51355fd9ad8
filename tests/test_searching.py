"""To look for a place: how precisely it was told decides how long that takes, and the grid only bounds it."""

from __future__ import annotations

from collections import defaultdict
from math import pi
from pathlib import Path

import numpy as np
import pytest

from scenarios.loading import load
from sim.agents.departments import Unit
from sim.incidents import Finder, Incident
from sim.model import GovernanceModel
from sim.run import simulate

QUIET = Path(__file__).parent / "reference" / "quiet.toml"
"""Cells of 10,000 m² exactly; somebody who looks for a place covers 80,000 m² in an hour."""
NO_PATROL = {"supervisors.count": 0}


def built(scenario: str | Path, changes: dict[str, object]) -> tuple[GovernanceModel, Incident]:
    """A model before anything has happened, and the first incident that is going to occur."""
    model = GovernanceModel(load(scenario, {"period.days": 2, **changes}), seed=1)
    return model, next(model.arrivals.incidents(model.categories))


@pytest.mark.parametrize(("changes", "told_m", "hours"), [
    pytest.param({}, [60.0], 0.125, id="an address: the circle is larger than the cell, which bounds it"),
    pytest.param(NO_PATROL, [60.0], 0.14137, id="an address where nobody patrols: nobody knows a cell"),
    pytest.param({}, [60.0, 10.0], 0.003927, id="verified on site: position and photo"),
    pytest.param({}, [10.0, 60.0], 0.003927, id="what was known more precisely stays known"),
    pytest.param({}, [0.0], 0.0, id="the very spot"),
])  # fmt: skip
def test_the_ground_to_search_is_what_was_told_and_no_more_than_the_cell(changes, told_m, hours):
    model, incident = built(QUIET, changes)
    for precision_m in told_m:
        incident.told_place(precision_m)
    assert model.search_h(incident) == pytest.approx(hours, rel=1e-4)


@pytest.mark.parametrize(("scenario", "bounded"), [("junmen_2012", True), ("junmen_before", False)])
def test_a_social_grid_bounds_the_search_where_it_has_a_post(scenario, bounded):
    model, incident = built(scenario, {"territory.search_m2_per_h": 1000.0})
    incident.told_place(400.0)
    social = model.territory.social
    grid_m2 = social.area_m2[social.grid_of[incident.site]]
    assert grid_m2 < pi * 400.0**2
    assert model.search_h(incident) == pytest.approx((grid_m2 if bounded else pi * 400.0**2) / 1000.0)


def test_a_crew_takes_longer_to_an_address_than_to_the_place_that_a_handset_shows():
    """By the share it searches of both circles, on its part of the hours: 0.5 × π (40² - 10²) m² / (80,000 m²/h × 0.4)."""
    model, incident = built(QUIET, {"units.street_crews.casework_share": 0.4})
    crews = next(unit for unit in model.units if isinstance(unit, Unit) and unit.data.level == "district")
    hours = []
    for precision_m in (40.0, 10.0):
        incident.told_place(precision_m)
        hours.append(crews.hours_needed(incident))
    assert hours[0] - hours[1] == pytest.approx(0.5 * 4712.39 / (80_000 * 0.4), rel=1e-4)


def test_whoever_has_seen_it_tells_the_place_as_precisely_as_they_can():
    changes = {
        "period.days": 4, "territory.sites_count": 3000, "demand.scale": 6.0,
        "supervisors.place_precision_m": 11.0, "supervisors.component_precision_m": 3.0,
        "residents.channels.hotline.place_precision_m": 61.0, "residents.channels.walk_in.place_precision_m": 62.0,
        "local_knowledge.place_precision_m": 16.0,
    }  # fmt: skip
    model = GovernanceModel(load("dongcheng_2010", changes), seed=1)
    model.run_for(4 * 24)
    told_m: dict[tuple[Finder, str], set[float]] = defaultdict(set)
    for incident in model.log.incidents:
        if incident.found_by is not None and incident.dispatched_h is not None:
            told_m[incident.found_by, incident.category.data.domain].add(incident.place_precision_m)
    assert told_m == {
        (Finder.SUPERVISOR, "event"): {11.0},
        (Finder.SUPERVISOR, "component"): {3.0},
        (Finder.RESIDENT, "event"): {11.0},  # a supervisor has verified it on site
        (Finder.RESIDENT, "component"): {3.0},
        (Finder.RESIDENT, "social"): {61.0, 62.0},  # nobody goes to verify it
        (Finder.PARTY_MEMBER, "event"): {16.0},
        (Finder.PARTY_MEMBER, "component"): {16.0},
        (Finder.PARTY_MEMBER, "social"): {16.0},
        (Finder.GRID_TEAM, "component"): {16.0},
        (Finder.GRID_TEAM, "social"): {16.0},
    }


def on_time_lost(precision_m: float) -> float:
    """What cells four times as large cost Changning's crews in on-time share, if supervisors tell places so precisely."""
    told = {"supervisors.place_precision_m": precision_m, "supervisors.component_precision_m": precision_m}
    told |= {"units.street_crews.people": 14, "units.street_crews.casework_share": 1.0}  # just enough to keep up
    shares = [
        [
            simulate(
                load("changning_2005q4", {"period.days": 14, "territory.cell_area_m2": cell_m2, **told}), seed
            ).indicators["on_time_share_of_filed"]
            for seed in (1, 2, 3)
        ]
        for cell_m2 in (25_490.0, 4 * 25_490.0)
    ]
    return float(np.mean(shares[0]) - np.mean(shares[1]))


def test_cells_four_times_as_large_cost_no_on_time_share_where_handsets_show_the_place():
    """Where a place is known by its cell alone they do, so that this could be seen."""
    assert abs(on_time_lost(10.0)) <= 0.03
    assert on_time_lost(5000.0) > 0.1
