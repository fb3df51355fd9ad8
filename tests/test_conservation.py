"""Every incident is in exactly one place at every hour, its times are in order, and nobody does two things at once."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from auditing import loads

from scenarios.loading import load, names
from sim.agents.departments import Unit
from sim.incidents import Stage
from sim.indicators import handling_h
from sim.model import GovernanceModel
from sim.rules.escalation import ESCALATION_RULES, Reason, ladder
from sim.run import simulate


@pytest.mark.parametrize("name", ["junmen", "changning", "dongcheng"])
def test_every_incident_is_in_one_stage_at_every_hour(name, request):
    scenario = request.getfixturevalue(name)
    model = GovernanceModel(scenario, seed=3)
    for _ in range(scenario.parameters.period.days * 24):
        model.step()
        stages = Counter(incident.stage for incident in model.log.everything)
        assert [stages[stage] for stage in Stage] == model.log.standing
        occurred = int(np.searchsorted(model.arrivals.occurred_h, model.now_h, side="right"))
        assert len(model.log.incidents) == occurred
        assert sum(model.log.standing) == occurred + len(model.log.returned)
        handling = [i for i in model.log.everything if i.stage is Stage.HANDLING]
        in_units = sum(len(unit._in_hand) for unit in model.units)
        volunteers = sum(incident.unit is None for incident in handling)
        assert len(handling) == in_units + volunteers
        assert all(len(unit._in_hand) <= unit.people for unit in model.units)


@pytest.mark.parametrize("name", ["junmen", "changning", "dongcheng"])
def test_the_times_of_a_case_are_in_order(name, request):
    cases = simulate(request.getfixturevalue(name), seed=4).cases
    order = ["occurred_h", "found_h", "filed_h", "handled_h", "closed_h"]
    times = cases[order].to_numpy()
    for row in times:
        known = row[~np.isnan(row)]
        assert (np.diff(known) >= 0).all()
    dispatched = cases.dropna(subset=["dispatched_h", "handled_h"])
    assert (dispatched.dispatched_h <= dispatched.handled_h).all()
    assert (cases.found_h.isna() | cases.found_by.notna()).all()


@pytest.mark.parametrize("name", ["junmen", "changning", "dongcheng"])
def test_counts_add_up_across_definitions(name, request):
    outcome = simulate(request.getfixturevalue(name), seed=5)
    value = outcome.indicators
    unfound = value["unseen_share"] * value["occurred_count"]
    found_again = int((outcome.record.found & ~outcome.record.occurred).sum())
    assert unfound + value["found_count"] - found_again == pytest.approx(value["occurred_count"])
    ends = Counter(outcome.cases.stage.astype(str))
    found_and_vanished = int((outcome.cases.found_h.notna() & (outcome.cases.stage == "vanished")).sum())
    solved = ends["closed"] + ends["solved_on_the_spot"] + ends["solved_in_grid"]
    assert value["solved_count"] == solved
    assert value["found_count"] == solved + ends["rejected"] + found_and_vanished + value["backlog_count"]
    for column, count in (("occurred", "occurred_count"), ("found", "found_count"), ("filed", "filed_count")):
        assert outcome.daily[column].sum() == value[count]
    assert outcome.daily.backlog.iloc[-1] == value["backlog_count"]


@pytest.mark.parametrize("name", names())
def test_handling_lies_within_filing_to_closing(name):
    """For every closed case: a post of the grid may have had it long before it was filed."""
    small = load(name).parameters.territory.communities_count == 1
    record = simulate(load(name, {"period.days": 90 if small else 10}), seed=8).record
    handled_h, whole_h = handling_h(record), record.filed_to_closed_h
    assert len(handled_h) == len(whole_h) == record.closed.sum() > 0
    assert (handled_h >= 0.0).all()
    assert (handled_h <= whole_h).all()


def test_nobody_works_off_duty(changning, monkeypatch):
    """Work is taken up on duty only, and each piece ends on duty."""
    seen = []
    original = Unit.start

    def start(unit, incident):
        seen.append(unit.hours.on_duty(unit.model.now_h))
        original(unit, incident)

    monkeypatch.setattr(Unit, "start", start)
    simulate(changning, seed=6, engine="mesa")
    assert len(seen) > 500
    assert all(seen)


def test_nobody_is_served_by_a_unit_without_people(changning):
    scenario = load("changning_2005q4", {"period.days": 10, "units.street_crews.people": 0})
    cases = simulate(scenario, seed=1).cases
    street = cases[cases.category == "street_order"]
    assert street.filed_h.notna().sum() > 100
    assert not (street.stage == "closed").any()


def test_without_patrols_or_reports_everything_stays_unseen():
    scenario = load(
        "changning_2005q4",
        {"period.days": 10, "supervisors.count": 0, "rules.reporting": "silent", "party.members_count": 0},
    )
    value = simulate(scenario, seed=1).indicators
    assert value["occurred_count"] > 3000
    assert value["found_count"] == 0
    assert value["unseen_share"] == 1.0


def test_hourly_steps_and_one_long_run_give_the_same_history(junmen):
    steps = GovernanceModel(junmen, seed=2)
    for _ in range(60 * 24):
        steps.step()
    run = GovernanceModel(junmen, seed=2)
    run.run_for(60 * 24)
    assert [i.closed_h for i in steps.log.incidents] == [i.closed_h for i in run.log.incidents]
    assert steps.datacollector.get_model_vars_dataframe().equals(run.datacollector.get_model_vars_dataframe())
    assert len(run.agents) == sum(len(agents) for agents in run.agents_by_type.values())
    assert run.now_h == run.time == 60 * 24


def declining(*reasons: Reason, named_before: bool = False, of: int = 1):
    """The ladder, but it declines for these reasons: at once or at the second time of asking, always or once in so many."""
    asked = Counter()

    def rule(case, severity, reason, rungs):
        asked[case.number, case.ticket, reason] += 1
        asked["all"] += 1
        second = asked[case.number, case.ticket, reason] > 1
        declines = reason in reasons and (second or not named_before) and asked["all"] % of == 0
        asked[reason, declines] += 1
        return None if declines else ladder(case, severity, reason, rungs)

    return rule, asked


DECLINING = [
    pytest.param((Reason.TOO_LATE,), {"named_before": True}, id="for too late, after having named a level"),
    pytest.param((Reason.TOO_LATE,), {}, id="for too late at all"),
    pytest.param((Reason.ATTEMPTS_USED_UP,), {}, id="for attempts used up"),
    pytest.param((Reason.TOO_SEVERE,), {}, id="for too severe"),
    pytest.param((Reason.NEW,), {}, id="for a new case"),
    pytest.param(tuple(Reason), {"of": 3}, id="one time in three, whatever the reason"),
    pytest.param(tuple(Reason), {"named_before": True, "of": 2}, id="sometimes, after having named a level"),
]


@pytest.mark.parametrize(("reasons", "how"), DECLINING)
def test_a_rule_that_declines_to_climb_leaves_every_queue_with_the_cases_that_are_there(reasons, how, monkeypatch):
    rule, asked = declining(*reasons, **how)
    monkeypatch.setitem(ESCALATION_RULES, "own", rule)
    people = {f"units.{name}.settle_prob": 0.4 for name in ("grid_manager", "grid_assistant", "community_office")}
    limits = {
        "escalation.grid_limit_h": 2.0,
        "escalation.community_limit_h": 5.0,
        "escalation.subdistrict_limit_h": 9.0,
    }
    scenario = load(
        "junmen_2012", {"period.days": 60, "demand.scale": 8.0, "rules.escalation": "own", **limits, **people}
    )
    model = GovernanceModel(scenario, seed=3)
    for _ in range(60 * 24):
        model.step()
        assert {unit: unit.load for unit in model.units} == loads(model)
    asked_twice = {Reason.TOO_LATE} if how.get("named_before") else set(Reason)
    assert all(asked[reason, True] > 5 for reason in asked_twice.intersection(reasons))
    assert sum(unit.load for unit in model.units) > 5


def test_a_rule_that_names_a_level_without_a_unit_is_told_so(monkeypatch):
    monkeypatch.setitem(ESCALATION_RULES, "own", lambda case, severity, reason, rungs: 7)
    scenario = load("junmen_2012", {"period.days": 10, "rules.escalation": "own"})
    with pytest.raises(ValueError, match=r'rules.escalation = "own" names 7 for \w+, which must be one of grid, '):
        simulate(scenario, seed=1)
