"""From a study file to its plans and scenarios, to the edges of what is allowed: quick, without a run."""

from __future__ import annotations

import itertools
import math
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from experiments.studies import design, plans
from experiments.studies.design import load_study, make_study
from experiments.studies.form import StudyError, StudyFile
from experiments.studies.plans import BETWEEN, PlanPoint, _at, _short, flat, label_of, paths_of
from tests.test_studies import FACTORIAL, HEAD, LEVER, TAIL, UNCERTAIN, study_at
from tests.test_study_files import GRID, LISTED, NARROW, TRUST, made, said, valid


# Plans -----------------------------------------------------------------------------------------------------------
def test_tables_become_dotted_paths():
    assert flat({"a": {"b": {"c": 1}, "d": 2}, "e.f": {"g": 3}, "h": {}}) == {"a.b.c": 1, "a.d": 2, "e.f.g": 3, "h": {}}


@pytest.mark.parametrize(
    ("label", "short"),
    [
        (1234567, "1,234,567"),
        (1234.5678, "1,234.57"),
        (0.123456789, "0.123457"),
        (True, "True"),
        ("top", "top"),
        (300.0, "300"),
    ],
)
def test_labels_are_short(label, short):
    assert _short(label) == short
    assert label_of(label) == label


def test_a_list_is_called_as_it_is_written():
    assert label_of([1, 2]) == "[1, 2]"
    assert made(levers=[{**GRID, "values": [300.0, 375.0]}]).plans[1].settings == {"grid": 375.0}


def test_a_lever_stands_at_a_share_of_its_range_or_of_its_levels():
    low_high = valid(
        levers=[{"name": "l", "path": "p", "low": 1.0, "high": 100.0}], design={"kind": "sobol", "samples": 2}
    ).levers[0]
    log = low_high.model_copy(update={"scale": "log"})
    for share in (0.0, 0.25, 0.5, 1.0):
        assert _at(low_high, share, {"p": 2.0}).label == pytest.approx(1.0 + 99.0 * share)
        assert _at(log, share, {"p": 2.0}).label == pytest.approx(100.0**share)
        assert _at(low_high, share, {"p": 2}).label == min(100, math.floor(0.5 + 100.0 * share + 0.5))
        assert _at(log, share, {"p": 2}).label == min(100, math.floor(0.5 * 201.0**share + 0.5))
    values = valid(levers=[{**GRID, "values": [1, 2, 3]}]).levers[0]
    assert [_at(values, share, {}).label for share in (0.0, 0.33, 0.34, 0.66, 0.67, 0.99, 1.0)] == [1, 1, 2, 2, 3, 3, 3]
    zero = low_high.model_copy(update={"low": -2.0, "high": 0.0})
    assert _at(zero, 0.25, {"p": 2.0}).changes == {"p": -1.5}


def test_levels_move_more_than_one_parameter():
    lever = valid(
        levers=[{"name": "l", "levels": [{"name": "a", "set": {"x": {"y": 1}}}, {"name": "b", "set": {"z": 2}}]}]
    ).levers[0]
    assert paths_of(lever) == {"x.y", "z"}
    assert paths_of(valid().levers[0]) == {GRID["path"]}


def test_sampled_plans_are_told_apart_and_those_that_are_the_same_are_one():
    lever = {"name": "l", "path": GRID["path"], "low": 300.0, "high": 300.001}
    other = {"name": "r", "path": "rules.escalation", "values": ["ladder", "direct"]}
    names = [plan.name for plan in made(levers=[lever, other], design={"kind": "latin_hypercube", "samples": 8}).plans]
    assert len(set(names)) == 8
    assert all(name.startswith("300") and BETWEEN in name for name in names)
    assert sum(name.startswith("300 ·") or name.startswith("300.001 ·") for name in names) >= 2
    (only, *rest) = made(levers=[other], design={"kind": "latin_hypercube", "samples": 8}).plans
    assert [only.number, *(plan.number for plan in rest)] == [0, 1]
    assert "design.samples = 6 must be a power of 2 for a sobol design" in said(
        levers=[lever], design={"kind": "sobol", "samples": 6}
    )
    assert len(made(levers=[lever], design={"kind": "latin_hypercube", "samples": 6}).plans) == 6
    assert len(made(levers=[lever], design={"kind": "sobol", "samples": 1}).plans) == 1


def test_the_same_seed_makes_the_same_plans_and_another_others():
    lever = {"name": "l", "path": GRID["path"], "low": 300.0, "high": 400.0}
    first, again, other = (
        [plan.changes for plan in made(levers=[lever], design={"kind": "sobol", "samples": 4, "seed": seed}).plans]
        for seed in (1, 1, 2)
    )
    assert first == again != other


