"""What a calibration hands over: scenarios that can be read again, and nothing, or a mark, when it is in doubt."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from calibration import keeping
from calibration.commands import NO_ANSWER
from calibration.commands import calibrate as command
from calibration.fitting.calibrating import key
from calibration.fitting.central import times
from calibration.fitting.doubts import Doubt, Worry
from calibration.fitting.emulators import Error
from calibration.fitting.judging import doubts
from calibration.fitting.places import place_names, read_place
from calibration.keeping import calibrate_into, central_toml, inputs_of, shipped
from calibration.words import central_why, doubt_in_words
from experiments.studies.ensembles import Ensemble, read_ensemble, write_ensemble
from experiments.studies.worlds import changes_at
from scenarios.loading import load, parse_override
from scenarios.parameters import walk
from tests.calling import called

REASON = Doubt(Worry.FEW_DRAWS, numbers={"draws": 7}).as_json()
DOUBT = "the posterior rests on 7 effective draws from the priors"
CENTRAL = central_why([])
WHY = f"IN DOUBT, so no answer ({DOUBT}): {CENTRAL}"


def test_every_worry_has_its_words():
    numbers = dict.fromkeys(("truths", "least", "draws", "level", "share", "low", "high", "p", "apart"), 0.5)
    said = {doubt_in_words(Doubt(worry, "the thing", numbers).as_json()) for worry in Worry}
    assert len(said) == len(Worry)
    assert doubt_in_words(REASON) == DOUBT


# Central scenarios -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", place_names())
@pytest.mark.parametrize("reasons", [[], [REASON]])
def test_a_calibrated_scenario_has_the_values_that_were_written(tmp_path, name, reasons):
    place = read_place(name)
    known = {
        path: value for plan in place.file.plans for path, _, _, value in walk(load(plan.base, plan.set).parameters)
    }
    shares = np.full((1, len(place.file.unknown)), 0.6)
    (values,) = changes_at(place.file.unknown, shares, known)
    for handed in place.file.hand_over:
        told = {path: times(values, handed.times)[path] for path in place.unknown_in(handed.plan)}
        file = tmp_path / f"{handed.scenario}_calibrated.toml"
        file.write_text(central_toml(handed.scenario, name, told, reasons))
        scenario = load(str(file))
        read = {path: value for path, _, _, value in walk(scenario.parameters)}
        written = {path: value for path, value in told.items() if path in read}
        assert len(written) >= 4
        assert {path: read[path] for path in written} == written
        assert {scenario.provenance[path].why for path in written} == {WHY if reasons else CENTRAL}
        assert scenario.title.endswith("calibrated in doubt" if reasons else "calibrated")


ODD = {
    "rules.patrol": "random", "demand.month_weights": (1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0, 12.0),
    "categories.services.salience_prob": 0.0409, "units.grid_manager.settle_prob": 0.848, "demand.scale": 3.59,
    "categories.services.seen_per_visit_prob": 0.72, "party.members_count": 120, "demand.profiles.x.weekend_ratio": 1.5,
}  # fmt: skip


def test_words_lists_whole_numbers_and_quotes_survive(tmp_path, monkeypatch):
    real = load("junmen_2012")
    said = SimpleNamespace(title='The "grid" of \\ 军门', question="Who's\nwho?", place="", parameters=real.parameters)
    monkeypatch.setattr(keeping, "load", lambda name: said)
    file = tmp_path / "odd.toml"
    file.write_text(central_toml("junmen_2012", "mine", ODD), encoding="utf-8")
    assert tomllib.loads(file.read_text())["title"] == said.title + ", calibrated"
    assert tomllib.loads(file.read_text())["question"] == said.question
    scenario = load(str(file))
    values = {path: value for path, _, _, value in walk(scenario.parameters)}
    given = {path: value for path, value in ODD.items() if path in {path for path, *_ in walk(real.parameters)}}
    assert len(given) >= 7
    assert {path: values[path] for path in given} == given
    assert type(values["party.members_count"]) is int
    assert scenario.provenance["demand.scale"].source == "calibration-own"


def test_what_is_multiplied_when_it_is_handed_over_stays_whole_if_it_is():
    assert times({"a": 3, "b": 1.5, "c": "word"}, {"a": "b"}) == {"a": 4, "b": 1.5, "c": "word"}
    assert times({"a": 2.0, "b": 1.5}, {"a": "b", "d": "b"}) == {"a": 3.0, "b": 1.5}


@pytest.mark.parametrize("value", [True, False, "ladder", "a, b", 'a "b"', (1, 2), (0.5, 0.25), 1_234_567, 0.25])
def test_an_ensemble_keeps_every_kind_of_value(tmp_path, value):
    write_ensemble(tmp_path / "e.csv", [{"a.b": value}], [1.0])
    assert read_ensemble(tmp_path / "e.csv").sets == ({"a.b": value},)
    assert parse_override("a.b=1") == ("a.b", 1)


# Doubt -----------------------------------------------------------------------------------------------------------
SETS = [{"party.attention": 0.1}, {"party.attention": 0.2}]


def test_an_ensemble_in_doubt_says_so_and_its_lines_are_counted_from_the_top(tmp_path):
    write_ensemble(tmp_path / "mine.csv", SETS, [1.0, 1.0], f"{DOUBT};\nanother")
    ensemble = read_ensemble(tmp_path / "mine.csv")
    assert ensemble.doubt == f"{DOUBT}; another"
    assert ensemble.warning == f"the ensemble mine is in doubt, so what follows from it is no answer: {DOUBT}; another"
    assert (list(ensemble.sets), ensemble.first_line) == (SETS, 3)
    lines = (tmp_path / "mine.csv").read_text().splitlines()
    assert lines[ensemble.first_line - 1] == "1,0.1"
    (tmp_path / "mine.csv").write_text("\n".join([*lines[:2], "1,0.1,3"]))
    with pytest.raises(ValueError, match=r"^mine.csv:3: has 3 cells"):
        read_ensemble(tmp_path / "mine.csv")


def test_an_ensemble_without_doubt_warns_of_nothing(tmp_path):
    write_ensemble(tmp_path / "mine.csv", SETS, [1.0, 1.0])
    assert (read_ensemble(tmp_path / "mine.csv").warning, Ensemble("e", ({},), (1.0,)).warning) == ("", "")


STUDY = """
title = "t"
question = "q"
base = "junmen_2012"
{}
[set]
"period.days" = 3
[design]
kind = "list"
[[plans]]
name = "as it is"
[[plans]]
name = "direct"
set = {{ "rules.escalation" = "direct" }}
[replications]
count = 1
[[objectives]]
indicator = "found_count"
better = "high"
"""
WARNING = f"the ensemble mine is in doubt, so what follows from it is no answer: {DOUBT}"


@pytest.mark.parametrize("doubt", [DOUBT, ""])
@pytest.mark.parametrize(("words", "where"), [
    pytest.param(["compare", "junmen_2012", "junmen_2012 --set rules.escalation=direct", "--set", "period.days=3",
                  "--ensemble", "mine.csv", "--replications", "2"], lambda told: told["ensemble_doubt"], id="compare"),
    pytest.param(["sweep", "./without.toml", "--out", "o", "--ensemble", "mine.csv"],
                 lambda told: told["ensemble_doubt"], id="sweep"),
    pytest.param(["sweep", "./with.toml", "--out", "o"], lambda told: told["ensemble_doubt"], id="a study's own"),
    pytest.param(["economics", "junmen_2012", "--set", "period.days=3", "--ensemble", "mine.csv"],
                 lambda told: told["ensemble"]["doubt"], id="economics"),
])  # fmt: skip
def test_whoever_uses_an_ensemble_in_doubt_says_so(tmp_path, words, where, doubt):
    write_ensemble(tmp_path / "mine.csv", SETS, [1.0, 1.0], doubt)
    (tmp_path / "with.toml").write_text(STUDY.format('ensemble = "mine.csv"'))
    (tmp_path / "without.toml").write_text(STUDY.format(""))
    told = called(tmp_path, *words, "--json")
    assert told.returncode == 0, told.stderr
    assert where(json.loads(told.stdout)) == doubt
    said = told.stderr + told.stdout
    assert ("in doubt" in said) == bool(doubt)
    if words[0] != "economics":
        assert told.stderr.splitlines()[:1] == ([WARNING] if doubt else [])
    if words[0] == "sweep":
        assert json.loads((tmp_path / "o" / "study.json").read_text())["ensemble_doubt"] == doubt


@pytest.fixture
def pretending(monkeypatch):
    """A calibration that takes no time; what it doubts is told by the test."""
    doubted: list[dict[str, Any]] = []
    calls: list[str] = []

    def pretend(place, folder, start, tell):
        calls.append(place.name)
        known = {path: value for path, _, _, value in walk(load("junmen_2012").parameters)}
        known |= {path: value for path, _, _, value in walk(load("junmen_before").parameters)}
        changes = changes_at(place.file.unknown, np.full((2, len(place.file.unknown)), 0.5), known)
        sets = SimpleNamespace(changes=changes, weights=np.array([0.5, 0.5]))
        return SimpleNamespace(place=place, sets=sets, central=SimpleNamespace(place=0))

    def summarise(found, inputs):
        return {"inputs": inputs, "doubts": list(doubted), "log_evidence": -1.0, "central": {"junmen_2012": {}},
                "done_count": 3}  # fmt: skip

    monkeypatch.setattr(keeping, "calibrate", pretend)
    monkeypatch.setattr(keeping, "summary", summarise)
    monkeypatch.setattr(keeping, "draw_all", lambda found, folder: [])
    return SimpleNamespace(doubted=doubted, calls=calls)


HANDED = [
    "junmen_2012.csv", "junmen_2012.prior.csv", "junmen_2012_calibrated.toml", "junmen_before.csv",
    "junmen_before.prior.csv", "junmen_before_calibrated.toml",
]  # fmt: skip


def files(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir() if file.suffix in (".csv", ".toml"))


def into(folder: Path, even_in_doubt: bool = False) -> dict:
    return calibrate_into(read_place("junmen"), folder, lambda: None, lambda step, state: None, even_in_doubt)


def test_a_calibration_in_doubt_hands_nothing_over_and_leaves_nothing_of_an_earlier_one(
    tmp_path, pretending, monkeypatch
):
    assert sorted(into(tmp_path)["handed_over"]) == HANDED == files(tmp_path)
    assert read_ensemble(tmp_path / "junmen_2012.csv").doubt == ""
    pretending.doubted.append(REASON)
    monkeypatch.setattr(keeping, "inputs_of", lambda place: "other")
    assert into(tmp_path)["handed_over"] == []
    assert files(tmp_path) == []
    assert json.loads((tmp_path / "result.json").read_text())["doubts"] == [REASON]


def test_what_is_handed_over_even_in_doubt_says_so_and_goes_when_it_is_not_wanted(tmp_path, pretending):
    pretending.doubted.append(REASON)
    assert sorted(into(tmp_path, True)["handed_over"]) == HANDED == files(tmp_path)
    assert read_ensemble(tmp_path / "junmen_2012.csv").doubt == DOUBT
    central = load(str(tmp_path / "junmen_2012_calibrated.toml"))
    assert central.provenance["demand.scale"].why == WHY
    shown = called(tmp_path, "show", "./junmen_2012_calibrated.toml")
    assert "IN DOUBT, so no answer" in " ".join(shown.stdout.split())
    assert into(tmp_path, True)["done_count"] == 0
    assert pretending.calls == ["junmen"]
    assert into(tmp_path)["handed_over"] == []
    assert files(tmp_path) == []
    assert pretending.calls == ["junmen"]
    assert sorted(into(tmp_path, True)["handed_over"]) == HANDED


def test_a_calibration_that_fails_leaves_nothing_of_an_earlier_one(tmp_path, pretending, monkeypatch):
    into(tmp_path)

    def fail(*words):
        raise ValueError("hardly any parameters come near the figures")

    monkeypatch.setattr(keeping, "inputs_of", lambda place: "other")
    monkeypatch.setattr(keeping, "calibrate", fail)
    with pytest.raises(ValueError, match="hardly any"):
        into(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_second_call_for_the_same_inputs_does_nothing(tmp_path, pretending):
    into(tmp_path)
    before = {file: file.stat().st_mtime_ns for file in tmp_path.iterdir()}
    assert into(tmp_path)["done_count"] == 0
    assert {file: file.stat().st_mtime_ns for file in tmp_path.iterdir()} == before
    assert inputs_of(read_place("junmen")) == json.loads((tmp_path / "result.json").read_text())["inputs"]


def test_the_command_says_the_verdict_first_and_ends_with_a_status_of_its_own(tmp_path, pretending):
    pretending.doubted.append(REASON)
    told = CliRunner().invoke(command, ["junmen", "--out", str(tmp_path), "--json"])
    assert told.exit_code == NO_ANSWER == 1
    assert told.stderr.splitlines()[-1] == (
        "IN DOUBT, so it is no answer, and neither ensemble nor scenario is handed over (--even-in-doubt hands them "
        f"over, marked): {DOUBT}."
    )
    assert json.loads(told.stdout)["handed_over"] == []
    told = CliRunner().invoke(command, ["junmen", "--out", str(tmp_path), "--json", "--even-in-doubt"])
    assert told.exit_code == 0
    assert sorted(json.loads(told.stdout)["handed_over"]) == HANDED


@pytest.mark.parametrize("text", ["", "[1]", '"x"', "{"])
def test_a_list_of_what_is_shipped_that_cannot_be_read_is_named(tmp_path, monkeypatch, text):
    (tmp_path / "calibrations.json").write_text(text)
    monkeypatch.setattr(keeping, "SHIPPED", tmp_path / "calibrations.json")
    with pytest.raises(ValueError, match=r"^calibrations.json: (cannot be read|must be)"):
        shipped()


@pytest.mark.parametrize(("column", "doubted"), [("filed_to_closed_mean_h", True), ("known_share_of_standing", False)])
def test_a_calibration_is_in_doubt_for_the_emulators_that_its_posterior_rests_on(column, doubted):
    """Dongcheng's hours are fitted; what an inspection would know is foretold, from runs."""
    place = read_place("dongcheng")
    sound, failing = (Error(48, 1.0, 0.9, inside, np.zeros(48)) for inside in (0.95, 0.7))
    targets = (key(place, target) for target in place.file.targets)
    shares = np.full((1000, 3), 0.5)
    found = SimpleNamespace(
        place=place, coverage=SimpleNamespace(doubts=list), prior=SimpleNamespace(
            effective_count=1e6, weights=np.full(1000, 0.001), shares=shares,
        ), sampled=SimpleNamespace(shares=shares, effective_count=1e6), paths=("a", "b", "c"),
        errors={name: failing if name.column == column else sound for name in targets},
    )  # fmt: skip
    told = [doubt for doubt in doubts(found) if doubt.worry is Worry.EMULATOR]
    assert [doubt.about for doubt in told] == [column] * (2 if doubted else 0), "under the grid and before it"
