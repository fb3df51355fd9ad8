"""Economics: costs by hand, break-even and pay-back by hand, intervals that cover, the printed appraisal to the digit."""

from __future__ import annotations

import json
import math
import os
import signal
import sys

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from experiments.commands.economics import economics
from experiments.economics.appraisal import (
    BEFORE_MERGER,
    OUTSIDE,
    PRINTED,
    YI,
    pay_yuan_per_year,
    reproduce,
    seed_appraisal,
)
from experiments.economics.costs import WORLD, Basis, CostSplit, basis_of, cost_split, estimate, unit_costs
from experiments.economics.worth import (
    HOURS,
    Benefit,
    break_even,
    extras,
    fieller,
    investment_between,
    paired,
    payback,
    run_together,
)
from experiments.words.appraisal import about, bound_in_words, counted_over
from experiments.words.economics import break_even_in_words, payback_in_words
from languages.speaking import ENGLISH, speak
from scenarios.loading import load
from sim.run import simulate

YEAR = Basis(1.0, 100.0, 1000.0, 5.0, CostSplit(0, 0, 0, 0, 200.0))
"""A year, 100 households, equipment of 1,000 yuan that lasts five years."""
BARE = YEAR._replace(investment_yuan=0.0)


def runs(cost, solved, filed=(1.0,), hours=(10.0,), **columns) -> pd.DataFrame:
    count = len(cost)
    return pd.DataFrame({
        "cost_yuan": cost, "solved_count": solved, "filed_count": np.resize(filed, count),
        HOURS: np.resize(hours, count), **columns,
    }).astype(float)  # fmt: skip


def known() -> dict[str, float]:
    return {entry.name: entry.value for entry in seed_appraisal().inputs}


# What it costs ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        pytest.param("junmen_2012", {"period.days": 6}, id="grid posts"),
        pytest.param("junmen_before", {"period.days": 6, "costs.equipment_yuan": 8e5}, id="equipment, no posts"),
        pytest.param("changning_2005q4", {"period.days": 1}, id="supervisors, centres, cells, equipment"),
        pytest.param("nanhu", {"period.days": 3}, id="sites from a file"),
        pytest.param(
            "junmen_2012",
            {"period.days": 3, "units.grid_manager.people_basis": "total"},
            id="people for all grids together",
        ),
    ],
)
def test_the_kinds_of_cost_sum_to_what_the_model_says(name, changes):
    scenario = load(name, changes)
    said = simulate(scenario, 1).indicators["cost_yuan"]
    assert cost_split(scenario).total_yuan == pytest.approx(said, rel=1e-12)


def test_the_split_of_changning_by_hand():
    scenario = load("changning_2005q4")
    costs, params = scenario.parameters.costs, scenario.parameters
    split, years = cost_split(scenario), params.period.days / 365.25
    assert split.supervisors_yuan == pytest.approx(
        params.supervisors.count * costs.supervisor_yuan_per_month * 12 * years
    )
    assert split.equipment_yuan == pytest.approx(costs.equipment_yuan / costs.equipment_life_years * years)
    assert split.staff_yuan == pytest.approx(split.total_yuan - split.grids_yuan - split.equipment_yuan)


def test_cost_per_case_is_what_the_model_says_run_by_run():
    scenario = load("junmen_2012", {"period.days": 20})
    (table,), interrupted = run_together([scenario], [1, 2, 3])
    told = unit_costs(table, basis_of(scenario))["per_solved_yuan"]
    assert not interrupted
    assert told.mean == pytest.approx(table["cost_per_case_yuan"].mean())


def test_unit_costs_and_their_interval_by_hand():
    """Per solved 10, 12, 14: mean 12, standard deviation 2, Student's quantile 4.3027 for three, about the logarithm."""
    told = unit_costs(runs([100, 120, 140], [10, 10, 10], filed=[5, 0, 5]), YEAR)
    per_solved = told["per_solved_yuan"]
    assert per_solved.mean == pytest.approx(12.0)
    factor = math.exp(4.30265 * 2.0 / math.sqrt(3) / 12.0)
    assert (per_solved.lo, per_solved.hi) == pytest.approx((12.0 / factor, 12.0 * factor), rel=1e-5)
    assert told["per_household_year_yuan"].mean == pytest.approx(1.2)
    assert (told["per_filed_yuan"].mean, told["per_filed_yuan"].count) == (pytest.approx(24.0), 2)