@pytest.mark.parametrize(
    ("kind", "sampler"), [("sobol", stats.qmc.Sobol), ("latin_hypercube", stats.qmc.LatinHypercube)]
)
def test_a_sampled_design_is_that_of_its_name(kind, sampler):
    lever = {"name": "l", "path": GRID["path"], "low": 300.0, "high": 400.0}
    drawn_ = [
        plan.changes[GRID["path"]]
        for plan in made(levers=[lever], design={"kind": kind, "samples": 8, "seed": 3}).plans
    ]
    assert drawn_ == pytest.approx(300.0 + 100.0 * sampler(1, rng=np.random.default_rng(3)).random(8)[:, 0])


def test_zipped_levers_move_together_beside_others(tmp_path):
    levers = [
        {"name": "a", "path": "pa", "values": [1, 2]},
        {"name": "b", "path": "pb", "values": ["x", "y", "z"]},
        {"name": "c", "path": "pc", "values": [8, 9]},
    ]
    file = valid(levers=levers, design={"kind": "factorial", "zip": [["a", "c"]]})
    drawn = plans.drawn_plans(file, Path("s.toml"), {})
    expected = list(itertools.product([(1, 8), (2, 9)], "xyz"))
    assert [(plan.changes["pa"], plan.changes["pc"], plan.changes["pb"]) for plan in drawn] == [
        (a, c, b) for (a, c), b in expected
    ]
    assert [plan.number for plan in drawn] == list(range(6))
    with pytest.raises(StudyError, match=r"design\.zip: a, b must have as many levels as each other"):
        plans.drawn_plans(valid(levers=levers, design={"kind": "factorial", "zip": [["a", "b"]]}), Path("s.toml"), {})


def test_more_plans_than_can_be_run_are_refused(monkeypatch, tmp_path):
    monkeypatch.setattr(plans, "MOST_PLANS", 2)
    assert len(made().plans) == 2
    three = [{**GRID, "values": [300.0, 350.0, 375.0]}]
    assert said(levers=three) == "made.toml: the levers make 3 plans; the most is 2"
    listed = StudyFile.model_validate({**LISTED, "plans": [{"name": name} for name in "abc"]})
    with pytest.raises(StudyError, match=r"s\.toml: lists 3 plans; the most is 2"):
        plans.drawn_plans(listed, Path("s.toml"), {})
    two = StudyFile.model_validate(
        {**LISTED, "plans": [{"name": "a", "base": "b", "set": {"x": {"y": 1}}}, {"name": "c"}]}
    )
    assert plans.drawn_plans(two, Path("s.toml"), {}) == [
        PlanPoint(0, "a", {}, {"x.y": 1}, "b"),
        PlanPoint(1, "c", {}, {}),
    ]


def listed_in(folder: Path, content: bytes, name: str = "x.csv") -> list[tuple[str, dict]]:
    (folder / "x.csv").write_bytes(content)
    return plans._plans_of_csv(name, folder / "s.toml")


def test_plans_of_a_csv_change_what_their_cells_say(tmp_path):
    text = b"\xef\xbb\xbfname,a,b.c\n one ,1,\ntwo,x, 2.5\nthree, ,\n"
    assert listed_in(tmp_path, text) == [("one", {"a": 1}), ("two", {"a": "x", "b.c": 2.5}), ("three", {})]


@pytest.mark.parametrize("name", ["../x.csv", "a/x.csv", "a\\x.csv", ".x.csv"])
def test_plans_are_read_beside_the_study_only(tmp_path, name):
    with pytest.raises(StudyError, match="must be a bare file name; it lies beside the study"):
        listed_in(tmp_path, b"name\na\n", name)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"nam,a\none,1\n", ["x.csv:2: has no name; there must be a column called name"]),
        (
            b"name,a\n,1\nb,2\n \n",
            [
                "x.csv:2: has no name; there must be a column called name",
                "x.csv:4: has no name; there must be a column called name",
            ],
        ),
        (b"name,a\n\xff,1\n", ['s.toml: design.file = "x.csv" cannot be read: is not UTF-8 text with commas']),
    ],
)
def test_plans_of_a_csv_that_are_wrong_are_named_by_their_line(tmp_path, content, says):
    with pytest.raises(StudyError) as caught:
        listed_in(tmp_path, content)
    assert caught.value.problems == says


