"""Labour is conserved: hours on duty come from people, people cost money, and nobody works without an end."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from calling import called

from scenarios.hours import hours_per_week
from scenarios.labour import cost_factor, pay_factor, people_per_post, posts_count
from scenarios.loading import ScenarioError, load, names
from scenarios.people import Supervisors
from sim.agents.departments import Unit
from sim.incidents import Incident, Stage
from sim.model import GovernanceModel
from sim.run import simulate

ROUND_THE_CLOCK = "00:00-24:00 daily"


@pytest.mark.parametrize(("text", "hours"), [
    ("08:00-12:00 14:00-18:00 workdays", 40), ("07:00-19:00 daily", 84), ("22:00-06:00 workdays", 40), (ROUND_THE_CLOCK, 168),
])  # fmt: skip
def test_hours_of_a_week(text, hours):
    assert hours_per_week(text) == hours


@pytest.mark.parametrize(("staff", "posts"), [
    pytest.param({"count": 314, "away_share": 0.258}, 111, id="Changning: 314 x 40 x 0.742 / 84 = 110.9"),
    pytest.param({"count": 314, "away_share": 0.258, "hours": "07:00-13:00 daily"}, 222, id="half the hours, twice the posts"),
    pytest.param({"count": 314, "away_share": 0.258, "hours": ROUND_THE_CLOCK}, 55, id="all hours, half the posts"),
    pytest.param({"count": 314, "away_share": 0.258, "weekly_h": 20.0}, 55, id="half the week, half the posts"),
    pytest.param({"count": 0}, 0, id="nobody"),
])  # fmt: skip
def test_posts_follow_from_the_hours_that_people_can_give(staff, posts):
    assert posts_count(Supervisors(**staff)) == posts


def test_a_post_takes_the_more_people_the_longer_it_is_manned_and_the_more_are_away():
    assert people_per_post(Supervisors(hours="08:00-12:00 14:00-18:00 workdays", away_share=0.0)) == 1.0
    assert people_per_post(Supervisors(hours=ROUND_THE_CLOCK, away_share=0.0)) == 4.2
    assert people_per_post(Supervisors(hours=ROUND_THE_CLOCK, away_share=0.5)) == 8.4


def test_overtime_costs_what_is_said():
    assert pay_factor(Supervisors(weekly_h=50.0), 1.5) == (40 + 1.5 * 10) / 40
    assert pay_factor(Supervisors(weekly_h=20.0), 1.5) == 0.5
    assert cost_factor(Supervisors(weekly_h=80.0, hours="07:00-17:00 daily", away_share=0.125), 1.0) == pytest.approx(
        2.0
    )


@pytest.mark.parametrize("path", ["supervisors", "supervision_centre", "command_centre", "units.street_crews"])
def test_a_week_beyond_the_law_is_refused_unless_it_is_paid(path):
    with pytest.raises(ScenarioError) as error:
        load("changning_2005q4", {f"{path}.weekly_h": 45.0})
    assert error.value.problems == [
        f"--set: {path}.weekly_h = 45 must be at most 44, or costs.overtime_pay must say what hours beyond 40 cost "
        "(by law 1.5 at least)"
    ]
    load("changning_2005q4", {f"{path}.weekly_h": 45.0, "costs.overtime_pay": 1.5})


def test_a_token_for_an_hour_of_overtime_is_no_pay():
    with pytest.raises(ScenarioError) as error:
        load("changning_2005q4", {"supervisors.weekly_h": 60.0, "costs.overtime_pay": 0.1})
    assert error.value.problems == ["--set: costs.overtime_pay = 0.1 must be 0 (none is paid) or at least 1.5, by law"]


def test_people_who_cannot_man_one_post_are_refused():
    with pytest.raises(ScenarioError) as error:
        load("junmen_2012", {"supervisors.count": 1})
    assert error.value.problems == [
        "--set: supervisors.count = 1 man no post: 37 h a week, and a post has 84; employ 3, or shorten supervisors.hours"
    ]


@pytest.mark.parametrize("unit", ["grid_manager", "grid_assistant"])
def test_posts_of_the_grid_round_the_clock_cost_as_many_times_more_as_they_are_manned_longer(unit):
    changes = {"period.days": 28}
    day = simulate(load("junmen_2012", changes), 1)
    always = simulate(load("junmen_2012", changes | {f"units.{unit}.hours": ROUND_THE_CLOCK}), 1)
    wages = 8 * load("junmen_2012").parameters.units[unit].wage_yuan_per_month * 28 * 24 / 730.5
    assert always.indicators["cost_yuan"] - day.indicators["cost_yuan"] == pytest.approx(3.2 * wages)
    assert always.indicators["employed_count"] - day.indicators["employed_count"] == pytest.approx(8 * 3.2)
    assert always.indicators["staffed_hours"] - day.indicators["staffed_hours"] == pytest.approx(8 * (28 * 24 - 20 * 8))


@pytest.mark.parametrize("hours", ["07:00-13:00 daily", "05:00-21:00 daily", ROUND_THE_CLOCK])
def test_other_hours_of_a_patrol_are_no_more_hours_and_no_other_cost(hours):
    """Equal people, equal staffed hours, equal cost: whole posts are all that is rounded."""
    changes = {"period.days": 7}
    usual = simulate(load("changning_2005q4", changes), 1).indicators
    other = simulate(load("changning_2005q4", changes | {"supervisors.hours": hours}), 1).indicators
    assert other["cost_yuan"] == pytest.approx(usual["cost_yuan"])
    assert other["staffed_hours"] == pytest.approx(usual["staffed_hours"], rel=0.02)


@pytest.mark.parametrize("name", names())
def test_nobody_in_the_library_works_beyond_the_law(name):
    parameters = load(name).parameters
    staffs = [
        parameters.supervisors,
        parameters.supervision_centre,
        parameters.command_centre,
        *parameters.units.values(),
    ]
    assert max(staff.weekly_h for staff in staffs) <= 44


def test_a_run_tells_how_busy_each_unit_was_and_on_which_it_hangs(tmp_path):
    """The overall share hides it: of all units' hours an eighth is used, and those on which everything hangs have none left."""
    told = json.loads(called(tmp_path, "run", "changning_2005q4", "--set", "period.days=20", "--json").stdout)
    units = {unit["unit"]: unit for unit in told["units"]}
    assert units["street_crews"]["utilisation"] == told["indicators"]["busiest_unit_utilisation"]["mean"] > 0.95
    assert told["indicators"]["unit_utilisation"]["mean"] < 0.2
    assert units["street_crews"]["waiting_most"] > units["street_crews"]["waiting_mean"] > 1
    assert units["property_companies"]["people"] == 180
    shown = called(tmp_path, "run", "changning_2005q4", "--set", "period.days=20", "--all").stdout
    assert "This plan hangs on street crews: " in shown
    assert "It hangs on street crews, who have no hours to spare" in " ".join(shown.split())
    assert "hangs on utilities crews" not in shown


