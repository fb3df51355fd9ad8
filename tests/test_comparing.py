"""Comparing plans: what differs, how surely, and whose incidents ended differently."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from experiments.commands.studies import MOST_COMPARED
from experiments.comparing.comparing import HEADLINES, Comparison, compare, distinct
from experiments.comparing.following import Followed
from experiments.running.engine import engine
from experiments.running.measures import AreaKind
from experiments.showing.comparison_tables import comparison_as_json
from experiments.statistics.intervals import difference, never_differ
from experiments.words.comparisons import LETTERS, shared_in_words, warnings_in_words, weakly_paired_in_words
from scenarios.loading import load
from sim.indicators import INDICATORS
from sim.run import simulate

ROOT = Path(__file__).resolve().parent.parent
COMMAND = [sys.executable, str(ROOT / "run_experiment.py")]
TEN_DAYS = {"period.days": 10}
SEEDS = (1, 2, 3, 4, 5, 6, 7, 8)
"""Of four the first happen to be much alike, and tell little of how well plans pair."""


def plan(name: str, changes: dict | None = None):
    return name, load("changning_2005q4", {**TEN_DAYS, **(changes or {})})


@pytest.fixture(scope="module")
def told():
    plans = [plan("as it was"), plan("again"), plan("fewer", {"supervisors.count": 251}),
             plan("elsewhere", {"territory.seed": 77})]  # fmt: skip
    with engine(2) as running:
        return compare(plans, SEEDS, HEADLINES, running)


def test_values_are_what_simulate_says(told):
    outcome = simulate(plan("fewer", {"supervisors.count": 251})[1], 3)
    assert told.values["filed_count"][2, 2] == outcome.indicators["filed_count"]


def test_a_plan_does_not_differ_from_itself(told):
    again = told.followed[0]
    assert (again.changed, again.other_end, again.later, again.sooner) == (0, 0, 0, 0)
    assert again.incidents > 10_000
    assert all(found[0].mean == 0.0 and not found[0].clear for found in told.differences.values())


def test_fewer_supervisors_find_less_and_it_is_clear(told):
    found = told.differences["found_count"][1]
    assert found.hi < 0.0
    assert found.clear
    assert found.correlation > 0.5
    assert found.saving > 2.0


def test_incidents_are_followed_one_by_one(told):
    """Counted again from the case logs of the two runs."""
    stage = later = sooner = 0
    for seed in SEEDS:
        outcomes = [simulate(plan("", changes)[1], seed) for changes in ({}, {"supervisors.count": 251})]
        first, other = (outcome.cases[outcome.record.occurred] for outcome in outcomes)
        moved = first["stage"].to_numpy() != other["stage"].to_numpy()
        by_h = (other["closed_h"] - first["closed_h"]).to_numpy()[~moved]
        stage += int(moved.sum())
        later += int((by_h > 1.0).sum())
        sooner += int((by_h < -1.0).sum())
    followed = told.followed[1]
    assert (followed.other_end, followed.later, followed.sooner) == (stage, later, sooner)
    assert sum(followed.moves.values()) == stage
    assert sum(changed for _, changed in followed.by_area.values()) == followed.changed
    assert sum(count for count, _ in followed.by_category.values()) == followed.incidents


def test_other_incidents_are_not_followed_and_said_to_be_others(told):
    assert not told.followed[2].same_incidents
    assert told.followed[2].incidents == 0
    assert any("elsewhere does not have the same incidents" in line for line in warnings_in_words(told))


def test_intervals_hold_together(told):
    """Each is wider than it would be alone, as Bonferroni says for as many as there are."""
    assert told.comparisons == 3 * len(told.differences)
    values = told.values["filed_count"]
    alone = difference(values[:, 0], values[:, 2])
    assert told.differences["filed_count"][1] == difference(values[:, 0], values[:, 2], told.comparisons)
    assert told.differences["filed_count"][1].lo < alone.lo


def test_everything_is_there_for_machines(told):
    content = json.loads(json.dumps(comparison_as_json(told)))
    assert content["otherwise"]["fewer"]["changed"] == told.followed[1].changed
    entry = content["indicators"]["filed_count"]
    assert set(entry["differences"]) == {"again", "fewer", "elsewhere"}
    assert entry["mean"]["as it was"] == pytest.approx(np.mean(told.values["filed_count"][:, 0]))
    assert entry["unit"] == INDICATORS["filed_count"].unit


@pytest.mark.parametrize(
    ("names", "apart"),
    [
        pytest.param(["x", "y"], ["x", "y"], id="names that differ stay"),
        pytest.param(["x", "x", "x"], ["x", "x (2)", "x (3)"], id="the same name is numbered"),
        pytest.param(["x", " x ", "x  --set a=1", "x --set a=1"], ["x", "x (2)", "x --set a=1", "x --set a=1 (2)"],
                     id="spaces tell no names apart"),
        pytest.param(["x (2)", "x", "x"], ["x (2)", "x", "x (3)"], id="a number that is taken is passed over"),
    ],
)  # fmt: skip
def test_plans_are_named_apart(names, apart):
    assert distinct(names) == apart


def test_plans_of_one_name_are_compared_each_for_itself():
    """In the tables for machines none takes another's place."""
    plans = [plan("x"), plan("x", {"supervisors.count": 251}), plan("x")]
    with engine(1) as running:
        content = comparison_as_json(compare(plans, SEEDS[:2], ["found_count"], running))
    found = content["indicators"]["found_count"]["differences"]
    assert (content["first"], content["others"]) == ("x", ["x (2)", "x (3)"])
    assert found["x (2)"]["mean"] < 0.0 == found["x (3)"]["mean"]


