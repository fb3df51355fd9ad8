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
from experiments.words.numbers import in_percent, measured, quoted, short, signed
from languages.speaking import listed, marked, say
from sim.indicators import INDICATORS

ASSUMED = marked("assumed, not measured: ")
OF_ONE_SET = marked(
    "All of it is under one set of values for what nobody knows; with --ensemble the study says how far the published "
    "figures carry it."
)
OF_ITS_OWN_DRAWS = marked(
    "Assumed, not measured: what nobody knows was drawn as this study says, and held against no figure."
)
NOT_RUN_BEFORE = marked(
    "How much the figures say of it is not known: its plans were not run under what was possible before them (`sweep` "
    "does so at its end, where the ensemble has draws from its priors beside it)."
)
UNKNOWN_PRIOR = marked(
    "What was possible before the figures is not kept beside this ensemble, so how much they say is not known; "
    "`calibrate` writes it."
)


def rest_in_words(rest: Rest, plan: str, first: str = "A") -> str:
    """One difference from the plan `first`: what the sets say under the figures and before them, and what that means."""
    low, high = (signed(end, "share") for end in rest.under)
    apart = measured(high, "points" if INDICATORS[rest.indicator].unit == "share" else "share")
    of = {"indicator": say(rest.indicator), "plan": plan, "first": first, "low": low, "high": apart}
    now, then = rest.agreed_under, rest.agreed_before
    if now.sign in (Sign.MORE, Sign.LESS):
        same = then.more_share if now.sign is Sign.MORE else 1.0 - then.more_share
        said = say(
            "{indicator} of {plan} {low} … {high} against {first} in nine sets of ten, {sign} in {now} of them; "
            "before the figures in {before}", sign=say(SIGNS[now.sign]), now=in_percent(now.share),
            before=in_percent(same), **of,
        )  # fmt: skip
    else:
        said = say("{indicator} of {plan} {low} … {high} against {first} in nine sets of ten", **of)
    narrowed = (
        say("the figures narrow the range by {share}", share=in_percent(rest.narrowed)) if rest.narrowed > 0
        else say("the figures do not narrow it")
    )  # fmt: skip
    parts = {"assumed": "" if rest.measured else say(ASSUMED), "said": said, "narrowed": narrowed}
    if not rest.carriers:
        return say("{assumed}{said}; {narrowed}.", **parts)
    carried = listed(
        say("{path} (more with it)", path=carrier.path) if carrier.correlation > 0
        else say("{path} (less with it)", path=carrier.path)
        for carrier in rest.carriers
    )  # fmt: skip
    return say("{assumed}{said}; {narrowed}; it hangs on {carried}.", carried=carried, **parts)


def standing_in_words(rest: Rest) -> str:
    """In a word or two, what the figures make of a difference."""
    if rest.under[0] == rest.under[1] and rest.before[0] == rest.before[1]:
        return say("certain")
    if rest.measured:
        return say("measured in part")
    return say("assumed") if rest.narrowed > -LEAST_NARROWED else say("assumed; wider")


def rests_in_words(rests: Rests) -> list[str]:
    """Of each plan but the first, on what its first difference rests, and whether it was ever observed."""
    lines = [
        rest_in_words(of_plan[0], letter) if of_plan else _few_sets_in_words(letter)
        for letter, of_plan in zip(LETTERS[1:], rests.of_plans, strict=False)
    ]
    if not rests.of_plans:
        lines.append(say(UNKNOWN_PRIOR))
    told = zip(LETTERS[1:], rests.unobserved, strict=False)
    return lines + [line for letter, found in told if (line := unobserved_in_words(letter, found))]


def _few_sets_in_words(plan: str) -> str:
    """That too few sets tell on what a difference rests."""
    return say(
        "assumed, not measured: on what the differences of {plan} rest cannot be told: that takes {count} sets in which "
        "they differ (--replications).", plan=plan, count=FEWEST,
    )  # fmt: skip


def study_rests_in_words(findings: Findings) -> list[str]:
    """On what a study's answer rests: the figures, what was assumed, or one set of values."""
    if not findings.file.ensemble:
        return [say(OF_ITS_OWN_DRAWS if findings.file.uncertain else OF_ONE_SET)]
    found = resting(findings)
    if found is None:
        return [say(NOT_RUN_BEFORE)]
    first, lines = findings.objectives[0].indicator, []
    for each in found:
        plan, other = (quoted([findings.name(number)], 1) for number in (each.plan, each.against))
        told = next((rest for rest in each.rests if rest.indicator == first), None)
        lines.append(rest_in_words(told, plan, other) if told else say(
            "assumed, not measured: {indicator} of {plan} against {other}: it is the same in all sets, or too few define it "
            "to say how far the figures carry it.", indicator=say(first), plan=plan, other=other,
        ))  # fmt: skip
    best = quoted([findings.name(findings.best)], 1)
    unseen = unobserved_in_words(best, unobserved_by_plan(findings).get(findings.best, ()))
    return lines + [unseen] * bool(unseen)


def unobserved_in_words(plan: str, found: Sequence[Unobserved]) -> str:
    """Where a plan lies outside what was ever observed; empty if it does not."""
    if not found:
        return ""
    values = listed(
        say(
            "{path} = {here} (observed: {observed})",
            path=each.path,
            here=short(each.here),
            observed=short(each.observed),
        )
        for each in found
    )
    return say("{plan} lies outside what was ever observed: {values}.", plan=plan, values=values)
