"""The published appraisal of Dongcheng's grid: its figures, its extrapolation done again, why not to use it, a bound.

Layer: experiments.  What is printed and what comes from elsewhere is data here, each with its source; whatever
follows from it is computed.  Units are in the names: wan is 10,000 (万), yi is 100 million (亿).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import product
from typing import Any, NamedTuple

from scenarios.loading import load
from scenarios.schema import Parameters

WAN, YI, MONTHS = 1e4, 1e8, 12
BEFORE_MERGER = "dongcheng_2004"
"""The scenario whose district, wages and equipment are those of the system that was appraised."""
WHOLE, EXACT = 0, None
DIGITS = (WHOLE, 1, 2, EXACT)
"""Decimals that somebody with a pocket calculator may have kept of a figure in 万."""


class Input(NamedTuple):
    """A number that goes in, and who says so."""

    name: str
    value: float
    unit: str
    printed: str
    """As the source prints it, in words and figures."""
    per: str
    """What it is counted over."""
    source: str


SEED = (
    Input("area", 41.84, "km²", "41.84", "the district; its area after the merger of 2010", "seed"),
    Input("investment", 7.0e7, "yuan", "close to 70 M", "once", "seed"),
    Input("building_works", 3.0e6, "yuan", "over 3 M", "part of the investment", "seed"),
    Input("welfare", 1.58e8, "yuan/year", "about 158 M, at least", "the district's residents, a year", "seed"),
    Input("saving", 5.4e7, "yuan/year", "over 54 M", "the district; a year, as it is used", "seed"),
    Input("jobs", 411.0, "jobs", "411", "the district", "seed"),
    Input("territory", 9.34e6, "km²", "9.34 M", "administrative area of 2,816 small and middle cities", "seed"),
    Input("urban_share", 0.351, "share", "35.1 %", "residents who live in towns, of all residents", "seed"),
    Input("total_area", 3.28e6, "km²", "about 3.28 M", "area said to be fit for grids", "seed"),
    Input("total_saving", 42_312 * YI, "yuan/year", "about 42,312 亿", "that area, a year", "seed"),
    Input("total_jobs", 3_200 * WAN, "jobs", "about 3,200 万", "that area", "seed"),
)
OUTSIDE = (
    Input("residents", 919_253.0, "residents", "919,253", "Dongcheng after the merger, 2010-11-01",
          "Sixth National Census 2010"),
    Input("urban_residents", 665_575_306.0, "residents", "665.57 M", "all cities and towns of China, 2010-11-01",
          "Sixth National Census 2010"),
    Input("census_urban_share", 0.4968, "share", "49.68 %", "urban residents, of all residents, 2010-11-01",
          "Sixth National Census 2010"),
    Input("built_up", 40_058.0, "km²", "40,058", "built-up area of China's cities, 2010; county towns are not in it",
          "China Urban Construction Statistical Yearbook 2010"),
    Input("land", 9.6e6, "km²", "9.6 M", "all land of China", "China Statistical Yearbook"),
    Input("spending", 89_874 * YI, "yuan/year", "89,874 亿", "all government spending of China, 2010",
          "China Statistical Yearbook 2011"),
)  # fmt: skip


class Attempt(NamedTuple):
    """One way of rounding on the way to a printed figure."""

    factor: float
    """What the area is multiplied by: 万 yuan a km², jobs a km², or a share."""
    area_wan_km2: float
    result: float
    """亿 yuan a year, 万 jobs or 万 km²; rounded as the printed figure is."""
    gives_printed: bool


class Reproduction(NamedTuple):
    """A printed figure, and every way of rounding that was tried."""

    name: str
    printed: float
    unit: str
    factor_unit: str
    attempts: tuple[Attempt, ...]

    @property
    def found(self) -> tuple[Attempt, ...]:
        """Those that give the printed figure to the last digit."""
        return tuple(attempt for attempt in self.attempts if attempt.gives_printed)


class Reason(NamedTuple):
    """Why the extrapolation must not be used."""

    why: str
    number: float
    unit: str
    about: str
    """What the number is."""


class Bound(NamedTuple):
    """The same appraisal scaled to China as it can be defended: yuan and jobs a year for the whole country."""

    district: str
    per: str
    gross_yuan_per_year: float
    net_yuan_per_year: float
    jobs: float
    gross_times_smaller: float
    """The printed saving over the gross one."""
    net_times_smaller: float
    jobs_times_smaller: float


class Appraisal(NamedTuple):
    """Everything that is to be said about it."""

    inputs: tuple[Input, ...]
    reproductions: tuple[Reproduction, ...]
    reasons: tuple[Reason, ...]
    bounds: tuple[Bound, ...]
    low_yuan_per_year: float
    """The least of the net bounds."""
    high_yuan_per_year: float
    """The largest of the gross bounds."""
    caution: str
    payback_gross_years: float
    """Investment over the saving as printed."""
    payback_net_years: float
    """Investment over the saving less the pay of the posts (assumed wage)."""


def seed_appraisal() -> Appraisal:
    """The published appraisal with its arithmetic, the reasons against it, and a bound; yuan, km², jobs."""
    inputs = (*SEED, *OUTSIDE, *assumed())
    known = {entry.name: entry.value for entry in inputs}
    bounds = tuple(_bounds(known))
    return Appraisal(
        inputs, (_area_again(known), _saving_again(known), _jobs_again(known)), tuple(_reasons(known)), bounds,
        min(bound.net_yuan_per_year for bound in bounds), max(bound.gross_yuan_per_year for bound in bounds),
        "Even this range takes for granted that the whole saving comes from the grid and is repeated by every "
        "town. One evaluation without a counterfactual shows neither, so nothing at all cannot be excluded.",
        known["investment"] / known["saving"], known["investment"] / (known["saving"] - pay_yuan_per_year(known)),
    )  # fmt: skip


def assumed() -> tuple[Input, ...]:
    """What is taken from our own scenario of the district before the merger, where neither text gives it."""
    params: Parameters = load(BEFORE_MERGER).parameters
    ground, costs = params.territory, params.costs
    wage = max(costs.supervisor_yuan_per_month, costs.operator_yuan_per_month)
    residents = ground.households * ground.residents_per_household
    life = costs.equipment_life_years
    return (
        Input(
            "old_area", ground.area_km2, "km²", f"{ground.area_km2:g}", "the district that built the system", "press"
        ),
        Input("old_residents", residents, "residents", f"{residents:,.0f}", "the same", "assumption-dongcheng-people"),
        Input("wage", wage, "yuan/month", f"{wage:,.0f}", "a post; the higher of the two wages", "assumption-costs"),
        Input("life", life, "years", f"{life:g}", "the equipment", "assumption-costs"),
    )


def reproduce(again: tuple[str, float, str, str], factor: float, area_wan_km2: float, step: float) -> Reproduction:
    """Multiply with every way of rounding the two factors, and round the result to whole steps.

    `again` is name, printed figure, its unit and the factor's. Equal operands are one attempt.
    """
    attempts = {}
    for digits, area_digits in product(DIGITS, DIGITS):
        first, area = _rounded(factor, digits), _rounded(area_wan_km2, area_digits)
        result = round(first * area / step) * step
        attempts[first, area] = Attempt(first, area, result, math.isclose(result, again[1]))
    return Reproduction(*again, tuple(attempts.values()))


def running_yuan_per_year(known: dict[str, float]) -> float:
    """What the system costs a year: the pay of its posts, and the equipment that wears off."""
    return pay_yuan_per_year(known) + known["investment"] / known["life"]


def pay_yuan_per_year(known: dict[str, float]) -> float:
    """The pay of the posts."""
    return known["jobs"] * known["wage"] * MONTHS


def as_json(told: Appraisal) -> dict[str, Any]:
    """What `economics --appraisal --json` prints."""
    return {
        "inputs": [entry._asdict() for entry in told.inputs],
        "reproductions": [
            {
                "name": again.name, "printed": again.printed, "unit": again.unit, "factor_unit": again.factor_unit,
                "attempts": [attempt._asdict() for attempt in again.attempts],
            }
            for again in told.reproductions
        ],
        "reasons": [reason._asdict() for reason in told.reasons],
        "bounds": [bound._asdict() for bound in told.bounds],
        "low_yuan_per_year": told.low_yuan_per_year, "high_yuan_per_year": told.high_yuan_per_year,
        "caution": told.caution,
        "payback_gross_years": told.payback_gross_years, "payback_net_years": told.payback_net_years,
    }  # fmt: skip


def _rounded(value: float, digits: int | None) -> float:
    return value if digits is None else round(value, digits)


def _area_again(known: dict[str, float]) -> Reproduction:
    """A share of people times 万 km²: both as printed, so there is one way."""
    share, area = known["urban_share"], known["territory"] / WAN
    result, printed = float(round(share * area)), known["total_area"] / WAN
    attempt = Attempt(share, area, result, math.isclose(result, printed))
    return Reproduction("total_area", printed, "万 km²", "", (attempt,))


def _saving_again(known: dict[str, float]) -> Reproduction:
    """万 yuan a km² times 万 km² is 亿 yuan."""
    again = ("total_saving", known["total_saving"] / YI, "亿 yuan/year", "万 yuan a km²")
    area = known["territory"] * known["urban_share"] / WAN
    return reproduce(again, known["saving"] / known["area"] / WAN, area, step=1.0)


def _jobs_again(known: dict[str, float]) -> Reproduction:
    """Jobs a km² times 万 km² is 万 jobs; "about 3,200" is rounded to hundreds."""
    again = ("total_jobs", known["total_jobs"] / WAN, "万 jobs", "jobs a km²")
    area = known["territory"] * known["urban_share"] / WAN
    return reproduce(again, known["jobs"] / known["area"], area, step=100.0)


def _reasons(known: dict[str, float]) -> Iterator[Reason]:
    """Each with a number."""
    yield from _reasons_of_area(known)
    yield from _reasons_of_money(known)
    yield from _reasons_of_method(known)


def _reasons_of_area(known: dict[str, float]) -> Iterator[Reason]:
    total, built_up = known["total_area"], known["built_up"]
    yield Reason(
        f"A share of people is applied to land: {known['urban_share'] * 100:.1f} % of residents in towns do not make "
        f"{known['urban_share'] * 100:.1f} % of the land a town.",
        total / built_up, "times", "the built-up area of all Chinese cities is said to be fit for grids",
    )  # fmt: skip
    yield Reason(
        "The area that the share is taken of is nearly the whole country: mountains, fields and deserts.",
        known["territory"] / known["land"] * 100, "%", "of China's land is counted as small and middle cities",
    )  # fmt: skip
    dense, thin = known["residents"] / known["area"], known["urban_residents"] / total
    yield Reason(
        "Figures per km² of a dense old centre are applied to towns and farmland; problems, staff and savings go "
        f"with people ({dense:,.0f} residents a km² there, {thin:,.0f} if all urban residents lived on that area).",
        dense / thin, "times", "as many people live on a km² of Dongcheng",
    )  # fmt: skip
    yield Reason(
        "The denominator is in doubt: the system was built in the smaller district before the merger of 2010.",
        known["area"] / known["old_area"], "times", "as much a km² if the figures belong to the smaller district",
    )  # fmt: skip


def _reasons_of_money(known: dict[str, float]) -> Iterator[Reason]:
    saving, running = known["saving"], running_yuan_per_year(known)
    yield Reason(
        "New welfare and money saved are put under one heading of saved cost, though one is what residents are said "
        "to gain and the other what offices no longer spend; only the second was extrapolated, which is not said.",
        (known["welfare"] + saving) / saving, "times", "as much would have come out if the two had been added",
    )  # fmt: skip
    yield Reason(
        "Gross, not net: neither the pay of the posts nor the wear of the equipment is taken off; the jobs are "
        "even counted as a gain, though somebody pays them.",
        running / saving * 100, "%", f"of the saving goes for {known['jobs']:.0f} posts and equipment (assumed wage)",
    )  # fmt: skip
    invest = known["investment"] / known["area"] * known["total_area"]
    yield Reason(
        "The same arithmetic on the investment is left out.",
        invest / YI, "亿 yuan", "would have to be invested first",
    )  # fmt: skip
    yield Reason(
        "The result is out of proportion: no saving in local administration is a large part of all that the state "
        "spends.",
        known["total_saving"] / known["spending"] * 100, "%", "of all government spending of China in 2010",
    )  # fmt: skip


def _reasons_of_method(known: dict[str, float]) -> Iterator[Reason]:
    yield Reason(
        "No counterfactual is named: whatever else changed in those years is credited to the grid.",
        0, "districts", "without a grid are named for comparison",
    )  # fmt: skip
    yield Reason(
        "One estimate with no interval: with one district no spread between districts can be known.",
        1, "district", "stands for 2,816 cities",
    )  # fmt: skip
    area = known["territory"] * known["urban_share"]
    most = known["saving"] + 100 * WAN
    low, high = (saving / known["area"] * area / YI for saving in (known["saving"], most))
    yield Reason(
        f"Five digits from two: 'over {known['saving'] / 1e6:.0f} M' may be up to {most / 1e6:.0f} M, which leaves "
        f"{low:,.0f} to {high:,.0f} 亿; the last digits printed come from rounding on the way.",
        high - low, "亿 yuan", "wide is the range that the first figure allows",
    )  # fmt: skip
    yield Reason(
        "Every further km² is taken to save as much as the first; grids begin where problems are thickest.",
        known["residents"] / known["urban_residents"] * 100, "%", "of urban residents live where it was measured",
    )  # fmt: skip
    yield Reason(
        "The share of townspeople is itself not that of the census.",
        known["census_urban_share"] * 100, "%",
        f"of residents lived in towns in 2010, not {known['urban_share'] * 100:.1f} %",
    )  # fmt: skip


def _bounds(known: dict[str, float]) -> Iterator[Bound]:
    """Per resident and per built-up km², for either reading of which district was appraised."""
    net = known["saving"] - running_yuan_per_year(known)
    readings = (("after the merger", "residents", "area"), ("before the merger", "old_residents", "old_area"))
    for district, residents, area in readings:
        bases = (
            ("urban resident", known["urban_residents"] / known[residents]),
            ("built-up km²", known["built_up"] / known[area]),
        )
        for per, times in bases:
            gross_total, net_total, jobs = known["saving"] * times, net * times, known["jobs"] * times
            yield Bound(
                district, per, gross_total, net_total, jobs, known["total_saving"] / gross_total,
                known["total_saving"] / net_total, known["total_jobs"] / jobs,
            )  # fmt: skip
