"""What calibrations and validations say, in sentences; they stand here and nowhere else in this layer.

Layer: calibration.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from calibration.answers import (
    Places,
    Preferred,
    Strength,
    Verdict,
    both_readings,
    flattered,
    moved_medians,
    preferred,
    same_conclusion,
    second_quarter,
    true_tests,
    verdict_of,
)
from calibration.checks import Between, Concluded, Seen, Variable
from calibration.fitting.calibrating import WAVES, Assumption, Doing, Step
from calibration.fitting.doubts import Worry
from calibration.fitting.posterior import LEAST_EFFECTIVE, Knowledge
from experiments.words.comparisons import agreement_in_words
from experiments.words.numbers import counted, number, shown_unit
from experiments.words.resting import ASSUMED as NOT_MEASURED
from sim.indicators import INDICATORS

USES = {"fit": "fitted", "predict": "not fitted", "reading": "another reading, no test"}
"""Of a figure."""
VERDICTS = {
    Verdict.INSIDE: "inside",
    Verdict.OUTSIDE: "outside",
    Verdict.BY_HAND: "put in by hand",
    Verdict.READING: "another reading",
    Verdict.REFUSED: "not foretold",
    Verdict.NEVER_USED: "never used",
    Verdict.NOT_SIMULATED: "not simulated",
}
KNOWLEDGE = {
    Knowledge.IDENTIFIED: "identified",
    Knowledge.NARROWED: "narrowed",
    Knowledge.NOT_IDENTIFIED: "not identified",
}
STRENGTHS = {Strength.POSITIVE: "positive", Strength.STRONG: "strong", Strength.VERY_STRONG: "very strong"}
ASSUMED = {
    Assumption.AS_CALIBRATED: "as calibrated",
    Assumption.EXACT_EMULATORS: "emulators taken as exact",
    Assumption.THIRD_OF_DISCREPANCY: "a third of the discrepancy",
    Assumption.TWICE_THE_DISCREPANCY: "twice the discrepancy",
}
DOUBTS = {
    Worry.FEW_CITIES: "coverage was tested on {truths:.0f} made-up cities; it takes {least:.0f}",
    Worry.FEW_DRAWS_OF_CITIES: "the made-up cities' posteriors rest on {draws:.0f} effective draws and fewer",
    Worry.INTERVAL: "the {level:.0%} interval of {about} holds {share:.0%} of the truths, outside {low:.0%} to {high:.0%}",
    Worry.RANKS: "the ranks of the truths of {about} are not even (p = {p:.3f})",
    Worry.FEW_DRAWS: "the posterior rests on {draws:.0f} effective draws from the priors",
    Worry.APART: "the chain's means and those of weighted draws are {apart:.2f} prior deviations apart",
    Worry.EMULATOR: "the emulator of {about} holds {share:.0%} of the unseen worlds in its 95 % intervals",
}
STEPS = {
    Doing.DESIGN: "runs of the design",
    Doing.LEARNING: "learning from the runs",
    Doing.SETS: f"runs of the sets, wave {{name}} of {WAVES}",
    Doing.LEARNING_MORE: "learning from those runs too",
    Doing.SAMPLING: "sampling the posterior",
    Doing.CANDIDATES: "new histories of the sets nearest to the figures",
    Doing.MADE_UP_CITIES: "calibrating to made-up cities",
    Doing.WRITING: "writing",
    Doing.CHECK: "{name}",
    Doing.SENSITIVITY: "sensitivity of {name}",
}
OFF = {Variable.OFF: " (off in the scenario)"}
"""What is said beside a parameter that was varied, by what it is in the scenario."""


# Calibrations ---------------------------------------------------------------------------------------------------
def step_in_words(step: Step) -> str:
    """What is being done."""
    return STEPS[step.doing].format(name=step.name)


def doubt_in_words(doubt: Mapping[str, Any]) -> str:
    """A reason to doubt, as `result.json` keeps it."""
    about = emulated_in_words(doubt["about"], doubt["plan"]) if doubt["plan"] else doubt["about"]
    return DOUBTS[doubt["worry"]].format(about=about, **doubt["numbers"])


def doubts_in_words(doubts: Sequence[Mapping[str, Any]]) -> str:
    """All reasons to doubt."""
    return "; ".join(map(doubt_in_words, doubts))


def answer_in_words(result: Mapping[str, Any]) -> str:
    """Whether a calibration may be given as an answer, and what was handed over, in one line."""
    if not result["doubts"]:
        return "It may be given as an answer: nothing that was checked speaks against it."
    handed = (
        "what it hands over says so itself" if result["handed_over"] else
        "neither ensemble nor scenario is handed over (--even-in-doubt hands them over, marked)"
    )  # fmt: skip
    return f"IN DOUBT, so it is no answer, and {handed}: {doubt_in_words(result['doubts'][0])}."


def knowledge_in_words(parameter: Mapping[str, Any]) -> str:
    """How much the figures say about a parameter."""
    end = ", at an end of its prior" if parameter["at_an_end"] else ""
    return f"{KNOWLEDGE[parameter['knowledge']]}{end}"


def central_why(doubts: Sequence[Mapping[str, Any]]) -> str:
    """Why a scenario has the values of a central set."""
    why = "a set whose new histories lie close to the figures, and which lies in the middle of those allowed"
    return f"IN DOUBT, so no answer ({doubts_in_words(doubts)}): {why}" if doubts else why


def central_title(title: str, *, in_doubt: bool) -> str:
    """The title of a scenario with the values of a central set."""
    return f"{title}, calibrated{' in doubt' if in_doubt else ''}"


def emulated_in_words(column: str, plan: str) -> str:
    """What an emulator stands for."""
    return f"{column} under {plan}"


# Verdicts -------------------------------------------------------------------------------------------------------
def verdict_in_words(verdict: Verdict, why: str = "") -> str:
    """How a figure stands beside its prediction; why, where it lies outside or is refused; of what it is a reading."""
    if verdict == Verdict.READING:
        return f"{VERDICTS[verdict]} of {why}, no test"
    said = verdict in (Verdict.OUTSIDE, Verdict.REFUSED) and why
    return f"{VERDICTS[verdict]} ({why})" if said else VERDICTS[verdict]


def verdict_of_a_place(figure: Mapping[str, Any]) -> str:
    """How a figure of a calibration stands beside its prediction, as `result.json` keeps it."""
    if figure["use"] == "reading":
        return USES["reading"]
    return verdict_in_words(verdict_of(figure["inside"]), figure["why"] if figure["use"] == "fit" else "")


def by_in_words(row: Mapping[str, Any]) -> str:
    """By what a figure was foretold."""
    if row["place"]:
        return f"{row['place']}, {USES[row['use']]}"
    return f"elsewhere: {row['elsewhere']}, {counted(row['days'], 'day')}" if row["days"] else "–"


def bounds_in_words(bounds: tuple[float | None, float | None], unit: str) -> str:
    """A published number, or its range, in the unit of the indicator."""
    low, high = bounds
    if low is None and high is None:
        return "–"
    if low is None or high is None:
        return f"at most {number(high, unit)}" if low is None else f"at least {number(low, unit)}"
    return number(low, unit) if low == high else f"{number(low, unit)} … {number(high, unit)}"


def assumed(concluded: Concluded) -> str:
    """Whether a conclusion is assumed: the figures narrow it by next to nothing."""
    return NOT_MEASURED if concluded.rest and not concluded.rest.measured else ""


def held_before(concluded: Concluded) -> str:
    """For how many draws from the priors the sign of a difference holds."""
    return agreement_in_words(concluded.rest.agreed_before) if concluded.rest else "–"


def narrowed(concluded: Concluded) -> str:
    """By how much the figures narrow a conclusion's range."""
    if concluded.rest is None:
        return "–"
    return f"{concluded.rest.narrowed:.0%}" if concluded.rest.narrowed > 0.0 else "not at all"


