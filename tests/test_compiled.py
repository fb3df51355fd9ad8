"""The compiled engine gives the same history as the Mesa model, to the last bit; refuses what it does not know; never crashes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from worlds import BASES, World, worlds

from scenarios.loading import Scenario, load, names
from sim import recording, run, tables
from sim.agents.departments import Department, Unit
from sim.closed_forms import standard_normal
from sim.compiled import cache, readiness
from sim.compiled.built_in import unknown_rules
from sim.incidents import Deed, Finder, Incident, Stage
from sim.model import GovernanceModel
from sim.rules.dispatch import DISPATCH_RULES
from sim.rules.escalation import ESCALATION_RULES
from sim.rules.patrol import PATROL_RULES, Route
from sim.run import simulate, watch, without_garbage_collection

pytest.importorskip("numba")
from sim.compiled import checking, history, interpreted, outcome
from sim.compiled.layout import CASE
from sim.compiled.plan import Plan

HEAVY = os.environ.get("VERIFY") == "heavy"
SEEDS = (1, 2)
WORLDS_EACH = 500 if HEAVY else 38
DAYS = {"dongcheng_2004": 15, "dongcheng_2010": 5, "dongcheng_2015": 5, "expo_2010": 10, "dongcheng_before": 60}
DAYS_OF_A_DISTRICT, DAYS_OF_A_COMMUNITY = 30, 120


class Both(NamedTuple):
    """One history, by each engine."""

    mesa: GovernanceModel
    compiled: history.History


def both(scenario: Scenario, chance: int) -> Both:
    with without_garbage_collection():
        model = GovernanceModel(scenario, chance, keeps_steps=True)
        model.pass_days(scenario.parameters.period.days)
    return Both(model, history.History(Plan(scenario), chance, keeps_steps=True).play())


def same_parts(made: GovernanceModel | history.History) -> dict[str, np.ndarray]:
    """Everything that a history is known by, by either engine: arrays by name."""
    if isinstance(made, GovernanceModel):
        columns, doings = tables.columns_of(made), recording.doings_of(made)
        totals, events = made.datacollector.model_vars, made.calendar.happened_count
        scores = [getattr(unit, "score", 1.0) for unit in made.units]
        trust, steps = np.full(made.neighbourhood.count, made.params.residents.trust_initial), made.log.steps(made)
        for number, resident in made.neighbourhood.met.items():
            trust[number] = resident.trust
    else:
        columns, doings = outcome.columns_of(made), outcome.doings_of(made)
        totals, events = outcome.totals_of(made), outcome.events_count(made)
        scores = made.arrays["units"]["score"][: len(made.plan.city.units)]
        trust, steps = made.arrays["trust"]["value"][: made.plan.city.neighbourhood.count], outcome.steps_of(made)
    parts = {f"column {name}": columns[name] for name in sorted(columns)}
    parts |= {f"doings {name}": np.asarray(getattr(doings, name), dtype=float) for name in doings._fields}
    parts |= {f"total {name}": np.asarray(totals[name]) for name in totals}
    parts |= {f"step {name}": getattr(steps, name) for name in steps._fields}
    return parts | {"events": np.array([events]), "scores": np.asarray(scores, dtype=float), "trust": trust}


def differences(pair: Both) -> list[str]:
    """Everything in which the two differ; none: equal to the last bit."""
    one, other = same_parts(pair.mesa), same_parts(pair.compiled)
    assert one.keys() == other.keys()
    return [name for name in one if not same(one[name], other[name])]


def same(one: np.ndarray, other: np.ndarray) -> bool:
    return one.dtype.kind == other.dtype.kind and np.array_equal(one, other, equal_nan=one.dtype.kind == "f")


def of_the_library(name: str) -> Scenario:
    small = load(name).parameters.territory.communities_count == 1
    days = DAYS.get(name, DAYS_OF_A_COMMUNITY if small else DAYS_OF_A_DISTRICT)
    return load(name, {"period.days": days})


@pytest.mark.parametrize("chance", SEEDS)
@pytest.mark.parametrize("name", names())
def test_a_history_of_the_library_is_the_same(name, chance):
    assert differences(both(of_the_library(name), chance)) == []


@pytest.mark.parametrize("engine", ["mesa", "compiled"])
def test_whoever_watches_changes_nothing(engine):
    scenario = of_the_library("changning_2005q4")
    alone, watched = simulate(scenario, 1, engine), watch(scenario, 1, engine)
    pd.testing.assert_frame_equal(watched.outcome.cases, alone.cases)
    pd.testing.assert_frame_equal(watched.outcome.daily, alone.daily)
    assert watched.outcome.events_count == alone.events_count


def test_steps_are_how_the_record_came_about():
    """Counted again from the steps alone: every count and the last stage of every incident."""
    _, steps, _ = watched = watch(load("dongcheng_2010", {"period.days": 20}), 1)
    record = watched.outcome.record
    assert (np.diff(steps.time_h) >= 0.0).all()
    is_stage = steps.what < len(Stage)
    last = np.full(len(record.stage), Stage.OCCURRED)
    last[steps.incident[is_stage]] = steps.what[is_stage]  # numpy: of several, the last holds
    back = record.came_back_of >= 0
    np.testing.assert_array_equal(last[~back], record.stage[~back])
    counted = {
        "escalations": Deed.CLIMB,
        "extensions": Deed.EXTENSION,
        "duplicates": Deed.REPORTED_AGAIN,
        "hung": Deed.SET_ASIDE,
    }
    for name, deed in counted.items():
        of_deed = steps.incident[steps.what == deed]
        np.testing.assert_array_equal(np.bincount(of_deed, minlength=len(last)), getattr(record, name), err_msg=name)
        assert len(of_deed) or name == "hung"
    found = steps.incident[steps.what == Deed.FIND]
    np.testing.assert_array_equal(np.sort(found), np.flatnonzero(record.found_by == Finder.SUPERVISOR))


def test_a_crew_of_hundreds_that_starts_at_once_finds_room():
    """Each case that is started on enters an event: more than the few that any other event enters."""
    crowds = {f"units.{name}.people": 400 for name in load("changning_2005q4").parameters.units}
    for scale in (0.5, 1.0, 2.0, 4.0):
        scenario = load("changning_2005q4", {"period.days": 3, "demand.scale": scale, **crowds})
        assert simulate(scenario, 1, "compiled").events_count == simulate(scenario, 1, "mesa").events_count


@pytest.mark.parametrize("base", BASES)
def test_histories_of_worlds_drawn_by_chance_are_the_same(base):
    @seed(16)
    @settings(max_examples=WORLDS_EACH, database=None, deadline=None, phases=[Phase.generate],
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(worlds(base), st.integers(0, 9))
    def check(world: World, chance: int) -> None:
        assert differences(both(world.scenario(), chance)) == [], world

    check()


AT_ONCE = {
    "supervision_centre.intake_h": 0.0, "supervision_centre.filing_h": 0.0, "supervision_centre.closing_h": 0.0,
    "command_centre.dispatch_h": 0.0, "command_centre.forward_h": 0.0, "supervisors.on_the_spot_h": 0.0,
    "supervisors.report_h": 0.0, "supervisors.verify_h": 0.0, "supervisors.check_h": 0.0,
    "escalation.step_up_h": 0.0, "command_centre.return_delay_h": 0.0, "command_centre.misdispatch_prob": 0.5,
    "supervision_centre.check_fail_prob": 0.5,
}  # fmt: skip
"""Nothing takes time at the desks, so that many things happen at one moment."""
SAME_OPENING = {"supervision_centre.hours": "09:00-17:00 workdays", "command_centre.hours": "09:00-17:00 workdays",
                "supervisors.hours": "09:00-17:00 workdays"}  # fmt: skip
"""Everybody begins at the same hour."""


def every_unit(name: str, **values: object) -> dict[str, object]:
    return {f"units.{unit}.{key}": value for unit in load(name).parameters.units for key, value in values.items()}


TIES = {
    "at once": ("changning_2005q4", {"period.days": 10} | AT_ONCE),
    "at once, same opening": ("changning_2005q4", {"period.days": 10} | AT_ONCE | SAME_OPENING
                              | every_unit("changning_2005q4", hours="09:00-17:00 workdays", mobilise_h=0.0)),
    "several posts on a round": ("changning_2005q4", {"period.days": 10, "supervisors.working_grids_count": 20,
                                                      "supervisors.errand_h_per_km": 0.5}),
    "posts that share cells": ("expo_2010", {"period.days": 6, "supervisors.working_grids_count": 6}),
    "equal severity": ("dongcheng_2010", {"period.days": 4, "rules.escalation": "by_severity"}
                       | every_unit("dongcheng_2010", queue_rule="most_severe")),
    "first come": ("changning_2005q4", {"period.days": 10} | every_unit("changning_2005q4", queue_rule="first_come")),
    "tasks": ("dongcheng_2015", {"period.days": 4, "supervisors.task_per_day": 1.0}),
    "tasks at random": ("dongcheng_2015", {"period.days": 4, "supervisors.task_per_day": 2.0, "rules.patrol": "random"}),
    "everything comes back": ("changning_2005q4", {
        "period.days": 10, "categories.street_order.comes_back_prob": 1.0,
        "categories.street_order.comes_back_mean_h": 2.0}),
    "hurry, practice and a beginning": ("changning_learning", {
        "period.days": 10, "learning.scoring_response": 0.9, "learning.exponent": 0.5}),
    "gamma work": ("changning_2005q4", {"period.days": 6, "categories.street_order.work_distribution": "gamma",
                                        "categories.public_utilities.work_distribution": "gamma"}),
    "nobody is there": ("junmen_2012", {"period.days": 30, "territory.residents_per_household": 1.0,
                                        "party.members_count": 0} | every_unit("junmen_2012", people=0)),
    "a volunteer at a time": ("junmen_2012", {"period.days": 120, "party.weekly_h": 3.0}),
    "too late for everybody": ("junmen_2012", {
        "period.days": 120, "escalation.grid_limit_h": 2.0, "escalation.community_limit_h": 4.0,
        "escalation.subdistrict_limit_h": 8.0, "units.grid_manager.casework_share": 0.02,
        "units.community_office.casework_share": 0.02}),
    "nearest": ("junmen_pooled", {"period.days": 120, "rules.dispatch": "nearest"}),
}  # fmt: skip


@pytest.mark.parametrize(("name", "changes"), TIES.values(), ids=TIES.keys())
def test_histories_that_tie_or_go_to_extremes_are_the_same(name, changes):
    for chance in SEEDS:
        assert differences(both(load(name, changes), chance)) == []


THEORY = sorted((Path(__file__).parent / "theory").glob("*.toml"))


@pytest.mark.parametrize("path", THEORY, ids=lambda path: path.stem)
def test_what_theory_holds_of_one_engine_holds_of_the_other(path):
    """The theory's tests watch the Mesa model's agents: these histories are the compiled engine's too."""
    for chance in SEEDS:
        assert differences(both(load(path, {"period.days": 40}), chance)) == []


