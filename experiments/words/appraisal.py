"""The published appraisal of Dongcheng in sentences: what is printed, and why its extrapolation must not be used.

Layer: experiments.
"""

from __future__ import annotations

from experiments.economics.appraisal import Appraisal, Attempt, District, Input, Per, Reason, Reproduction, Why
from experiments.words.numbers import PERCENT, measured, number
from languages.speaking import marked, say, say_many, sentences, spoken

YI = 1e8
INPUTS = {
    "area": ("41.84", marked("the district; its area after the merger of 2010")),
    "investment": (marked("close to 70 M"), marked("once")),
    "building_works": (marked("over 3 M"), marked("part of the investment")),
    "welfare": (marked("about 158 M, at least"), marked("the district's residents, a year")),
    "saving": (marked("over 54 M"), marked("the district; a year, as it is used")),
    "jobs": ("411", marked("the district")),
    "territory": (marked("9.34 M"), marked("administrative area of 2,816 small and middle cities")),
    "urban_share": ("35.1", marked("residents who live in towns, of all residents")),
    "total_area": (marked("about 3.28 M"), marked("area said to be fit for grids")),
    "total_saving": (marked("about 42,312 亿"), marked("that area, a year")),
    "total_jobs": (marked("about 3,200 万"), marked("that area")),
    "residents": ("919,253", marked("Dongcheng after the merger, 2010-11-01")),
    "urban_residents": (marked("665.57 M"), marked("all cities and towns of China, 2010-11-01")),
    "census_urban_share": ("49.68", marked("urban residents, of all residents, 2010-11-01")),
    "built_up": ("40,058", marked("built-up area of China's cities, 2010; county towns are not in it")),
    "land": (marked("9.6 M"), marked("all land of China")),
    "spending": ("89,874 亿", marked("all government spending of China, 2010")),
    "old_area": ("", marked("the district that built the system")),
    "old_residents": ("", marked("the same")),
    "wage": ("", marked("a post; the higher of the two wages")),
    "life": ("", marked("the equipment")),
}
"""Of each input, how its source prints it (empty: it stands in a scenario), and what it is counted over."""

REASONS = {
    Why.SHARE_OF_PEOPLE: (
        marked("A share of people is applied to land: {urban:.1f} % of residents in towns do not make "
               "{urban:.1f} % of the land a town."),
        marked("the built-up area of all Chinese cities is said to be fit for grids"),
    ),
    Why.WHOLE_COUNTRY: (
        marked("The area that the share is taken of is nearly the whole country: mountains, fields and deserts."),
        marked("of China's land is counted as small and middle cities"),
    ),
    Why.DENSITY: (
        marked("Figures per km² of a dense old centre are applied to towns and farmland; problems, staff and "
               "savings go with people ({dense:,.0f} residents a km² there, {thin:,.0f} if all urban residents "
               "lived on that area)."),
        marked("as many people live on a km² of Dongcheng"),
    ),
    Why.DENOMINATOR: (
        marked("The denominator is in doubt: the system was built in the smaller district before the merger of "
               "2010."),
        marked("as much a km² if the figures belong to the smaller district"),
    ),
    Why.TWO_KINDS: (
        marked("New welfare and money saved are put under one heading of saved cost, though one is what "
               "residents are said to gain and the other what offices no longer spend; only the second was "
               "extrapolated, which is not said."),
        marked("as much would have come out if the two had been added"),
    ),
    Why.GROSS: (
        marked("Gross, not net: neither the pay of the posts nor the wear of the equipment is taken off; the "
               "jobs are even counted as a gain, though somebody pays them."),
        marked("of the saving goes for {jobs:.0f} posts and equipment (assumed wage)"),
    ),
    Why.INVESTMENT_LEFT_OUT: (
        marked("The same arithmetic on the investment is left out."),
        marked("would have to be invested first"),
    ),
    Why.OUT_OF_PROPORTION: (
        marked("The result is out of proportion: no saving in local administration is a large part of all that "
               "the state spends."),
        marked("of all government spending of China in 2010"),
    ),
    Why.NO_COUNTERFACTUAL: (
        marked("No counterfactual is named: whatever else changed in those years is credited to the grid."),
        marked("without a grid are named for comparison"),
    ),
    Why.ONE_DISTRICT: (
        marked("One estimate with no interval: with one district no spread between districts can be known."),
        marked("stands for 2,816 cities"),
    ),
    Why.FALSE_DIGITS: (
        marked("Five digits from two: 'over {least_million:.0f} M' may be up to {most_million:.0f} M, which "
               "leaves {low:,.0f} to {high:,.0f} 亿; the last digits printed come from rounding on the way."),
        marked("wide is the range that the first figure allows"),
    ),
    Why.AS_MUCH_EVERYWHERE: (
        marked("Every further km² is taken to save as much as the first; grids begin where problems are thickest."),
        marked("of urban residents live where it was measured"),
    ),
    Why.NOT_THE_CENSUS: (
        marked("The share of townspeople is itself not that of the census."),
        marked("of residents lived in towns in 2010, not {urban:.1f} %"),
    ),
}  # fmt: skip
"""Of each reason, why, and what its number is."""
CAUTION = marked(
    "Even this range takes for granted that the whole saving comes from the grid and is repeated by every town. One "
    "evaluation without a counterfactual shows neither, so nothing at all cannot be excluded."
)
DISTRICTS = {District.AFTER: marked("after the merger"), District.BEFORE: marked("before the merger")}
PER = {Per.URBAN_RESIDENT: marked("urban resident"), Per.BUILT_UP_KM2: marked("built-up km²")}
NAMES = {
    "area": marked("area"), "investment": marked("investment"), "building_works": marked("building works"),
    "welfare": marked("welfare"), "saving": marked("saving"), "jobs": marked("jobs"), "territory": marked("territory"),
    "urban_share": marked("urban share"), "total_area": marked("total area"), "total_saving": marked("total saving"),
    "total_jobs": marked("total jobs"), "residents": marked("residents"), "urban_residents": marked("urban residents"),
    "census_urban_share": marked("census urban share"), "built_up": marked("built up"), "land": marked("land"),
    "spending": marked("spending"), "old_area": marked("old area"), "old_residents": marked("old residents"),
    "wage": marked("wage"), "life": marked("life"),
}  # fmt: skip
"""What each number is called."""
OTHERS = (
    marked("share"), marked("times"), marked("districts"), marked("district"), marked("亿 yuan"), marked("亿 yuan/year"),
    marked("万 yuan a km²"), marked("万 jobs"), marked("jobs a km²"), marked("Sixth National Census 2010"),
    marked("China Urban Construction Statistical Yearbook 2010"), marked("China Statistical Yearbook"),
    marked("China Statistical Yearbook 2011"), marked("thesis"), marked("press"),
)  # fmt: skip
"""Units and sources that the appraisal has beside those of the model."""


