"""Same seed, same history; another plan, the same incidents with the same luck."""

from __future__ import annotations

import subprocess
import sys

import pandas as pd
import pytest

import sim.agents.party
import sim.agents.residents
import sim.demand
from scenarios.loading import load
from sim.closed_forms import draw
from sim.incidents import Incident, Luck
from sim.model import GovernanceModel
from sim.randomness import draw_column
from sim.run import simulate

GIVEN = ["occurred_h", "site", "x_m", "y_m", "category", "severity"]
DAYS = {"period.days": 10}

PLANS = [
    pytest.param({"supervisors.count": 157}, id="half the supervisors"),
    pytest.param({"territory.cell_area_m2": 101_960.0}, id="cells four times as large"),
    pytest.param({"rules.patrol": "random"}, id="patrol at random"),
    pytest.param({"rules.patrol": "cooperative"}, id="patrol cooperatively"),
    pytest.param({"rules.escalation": "none"}, id="no escalation"),
    pytest.param({"units.street_crews.people": 30, "units.street_crews.queue_rule": "first_come"}, id="more crews"),
    pytest.param({"party.members_count": 0}, id="no party members"),
    pytest.param({"command_centre.operators_count": 1}, id="one dispatcher"),
]

SOCIAL_PLANS = [
    pytest.param({"territory.households_per_social_grid": 750.0}, id="social grids twice as large"),
    pytest.param({"rules.dispatch": "first_listed"}, id="always the first unit"),
    pytest.param({"rules.escalation": "by_severity"}, id="straight to the level meant for it"),
    pytest.param({"units.grid_manager.rounds_share": 0.0}, id="no rounds by managers"),
    pytest.param({"party.members_count": 60}, id="fewer party members"),
    pytest.param({"residents.residents_per_agent": 40.0}, id="fewer agents for the residents"),
]


def given(cases: pd.DataFrame) -> pd.DataFrame:
    """What occurs, whatever anybody does about it."""
    return cases.loc[cases["came_back_of"] < 0, GIVEN]


@pytest.fixture(scope="module")
def base() -> pd.DataFrame:
    return simulate(load("changning_2005q4", DAYS), seed=11).cases


@pytest.mark.parametrize("plan", PLANS)
def test_another_plan_meets_the_same_incidents(base, plan):
    other = simulate(load("changning_2005q4", DAYS | plan), seed=11).cases
    pd.testing.assert_frame_equal(given(base), given(other), check_exact=True)
    assert not base.equals(other), "the plan changed nothing at all"


@pytest.mark.parametrize("plan", SOCIAL_PLANS)
def test_another_plan_for_a_community_meets_the_same_incidents(junmen, plan):
    before = simulate(junmen, seed=11).cases
    after = simulate(load("junmen_2012", {"period.days": 60} | plan), seed=11)
    pd.testing.assert_frame_equal(before[GIVEN], after.cases[GIVEN], check_exact=True)
    if plan != {"residents.residents_per_agent": 40.0}:
        assert not before.equals(after.cases), "the plan changed nothing at all"


LUCKY_PLANS = [*PLANS, pytest.param({"period.days": 6}, id="a longer run")]


@pytest.mark.parametrize("plan", LUCKY_PLANS)
def test_another_plan_leaves_every_column_of_luck_alone(plan):
    short = {"period.days": 2}
    one, other = (GovernanceModel(load("changning_2005q4", changes), seed=7) for changes in (short, short | plan))
    for model in (one, other):
        model.run_for(48)
    assert len(one.log.incidents) > 800
    for before, after in zip(one.log.incidents, other.log.incidents, strict=True):
        assert before.key == after.key
        assert [before.luck(column) for column in Luck] == [after.luck(column) for column in Luck]