def test_one_run_gives_no_interval_and_no_run_is_refused():
    told = unit_costs(runs([100], [10]), YEAR)["per_solved_yuan"]
    assert (told.mean, told.lo, told.hi) == (10.0, None, None)
    with pytest.raises(ValueError, match="no run has finished"):
        unit_costs(runs([], []), YEAR)
    with pytest.raises(ValueError, match="no column filed_count"):
        unit_costs(runs([1], [1]).drop(columns="filed_count"), YEAR)


def test_seeds_of_a_world_are_averaged_before_worlds_are_compared():
    """Two worlds at 10 and 20 yuan, ten seeds each: n is 2, and the interval is where a third world would fall."""
    table = runs([100] * 10 + [200] * 10, [10] * 20, world=[0] * 10 + [1] * 10)
    told = unit_costs(table, YEAR)["per_solved_yuan"]
    assert (told.mean, told.count, told.over) == (15.0, 2, "worlds")
    half = 12.7062 * math.sqrt(50.0) * math.sqrt(1.5)
    assert told.hi == pytest.approx(15.0 * math.exp(half / 15.0), rel=1e-4)
    assert 0.0 < told.lo < 15.0


def test_more_worlds_do_not_make_the_interval_vanish():
    chance = np.random.default_rng(3)
    few, many = (estimate(chance.normal(10.0, 2.0, count), "worlds") for count in (50, 5_000))
    assert few.hi - few.lo == pytest.approx(2 * 1.96 * 2.0, rel=0.3)
    assert many.hi - many.lo == pytest.approx(2 * 1.96 * 2.0, rel=0.05)


# What it is worth ------------------------------------------------------------------------------------------------


def pairs(extra_cost, extra_solved, avoided_h=(0.0,)) -> pd.DataFrame:
    return pd.DataFrame({
        "extra_running_yuan": extra_cost, "extra_cost_yuan": extra_cost, "extra_solved": extra_solved,
        "avoided_h": np.resize(avoided_h, len(extra_solved)),
    }).astype(float)  # fmt: skip


def test_a_pair_by_hand():
    """1,000 against 500 yuan a year, 200 of the first are wear; 30 against 10 solved; 10 h against 14 h."""
    told = paired(runs([1000], [30], hours=[10]), runs([500], [10], hours=[14]), YEAR, BARE).iloc[0]
    assert (told.extra_running_yuan, told.extra_cost_yuan, told.extra_solved, told.avoided_h) == (300, 500, 20, 40)


def test_a_given_investment_replaces_the_difference_of_equipment():
    told = paired(runs([1000], [30]), runs([1000], [10]), YEAR, YEAR, investment_yuan=2500.0).iloc[0]
    assert (told.extra_running_yuan, told.extra_cost_yuan) == (0, 500)
    assert investment_between(YEAR, YEAR, None) == 0.0
    assert investment_between(YEAR, BARE, None) == 1000.0


def test_runs_of_different_length_are_compared_by_the_year():
    half = BARE._replace(years=0.5)
    told = paired(runs([1000], [30]), runs([500], [15]), BARE, half).iloc[0]
    assert (told.extra_running_yuan, told.extra_solved) == (0, 0)


def test_pairs_share_their_seed_and_the_rest_is_left_out():
    first, other = runs([10, 20, 30], [1, 2, 3], seed=[1, 2, 3]), runs([7, 5], [1, 1], seed=[3, 2])
    told = paired(first, other, BARE, BARE)
    assert told["extra_cost_yuan"].tolist() == [15, 23]
    with pytest.raises(ValueError, match="nothing can be paired"):
        paired(first, runs([1], [1], seed=[9]), BARE, BARE)
    with pytest.raises(ValueError, match="stands there twice"):
        paired(runs([1, 1], [1, 1], seed=[2, 2]), other, BARE, BARE)


