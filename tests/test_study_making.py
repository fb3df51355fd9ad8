"""From a study file to plans and worlds, to the edges of what is allowed: quick, without a run."""

from __future__ import annotations

import itertools
import math
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError
from scipy import stats

from experiments.studies import design, ensembles, plans, reading
from experiments.studies.design import load_study, make_study
from experiments.studies.ensembles import Ensemble, EnsembleError, read_ensemble, write_ensemble
from experiments.studies.form import StudyError, StudyFile, Uncertain
from experiments.studies.plans import BETWEEN, PlanPoint, _at, _short, flat, label_of, paths_of
from experiments.studies.reading import find_study, read_study, studies, study_names
from experiments.studies.wholes import has_whole, is_whole, nearest_whole, whole_ends
from experiments.studies.worlds import changes_at, problem_of, world_shares
from tests.test_studies import FACTORIAL, HEAD, LEVER, TAIL, UNCERTAIN, refused, study_at

GRID = {"name": "grid", "path": "territory.households_per_social_grid", "values": [300.0, 375.0]}
LEAST = {
    "title": "t", "question": "q", "base": "junmen_2012", "design": {"kind": "factorial"}, "levers": [GRID],
    "objectives": [{"indicator": "filed_count", "better": "low"}],
}  # fmt: skip
LISTED = {**{key: value for key, value in LEAST.items() if key != "levers"}, "design": {"kind": "list"}}
TRUST = {"path": "residents.trust_initial", "distribution": "uniform", "low": 0.2, "high": 0.6, "why": "x"}
NARROW = {"rule": "narrow", "at_most": 9, "count": 3, "widths": {"filed_count": 1.0}}


def valid(**changes: object) -> StudyFile:
    return StudyFile.model_validate({**LEAST, **changes})


def made(**changes: object):
    return make_study(valid(**changes), Path("made.toml"))


def said(**changes: object) -> str:
    with pytest.raises((StudyError, ValidationError)) as caught:
        made(**changes)
    error = caught.value
    return "\n".join(error.problems) if isinstance(error, StudyError) else str(error)


# Form ------------------------------------------------------------------------------------------------------------
def test_what_a_study_does_not_say_is_taken_for_granted():
    file = valid()
    assert (file.worlds.method, file.worlds.draws, file.worlds.seed) == ("latin_hypercube", 20, 1)
    rule = file.replications
    assert (rule.rule, rule.count, rule.first_seed, rule.own_seeds, rule.error) == ("fixed", 10, 1, False, 0.05)
    assert (rule.at_most, rule.widths, rule.indifference) == (None, {}, None)
    assert (file.design.seed, file.design.samples, file.design.file, file.design.zip) == (1, None, "", [])
    assert (file.set, file.plans, file.constraints, file.uncertain, file.outcomes, file.parts) == (
        {},
        [],
        [],
        [],
        [],
        [],
    )


@pytest.mark.parametrize(
    ("lever", "says"),
    [
        pytest.param({"path": "p"}, "must have one of values, levels, or low and high", id="nothing"),
        pytest.param({"path": "p", "values": [1], "low": 1.0, "high": 2.0}, "must have one of values", id="two ways"),
        pytest.param({"values": [1]}, "must have a path for values or a range", id="no path"),
        pytest.param({"path": "p", "levels": [{"name": "a"}]}, "none for levels, which name their own", id="a path too many"),
        pytest.param({"path": "p", "low": 1.0}, "must have low and high, and low below high", id="no high"),
        pytest.param({"path": "p", "high": 1.0}, "must have low and high, and low below high", id="no low"),
        pytest.param({"path": "p", "low": 1.0, "high": 1.0}, "must have low and high, and low below high", id="no width"),
        pytest.param({"path": "p", "low": 0.0, "high": 1.0, "scale": "log"}, "on a log scale must have low above 0", id="log of 0"),
    ],
)  # fmt: skip
def test_a_lever_varies_in_one_way(lever, says):
    assert says in said(levers=[{"name": "l", **lever}], design={"kind": "latin_hypercube", "samples": 2})