def appraisal_in_short(found: Appraisal) -> list[str]:
    """Whether the published appraisal may be used, what can be said instead, and what even that takes for granted."""
    printed_yi = next(entry.value for entry in found.inputs if entry.name == "total_saving") / YI
    return [
        say(
            "The printed saving of {yi:,.0f} 亿 yuan a year must not be used: {count} reasons speak against it.",
            yi=printed_yi,
            count=len(found.reasons),
        ),
        bound_in_words(found),
    ]


def printed(entry: Input) -> str:
    """An input as its source prints it; what stands in a scenario as a number."""
    value = f"{entry.value:,.0f}" if entry.value >= 1000 else f"{entry.value:g}"
    return say(INPUTS[entry.name][0]) or value


def counted_over(entry: Input) -> str:
    """What an input is counted over."""
    return say(INPUTS[entry.name][1])


def why_in_words(reason: Reason) -> str:
    """Why the extrapolation must not be used, without the number."""
    return say(REASONS[reason.why][0], **reason.among)


def about(reason: Reason) -> str:
    """What the number of a reason is."""
    return say(REASONS[reason.why][1], **reason.among)


def reason_in_words(reason: Reason) -> str:
    """A reason with its number."""
    counted = number(reason.number, "") if reason.number % 1 else f"{reason.number:.0f}"
    figure = measured(counted, "share") if reason.unit == PERCENT else f"{counted} {say(reason.unit)}"
    return say("{why} {figure} {about}.", why=why_in_words(reason), figure=figure, about=about(reason))


def reproduced_in_words(again: Reproduction) -> str:
    """Which operands give the printed figure."""
    of = {"name": say(NAMES[again.name]), "figure": again.printed, "unit": say(again.unit), "all": len(again.attempts)}
    if not again.found:
        return say("{name}: {figure:,.0f} {unit} is not reproduced by any of {all} ways of rounding.", **of)
    first = again.found[0]
    of |= {
        "factor": f"{first.factor:g} {say(again.factor_unit)}".strip(), "area": first.area_wan_km2, "exact": _exact(first),
    }  # fmt: skip
    return say_many(
        "{name}: {figure:,.0f} {unit} is {factor} × {area:g} 万 km² = {exact}, rounded; {count} of {all} ways of rounding the operands gives it.",
        "{name}: {figure:,.0f} {unit} is {factor} × {area:g} 万 km² = {exact}, rounded; {count} of {all} ways of rounding the operands give it.",
        len(again.found), **of,
    )  # fmt: skip


def _exact(attempt: Attempt) -> str:
    """The product before it is rounded to the printed figure."""
    return f"{attempt.factor * attempt.area_wan_km2:,.2f}".rstrip("0").rstrip(".")


def bound_in_words(found: Appraisal) -> str:
    """The range that can be defended, and what even that takes for granted."""
    low, high, by = found.low_yuan_per_year, found.high_yuan_per_year, large_yuan()
    bound = say("A bound: {low:,.0f} to {high:,.0f} bn yuan a year{in_yi}.", low=low / by, high=high / by,
                in_yi="" if by == YI else f" ({low / YI:,.0f} to {high / YI:,.0f} 亿)")  # fmt: skip
    return sentences([bound, say(CAUTION)])


def large_yuan() -> float:
    """By what large amounts of money are counted: a billion yuan, or in Chinese a hundred million."""
    return YI if spoken() == "zh" else 1e9
