"""Settings of a lever are told apart, whatever their digits; plans that tie are said to; a trend is more than chance."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from experiments.findings.effects import main_effects, pair_means, shares_of_variance
from experiments.findings.levels import distinct_labels, levels_of
from experiments.findings.runs import Findings
from experiments.showing.report import contents
from experiments.statistics.trend import Trend, trend_of
from experiments.studies.form import StudyFile
from experiments.words.findings import in_short
from experiments.words.runs import days_in_words

CHANCE = np.random.default_rng(5)


def swept(levers: list[dict], settings: list[dict], values: list[list[float]]) -> Findings:
    """Findings of a design, a list of values a plan."""
    file = {
        "title": "t", "question": "q", "base": "b", "levers": levers,
        "design": {"kind": "latin_hypercube", "samples": len(settings)}
        if any("low" in lever for lever in levers) else {"kind": "factorial"},
        "replications": {"count": len(values[0])},
        "objectives": [{"indicator": "found_count", "better": "high"}],
    }  # fmt: skip
    runs = pd.DataFrame([
        {"plan": number, "world": 0, "seed": seed, "key": f"{number} {seed}", "scenario": str(number),
         "found_count": value, "occurred_count": 5.0, "cost_yuan": 1.0, "area_cases": None, "area_hours": None}
        for number, of_plan in enumerate(values) for seed, value in enumerate(of_plan, 1)
    ])  # fmt: skip
    names = [" · ".join(map(str, of_plan.values())) for of_plan in settings]
    plans = pd.DataFrame({"plan": range(len(settings)), "name": names, **pd.DataFrame(settings).to_dict("list")})
    about = {"base": "b", "base_hash": "h", "plans_count": len(settings), "worlds_count": 1, "left_out_count": 0,
             "study": "s", "identity": "i", "code": "c", "versions": {}}  # fmt: skip
    worlds = pd.DataFrame({"world": [0]})
    return Findings(Path(), about, StudyFile.model_validate(file), plans, worlds, runs, runs.iloc[:0], "checksum")


@pytest.mark.parametrize(
    ("values", "labels"),
    [
        pytest.param([200.0, 300.0], ["200", "300"], id="few digits are enough"),
        pytest.param([0.12341, 0.12342], ["0.12341", "0.12342"], id="five digits"),
        pytest.param([1000.01, 1000.02], ["1,000.01", "1,000.02"], id="a hundredth of a thousand"),
        pytest.param([12345.1, 12345.2], ["12,345.1", "12,345.2"], id="a tenth of ten thousand"),
        pytest.param([1e6, 1e6 + 1], ["1,000,000", "1,000,001"], id="one in a million"),
        pytest.param(["a", "b"], ["a", "b"], id="words"),
        pytest.param([True, False], ["True", "False"], id="yes and no"),
    ],
)
def test_labels_have_as_many_digits_as_it_takes_to_tell_settings_apart(values, labels):
    assert distinct_labels(values) == labels


def test_settings_that_agree_in_four_digits_are_two_levels():
    lever = {"name": "rate", "path": "p", "values": [0.12341, 0.12342]}
    findings = swept([lever], [{"rate": 0.12341}, {"rate": 0.12342}], [[1.0, 2.0, 3.0], [5.0, 6.0, 7.0]])
    assert [(effect.level, effect.mean) for effect in main_effects(findings, "found_count")] == [
        ("0.12341", 2.0), ("0.12342", 6.0),
    ]  # fmt: skip
    assert contents(findings)["figures"]


@pytest.mark.parametrize("setting", [300.0, 0.0, -4.5, 1e-9])
def test_a_range_of_which_one_setting_was_drawn_has_one_level(setting):
    ranged = {"name": "size", "path": "p", "low": -10.0, "high": 500.0}
    rule = {"name": "rule", "path": "r", "values": ["a", "b"]}
    findings = swept(
        [ranged, rule], [{"size": setting, "rule": "a"}, {"size": setting, "rule": "b"}], [[1.0, 2.0], [3.0, 5.0]]
    )
    assert levels_of(findings, findings.levers[0]).nunique() == 1
    shares = {entry.levers: entry.share for entry in shares_of_variance(findings, "found_count")}
    assert shares["size",] == pytest.approx(0.0, abs=1e-9)
    assert shares["rule",] > 0.5
    assert contents(findings)["figures"]


def test_a_range_whose_settings_lie_close_is_cut_into_levels_that_differ():
    ranged = {"name": "size", "path": "p", "low": 1.0, "high": 2.0}
    sizes = [1.0 + 1e-7 * step for step in range(8)]
    findings = swept([ranged], [{"size": size} for size in sizes], [[float(n), n + 1.0] for n in range(8)])
    levels = levels_of(findings, findings.levers[0])
    assert len(set(levels.cat.categories)) == 4
    assert levels.notna().all()
    assert contents(findings)["figures"]


def test_a_lever_of_lists_has_a_level_for_each():
    lever = {"name": "shares", "path": "p", "values": [[1.0, 0.0], [0.5, 0.5]]}
    settings = [{"shares": "[1, 0]"}, {"shares": "[0.5, 0.5]"}]
    findings = swept([lever], settings, [[1.0, 2.0], [3.0, 4.0]])
    assert [effect.mean for effect in main_effects(findings, "found_count")] == [1.5, 3.5]


def test_levers_may_be_called_as_they_are_shown():
    """Neither a cross nor an equals sign in a name carries anything: a study may use both."""
    levers = [
        {"name": "a × b", "path": "p", "values": [1.0, 2.0]},
        {"name": "mean", "path": "q", "values": ["x = 1", "y"]},
    ]
    settings = [{"a × b": a, "mean": b} for a in (1.0, 2.0) for b in ("x = 1", "y")]
    findings = swept(levers, settings, [[1.0, 2.0], [2.0, 3.0], [4.0, 5.0], [9.0, 9.5]])
    assert {entry.levers for entry in shares_of_variance(findings, "found_count")} == {
        ("a × b",), ("mean",), ("a × b", "mean"), (),
    }  # fmt: skip
    assert pair_means(findings, "found_count", "a × b", "mean").loc["2", "y"] == 9.25
    assert contents(findings)["figures"]


def test_a_tie_is_said_to_be_one_and_halves_nobodys_chance():
    lever = {"name": "rule", "path": "p", "values": ["a", "b", "c"]}
    same = [3.0, 5.0, 4.0]
    findings = swept([lever], [{"rule": "a"}, {"rule": "b"}, {"rule": "c"}], [same, same, [1.0, 2.0, 3.5]])
    assert findings.equal_to_best == (1,)
    assert findings.ranking["found_count_best"].tolist() == [1.0, 1.0, 0.0]
    told = in_short(findings)[0]
    assert "the best of 3 plans are “a”, “b”, which tie: they are the same in every replication" in told
    assert not any("may also be" in line for line in in_short(findings))


@pytest.mark.parametrize(
    ("backlog", "trend"),
    [
        pytest.param([0.2] * 10 + [0.2] * 10 + [4.0] * 10, Trend.GROWS, id="twentyfold, though few"),
        pytest.param([1.0] * 10 + [0.0] * 10 + [1.0] * 10, Trend.LEVEL, id="one case is chance"),
        pytest.param([50.0] * 20 + [80.0] * 10, Trend.GROWS, id="by more than half"),
        pytest.param([50.0] * 20 + [60.0] * 10, Trend.LEVEL, id="by a fifth"),
        pytest.param([90.0] * 20 + [20.0] * 10, Trend.SHRINKS, id="shrinks"),
        pytest.param(list(range(300)), Trend.GROWS, id="steadily"),
        pytest.param(np.linspace(1.0, 20.0, 90), Trend.GROWS, id="twentyfold, day by day"),
        pytest.param(np.linspace(20.0, 100.0, 90), Trend.GROWS, id="fivefold, day by day"),
        pytest.param(np.linspace(100.0, 200.0, 90), Trend.GROWS, id="doubles, day by day"),
        pytest.param(np.linspace(200.0, 100.0, 90), Trend.SHRINKS, id="halves, day by day"),
        pytest.param([*np.linspace(5.0, 100.0, 30), *[100.0] * 60], Trend.LEVEL, id="fills up first, then is level"),
        pytest.param([3.0, 9.0], Trend.TOO_SHORT, id="two days"),
    ],
)
def test_a_backlog_is_level_only_if_it_is(backlog, trend):
    assert trend_of(np.array(backlog, dtype=float)) is trend


def test_of_too_few_days_no_trend_is_said():
    assert days_in_words(3.0, 1.0, Trend.TOO_SHORT) == "3.0 found and 1.0 filed a day"
    assert days_in_words(3.0, 1.0, Trend.GROWS) == "3.0 found and 1.0 filed a day; the backlog grows"
