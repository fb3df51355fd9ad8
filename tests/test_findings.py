"""What is found in the runs of a study: worked by hand on runs that are made up."""

from __future__ import annotations

import math
from pathlib import Path

import pandas as pd
import pytest

from experiments.findings.definitions import Family, definitions
from experiments.findings.effects import main_effects
from experiments.findings.equity import equity
from experiments.findings.runs import MOST_PLANS, Findings, same_incidents
from experiments.showing.report import used_by
from experiments.showing.study_pictures import bars_of, drawings
from experiments.statistics.intervals import possible
from experiments.studies.form import StudyFile
from experiments.words.findings import design_in_words, how_far, in_short

RULES = {
    "fixed": {"count": 3},
    "ranking": {"rule": "ranking", "count": 3, "at_most": 9, "indifference": 0.02, "error": 0.1},
    "narrow": {"rule": "narrow", "count": 3, "at_most": 9, "widths": {"filed_count": 2.0}},
}


def made(values: list[list[float]], rule: str = "fixed", failed: int = 0, **about: object) -> Findings:
    """Findings of a lever with a level a plan; a list of values a plan, of which the first `failed` of plan 0 failed."""
    names = [f"level {plan}" for plan in range(len(values))]
    file = StudyFile.model_validate({
        "title": "t", "question": "q", "base": "b", "design": {"kind": "factorial"},
        "levers": [{"name": "lever", "levels": [{"name": name} for name in names]}],
        "replications": RULES[rule], "objectives": [{"indicator": "on_time_share_of_filed", "better": "high"}],
    })  # fmt: skip
    runs = pd.DataFrame([
        {"plan": plan, "world": 0, "seed": seed, "key": f"{plan}-{seed}", "scenario": f"s{plan}", "elapsed_s": 1.0,
         "error": "", "on_time_share_of_filed": value, "occurred_count": 100.0, "area_cases": None, "area_hours": None}
        for plan, of_plan in enumerate(values) for seed, value in enumerate(of_plan)
    ])  # fmt: skip
    bad = (runs["plan"] == 0) & (runs["seed"] < failed)
    told = {"study": "made", "base": "b", "base_hash": "h", "plans_count": len(values), "worlds_count": 1,
            "left_out_count": 0, **about}  # fmt: skip
    plans = pd.DataFrame({"plan": range(len(values)), "name": names, "lever": names})
    return Findings(
        folder=Path("made"), about=told, file=file, plans=plans, worlds=pd.DataFrame({"world": [0]}),
        runs=runs[~bad], failed=runs[bad].assign(error="x").drop(columns=["plan", "world"]), checksum="c",
    )  # fmt: skip


def test_a_plan_that_was_dropped_is_never_the_best_whatever_its_mean():
    """Its few runs were lucky; the survivors' many say otherwise."""
    told = made([[0.9, 0.9, 0.9], [0.6, 0.8] * 4, [0.7, 0.8] * 4], "ranking", settled=False, survivors=[1, 2])
    assert told.best == 2
    assert told.ranking["plan"].tolist() == [2, 1, 0]
    assert told.ranking["on_time_share_of_filed_best"].iloc[2] == 0.0


def test_a_failed_run_does_not_count_as_dropped():
    """Without what the sweep has stored: counted by the runs that were made, not by those that came to their end."""
    told = made([[0.9] * 8, [0.7] * 8, [0.5] * 4], "ranking", failed=1)
    assert told.alive == [0, 1]
    assert told.best == 0
    assert told.ranking["on_time_share_of_filed_best"].tolist() == [1.0, 0.0, 0.0]


def test_a_plan_that_always_fails_leaves_the_others_their_chances():
    told = made([[math.nan] * 6, [0.6, 0.8, 0.7] * 2, [0.65, 0.7, 0.75] * 2])
    chances = told.ranking.set_index("plan")["on_time_share_of_filed_best"]
    assert chances[1] + chances[2] == pytest.approx(1.0)
    assert math.isnan(chances[0])  # not 0 %: nothing is known of it
    assert told.ranking["plan"].iloc[-1] == 0


def test_a_levels_effect_rests_on_replications_that_all_its_plans_have():
    """Rows after a plan was dropped hold the others only: their mean is that of other plans."""
    short, long = [0.2, 0.3], [0.8, 0.9, 0.1, 0.1]
    told = made([short, long])
    told.plans["lever"] = "level 0"
    (effect,) = main_effects(told, "on_time_share_of_filed")
    assert effect.mean == pytest.approx((0.2 + 0.8 + 0.3 + 0.9) / 4)
    assert effect.plans_count == 2


def test_a_plan_that_always_fails_is_in_no_effect():
    told = made([[math.nan] * 3, [0.5, 0.6, 0.7]])
    told.plans["lever"] = "level 0"
    (effect,) = main_effects(told, "on_time_share_of_filed")
    assert (effect.mean, effect.plans_count) == (pytest.approx(0.6), 1)


