"""Another ground is another ground, though it has as many sites: its areas are not those of the base."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from experiments.comparing.following import Followed, ends_of, follow
from experiments.running.measures import areas_of, hours_by_area, incidents_digest, same_sites
from scenarios.loading import load
from sim.run import simulate
from sim.territory import build_territory

BASE = load("junmen_2012", {"period.days": 20})


@pytest.fixture(scope="module")
def at_home():
    return simulate(BASE, 1)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"territory.seed": 99}, id="drawn anew"),
        pytest.param({"territory.aspect_ratio": 2.0}, id="of another form"),
        pytest.param({"territory.area_km2": 0.2}, id="larger"),
    ],
)
def test_equity_is_not_told_between_the_areas_of_another_ground(changes, at_home):
    other = load("junmen_2012", {"period.days": 20, **changes})
    outcome = simulate(other, 1)
    assert len(outcome.territory.site_x_m) == len(at_home.territory.site_x_m)
    assert hours_by_area(outcome, BASE) == {}
    assert incidents_digest(outcome) != incidents_digest(at_home)


def test_other_grids_over_the_same_sites_are_the_same_ground(at_home):
    outcome = simulate(load("junmen_2012", {"period.days": 20, "territory.households_per_social_grid": 800.0}), 1)
    assert same_sites(outcome.territory, at_home.territory)
    cases = hours_by_area(outcome, BASE)["area_cases"]
    assert len(cases) == int(areas_of(BASE).of_site.max()) + 1
    assert sum(cases) == outcome.cases["closed_h"].notna().sum()
    assert incidents_digest(outcome) == incidents_digest(at_home)


def test_incidents_of_another_ground_are_not_followed(at_home):
    """The same numbers of sites at the same hours, but elsewhere."""
    ground = build_territory(BASE.parameters.territory, BASE.sites)
    moved = replace(at_home, territory=replace(at_home.territory, site_x_m=at_home.territory.site_x_m + 1000.0))
    followed = [Followed()]
    follow({0: ends_of(at_home), 1: ends_of(moved)}, followed, np.asarray(ground.social.of_site))
    assert not followed[0].same_incidents