def hangs_on(concluded: Concluded) -> str:
    """The unknowns that carry a conclusion."""
    return ", ".join(f"`{each.path}`" for each in concluded.rest.carriers) if concluded.rest else ""


def holds(concluded: Concluded) -> str:
    """For how many of the sets the sign of a difference holds."""
    return agreement_in_words(concluded.agreement)


def _ends(low: float, high: float, unit: str) -> str:
    return f"{number(low, unit)} to {number(high, unit)} {shown_unit(unit)}"


# Answers --------------------------------------------------------------------------------------------------------
def never_fitted_in_words(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """How many true tests there are, and how many figures of them lie inside."""
    inside, outside = true_tests(rows)
    if not inside and not outside:
        return []
    each = [
        f"{row['id']} (published {bounds_in_words(row['bounds'], row['unit'])} {shown_unit(row['unit'])}, foretold "
        f"{number(row['low'], row['unit'])} to {number(row['high'], row['unit'])}{row['note'] and f'; {row["note"]}'})"
        for row in outside
    ]  # fmt: skip
    return [
        f"Of {len(inside) + len(outside)} figures that were foretold and never fitted, which alone test the model, "
        f"{len(inside)} lie inside and {len(outside)} outside: {'; '.join(each) or 'none'}. What was fitted anywhere, put in "
        "by hand, or is another reading of a figure is not counted among them."
    ]


def second_quarter_in_words(places: Places) -> list[str]:
    """Does load alone explain the second quarter, or practice, or can they not be told apart?"""
    found = second_quarter(places)
    alone, learning = found.by_load, found.with_learning
    factors = ", ".join(f"{factor:.2g} {ASSUMED[Assumption(name)]}" for name, factor in found.factors.items())
    lies = [VERDICTS[verdict_of(each.figure["inside"])] for each in (alone, learning)]
    ends = [_ends(each.figure["low"], each.figure["high"], each.figure["unit"]) for each in (alone, learning)]
    return [
        f"Second quarter in Changning (published: {alone.figure['published']}), foretold by what was fitted to the first "
        f"quarter and to the second's number of cases: by load alone {ends[0]}, with learning {ends[1]}; the published "
        f"share lies {lies[0]} the first and {lies[1]} the second.",
        f"Over the whole prior, no history by load alone had more than {number(alone.top, 'share')} % on time in the second "
        f"quarter; with learning, {number(learning.top, 'share')} %.",
        f"Bayes factors for learning against load alone: {factors}. {preferred_in_words(list(found.factors.values()))}"
        if factors
        else "Bayes factors are not given: an emulator of the second quarter does not hold unseen worlds.",
    ]


def preferred_in_words(factors: Sequence[float]) -> str:
    """What Bayes factors for learning against load alone say, each under another assumption."""
    which, strength = preferred(factors)
    name = "learning" if which in (Preferred.SECOND, Preferred.LEANS_TO_SECOND) else "load alone"
    if which in (Preferred.FIRST, Preferred.SECOND):
        return f"The figures prefer {name}, with {STRENGTHS[strength]} evidence at least."
    if which in (Preferred.LEANS_TO_FIRST, Preferred.LEANS_TO_SECOND):
        return f"The figures lean to {name}; how far depends on what model and emulators may err by."
    if which is Preferred.NEITHER:
        return "The figures cannot tell the two apart."
    return (
        "Which of the two the figures prefer depends on what model and emulators may err by: they cannot be told apart."
    )


def staff_in_words(concluded: Sequence[Concluded]) -> list[str]:
    """Which conclusions hold under both readings of Changning's staff."""
    pairs = both_readings(concluded)
    other = [
        f"{first.plan}: {INDICATORS[first.indicator].definition}: {holds(first)} ({first.supervisors} supervisors), "
        f"{holds(second)} ({second.supervisors})"
        for first, second in pairs if not same_conclusion(first, second)
    ]  # fmt: skip
    return [
        f"Of {len(pairs)} conclusions on Changning, {len(pairs) - len(other)} are the same under both readings of its "
        f"staff (the table of conclusions has all). Others: {'; '.join(other) or 'none'}.",
    ]


def cautions_in_words(concluded: Sequence[Concluded]) -> list[str]:
    """Plans under which a share gets better because more is never seen."""
    return [
        f"{check}, {plan}: more is closed on time, and more is never found, while less is filed: what nobody files "
        "cannot be late. Read the on-time share together with what stays unseen."
        for check, plan in flattered(concluded)
    ]


def read_otherwise_in_words(places: Places) -> list[str]:
    """What the other readings of contested figures would change."""
    lines = []
    for name, kept in places.items():
        best = max((reading["log_evidence"] for reading in kept["readings"]), default=0.0)
        for reading in kept["readings"]:
            moved = [f"{path} from {own:.3g} to {other:.3g}"
                     for path, (own, other) in moved_medians(kept["parameters"], reading).items()]  # fmt: skip
            moves = f"the medians move of {', '.join(moved)}" if moved else "no parameter's median moves"
            few = ", too few to be told well" if reading["effective_count"] < LEAST_EFFECTIVE else ""
            rests = f"rests on {reading['effective_count']:.0f} effective draws{few}"
            likely = math.exp(reading["log_evidence"] - best)
            by_hand = "with the crews and priors that were set by hand"
            fits = f"; {by_hand}, {likely:.2g} times as likely as the likeliest reading" if likely < 1.0 else ""
            lines.append(f"{name}, read as {reading['name']}: {moves} ({rests}{fits}).")
    return lines


def ratios_in_words(places: Places) -> list[str]:
    """What the model says of a ratio of before to after that was published."""
    return [
        f"{name}, {ratio['name']} (published: {ratio['published']:g}, and fitted through its two sides): the model "
        f"says {ratio['middle']:.1f} times ({ratio['low']:.1f} to {ratio['high']:.1f}); the published ratio lies "
        f"{VERDICTS[verdict_of(ratio['low'] <= ratio['published'] <= ratio['high'])]}."
        for name, kept in places.items() for ratio in kept["ratios"]
    ]  # fmt: skip


def interval_of_a_transfer_in_words(between: Between) -> str:
    """What the interval of a figure is that sets of another city foretell."""
    return (
        "What the interval of a transfer is: everything that an interval always holds, and, of counts and hours, how far "
        f"cities differ: {between.rates_count} published rates of cases per supervisor and day lie about their trend over the "
        f"years with a standard deviation of {between.sd:.2f} in the logarithm, a factor of {between.factor:.1f} up or "
        f"down in nine cases of ten. (The trend itself, {math.expm1(between.growth):+.0%} a year, is not in it: nothing is "
        "said of another decade.) Crews are not carried from one city to another: on-time and closing shares are given "
        "over the prior of crews of the place that is foretold; where there is none, they are refused."
    )


def transfer_in_words(moved: Mapping[tuple[str, str], Sequence[Seen]]) -> list[str]:
    """Whether rates that were fitted in one city foretell another; by the place of the sets, and the scenario."""
    lines = []
    for (place, scenario), entries in moved.items():
        each = [_transferred(seen) for seen in entries if seen.foretold.figure.standing != "check"]
        redrawn = ", ".join(entries[0].redrawn) if entries else ""
        anew = f" Drawn from its prior, since fitted or unknown there: {redrawn}." if redrawn else ""
        days = counted(entries[0].days, "day") if entries else "nothing"
        lines.append(f"Transfer, {place} → {scenario}, {days}: {'; '.join(each)}.{anew}")
    return lines


def _transferred(seen: Seen) -> str:
    """One figure that sets of another city foretell."""
    foretold, figure = seen.foretold, seen.foretold.figure
    if seen.refused:
        return f"{figure.id}: {VERDICTS[Verdict.REFUSED]} ({seen.refused})"
    ends = _ends(foretold.low, foretold.high, figure.unit)
    lies = VERDICTS[Verdict.READING if figure.reading_of else verdict_of(foretold.inside)]
    return f"{figure.id} {ends} (published: {figure.published}; {lies})"