def test_plans_of_a_csv_that_is_absent_large_or_wholly_wrong(tmp_path, monkeypatch):
    with pytest.raises(StudyError, match=r'design\.file = "y\.csv" cannot be read: No such file or directory'):
        listed_in(tmp_path, b"", "y.csv")
    with pytest.raises(StudyError) as caught:
        listed_in(tmp_path, b"name,a\n" + b",1\n" * 50)
    assert len(caught.value.problems) == plans.MOST_PROBLEMS
    with pytest.raises(StudyError) as caught:
        listed_in(tmp_path, b"name, \none,1\n")
    assert caught.value.problems[0].startswith("x.csv:2: ")
    monkeypatch.setattr(plans, "LARGEST_LIST_BYTES", 8)
    assert listed_in(tmp_path, b"name\n a\n") == [("a", {})]
    with pytest.raises(StudyError, match=r"x\.csv: is larger than 20 MB"):
        listed_in(tmp_path, b"name\n ab\n")
    assert plans.MOST_PLANS == 2 * 10**4


# Design ----------------------------------------------------------------------------------------------------------
def test_a_scenario_is_the_base_under_what_is_set_in_a_world_under_a_plan():
    study = made(set={"period": {"days": 3}, "party.attention": 0.3}, uncertain=[TRUST], worlds={"draws": 3})
    scenario = study.scenario(study.plans[1], study.worlds[2])
    assert scenario.parameters.period.days == 3
    assert scenario.parameters.territory.households_per_social_grid == 375.0
    assert scenario.parameters.residents.trust_initial == study.worlds[2].changes["residents.trust_initial"]
    assert study.base.parameters.party.attention == 0.3
    assert study.point(study.plans[1], study.worlds[2]) == scenario.hash
    assert [world.number for world in study.worlds] == [0, 1, 2]
    assert (study.name, study.left_out, study.ensemble, study.seeds_in_turn) == ("made", 0, None, False)
    assert made(replications=NARROW).seeds_in_turn


def test_what_is_unknown_in_some_plans_only_is_known_in_the_others():
    plans_ = [{"name": "a"}, {"name": "b"}]
    file = StudyFile.model_validate(
        {**LISTED, "plans": plans_, "uncertain": [{**TRUST, "only": ["b"]}], "worlds": {"draws": 2}}
    )
    study = make_study(file, Path("made.toml"))
    trust = [study.scenario(plan, study.worlds[0]).parameters.residents.trust_initial for plan in study.plans]
    assert trust[0] == study.base.parameters.residents.trust_initial
    assert trust[1] == study.worlds[0].changes["residents.trust_initial"]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"base": "base_city"}, 'made.toml: base = "base_city" is a base that other scenarios extend, not one'),
        ({"set": {"period.days": 0}}, "made.toml: base: period.days = 0 must lie in"),
        ({"levers": [{**GRID, "path": "x"}]}, 'made.toml: lever "grid": "x" is not a parameter of the base'),
        ({"uncertain": [{**TRUST, "path": "residents.trust"}]}, 'made.toml: uncertain: "residents.trust" is not a parameter of the base'),
        ({"levers": [{**GRID, "values": [300.0, 300.0000001]}]}, "made.toml: two plans have the same name; name their levels or values apart"),
        ({"levers": [{"name": "l", "path": "rules.escalation", "low": 1.0, "high": 2.0}], "design": {"kind": "sobol", "samples": 2}},
         'made.toml: lever "l": rules.escalation is not a number, so give it values instead of a range'),
        ({"constraints": [{"name": "c", "of": ["rules.escalation"], "at_most": 3.0}]},
         'made.toml: constraint "c": "rules.escalation" is neither a number of the base nor one of staff_total, social_grids_count'),
        ({"uncertain": [{**TRUST, "path": "units.grid_assistant.people", "low": 1.2, "high": 1.8}]},
         "made.toml: uncertain: units.grid_assistant.people has whole numbers, and there is none from 1.2 to 1.8"),
        ({"uncertain": [{**TRUST, "low": 2.0, "high": 3.0}], "worlds": {"draws": 1}},
         'made.toml: plan "300", world 0: residents.trust_initial = 2.'),
        ({"levers": [{**GRID, "values": [-1.0]}]}, 'made.toml: plan "-1": territory.households_per_social_grid = -1.0 must lie in'),
        ({"ensemble": "nowhere"}, "made.toml: ensemble: \"nowhere\": there is no such ensemble"),
        ({"uncertain": [TRUST], "worlds": {"draws": 8}, "replications": NARROW},
         "made.toml: replications.at_most = 9 must not exceed the 8 worlds: under the rule narrow each replication takes a world "
         "of its own; give worlds.draws = 9"),
        ({"uncertain": [{**TRUST, "path": GRID["path"], "low": 300.0, "high": 400.0}]},
         'made.toml: lever "grid": territory.households_per_social_grid is in uncertain too; it is chosen or unknown'),
        ({"levers": [GRID, {**GRID, "name": "again"}]}, 'made.toml: levers "grid" and "again" both move territory.households_per_social_grid; only one may'),
    ],
)  # fmt: skip
def test_a_study_that_cannot_be_made_says_why(changes, says):
    assert said(**changes).splitlines()[0].startswith(says)