ASKED_BY = {
    "SEVERITY": {"_draw_category"}, "GONE": {"_ends"}, "WORSENS": {"severity_at"},
    "PASSES": {"chances"}, "ON_THE_SPOT": {"find"},
    "REPORT": {"sightings", "would_report"}, "WITNESS_DISTANCE": {"_witnesses"}, "WITNESS_DIRECTION": {"_witnesses"},
    "WITNESS": {"_witnesses"}, "NOTICE_DELAY": {"sightings"}, "CHANNEL": {"sightings"},
    "HOUSEHOLD": {"chance"}, "VISITS": {"chance"},
    "MEMBER": {"notices"}, "MEMBER_NOTICES": {"notices"}, "MEMBER_DELAY": {"notices"}, "VOLUNTEER": {"finish"},
    "REJECT": {"hear_verification"}, "WRONG_UNIT": {"_goes_astray"},
    "WORK": {"hours_needed", "try_to_settle"},  # the same work, whoever does it
    "SETTLE": {"finish"}, "EXTENSION": {"grants_extension"}, "CHECK": {"hear_check"}, "HANG": {"hangs"},
    "HANG_TIME": {"hangs_for_h"}, "TAKE_UP": {"taken_up"}, "SEEN_AGAIN": {"_see_again"}, "COMES_BACK": {"back_h"},
    "BACK_AFTER": {"back_h"},
    "KEY_WHEN_BACK": set(),  # no number, but the key of another incident
}  # fmt: skip
"""Which functions may ask for which column: each column answers one question, or two questions would share their luck."""


def test_each_column_of_luck_answers_one_question(monkeypatch, dongcheng):
    asked: dict[str, set[str]] = {column.name: set() for column in Luck}

    def overheard(original):
        def ask(first, column, *rest):
            caller = sys._getframe(1).f_code.co_name
            if caller != "luck" and caller != "incidents":
                asked[column.name].add(caller)
            return original(first, column, *rest)

        return ask

    monkeypatch.setattr(Incident, "luck", overheard(Incident.luck))
    for module in (sim.demand, sim.agents.party, sim.agents.residents):
        monkeypatch.setattr(module, "draw_column", overheard(draw_column))
    for name, days in (("junmen_2012", 30), ("nanhu", 60), ("changning_2005q4", 5)):
        simulate(load(name, {"period.days": days, "rules.patrol": "cooperative"}), seed=2, engine="mesa")
    task = {"categories.street_order.take_up_prob": 0.5, "supervisors.task_per_day": 2.0}
    simulate(load("changning_2005q4", {"period.days": 5} | task), seed=2, engine="mesa")
    simulate(dongcheng, seed=2, engine="mesa")
    assert asked == ASKED_BY


def test_luck_drawn_ahead_is_the_luck_that_would_be_drawn():
    model = GovernanceModel(load("changning_2005q4", {"period.days": 2}), seed=7)
    model.run_for(48)
    for incident in model.log.incidents[::50]:
        assert [incident.luck(column) for column in Luck] == [draw(incident.key, column) for column in Luck]


def test_a_longer_run_repeats_the_shorter_one(base):
    longer = simulate(load("changning_2005q4", {"period.days": 40}), seed=11).cases
    pd.testing.assert_frame_equal(given(base), given(longer).iloc[: len(given(base))], check_exact=True)
    early = longer.found_h < 240
    assert longer.found_h[early].tolist() == base.found_h.dropna().tolist(), "and what comes back, comes back"


def test_another_rate_of_one_category_leaves_the_others_alone(base):
    other = simulate(load("changning_2005q4", DAYS | {"categories.street_order.rate": 5.0}), seed=11).cases
    for category in base.category.cat.categories.drop("street_order"):
        before, after = (given(cases[cases.category == category]).reset_index(drop=True) for cases in (base, other))
        pd.testing.assert_frame_equal(before, after, check_exact=True)


def test_the_same_seed_gives_the_same_history_to_the_last_bit(base):
    again = simulate(load("changning_2005q4", DAYS), seed=11)
    pd.testing.assert_frame_equal(base, again.cases, check_exact=True)


def test_another_seed_gives_another_history(base):
    assert simulate(load("changning_2005q4", DAYS), seed=12).cases.occurred_h.iloc[0] != base.occurred_h.iloc[0]


def test_another_process_gives_the_same_history(junmen):
    program = (
        "from scenarios.loading import load; from sim.run import simulate;"
        "simulate(load('changning_111', {'period.days': 2}), 5);"
        "print(simulate(load('junmen_2012', {'period.days': 60}), 9).cases.closed_h.sum().hex())"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.strip()
    assert told == float(simulate(junmen, 9).cases.closed_h.sum()).hex()


def test_the_order_in_which_scenarios_are_run_changes_nothing(junmen):
    quarter = load("changning_2005q4", {"period.days": 3})
    first = [simulate(scenario, 9).cases for scenario in (junmen, quarter)]
    then = [simulate(scenario, 9).cases for scenario in (quarter, junmen)]
    for one, other in zip(first, reversed(then), strict=True):
        pd.testing.assert_frame_equal(one, other, check_exact=True)
