"""Economics over an ensemble: both scenarios under the same set and seed, and intervals over sets."""

from __future__ import annotations

import json
import math
from datetime import date

import numpy as np
import pytest
from click.testing import CliRunner

from experiments.commands.economics import economics
from experiments.economics.costs import basis_of, cost_split
from experiments.economics.sets import under_sets
from experiments.economics.worth import paired, run_together
from experiments.studies.ensembles import write_ensemble
from scenarios.loading import load
from sim.run import simulate


def call(*words: str):
    return CliRunner().invoke(economics, list(words), prog_name="run_experiment.py economics")


ONLY_WITH_GRIDS, DEMAND, WAGE = (
    "units.grid_manager.settle_prob",
    "demand.scale",
    "units.community_office.wage_yuan_per_month",
)
SETS = [
    {ONLY_WITH_GRIDS: 0.5, DEMAND: 2.0, WAGE: 2000.0},
    {ONLY_WITH_GRIDS: 0.7, DEMAND: 3.0, WAGE: 3000.0},
    {ONLY_WITH_GRIDS: 0.9, DEMAND: 4.0, WAGE: 5000.0},
]
SHORT_RUN = {"period.days": 6, "period.start": date(2013, 7, 1)}
SAME_DAYS = ("--set", "period.days=6", "--set", "period.start=2013-07-01")
BOTH = ("junmen_2012", "--without", "junmen_before", *SAME_DAYS)


@pytest.fixture
def allowed(tmp_path):
    """A file with sets of parameters, and perhaps weights."""

    def write(sets=SETS, weights=None) -> str:
        path = tmp_path / "allowed.csv"
        write_ensemble(path, sets, weights or [1.0] * len(sets))
        return str(path)

    return write


def test_over_an_ensemble_both_scenarios_run_under_the_same_set_and_seed(allowed):
    told = json.loads(call(*BOTH, "--ensemble", allowed(), "--seed", "7", "--json").stdout)
    without = [{path: value for path, value in each.items() if path != ONLY_WITH_GRIDS} for each in SETS]
    variants = [
        [load(name, {**SHORT_RUN, **each}) for each in sets]
        for name, sets in (("junmen_2012", SETS), ("junmen_before", without))
    ]
    assert told["seeds"] == [7, 8, 9]
    assert told["ensemble"]["hashes"] == [[one.hash for one in each] for each in variants]
    assert told["ensemble"]["left_out"] == [ONLY_WITH_GRIDS]
    solved = [
        [simulate(one, seed).indicators["solved_count"] for one, seed in zip(each, (7, 8, 9), strict=True)]
        for each in variants
    ]
    extra = np.subtract(*solved) * 365.25 / 6
    entry = told["against"]["extras"]["extra_solved"]
    assert (entry["mean"], entry["count"], entry["over"]) == (pytest.approx(extra.mean()), 3, "worlds")
    half = 4.30265 * extra.std(ddof=1) * math.sqrt(1 + 1 / 3)
    assert entry["hi"] - entry["mean"] == pytest.approx(half, rel=1e-5)


def test_the_output_says_what_an_interval_over_sets_is_and_what_is_left_out(allowed):
    sets = [{**each, "party.attention": 0.2} for each in SETS]
    done = call(*BOTH, "--ensemble", allowed(sets), "--investment", "1e5", "--value-per-case", "900", "--all")
    told = " ".join(done.stdout.split())
    assert done.exit_code == 0
    for words in (
        "What it costs (3 sets of parameters)", "one more set, 95 %", "a year (3 sets)", "interval of one more set",
        "every interval is where one more set of the ensemble allowed",
        "junmen_before does not have " + ONLY_WITH_GRIDS,
        "differ in party.attention by their files",
    ):  # fmt: skip
        assert words in told
    assert "Fieller" not in told


