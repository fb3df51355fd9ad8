"""How many grids, sites and households there are is said in one place, and the model, the checks and studies agree."""

from __future__ import annotations

from pathlib import Path

import pytest

from experiments.studies.constraints import staff_total, within
from experiments.studies.design import load_study
from experiments.studies.form import Constraint, StudyError
from scenarios.counting import areas_count, households_count, residents_count, sites_count, social_grids_count
from scenarios.loading import ScenarioError, load, names
from sim.model import GovernanceModel
from sim.territory import build_territory

SITES = "site,x_m,y_m,households,residents,kind\n" + "".join(
    f"building {n},{13.7 * (n % 6)},{11.3 * (n // 6)},{20 + n},{60 + n},building\n" for n in range(30)
)
PLACE = """
title = "t"
question = "q"
extends = "nanhu"
[territory]
source = "assumption-nanhu-template"
why = "a list"
sites_file = "sites.csv"
area_km2 = 0.05
households_per_social_grid = 300.0
"""
STUDY = """
title = "t"
question = "q"
base = "place.toml"
[set]
"period.days" = 3
[design]
kind = "factorial"
[[levers]]
name = "households per grid"
path = "territory.households_per_social_grid"
values = [150.0, 300.0]
[[constraints]]
name = "grids"
of = ["{of}"]
{bound}
[replications]
count = 2
[[objectives]]
indicator = "found_count"
better = "high"
"""
HOUSEHOLDS = sum(20 + n for n in range(30))


@pytest.fixture
def place(tmp_path) -> Path:
    """A community with a list of 1,035 households, under parents that speak of 3,000."""
    (tmp_path / "sites.csv").write_text(SITES)
    file = tmp_path / "place.toml"
    file.write_text(PLACE)
    return file


@pytest.mark.parametrize("name", names())
def test_the_model_has_as_many_areas_as_are_counted(name):
    scenario = load(name)
    ground, counted = build_territory(scenario.parameters.territory, scenario.sites), scenario.parameters.territory
    areas = areas_count(counted, scenario.sites)
    assert {level.label: max(of_site) + 1 for level, of_site in ground.area_of.items()} == areas
    assert len(ground.site_x_m) == sites_count(counted, scenario.sites)
    assert float(ground.site_households.sum()) == households_count(counted, scenario.sites)
    assert ground.residents_count == pytest.approx(residents_count(counted, scenario.sites))


@pytest.mark.parametrize("per_grid", [100.0, 149.0, 150.0, 300.0, 690.0, 5000.0])
def test_a_list_of_sites_says_how_many_grids_there_are(place, per_grid):
    scenario = load(place, {"territory.households_per_social_grid": per_grid, "period.days": 1})
    expected = max(1, round(HOUSEHOLDS / per_grid))
    assert social_grids_count(scenario.parameters.territory, scenario.sites) == expected
    model = GovernanceModel(scenario, 1)
    assert model.territory.social.count == expected
    desks = sum(desk.operators_count for desk in model.desks)
    employed = scenario.parameters.supervisors.count + desks + sum(unit.people for unit in model.units)
    assert staff_total(scenario) == employed


def test_more_grids_than_sites_are_refused_by_the_list_and_not_by_the_parents(place):
    with pytest.raises(ScenarioError, match=f"makes 104 social grids, but there are only 30 sites|{HOUSEHOLDS}"):
        load(place, {"territory.households_per_social_grid": 10.0})


def study(place: Path, of: str, bound: str) -> list[float]:
    """The households per grid that a constraint lets through."""
    file = place.with_name("study.toml")
    file.write_text(STUDY.format(of=of, bound=bound))
    return [plan.settings["households per grid"] for plan in load_study(file).plans]


def test_constraints_reckon_with_the_list_of_sites(place):
    """1,035 households make 7 grids of 150 and 3 of 300; the parents' 3,000 would make 20 and 10."""
    assert study(place, "social_grids_count", "at_most = 7") == [150.0, 300.0]
    assert study(place, "social_grids_count", "at_most = 6") == [300.0]
    assert study(place, "social_grids_count", "at_least = 4") == [150.0]
    assert study(place, "territory.households", f"at_most = {HOUSEHOLDS}") == [150.0, 300.0]
    with pytest.raises(StudyError, match="none of the 2 plans is allowed"):
        study(place, "social_grids_count", "at_most = 2")


@pytest.mark.parametrize(
    ("bounds", "kept"),
    [
        ({"at_most": 251.0}, True),
        ({"at_most": 250.0}, False),
        ({"at_least": 251.0}, True),
        ({"at_least": 252.0}, False),
    ],
)
def test_a_bound_is_kept_at_its_end_and_broken_beyond(bounds, kept):
    scenario = load("changning_2005q4", {"supervisors.count": 251})
    assert within(Constraint(name="staff", of=["supervisors.count"], **bounds), scenario) is kept