def test_as_many_scenarios_as_can_be_run_are_run(monkeypatch):
    monkeypatch.setattr(design, "MOST_SCENARIOS", 6)
    assert len(made(uncertain=[TRUST], worlds={"draws": 3}).worlds) == 3
    assert (
        said(uncertain=[TRUST], worlds={"draws": 4}) == "made.toml: 2 plans in 4 worlds are 8 scenarios; the most is 6"
    )


def test_a_rule_that_needs_as_many_worlds_as_there_are_may_have_them():
    assert len(made(uncertain=[TRUST], worlds={"draws": 9}, replications=NARROW).worlds) == 9
    assert len(made(replications=NARROW).worlds) == 1


def test_every_plan_is_tried_in_the_first_world_and_every_world_under_the_first_plan():
    bad = {"name": "l", "path": "territory.households_per_social_grid", "values": [300.0, -1.0, -2.0]}
    assert said(levers=[bad]).count("\n") == 1
    far = {**TRUST, "low": 0.9, "high": 1.1}
    lines = said(uncertain=[far], worlds={"draws": 10}).splitlines()
    assert len(lines) >= 3
    assert all(line.startswith('made.toml: plan "300", world ') or 'plan "375", world 0' in line for line in lines)
    many = said(uncertain=[{**TRUST, "low": 2.0, "high": 3.0}], worlds={"draws": 99}).splitlines()
    assert len(many) == design.MOST_PROBLEMS + 1


def test_a_part_lies_in_the_run_of_every_plan_that_it_is_of():
    part = {"name": "p", "indicator": "filed_count", "start": "2005-07-01", "end": "2005-07-02"}
    assert said(parts=[part]).startswith('made.toml: part "p" is 2005-07-01 to 2005-07-02, outside the run, ')
    first = made().base.parameters.period.start
    listed = {**LISTED, "plans": [{"name": "a"}, {"name": "b", "set": {"period.start": date(2005, 7, 1)}}]}
    for only, problem in ((["b"], ""), (["a"], 'part "p" is'), ([], 'part "p" is')):
        file = StudyFile.model_validate({**listed, "parts": [{**part, "only": only}]})
        assert first.year > 2005
        if problem:
            with pytest.raises(StudyError, match=problem):
                make_study(file, Path("made.toml"))
        else:
            assert len(make_study(file, Path("made.toml")).plans) == 2
    late = {**part, "start": first, "end": first}
    with pytest.raises(StudyError, match=r'^made\.toml: plan "b": part "p" is'):
        make_study(StudyFile.model_validate({**listed, "parts": [late]}), Path("made.toml"))


def test_an_unknown_rule_is_said_of_its_plan():
    says = said(levers=[{"name": "r", "path": "rules.escalation", "values": ["ladder", "laddr"]}])
    assert says.startswith('made.toml: plan "laddr": rules.escalation = "laddr" must be one of')


def test_an_ensemble_takes_the_place_of_what_is_unknown(tmp_path):
    (tmp_path / "sets.csv").write_text("weight,party.attention\n1,0.2\n3,0.4\n")
    text = (
        HEAD + FACTORIAL + LEVER + UNCERTAIN.format("uniform", "low = 0.1\nhigh = 0.9") + "[worlds]\ndraws = 3\n" + TAIL
    )
    study_at(tmp_path, text)
    study = load_study(tmp_path / "mine.toml", "sets.csv")
    assert [world.changes for world in study.worlds] == [{"party.attention": 0.4}, {"party.attention": 0.4}] or [
        world.changes["party.attention"] for world in study.worlds
    ] == [0.2, 0.4]
    assert study.ensemble.name == "sets"
    (tmp_path / "sets.csv").write_text("weight,party.attentoin\n1,0.2\n")
    with pytest.raises(
        StudyError, match=r'ensemble: "party\.attentoin" is not a parameter of the base; did you mean party\.attention'
    ):
        load_study(tmp_path / "mine.toml", "sets.csv")
