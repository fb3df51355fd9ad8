"""What the first screen of a run rests on: what means something here, what nobody knows, what the plan is."""

from __future__ import annotations

import math

import numpy as np
import pytest
from calling import called

from experiments.commands import one_run
from experiments.findings.unknowns import ensemble_for, unknowns_of
from experiments.running.engine import engine
from experiments.running.meaning import without_meaning
from experiments.running.plan_facts import facts_of
from experiments.words.runs import answer_in_words, plan_in_words
from scenarios.loading import load, names
from sim.indicators import INDICATORS
from sim.run import simulate

DAYS = {"period.days": 10}


@pytest.mark.parametrize("name", [name for name in names() if name != "changning_half_year"])
def test_what_means_nothing_in_a_place_never_happens_there(name):
    scenario = load(name, DAYS)
    found = simulate(scenario, 1).indicators
    nothing = without_meaning(scenario.parameters)
    assert nothing <= INDICATORS.keys()
    assert all(math.isnan(found[each]) or found[each] == 0.0 for each in nothing)


def test_with_everybody_at_work_everything_means_something():
    assert not without_meaning(load("dongcheng_2010").parameters)


def test_ranges_are_those_of_the_sets_run_one_by_one():
    scenario = load("junmen_2012", DAYS)
    sets = ensemble_for(scenario)
    assert sets is not None
    with engine(1) as running:
        found = unknowns_of(scenario, sets, False, 5, running, lambda done, total: None)
    assert found is not None
    values = [
        simulate(load("junmen_2012", {**sets.sets[place], **DAYS}), 5 + turn).indicators["unseen_share"]
        for turn, place in enumerate(sets.places(found.sets_count))
    ]
    assert found.ranges["unseen_share"] == pytest.approx(tuple(np.quantile(values, [0.05, 0.95])))
    assert found.about.keys() == {carrier.path for carrier in found.carriers}


def test_what_was_set_by_hand_is_not_varied():
    scenario = load("junmen_2012", {**DAYS, "demand.scale": 2.0})
    sets = ensemble_for(scenario)
    with engine(1) as running:
        found = unknowns_of(scenario, sets, False, 1, running, lambda done, total: None)
    assert "demand.scale" not in found.about


def test_sets_of_a_place_that_lacks_their_parameters_are_not_taken():
    assert ensemble_for(load("dongcheng_2010")) is None or set(ensemble_for(load("dongcheng_2010")).paths)
    assert ensemble_for(load("expo_2010")) is None


def test_the_plan_is_who_is_employed_and_what_they_answer_for():
    scenario = load("junmen_2012", DAYS)
    outcome = simulate(scenario, 1)
    facts = facts_of(scenario, outcome.territory)
    assert len(facts.social_grids) == outcome.indicators["grids_count"]
    assert sum(facts.social_grids) == outcome.territory.site_households.sum()
    assert sum(each.employed for each in facts.people) == pytest.approx(outcome.indicators["employed_count"])
    assert facts.working_grids_count == 0


def result_for(**changes):
    means = {name: {"mean": 1.0, "lo": 0.5, "hi": 2.0} for name in INDICATORS}
    plain = {
        "plan": {"social_grids_count": 0, "households_per_grid": [], "working_grids_count": 0, "cells_count": 0,
                 "people": [], "party_members_count": 0},
        "indicators": means, "figures": [], "figures_note": "None is known.", "place": "Here", "days": 30, "units": [],
        "unknowns": None, "assumptions": {"counts": {"assumption": 3}}, "scenario": "mine", "asked": "mine.toml",
    }  # fmt: skip
    return plain | changes


def test_an_answer_has_six_sentences_at_most_whatever_is_known():
    lines = answer_in_words(result_for())
    assert len(lines) <= 6
    assert lines[0] == "The plan: no grids; employed nobody; 1 yuan a year."
    assert "None is known." in lines[2]
    assert lines[-1].startswith('Ask next: compare mine.toml "mine.toml --set ')


def test_nothing_happened_is_said_so():
    result = result_for()
    result["indicators"]["occurred_count"] = {"mean": 0.0, "lo": 0.0, "hi": 0.0}
    assert answer_in_words(result)[1] == "In 30 days nothing happened."


def test_one_grid_is_one():
    plan = result_for()["plan"] | {"social_grids_count": 1, "households_per_grid": [300, 300]}
    assert "1 grid of 300 households" in plan_in_words(result_for(plan=plan))


def test_on_the_mesa_model_what_nobody_knows_is_left_out_where_it_would_take_long(tmp_path, monkeypatch):
    words = ["run", "junmen_2012", "--days", "20", "--replications", "1", "--engine", "mesa", "--workers", "1"]
    assert "what nobody knows" in called(tmp_path, *words).stdout
    monkeypatch.setattr(one_run, "LONGEST_UNASKED_MIN", 1e-6)
    done = called(tmp_path, *words)
    assert "What nobody knows is left out: on the Mesa model it takes about " in done.stderr
    assert "by chance" in done.stdout
    assert "what nobody knows" not in done.stdout
    assert "what nobody knows" in called(tmp_path, *words, "--ensemble", "junmen_2012").stdout


def test_sets_of_another_place_and_sets_in_doubt_are_called_so(tmp_path):
    short = ["--days", "5", "--replications", "2"]
    other = called(tmp_path, "run", "nanhu", *short, "--ensemble", "junmen_2012")
    assert "what the figures of another place (junmen_2012) allow" in " ".join(other.stdout.split())
    rows = "\n".join(f"0.1,{1 + row / 10}" for row in range(10))
    (tmp_path / "mine.csv").write_text(f"# in doubt: the emulators do not hold\nweight,demand.scale\n{rows}\n")
    doubted = called(tmp_path, "run", "junmen_2012", *short, "--ensemble", "mine.csv")
    assert "in doubt, so what follows from it is no answer: the emulators do not hold" in doubted.stderr
