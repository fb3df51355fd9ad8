"""Which plans a constraint leaves out, bound by bound."""

from __future__ import annotations

import dataclasses

import pytest

from experiments.studies.constraints import staff_total
from scenarios.counting import social_grids_count
from scenarios.loading import load
from tests.test_studies import FACTORIAL, HEAD, TAIL, refused, study_at

PEOPLE = '[[levers]]\nname = "people"\npath = "units.grid_assistant.people"\nvalues = [1, 2, 3, 4]\n'


def kept(folder, *bounds: str, of: str = '"units.grid_assistant.people"', levers: str = PEOPLE) -> list[int]:
    """The levels of the plans that are left, and the number of those that are not."""
    text = "".join(
        f'[[constraints]]\nname = "c{number}"\nof = [{of}]\n{bound}\n' for number, bound in enumerate(bounds)
    )
    study = study_at(folder, HEAD + FACTORIAL + levers + text + TAIL)
    assert study.left_out == 4 - len(study.plans)
    assert [plan.number for plan in study.plans] == list(range(len(study.plans)))
    return [plan.settings["people"] for plan in study.plans]


def test_each_end_of_a_constraint_is_kept_and_belongs_to_it(tmp_path):
    assert kept(tmp_path, "at_least = 3") == [3, 4]
    assert kept(tmp_path, "at_most = 2") == [1, 2]
    assert kept(tmp_path, "at_least = 2\nat_most = 3") == [2, 3]
    assert kept(tmp_path, "at_least = 2.5\nat_most = 3.5") == [3]
    assert kept(tmp_path, "at_least = 0") == [1, 2, 3, 4]


def test_every_constraint_must_be_kept(tmp_path):
    assert kept(tmp_path, "at_least = 2", "at_most = 3") == [2, 3]


def test_a_constraint_bounds_the_sum_of_what_it_names(tmp_path):
    of = '"units.grid_assistant.people", "units.grid_manager.people"'
    beside = load("junmen_2012").parameters.units["grid_manager"].people
    assert kept(tmp_path, f"at_least = {2 + beside}\nat_most = {3 + beside}", of=of) == [2, 3]


def test_the_staff_may_be_bounded_from_below_too(tmp_path):
    """One person more in each social grid."""
    whole = load("junmen_2012", {"units.grid_assistant.people": 2})
    assert kept(tmp_path, f"at_least = {staff_total(whole)}", of='"staff_total"') == [2, 3, 4]
    assert kept(tmp_path, f"at_least = {staff_total(whole) + 1}", of='"staff_total"') == [3, 4]


def test_the_staff_by_hand():
    """Two in each area of the lowest level, three once; five and five operators, seven supervisors."""
    scenario = load("junmen_2012")
    parameters = scenario.parameters
    unit = next(iter(parameters.units.values()))
    units = {"a": unit.model_copy(update={"level": "grid", "people": 2, "people_basis": "per_area"}),
             "b": unit.model_copy(update={"level": "grid", "people": 3, "people_basis": "total"})}  # fmt: skip
    staffed = parameters.model_copy(update={
        "units": units, "supervisors": parameters.supervisors.model_copy(update={"count": 7}),
        "supervision_centre": parameters.supervision_centre.model_copy(update={"operators_count": 5}),
        "command_centre": parameters.command_centre.model_copy(update={"operators_count": 5}),
    })  # fmt: skip
    grids = social_grids_count(parameters.territory, scenario.sites)
    assert grids > 1
    assert staff_total(dataclasses.replace(scenario, parameters=staffed)) == 7 + 5 + 5 + 2 * grids + 3


@pytest.mark.parametrize(("households", "grids"), [(4490.0, 1), (449.0, 10), (300.0, 15), (1e6, 1)])
def test_there_is_a_social_grid_for_so_many_households_and_one_at_least(households, grids):
    ground = load("junmen_2012").parameters.territory
    ground = ground.model_copy(update={"households": 4490, "households_per_social_grid": households})
    assert social_grids_count(ground, None) == grids


def test_the_number_of_social_grids_may_be_bounded(tmp_path):
    grids = '[[levers]]\nname = "people"\npath = "territory.households_per_social_grid"\nvalues = [200.0, 300.0, 400.0, 500.0]\n'
    counts = {size: social_grids_count(load("junmen_2012", {"territory.households_per_social_grid": size}).parameters.territory, None)
              for size in (200.0, 300.0, 400.0, 500.0)}  # fmt: skip
    assert kept(tmp_path, f"at_most = {counts[300.0]}", of='"social_grids_count"', levers=grids) == [
        300.0,
        400.0,
        500.0,
    ]


def test_a_plan_that_is_no_scenario_is_named_where_constraints_are_tried(tmp_path):
    bound = '[[constraints]]\nname = "c"\nof = ["staff_total"]\nat_most = 9\n'
    (line,) = refused(tmp_path, HEAD + FACTORIAL + PEOPLE.replace("4]", "-4]") + bound + TAIL)
    assert line.startswith('mine.toml: plan "-4": units.grid_assistant.people = -4 must')
