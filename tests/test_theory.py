"""Theory: small worlds of which every mean is known on paper, and the model's own within z standard errors of it.

The worlds are scenario files in `tests/theory/`; nothing in the model knows of them. Every closed form stands here with
its name. No digit is pinned: a test fails if the mean of the replications is further from the closed form than Z standard
errors and the stated bias, and also if that would be too far to tell anything.

With VERIFY=heavy in the environment there are ten times as many replications.
"""

from __future__ import annotations

import os
from datetime import date, datetime, timedelta
from itertools import pairwise
from math import e, exp, factorial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from scenarios.ground import Period
from scenarios.loading import Scenario, load, names
from scenarios.people import OFFICE_HOURS
from sim.agents.departments import Unit
from sim.incidents import Severity
from sim.model import GovernanceModel
from sim.randomness import Streams
from sim.run import outcome_of, simulate
from sim.working_time import DutyRoster

WORLDS = Path(__file__).parent / "theory"
MORE = 10 if os.environ.get("VERIFY") == "heavy" else 1
Z = 4.0
RARE = 2.0 * float(stats.norm.sf(Z))
"""A p-value that is as rare as a mean Z standard errors away."""
ROUNDING = 1e-9


def world(name: str, **overrides: object) -> Scenario:
    """A reduced scenario; the words of a path are joined by two underscores."""
    return load(WORLDS / f"{name}.toml", {path.replace("__", "."): value for path, value in overrides.items()})


def assert_agrees(samples: object, theory: float, *, bias: float = 0.0, telling: float = 0.25) -> None:
    """The mean of independent samples is the closed form's, within Z standard errors and a bias (a share of it).

    `telling` is how far all that may reach at most, as a share: a test that would let more pass has not tested anything.
    """
    values = np.asarray(samples, dtype=float)
    reach = Z * values.std(ddof=1) / len(values) ** 0.5 + (bias + ROUNDING) * theory
    assert abs(values.mean() - theory) <= reach, f"{values.mean():.4g} is not {theory:.4g} ± {reach:.2g}"
    assert reach <= telling * theory, f"cannot tell: {theory:.4g} ± {reach:.2g} needs more replications"


# Queues -----------------------------------------------------------------------------------------------------

REPLICATIONS = 16 * MORE
TAIL_H = 24.0
"""What joins a queue this close to the end may not be served in the run, and is left out; nobody waits that long."""


def queue(scenario: Scenario, seed: int) -> pd.DataFrame:
    """Wait and service of every case that joined between the warm-up, a tenth of the run, and the tail."""
    started_h: dict[int, float] = {}
    original = Unit.start

    def start(unit, incident):
        started_h[incident.number] = unit.model.now_h
        original(unit, incident)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Unit, "start", start)
        cases = simulate(scenario, seed, engine="mesa").cases
    end_h = scenario.parameters.period.days * 24.0
    cases = cases[cases.dispatched_h.between(end_h / 10.0, end_h - TAIL_H)]
    assert cases.handled_h.notna().all()
    start_h = cases.incident.map(started_h)
    return pd.DataFrame({
        "severity": cases.severity,
        "wait_h": start_h - cases.dispatched_h,
        "service_h": cases.handled_h - start_h,
    })  # fmt: skip


def queues(scenario: Scenario) -> list[pd.DataFrame]:
    return [queue(scenario, seed) for seed in range(REPLICATIONS)]


def erlang_c(people: int, load: float) -> float:
    """The chance that all of them are busy when a case comes (Erlang 1917)."""
    offered = people * load
    waiting = offered**people / factorial(people) / (1.0 - load)
    return waiting / (waiting + sum(offered**k / factorial(k) for k in range(people)))


def service_of(scenario: Scenario) -> tuple[float, float]:
    """Mean and variance of the hours that a case takes one person where nobody travels or searches.  (Eq. 20)"""
    unit, category = scenario.parameters.units["crews"], scenario.parameters.categories["calls"]
    mean = (unit.mobilise_h + category.work_mean_h) / unit.casework_share
    return mean, (category.work_cv * category.work_mean_h / unit.casework_share) ** 2


