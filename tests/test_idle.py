"""A lever that changes nothing says so and why."""

from __future__ import annotations

import fnmatch
import json

import pytest
from calling import called

from experiments.comparing.idle import SWITCHES, Idle, IdleLever, idle_levers, switch_of
from experiments.words.comparisons import IDLE
from scenarios.loading import load
from scenarios.parameters import walk


@pytest.mark.parametrize(("name", "changes", "told"), [
    ("changning_2005q4", {"rules.dispatch": "nearest"}, [("rules.dispatch", Idle.ONE_UNIT)]),
    ("changning_2005q4", {"rules.escalation": "direct"}, []),
    ("dongcheng_2004", {"rules.escalation": "direct"}, [("rules.escalation", Idle.ONE_LEVEL)]),
    ("junmen_2012", {"rules.escalation": "direct"}, []),
    ("junmen_2012", {"rules.dispatch": "nearest"}, []),
    ("junmen_2012", {"supervisors.count": 8, "rules.patrol": "random"},
     [("supervisors.count", Idle.NOTHING_TO_SEE), ("rules.patrol", Idle.NOTHING_TO_SEE)]),
    ("changning_2005q4", {"supervisors.count": 0}, []),
    ("junmen_2012", {"units.community_office.people": 3}, []),
])  # fmt: skip
def test_levers_that_cannot_act_are_known_with_their_reason(name, changes, told):
    found = idle_levers(load(name), load(name, changes), same_history=False)
    assert [(lever.path, lever.why) for lever in found] == told


@pytest.mark.parametrize(("path", "switch"), [
    ("learning.start_up_days", "learning.start_up_slowness"), ("learning.experience_cases", "learning.exponent"),
    ("categories.construction.comes_back_mean_h", "categories.construction.comes_back_prob"),
    ("units.street_crews.rounds_visits_per_year", "units.street_crews.rounds_share"),
])  # fmt: skip
def test_what_another_parameter_turns_off_cannot_act_and_that_parameter_is_named(path, switch):
    scenario, on = load("changning_2005q4", {switch: 0.0}), {switch: 0.3}
    assert idle_levers(scenario, load("changning_2005q4", {switch: 0.0, path: 7.0}), same_history=False) == (
        IdleLever(path, Idle.SWITCHED_OFF, switch),
    )
    if "rounds" not in path:  # only grid posts make rounds; a city has none
        both = load("changning_2005q4", on), load("changning_2005q4", {**on, path: 7.0})
        assert idle_levers(*both, same_history=False) == ()


def test_every_switch_is_a_parameter_that_turns_off_at_nothing():
    known = {path: value for path, _, _, value in walk(load("changning_2005q4").parameters)}
    for pattern in SWITCHES:
        there = fnmatch.filter(known, pattern)
        assert there
        assert all(switch_of(path) in known for path in there)


def test_what_cannot_act_in_one_plan_may_act_in_the_other():
    nobody = load("junmen_2012", {"party.members_count": 0})
    assert idle_levers(load("junmen_2012"), nobody, same_history=False) == ()
    other = load("junmen_2012", {"party.members_count": 0, "party.weekly_h": 9.0})
    assert [lever.why for lever in idle_levers(nobody, other, same_history=False)] == [Idle.NO_MEMBERS]


def test_every_reason_has_its_sentence():
    assert set(IDLE) == set(Idle)


def test_a_comparison_says_which_lever_changes_nothing_and_nothing_has_changed(tmp_path):
    words = ["changning_2005q4", "changning_2005q4 --set rules.dispatch=nearest", "--set", "period.days=5"]
    told = json.loads(called(tmp_path, "compare", *words, "--replications", "2", "--workers", "1", "--json").stdout)
    assert told["warnings"][0] == (
        "changning_2005q4 --set rules.dispatch=nearest: rules.dispatch changes nothing here: no class of incidents has "
        "two competent units at one level, so there is nobody to choose from"
    )
    assert told["indicators"] == {}, "all indicators are equal"


def test_a_rule_that_could_act_and_met_no_case_is_told_too(tmp_path):
    """Which level first: by severity, or the lowest. Where small things alone have two levels, that is the same."""
    words = ["changning_2005q4", "changning_2005q4 --set rules.escalation=ladder", "--set", "period.days=5"]
    told = json.loads(called(tmp_path, "compare", *words, "--replications", "2", "--workers", "1", "--json").stdout)
    assert told["warnings"][0].endswith(
        "rules.escalation changes nothing here: in these runs no incident came where it decides"
    )


def test_supervisors_who_can_see_nothing_cost_something_all_the_same(tmp_path):
    words = ["junmen_2012", "junmen_2012 --set supervisors.count=20", "--set", "period.days=20"]
    told = json.loads(called(tmp_path, "compare", *words, "--replications", "2", "--workers", "1", "--json").stdout)
    assert told["warnings"][0].startswith(f"{words[1]}: supervisors.count finds nothing here (+")
    assert " yuan a year all the same): " in told["warnings"][0]
    assert told["warnings"][0].endswith(
        "whoever passes by can see none of the incidents, so supervisors only verify and check"
    )


def test_a_wage_is_no_lever_that_changes_nothing():
    dearer = load("junmen_2012", {"units.grid_manager.wage_yuan_per_month": 9000.0, "costs.grid_yuan_per_year": 1.0})
    assert idle_levers(load("junmen_2012"), dearer, same_history=True) == ()