def test_levers_that_vary_in_one_way_are_taken():
    for lever in (
        {"path": "p", "low": 0.0, "high": 1.0},
        {"path": "p", "low": -1.0, "high": 1.0},
        {"path": "p", "low": 0.1, "high": 1.0, "scale": "log"},
    ):
        (taken,) = valid(levers=[{"name": "l", **lever}], design={"kind": "sobol", "samples": 2}).levers
        assert taken.ranged
    assert not valid().levers[0].ranged
    assert valid(levers=[{"name": "l", "levels": [{"name": "a"}]}]).levers[0].levels[0].set == {}


@pytest.mark.parametrize(
    ("design", "says"),
    [
        ({"kind": "factorial", "samples": 4}, "of kind factorial must not have samples"),
        ({"kind": "sobol"}, "of kind sobol must have samples"),
        ({"kind": "latin_hypercube"}, "of kind latin_hypercube must have samples"),
        ({"kind": "sobol", "samples": 4, "zip": [["grid"]]}, "may zip levers in a factorial only"),
        ({"kind": "factorial", "file": "x.csv"}, "may read a file of plans for a list only"),
        ({"kind": "list"}, "a design of kind list needs plans (or a file of them) and no levers"),
    ],
)
def test_a_design_has_what_its_kind_needs(design, says):
    assert says in said(design=design)


def test_plans_and_levers_stand_in_their_own_designs():
    assert "needs levers and no plans" in said(levers=[])
    assert "needs levers and no plans" in said(plans=[{"name": "a"}])
    with pytest.raises(ValidationError, match="needs plans"):
        StudyFile.model_validate(LISTED)
    assert StudyFile.model_validate({**LISTED, "plans": [{"name": "a"}]}).plans[0].set == {}
    assert StudyFile.model_validate({**LISTED, "design": {"kind": "list", "file": "x.csv"}}).design.file == "x.csv"
    ranged = {"name": "l", "path": "p", "low": 1.0, "high": 2.0}
    assert "a factorial needs values or levels for every lever, not a range" in said(levers=[GRID, ranged])


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"distribution": "uniform"}, None),
        ({"distribution": "loguniform"}, None),
        ({"low": 0.0, "distribution": "loguniform"}, "on a log scale must have low above 0"),
        ({"low": 0.6}, "must have low and high, and low below high"),
        ({"mode": 0.3}, "of uniform has no mode"),
        ({"distribution": "triangular"}, "of triangular lacks mode"),
        ({"distribution": "triangular", "mode": 0.2}, None),
        ({"distribution": "triangular", "mode": 0.6}, None),
        ({"distribution": "triangular", "mode": 0.61}, "must have its mode between low and high"),
        ({"distribution": "triangular", "mode": 0.19}, "must have its mode between low and high"),
        ({"distribution": "triangular", "low": -1.0, "high": 0.0, "mode": 0.0}, None),
        (
            {"distribution": "triangular", "low": 0.0, "high": 1.0, "mode": -0.5},
            "must have its mode between low and high",
        ),
        ({"distribution": "normal", "mean": 0.3}, "of normal lacks sd"),
        ({"distribution": "normal", "mean": 0.3, "sd": 0.0}, "must have sd, median and cv above 0"),
        ({"distribution": "normal", "mean": 0.3, "sd": 0.5}, None),
    ],
)
def test_an_unknown_is_complete_and_has_nothing_else(changes, says):
    if says is None:
        assert valid(uncertain=[{**TRUST, **changes}]).uncertain[0].distribution == changes["distribution"]
    else:
        assert says in said(uncertain=[{**TRUST, **changes}])


@pytest.mark.parametrize(
    ("numbers", "says"),
    [({"median": 1.0}, "of lognormal lacks cv"), ({"median": 0.0, "cv": 1.0}, "above 0"), ({"median": 1.0, "cv": -1.0}, "above 0"),
     ({"median": 1.0, "cv": 1.0, "low": 1.0, "high": 2.0}, "of lognormal has no high, low")],
)  # fmt: skip
def test_a_lognormal_is_given_by_its_median_and_how_it_varies(numbers, says):
    assert says in said(uncertain=[{"path": "p", "why": "x", "distribution": "lognormal", **numbers}])


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        ({"rule": "narrow", "at_most": 9}, "by the rule narrow lack widths"),
        ({"rule": "ranking"}, "by the rule ranking lack at_most, indifference"),
        ({"at_most": 9}, "by the rule fixed have no at_most"),
        ({"error": 0.1}, "by the rule fixed have no error"),
        ({**NARROW, "error": 0.1}, "by the rule narrow have no error"),
        ({**NARROW, "indifference": 0.1}, "by the rule narrow have no indifference"),
        ({**NARROW, "count": 2}, "must have a count of at least 3, and at_most no less than it"),
        ({**NARROW, "count": 10}, "must have a count of at least 3, and at_most no less than it"),
    ],
)
def test_a_rule_has_what_it_needs_and_nothing_else(rule, says):
    assert says in said(replications=rule)


