"""What costs, break-even and pay-back come to, in sentences.

Layer: experiments.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from experiments.economics.costs import Basis, Estimate
from experiments.economics.sets import UnderSets
from experiments.economics.worth import BreakEven, Payback, Return, Verdict
from languages.speaking import listed, marked, say, say_many

LABELS = {
    "per_solved_yuan": (marked("cost per solved incident"), "yuan"),
    "per_filed_yuan": (marked("cost per filed case"), "yuan"),
    "per_household_year_yuan": (marked("cost per household and year"), "yuan"),
    "extra_cost_yuan": (marked("extra cost, equipment's wear included"), "yuan/year"),
    "extra_running_yuan": (marked("extra running cost, without wear"), "yuan/year"),
    "extra_solved": (marked("extra incidents solved"), marked("incidents/year")),
    "avoided_h": (marked("hours by which what is solved anyway is solved sooner"), marked("h/year")),
}
"""Of each estimate, what it is called, and its unit."""
COSTS = {
    "supervisors_yuan": marked("supervisors"), "operators_yuan": marked("operators"), "units_yuan": marked("units"),
    "grids_yuan": marked("grids"), "equipment_yuan": marked("equipment"), "staff_yuan": marked("staff"),
    "total_yuan": marked("total"),
}  # fmt: skip
"""What each kind of cost is called."""


# The answer -----------------------------------------------------------------------------------------------------
def economics_in_short(summary: Mapping[str, Any]) -> list[str]:
    """What a solved incident costs, what the plan is worth against the other, and how sure that is.

    `summary` is what `economics --json` prints.
    """
    costs, against, ensemble = summary["costs"], summary["against"], summary["ensemble"]
    lines = [doubt_in_words(ensemble["name"], ensemble["doubt"])] if ensemble and ensemble["doubt"] else []
    lines += [_cost_in_words(summary["title"], costs["per_solved_yuan"], summary["over"])]
    a_year = costs["per_household_year_yuan"]["mean"]
    if a_year is not None:
        total = a_year * summary["households"]
        lines.append(say(
            "That is {yuan:,.0f} yuan for each household and year, {total:,.0f} yuan a year in all.", yuan=a_year,
            total=total,
        ))  # fmt: skip
    if not against:
        return [
            *lines,
            say(
                "What it brings is not known from this: --without says what would be there otherwise, such as --without junmen_before."
            ),
        ]
    lines += [say("Against {other}: {answer}", other=summary["without"], answer=against["break_even"]["words"])]
    if against["payback"]:
        lines.append(against["payback"]["words"])
    return [*lines, _sureness_in_words(summary["over"], against["pairs"])]


def _cost_in_words(title: str, cost: Mapping[str, Any], over: str) -> str:
    """What a solved incident costs, with its interval."""
    of = {"title": title, "yuan": cost["mean"], "low": cost["lo"], "high": cost["hi"]}
    if cost["mean"] is None:
        return say("{title}: nothing was solved, so there is no cost of a solved incident.", title=title)
    if cost["lo"] is None:
        return say("{title}: a solved incident costs {yuan:,.0f} yuan, by one run, so without interval.", **of)
    if over == "worlds":
        return say(
            "{title}: a solved incident costs {yuan:,.0f} yuan, {low:,.0f} to {high:,.0f} under one more set of what nobody knows.",
            **of,
        )
    return say(
        "{title}: a solved incident costs {yuan:,.0f} yuan ({low:,.0f} to {high:,.0f} with 95 % confidence).", **of
    )


def _sureness_in_words(over: str, pairs: int) -> str:
    """What the intervals hold, and what they do not."""
    if over == "worlds":
        return say(
            "How sure: intervals hold what {count} sets that the figures allow leave open; wages and prices are assumed.",
            count=pairs,
        )
    return say(
        "How sure: intervals hold the chance of {count} pairs of runs only; with --ensemble they hold what nobody knows.",
        count=pairs,
    )


# Break-even and pay-back ----------------------------------------------------------------------------------------
def break_even_in_words(found: BreakEven) -> str:
    """What a further solved incident must be worth."""
    cost = found.cost
    bounded = (found.hi or 0.0) > 0.0
    of = {"yuan": found.yuan or 0.0, "ends": _ends(found.lo, found.hi) or say(" (no interval)")}
    doubt = {"cost": _money(cost), "yuan": found.hi or 0.0}
    match found.verdict:
        case Verdict.CANNOT_BE_BOUNDED if cost.over == "worlds":
            return say(
                "The number of solved incidents does not clearly differ under one more set, so no value per incident can be bounded."
            )
        case Verdict.CANNOT_BE_BOUNDED:
            return say(
                "The number of solved incidents does not clearly differ, so no value per incident can be bounded."
            )
        case Verdict.ALWAYS:
            return say(
                "It solves more and costs no more: worth it whatever an incident is worth{by_one}.",
                by_one=_by_one(cost),
            )
        case Verdict.ALWAYS_AT_THE_MEAN if bounded:
            return say(
                "It solves more and costs no more at the mean, but may cost more: the extra cost is {cost} a year. What a further solved incident must then be worth is {yuan:,.0f} yuan by the upper end of the interval.",
                **doubt,
            )
        case Verdict.ALWAYS_AT_THE_MEAN:
            return say(
                "It solves more and costs no more at the mean, but may cost more: the extra cost is {cost} a year. What a further solved incident must then be worth is not bounded.",
                **doubt,
            )
        case Verdict.ABOVE:
            return say(
                "It is worth its cost if a further solved incident is worth more than {yuan:,.0f} yuan{ends}.", **of
            )
        case Verdict.BELOW:
            return say(
                "It saves money and solves fewer: worth it only if an incident is worth less than {yuan:,.0f} yuan{ends}.",
                **of,
            )
        case Verdict.NEVER:
            return say(
                "It solves fewer and costs no less: no value of an incident makes it worth its cost{by_one}.",
                by_one=_by_one(cost),
            )
        case Verdict.NEVER_AT_THE_MEAN if bounded:
            return say(
                "It solves fewer and costs no less at the mean, but may cost less: the extra cost is {cost} a year. What an incident may then be worth at most is {yuan:,.0f} yuan by the upper end of the interval.",
                **doubt,
            )
        case Verdict.NEVER_AT_THE_MEAN:
            return say(
                "It solves fewer and costs no less at the mean, but may cost less: the extra cost is {cost} a year. What an incident may then be worth at most is not bounded.",
                **doubt,
            )


def payback_in_words(found: Payback) -> str:
    """When the investment has come back."""
    net, years, lo, hi = found.net_yuan_per_year, found.years or 0.0, found.years_lo or 0.0, found.years_hi or 0.0
    of = {"years": years, "low": lo, "high": hi, "benefit": f"{_money(net)}", "by_one": _by_one(net)}
    match found.verdict:
        case Return.UNKNOWN:
            return say("Nothing can be said: in no pair were incidents solved under both scenarios.")
        case Return.NOTHING_INVESTED:
            return say("There is no investment to pay back; the net benefit is {benefit} a year.", **of)
        case Return.NEVER:
            return say("It never pays back: the net benefit is {benefit} a year{by_one}.", **of)
        case Return.BY_ONE_PAIR:
            return say("It pays back in {years:,.1f} years: the net benefit is {benefit} a year{by_one}.", **of)
        case Return.MAYBE_NEVER if found.years is not None:
            return say(
                "It may never pay back: in {years:,.1f} years at the mean, in {low:,.1f} years at the earliest; the net benefit is {benefit} a year{by_one}, which may be 0 or less.",
                **of,
            )
        case Return.MAYBE_NEVER:
            return say(
                "It may never pay back: not at the mean, in {low:,.1f} years at the earliest; the net benefit is {benefit} a year{by_one}, which may be 0 or less.",
                **of,
            )
        case Return.SURELY if hi > found.life_years:
            lasts = say_many("{count:g} year", "{count:g} years", found.life_years)
            return say(
                "It pays back in {years:,.1f} years ({low:,.1f} … {high:,.1f}): the net benefit is {benefit} a year{by_one}; the equipment lasts {lasts}.",
                lasts=lasts, **of,
            )  # fmt: skip
        case Return.SURELY:
            return say(
                "It pays back in {years:,.1f} years ({low:,.1f} … {high:,.1f}): the net benefit is {benefit} a year{by_one}.",
                **of,
            )


def _by_one(known: Estimate) -> str:
    """That there is no interval, and why."""
    if known.lo is not None:
        return ""
    return say(" by one set, without interval") if known.over == "worlds" else say(" by one pair, without interval")


def _money(known: Estimate) -> str:
    return say("{yuan:,.0f} yuan", yuan=known.mean) + _ends(known.lo, known.hi)


def _ends(lo: float | None, hi: float | None) -> str:
    """Two ends in brackets; nothing if there are none."""
    return f" ({lo:,.0f} … {hi:,.0f})" if lo is not None and hi is not None else ""


# Notes ----------------------------------------------------------------------------------------------------------
def notes_on_pairs(bases: list[Basis], *, same_incidents: bool, given_investment: bool) -> list[str]:
    """What a reader must know before believing a comparison of two scenarios."""
    first, other = bases
    notes = []
    if not same_incidents:
        notes.append(
            say(
                "the two do not meet the same incidents (another start, length, place or demand), so pairing narrows little; --set period.start and period.days hold for both."
            )
        )
    if first.households != other.households:
        notes.append(say(
            "{first:,.0f} households against {other:,.0f}: two places are compared.", first=first.households,
            other=other.households,
        ))  # fmt: skip
    if not given_investment and first.investment_yuan == other.investment_yuan > 0.0:
        notes.append(say(
            "both scenarios carry the same investment of {yuan:,.0f} yuan, so its wear cancels; --investment says what the first has beyond the second.",
            yuan=first.investment_yuan,
        ))  # fmt: skip
    return notes


def notes_on_runs(runs_count: int, undefined_count: int, *, sets: bool, alone: bool) -> list[str]:
    """What few runs do not tell; a run is a set's, or a replication."""
    notes = []
    if runs_count == 1:
        notes.append(say("one set gives no intervals.") if sets else say("one replication gives no intervals."))
    if undefined_count and sets:
        notes.append(say_many(
            "in {count} set of {all} nothing was solved, so a cost per case is undefined there and left out.",
            "in {count} sets of {all} nothing was solved, so a cost per case is undefined there and left out.",
            undefined_count, all=runs_count,
        ))  # fmt: skip
    elif undefined_count:
        notes.append(say_many(
            "in {count} replication of {all} nothing was solved, so a cost per case is undefined there and left out.",
            "in {count} replications of {all} nothing was solved, so a cost per case is undefined there and left out.",
            undefined_count, all=runs_count,
        ))  # fmt: skip
    if alone:
        notes.append(say("nothing is said about benefit: that needs --without, what would be there otherwise."))
    return notes


