"""Validation: which words follow from which numbers, what is varied, and answers over an ensemble."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from calibration.answers import SECOND_QUARTER
from calibration.checks import (
    Between,
    Concluded,
    Conclusions,
    Elsewhere,
    Sensitive,
    checks,
    conclude,
    ensemble_for,
    everything_uncertain,
    foretell_elsewhere,
    sensitive,
    steeper,
    straight,
    worse,
)
from calibration.fitting.calibrating import Assumption
from calibration.fitting.places import place_names, read_place
from calibration.words import (
    ASSUMED,
    assumed,
    cautions_in_words,
    held_before,
    narrowed,
    ratios_in_words,
    read_otherwise_in_words,
    second_quarter_in_words,
    staff_in_words,
)
from experiments.commands.shared import engine_starter
from experiments.statistics.agreement import Agreement, Many, Sign, agreement
from experiments.studies.design import load_study
from experiments.studies.ensembles import Ensemble, EnsembleError, read_ensemble, write_ensemble
from experiments.studies.form import StudyError
from experiments.words.comparisons import agreement_in_words
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


def test_another_scenario_of_the_same_calibration_has_its_own_sets():
    grid, before = read_ensemble("junmen_2012"), read_ensemble("junmen_before")
    own = grid.of("junmen_before")
    assert own.sets == before.sets
    assert "party.attention" in grid.paths
    assert "party.attention" not in own.paths
    assert grid.of("junmen_2012") is grid
    assert grid.of("changning_2005q4") is grid, "other weights: another calibration"


def test_places_are_spread_over_all_sets_when_fewer_are_wanted():
    ensemble = Ensemble("e", tuple({"a": float(n)} for n in range(4)), (0.5, 0.25, 0.25, 0.0))
    assert ensemble.places() == [0, 0, 1, 2]
    assert ensemble.places(2) == [0, 1]
    assert ensemble.places(9) == [0, 0, 1, 2]


def test_an_ensemble_of_another_kind_of_place_is_said_to_be_that():
    words = ["compare", "junmen_2012", "changning_2005q4", "--ensemble", "junmen_2012"]
    told = subprocess.run([*COMMAND, *words], capture_output=True, text=True, check=False)
    assert (told.returncode, len(told.stderr.splitlines())) == (2, 1)
    assert "junmen_2012 is of another kind of place: changning_2005q4 does not have" in told.stderr


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param("a,b\n1,2\n", "must have a column called weight", id="no weights"),
        pytest.param("weight,demand.scale\n-1,2\n", "mine.csv:2: weight = '-1' must be a number", id="negative"),
        pytest.param("weight,demand.scale\n0,2\n", "must sum to more than 0", id="no weight at all"),
        pytest.param("weight,demand.scale\n1,\n", "mine.csv:2:", id="an empty cell"),
        pytest.param("weight,demand.scale\n1,2,3\n", "mine.csv:2: has 3 cells", id="a cell too many"),
        pytest.param("weight,a,a\n1,2,3\n", "has two columns called 'a'", id="a column twice"),
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
    ("differences", "more", "word"),
    [
        pytest.param([1.0] * 80, 1.0, "more in all sets", id="all"),
        pytest.param([1.0] * 79 + [-1.0], 79 / 80, "more in nearly all sets", id="all but one of eighty"),
        pytest.param([-1.0] * 8 + [1.0] * 2, 0.2, "less in most sets", id="most"),
        pytest.param([1.0] * 6 + [-1.0] * 4, 0.6, "more in some sets", id="some"),
        pytest.param([0.0] * 9 + [2.0], 0.55, "more in some sets", id="where equal, half counts"),
        pytest.param([0.0] * 10, 0.5, "the same in all sets", id="never apart"),
        pytest.param([math.nan, 1.0], 1.0, "more in all sets", id="undefined is left out"),
    ],
)
def test_a_conclusion_holds_for_all_for_most_or_for_some(differences, more, word):
    found = agreement(differences)
    assert found.more_share == pytest.approx(more)
    assert agreement_in_words(found) == word


def quarters(factors: dict[str, float], inside: bool = True) -> dict:
    """The two places, with Bayes factors for learning under some assumptions."""

    def place(logs: dict[str, float]) -> dict:
        told = {"id": SECOND_QUARTER, "low": 0.9, "high": 0.995, "unit": "share", "inside": inside, "published": "99 %"}
        return {"figures": [told], "log_densities": {SECOND_QUARTER: logs}, "reached": {SECOND_QUARTER: [0.2, 0.99]}}

    return {
        "changning": place(dict.fromkeys(factors, 0.0)),
        "changning_learning": place({name: math.log(factor) for name, factor in factors.items()}),
    }


@pytest.mark.parametrize(
    ("factors", "says"),
    [
        ([2.0, 1.5], "cannot tell the two apart"),
        ([4.0, 10.0], "prefer learning, with positive evidence at least"),
        ([1 / 30, 1 / 200], "prefer load alone, with strong evidence at least"),
        ([2.0, 12.0], "lean to learning"),
        ([0.9, 0.2], "lean to load alone"),
        ([0.5, 12.0], "cannot be told apart"),
    ],
)
def test_bayes_factors_are_read_with_all_assumptions_in_view(factors, says):
    told = second_quarter_in_words(quarters(dict(zip(Assumption, factors, strict=False))))
    assert says in told[-1]
    assert ASSUMED[Assumption.AS_CALIBRATED].format(factor=factors[0]) in told[-1]
    assert "no history by load alone had more than 99.0 %" in told[1]


def test_without_a_sound_emulator_no_bayes_factor_is_given():
    assert second_quarter_in_words(quarters({}))[-1].startswith("Bayes factors are not given: an emulator")


def concluded(
    check: str, indicator: str, sign: Sign, many: Many = Many.ALL, supervisors: int | None = None
) -> Concluded:
    return Concluded(check, "fewer", indicator, -0.1, 0.0, 0.1, Agreement(1.0, sign, many), supervisors)


def test_conclusions_that_change_with_the_staff_are_told_apart():
    (told,) = staff_in_words([
        concluded("all of them", "unseen_share", Sign.MORE, supervisors=314),
        concluded("all of them", "filed_count", Sign.MORE, supervisors=314),
        concluded("one a grid", "unseen_share", Sign.MORE, supervisors=111),
        concluded("one a grid", "filed_count", Sign.MORE, Many.SOME, supervisors=111),
        concluded("elsewhere", "filed_count", Sign.LESS),
    ])  # fmt: skip
    assert "Of 2 conclusions on Changning, 1 are the same" in told
    assert "fewer: filed: more in all sets (314 supervisors), more in some sets (111)" in told


def test_a_share_that_gets_better_because_less_is_seen_is_cautioned_against():
    def found(on_time: Sign, unseen: Sign, filed: Sign, many: Many = Many.ALL) -> list[Concluded]:
        return [
            concluded("Changning", "on_time_share_of_filed", on_time, many),
            concluded("Changning", "unseen_share", unseen), concluded("Changning", "filed_count", filed),
        ]  # fmt: skip

    (told,) = cautions_in_words(found(Sign.MORE, Sign.MORE, Sign.LESS, Many.NEARLY_ALL))
    assert told.startswith("Changning, fewer: more is closed on time, and more is never found")
    assert not cautions_in_words(found(Sign.MORE, Sign.LESS, Sign.MORE))
    assert not cautions_in_words(found(Sign.MORE, Sign.MORE, Sign.LESS, Many.SOME))


def test_a_ratio_that_was_published_gets_a_verdict():
    ratio = {"name": "six times", "published": 6.0, "low": 6.1, "middle": 6.9, "high": 7.7}
    assert ratios_in_words({"dongcheng": {"ratios": [ratio]}})[0].endswith("the published ratio lies outside.")
    assert ratios_in_words({"dongcheng": {"ratios": [ratio | {"low": 5.9}]}})[0].endswith(
        "the published ratio lies inside."
    )


def test_another_reading_names_every_parameter_that_moves_and_what_it_rests_on():
    own = [{"path": "a", "posterior": [1.0, 2.0, 3.0]}, {"path": "b", "posterior": [1.0, 2.0, 3.0]}]
    reading = {"name": "more cases", "parameters": {"a": [1.0, 2.5, 3.0], "b": [1.0, 2.1, 3.0]}, "effective_count": 21.4,
               "log_evidence": -3.0}  # fmt: skip
    other = reading | {"name": "fewer", "log_evidence": -3.0 + math.log(4.0)}
    told = read_otherwise_in_words({"city": {"parameters": own, "readings": [reading, other]}})
    assert "the medians move of a from 2 to 2.5 (rests on 21 effective draws; with the crews" in told[0]
    assert "0.25 times as likely as the likeliest reading" in told[0]
    assert told[1].endswith("(rests on 21 effective draws).")


# What is checked -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("base", ["junmen_2012", "changning_2005q4"])
def test_everything_uncertain_is_varied_about_its_value_within_its_range(base):
    varied = {entry.path: entry for entry in everything_uncertain(base, {})}
    for path, section, name, value in walk(load(base).parameters):
        science = section.science(name)
        entry = varied.pop(path, None)
        if science.role != "uncertain":
            assert entry is None
        elif entry.distribution == "choice":
            assert (list(value) if isinstance(value, tuple) else value) in entry.values
            assert len({str(other) for other in entry.values}) > 1
        else:
            assert science.span[0] <= entry.low <= value <= entry.high <= science.span[1]
            assert entry.low < entry.high
    assert not varied


def test_what_nothing_says_how_to_vary_is_named():
    with pytest.raises(ValueError, match=r"says nothing of demand\.month_weights of junmen_2012"):
        everything_uncertain("junmen_2012", {}, [])


def test_lists_are_varied_in_shape_and_keep_their_sum():
    assert worse([0.9, 0.1, 0.0, 0.0], 1) == pytest.approx([0.6, 0.1 * 2 / 3 + 0.3, 0.1 / 3, 0.0])
    assert worse([0.9, 0.1, 0.0, 0.0], -1) == pytest.approx([0.9 + 0.1 / 3, 0.1 * 2 / 3, 0.0, 0.0])
    assert worse([0.0, 0.0, 0.0, 1.0], 1) == pytest.approx([0.0, 0.0, 0.0, 1.0])
    more, less = steeper([1.0, 4.0], 1), steeper([1.0, 4.0], -1)
    assert (more[1] / more[0], less[1] / less[0]) == pytest.approx((8.0, 4.0 ** (2 / 3)))
    assert (sum(more), sum(less)) == pytest.approx((5.0, 5.0))


def test_straight_lines_explain_what_is_straight_and_no_noise():
    shares = np.random.default_rng(1).random((400, 150))
    noise = np.random.default_rng(2).standard_normal(400)
    line = 3.0 * shares[:, 0] - 2.0 * shares[:, 1]
    assert straight(shares, line) == pytest.approx(1.0)
    assert abs(straight(shares, noise)) < 0.15
    half = straight(shares, line / line.std() + noise / noise.std())
    assert half == pytest.approx(0.5, abs=0.1)


def test_the_sensitivity_finds_what_matters_and_no_more(tmp_path, monkeypatch):
    """What a second manager a grid costs is her pay, and a little her relief: of 140 parameters no other, and no chance."""
    monkeypatch.setattr("calibration.checks.SHUFFLES", 2)
    wage = "units.grid_manager.wage_yuan_per_month"
    check = Sensitive.model_validate({
        "name": "Junmen", "base": "junmen_2012", "set": {"period.days": 2}, "draws": 100, "seeds": 2,
        "plans": [{"name": "one", "set": {}}, {"name": "two", "set": {"units.grid_manager.people": 2}}],
        "differences": [{"name": "pay", "plan": "two", "indicator": "cost_yuan"}],
    })  # fmt: skip
    (told,) = sensitive(check, tmp_path, engine_starter(1, None), lambda *_: None)
    assert set(told.table["path"]) == {entry.path for entry in everything_uncertain("junmen_2012", {})}
    first = told.table.iloc[0]
    assert (first["path"], first["kind"]) == (wage, "number")
    assert first["share"] > 0.8 > 2 * told.chance > 0.0
    assert first["way"] > 0.98
    assert told.linear == pytest.approx(1.0)
    assert told.found.noise_of_run == pytest.approx(0.0, abs=1e-9)
    assert (told.table["share"].iloc[1:] < 0.3).all()


def test_every_check_names_ensembles_that_calibrations_write():
    handed = {f"{name}/{hand.scenario}" for name in place_names() for hand in read_place(name).file.hand_over}
    asked = checks()
    named = [check.ensemble for check in (*asked.elsewhere, *asked.transfer, *asked.conclusions)]
    assert set(named) <= handed


def test_a_city_is_not_told_what_was_fitted_to_it(tmp_path):
    """What the scenario has from its own calibration, and the other city's sets do not set, is drawn from its prior."""
    path = tmp_path / "changning" / "changning_2005q4.csv"
    path.parent.mkdir()
    whole = read_ensemble("changning_2005q4")
    write_ensemble(path, whole.sets, whole.weights)
    check = Elsewhere(scenario="dongcheng_2004", ensemble="changning/changning_2005q4")
    scenario = load("dongcheng_2004")
    name, redrawn = ensemble_for(check, scenario, tmp_path)
    fitted = {p for p, known in scenario.provenance.items() if known.source.startswith("calibration-")}
    assert fitted
    crews = {"units.street_crews.people", "units.utilities_crews.people"}
    assert set(redrawn) == fitted - set(whole.paths) | crews
    made = read_ensemble(tmp_path / name)
    assert fitted <= set(made.paths)
    for path in redrawn:
        whole_numbers = 18 if path in crews else len(made.sets)
        assert len({values[path] for values in made.sets}) > min(whole_numbers, len(made.sets) / 2)


