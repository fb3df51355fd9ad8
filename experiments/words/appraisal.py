"""The published appraisal of Dongcheng in sentences: what is printed, and why its extrapolation must not be used.

Layer: experiments.
"""

from __future__ import annotations

from experiments.economics.appraisal import Appraisal, Attempt, District, Input, Per, Reason, Reproduction, Why
from experiments.words.numbers import number

YI = 1e8
INPUTS = {
    "area": ("41.84", "the district; its area after the merger of 2010"),
    "investment": ("close to 70 M", "once"),
    "building_works": ("over 3 M", "part of the investment"),
    "welfare": ("about 158 M, at least", "the district's residents, a year"),
    "saving": ("over 54 M", "the district; a year, as it is used"),
    "jobs": ("411", "the district"),
    "territory": ("9.34 M", "administrative area of 2,816 small and middle cities"),
    "urban_share": ("35.1 %", "residents who live in towns, of all residents"),
    "total_area": ("about 3.28 M", "area said to be fit for grids"),
    "total_saving": ("about 42,312 亿", "that area, a year"),
    "total_jobs": ("about 3,200 万", "that area"),
    "residents": ("919,253", "Dongcheng after the merger, 2010-11-01"),
    "urban_residents": ("665.57 M", "all cities and towns of China, 2010-11-01"),
    "census_urban_share": ("49.68 %", "urban residents, of all residents, 2010-11-01"),
    "built_up": ("40,058", "built-up area of China's cities, 2010; county towns are not in it"),
    "land": ("9.6 M", "all land of China"),
    "spending": ("89,874 亿", "all government spending of China, 2010"),
    "old_area": ("", "the district that built the system"),
    "old_residents": ("", "the same"),
    "wage": ("", "a post; the higher of the two wages"),
    "life": ("", "the equipment"),
}
"""Of each input, how its source prints it (empty: it stands in a scenario), and what it is counted over."""

REASONS = {
    Why.SHARE_OF_PEOPLE: (
        "A share of people is applied to land: {urban:.1f} % of residents in towns do not make {urban:.1f} % of the land a "
        "town.",
        "the built-up area of all Chinese cities is said to be fit for grids",
    ),
    Why.WHOLE_COUNTRY: (
        "The area that the share is taken of is nearly the whole country: mountains, fields and deserts.",
        "of China's land is counted as small and middle cities",
    ),
    Why.DENSITY: (
        "Figures per km² of a dense old centre are applied to towns and farmland; problems, staff and savings go with people "
        "({dense:,.0f} residents a km² there, {thin:,.0f} if all urban residents lived on that area).",
        "as many people live on a km² of Dongcheng",
    ),
    Why.DENOMINATOR: (
        "The denominator is in doubt: the system was built in the smaller district before the merger of 2010.",
        "as much a km² if the figures belong to the smaller district",
    ),
    Why.TWO_KINDS: (
        "New welfare and money saved are put under one heading of saved cost, though one is what residents are said to gain "
        "and the other what offices no longer spend; only the second was extrapolated, which is not said.",
        "as much would have come out if the two had been added",
    ),
    Why.GROSS: (
        "Gross, not net: neither the pay of the posts nor the wear of the equipment is taken off; the jobs are even counted "
        "as a gain, though somebody pays them.",
        "of the saving goes for {jobs:.0f} posts and equipment (assumed wage)",
    ),
    Why.INVESTMENT_LEFT_OUT: (
        "The same arithmetic on the investment is left out.", "would have to be invested first",
    ),
    Why.OUT_OF_PROPORTION: (
        "The result is out of proportion: no saving in local administration is a large part of all that the state spends.",
        "of all government spending of China in 2010",
    ),
    Why.NO_COUNTERFACTUAL: (
        "No counterfactual is named: whatever else changed in those years is credited to the grid.",
        "without a grid are named for comparison",
    ),
    Why.ONE_DISTRICT: (
        "One estimate with no interval: with one district no spread between districts can be known.",
        "stands for 2,816 cities",
    ),
    Why.FALSE_DIGITS: (
        "Five digits from two: 'over {least_million:.0f} M' may be up to {most_million:.0f} M, which leaves {low:,.0f} to "
        "{high:,.0f} 亿; the last digits printed come from rounding on the way.",
        "wide is the range that the first figure allows",
    ),
    Why.AS_MUCH_EVERYWHERE: (
        "Every further km² is taken to save as much as the first; grids begin where problems are thickest.",
        "of urban residents live where it was measured",
    ),
    Why.NOT_THE_CENSUS: (
        "The share of townspeople is itself not that of the census.",
        "of residents lived in towns in 2010, not {urban:.1f} %",
    ),
}  # fmt: skip
"""Of each reason, why, and what its number is."""
CAUTION = (
    "Even this range takes for granted that the whole saving comes from the grid and is repeated by every town. One "
    "evaluation without a counterfactual shows neither, so nothing at all cannot be excluded."
)
DISTRICTS = {District.AFTER: "after the merger", District.BEFORE: "before the merger"}
PER = {Per.URBAN_RESIDENT: "urban resident", Per.BUILT_UP_KM2: "built-up km²"}


def printed(entry: Input) -> str:
    """An input as its source prints it; what stands in a scenario as a number."""
    value = f"{entry.value:,.0f}" if entry.value >= 1000 else f"{entry.value:g}"
    return INPUTS[entry.name][0] or value


def counted_over(entry: Input) -> str:
    """What an input is counted over."""
    return INPUTS[entry.name][1]


def why_in_words(reason: Reason) -> str:
    """Why the extrapolation must not be used, without the number."""
    return REASONS[reason.why][0].format(**reason.among)


def about(reason: Reason) -> str:
    """What the number of a reason is."""
    return REASONS[reason.why][1].format(**reason.among)


def reason_in_words(reason: Reason) -> str:
    """A reason with its number."""
    figure = f"{number(reason.number, '') if reason.number % 1 else f'{reason.number:.0f}'} {reason.unit}"
    return f"{why_in_words(reason)} {figure} {about(reason)}."


def reproduced_in_words(again: Reproduction) -> str:
    """Which operands give the printed figure."""
    head = f"{again.name}: {again.printed:,.0f} {again.unit} is"
    if not again.found:
        return f"{head} not reproduced by any of {len(again.attempts)} ways of rounding."
    first, count = again.found[0], len(again.found)
    ways = f"{count} of {len(again.attempts)} ways of rounding the operands give{'s' if count == 1 else ''} it"
    factor = f"{first.factor:g} {again.factor_unit}".strip()
    return f"{head} {factor} × {first.area_wan_km2:g} 万 km² = {_exact(first)}, rounded; {ways}."


def _exact(attempt: Attempt) -> str:
    """The product before it is rounded to the printed figure."""
    return f"{attempt.factor * attempt.area_wan_km2:,.2f}".rstrip("0").rstrip(".")


def bound_in_words(found: Appraisal) -> str:
    """The range that can be defended, and what even that takes for granted."""
    low, high = found.low_yuan_per_year, found.high_yuan_per_year
    return f"A bound: {low / 1e9:,.0f} to {high / 1e9:,.0f} bn yuan a year ({low / YI:,.0f} to {high / YI:,.0f} 亿). {CAUTION}"