def test_a_comparison_says_which_plan_hangs_on_which_unit(tmp_path):
    words = [f"changning_2005q4 --set units.street_crews.people={crews}" for crews in (8, 24)]
    words += ["--set", "period.days=10"]
    told = json.loads(called(tmp_path, "compare", *words, "--replications", "2", "--workers", "1", "--json").stdout)
    first, second = told["saturated"]
    assert list(told["saturated"][first]) == ["street_crews"]
    assert told["saturated"][second] == {}
    assert [line for line in told["warnings"] if line.startswith(f"{first} hangs on street crews, ")]


def test_waiting_is_counted_by_the_hour(monkeypatch):
    """What a unit counts is what its cases waited between arriving and being started, and those that still wait."""
    model = GovernanceModel(load(str(Path(__file__).parent / "theory" / "one_queue.toml")), 1)
    (unit,) = model.units
    waits_h, start = [], Unit.start

    def noted(self: Unit, incident: Incident) -> None:
        waits_h.append(model.now_h - incident.dispatched_h)
        start(self, incident)

    monkeypatch.setattr(Unit, "start", noted)
    model.run_for(60 * 24)
    still_h = sum(model.now_h - each.dispatched_h for each in model.log.incidents if each.stage is Stage.DISPATCHED)
    assert unit.waited_h(model.now_h) == pytest.approx(sum(waits_h) + still_h)
    assert unit.most_waiting > 1
    assert sum(waits_h) > 24


def test_beside_a_comparison_stands_what_each_plan_takes_and_what_an_hour_costs_that_it_saves(tmp_path):
    more = "junmen_2012 --set units.grid_assistant.people=3"
    words = ["junmen_2012", more, "junmen_pooled", "--set", "period.days=30", "--replications", "4", "--workers", "1"]
    told = json.loads(called(tmp_path, "compare", *words, "--json").stdout)
    takes, hour = told["takes"], told["yuan_per_problem_hour_saved"]
    assert list(takes["grids_count"].values()) == [8, 8, 2]
    assert list(takes["posts_count"].values()) == [24, 40, 24]
    a_year = takes["cost_yuan_per_year"][more] - takes["cost_yuan_per_year"]["junmen_2012"]
    saved = takes["problem_hours"]["junmen_2012"] - takes["problem_hours"][more]
    assert hour[more] == pytest.approx(a_year / (saved * 365.25 / 30))
    assert hour["junmen_pooled"] is None, "it costs less, so no hour that it saves has a price"
    shown = called(tmp_path, "compare", *words).stdout
    assert shown.index("What each plan takes") < shown.index("B − A")