def test_pairs_of_worlds_are_averaged_within_the_world():
    first = runs([10, 20, 30, 40], [2] * 4, world=[0, 0, 1, 1], seed=[1, 2, 1, 2])
    told = paired(first, runs([0] * 4, [1] * 4, world=[0, 0, 1, 1], seed=[1, 2, 1, 2]), BARE, BARE)
    assert told["extra_cost_yuan"].tolist() == [15, 35]
    assert break_even(told).yuan == 25.0
    assert extras(told)["extra_solved"].over == "worlds"


def test_break_even_by_hand():
    """A fixed cost of 600 over 9, 10, 11 solved: Fieller's interval is the cost over the ends of Student's."""
    told = break_even(pairs([600, 600, 600], [9, 10, 11]))
    half = 4.30265 / math.sqrt(3)
    assert told.yuan == 60.0
    assert (told.lo, told.hi) == (
        pytest.approx(600 / (10 + half), rel=1e-5),
        pytest.approx(600 / (10 - half), rel=1e-5),
    )
    assert "more than 60 yuan" in break_even_in_words(told)


@pytest.mark.parametrize(
    ("cost", "solved", "words"),
    [
        pytest.param([5, 6, 5], [-3, 3, 1], "does not clearly differ", id="nothing more solved"),
        pytest.param([-5, -6, -5], [3, 3.1, 3], "worth it whatever", id="cheaper and better"),
        pytest.param([5, 6, 5], [-3, -3.1, -3], "no value of an incident", id="dearer and worse"),
        pytest.param([-60, -61, -59], [-3, -3.1, -2.9], "is worth less than 20 yuan", id="cheaper and worse"),
        pytest.param([60], [3], "more than 20 yuan (no interval)", id="one pair"),
        pytest.param([-60], [3], "whatever an incident is worth by one pair, without interval", id="one cheaper pair"),
        pytest.param([0, 0, 0], [3, 3.1, 3], "worth it whatever", id="no dearer and better"),
        pytest.param([-90, 60, 0], [3, 3.1, 2.9], "no more at the mean, but may cost more", id="perhaps cheaper"),
        pytest.param([90, -60, 0], [-3, -3.1, -2.9], "no less at the mean, but may cost less", id="perhaps dearer"),
    ],
)
def test_break_even_says_in_words(cost, solved, words):
    assert words in break_even_in_words(break_even(pairs(cost, solved)))


def test_a_plan_that_may_cost_more_is_not_worth_it_whatever_and_names_the_upper_end():
    """Three more solved in every pair, so Fieller's upper end is a third of Student's for the cost."""
    told = break_even(pairs([-90, 60, 0], [3, 3, 3]))
    upper = (-10 + 4.30265 * math.sqrt(5700) / math.sqrt(3)) / 3
    assert told.hi == pytest.approx(upper, rel=1e-5)
    assert f"{upper:,.0f} yuan by the upper end" in break_even_in_words(told)
    assert "worth it whatever" not in break_even_in_words(told)


def test_over_worlds_the_cost_may_be_higher_under_one_more():
    """Student's interval of the mean is below 0, that of one more world is not."""
    cost, index = [-30, -10, -20, -15, -8], pd.Index(range(5), name=WORLD)
    table = pairs(cost, [3, 3, 3, 3, 3])
    assert "worth it whatever" in break_even_in_words(break_even(table))
    assert "may cost more" in break_even_in_words(break_even(table.set_index(index)))


def test_a_break_even_that_is_positive_in_every_set_has_positive_ends():
    """Over sets whose ratios are skew, an even interval about their mean would go below zero."""
    cost, solved = [200, 300, 500, 1000, 3000, 9000], [10.0, 10.1, 9.9, 10.0, 10.2, 9.8]
    table = pairs(cost, solved).set_index(pd.Index(range(6), name=WORLD))
    told = break_even(table)
    logs = np.log(np.array(cost) / np.array(solved))
    reach = 2.57058 * logs.std(ddof=1) * math.sqrt(1 + 1 / 6)
    assert (told.lo, told.hi) == (pytest.approx(math.exp(logs.mean() - reach), rel=1e-4),
                                  pytest.approx(math.exp(logs.mean() + reach), rel=1e-4))  # fmt: skip