@pytest.fixture
def few_sets(tmp_path) -> Path:
    """A folder with an ensemble of Junmen: four sets, of little demand and of much."""
    sets = [{"demand.scale": scale, "party.attention": 0.3} for scale in (2.0, 3.0, 4.0, 5.0)]
    (tmp_path / "junmen").mkdir()
    write_ensemble(tmp_path / "junmen" / "junmen_2012.csv", sets, [1.0] * 4)
    return tmp_path


def test_a_conclusion_is_drawn_set_by_set(few_sets):
    check = Conclusions.model_validate({
        "name": "Junmen", "base": "junmen_2012", "ensemble": "junmen/junmen_2012", "set": {"period.days": 20},
        "indicators": ["found_count", "occurred_count"],
        "plans": [{"name": "as it was", "set": {}}, {"name": "no volunteers", "set": {"party.members_count": 0}}],
    })  # fmt: skip
    (found, occurred), findings = conclude(check, few_sets, engine_starter(1, None), lambda *_: None)
    runs = findings.runs.pivot_table(index="world", columns="plan", values="found_count")
    assert found.middle == pytest.approx((runs[1] - runs[0]).median())
    assert found.agreement == (0.0, Sign.LESS, Many.ALL)
    assert occurred.agreement.sign is Sign.SAME
    assert check.days == 20
    assert found.rest is None, "nothing is kept of what was possible before the figures"


