"""What is undefined counts as nothing: it is left out, and said to be, in how many runs; nothing ends in a traceback."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from experiments.commands.studies import compare, figure, plan, report, sweep
from experiments.findings.discovery import discovery
from experiments.findings.effects import frontier, main_effects, shares_of_variance
from experiments.findings.equity import equity
from experiments.findings.runs import Findings, read_findings
from experiments.findings.sensitivity import sensitivity
from experiments.running.replications import summarise
from experiments.showing.report import contents, draw_figure, figure_names
from experiments.statistics.inequality import gini, jackknife
from experiments.studies.form import StudyFile
from experiments.words.findings import crossed_in_words, in_short, undefined_in_words
from experiments.words.runs import undefined_in_words as undefined_in_runs

STUDY = """
title = "Nobody looks"
question = "What is closed if nobody files?"
base = "nanhu"
[set]
"period.days" = 1
[design]
kind = "list"
[[plans]]
name = "as it is"
[[plans]]
name = "nothing happens"
set = { "demand.scale" = 0.0 }
[[uncertain]]
path = "party.attention"
distribution = "uniform"
low = 0.1
high = 0.8
why = "not known"
[worlds]
method = "sobol"
draws = 2
[replications]
count = 1
[[objectives]]
indicator = "closing_share_of_filed"
better = "high"
[target]
indicator = "closing_share_of_filed"
below = 0.9
"""


def call(command, *words: str):
    done = CliRunner().invoke(command, [*words])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    place = tmp_path_factory.mktemp("undefined")
    (place / "nobody.toml").write_text(STUDY)
    done = call(sweep, str(place / "nobody.toml"), "--out", str(place / "out"), "--workers", "1")
    assert done.exit_code == 0
    return place / "out"


def test_a_report_on_nothing_says_that_there_is_nothing(folder):
    assert call(report, str(folder)).exit_code == 0
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "No plan has a value of closing_share_of_filed in any run, so none is the best." in page
    assert "closing_share_of_filed is undefined in 12 of 12 runs" in page
    assert "the indicator is undefined in all 12 runs" in page
    assert not re.search(r"\bnan\b", page, re.IGNORECASE)


def test_a_picture_is_offered_only_where_there_is_something_to_draw(folder):
    names = figure_names(folder)
    assert not {"ranking", "pareto", "definitions", "sensitivity", "discovery"} & set(names)
    for name in names:
        assert Path(draw_figure(folder, name)["png"]).stat().st_size > 0
    done = call(figure, str(folder), "ranking")
    assert done.exit_code == 2
    assert len(done.stderr.splitlines()) == 1


def test_a_pilot_of_nothing_has_no_widths(folder):
    study = str(folder.parent / "nobody.toml")
    told = call(plan, study, "--workers", "1").stdout
    assert not re.search(r"\bnan\b", told)
    assert "closing_share_of_filed is undefined in 12 of 12 runs of the pilot" in told
    found = json.loads(call(plan, study, "--workers", "1", "--json").stdout)
    entry = found["indicators"]["closing_share_of_filed"]
    assert (entry["mean"], entry["half_width"], entry["defined_count"], entry["runs_count"]) == (None, None, 0, 12)


def test_a_comparison_says_in_how_many_replications_each_plan_has_a_value():
    words = ["junmen_2012", "junmen_2012 --set demand.scale=1.0", "--replications", "6", "--set", "period.days=1"]
    words += ["--indicator", "solved_share_of_raised", "--indicator", "found_count", "--workers", "1"]
    content = json.loads(call(compare, *words, "--json").stdout)
    counts = content["indicators"]["solved_share_of_raised"]["defined_count"]
    assert 0 < min(counts.values()) < 6
    shown = call(compare, *words).stdout
    assert "Undefined in some replications" in shown.replace("\n", " ")
    assert f"B {min(counts.values())} of 6" in shown.replace("\n", " ")


# By hand -------------------------------------------------------------------------------------------------------------
def made_up(values: dict[str, list[float]], target: float | None = None) -> Findings:
    """Findings of plans at two levels of a lever each: a list of the objective's values a plan."""
    file = {
        "title": "t", "question": "q", "base": "b", "design": {"kind": "factorial"},
        "levers": [{"name": "lever", "path": "p", "values": list(range(len(values)))}],
        "replications": {"count": len(next(iter(values.values())))},
        "objectives": [{"indicator": "solved_share_of_raised", "better": "high"}],
    }  # fmt: skip
    if target is not None:
        file["target"] = {"indicator": "solved_share_of_raised", "below": target}
    runs = pd.DataFrame([
        {"plan": number, "world": 0, "seed": seed, "key": f"{number} {seed}", "scenario": str(number),
         "solved_share_of_raised": value, "cost_yuan": 100.0 * number, "occurred_count": 5.0, "area_cases": None,
         "area_hours": None}
        for number, (_, of_plan) in enumerate(values.items()) for seed, value in enumerate(of_plan, 1)
    ])  # fmt: skip
    plans = pd.DataFrame({"plan": range(len(values)), "name": list(values), "lever": range(len(values))})
    about = {"base": "b", "base_hash": "h", "plans_count": len(values), "worlds_count": 1, "left_out_count": 0,
             "study": "s", "identity": "i", "code": "c", "versions": {}}  # fmt: skip
    worlds = pd.DataFrame({"world": [0]})
    return Findings(Path(), about, StudyFile.model_validate(file), plans, worlds, runs, runs.iloc[:0], "checksum")