def rest_h(scenario: Scenario, load: float) -> float:
    """Mean time until whoever is busy takes the next case (0 if somebody is free): all waits are multiples of it."""
    people, (mean, variance) = scenario.parameters.units["crews"].people, service_of(scenario)
    if people == 1:
        return load * (mean**2 + variance) / mean / 2.0  # any distribution
    return erlang_c(people, load) * mean / people  # exponential


@pytest.mark.parametrize(("load", "days", "bias", "telling"), [
    pytest.param(0.3, 6, 0.0, 0.25, id="low load"),
    pytest.param(0.7, 5, 0.0, 0.2, id="middle load"),
    # From the empty start the queue relaxes over 1 / (100/h × (1 - √0.95)²) = 16 h. The first tenth of the days, 31 h, is
    # left out: e^-2 of the level is missing then, and on average over the days that are counted less than 1 in 100.
    pytest.param(0.95, 13, 0.01, 0.35, id="near saturation"),
])  # fmt: skip
def test_a_unit_of_three_makes_cases_wait_as_erlang_says(load, days, bias, telling):
    scenario = world("one_queue", demand__scale=load, period__days=days)
    runs, work_h = queues(scenario), service_of(scenario)[0]
    waiters_wait_h = work_h / 3.0 / (1.0 - load)  # exponential, if whoever came first is served first
    assert_agrees([run.service_h.mean() for run in runs], work_h)
    for wait_h, share in ((0.0, erlang_c(3, load)), (waiters_wait_h, erlang_c(3, load) / e)):
        assert_agrees([(run.wait_h > wait_h).mean() for run in runs], share, bias=bias, telling=telling)
    wait_mean_h = rest_h(scenario, load) / (1.0 - load)
    assert_agrees([run.wait_h.mean() for run in runs], wait_mean_h, bias=bias, telling=telling)


@pytest.mark.parametrize("work_cv", [0.5, 1.5])
def test_skewed_work_makes_others_wait_as_pollaczek_and_khinchine_say(work_cv):
    scenario = world("one_person", period__days=16, categories__calls__work_cv=work_cv)
    load = scenario.parameters.demand.scale
    runs = queues(scenario)
    assert_agrees([run.service_h.mean() for run in runs], service_of(scenario)[0])
    assert_agrees([run.wait_h.mean() for run in runs], rest_h(scenario, load) / (1.0 - load))


@pytest.mark.parametrize(("name", "days"), [("severity_queue", 5), ("severity_queue_one_person", 20)])
def test_the_more_severe_wait_less_as_cobham_says(name, days):
    scenario = world(name, demand__scale=0.8, period__days=days)
    shares = scenario.parameters.categories["calls"].severity_shares
    before = 0.8 * np.cumsum([0.0, *shares[::-1]])
    runs = queues(scenario)
    for severity, (above, upto) in zip(reversed(Severity), pairwise(before), strict=True):
        wait_h = rest_h(scenario, 0.8) / ((1.0 - above) * (1.0 - upto))
        assert_agrees([run.wait_h[run.severity == severity.label].mean() for run in runs], wait_h)


# Little's law -----------------------------------------------------------------------------------------------


class Watched(GovernanceModel):
    """The model, with a note of when each incident ended: the log has no time for what is rejected or found gone."""

    def __init__(self, scenario: Scenario, seed: int) -> None:
        self.ended_h: dict[int, float] = {}
        super().__init__(scenario, seed)

    def ended(self, incident, stage):
        super().ended(incident, stage)
        self.ended_h[incident.number] = self.now_h