def test_a_conclusion_says_what_it_rests_on(tmp_path):
    """Ten sets of nearly one demand, and ten of very different ones: the figures narrow what they do to the finds."""
    (tmp_path / "junmen").mkdir()
    for end, step in (("", 0.02), (".prior", 0.5)):
        sets = [{"demand.scale": 2.0 + step * n, "party.attention": 0.3} for n in range(10)]
        write_ensemble(tmp_path / "junmen" / f"junmen_2012{end}.csv", sets, [1.0] * 10)
    check = Conclusions.model_validate({
        "name": "Junmen", "base": "junmen_2012", "ensemble": "junmen/junmen_2012", "set": {"period.days": 20},
        "indicators": ["found_count"],
        "plans": [{"name": "as it was", "set": {}}, {"name": "no volunteers", "set": {"party.members_count": 0}}],
    })  # fmt: skip
    (found,), _ = conclude(check, tmp_path, engine_starter(1, None), lambda *_: None)
    assert found.rest is not None
    assert found.rest.agreed_before.more_share < 0.5
    assert {carrier.path for carrier in found.rest.carriers} <= {"demand.scale"}
    unmeasured = found._replace(rest=found.rest._replace(before=found.rest.under))
    assert assumed(unmeasured) == "assumed, not measured: "
    assert narrowed(unmeasured) == "not at all"
    assert held_before(found) != "–"


