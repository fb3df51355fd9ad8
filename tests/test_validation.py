"""Validation: which words follow from which numbers, what is varied, and answers over an ensemble."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path

import pytest

from calibration.checks import Concluded, checks, everything_uncertain
from calibration.places import place_names, read_place
from calibration.validating import SECOND_QUARTER, second_quarter, staff
from experiments.designs import load_study
from experiments.ensembles import Ensemble, EnsembleError, read_ensemble, write_ensemble
from experiments.study import StudyError
from scenarios.loading import load
from scenarios.parameters import walk

ROOT = Path(__file__).resolve().parent.parent
COMMAND = [sys.executable, str(ROOT / "run_experiment.py")]


# Ensembles -------------------------------------------------------------------------------------------------------
def test_an_ensemble_is_read_as_it_was_written(tmp_path):
    sets = [{"demand.scale": 2.0, "party.attention": 0.25}, {"demand.scale": 3.0, "party.attention": 0.5}]
    write_ensemble(tmp_path / "mine.csv", sets, [1.0, 3.0])
    ensemble = read_ensemble(tmp_path / "mine.csv")
    assert list(ensemble.sets) == sets
    assert ensemble.weights == (0.25, 0.75)
    assert ensemble.effective_count == pytest.approx(1 / (0.25**2 + 0.75**2))


def test_a_set_stands_as_often_as_its_weight_says():
    ensemble = Ensemble("e", tuple({"a": float(n)} for n in range(4)), (0.5, 0.25, 0.25, 0.0))
    assert [values["a"] for values in ensemble.equally_weighted()] == [0.0, 0.0, 1.0, 2.0]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param("a,b\n1,2\n", "must have a column called weight", id="no weights"),
        pytest.param("weight,demand.scale\n-1,2\n", "mine.csv:2: weight = '-1' must be a number", id="negative"),
        pytest.param("weight,demand.scale\n0,2\n", "must sum to more than 0", id="no weight at all"),
        pytest.param("weight,demand.scale\n1,\n", "mine.csv:2:", id="an empty cell"),
        pytest.param("weight\n1\n", "must have a column called weight", id="no parameters"),
    ],
)
def test_a_wrong_ensemble_is_refused_in_one_line(tmp_path, text, says):
    (tmp_path / "mine.csv").write_text(text)
    with pytest.raises(EnsembleError) as error:
        read_ensemble(tmp_path / "mine.csv")
    assert says in str(error.value).replace('"', "'")
    assert len(str(error.value).splitlines()) == 1


def test_an_ensemble_that_does_not_exist_names_the_nearest():
    with pytest.raises(EnsembleError, match=r"did you mean junmen_2012\?"):
        read_ensemble("junmen_2021")


def test_a_study_takes_an_ensemble_in_place_of_its_unknowns():
    study = load_study("junmen_unknowns", "junmen_2012")
    sets = read_ensemble("junmen_2012").equally_weighted()
    assert len(study.worlds) == len(sets)
    assert sorted(world.changes["demand.scale"] for world in study.worlds) == sorted(s["demand.scale"] for s in sets)


def test_an_ensemble_of_another_kind_of_city_is_refused():
    with pytest.raises(StudyError, match="is not a parameter of the base"):
        load_study("changning_grids", "junmen_2012")


def test_a_comparison_over_an_ensemble_says_how_many_sets_agree():
    words = ["compare", "junmen_2012", "junmen_2012 --set rules.escalation=none", "--ensemble", "junmen_2012",
             "--set", "period.days=20", "--replications", "8", "--indicator", "solved_share_of_raised", "--json"]  # fmt: skip
    told = subprocess.run([*COMMAND, *words], capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
    found = json.loads(told.stdout)
    assert found["ensemble"] == "junmen_2012"
    assert len(found["seeds"]) == 8
    (difference,) = found["indicators"]["solved_share_of_raised"]["differences"].values()
    assert 0.0 <= difference["more_share"] <= 1.0
    assert difference["holds"].startswith("less in" if difference["more_share"] < 0.5 else "more in")


# Words -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("more", "word"),
    [(1.0, "more in all sets"), (0.9, "more in most sets"), (0.6, "more in some sets"), (0.02, "less in all sets"),
     (0.3, "less in some sets")],
)  # fmt: skip
def test_a_conclusion_holds_for_all_for_most_or_for_some(more, word):
    assert Concluded("c", "p", "unseen_share", -0.1, 0.0, 0.1, more).word == word


def test_what_never_differs_is_the_same():
    assert Concluded("c", "p", "found_count", 0.0, 0.0, 0.0, 0.5).word == "the same in all sets"


def places(load_log: float, learning_log: float, inside: bool = True) -> dict:
    def place(log: float) -> dict:
        told = {"id": SECOND_QUARTER, "low": 0.9, "high": 0.995, "unit": "share", "inside": inside}
        return {"figures": [told], "log_densities": {SECOND_QUARTER: log}}

    return {"changning": place(load_log), "changning_learning": place(learning_log)}


@pytest.mark.parametrize(
    ("by_learning", "says"),
    [
        (math.log(2.0), "cannot tell them apart: Bayes factor 2.0 for learning"),
        (math.log(10.0), "prefers learning (positive evidence): Bayes factor 10.0 for learning"),
        (-math.log(30.0), "prefers load alone (strong evidence): Bayes factor 30.0 for load alone"),
    ],
)
def test_the_second_quarter_is_told_by_its_bayes_factor(by_learning, says):
    (line,) = second_quarter(places(0.0, by_learning))
    assert says in line


def test_conclusions_that_change_with_the_staff_are_told_apart():
    def row(check: str, indicator: str, more: float) -> Concluded:
        return Concluded(check, "fewer", indicator, -0.1, 0.0, 0.1, more)

    same, other = staff([
        row("Changning, 314 supervisors", "unseen_share", 1.0), row("Changning, 314 supervisors", "filed_count", 1.0),
        row("Changning, 111 supervisors", "unseen_share", 1.0), row("Changning, 111 supervisors", "filed_count", 0.5),
    ])  # fmt: skip
    assert same.endswith("fewer: unseen_share more in all sets.")
    assert "filed_count more in all sets (314 supervisors), more in some sets (111)" in other


# What is checked -------------------------------------------------------------------------------------------------
def test_every_uncertain_number_is_varied_about_its_value_within_its_range():
    varied, left = everything_uncertain("junmen_2012", {})
    scenario = load("junmen_2012")
    for path, section, name, value in walk(scenario.parameters):
        science = section.science(name)
        entry = next((entry for entry in varied if entry.path == path), None)
        if science.role != "uncertain":
            assert entry is None
        elif entry is None:
            assert path in left
            assert value == 0 or not isinstance(value, (int, float))
        else:
            assert science.span[0] <= entry.low < entry.high <= science.span[1]
            assert entry.low <= value <= entry.high


def test_every_check_names_ensembles_that_calibrations_write():
    handed = {f"{name}/{hand.scenario}" for name in place_names() for hand in read_place(name).file.hand_over}
    asked = checks()
    named = [check.ensemble for check in (*asked.elsewhere, *asked.transfer, *asked.conclusions)]
    assert set(named) <= handed