def test_a_rule_may_begin_with_three_and_end_where_it_begins():
    assert valid(replications={**NARROW, "at_most": 3}).replications.at_most == 3
    ranking = {
        "rule": "ranking",
        "at_most": 9,
        "count": 3,
        "indifference": 0.1,
        "error": 0.2,
        "first_seed": 7,
        "own_seeds": True,
    }
    assert valid(replications=ranking).replications.error == 0.2
    assert valid(replications={"count": 1}).replications.count == 1


def test_a_study_does_not_say_twice_what_is_unknown():
    assert "has both an ensemble and uncertain parameters" in said(ensemble="x", uncertain=[TRUST])
    assert "worlds are drawn from uncertain parameters, and there are none" in said(worlds={"draws": 3})
    for method in ("sobol", "morris"):
        says = "the rule narrow needs worlds of the method random or latin_hypercube"
        assert says in said(uncertain=[TRUST], replications=NARROW, worlds={"method": method, "draws": 16})
    for draws in (1, 2, 64):
        assert valid(uncertain=[TRUST], worlds={"method": "sobol", "draws": draws}).worlds.draws == draws
    for draws in (3, 6, 20):
        assert f"worlds.draws = {draws} must be a power of 2" in said(
            uncertain=[TRUST], worlds={"method": "sobol", "draws": draws}
        )
    assert valid(uncertain=[TRUST], worlds={"method": "morris", "draws": 3}).worlds.draws == 3
    assert valid(uncertain=[TRUST], worlds={"method": "random", "draws": 3}, replications=NARROW).worlds.draws == 3


def test_a_constraint_and_a_target_have_a_bound():
    assert "must have at_most, at_least, or both" in said(constraints=[{"name": "c", "of": ["staff_total"]}])
    for sides in ({}, {"below": 1.0, "above": 2.0}):
        assert "must have one of below and above" in said(target={"indicator": "filed_count", **sides})
    assert valid(target={"indicator": "filed_count", "below": 0.0}).target.above is None
    assert valid(target={"indicator": "filed_count", "above": 0.0}).target.below is None


# Reading ---------------------------------------------------------------------------------------------------------
def test_the_library_is_listed_with_its_questions():
    assert [entry["name"] for entry in studies()] == study_names() == sorted(study_names())
    assert all(set(entry) == {"name", "title", "question", "base"} for entry in studies())
    assert find_study("junmen_grids").name == "junmen_grids.toml"


def test_a_study_is_found_by_its_path_or_refused(tmp_path):
    (tmp_path / "a.toml").write_text("x = 1")
    assert find_study(tmp_path / "a.toml") == tmp_path / "a.toml"
    for name in ("junmen_grid", "./junmen_grids", "junmen_grids.toml", "a" * 5000 + ".toml"):
        with pytest.raises(StudyError, match=r"there is no such study.*\(there are changning_grids, "):
            find_study(name)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        pytest.param(b"title = '\xff'", "a.toml: is not UTF-8 text; save it as UTF-8", id="not UTF-8"),
        pytest.param(b"x = " + b"[" * 5000, "a.toml: is nested too deeply", id="nested"),
        pytest.param(b"#" * 1_000_001, "a.toml: is larger than 1 MB; many plans go into a CSV file", id="large"),
        pytest.param(b"#" * 1_000_000, "a.toml: title is missing", id="just not too large"),
        pytest.param(b"x = \n", "a.toml: is not valid TOML: Invalid value (at line 1, column 5)", id="not TOML"),
    ],
)
def test_a_file_that_is_no_study_is_refused(tmp_path, content, says):
    (tmp_path / "a.toml").write_bytes(content)
    with pytest.raises(StudyError) as caught:
        read_study(tmp_path / "a.toml")
    assert caught.value.problems[0] == says


