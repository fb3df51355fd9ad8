"""What costs, break-even and pay-back come to, in sentences.

Layer: experiments.
"""

from __future__ import annotations

from experiments.economics.costs import Basis, Estimate
from experiments.economics.sets import UnderSets
from experiments.economics.worth import BreakEven, Payback, Return, Verdict
from experiments.words.numbers import counted

LABELS = {
    "per_solved_yuan": ("cost per solved incident", "yuan"),
    "per_filed_yuan": ("cost per filed case", "yuan"),
    "per_household_year_yuan": ("cost per household and year", "yuan"),
    "extra_cost_yuan": ("extra cost, equipment's wear included", "yuan/year"),
    "extra_running_yuan": ("extra running cost, without wear", "yuan/year"),
    "extra_solved": ("extra incidents solved", "incidents/year"),
    "avoided_h": ("hours by which what is solved anyway is solved sooner", "h/year"),
}
"""Of each estimate, what it is called, and its unit."""


def break_even_in_words(found: BreakEven) -> str:
    """What a further solved incident must be worth."""
    ratio, cost = found.yuan or 0.0, found.cost
    ends = (
        f" ({found.lo:,.0f} … {found.hi:,.0f})" if found.lo is not None and found.hi is not None else " (no interval)"
    )
    end = f" is {found.hi:,.0f} yuan by the upper end of the interval" if (found.hi or 0.0) > 0.0 else " is not bounded"
    doubt = f"the extra cost is {_money(cost)} a year"
    clearly = "differ under one more set" if cost.over == "worlds" else "differ"
    return {
        Verdict.CANNOT_BE_BOUNDED:
            f"The number of solved incidents does not clearly {clearly}, so no value per incident can be bounded.",
        Verdict.ALWAYS:
            f"It solves more and costs no more: worth it whatever an incident is worth{_by_one(cost)}.",
        Verdict.ALWAYS_AT_THE_MEAN:
            f"It solves more and costs no more at the mean, but may cost more: {doubt}. What a further solved incident must "
            f"then be worth{end}.",
        Verdict.ABOVE:
            f"It is worth its cost if a further solved incident is worth more than {ratio:,.0f} yuan{ends}.",
        Verdict.BELOW:
            f"It saves money and solves fewer: worth it only if an incident is worth less than {ratio:,.0f} yuan{ends}.",
        Verdict.NEVER:
            f"It solves fewer and costs no less: no value of an incident makes it worth its cost{_by_one(cost)}.",
        Verdict.NEVER_AT_THE_MEAN:
            f"It solves fewer and costs no less at the mean, but may cost less: {doubt}. What an incident may then be worth "
            f"at most{end}.",
    }[found.verdict]  # fmt: skip


def payback_in_words(found: Payback) -> str:
    """When the investment has come back."""
    net, years, lo, hi = found.net_yuan_per_year, found.years or 0.0, found.years_lo or 0.0, found.years_hi or 0.0
    if found.verdict is Return.UNKNOWN:
        return "Nothing can be said: in no pair were incidents solved under both scenarios."
    if found.verdict is Return.NOTHING_INVESTED:
        return f"There is no investment to pay back; the net benefit is {_money(net)} a year."
    benefit = f"the net benefit is {_money(net)} a year{_by_one(net)}"
    if found.verdict is Return.NEVER:
        return f"It never pays back: {benefit}."
    if found.verdict is Return.BY_ONE_PAIR:
        return f"It pays back in {years:,.1f} years: {benefit}."
    if found.verdict is Return.MAYBE_NEVER:
        most = f"in {years:,.1f} years at the mean, " if found.years is not None else "not at the mean, "
        return f"It may never pay back: {most}in {lo:,.1f} years at the earliest; {benefit}, which may be 0 or less."
    lasts = f"; the equipment lasts {counted(found.life_years, 'year')}" if hi > found.life_years else ""
    return f"It pays back in {years:,.1f} years ({lo:,.1f} … {hi:,.1f}): {benefit}{lasts}."


def _by_one(known: Estimate) -> str:
    """That there is no interval, and why."""
    one = "set" if known.over == "worlds" else "pair"
    return f" by one {one}, without interval" if known.lo is None else ""


def _money(known: Estimate) -> str:
    ends = f" ({known.lo:,.0f} … {known.hi:,.0f})" if known.lo is not None and known.hi is not None else ""
    return f"{known.mean:,.0f} yuan{ends}"


def notes_on_pairs(bases: list[Basis], *, same_incidents: bool, given_investment: bool) -> list[str]:
    """What a reader must know before believing a comparison of two scenarios."""
    first, other = bases
    notes = []
    if not same_incidents:
        notes.append("the two do not meet the same incidents (another start, length, place or demand), so pairing "
                     "narrows little; --set period.start and period.days hold for both.")  # fmt: skip
    if first.households != other.households:
        notes.append(f"{first.households:,.0f} households against {other.households:,.0f}: two places are compared.")
    if not given_investment and first.investment_yuan == other.investment_yuan > 0.0:
        notes.append(f"both scenarios carry the same investment of {first.investment_yuan:,.0f} yuan, so its wear "
                     "cancels; --investment says what the first has beyond the second.")  # fmt: skip
    return notes


def notes_on_runs(one: str, runs_count: int, undefined_count: int, *, alone: bool) -> list[str]:
    """What few runs do not tell; `one` is what a run is called: a set, a replication."""
    notes = [f"one {one} gives no intervals."] if runs_count == 1 else []
    if undefined_count:
        notes.append(f"in {counted(undefined_count, one)} of {runs_count} nothing was solved, so a cost per case is "
                     "undefined there and left out.")  # fmt: skip
    if alone:
        notes.append("nothing is said about benefit: that needs --without, what would be there otherwise.")
    return notes


def notes_on_sets(sets: UnderSets, other: str) -> list[str]:
    """How to read intervals over sets, and what is not as it looks; `other` is the scenario it is set against."""
    notes = [f"every interval is where one more set of the ensemble {sets.ensemble}, with one history of it, would "
             "fall: more sets make it steadier, not narrower."]  # fmt: skip
    if sets.doubt:
        notes.insert(0, f"the ensemble {sets.ensemble} is in doubt, so nothing here is an answer: {sets.doubt}.")
    if sets.distinct_count < sets.sets_count:
        notes.append(f"{sets.distinct_count} different sets stand behind {sets.sets_count}, as their weights say.")
    if sets.left_out:
        notes.append(f"{other} does not have {', '.join(sets.left_out)}: left out for it.")
    if sets.levelled:
        notes.append(f"the two differ in {', '.join(sets.levelled)} by their files; a set gives both its value, so "
                     "what that difference brings is not counted.")  # fmt: skip
    return notes