@pytest.mark.parametrize("name", names())
def test_found_incidents_number_their_rate_times_their_time(name):
    """L = λW over three weeks from the empty start, exactly.

    Whoever looks once an hour sees a case that is open from a to b at ceil(b) - ceil(a) looks. Counted in looks, there is
    neither chance nor bias in it; in hours, the looks of a case are wrong by less than one.
    """
    scenario = load(name, {"period.days": 21})
    model, standing = Watched(scenario, seed=7), []
    for _ in range(21 * 24):
        model.step()
        standing.append(model.log.backlog_count)
    cases = outcome_of(model, scenario, 7).cases
    found = cases[cases.found_h.notna()]
    end_h = found.closed_h.fillna(found.incident.map(model.ended_h))
    looks = np.ceil(end_h.fillna(len(standing) + 1)) - np.ceil(found.found_h)
    rate_per_h = len(found) / len(standing)
    assert np.mean(standing) == pytest.approx(rate_per_h * looks.mean(), rel=1e-12)
    time_h = end_h.fillna(len(standing)) - found.found_h
    assert np.mean(standing) == pytest.approx(rate_per_h * time_h.mean(), abs=rate_per_h)


# Patrol -----------------------------------------------------------------------------------------------------

CYCLE_H = 7.0
LAST_H = 100 * CYCLE_H
"""What occurs in the last hundred rounds may outlast the run, and is left out; all else is found or gone by the end."""
PASSES = 2 * MORE


def patrolled(scenario: Scenario) -> pd.DataFrame:
    """All incidents of some runs, as they fared on one beat that is walked at all hours."""
    runs = [simulate(scenario, seed).cases for seed in range(PASSES)]
    end_h = scenario.parameters.period.days * 24.0 - LAST_H
    assert end_h % CYCLE_H == 0.0
    return pd.concat([run[run.occurred_h < end_h] for run in runs])


@pytest.mark.parametrize("prob", [1.0, 0.6, 0.25])
def test_a_patrol_finds_after_part_of_a_round_and_a_geometric_number_of_rounds(prob):
    cases = patrolled(world("one_beat", categories__things__seen_per_pass_prob=prob))
    wait_h = cases.found_h - cases.occurred_h
    assert wait_h.notna().all()

    def found_by(time_h):
        rounds, into = np.divmod(np.asarray(time_h) / CYCLE_H, 1.0)
        return 1.0 - (1.0 - prob) ** rounds * (1.0 - prob * into)

    assert stats.kstest(wait_h, found_by).pvalue > RARE
    assert_agrees(wait_h, CYCLE_H * (1.0 / prob - 0.5), telling=0.05)
    squares = (wait_h - CYCLE_H * (1.0 / prob - 0.5)) ** 2
    assert_agrees(squares, CYCLE_H**2 * (1.0 / 12.0 + (1.0 - prob) / prob**2), telling=0.15)


def test_a_patrol_at_random_finds_without_memory():
    prob = 0.4
    cases = patrolled(world("one_beat", categories__things__seen_per_pass_prob=prob, rules__patrol="random"))
    wait_h = cases.found_h - cases.occurred_h
    assert wait_h.notna().all()
    assert stats.kstest(wait_h, stats.expon(scale=CYCLE_H / prob).cdf).pvalue > RARE
    assert_agrees(wait_h, CYCLE_H / prob, telling=0.05)


def found_in_order(prob: float, gone_in_a_cycle: float) -> float:
    """Part of a round, then a geometric series of misses: each round longer, it must have stayed for one more."""
    stays = exp(-gone_in_a_cycle)
    return (1.0 - stays) / gone_in_a_cycle * prob / (1.0 - (1.0 - prob) * stays)


def found_at_random(prob: float, gone_in_a_cycle: float) -> float:
    """Two clocks without memory: whichever rings first."""
    return prob / (prob + gone_in_a_cycle)


@pytest.mark.parametrize(("patrol", "found_share"), [("cyclic", found_in_order), ("random", found_at_random)])
@pytest.mark.parametrize("prob", [1.0, 0.4])
@pytest.mark.parametrize("gone_in_a_cycle", [0.3, 3.0])
def test_what_goes_away_is_found_if_the_patrol_is_faster(patrol, found_share, prob, gone_in_a_cycle):
    cases = patrolled(
        world(
            "one_beat",
            rules__patrol=patrol,
            categories__things__seen_per_pass_prob=prob,
            categories__things__gone_per_day=gone_in_a_cycle * 24.0 / CYCLE_H,
        )
    )
    assert set(cases.stage) == {"solved_on_the_spot", "vanished"}
    assert_agrees(cases.found_h.notna(), found_share(prob, gone_in_a_cycle), telling=0.2)


