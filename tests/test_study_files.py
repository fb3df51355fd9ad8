"""Study files, to the edges of what is allowed: what they may say, and how wrong ones are refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from experiments.studies import reading
from experiments.studies.design import make_study
from experiments.studies.form import StudyError, StudyFile
from experiments.studies.reading import find_study, read_study, studies, study_names
from tests.test_studies import FACTORIAL, HEAD, LEVER, TAIL, UNCERTAIN, refused

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
        pytest.param(b"title = '\xff'", "a.toml: is not UTF-8 text, nor GB18030; save it as UTF-8", id="not UTF-8"),
        pytest.param(b"x = " + b"[" * 5000, "a.toml: is nested too deeply", id="nested"),
        pytest.param(b"#" * 1_000_001, "a.toml: is larger than 1 MB; many plans go into a CSV file", id="large"),
        pytest.param(b"#" * 1_000_000, "a.toml: title is missing", id="just not too large"),
        pytest.param(
            b"x = \n",
            "a.toml: is not valid TOML in line 1, column 5: there is no value to be read; text stands in quotes, and numbers "
            "have no unit",
            id="not TOML",
        ),
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

    monkeypatch.setattr(Path, "read_bytes", refusing)
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