def test_a_file_that_cannot_be_read_is_refused(tmp_path, monkeypatch):
    (tmp_path / "a.toml").write_text("x = 1")

    def refusing(*_: object, **__: object) -> str:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_text", refusing)
    with pytest.raises(StudyError, match=r"^a\.toml: cannot be read: Permission denied$"):
        read_study(tmp_path / "a.toml")


def test_problems_are_worded_with_their_place_counted_from_one(tmp_path):
    text = HEAD + FACTORIAL + LEVER + '[[objectives]]\nindicator = "filed_count"\nbetter = "up"\nbettr = 1\n'
    assert refused(tmp_path, text + "[worlds]\ndraws = 0\n") == [
        "mine.toml: worlds.draws = 0 must be greater than or equal to 1",
        "mine.toml: objectives.1.better = \"up\" must be 'high' or 'low'",
        "mine.toml: objectives.1.bettr is not a key of a study; did you mean better?",
    ]
    assert refused(tmp_path, HEAD + FACTORIAL + LEVER + "low = 1.0\n" + TAIL) == [
        "mine.toml: levers.1 must have one of values, levels, or low and high"
    ]
    many = "".join(f"x{number} = 1\n" for number in range(50))
    assert len(refused(tmp_path, many)) == reading.MOST_PROBLEMS


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('outcomes = ["found_count"]\n' + FACTORIAL + LEVER + TAIL, "outcomes: solved_share_of_raised is wanted by objectives and must be among them"),
        ('outcomes = ["solved_share_of_raised", "fild_count"]\n' + FACTORIAL + LEVER + TAIL, 'outcomes: "fild_count" is no indicator; did you mean filed_count?'),
        (FACTORIAL + LEVER + TAIL + '[target]\nindicator = "fild_count"\nbelow = 1.0\n', 'target: "fild_count" is no indicator; did you mean filed_count?'),
        (FACTORIAL + LEVER + TAIL + '[replications]\nrule = "narrow"\nat_most = 20\nwidths = { fild_count = 1.0 }\n', 'replications.widths: "fild_count" is no indicator; did you mean filed_count?'),
        (FACTORIAL + LEVER + TAIL + TAIL, 'objectives: "solved_share_of_raised" stands there more than once'),
        (FACTORIAL + LEVER + UNCERTAIN.format("uniform", "low = 0.1\nhigh = 0.2") * 2 + TAIL, 'uncertain: "party.attention" stands there more than once'),
        ('[design]\nkind = "list"\n[[plans]]\nname = "a"\n[[plans]]\nname = "a"\n' + TAIL, 'plans: "a" stands there more than once'),
        (FACTORIAL + 'zip = [["grid", "gird"]]\n' + LEVER + TAIL, 'design.zip: "gird" is no lever; did you mean grid?'),
        (FACTORIAL + 'zip = [["grid", "grid"]]\n' + LEVER + TAIL, 'design.zip: "grid" is zipped more than once'),
        (FACTORIAL + 'zip = [["grid"], ["grid"]]\n' + LEVER + TAIL, 'design.zip: "grid" is zipped more than once'),
        ('[design]\nkind = "list"\n[[plans]]\nname = "now"\n[[parts]]\nname = "p"\nindicator = "filed_count"\nstart = 2013-07-01\nend = 2013-07-02\nonly = ["noww"]\n' + TAIL,
         'part "p": only: "noww" is no plan; did you mean now?'),
    ],
)  # fmt: skip
def test_names_that_do_not_fit_are_named(tmp_path, text, says):
    assert refused(tmp_path, HEAD + text) == [f"mine.toml: {says}"]


def test_a_part_may_name_plans_of_a_file_that_is_read_later():
    part = {"name": "p", "indicator": "filed_count", "start": "2013-07-01", "end": "2013-07-02", "only": ["x"]}
    assert list(reading._wrong_names(valid(parts=[part]), "s")) == []
    assert reading._twice(["a", "b", "a", "c", "b", "a"]) == ["a", "b"]


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