# The stream of incidents ------------------------------------------------------------------------------------


def expected_by_hour(scenario: Scenario) -> pd.DataFrame:
    """What Eq. 4 expects in every hour of the run: worked out date by date."""
    period, demand = scenario.parameters.period, scenario.parameters.demand
    (profile,), (surge,), (category,) = (
        list(section.values()) for section in (demand.profiles, demand.surges, scenario.parameters.categories)
    )
    of_week = [w * (1.0, profile.weekend_ratio)[day >= 5] for day in range(7) for w in profile.hour_weights]
    rows = []
    for day in (period.start + timedelta(n) for n in range(period.days)):
        per_day = demand.scale * category.rate * scenario.parameters.territory.area_km2
        per_day *= 12.0 * demand.month_weights[day.month - 1] / sum(demand.month_weights)
        per_day *= surge.factor if surge.start <= day <= surge.end else 1.0
        for hour in range(24):
            weight = of_week[day.weekday() * 24 + hour] * 168.0 / sum(of_week)
            rows.append((day, day.weekday() * 24 + hour, per_day / 24.0 * weight))
    return pd.DataFrame(rows, columns=["date", "hour of the week", "expected"])


class Drawn(NamedTuple):
    """Runs of one scenario: what is expected hour by hour, and when incidents occurred, run by run."""

    expected: pd.DataFrame
    times: list[np.ndarray]

    def by_hour(self) -> np.ndarray:
        """How many occurred, run by run and hour by hour."""
        return np.array([np.bincount(times.astype(int), minlength=len(self.expected)) for times in self.times])


@pytest.fixture(
    scope="module",
    params=[pytest.param((2.0, 300), id="a few a day"), pytest.param((200.0, 6), id="up to two hundred an hour")],
)
def drawn(request) -> Drawn:
    """Under a low rate, and under one that reaches through many bands of height."""
    scale, runs = request.param
    scenario = world("arrivals", demand__scale=scale)
    times = [GovernanceModel(scenario, seed).arrivals.occurred_h for seed in range(runs * MORE)]
    return Drawn(expected_by_hour(scenario), times)


def test_incidents_are_as_many_and_as_irregular_as_a_poisson_process(drawn):
    counts, expected = [len(times) for times in drawn.times], drawn.expected.expected.sum()
    assert_agrees(counts, expected, telling=0.02)
    dispersion = np.var(counts, ddof=1) / expected * (len(counts) - 1)
    assert RARE / 2 < stats.chi2(len(counts) - 1).cdf(dispersion) < 1.0 - RARE / 2


@pytest.mark.parametrize("by", ["hour of the week", "date"])
def test_incidents_follow_the_week_the_season_and_the_surge(drawn, by):
    counted = drawn.expected.assign(counted=drawn.by_hour().sum(axis=0)).groupby(by)[["counted", "expected"]].sum()
    wanted = counted.expected * len(drawn.times)
    assert wanted.min() > 20.0
    distance = ((counted.counted - wanted) ** 2 / wanted).sum()
    assert stats.chi2(len(counted)).sf(distance) > RARE


def test_the_count_of_every_hour_is_a_poisson_number(drawn):
    """Each count by its place in the distribution of its hour, spread at random over a jump: ten classes, equally full."""
    expected, counts = drawn.expected.expected.to_numpy(), drawn.by_hour()
    below, jump = stats.poisson.cdf(counts - 1, expected), stats.poisson.pmf(counts, expected)
    place = below + jump * Streams(8)("places within a jump, for tests").random(counts.shape)
    wanted = place.size / 10.0
    assert wanted > 500.0
    full = np.bincount((place * 10.0).astype(int).ravel(), minlength=10)
    assert stats.chi2(9).sf(((full - wanted) ** 2 / wanted).sum()) > RARE


def test_the_counts_of_two_hours_have_nothing_to_do_with_each_other(drawn):
    """Of neighbouring hours, of the same hour on the next day, and across the ends of blocks of four weeks."""
    expected = drawn.expected.expected.to_numpy()
    above = (drawn.by_hour() - expected) / expected**0.5
    for apart in (1, 24, 28 * 24):
        products = above[:, apart:] * above[:, :-apart]
        assert abs(products.mean()) < Z / products.size**0.5