TWINS = str(Path(__file__).with_name("twin_crews.toml"))


@pytest.mark.parametrize("rule", DISPATCH_RULES)
def test_units_that_are_equally_good_are_chosen_alike(rule):
    """Two units of the same level for the same categories: as many people, from the same base, with the same hours."""
    assert differences(both(load(TWINS, {"period.days": 6, "rules.dispatch": rule}), 1)) == []


def test_arithmetic_is_the_same_here():
    assert checking.reckons_as_python()


@pytest.mark.parametrize("u", [1e-300, 1e-17, 0.02, 0.075, 0.0750001, 0.3, 0.5, 0.925, 0.99999, 1 - 2.0**-53])
def test_the_normal_quantile_is_that_of_the_library(u):
    from statistics import NormalDist

    assert standard_normal(u) == pytest.approx(NormalDist().inv_cdf(u), rel=1e-15)


# What is chosen, and what is refused -----------------------------------------------------------------------------


@pytest.fixture
def ready(compiled_engine) -> None:
    """The compiled engine at hand."""
    assert readiness.load()


def test_both_engines_give_the_same_outcome(ready):
    scenario = load("changning_2005q4", {"period.days": 5})
    one, other = simulate(scenario, 3, "mesa"), simulate(scenario, 3, "compiled")
    assert (one.engine, other.engine) == ("mesa", "compiled")
    assert one.cases.equals(other.cases)
    assert one.daily.equals(other.daily)
    assert one.events_count == other.events_count
    assert same(np.array(list(one.indicators.values())), np.array(list(other.indicators.values())))
    assert one.indicators.keys() == other.indicators.keys()