# Wholes and worlds -----------------------------------------------------------------------------------------------
def test_whole_numbers_of_ranges():
    assert [is_whole(value) for value in (2, 2.0, True, "2", None)] == [True, False, False, False, False]
    assert whole_ends(1.2, 3.8) == (2, 3)
    assert whole_ends(-math.inf, math.inf) == (-math.inf, math.inf)
    assert [
        has_whole(*ends) for ends in ((1.2, 1.8), (1.2, 2.0), (2.0, 2.0), (None, 1.0), (1.0, None), (None, None))
    ] == [False, True, True, True, True, True]
    assert nearest_whole(np.array([0.4, 1.49, 1.5, 2.6, 9.0]), 1, 3) == [1, 1, 2, 3, 3]


def drawn(distribution: str, shares: list[float], like: object = 1.0, **numbers: object) -> list:
    entry = Uncertain(path="p", distribution=distribution, why="x", **numbers)
    return [changes["p"] for changes in changes_at([entry], np.array(shares)[:, None], {"p": like})]


SHARES = [0.0, 0.1, 0.5, 0.8, 1.0]


@pytest.mark.parametrize(
    ("distribution", "numbers", "values"),
    [
        ("uniform", {"low": -1.0, "high": 3.0}, [-1.0, -0.6, 1.0, 2.2, 3.0]),
        ("loguniform", {"low": 0.1, "high": 10.0}, [0.1, 10**-0.8, 1.0, 10**0.6, 10.0]),
        ("triangular", {"low": 1.0, "mode": 2.0, "high": 5.0},
         [1.0, 1.0 + math.sqrt(0.1 * 4.0), 5.0 - math.sqrt(0.5 * 12.0), 5.0 - math.sqrt(0.2 * 12.0), 5.0]),
        ("normal", {"mean": 2.0, "sd": 0.5}, 2.0 + 0.5 * stats.norm.ppf([1e-4, 0.1, 0.5, 0.8, 1.0 - 1e-4])),
        ("lognormal", {"median": 0.7, "cv": 0.5},
         0.7 * np.exp(math.sqrt(math.log(1.25)) * stats.norm.ppf([1e-4, 0.1, 0.5, 0.8, 1.0 - 1e-4]))),
        ("choice", {"values": ["a", "b", "c", "d", "e"]}, ["a", "a", "c", "e", "e"]),
    ],
)  # fmt: skip
def test_values_at_shares_of_a_distribution(distribution, numbers, values):
    found = drawn(distribution, SHARES, **numbers)
    assert found == (values if distribution == "choice" else pytest.approx(list(values)))


def test_a_normal_with_ends_is_cut_and_keeps_its_shape():
    found = drawn("normal", [0.25, 0.5, 0.75], mean=2.0, sd=0.5, low=1.5, high=3.5)
    inside = stats.norm.cdf([-1.0, 3.0])
    shares = inside[0] + np.array([0.25, 0.5, 0.75]) * (inside[1] - inside[0])
    assert found == pytest.approx(list(2.0 + 0.5 * stats.norm.ppf(shares)))
    assert drawn("normal", [0.0], mean=2.0, sd=0.5, low=1.5)[0] == pytest.approx(1.5, abs=1e-3)
    assert drawn("normal", [1.0], mean=2.0, sd=0.5, high=2.5)[0] == pytest.approx(2.5, abs=1e-3)


def test_whole_numbers_are_drawn_half_a_step_beyond_the_ends():
    assert drawn("uniform", [0.0, 0.33, 0.34, 0.66, 0.67, 1.0], like=2, low=0.8, high=3.2) == [1, 1, 2, 2, 3, 3]
    assert drawn("triangular", [0.0, 0.5, 1.0], like=2, low=1, mode=3, high=5) == [1, 3, 5]
    assert drawn("triangular", [0.49, 0.51], like=2, low=1.4, mode=1.45, high=3.6) == drawn(
        "triangular", [0.49, 0.51], like=2, low=2, mode=2, high=3
    )
    assert drawn("normal", [0.3, 0.5, 0.7], like=2, mean=7.2, sd=1.0) == [7, 7, 8]
    assert drawn("lognormal", [0.5], like=2, median=7.4, cv=0.1) == [7]


