"""What a conclusion rests on, in sentences: measured, or assumed; what carries it; where nobody has looked.

Layer: experiments.
"""

from __future__ import annotations

from collections.abc import Sequence

from experiments.comparing.resting import Rests
from experiments.findings.resting import resting, unobserved_by_plan
from experiments.findings.runs import Findings
from experiments.statistics.agreement import Sign
from experiments.statistics.resting import FEWEST, LEAST_NARROWED, Rest
from experiments.studies.observed import Unobserved
from experiments.words.comparisons import LETTERS, SIGNS
from experiments.words.numbers import short, signed
from sim.indicators import INDICATORS

ASSUMED = "assumed, not measured: "
OF_ONE_SET = (
    "All of it is under one set of values for what nobody knows; with --ensemble the study says how far the published "
    "figures carry it."
)
TOO_FEW = "{} of {} against {}: it is the same in all sets, or too few define it to say how far the figures carry it."
FEW_SETS = (
    f"{ASSUMED}on what the differences of {{}} rest cannot be told: that takes {FEWEST} sets in which they differ "
    "(--replications)."
)
OF_ITS_OWN_DRAWS = "Assumed, not measured: what nobody knows was drawn as this study says, and held against no figure."
NOT_RUN_BEFORE = (
    "How much the figures say of it is not known: its plans were not run under what was possible before them (`sweep` "
    "does so at its end, where the ensemble has draws from its priors beside it)."
)
UNKNOWN_PRIOR = (
    "What was possible before the figures is not kept beside this ensemble, so how much they say is not known; "
    "`calibrate` writes it."
)


def rest_in_words(rest: Rest, plan: str, first: str = "A") -> str:
    """One difference from the plan `first`: what the sets say under the figures and before them, and what that means."""
    low, high = (signed(end, "share") for end in rest.under)
    unit = "points" if INDICATORS[rest.indicator].unit == "share" else "%"
    now, then = rest.agreed_under, rest.agreed_before
    said = f"{rest.indicator} of {plan} {low} … {high} {unit} against {first} in nine sets of ten"
    if now.sign in (Sign.MORE, Sign.LESS):
        same = then.more_share if now.sign is Sign.MORE else 1.0 - then.more_share
        said += f", {SIGNS[now.sign]} in {now.share:.0%} of them; before the figures in {same:.0%}"
    narrowed = (
        f"the figures narrow the range by {rest.narrowed:.0%}" if rest.narrowed > 0 else "the figures do not narrow it"
    )
    carried = ", ".join(
        f"{carrier.path} ({'more' if carrier.correlation > 0 else 'less'} with it)" for carrier in rest.carriers
    )
    hangs = f"; it hangs on {carried}" if carried else ""
    return f"{'' if rest.measured else ASSUMED}{said}; {narrowed}{hangs}."


def standing_in_words(rest: Rest) -> str:
    """In a word or two, what the figures make of a difference."""
    if rest.under[0] == rest.under[1] and rest.before[0] == rest.before[1]:
        return "certain"
    if rest.measured:
        return "measured in part"
    return "assumed" if rest.narrowed > -LEAST_NARROWED else "assumed; wider"


def rests_in_words(rests: Rests) -> list[str]:
    """Of each plan but the first, on what its first difference rests, and whether it was ever observed."""
    lines = [
        rest_in_words(of_plan[0], letter) if of_plan else FEW_SETS.format(letter)
        for letter, of_plan in zip(LETTERS[1:], rests.of_plans, strict=False)
    ]
    if not rests.of_plans:
        lines.append(UNKNOWN_PRIOR)
    told = zip(LETTERS[1:], rests.unobserved, strict=False)
    return lines + [line for letter, found in told if (line := unobserved_in_words(letter, found))]


def study_rests_in_words(findings: Findings) -> list[str]:
    """On what a study's answer rests: the figures, what was assumed, or one set of values."""
    if not findings.file.ensemble:
        return [OF_ITS_OWN_DRAWS if findings.file.uncertain else OF_ONE_SET]
    found = resting(findings)
    if found is None:
        return [NOT_RUN_BEFORE]
    first, lines = findings.objectives[0].indicator, []
    for each in found:
        plan, other = (f"“{findings.name(number)}”" for number in (each.plan, each.against))
        told = next((rest for rest in each.rests if rest.indicator == first), None)
        lines.append(rest_in_words(told, plan, other) if told else f"{ASSUMED}{TOO_FEW.format(first, plan, other)}")
    unseen = unobserved_in_words(
        f"“{findings.name(findings.best)}”", unobserved_by_plan(findings).get(findings.best, ())
    )
    return lines + [unseen] * bool(unseen)


def unobserved_in_words(plan: str, found: Sequence[Unobserved]) -> str:
    """Where a plan lies outside what was ever observed; empty if it does not."""
    if not found:
        return ""
    values = ", ".join(f"{each.path} = {short(each.here)} (observed: {short(each.observed)})" for each in found)
    return f"{plan} lies outside what was ever observed: {values}."
