"""What a conclusion rests on: the figures, or what was assumed; what carries it; and whether anybody has looked there."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from calling import called

from experiments.comparing.comparing import Comparison
from experiments.comparing.following import Followed
from experiments.comparing.resting import Rests, rests_of
from experiments.findings.resting import before_of
from experiments.findings.runs import read_findings
from experiments.statistics.resting import Carrier, Rest, carriers, rank_correlation
from experiments.studies.ensembles import ensemble_names, read_ensemble
from experiments.studies.observed import unobserved
from experiments.words.resting import (
    rest_in_words,
    rests_in_words,
    standing_in_words,
    study_rests_in_words,
    unobserved_in_words,
)
from scenarios.loading import load

SEEDS = tuple(range(40))
POSTS = ["units.grid_manager.people", "units.grid_assistant.people", "units.grid_overseer.people"]
IN_ALL = dict.fromkeys(POSTS, 8) | {f"{path}_basis": "total" for path in POSTS}


def comparison(apart: np.ndarray, first: float = 100.0, name: str = "problem_hours") -> Comparison:
    """Two plans over forty sets; the second differs from the first by `apart`."""
    values = np.column_stack([np.full(len(apart), first), first + apart])
    return Comparison(
        ("a", "b"), SEEDS, {name: values}, 1, {name: (None,)}, (), (), (Followed(),), "areas", (), interrupted=False
    )


def rest_of(under: np.ndarray, before: np.ndarray, name: str = "problem_hours", first: float = 100.0) -> Rest:
    sets = {seed: {"x": float(seed), "y": float(seed % 7)} for seed in SEEDS}
    (found,) = rests_of(comparison(under, first, name), comparison(before, first, name), 1, sets)
    return found


def test_what_the_figures_narrow_is_measured_in_part():
    found = rest_of(np.linspace(4.0, 6.0, 40), np.linspace(-10.0, 10.0, 40))
    assert found.narrowed == pytest.approx(0.9)
    assert found.measured
    assert rest_in_words(found, "B").startswith("problem_hours of B +4.1 … +5.9 %")
    assert found.agreed_under.more_share == 1.0
    assert found.agreed_before.more_share == 0.5


def test_what_they_do_not_narrow_is_assumed_and_says_so_first():
    found = rest_of(np.linspace(1.0, 10.0, 40), np.linspace(1.0, 11.0, 40))
    assert found.narrowed == pytest.approx(0.1)
    assert not found.measured
    assert rest_in_words(found, "B").startswith("assumed, not measured: problem_hours of B ")
    wider = rest_of(np.linspace(-20.0, 10.0, 40), np.linspace(-1.0, 1.0, 40))
    assert wider.narrowed < 0
    assert "the figures do not narrow it" in rest_in_words(wider, "B")


@pytest.mark.parametrize(("under", "before", "word"), [
    ((5.0, 5.0), (5.0, 5.0), "certain"), ((4.0, 6.0), (-10.0, 10.0), "measured in part"),
    ((1.0, 10.0), (1.0, 11.0), "assumed"), ((0.0, 20.0), (0.0, 10.0), "assumed; wider"),
])  # fmt: skip
def test_the_table_says_in_a_word_what_the_figures_make_of_a_difference(under, before, word):
    assert standing_in_words(rest_of(np.linspace(*under, 40), np.linspace(*before, 40))) == word


def test_too_few_sets_are_said_to_be_too_few():
    told = rests_in_words(Rests(((), ()), ((), ())))
    assert [line.split(" cannot be told")[0] for line in told] == [
        f"assumed, not measured: on what the differences of {letter} rest" for letter in "BC"
    ]
    assert "8 sets" in told[0]


def test_that_figures_tell_how_much_happens_does_not_make_an_effect_measured():
    """The same ten per cent in every set, of a total that the figures know and the prior did not."""
    shares = np.linspace(0.05, 0.15, 40)
    totals = np.geomspace(10.0, 1000.0, 40)
    (found,) = rests_of(
        Comparison(("a", "b"), SEEDS, {"problem_hours": np.column_stack([np.full(40, 100.0), 100.0 * (1 + shares)])},
                   1, {"problem_hours": (None,)}, (), (), (Followed(),), "areas", (), interrupted=False),
        Comparison(("a", "b"), SEEDS, {"problem_hours": np.column_stack([totals, totals * (1 + shares)])},
                   1, {"problem_hours": (None,)}, (), (), (Followed(),), "areas", (), interrupted=False),
        1, {seed: {"x": 1.0} for seed in SEEDS},
    )  # fmt: skip
    assert found.narrowed == pytest.approx(0.0, abs=1e-9)


def test_shares_are_told_in_points():
    found = rest_of(np.linspace(0.02, 0.04, 40), np.linspace(-0.1, 0.1, 40), "unseen_share", first=0.5)
    assert found.under == pytest.approx((0.021, 0.039))
    assert " points against A" in rest_in_words(found, "B")


def test_the_unknowns_that_carry_a_difference_are_named():
    apart = np.linspace(-1.0, 1.0, 40)
    sets = [{"with": float(n), "against": -float(n), "idle": float(n % 2), "same": 1.0} for n in range(40)]
    assert carriers(apart, sets) == (Carrier("with", pytest.approx(1.0)), Carrier("against", pytest.approx(-1.0)))
    assert carriers(np.zeros(40), sets) == ()


def test_too_few_sets_give_no_range():
    few = comparison(np.r_[np.linspace(0, 1, 5), np.full(35, np.nan)])
    assert rests_of(few, comparison(np.linspace(0, 1, 40)), 1, {seed: {"x": 1.0} for seed in SEEDS}) == []


@pytest.mark.parametrize(("changes", "paths"), [
    ({"territory.households_per_social_grid": 750.0}, ["territory.households_per_social_grid", *POSTS]),  # one to a grid: half
    ({**IN_ALL, "territory.households_per_social_grid": 750.0}, ["territory.households_per_social_grid"]),
    (IN_ALL, []),  # eight in all are one to each of eight
    ({"units.grid_manager.people": 2}, ["units.grid_manager.people"]),
    ({"units.grid_manager.settle_prob": 0.5}, []),
    ({}, []),
])  # fmt: skip
def test_a_plan_that_nobody_has_tried_says_so(changes, paths):
    found = unobserved(load("junmen_2012"), load("junmen_2012", changes))
    assert [each.path for each in found] == paths
    assert unobserved_in_words("B", found).startswith("B lies outside what was ever observed: ") == bool(paths)


@pytest.mark.parametrize("name", ensemble_names())
def test_beside_every_ensemble_of_the_library_lies_what_was_possible_before(name):
    prior = read_ensemble(name).prior()
    assert prior is not None
    assert len(prior.sets) == 200
    load(name, dict(prior.sets[0]))


def test_a_comparison_over_an_ensemble_says_first_what_it_rests_on(tmp_path):
    words = ["junmen_2012", "junmen_2012 --set rules.escalation=direct", "--set", "period.days=20"]
    words += ["--ensemble", "junmen_2012", "--replications", "8", "--workers", "1"]
    told = json.loads(called(tmp_path, "compare", *words, "--json").stdout)
    other = words[1]
    assert {"before", "under", "narrowed", "measured", "carriers"} <= told["rests_on"][other]["problem_hours"].keys()
    assert told["unobserved"][other] == [{"path": "rules.escalation", "observed": "ladder", "here": "direct"}]
    shown = called(tmp_path, "compare", *words, "--all").stdout
    assert shown.index("problem_hours of B") < shown.index("What each plan takes") < shown.index("What it rests on")


STUDY = """
title = "Ladder or straight up"
question = "Which way?"
base = "junmen_2012"
set = { "period.days" = 20 }
ensemble = "sets.csv"
outcomes = ["problem_hours"]
[design]
kind = "list"
[[plans]]
name = "as it is"
set = {}
[[plans]]
name = "straight to the top, in four grids"
set = { "rules.escalation" = "direct", "territory.households_per_social_grid" = 750.0 }
[replications]
rule = "fixed"
count = 1
[[objectives]]
indicator = "problem_hours"
better = "high"
"""


def few_sets(count: int = 10) -> tuple[str, str]:
    """Ten sets that the figures allow, and ten from the priors, which are much wider."""
    allowed = [f"1,{2.4 + 0.02 * n},{0.8 + 0.01 * n}" for n in range(count)]
    possible = [f"1,{1.0 + 0.5 * n},{0.5 + 0.05 * n}" for n in range(count)]
    head = "weight,demand.scale,units.community_office.settle_prob"
    return "\n".join([head, *allowed]) + "\n", "\n".join([head, *possible]) + "\n"


def test_a_study_over_an_ensemble_is_run_before_the_figures_too_and_its_report_says_what_it_rests_on(tmp_path):
    (tmp_path / "study.toml").write_text(STUDY)
    allowed, possible = few_sets()
    (tmp_path / "sets.csv").write_text(allowed)
    (tmp_path / "sets.prior.csv").write_text(possible)
    planned = called(tmp_path, "plan", "study.toml", "--workers", "1").stdout
    assert "20 runs, and 20 more under what was possible before the figures." in " ".join(planned.split())
    for _ in range(2):
        called(tmp_path, "sweep", "study.toml", "--out", "out", "--workers", "1")
    before = read_findings(tmp_path / "out" / "before_the_figures")
    assert before.worlds["demand.scale"].tolist() == [1.0 + 0.5 * n for n in range(10)]
    assert len(before.runs) == 20
    called(tmp_path, "report", "out")
    page = (tmp_path / "out" / "report.html").read_text()
    assert "problem_hours of “" in page
    assert "before the figures in" in page
    assert "lies outside what was ever observed: " in page
    assert "territory.households_per_social_grid = 750" in page


def test_a_study_without_figures_says_that_it_rests_on_none(tmp_path):
    (tmp_path / "study.toml").write_text(STUDY.replace('ensemble = "sets.csv"\n', ""))
    called(tmp_path, "sweep", "study.toml", "--out", "out", "--workers", "1")
    assert "under one set of values for what nobody knows" in study_rests_in_words(read_findings(tmp_path / "out"))[0]
    (tmp_path / "study.toml").write_text(STUDY)
    (tmp_path / "sets.csv").write_text(few_sets()[0])
    called(tmp_path, "sweep", "study.toml", "--out", "alone", "--workers", "1")
    assert "is not known" in study_rests_in_words(read_findings(tmp_path / "alone"))[0]


def test_plans_that_were_not_all_run_before_the_figures_tell_nothing(tmp_path):
    (tmp_path / "study.toml").write_text(STUDY)
    allowed, possible = few_sets()
    (tmp_path / "sets.csv").write_text(allowed)
    (tmp_path / "sets.prior.csv").write_text(possible)
    called(tmp_path, "sweep", "study.toml", "--out", "out", "--workers", "1")
    findings = read_findings(tmp_path / "out")
    assert before_of(findings) is not None
    runs = tmp_path / "out" / "before_the_figures" / "runs"
    for part in runs.rglob("*.parquet"):
        pd.read_parquet(part).iloc[1:].to_parquet(part)
    assert before_of(findings) is None
    assert "is not known" in study_rests_in_words(findings)[0]


def test_runs_of_other_plans_or_of_another_prior_are_not_held_against_a_study(tmp_path):
    """Shards leave the runs before the figures to a later sweep, so those of the study as it was are still there."""
    (tmp_path / "study.toml").write_text(STUDY)
    allowed, possible = few_sets()
    (tmp_path / "sets.csv").write_text(allowed)
    (tmp_path / "sets.prior.csv").write_text(possible)
    called(tmp_path, "sweep", "study.toml", "--out", "out", "--workers", "1")
    shards = ["sweep", "study.toml", "--out", "out", "--workers", "1", "--shard", "1/1"]
    for changed, content in (
        ("study.toml", STUDY.replace("750.0", "1500.0")),
        ("sets.prior.csv", possible.replace("1,1.0,", "1,1.1,")),
    ):
        for number in (1, 2):
            (tmp_path / "study.toml").write_text(STUDY)
            (tmp_path / changed).write_text(content)
            called(tmp_path, *shards[:-1], f"{number}/2")
        assert before_of(read_findings(tmp_path / "out")) is None, changed
        called(tmp_path, *shards)
        assert before_of(read_findings(tmp_path / "out")) is not None, changed


def test_draws_of_other_parameters_are_no_prior_of_an_ensemble(tmp_path):
    allowed, possible = few_sets()
    (tmp_path / "sets.csv").write_text(allowed)
    (tmp_path / "sets.prior.csv").write_text(possible.replace("units.community_office.settle_prob", "party.attention"))
    assert read_ensemble(tmp_path / "sets.csv").prior() is None


def test_rank_correlation_is_spearmans():
    from scipy.stats import spearmanr

    dice = np.random.default_rng(3)
    first = dice.integers(0, 9, 40).astype(float)
    other = first + dice.normal(size=40)
    assert rank_correlation(first, other) == pytest.approx(spearmanr(first, other).statistic)