def test_worlds_go_through_all_unknowns_together():
    two = [
        Uncertain(path="a", distribution="uniform", low=0.0, high=1.0, why="x"),
        Uncertain(path="b", distribution="choice", values=[1, 2], why="x"),
    ]
    assert changes_at(two, np.array([[0.1, 0.9], [0.7, 0.2]]), {"a": 0.5, "b": 1}) == [
        {"a": 0.1, "b": 2},
        {"a": 0.7, "b": 1},
    ]
    assert problem_of(valid(uncertain=two)) == {"num_vars": 2, "names": ["a", "b"], "bounds": [[0.0, 1.0], [0.0, 1.0]]}


@pytest.mark.parametrize(
    ("method", "count"), [("random", 16), ("latin_hypercube", 16), ("sobol", 16 * 4), ("morris", 16 * 3)]
)
def test_every_method_draws_its_own_worlds_the_same_again(method, count):
    """Sobol's without the second order: draws × (unknowns + 2); Morris's: draws × (unknowns + 1), on four levels."""
    two = [TRUST, {**TRUST, "path": "party.attention"}]
    first, again, other = (
        world_shares(valid(uncertain=two, worlds={"method": method, "draws": 16, "seed": seed})) for seed in (1, 1, 2)
    )
    assert first.shape == (count, 2)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert ((first >= 0.0) & (first <= 1.0)).all()
    if method == "latin_hypercube":
        assert sorted(np.floor(first[:, 0] * 16)) == list(range(16))
    if method == "random":
        assert sorted(np.floor(first[:, 0] * 16)) != list(range(16))
        assert np.array_equal(first, np.random.default_rng(1).random((16, 2)))
    if method == "morris":
        assert set(np.round(first * 3).ravel()) == {0, 1, 2, 3}
        assert np.allclose(first * 3, np.round(first * 3))


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


# Ensembles -------------------------------------------------------------------------------------------------------
def sets(*weights: float) -> Ensemble:
    return Ensemble("e", tuple({"a": number} for number in range(len(weights))), weights)


def test_sets_come_as_often_as_their_weights_say():
    assert sets(0.25, 0.25, 0.25, 0.25).places() == [0, 1, 2, 3]
    assert sets(0.5, 0.0, 0.5, 0.0).places() == [0, 0, 2, 2]
    assert sets(0.1, 0.2, 0.7, 0.0).places() == [1, 2, 2, 2]
    assert sets(0.25, 0.25, 0.25, 0.25).places(2) == [0, 2]
    assert sets(0.25, 0.25, 0.25, 0.25).places(9) == [0, 1, 2, 3]
    assert sets(0.2, 0.2, 0.2, 0.2, 0.2).places(3) == [0, 1, 3]
    assert sets(0.5, 0.5 - 1e-9).places() == [0, 1]  # weights may fall short of 1 in their last digits
    assert sets(0.5, 0.3).places() == [0, 1]
    assert sets(0.5, 0.0, 0.5, 0.0).equally_weighted() == [{"a": 0}, {"a": 0}, {"a": 2}, {"a": 2}]
    assert sets(0.5, 0.5).effective_count == pytest.approx(2.0)
    assert sets(0.8, 0.2).effective_count == pytest.approx(1.0 / 0.68)
    assert sets(1.0).paths == ["a"]