def doubt_in_words(ensemble: str, doubt: str) -> str:
    """That what is said over sets is no answer, and why."""
    return say(
        "the ensemble {ensemble} is in doubt, so nothing here is an answer: {doubt}.", ensemble=ensemble, doubt=doubt
    )


def notes_on_sets(sets: UnderSets, other: str) -> list[str]:
    """How to read intervals over sets, and what is not as it looks; `other` is the scenario it is set against."""
    notes = [
        say(
            "every interval is where one more set of the ensemble {ensemble}, with one history of it, would fall: more sets make it steadier, not narrower.",
            ensemble=sets.ensemble,
        )
    ]
    if sets.doubt:
        notes.insert(0, doubt_in_words(sets.ensemble, sets.doubt))
    if sets.distinct_count < sets.sets_count:
        notes.append(say(
            "{distinct} different sets stand behind {sets}, as their weights say.", distinct=sets.distinct_count,
            sets=sets.sets_count,
        ))  # fmt: skip
    if sets.left_out:
        notes.append(
            say("{scenario} does not have {paths}: left out for it.", scenario=other, paths=listed(sets.left_out))
        )
    if sets.levelled:
        notes.append(say(
            "the two differ in {paths} by their files; a set gives both its value, so what that difference brings is not counted.",
            paths=listed(sets.levelled),
        ))  # fmt: skip
    return notes