def test_an_unbounded_break_even_has_no_ends():
    told = break_even(pairs([5, 6, 5], [-3, 3, 1]))
    assert (told.lo, told.hi) == (None, None)
    assert fieller(np.array([5.0, 6, 5]), np.array([-3.0, 3, 1])) is None


def test_fiellers_interval_covers_the_true_ratio_as_often_as_it_says():
    """Cost and cases that vary together, ratio 50, six pairs; 95 % within four standard errors of 1,000 trials."""
    chance, inside = np.random.default_rng(11), 0
    for _ in range(1_000):
        both = chance.multivariate_normal([1000.0, 20.0], [[90_000.0, 600.0], [600.0, 16.0]], 6)
        ends = fieller(both[:, 0], both[:, 1])
        inside += ends is not None and ends[0] <= 50.0 <= ends[1]
    assert abs(inside / 1_000 - 0.95) < 4 * math.sqrt(0.95 * 0.05 / 1_000)


# Pay-back --------------------------------------------------------------------------------------------------------


def test_payback_by_hand():
    """20 more solved at 30 yuan and 10 h at 5 yuan are 650, less 150 running: 500 a year, 1,000 in two years."""
    told = payback(pairs([150] * 3, [20] * 3, [10]), 1000.0, 8.0, Benefit(yuan_per_solved=30.0, yuan_per_hour=5.0))
    assert (told.net_yuan_per_year.mean, told.years, told.years_lo, told.years_hi) == (500.0, 2.0, 2.0, 2.0)
    assert "lasts" not in payback_in_words(told)


def test_the_interval_of_payback_is_that_of_the_net_benefit_turned_over():
    told = payback(pairs([100] * 3, [19, 20, 21]), 1000.0, 1.0, Benefit(30.0, 0.0))
    half = 4.30265 * 30.0 / math.sqrt(3)
    assert told.years == pytest.approx(2.0)
    assert told.years_lo == pytest.approx(1000 / (500 + half), rel=1e-5)
    assert told.years_hi == pytest.approx(1000 / (500 - half), rel=1e-5)
    assert "the equipment lasts 1 year" in payback_in_words(told)


def test_what_never_pays_back_is_said_so():
    told = payback(pairs([700] * 3, [19, 20, 21]), 1000.0, 8.0, Benefit(30.0, 0.0))
    assert (told.years, told.years_lo, told.years_hi) == (None, None, None)
    assert payback_in_words(told).startswith("It never pays back: the net benefit is -100 yuan")


def test_an_interval_that_holds_zero_is_open_ended():
    told = payback(pairs([590] * 3, [15, 20, 25]), 1000.0, 8.0, Benefit(30.0, 0.0))
    assert told.years == pytest.approx(100.0)
    assert told.years_lo is not None
    assert told.years_hi is None
    assert "may never pay back" in payback_in_words(told)
    assert "earliest" in payback_in_words(told)


def test_nothing_invested_is_nothing_to_pay_back():
    assert "no investment" in payback_in_words(payback(pairs([1], [2]), 0.0, 8.0, Benefit(1.0, 0.0)))


@pytest.mark.parametrize("wrong", [-1.0, math.nan, math.inf])
def test_a_benefit_is_a_number_and_stated_whole(wrong):
    with pytest.raises(ValueError, match="yuan_per_solved = "):
        Benefit(wrong, 0.0)
    with pytest.raises(TypeError):
        Benefit(yuan_per_solved=1.0)  # type: ignore[call-arg]


# The published appraisal -----------------------------------------------------------------------------------------


def test_the_printed_saving_comes_from_one_way_of_rounding_only():
    area, saving, jobs = seed_appraisal().reproductions
    assert (area.printed, area.found[0].result) == (328.0, 328.0)
    assert [(again.factor, again.area_wan_km2, again.result) for again in saving.found] == [(129.0, 328.0, 42312.0)]
    assert saving.printed * YI == 42_312e8
    assert jobs.printed == 3200.0
    assert jobs.found


def test_without_rounding_on_the_way_the_printed_saving_does_not_come_out():
    exact = [
        again for again in seed_appraisal().reproductions[1].attempts if again.factor % 1 and again.area_wan_km2 % 1
    ]
    assert {again.gives_printed for again in exact} == {False}
    assert pytest.approx(42_311.3, abs=0.1) == 5400 / 41.84 * 934 * 0.351


