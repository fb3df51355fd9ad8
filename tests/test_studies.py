"""What a study file says, and what plans and worlds are made of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from experiments.studies.constraints import staff_total
from experiments.studies.design import load_study
from experiments.studies.form import StudyError
from experiments.studies.reading import study_names
from scenarios.loading import load
from sim.model import GovernanceModel

HEAD = """
title = "t"
question = "q"
base = "junmen_2012"
"""
LEVER = """
[[levers]]
name = "grid"
path = "territory.households_per_social_grid"
values = [300.0, 375.0]
"""
TAIL = """
[[objectives]]
indicator = "solved_share_of_raised"
better = "high"
"""
FACTORIAL = '[design]\nkind = "factorial"\n'


def study_at(folder: Path, text: str, name: str = "mine.toml"):
    (folder / name).write_text(text)
    return load_study(folder / name)


def refused(folder: Path, text: str) -> list[str]:
    with pytest.raises(StudyError) as caught:
        study_at(folder, text)
    assert all("\n" not in line and len(line) < 500 for line in caught.value.problems)
    return caught.value.problems


@pytest.mark.parametrize("name", study_names())
def test_every_study_of_the_library_can_be_run(name):
    study = load_study(name)
    assert len(study.plans) >= 2
    assert study.file.question.endswith("?")


def test_a_factorial_crosses_every_level_with_every_other(tmp_path):
    lever = '[[levers]]\nname = "rule"\npath = "rules.escalation"\nvalues = ["ladder", "direct", "none"]\n'
    study = study_at(tmp_path, HEAD + FACTORIAL + LEVER + lever + TAIL)
    assert [plan.name for plan in study.plans] == [
        f"{g} · {r}" for g in (300, 375) for r in ("ladder", "direct", "none")
    ]
    scenario = study.scenario(study.plans[4], study.worlds[0])
    assert scenario.parameters.territory.households_per_social_grid == 375.0
    assert scenario.parameters.rules.escalation == "direct"


def test_zipped_levers_move_together(tmp_path):
    lever = '[[levers]]\nname = "people"\npath = "units.grid_assistant.people"\nvalues = [1, 2]\n'
    design = FACTORIAL + 'zip = [["grid", "people"]]\n'
    study = study_at(tmp_path, HEAD + design + LEVER + lever + TAIL)
    assert [plan.settings for plan in study.plans] == [{"grid": 300.0, "people": 1}, {"grid": 375.0, "people": 2}]
    longer = lever.replace("[1, 2]", "[1, 2, 3]")
    assert "as many levels as each other" in refused(tmp_path, HEAD + design + LEVER + longer + TAIL)[0]


@pytest.mark.parametrize("kind", ["latin_hypercube", "sobol"])
def test_sampled_plans_fill_their_ranges_evenly(tmp_path, kind):
    levers = """