def test_the_split_of_costs_is_the_mean_of_the_sets(allowed):
    told = json.loads(call("junmen_2012", *SAME_DAYS, "--ensemble", allowed(), "--json").stdout)
    each = [cost_split(load("junmen_2012", {**SHORT_RUN, **values})).total_yuan for values in SETS]
    assert len(set(each)) == 3
    assert told["cost_split"]["total_yuan"] == pytest.approx(np.mean(each))
    assert (told["over"], told["against"]) == ("worlds", None)


def test_replications_bound_the_sets_and_one_has_no_interval(allowed):
    told = json.loads(call("junmen_2012", *SAME_DAYS, "--ensemble", allowed(), "--replications", "1", "--json").stdout)
    assert (told["ensemble"]["sets_count"], told["costs"]["per_solved_yuan"]["lo"]) == (1, None)
    assert "one set gives no intervals." in told["notes"]


def test_a_set_stands_as_often_as_its_weight_says_and_set_prevails(allowed):
    found = under_sets(allowed(weights=[0.0, 2.0, 1.0]), [load("junmen_2012")], {WAGE: 1000.0}, 100)
    parameters = [each.parameters for each in found.variants[0]]
    assert [each.demand.scale for each in parameters] == [3.0, 3.0, 4.0]
    assert {each.units["community_office"].wage_yuan_per_month for each in parameters} == {1000.0}
    assert (found.sets_count, found.distinct_count) == (3, 2)


def test_equipment_that_differs_between_sets_wears_off_set_by_set(allowed):
    """Both scenarios have the same equipment and people, so without wear the extra cost is that of the grid alone."""
    sets = [{"costs.equipment_yuan": yuan} for yuan in (0.0, 8e5)]
    scenario = load("junmen_2012", SHORT_RUN)
    found = under_sets(allowed(sets), [scenario], SHORT_RUN, 5)
    (table, bare), _ = run_together([found.variants[0], [scenario] * 2], [1, 2])
    extra = paired(table, bare, basis_of(found.variants[0][0]), basis_of(scenario))
    assert extra["extra_running_yuan"].tolist() == pytest.approx([0.0, 0.0], abs=1e-6)
    assert extra["extra_cost_yuan"].tolist() == pytest.approx([0.0, 1e5])


@pytest.mark.parametrize(
    ("sets", "words", "line"),
    [
        pytest.param([{"demand.scal": 2.0}], [],
                     '"demand.scal" is not a parameter of junmen_2012; did you mean demand.scale?', id="misspelt"),
        pytest.param([{DEMAND: 2.0}, {DEMAND: -1.0}], [], "allowed.csv:3: junmen_2012: demand.scale",
                     id="out of range"),
        pytest.param([{"period.days": 5}, {"period.days": 6}], [], "its sets change the days", id="no common year"),
        pytest.param([{"costs.equipment_yuan": 1.0}, {"costs.equipment_yuan": 2.0}],
                     ["--without", "junmen_before", "--value-per-case", "5"], "no pay-back", id="no one investment"),
    ],
)  # fmt: skip
def test_an_ensemble_that_cannot_be_used_is_refused_in_one_line(allowed, sets, words, line):
    done = call("junmen_2012", *words, "--ensemble", allowed(sets))
    assert (done.exit_code, done.stdout) == (2, "")
    assert line in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("words", "line"),
    [
        pytest.param(["junmen_2012", "--ensemble", "none.csv"], '"none.csv": there is no such ensemble', id="no file"),
        pytest.param(["junmen_2012", "--ensemble", ""], "there is no such ensemble", id="empty"),
        pytest.param(["--appraisal", "--ensemble", "none.csv"], "--appraisal: takes no --ensemble", id="nothing runs"),
    ],
)
def test_an_ensemble_that_is_not_there_is_refused_in_one_line(words, line):
    done = call(*words)
    assert (done.exit_code, done.stdout) == (2, "")
    assert line in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_the_same_seeds_without_an_ensemble_keep_their_intervals_of_the_mean():
    told = json.loads(call("junmen_2012", *SAME_DAYS, "--replications", "2", "--json").stdout)
    assert (told["ensemble"], told["over"]) == (None, "runs")