def test_a_figure_that_does_not_come_out_is_not_said_to():
    assert reproduce(("x", 5.0, "", ""), 2.0, 3.0, step=1.0).found == ()


def test_every_figure_of_the_source_is_there_with_what_it_is_counted_over():
    printed = {entry.name: entry.value for entry in PRINTED}
    assert printed["area"] == 41.84
    assert (printed["investment"], printed["building_works"]) == (70e6, 3e6)
    assert (printed["welfare"], printed["saving"], printed["jobs"]) == (158e6, 54e6, 411)
    assert printed["territory"] * printed["urban_share"] == pytest.approx(printed["total_area"], rel=1e-3)
    assert all(counted_over(entry) and entry.source for entry in (*PRINTED, *OUTSIDE))


def test_each_reason_has_a_number():
    reasons = {about(reason): reason.number for reason in seed_appraisal().reasons}
    assert len(reasons) >= 10
    numbers = list(reasons.values())
    assert numbers[0] == pytest.approx(3.28e6 / 40_058)
    assert numbers[2] == pytest.approx((919_253 / 41.84) / (665_575_306 / 3.28e6))
    assert numbers[3] == pytest.approx(41.84 / 25.4)
    assert numbers[4] == pytest.approx(212 / 54)


def test_the_bound_by_hand_is_tens_to_hundreds_of_times_smaller():
    told = seed_appraisal()
    first = told.bounds[0]
    assert first.gross_yuan_per_year == pytest.approx(54e6 / 919_253 * 665_575_306)
    assert first.gross_times_smaller == pytest.approx(4.2312e12 / first.gross_yuan_per_year)
    assert first.jobs == pytest.approx(411 / 919_253 * 665_575_306)
    assert all(
        40 < ratio < 400 for bound in told.bounds for ratio in (bound.gross_times_smaller, bound.net_times_smaller)
    )
    assert told.low_yuan_per_year == min(bound.net_yuan_per_year for bound in told.bounds)
    assert told.high_yuan_per_year == max(bound.gross_yuan_per_year for bound in told.bounds)


def test_the_bound_is_said_in_billions_and_in_chinese_in_hundreds_of_millions_only():
    assert bound_in_words(seed_appraisal()).startswith("A bound: 26 to 85 bn yuan a year (263 to 852 亿). ")
    speak("zh")
    try:
        told = bound_in_words(seed_appraisal())
    finally:
        speak(ENGLISH)
    assert "263 到 852 亿元" in told
    assert "十亿" not in told


def test_the_net_bound_takes_pay_and_wear_off():
    first, inputs = seed_appraisal().bounds[0], known()
    costs = load(BEFORE_MERGER).parameters.costs
    wage = max(costs.supervisor_yuan_per_month, costs.operator_yuan_per_month)
    assert pay_yuan_per_year(inputs) == pytest.approx(411 * 12 * wage)
    net = 54e6 - 411 * 12 * wage - 70e6 / costs.equipment_life_years
    assert first.net_yuan_per_year / first.gross_yuan_per_year == pytest.approx(net / 54e6)


# The command -----------------------------------------------------------------------------------------------------

SHORT = ("--set", "period.days=15", "--replications", "3")


def call(*words: str):
    return CliRunner().invoke(economics, list(words), prog_name="run_experiment.py economics")


def test_the_command_compares_two_scenarios_for_machines():
    done = call(
        "junmen_2012", "--without", "junmen_before", *SHORT, "--investment", "1e5", "--value-per-case", "2000", "--json"
    )
    told = json.loads(done.stdout)
    assert done.exit_code == 0
    assert told["seeds"] == [1, 2, 3]
    assert told["against"]["pairs"] == 3
    assert told["against"]["payback"]["assumed_benefit"] == {"yuan_per_solved": 2000.0, "yuan_per_hour": 0.0}
    assert told["against"]["payback"]["investment_yuan"] == 1e5
    extras, value = told["against"]["extras"], told["against"]["break_even"]["yuan"]
    assert value == pytest.approx(extras["extra_cost_yuan"]["mean"] / extras["extra_solved"]["mean"])
    assert any("same incidents" in line for line in told["notes"])
    assert told["cost_split"]["total_yuan"] == pytest.approx(
        simulate(load("junmen_2012", {"period.days": 15}), 1).indicators["cost_yuan"]
    )