def test_what_is_at_hand_is_taken_by_itself(ready):
    assert simulate(load("junmen_2012", {"period.days": 1}), 1).engine == "compiled"


def of_my_own(case, severity, reason, rungs):
    return rungs[-1]


def test_a_rule_of_ones_own_runs_on_the_mesa_model_and_is_refused_by_the_compiled_engine(ready, monkeypatch):
    """It is the function that counts, not its name: here one is put under a name that is built in."""
    scenario = load("junmen_2012", {"period.days": 2})
    monkeypatch.setitem(ESCALATION_RULES, "ladder", of_my_own)
    assert list(unknown_rules(scenario)) == ['rules.escalation = "ladder"']
    assert simulate(scenario, 1).engine == "mesa"
    with pytest.raises(ValueError, match=r'^engine = "compiled" .* rules.escalation = "ladder" is another'):
        simulate(scenario, 1, "compiled")


def test_a_queue_rule_of_ones_own_is_refused_too(ready, monkeypatch):
    from sim.rules import queueing

    scenario = load("junmen_2012", {"period.days": 2})
    rule = next(iter(scenario.parameters.units.values())).queue_rule
    monkeypatch.setitem(queueing.QUEUE_RULES, rule, lambda case, severity: 1.0)
    with pytest.raises(ValueError, match=r"units\..*\.queue_rule"):
        simulate(scenario, 1, "compiled")