PROMISE = "within 2.0 points of it, with probability 0.9 at least"


@pytest.mark.parametrize(
    ("rule", "about", "said", "promised"),
    [
        pytest.param("ranking", {"settled": True, "survivors": [1]}, PROMISE, True, id="a settled ranking promises"),
        pytest.param("ranking", {"settled": False, "survivors": [0, 1]}, "2 plans may still be the best", False,
                     id="one that is not settled says who is left"),
        pytest.param("ranking", {}, "nothing is promised", False, id="nor one of which it is not known"),
        pytest.param("narrow", {"settled": False, "unmet": ["filed_count"]}, "Not as narrow as asked", False,
                     id="wide intervals are named"),
    ],
)  # fmt: skip
def test_the_page_promises_only_what_was_reached(rule, about, said, promised):
    told = made([[0.6, 0.7, 0.8], [0.7, 0.8, 0.9]], rule, **about)
    text = " ".join([*in_short(told), *(line for _, line in design_in_words(told))])
    assert said in text
    assert (PROMISE in text) == promised
    assert any(words in text for words in ("not reached", "not settled", "nothing is promised")) != promised


def test_the_pictures_of_many_plans_name_the_runs_that_they_are_reckoned_from():
    """All plans enter the ranking, since each one's chance depends on the others; the definitions show one plan."""
    told = made([[0.01 * plan, 0.01 * plan + 0.1] for plan in range(30)])
    assert used_by(told, "ranking") == sorted(told.runs["key"])
    assert used_by(told, "definitions") == ["29-0", "29-1"]
    told.runs["area_cases"] = told.runs["area_hours"] = [[3.0, 4.0 + plan] for plan in told.runs["plan"]]
    shown = [entry.plan for entry in equity(told, tuple(told.ranking["plan"].head(MOST_PLANS)))]
    assert used_by(told, "equity") == sorted(told.runs["key"][told.runs["plan"].isin(shown)])
    assert len(shown) == len(contents_of_equity(told)) == MOST_PLANS


def contents_of_equity(told: Findings) -> list[str]:
    """The plans that the picture of equity shows."""
    return [label.get_text() for label in drawings(told)["equity"]().axes[0].get_yticklabels()]


def test_error_bars_end_where_tables_say():
    """As `ends_in_words`: of a share on the logit, of hours on the logarithm; none without an interval."""
    down, up = bars_of([0.9, 0.9, math.nan], [0.5, math.inf, 0.1], "unseen_share")
    low, high = possible(0.9, 0.5, 1.0)
    assert (0.9 - down[0], 0.9 + up[0]) == pytest.approx((low, high))
    assert 0.0 < low < high < 1.0
    assert [*down[1:], *up[1:]] == [0.0] * 4
    down, up = bars_of([10.0], [30.0], "filed_to_closed_mean_h")
    assert (10.0 - down[0], 10.0 + up[0]) == pytest.approx((10.0 * math.exp(-3.0), 10.0 * math.exp(3.0)))


def test_plans_with_other_incidents_are_not_said_to_meet_the_same():
    told = made([[0.6, 0.7], [0.7, 0.8]])
    assert same_incidents(told)
    assert "all meet the same incidents" in dict(design_in_words(told))["Intervals"]
    told.runs.loc[told.runs["plan"] == 1, "occurred_count"] = 101.0
    assert not same_incidents(told)
    assert "not all meet the same incidents" in dict(design_in_words(told))["Intervals"]


def test_a_share_moves_by_its_denominator_alone():
    told = made([[0.60, 0.70], [0.70, 0.80]])
    assert definitions(told, 1) == {}  # one definition alone cannot be set beside another
    told.runs["on_time_share_of_due"] = told.runs["on_time_share_of_filed"] + 0.1
    told.runs["closing_share_of_due"] = 0.5
    found = definitions(told, 1)
    assert list(found) == [Family.ON_TIME]
    assert "the on-time share goes from 75.0 to 85.0 % (10.0 points)" in how_far(found)


def test_definitions_are_set_side_by_side_over_the_same_runs():
    """Where one of them is undefined, the others are left out too; one that never is defined is none."""
    told = made([[0.60, 0.70], [0.70, 0.80]])
    told.runs["on_time_share_of_due"] = [math.nan, math.nan, math.nan, 0.85]
    told.runs["on_time_share_of_closed"] = math.nan
    found = definitions(told, 1)[Family.ON_TIME]
    assert [(entry.indicator, entry.mean) for entry in found] == [
        ("on_time_share_of_filed", 0.80), ("on_time_share_of_due", 0.85),
    ]  # fmt: skip
    assert definitions(told, 0) == {}