NAN = math.nan


def test_a_plan_without_a_value_is_on_no_frontier():
    points = np.array([[1.0, 5.0], [2.0, 6.0], [NAN, 9.0], [0.5, NAN], [3.0, 5.5]])
    assert frontier(points, ("low", "high")).tolist() == [True, True, False, False, False]
    assert frontier(np.full((2, 2), NAN), ("low", "high")).tolist() == [False, False]


def test_a_line_is_crossed_in_a_share_of_the_runs_that_have_a_value():
    found = discovery(made_up({"a": [0.5, NAN, 0.95, NAN], "b": [0.5, 0.5, NAN, 0.95]}, target=0.9))
    assert (found.share, found.undefined_count, len(found.crossed)) == (pytest.approx(3 / 5), 3, 5)
    told = crossed_in_words(found)
    assert (
        told
        == "solved_share_of_raised below 0.9: in 60.0 % of 5 runs; 3 more leave it undefined and are on neither side."
    )


def test_a_line_that_no_run_can_be_held_against_is_not_crossed_in_none():
    found = discovery(made_up({"a": [NAN, NAN], "b": [NAN, NAN]}, target=0.9))
    assert math.isnan(found.share)
    assert "undefined in all 4 runs" in crossed_in_words(found)


def test_what_is_undefined_in_some_runs_is_said_for_how_many_and_where():
    findings = made_up({"a": [0.5, 0.6, 0.7, 0.8], "b": [NAN, NAN, NAN, NAN], "c": [0.4, NAN, 0.6, 0.7]})
    (line,) = undefined_in_words(findings)
    assert (
        line
        == "solved_share_of_raised is undefined in 5 of 12 runs, which are left out of it; never defined under “b”."
    )
    assert line in in_short(findings)
    assert findings.name(findings.best) == "a"
    assert [effect.level for effect in main_effects(findings, "solved_share_of_raised")] == ["0", "2"]
    assert sum(entry.share for entry in shares_of_variance(findings, "solved_share_of_raised")) == pytest.approx(1.0)


def test_a_whole_page_can_be_made_of_a_plan_without_values():
    page = contents(made_up({"a": [0.5, 0.6, 0.7, 0.8], "b": [NAN, NAN, NAN, NAN]}, target=0.65))
    assert {"ranking", "effects", "pareto"} <= set(page["figures"])
    assert page["shares"]


def test_nothing_can_be_said_of_how_an_outcome_depends_where_it_is_undefined_in_a_world(folder):
    entries = sensitivity(read_findings(folder))
    assert entries
    assert all(entry.indices is None for entry in entries)


def test_areas_of_which_nothing_is_solved_are_not_equal(folder):
    rows = np.zeros((3, 2, 4))
    rows[0, 0, 0], rows[0, 1, 0] = 1.0, 5.0

    def between(areas: np.ndarray) -> float:
        there = areas[0] > 0.0
        return gini(areas[1, there] / areas[0, there], areas[0, there])

    assert math.isnan(jackknife(between, rows).value)
    assert equity(read_findings(folder), (1,)) == []


def test_a_mean_says_over_how_many_replications_it_is():
    summary = summarise(pd.DataFrame({"x": [1.0, NAN, 3.0], "y": [NAN] * 3, "z": [1.0, 2.0, 3.0]}))
    assert (summary["x"].mean, summary["x"].defined_count) == (2.0, 2)
    assert (summary["y"].mean, summary["y"].defined_count) == (None, 0)
    told = undefined_in_runs({name: entry._asdict() for name, entry in summary.items()}, 3)
    assert told[0].endswith("x (2).")
    assert told[1] == "Undefined in every replication: y."