@pytest.mark.parametrize("engine", ["auto", "compiled", "mesa"])
@pytest.mark.parametrize("kind", ["patrol", "escalation"])
def test_a_rule_that_does_not_exist_is_named_whatever_the_engine(ready, kind, engine):
    with pytest.raises(ValueError, match=rf'^rules\.{kind} = "nothing" must be one of'):
        simulate(load("changning_2005q4", {"period.days": 1, f"rules.{kind}": "nothing"}), 1, engine)


def test_a_patrol_rule_of_ones_own_runs_compiled(ready, monkeypatch):
    def back_to_front(ground, grids_count):
        return [Route(tuple(reversed(route.visits))) for route in PATROL_RULES["cyclic"](ground, grids_count)]

    usual = simulate(load("changning_2005q4", {"period.days": 3}), 1, "compiled")
    monkeypatch.setitem(PATROL_RULES, "back_to_front", back_to_front)
    scenario = load("changning_2005q4", {"period.days": 3, "rules.patrol": "back_to_front"})
    assert differences(both(scenario, 1)) == []
    assert simulate(scenario, 1, "compiled").indicators != usual.indicators


def test_an_agent_of_ones_own_runs_on_the_mesa_model(ready, monkeypatch):
    import sim.city

    class Slow(sim.city.Department):
        pass

    scenario = load("changning_2005q4", {"period.days": 1})
    assert simulate(scenario, 1).engine == "compiled"
    monkeypatch.setattr(sim.city, "Department", Slow)
    assert simulate(scenario, 1).engine == "mesa"
    with pytest.raises(ValueError, match=r'engine = "compiled".*Slow'):
        simulate(scenario, 1, "compiled")