def test_incidents_come_evenly_within_the_hour(drawn):
    assert stats.kstest(np.concatenate(drawn.times) % 1.0, "uniform").pvalue > RARE


@pytest.mark.parametrize("hotspot_cv", [0.0, 0.7, 1.5])
def test_sites_differ_as_a_gamma_mixture_of_poisson_counts(hotspot_cv):
    """The variance over sites is mean + (cv mean)², the latter less by 1 + cv²/sites: weights are shares of their sum."""
    spread = []
    for seed in range(40 * MORE):
        scenario = world(
            "arrivals", demand__scale=20.0, territory__seed=seed, categories__things__hotspot_cv=hotspot_cv
        )
        sites = scenario.parameters.territory.sites_count
        counts = np.bincount(GovernanceModel(scenario, seed).arrivals.site, minlength=sites)
        spread.append(counts.var(ddof=1))
    mean = expected_by_hour(scenario).expected.sum() / sites
    assert_agrees(spread, mean + (hotspot_cv * mean) ** 2 / (1.0 + hotspot_cv**2 / sites))


# Clocks -----------------------------------------------------------------------------------------------------

ALL_HOURS = "00:00-24:00 daily"
OPEN_AT = {
    OFFICE_HOURS: lambda workday, clock: workday and (8 <= clock < 12 or 14 <= clock < 18),
    ALL_HOURS: lambda workday, clock: True,
    "08:30-17:15 workdays": lambda workday, clock: workday and 8.5 <= clock < 17.25,
    "21:30-05:00 daily": lambda workday, clock: clock >= 21.5 or clock < 5,
}
"""Whether somebody is on duty on such a day at that time: said again, in the words of the test."""

HOLIDAYS = {
    "National Day 2005": (date(2005, 9, 24), [(10, range(1, 8))], [(10, 8), (10, 9)]),
    "Spring Festival 2006": (date(2006, 1, 20), [(1, range(29, 32)), (2, range(1, 5))], [(1, 28), (2, 5)]),
    "National Day 2010": (
        date(2010, 9, 19),
        [(9, range(22, 25)), (10, range(1, 8))],
        [(9, 19), (9, 25), (9, 26), (10, 9)],
    ),
    "Spring Festival 2012": (date(2012, 1, 14), [(1, range(22, 29))], [(1, 21), (1, 29)]),
}
"""First day of the run, days off, and days of the weekend that are worked: as the State Council announced them."""


def minutes_on_duty(hours: str, start: date, off: object, worked: object, days: int) -> list[bool]:
    """Minute by minute, whether somebody is on duty."""
    holidays = {(month, day) for month, several in off for day in several}
    duty = []
    for minute in range(days * 24 * 60):
        moment = datetime.combine(start, datetime.min.time()) + timedelta(minutes=minute)
        day = (moment.month, moment.day)
        workday = day in worked or (moment.weekday() < 5 and day not in holidays)
        duty.append(OPEN_AT[hours](workday, moment.hour + moment.minute / 60))
    return duty


@pytest.mark.parametrize("hours", OPEN_AT)
@pytest.mark.parametrize("holiday", HOLIDAYS)
def test_worked_hours_and_due_times_over_a_holiday_are_those_of_a_slow_count(hours, holiday):
    start, off, worked = HOLIDAYS[holiday]
    duty = minutes_on_duty(hours, start, off, worked, days=50)
    clock = DutyRoster(Period(start=start, days=28))(hours)
    chance = Streams(8)("times and spans for tests")
    for time, span in zip(
        chance.integers(0, 25 * 1440, 40 * MORE), chance.integers(1, 60 * 60, 40 * MORE), strict=True
    ):
        assert clock.worked_h(time / 60) == pytest.approx(sum(duty[:time]) / 60, abs=1e-9)
        left, minute = span, time
        while left:
            left -= duty[minute]
            minute += 1
        assert clock.after(time / 60, span / 60) == pytest.approx(minute / 60, abs=1e-9)
