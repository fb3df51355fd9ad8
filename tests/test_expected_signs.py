"""Signs that an expert expects of levers: with the same incidents, in every history; what no plan can better by waiting."""

from __future__ import annotations

from functools import cache

import pytest

from scenarios.loading import load
from sim.run import simulate

SEEDS = (1, 2, 3)
CITY = {"period.days": 20, "units.street_crews.people": 24, "units.street_crews.casework_share": 1.0}
"""Crews with hours left."""
COMMUNITY = {"period.days": 92}
TWO_OPERATORS = {"supervision_centre.operators_count": 2, "command_centre.operators_count": 2}
NO_ASSISTANTS = {"units.grid_assistant.people": 0}


@cache
def told(name: str, changes: tuple[tuple[str, object], ...], seed: int) -> dict[str, float]:
    return simulate(load(name, dict(changes)), seed).indicators


def differences(name: str, base: dict, changes: dict, indicator: str) -> list[float]:
    """What the changes add, seed by seed."""
    before, after = tuple(base.items()), tuple((base | changes).items())
    return [told(name, after, seed)[indicator] - told(name, before, seed)[indicator] for seed in SEEDS]


@pytest.mark.parametrize(("name", "base", "worse"), [
    pytest.param("changning_2005q4", CITY, TWO_OPERATORS, id="fewer operators"),
    pytest.param("changning_2005q4", CITY, {"command_centre.forward_h": 6.0}, id="paper instead of a wire"),
    pytest.param("changning_2005q4", CITY, {"units.street_crews.people": 12}, id="fewer crews"),
    pytest.param("changning_2005q4", CITY, {"units.street_crews.people": 8}, id="much fewer crews"),
    pytest.param("changning_2005q4", CITY, {"supervisors.count": 157}, id="half the supervisors"),
    pytest.param("changning_2005q4", CITY, {"supervisors.weekly_h": 30.0}, id="a shorter week"),
    pytest.param("changning_2005q4", CITY, {"supervisors.patrol_speed_m_per_h": 5000.0}, id="on foot"),
    pytest.param("dongcheng_2004", {"period.days": 10}, {"supervisors.count": 175}, id="half the supervisors elsewhere"),
    pytest.param("junmen_2012", COMMUNITY, NO_ASSISTANTS, id="no assistants"),
    pytest.param("junmen_2012", COMMUNITY, {"party.members_count": 0}, id="no party members"),
    pytest.param("junmen_2012", COMMUNITY, {"units.grid_manager.settle_prob": 0.4}, id="managers who settle less"),
    pytest.param("junmen_2012", COMMUNITY, {"local_knowledge.half_households": 300.0}, id="households less known"),
])  # fmt: skip
def test_less_of_it_leaves_more_problem_hours_and_remedies_less_in_every_history(name, base, worse):
    assert min(differences(name, base, worse, "problem_hours")) > 0.0
    assert min(differences(name, base, worse, "problem_hours_weighted")) > 0.0
    assert max(differences(name, base, worse, "remedied_count")) < 0.0


@pytest.mark.parametrize(("name", "base", "worse"), [
    pytest.param("changning_2005q4", CITY, {"supervisors.count": 157}, id="half the supervisors"),
    pytest.param("junmen_2012", COMMUNITY, NO_ASSISTANTS, id="no assistants"),
    pytest.param("junmen_2012", COMMUNITY, {"party.members_count": 0}, id="no party members"),
])  # fmt: skip
def test_who_looks_less_finds_less_and_later(name, base, worse):
    assert min(differences(name, base, worse, "unseen_share")) > 0.0
    assert min(differences(name, base, worse, "occurred_to_found_restricted_mean_h")) > 0.0


def test_waiting_flatters_the_bulletin_and_not_the_problem_hours():
    """The evidence that led to these measures: fewer operators are on time more often, and less is done."""
    full = CITY | {"units.street_crews.people": 12}
    assert max(differences("changning_2005q4", full, TWO_OPERATORS, "remedied_count")) < 0.0
    assert min(differences("changning_2005q4", full, TWO_OPERATORS, "gone_on_arrival_share")) > 0.0
    assert min(differences("changning_2005q4", full, TWO_OPERATORS, "on_time_share_of_filed")) > 0.0


def test_where_crews_have_no_hour_left_a_slow_desk_sorts_for_them():
    """What goes by itself soon has gone when the desk is done with it, and the crews' hours go to what stays.

    So with saturated crews slow operators leave fewer problem-hours: not because waiting is rewarded, but because
    crews serve by deadline, and what goes by itself has the shortest.
    """
    full = CITY | {"units.street_crews.people": 12, "period.days": 45}
    assert told("changning_2005q4", tuple(full.items()), 1)["busiest_unit_utilisation"] > 0.95
    assert differences("changning_2005q4", full, TWO_OPERATORS, "problem_hours")[0] < 0.0
    enough = full | {"units.street_crews.people": 24}
    assert told("changning_2005q4", tuple(enough.items()), 1)["busiest_unit_utilisation"] < 0.95
    assert differences("changning_2005q4", enough, TWO_OPERATORS, "problem_hours")[0] > 0.0