@pytest.mark.parametrize(
    ("kind", "name", "deed"),
    [
        pytest.param(Unit, "finish", lambda unit, incident: None, id="a method"),
        pytest.param(Department, "pace", property(lambda unit: 2.0), id="a property"),
        pytest.param(Department, "hours_needed", lambda unit, incident: 1.0, id="what it had inherited"),
        pytest.param(Incident, "hangs", property(lambda incident: False), id="what an incident says of itself"),
    ],
)
def test_what_is_put_in_the_place_of_a_built_in_deed_is_seen(ready, monkeypatch, kind, name, deed):
    scenario = load("junmen_2012", {"period.days": 1})
    monkeypatch.setattr(kind, name, deed, raising=False)
    assert simulate(scenario, 1).engine == "mesa"
    with pytest.raises(ValueError, match=rf'engine = "compiled".*{kind.__name__}\.{name} is another'):
        simulate(scenario, 1, "compiled")


def test_another_built_in_rule_under_a_name_is_laid_out_anew(ready, monkeypatch):
    scenario = load("junmen_2012", {"period.days": 30})
    before = simulate(scenario, 1, "compiled").indicators
    monkeypatch.setitem(ESCALATION_RULES, "ladder", ESCALATION_RULES["direct"])
    now = simulate(scenario, 1, "compiled").indicators
    assert same(np.array(list(now.values())), np.array(list(simulate(scenario, 1, "mesa").indicators.values())))
    assert not same(np.array(list(now.values())), np.array(list(before.values())))


def test_an_engine_that_does_not_exist_is_refused():
    with pytest.raises(ValueError, match='engine = "fast" must be one of auto, mesa, compiled'):
        simulate(load("junmen_2012", {"period.days": 1}), 1, "fast")  # type: ignore[arg-type]


@pytest.mark.usefixtures("compiled_engine")
@pytest.mark.parametrize(("days", "engine"), [(1, "mesa"), (91, "compiled")])
def test_a_run_that_is_long_fetches_the_compiled_engine_at_once(days, engine, monkeypatch):
    """And one that is short does not: fetching takes as long as many of them."""
    monkeypatch.setattr(readiness, "_loaded", False)
    monkeypatch.setattr(run, "_mesa_s", 0.0)
    assert simulate(load("changning_2005q4", {"period.days": days}), 1).engine == engine


def test_without_numba_the_mesa_model_serves(monkeypatch):
    monkeypatch.setattr(readiness, "_known", readiness.State.NO_NUMBA)
    monkeypatch.setattr(readiness, "_loaded", False)
    monkeypatch.setattr(run, "_mesa_s", 100.0)
    assert simulate(load("junmen_2012", {"period.days": 1}), 1).engine == "mesa"
    with pytest.raises(ValueError, match="numba cannot be imported"):
        simulate(load("junmen_2012", {"period.days": 1}), 1, "compiled")


INTERPRETED = """
import sys; sys.path.insert(0, "tests")
from test_kernel import digest
from test_compiled import same_parts
from scenarios.loading import load
from sim.compiled import history, readiness
from sim.compiled.plan import Plan
from sim.run import simulate

scenario = load("junmen_2012", {"period.days": 30})
print(digest(same_parts(history.History(Plan(scenario), 1).play())))
print(digest(same_parts(history.History(Plan(load("dongcheng_2010", {"period.days": 1})), 1).play())))
print(simulate(scenario, 1).engine, readiness.state(), sep=": ")
"""


