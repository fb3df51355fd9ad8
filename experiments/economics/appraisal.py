"""The published appraisal of Dongcheng's grid: its figures, its extrapolation done again, why not to use it, a bound.

Layer: experiments.  What is printed and what comes from elsewhere is data here, each with its source; whatever
follows from it is computed.  Units are in the names: wan is 10,000 (万), yi is 100 million (亿).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from enum import StrEnum
from itertools import product
from types import MappingProxyType
from typing import NamedTuple

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
    source: str


PRINTED = (
    Input("area", 41.84, "km²", "thesis"),
    Input("investment", 7.0e7, "yuan", "thesis"),
    Input("building_works", 3.0e6, "yuan", "thesis"),
    Input("welfare", 1.58e8, "yuan/year", "thesis"),
    Input("saving", 5.4e7, "yuan/year", "thesis"),
    Input("jobs", 411.0, "jobs", "thesis"),
    Input("territory", 9.34e6, "km²", "thesis"),
    Input("urban_share", 0.351, "share", "thesis"),
    Input("total_area", 3.28e6, "km²", "thesis"),
    Input("total_saving", 42_312 * YI, "yuan/year", "thesis"),
    Input("total_jobs", 3_200 * WAN, "jobs", "thesis"),
)
OUTSIDE = (
    Input("residents", 919_253.0, "residents", "Sixth National Census 2010"),
    Input("urban_residents", 665_575_306.0, "residents", "Sixth National Census 2010"),
    Input("census_urban_share", 0.4968, "share", "Sixth National Census 2010"),
    Input("built_up", 40_058.0, "km²", "China Urban Construction Statistical Yearbook 2010"),
    Input("land", 9.6e6, "km²", "China Statistical Yearbook"),
    Input("spending", 89_874 * YI, "yuan/year", "China Statistical Yearbook 2011"),
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


class Why(StrEnum):
    """Why the extrapolation must not be used."""

    SHARE_OF_PEOPLE = "share_of_people"
    """A share of people is applied to land."""
    WHOLE_COUNTRY = "whole_country"
    """The area that the share is taken of is nearly the whole country."""
    DENSITY = "density"
    """Figures per km² of a dense old centre are applied to towns and farmland."""
    DENOMINATOR = "denominator"
    """The system was built in the smaller district before the merger."""
    TWO_KINDS = "two_kinds"
    """Welfare and money saved stand under one heading."""
    GROSS = "gross"
    """Neither the pay of the posts nor the wear of the equipment is taken off."""
    INVESTMENT_LEFT_OUT = "investment_left_out"
    OUT_OF_PROPORTION = "out_of_proportion"
    NO_COUNTERFACTUAL = "no_counterfactual"
    ONE_DISTRICT = "one_district"
    FALSE_DIGITS = "false_digits"
    """It has five digits and was reckoned from numbers of two."""
    AS_MUCH_EVERYWHERE = "as_much_everywhere"
    """Every further km² is taken to save as much as the first."""
    NOT_THE_CENSUS = "not_the_census"
    """The share of townspeople is not that of the census."""


class Reason(NamedTuple):
    """A reason against the extrapolation, with its number."""

    why: Why
    number: float
    unit: str
    among: Mapping[str, float] = MappingProxyType({})
    """Further numbers that the sentence needs."""


class District(StrEnum):
    """Which district the appraisal was of."""

    AFTER = "after_the_merger"
    BEFORE = "before_the_merger"


class Per(StrEnum):
    """What the appraisal is scaled by."""

    URBAN_RESIDENT = "urban_resident"
    BUILT_UP_KM2 = "built_up_km2"


class Bound(NamedTuple):
    """The same appraisal scaled to China as it can be defended: yuan and jobs a year for the whole country."""

    district: District
    per: Per
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
    payback_gross_years: float
    """Investment over the saving as printed."""
    payback_net_years: float
    """Investment over the saving less the pay of the posts (assumed wage)."""


def seed_appraisal() -> Appraisal:
    """The published appraisal with its arithmetic, the reasons against it, and a bound; yuan, km², jobs."""
    inputs = (*PRINTED, *OUTSIDE, *assumed())
    known = {entry.name: entry.value for entry in inputs}
    bounds = tuple(_bounds(known))
    return Appraisal(
        inputs, (_area_again(known), _saving_again(known), _jobs_again(known)), tuple(_reasons(known)), bounds,
        min(bound.net_yuan_per_year for bound in bounds), max(bound.gross_yuan_per_year for bound in bounds),
        known["investment"] / known["saving"], known["investment"] / (known["saving"] - pay_yuan_per_year(known)),
    )  # fmt: skip


def assumed() -> tuple[Input, ...]:
    """What is taken from our own scenario of the district before the merger, where neither text gives it."""
    params: Parameters = load(BEFORE_MERGER).parameters
    ground, costs = params.territory, params.costs
    wage = max(costs.supervisor_yuan_per_month, costs.operator_yuan_per_month)
    residents = ground.households * ground.residents_per_household
    return (
        Input("old_area", ground.area_km2, "km²", "press"),
        Input("old_residents", residents, "residents", "assumption-dongcheng-people"),
        Input("wage", wage, "yuan/month", "assumption-costs"),
        Input("life", costs.equipment_life_years, "years", "assumption-costs"),
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
    """Reasons to doubt an appraisal, each with the number it rests on."""
    yield from _reasons_of_area(known)
    yield from _reasons_of_money(known)
    yield from _reasons_of_method(known)


def _reasons_of_area(known: dict[str, float]) -> Iterator[Reason]:
    total, built_up, urban = known["total_area"], known["built_up"], known["urban_share"] * 100
    yield Reason(Why.SHARE_OF_PEOPLE, total / built_up, "times", {"urban": urban})
    yield Reason(Why.WHOLE_COUNTRY, known["territory"] / known["land"] * 100, "%")
    dense, thin = known["residents"] / known["area"], known["urban_residents"] / total
    yield Reason(Why.DENSITY, dense / thin, "times", {"dense": dense, "thin": thin})
    yield Reason(Why.DENOMINATOR, known["area"] / known["old_area"], "times")


def _reasons_of_money(known: dict[str, float]) -> Iterator[Reason]:
    saving, running = known["saving"], running_yuan_per_year(known)
    yield Reason(Why.TWO_KINDS, (known["welfare"] + saving) / saving, "times")
    yield Reason(Why.GROSS, running / saving * 100, "%", {"jobs": known["jobs"]})
    invest = known["investment"] / known["area"] * known["total_area"]
    yield Reason(Why.INVESTMENT_LEFT_OUT, invest / YI, "亿 yuan")
    yield Reason(Why.OUT_OF_PROPORTION, known["total_saving"] / known["spending"] * 100, "%")


def _reasons_of_method(known: dict[str, float]) -> Iterator[Reason]:
    yield Reason(Why.NO_COUNTERFACTUAL, 0, "districts")
    yield Reason(Why.ONE_DISTRICT, 1, "district")
    area = known["territory"] * known["urban_share"]
    most = known["saving"] + 100 * WAN
    low, high = (saving / known["area"] * area / YI for saving in (known["saving"], most))
    among = {"least_million": known["saving"] / 1e6, "most_million": most / 1e6, "low": low, "high": high}
    yield Reason(Why.FALSE_DIGITS, high - low, "亿 yuan", among)
    yield Reason(Why.AS_MUCH_EVERYWHERE, known["residents"] / known["urban_residents"] * 100, "%")
    urban = {"urban": known["urban_share"] * 100}
    yield Reason(Why.NOT_THE_CENSUS, known["census_urban_share"] * 100, "%", urban)


def _bounds(known: dict[str, float]) -> Iterator[Bound]:
    """Per resident and per built-up km², for either reading of which district was appraised."""
    net = known["saving"] - running_yuan_per_year(known)
    readings = ((District.AFTER, "residents", "area"), (District.BEFORE, "old_residents", "old_area"))
    for district, residents, area in readings:
        bases = (
            (Per.URBAN_RESIDENT, known["urban_residents"] / known[residents]),
            (Per.BUILT_UP_KM2, known["built_up"] / known[area]),
        )
        for per, times in bases:
            gross_total, net_total, jobs = known["saving"] * times, net * times, known["jobs"] * times
            yield Bound(
                district, per, gross_total, net_total, jobs, known["total_saving"] / gross_total,
                known["total_saving"] / net_total, known["total_jobs"] / jobs,
            )  # fmt: skip