def made_up(values: list[list[float]], same: tuple[bool, ...]) -> Comparison:
    """A comparison of one indicator: a list of values a plan."""
    table = np.array(values).T
    pairs = tuple(difference(table[:, 0], table[:, place], 1) for place in range(1, table.shape[1]))
    return Comparison(
        tuple(f"p{place}" for place in range(len(values))), tuple(range(len(table))), {"filed_count": table}, 1,
        {"filed_count": pairs}, (), (), tuple(Followed(same_incidents=known) for known in same), AreaKind.COMMUNITY, (), False,
    )  # fmt: skip


def test_a_warning_is_of_the_plan_that_it_names():
    """The second plan follows the first; the third does not."""
    told = made_up([[1.0, 2.0, 3.0, 4.0], [2.0, 3.0, 4.1, 5.0], [4.0, 3.0, 2.0, 1.0]], (True, True))
    (line,) = weakly_paired_in_words(told)
    assert line.startswith("p2: pairing saves next to nothing for filed_count")


def test_only_plans_that_have_the_same_incidents_are_said_to():
    same = made_up([[1.0, 2.0], [2.0, 4.0], [3.0, 3.5]], (True, True))
    assert shared_in_words(same) == "The same incidents and the same luck for all of them, 2 replications."
    other = made_up([[1.0, 2.0], [2.0, 4.0], [3.0, 3.5]], (True, False))
    assert shared_in_words(other) == "The same seeds for all of them, 2 replications; C has other incidents than A."


@pytest.mark.parametrize(
    ("other", "same"),
    [
        pytest.param(2904202.7300000004, True, id="a last digit is no difference"),
        pytest.param(2904202.74, False, id="a hundredth is one"),
    ],
)
def test_costs_that_differ_in_their_last_digit_only_are_the_same(other, same):
    assert never_differ(np.array([[2904202.73, other], [math.nan, math.nan]])) == same


def test_there_is_a_letter_for_every_plan():
    assert len(LETTERS) == MOST_COMPARED


def call(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *words], capture_output=True, text=True, timeout=200, check=False)


def test_the_command_says_in_words_what_is_clear():
    done = call("compare", "junmen_2012", "junmen_2012 --set rules.escalation=direct", "--set", "period.days=20",
                "--replications", "4", "--indicator", "filed_count", "--indicator", "found_count", "--all")  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert "B  junmen_2012 --set rules.escalation=direct" in done.stdout
    assert "Clear: filed_count" in done.stdout
    assert "The same under all plans in every replication: found_count." in done.stdout
    assert "Luck audit" in done.stdout


@pytest.mark.parametrize(
    ("words", "line"),
    [
        pytest.param(["junmen_2012"] * 27, "compare: 27 plans are too many; the most is 26", id="more than letters"),
        pytest.param(["junmen_2012"], "compare: needs two plans at least", id="one plan"),
        pytest.param(["junmen_2012", "junmen_2013"], "did you mean junmen_2012?", id="unknown"),
        pytest.param(["junmen_2012", "nanhu --sett a=1"], "must be NAME or NAME --set PATH=VALUE", id="misspelt option"),
        pytest.param(["junmen_2012", "nanhu --set"], "must be NAME or NAME --set PATH=VALUE", id="nothing to set"),
        pytest.param(["junmen_2012", 'nanhu "'], "must be NAME or NAME --set PATH=VALUE", id="open quote"),
        pytest.param(["junmen_2012", "nanhu", "--indicator", "filed"], "--indicator: filed is no indicator", id="indicator"),
        pytest.param(["junmen_2012", "base_city"], "cannot be run", id="abstract"),
        pytest.param(
            ["junmen_2012", "nanhu", "--scheduler", "tcp://127.0.0.1:9"], "--scheduler: tcp://127.0.0.1:9", id="scheduler"
        ),
        pytest.param(
            ["junmen_2012", "nanhu", "--scheduler", "x:1", "--workers", "2"], "give one of them", id="two engines"
        ),
    ],
)  # fmt: skip
def test_a_comparison_that_cannot_be_made_is_refused_in_one_line(words, line):
    done = call("compare", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert line in done.stderr
    assert len(done.stderr.splitlines()) == 1