@pytest.mark.usefixtures("compiled_engine")
def test_plain_python_plays_the_same_history_where_numba_is_told_not_to_compile():
    """And what is compiled is left alone."""
    from test_kernel import digest

    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1"}
    command = [sys.executable, "-c", INTERPRETED]
    told = subprocess.run(command, cwd=Path(__file__).parent.parent, env=environment, capture_output=True, text=True)
    assert not told.returncode, told.stderr
    played = [
        digest(same_parts(history.History(Plan(load(name, {"period.days": days})), 1).play()))
        for name, days in (("junmen_2012", 30), ("dongcheng_2010", 1))
    ]
    assert told.stdout.splitlines() == [*played, f"mesa: {readiness.State.TOLD_NOT_TO}"]
    assert list(cache.cache_folder().glob("running.run-*.nbc"))


@pytest.mark.usefixtures("compiled_engine")
@pytest.mark.parametrize("label", ["everything comes back", "several posts on a round", "tasks"])
def test_what_a_plan_has_laid_out_no_history_changes(label):
    """Seeds share it, and plain Python does not put it back."""
    name, changes = TIES[label]
    one = history.History(Plan(load(name, changes)), 1)
    before = {array: one.arrays[array].tobytes() for array in interpreted.NEVER_CHANGED}
    laid_out = {array: values.tobytes() for array, values in one.plan.arrays.items()}
    one.play()
    assert {array: one.arrays[array].tobytes() for array in interpreted.NEVER_CHANGED} == before
    assert {array: values.tobytes() for array, values in one.plan.arrays.items()} == laid_out


@pytest.mark.usefixtures("compiled_engine")
def test_a_history_that_is_over_and_let_go_cannot_be_played_into_freed_memory():
    one = history.History(Plan(load("junmen_2012", {"period.days": 30})), 1).play()
    one.let_go()
    assert {one.world[f"{name}_room"][0] for name in history.ONLY_PLAYED_WITH} == {0}
    with pytest.raises(history.KernelError):
        one.play()


# Memory ----------------------------------------------------------------------------------------------------------


ASKED_FOR = ("sites", "units", "categories", "cells", "passings", "starts", "beats", "clocks", "spans", "desks", "operators",
             "finds", "trust", "crews", "crew_units", "witnesses", "days")  # fmt: skip
"""Arrays that Changning's history asks for; those that grow are given room instead."""


@pytest.mark.parametrize("name", ASKED_FOR)
def test_an_index_outside_ends_the_history_with_an_error_and_not_the_process(name):
    """Each array is said to hold nothing: the first that is asked of it is outside."""
    damaged = history.History(Plan(load("changning_2005q4", {"period.days": 2})), 1)
    damaged.world[f"{name}_room"] = 0
    with pytest.raises(history.KernelError, match=rf"changning_2005q4, seed 1, .*there is no \d+ in {name}"):
        damaged.play()


def test_an_event_in_the_past_ends_the_history_with_an_error():
    damaged = history.History(Plan(load("junmen_2012", {"period.days": 90})), 1)
    damaged.world["retry_after_h"] = -1000.0
    with pytest.raises(history.KernelError, match=r"junmen_2012, seed 1, .*entered for an hour that has passed"):
        damaged.play()


def test_arrays_that_run_full_grow_and_the_history_goes_on(monkeypatch):
    monkeypatch.setattr(history, "AT_FIRST", 4)
    scenario = load("changning_2005q4", {
        "period.days": 10, "categories.street_order.comes_back_prob": 1.0,
        "categories.street_order.comes_back_mean_h": 2.0, "units.street_crews.people": 1})  # fmt: skip
    assert differences(both(scenario, 1)) == []


def test_an_incident_takes_no_more_memory_than_promised():
    """With its columns for the statistics, and those for its chances while it stands: 400 bytes."""
    columns = sum(
        array.itemsize for array in outcome.columns_of(both(of_the_library("junmen_2012"), 1).compiled).values()
    )
    assert CASE.itemsize + columns <= 400


def test_more_events_than_can_be_told_apart_end_the_history_with_an_error():
    damaged = history.History(Plan(load("junmen_2012", {"period.days": 30})), 1)
    damaged.world["entered_count"] = (1 << 31) - 50
    with pytest.raises(history.KernelError, match="more events than the kernel can count"):
        damaged.play()