def test_what_is_written_is_read_again(tmp_path):
    values = [{"a": 0.123456789, "b": 3, "c": (1, 2.5), "d": 'x"y'}, {"a": 2.0, "b": 4, "c": (1, 2), "d": "z"}]
    write_ensemble(tmp_path / "e.csv", values, [1.0, 3.0], "few  draws")
    told = read_ensemble(tmp_path / "e.csv")
    assert told.weights == (0.25, 0.75)
    assert told.sets[0] == {"a": 0.123457, "b": 3, "c": (1, 2.5), "d": 'x"y'}
    assert (told.doubt, told.first_line, told.name, told.path) == ("few draws", 3, "e", tmp_path / "e.csv")
    assert told.warning == "the ensemble e is in doubt, so what follows from it is no answer: few draws"
    write_ensemble(tmp_path / "e.csv", values, [1.0, 3.0])
    sure = read_ensemble(tmp_path / "e.csv")
    assert (sure.warning, sure.first_line) == ("", 2)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", ["must have a column called weight, one for each parameter, and rows"]),
        ("weight,a\n", ["must have a column called weight, one for each parameter, and rows"]),
        ("weight\n1\n", ["must have a column called weight, one for each parameter, and rows"]),
        ("wieght,a\n1,1\n", ["must have a column called weight, one for each parameter, and rows"]),
        ("weight,a,a\n1,1,1\n", ['has two columns called "a"']),
        ("# x\nweight,a\n1,1\n\n1,1,1\n1\n", ["5: has 3 cells; the first line names 2 columns", "6: has 1 cells; the first line names 2 columns"]),
        ("weight,a\n-1,1\nx,1\ninf,1\nnan,1\n,1\n", [f"{line}: weight = {shown} must be a number of at least 0" for line, shown in
                                                  ((2, '"-1"'), (3, '"x"'), (4, '"inf"'), (5, '"nan"'), (6, '""'))]),
        ("weight,a\n0,1\n0,2\n", ["the weights must sum to more than 0"]),
        ("weight,\n1,1\n", None),
    ],
)  # fmt: skip
def test_an_ensemble_that_is_wrong_is_refused_line_by_line(tmp_path, text, says):
    (tmp_path / "e.csv").write_text(text)
    with pytest.raises(EnsembleError) as caught:
        read_ensemble(tmp_path / "e.csv")
    lines = str(caught.value).splitlines()
    if says is None:
        assert lines[0].startswith("e.csv:2: ")
        return
    assert lines == [f"e.csv:{line}" if line[0].isdigit() else f"e.csv: {line}" for line in says]


def test_an_ensemble_may_have_a_weight_of_nothing_and_remarks(tmp_path):
    (tmp_path / "e.csv").write_text("# made by hand\n# in doubt: one\n# in doubt: two\nweight,a\n0,1\n2,5\n\n2,6\n")
    told = read_ensemble(tmp_path / "e.csv")
    assert (told.weights, told.doubt, told.first_line) == ((0.0, 0.5, 0.5), "one; two", 5)
    assert [one["a"] for one in told.sets] == [1, 5, 6]


def test_an_ensemble_that_is_absent_or_cannot_be_read(tmp_path, monkeypatch):
    with pytest.raises(
        EnsembleError,
        match=r'^"junmen_2013": there is no such ensemble; did you mean junmen_2012\? \(there are changning_111, .*, and files \*\.csv\)$',
    ):
        read_ensemble("junmen_2013")
    assert read_ensemble("junmen_2012").name == "junmen_2012"
    with pytest.raises(EnsembleError, match="there is no such ensemble"):
        read_ensemble("./junmen_2012")
    with pytest.raises(EnsembleError, match="there is no such ensemble"):
        read_ensemble("junmen_2012.csv")
    (tmp_path / "e.csv").write_bytes(b"weight,a\n1,\xff\n")
    with pytest.raises(EnsembleError, match=r"^e\.csv: cannot be read: is not UTF-8 text with commas$"):
        read_ensemble(tmp_path / "e.csv")
    (tmp_path / "e.csv").write_text("weight,a\n" + "x,1\n" * 50)
    with pytest.raises(EnsembleError) as caught:
        read_ensemble(tmp_path / "e.csv")
    assert len(str(caught.value).splitlines()) == ensembles.MOST_PROBLEMS
    (tmp_path / "e.csv").write_text("weight,a\n1,1\n")
    monkeypatch.setattr(ensembles, "LARGEST_BYTES", 13)
    assert read_ensemble(tmp_path / "e.csv").weights == (1.0,)
    monkeypatch.setattr(ensembles, "LARGEST_BYTES", 12)
    with pytest.raises(EnsembleError, match=r"^e\.csv: is larger than 20 MB$"):
        read_ensemble(tmp_path / "e.csv")


def test_the_same_sets_for_another_scenario_lie_beside(tmp_path):
    for name, text in (("a", "weight,x\n1,1\n3,2\n"), ("b", "weight,x\n1,5\n3,6\n"), ("c", "weight,x\n1,5\n2,6\n")):
        (tmp_path / f"{name}.csv").write_text(text)
    first = read_ensemble(tmp_path / "a.csv")
    assert first.of("a") is first
    assert first.of("b").sets == ({"x": 5}, {"x": 6})
    assert first.of("c") is first  # other weights: no sets of the same calibration
    assert first.of("d") is first
    assert sets(1.0).of("b").name == "e"