def test_a_figure_of_a_longer_period_is_foretold_at_its_own_length(few_sets):
    check = Elsewhere(scenario="junmen_before", ensemble="junmen/junmen_2012", set={"period.days": 23}, without=["party.attention"])  # fmt: skip
    (seen,) = foretell_elsewhere(check, few_sets, engine_starter(1, None), lambda *_: None)
    assert (seen.foretold.figure.id, seen.days) == ("junmen-before-volume", 23)
    assert set(seen.redrawn) == {"categories.services.salience_prob", "units.community_office.settle_prob",
                                 "categories.disputes.gone_per_day", "units.subdistrict_office.casework_share",
                                 "units.district_departments.casework_share"}  # fmt: skip
    # 23 of 184 days are run: about 100 in half a year are a dozen, and are told as 100.
    assert 20.0 < seen.foretold.middle < 400.0
    assert seen.foretold.low < seen.foretold.middle < seen.foretold.high


def test_the_same_place_at_another_time_is_not_widened_as_another_city_would_be(few_sets, monkeypatch):
    check = Elsewhere(scenario="junmen_before", ensemble="junmen/junmen_2012", set={"period.days": 23}, without=["party.attention"])  # fmt: skip
    told = []
    for sd in (0.0, 3.0):
        monkeypatch.setattr("calibration.checks.between_cities", lambda _, sd=sd: Between(sd, 0.0, 6))
        (seen,) = foretell_elsewhere(check, few_sets, engine_starter(1, None), lambda *_: None)
        told.append((seen.foretold.low, seen.foretold.high))
    assert told[0] == told[1]