def test_on_the_same_days_both_meet_the_same_incidents_and_no_note_is_needed():
    done = call("junmen_2012", "--without", "junmen_before", *SHORT, "--set", "period.start=2013-07-01", "--json")
    assert json.loads(done.stdout)["notes"] == []


def test_the_answer_comes_first_then_one_table_of_eighty_columns():
    done = call("junmen_2012", "--without", "junmen_before", *SHORT)
    sentences, _, rest = done.stdout.partition("\n\n")
    assert sentences.startswith("Junmen under the social grid: a solved incident costs")
    assert "\nAgainst junmen_before: " in sentences
    assert "How sure:" in sentences
    assert sentences.count(". ") + sentences.count(".\n") + 1 <= 6
    assert all(len(line.rstrip()) <= 80 for line in rest.splitlines()[:-1])
    assert "Fieller" not in done.stdout


def test_the_command_prints_all_tables_for_people():
    done = call("junmen_2012", "--without", "junmen_before", *SHORT, "--value-per-case", "900", "--all")
    assert done.exit_code == 0
    for words in ("cost per household and year", "Break-even, Fieller", "Assumed: 900", "There is no investment"):
        assert words in done.stdout


def test_the_appraisal_needs_no_scenario():
    assert "must not be used" in call("--appraisal").stdout.splitlines()[0]
    done = call("--appraisal", "--all")
    assert done.exit_code == 0
    for words in ("129 万 yuan a km² × 328 万 km² = 42,312", "Why it must not be used", "before the merger"):
        assert words in done.stdout
    assert len(json.loads(call("--appraisal", "--json").stdout)["bounds"]) == 4


@pytest.mark.parametrize(
    ("words", "line"),
    [
        pytest.param(["junmen_2013"], "did you mean junmen_2012?", id="unknown"),
        pytest.param(["junmen_2012", "--without", "base_city"], "cannot be run", id="abstract"),
        pytest.param(
            ["junmen_2012", "--value-per-case", "5"], "--value-per-case: needs --without", id="no counterfactual"
        ),
        pytest.param(
            ["junmen_2012", "--investment", "5"], "--investment: needs --without", id="nothing to invest beyond"
        ),
        pytest.param(["nanhu", "--appraisal"], "--appraisal: needs no scenario", id="two questions"),
        pytest.param(["junmen_2012", "--set", "costs.equipment=1"], "costs.equipment", id="misspelt parameter"),
    ],
)
def test_what_cannot_be_said_is_refused_in_one_line(words, line):
    done = call(*words)
    assert (done.exit_code, done.stdout) == (2, "")
    assert line in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("words", "line"),
    [
        pytest.param([], "NAME is missing", id="no name"),
        pytest.param(["junmen_2012", "--value-per-case", "-3"], "-3 must be a number of yuan", id="negative"),
        pytest.param(["junmen_2012", "--value-per-hour", "nan"], "nan must be a number of yuan", id="no number"),
    ],
)
def test_wrong_usage_through_the_whole_command_line_is_one_line(monkeypatch, capsys, words, line):
    import run_experiment

    monkeypatch.setattr(sys, "argv", ["run_experiment.py", "economics", *words])
    with pytest.raises(SystemExit) as left:
        run_experiment.main()
    told = capsys.readouterr()
    assert (left.value.code, told.out) == (2, "")
    assert line in told.err
    assert len(told.err.splitlines()) == 1


def test_ctrl_c_keeps_the_pairs_that_are_finished(hears_ctrl_c):
    first, other = (load(name, {"period.days": 3}) for name in ("junmen_2012", "junmen_before"))

    def stop(done: int, total: int) -> None:
        if done >= 5:
            os.kill(os.getpid(), signal.SIGINT)

    seeds = list(range(1, 41))
    (table, bare), interrupted = run_together([first, other], seeds, stop)
    assert interrupted
    assert 1 <= len(table) < len(seeds)
    assert table.index.tolist() == bare.index.tolist() == seeds[: len(table)]