[[levers]]
name = "trust"
path = "residents.trust_initial"
low = 0.2
high = 0.6
[[levers]]
name = "hours"
path = "escalation.retry_after_h"
low = 1.0
high = 100.0
scale = "log"
[[levers]]
name = "people"
path = "units.grid_assistant.people"
low = 1
high = 4
"""
    study = study_at(tmp_path, HEAD + f'[design]\nkind = "{kind}"\nsamples = 16\n' + levers + TAIL)
    trust = np.sort([plan.settings["trust"] for plan in study.plans])
    assert np.array_equal(np.floor((trust - 0.2) / 0.4 * 16), np.arange(16))
    hours = np.array([plan.settings["hours"] for plan in study.plans])
    assert ((hours >= 1.0) & (hours <= 100.0)).all()
    assert (hours < 10.0).sum() == 8
    assert {type(plan.settings["people"]) for plan in study.plans} == {int}
    again = load_study(tmp_path / "mine.toml")
    assert [plan.changes for plan in again.plans] == [plan.changes for plan in study.plans]


def test_plans_may_be_listed_in_the_study_and_in_a_csv_beside_it(tmp_path):
    (tmp_path / "more.csv").write_text("name,rules.escalation,party.weekly_h\ntop,direct,\nevenings,,4.0\n")
    plans = '[design]\nkind = "list"\nfile = "more.csv"\n[[plans]]\nname = "as it is"\n'
    study = study_at(tmp_path, HEAD + plans + TAIL)
    assert [plan.name for plan in study.plans] == ["as it is", "top", "evenings"]
    assert [plan.changes for plan in study.plans] == [{}, {"rules.escalation": "direct"}, {"party.weekly_h": 4.0}]


def test_a_plan_may_be_another_scenario(tmp_path):
    plans = '[design]\nkind = "list"\n[[plans]]\nname = "now"\n[[plans]]\nname = "before"\nbase = "junmen_before"\n'
    study = study_at(tmp_path, HEAD + plans + TAIL)
    assert [study.scenario(plan, study.worlds[0]).name for plan in study.plans] == ["junmen_2012", "junmen_before"]


def test_tables_of_the_study_and_of_a_plan_are_merged_value_by_value(tmp_path):
    text = HEAD + "[set.units.grid_assistant]\npeople = 3\n" + '[design]\nkind = "list"\n[[plans]]\nname = "a"\n'
    study = study_at(tmp_path, text + "[plans.set.units.grid_manager]\npeople = 2\n" + TAIL)
    units = study.scenario(study.plans[0], study.worlds[0]).parameters.units
    assert (units["grid_assistant"].people, units["grid_manager"].people) == (3, 2)


def test_a_constraint_leaves_out_the_plans_that_break_it(tmp_path):
    many = '[[levers]]\nname = "people"\npath = "units.grid_assistant.people"\nvalues = [1, 2, 3]\n'
    base = load("junmen_2012")
    limit = staff_total(base) + 8
    bound = f'[[constraints]]\nname = "staff"\nof = ["staff_total"]\nat_most = {limit}\n'
    study = study_at(tmp_path, HEAD + FACTORIAL + many + bound + TAIL)
    assert [plan.settings["people"] for plan in study.plans] == [1, 2]
    assert study.left_out == 1
    none = bound.replace(str(limit), "1")
    assert "none of the 3 plans" in refused(tmp_path, HEAD + FACTORIAL + many + none + TAIL)[0]


@pytest.mark.parametrize("name", ["junmen_2012", "changning_2005q4", "dongcheng_2010", "nanhu"])
def test_the_staff_of_a_plan_is_everybody_the_model_employs(name):
    scenario = load(name, {"period.days": 1})
    model, parameters = GovernanceModel(scenario, 1), scenario.parameters
    desks = parameters.supervision_centre.operators_count + parameters.command_centre.operators_count
    employed = parameters.supervisors.count + desks + sum(unit.people for unit in model.units)
    assert staff_total(scenario) == employed


UNCERTAIN = """
[[uncertain]]
path = "party.attention"
why = "x"
distribution = "{}"
{}
"""


@pytest.mark.parametrize(
    ("distribution", "numbers", "median", "ends"),
    [
        pytest.param("uniform", "low = 0.2\nhigh = 0.8", 0.5, (0.2, 0.8), id="uniform"),
        pytest.param("loguniform", "low = 0.1\nhigh = 10.0", 1.0, (0.1, 10.0), id="loguniform"),
        pytest.param("triangular", "low = 0.0\nmode = 1.0\nhigh = 2.0", 1.0, (0.0, 2.0), id="triangular"),
        pytest.param("normal", "mean = 2.0\nsd = 0.5\nlow = 1.0\nhigh = 3.0", 2.0, (1.0, 3.0), id="normal"),
        pytest.param("lognormal", "median = 0.7\ncv = 0.5", 0.7, (0.0, 10.0), id="lognormal"),
    ],
)
def test_unknowns_are_drawn_as_their_distribution_says(tmp_path, distribution, numbers, median, ends):
    worlds = "[worlds]\ndraws = 201\n"
    text = HEAD + FACTORIAL + LEVER + UNCERTAIN.format(distribution, numbers) + worlds + TAIL
    values = np.array([world.changes["party.attention"] for world in study_at(tmp_path, text).worlds])
    assert len(values) == 201
    assert ((values >= ends[0]) & (values <= ends[1])).all()
    assert np.median(values) == pytest.approx(median, rel=0.02)


def test_a_choice_takes_each_of_its_values_equally_often(tmp_path):
    text = UNCERTAIN.format("choice", "values = [0.1, 0.2, 0.4]") + "[worlds]\ndraws = 30\n"
    study = study_at(tmp_path, HEAD + FACTORIAL + LEVER + text + TAIL)
    drawn = [world.changes["party.attention"] for world in study.worlds]
    assert [drawn.count(value) for value in (0.1, 0.2, 0.4)] == [10, 10, 10]


def test_points_of_a_sampled_design_that_come_to_the_same_are_one_plan(tmp_path):
    lever = '[[levers]]\nname = "people"\npath = "units.grid_assistant.people"\nlow = 1\nhigh = 3\n'
    study = study_at(tmp_path, HEAD + '[design]\nkind = "latin_hypercube"\nsamples = 24\n' + lever + TAIL)
    assert sorted(plan.settings["people"] for plan in study.plans) == [1, 2, 3]
    assert [plan.number for plan in study.plans] == [0, 1, 2]
    assert study.left_out == 0


def test_sampled_plans_that_differ_in_a_late_digit_are_told_apart(tmp_path):
    lever = LEVER.replace("values = [300.0, 375.0]", "low = 300.0\nhigh = 300.001")
    study = study_at(tmp_path, HEAD + '[design]\nkind = "latin_hypercube"\nsamples = 8\n' + lever + TAIL)
    assert len({plan.name for plan in study.plans}) == len(study.plans) == 8


def test_a_stopping_rule_takes_the_sets_of_an_ensemble_in_an_order_of_chance(tmp_path):
    rows = "".join(f"1,{0.1 + 0.01 * number:.2f}\n" for number in range(20))
    (tmp_path / "sets.csv").write_text("weight,party.attention\n" + rows)
    ensemble = HEAD + 'ensemble = "sets.csv"\n'
    narrow = '[replications]\nrule = "narrow"\nat_most = 20\nwidths = { filed_count = 1.0 }\n'
    drawn = [
        [
            world.changes["party.attention"]
            for world in study_at(tmp_path, ensemble + FACTORIAL + LEVER + rule + TAIL).worlds
        ]
        for rule in ("", narrow)
    ]
    assert sorted(drawn[1]) == drawn[0] != drawn[1]
    line = refused(tmp_path, ensemble + FACTORIAL + LEVER + narrow.replace("20", "21") + TAIL)
    assert line == [
        "mine.toml: replications.at_most = 21 must not exceed the 20 worlds: under the rule narrow each replication "
        "takes a world of its own"
    ]
    lever = LEVER.replace("territory.households_per_social_grid", "party.attention").replace("00.0, 375.0", ".0, 4.0")
    assert "party.attention is in the ensemble too" in refused(tmp_path, ensemble + FACTORIAL + lever + TAIL)[0]


STOPPED = '[replications]\nrule = "{}"\ncount = 5\nat_most = {}\n{}\n'
NARROW, RANKING = "widths = { filed_count = 1.0 }", "indifference = 0.1"


@pytest.mark.parametrize(("rule", "more"), [("narrow", NARROW), ("ranking", RANKING)])
def test_a_stopping_rule_never_meets_a_world_twice(tmp_path, rule, more):
    text = HEAD + FACTORIAL + LEVER + UNCERTAIN.format("uniform", "low = 0.2\nhigh = 0.8") + "[worlds]\ndraws = 30\n"
    assert len(study_at(tmp_path, text + STOPPED.format(rule, 30, more) + TAIL).worlds) == 30
    (line,) = refused(tmp_path, text + STOPPED.format(rule, 31, more) + TAIL)
    assert line.endswith(f"under the rule {rule} each replication takes a world of its own; give worlds.draws = 31")
    for method in ("sobol", "morris"):
        crossed = text.replace("draws = 30", f'draws = 32\nmethod = "{method}"') + STOPPED.format(rule, 8, more) + TAIL
        assert f"the rule {rule} needs worlds of the method random or latin_hypercube" in refused(tmp_path, crossed)[0]


RULE_LEVER = '[[levers]]\nname = "{}"\npath = "rules.escalation"\nvalues = ["ladder", "direct"]\n'


@pytest.mark.parametrize(
    ("text", "line"),
    [
        *(pytest.param(HEAD + FACTORIAL + RULE_LEVER.format(name) + TAIL, f'lever "{name}" must have another name: a column of',
                       id=f"lever called {name}")
          for name in ("plan", "name", "World", "scenario", "seed", "key", "error", "elapsed_s", "area_cases", "cost_yuan")),
        pytest.param(HEAD + FACTORIAL + LEVER + RULE_LEVER.format("Grid") + TAIL, 'lever "Grid" must have another name',
                     id="levers that differ in a capital"),
        pytest.param(
            HEAD + FACTORIAL + LEVER + LEVER.replace('"grid"', '"grid too"') + TAIL,
            'levers "grid" and "grid too" both move territory.households_per_social_grid', id="two levers on one path",
        ),
        pytest.param(
            HEAD + FACTORIAL + LEVER + '[[levers]]\nname = "l"\nlevels = [{ name = "a", set.territory.households_per_social_grid'
            " = 500.0 }]\n" + TAIL, 'levers "grid" and "l" both move', id="a level on the path of another lever",
        ),
        pytest.param(
            HEAD + FACTORIAL + LEVER + '[[uncertain]]\npath = "territory.households_per_social_grid"\nwhy = "x"\n'
            'distribution = "uniform"\nlow = 300.0\nhigh = 400.0\n' + TAIL,
            'lever "grid": territory.households_per_social_grid is in uncertain too', id="chosen and unknown",
        ),
        pytest.param(
            HEAD + FACTORIAL + LEVER + UNCERTAIN.format("choice", "values = []") + TAIL,
            "of choice must have a value at least", id="a choice of nothing",
        ),
        pytest.param(
            HEAD + FACTORIAL + LEVER + UNCERTAIN.format("uniform", "low = 0.2\nhigh = 0.8")
            + '[worlds]\nmethod = "sobol"\n' + TAIL,
            "worlds.draws = 20 must be a power of 2 for the method sobol", id="sobol worlds",
        ),
        pytest.param(
            HEAD + FACTORIAL + LEVER + '[[parts]]\nname = "cost_yuan"\nindicator = "filed_count"\nstart = 2012-01-01\n'
            "end = 2012-01-02\n" + TAIL, 'part "cost_yuan" must have another name', id="part called as an indicator",
        ),
        pytest.param("title = 3", "mine.toml: title = 3 must be a valid string", id="type"),
        pytest.param(HEAD + FACTORIAL + LEVER, "mine.toml: objectives is missing", id="missing"),
        pytest.param(
            HEAD + FACTORIAL + LEVER.replace("values", "valeus") + TAIL,
            "levers.1.valeus is not a key of a study; did you mean values?", id="misspelt key",
        ),
        pytest.param(
            HEAD + FACTORIAL + LEVER.replace("households_per_social_grid", "household_per_social_grid") + TAIL,
            "is not a parameter of the base; did you mean territory.households_per_social_grid?", id="misspelt path",
        ),
        pytest.param(
            HEAD + FACTORIAL + LEVER + TAIL.replace("solved_share", "solvd_share"),
            '"solvd_share_of_raised" is no indicator; did you mean solved_share_of_raised?', id="misspelt indicator",
        ),
        pytest.param(
            HEAD.replace("junmen_2012", "junmen_2013") + FACTORIAL + LEVER + TAIL,
            "base: junmen_2013: there is no such scenario; did you mean junmen_2012?", id="misspelt base",
        ),
        pytest.param(HEAD.replace("junmen_2012", "base_city") + FACTORIAL + LEVER + TAIL, "base", id="abstract base"),
        pytest.param(
            HEAD + FACTORIAL + LEVER.replace("375.0", "-1.0") + TAIL,
            'plan "-1": territory.households_per_social_grid = -1.0 must lie in', id="value out of range",
        ),
        pytest.param(
            HEAD + FACTORIAL + '[[levers]]\nname = "r"\npath = "rules.escalation"\nvalues = ["laddr"]\n' + TAIL,
            'rules.escalation = "laddr" must be one of', id="unknown rule",
        ),
        pytest.param(HEAD + '[design]\nkind = "sobol"\nsamples = 6\n' + LEVER + TAIL, "must be a power of 2", id="sobol"),
        pytest.param(HEAD + '[design]\nkind = "latin_hypercube"\n' + LEVER + TAIL, "must have samples", id="samples"),
        pytest.param(HEAD + FACTORIAL + LEVER + "low = 1.0\n" + TAIL, "must have one of values, levels", id="two ways"),
        pytest.param(HEAD + FACTORIAL + LEVER + LEVER + TAIL, '"grid" stands there more than once', id="twice"),
        pytest.param(HEAD + FACTORIAL + LEVER + '[replications]\nrule = "ranking"\n' + TAIL, "lack at_most", id="rule"),
        pytest.param(
            HEAD + FACTORIAL + LEVER + '[[constraints]]\nname = "c"\nof = ["staff_totl"]\nat_most = 3\n' + TAIL,
            "did you mean staff_total?", id="constraint",
        ),
        pytest.param(
            HEAD + FACTORIAL + LEVER + UNCERTAIN.format("normal", "mean = 1.0") + TAIL, "of normal lacks sd", id="sd",
        ),
        pytest.param(HEAD + FACTORIAL + LEVER + "[worlds]\ndraws = 3\n" + TAIL, "there are none", id="no unknowns"),
        pytest.param(HEAD + '[design]\nkind = "list"\nfile = "../x.csv"\n' + TAIL, "bare file name", id="path"),
        pytest.param(HEAD + '[design]\nkind = "list"\nfile = "x.csv"\n' + TAIL, "cannot be read", id="no csv"),
        pytest.param("a = [", "is not valid TOML", id="not TOML"),
    ],
)  # fmt: skip
def test_a_study_that_is_wrong_is_refused_in_one_line_that_says_what_would_be_right(tmp_path, text, line):
    assert line in "\n".join(refused(tmp_path, text))


def test_a_study_that_does_not_exist_names_the_nearest():
    with pytest.raises(StudyError, match="did you mean junmen_grids"):
        load_study("junmen_grid")
