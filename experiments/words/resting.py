"""What a conclusion rests on, in sentences: measured, or assumed; what carries it; where nobody has looked.

Layer: experiments.
"""

from __future__ import annotations

from collections.abc import Sequence

from experiments.comparing.resting import Rest, Rests, Unobserved
from experiments.statistics.agreement import Sign
from experiments.words.comparisons import LETTERS, SIGNS
from experiments.words.numbers import short, signed
from sim.indicators import INDICATORS

ASSUMED = "assumed, not measured: "
UNKNOWN_PRIOR = (
    "What was possible before the figures is not kept beside this ensemble, so how much they say is not known; "
    "`calibrate` writes it."
)


def rest_in_words(rest: Rest, plan: str) -> str:
    """One difference: what the sets say under the figures and before them, and what that means."""
    low, high = (signed(end, "share") for end in rest.under)
    unit = "points" if INDICATORS[rest.indicator].unit == "share" else "%"
    now, then = rest.agreed_under, rest.agreed_before
    said = f"{rest.indicator} of {plan} {low} … {high} {unit} against A in nine sets of ten"
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


def rests_in_words(rests: Rests) -> list[str]:
    """Of each plan but the first, on what its first difference rests, and whether it was ever observed."""
    lines = [
        rest_in_words(of_plan[0], letter)
        for letter, of_plan in zip(LETTERS[1:], rests.of_plans, strict=False)
        if of_plan
    ]
    if not rests.of_plans:
        lines.append(UNKNOWN_PRIOR)
    told = zip(LETTERS[1:], rests.unobserved, strict=False)
    return lines + [line for letter, found in told if (line := unobserved_in_words(letter, found))]


def unobserved_in_words(plan: str, found: Sequence[Unobserved]) -> str:
    """Where a plan lies outside what was ever observed; empty if it does not."""
    if not found:
        return ""
    values = ", ".join(f"{each.path} = {short(each.here)} (observed: {short(each.observed)})" for each in found)
    return f"{plan} lies outside what was ever observed: {values}."
