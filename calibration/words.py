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
from experiments.statistics.agreement import MOST, NEARLY_ALL
from experiments.statistics.resting import LEAST_CARRIED
from experiments.words.comparisons import agreement_in_words
from experiments.words.numbers import days_counted, in_percent, measured, number
from experiments.words.resting import ASSUMED as NOT_MEASURED
from languages.speaking import listed, marked, say, say_many, sentences
from sim.indicators import INDICATORS

MOST_NAMED = 3
USES = {"fit": marked("fitted"), "predict": marked("not fitted"), "reading": marked("another reading, no test")}
"""Of a figure."""
STANDINGS = {"fit": marked("fit"), "check": marked("check"), "contested": marked("contested")}
"""Of a figure, in the file of figures."""
VERDICTS = {
    Verdict.INSIDE: marked("inside"),
    Verdict.OUTSIDE: marked("outside"),
    Verdict.BY_HAND: marked("put in by hand"),
    Verdict.READING: marked("another reading"),
    Verdict.REFUSED: marked("not foretold"),
    Verdict.NEVER_USED: marked("never used"),
    Verdict.NOT_SIMULATED: marked("not simulated"),
}
KNOWLEDGE = {
    Knowledge.IDENTIFIED: marked("identified"),
    Knowledge.NARROWED: marked("narrowed"),
    Knowledge.NOT_IDENTIFIED: marked("not identified"),
}
ASSUMED = {
    Assumption.AS_CALIBRATED: marked("{factor:.2g} as calibrated"),
    Assumption.EXACT_EMULATORS: marked("{factor:.2g} emulators taken as exact"),
    Assumption.THIRD_OF_DISCREPANCY: marked("{factor:.2g} a third of the discrepancy"),
    Assumption.TWICE_THE_DISCREPANCY: marked("{factor:.2g} twice the discrepancy"),
}
DOUBTS = {
    Worry.FEW_CITIES: marked("coverage was tested on {truths:.0f} made-up cities; it takes {least:.0f}"),
    Worry.FEW_DRAWS_OF_CITIES: marked("the made-up cities' posteriors rest on {draws:.0f} effective draws and fewer"),
    Worry.INTERVAL: marked("the {level} interval of {about} holds {share} of the truths, outside {low} to {high}"),
    Worry.RANKS: marked("the ranks of the truths of {about} are not even (p = {p:.3f})"),
    Worry.FEW_DRAWS: marked("the posterior rests on {draws:.0f} effective draws from the priors"),
    Worry.APART: marked("the chain's means and those of weighted draws are {apart:.2f} prior deviations apart"),
    Worry.EMULATOR: marked("the emulator of {about} holds {share} of the unseen worlds in its 95 % intervals"),
}
SHARES = ("level", "share", "low", "high")
"""The numbers of doubts that are shares."""
STEPS = {
    Doing.DESIGN: marked("runs of the design"),
    Doing.LEARNING: marked("learning from the runs"),
    Doing.SETS: marked("runs of the sets, wave {name} of {waves}"),
    Doing.LEARNING_MORE: marked("learning from those runs too"),
    Doing.SAMPLING: marked("sampling the posterior"),
    Doing.CANDIDATES: marked("new histories of the sets nearest to the figures"),
    Doing.MADE_UP_CITIES: marked("calibrating to made-up cities"),
    Doing.WRITING: marked("writing"),
    Doing.CHECK: "{name}",
    Doing.SENSITIVITY: marked("sensitivity of {name}"),
}
OFF = {Variable.OFF: marked(" (off in the scenario)")}
"""What is said beside a parameter that was varied, by what it is in the scenario."""


# Calibrations ---------------------------------------------------------------------------------------------------
def step_in_words(step: Step) -> str:
    """What is being done."""
    return say(STEPS[step.doing], name=say(step.name), waves=WAVES)


def doubt_in_words(doubt: Mapping[str, Any]) -> str:
    """A reason to doubt, as `result.json` keeps it."""
    about = emulated_in_words(doubt["about"], doubt["plan"]) if doubt["plan"] else doubt["about"]
    numbers = {name: in_percent(value) if name in SHARES else value for name, value in doubt["numbers"].items()}
    return say(DOUBTS[doubt["worry"]], about=about, **numbers)


def doubts_in_words(doubts: Sequence[Mapping[str, Any]]) -> str:
    """All reasons to doubt."""
    return say("; ").join(map(doubt_in_words, doubts))


def answer_in_words(result: Mapping[str, Any]) -> str:
    """Whether a calibration may be given as an answer, and what was handed over, in one line."""
    if not result["doubts"]:
        return say("It may be given as an answer: nothing that was checked speaks against it.")
    doubt = doubt_in_words(result["doubts"][0])
    if result["handed_over"]:
        return say("IN DOUBT, so it is no answer, and what it hands over says so itself: {doubt}.", doubt=doubt)
    return say(
        "IN DOUBT, so it is no answer, and neither ensemble nor scenario is handed over (--even-in-doubt hands them over, marked): {doubt}.",
        doubt=doubt,
    )


def calibration_in_short(result: Mapping[str, Any]) -> list[str]:
    """Whether the model meets the figures, what is in doubt, what the figures tell, and what they do not.

    `result` is what `calibrate --json` prints.
    """
    held = [figure for figure in result["figures"] if figure["use"] != "reading"]
    tests = [figure for figure in held if figure["use"] == "predict"]
    of = {"title": say(result["title"]), "inside": sum(figure["inside"] for figure in held), "all": len(held)}
    met = (
        say("{title}: all {all} figures lie inside what the model foretells.", **of) if of["inside"] == of["all"]
        else say("{title}: {inside} of {all} figures lie inside what the model foretells.", **of)
    )  # fmt: skip
    lines = [met, answer_in_words(result)]
    if tests:
        inside = sum(figure["inside"] for figure in tests)
        lines.insert(1, say_many(
            "{count} of them was not fitted and so tests the model; of these {inside} lie inside.",
            "{count} of them were not fitted and so test the model; of these {inside} lie inside.", len(tests), inside=inside,
        ))  # fmt: skip
    return lines if result["doubts"] else [*lines, *_told_in_words(result["parameters"])]


def _told_in_words(parameters: Sequence[Mapping[str, Any]]) -> list[str]:
    """Which parameters the figures have narrowed, and how many stay as unknown as they were."""
    known = sorted(
        (entry for entry in parameters if entry["knowledge"] != Knowledge.NOT_IDENTIFIED),
        key=lambda entry: entry["ratio"],
    )
    unknown = [entry for entry in parameters if entry["knowledge"] == Knowledge.NOT_IDENTIFIED]
    lines = []
    if known:
        named = listed(
            say("{path} (to {share} of its spread)", path=entry["path"], share=in_percent(entry["ratio"]))
            for entry in known[:MOST_NAMED]
        )
        more = " …" if len(known) > MOST_NAMED else ""
        lines.append(say_many(
            "The figures narrow {count} of {all} parameters: {paths}.", "The figures narrow {count} of {all} parameters: {paths}.",
            len(known), all=len(parameters), paths=named + more,
        ))  # fmt: skip
    else:
        lines.append(say("The figures narrow none of {all} parameters.", all=len(parameters)))
    if unknown:
        lines.append(_not_told_in_words(unknown))
    return lines


def _not_told_in_words(unknown: Sequence[Mapping[str, Any]]) -> str:
    """How many parameters stay unknown, and on which of them what is foretold hangs most."""
    moving = sorted(
        (entry for entry in unknown if entry.get("matters", 0.0) >= LEAST_CARRIED), key=lambda entry: -entry["matters"]
    )
    if not moving:
        return say_many(
            "They do not tell {count} other, which stays about as wide as it was assumed, and moves what is foretold little.",
            "They do not tell {count} others, which stay about as wide as they were assumed, and move what is foretold little.",
            len(unknown),
        )  # fmt: skip
    return say_many(
        "They do not tell {count} other, which stays about as wide as it was assumed; what is foretold hangs on it.",
        "They do not tell {count} others, which stay about as wide as they were assumed; what is foretold hangs most on {paths}.",
        len(unknown), paths=listed(entry["path"] for entry in moving[:MOST_NAMED]),
    )  # fmt: skip


def validation_in_short(rows: Sequence[Mapping[str, Any]], places: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """How many figures lie inside what is foretold of them, how many are true tests, and which places are in doubt."""
    judged = [row for row in rows if row["verdict"] in (Verdict.INSIDE, Verdict.OUTSIDE)]
    inside, outside = true_tests(rows)
    doubted = [name for name, kept in places.items() if kept["doubts"]]
    lines = [say(
        "{inside} of {all} published figures lie inside what the model foretells of them.",
        inside=sum(row["verdict"] == Verdict.INSIDE for row in judged), all=len(judged),
    )]  # fmt: skip
    tests = len(inside) + len(outside)
    if tests:
        lines.append(say(
            "{tests} of these were never fitted and alone test the model: {inside} lie inside, {outside} outside.", tests=tests,
            inside=len(inside), outside=len(outside),
        ))  # fmt: skip
    if outside:
        lines.append(say("Outside: {figures}.", figures=listed(row["id"] for row in outside)))
    lines.append(
        say("In doubt are the calibrations of {places}: what follows from them is no answer.", places=listed(doubted)) if doubted
        else say("No calibration is in doubt.")
    )  # fmt: skip
    return lines


def knowledge_in_words(parameter: Mapping[str, Any]) -> str:
    """How much the figures say about a parameter."""
    known = say(KNOWLEDGE[parameter["knowledge"]])
    return say("{known}, at an end of its prior", known=known) if parameter["at_an_end"] else known


def central_why(doubts: Sequence[Mapping[str, Any]]) -> str:
    """Why a scenario has the values of a central set."""
    if doubts:
        return say(
            "IN DOUBT, so no answer ({doubts}): a set whose new histories lie close to the figures, and which lies in the middle of those allowed",
            doubts=doubts_in_words(doubts),
        )
    return say("a set whose new histories lie close to the figures, and which lies in the middle of those allowed")


def central_title(title: str, *, in_doubt: bool) -> str:
    """The title of a scenario with the values of a central set."""
    return (
        say("{title}, calibrated in doubt", title=say(title))
        if in_doubt
        else say("{title}, calibrated", title=say(title))
    )


def emulated_in_words(column: str, plan: str) -> str:
    """What an emulator stands for."""
    return say("{indicator} under {plan}", indicator=say(column), plan=say(plan))


# Verdicts -------------------------------------------------------------------------------------------------------
def verdict_in_words(verdict: Verdict, why: str = "") -> str:
    """How a figure stands beside its prediction; why, where it lies outside or is refused; of what it is a reading."""
    if verdict == Verdict.READING:
        return say("another reading of {figure}, no test", figure=why)
    said = verdict in (Verdict.OUTSIDE, Verdict.REFUSED) and why
    return say("{verdict} ({why})", verdict=say(VERDICTS[verdict]), why=say(why)) if said else say(VERDICTS[verdict])


def verdict_of_a_place(figure: Mapping[str, Any]) -> str:
    """How a figure of a calibration stands beside its prediction, as `result.json` keeps it."""
    if figure["use"] == "reading":
        return say(USES["reading"])
    return verdict_in_words(verdict_of(figure["inside"]), figure["why"] if figure["use"] == "fit" else "")


def by_in_words(row: Mapping[str, Any]) -> str:
    """By what a figure was foretold."""
    if row["place"]:
        return say("{place}, {use}", place=row["place"], use=say(USES[row["use"]]))
    if not row["days"]:
        return "–"
    return say("elsewhere: {where}, {days}", where=say(row["elsewhere"]), days=days_counted(row["days"]))


def bounds_in_words(bounds: tuple[float | None, float | None], unit: str) -> str:
    """A published number, or its range, in the unit of the indicator."""
    low, high = bounds
    if low is None and high is None:
        return "–"
    if low is None or high is None:
        if low is None:
            return say("at most {number}", number=number(high, unit))
        return say("at least {number}", number=number(low, unit))
    return number(low, unit) if low == high else f"{number(low, unit)} … {number(high, unit)}"


def assumed(concluded: Concluded) -> str:
    """Whether a conclusion is assumed: the figures narrow it by next to nothing."""
    return say(NOT_MEASURED) if concluded.rest and not concluded.rest.measured else ""


def held_before(concluded: Concluded) -> str:
    """For how many draws from the priors the sign of a difference holds."""
    return agreement_in_words(concluded.rest.agreed_before) if concluded.rest else "–"


def narrowed(concluded: Concluded) -> str:
    """By how much the figures narrow a conclusion's range."""
    if concluded.rest is None:
        return "–"
    return in_percent(concluded.rest.narrowed) if concluded.rest.narrowed > 0.0 else say("not at all")


def hangs_on(concluded: Concluded) -> str:
    """The unknowns that carry a conclusion."""
    return listed(f"`{each.path}`" for each in concluded.rest.carriers) if concluded.rest else ""


def sets_in_words() -> str:
    """What "all", "nearly all", "most" and "some" of the sets are."""
    return say(
        "all: every set agrees on the sign, nearly all: {nearly_all} of them, most: {most}, some: fewer",
        nearly_all=in_percent(NEARLY_ALL), most=in_percent(MOST),
    )  # fmt: skip


def holds(concluded: Concluded) -> str:
    """For how many of the sets the sign of a difference holds."""
    return agreement_in_words(concluded.agreement)


def _ends(low: float, high: float, unit: str) -> str:
    return say("{low} to {high}", low=number(low, unit), high=measured(number(high, unit), unit))


# Answers --------------------------------------------------------------------------------------------------------
def never_fitted_in_words(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """How many true tests there are, and how many figures of them lie inside."""
    inside, outside = true_tests(rows)
    if not inside and not outside:
        return []
    return [say(
        "Of {all} figures that were foretold and never fitted, which alone test the model, {inside} lie inside and {outside} outside: {each}. What was fitted anywhere, put in by hand, or is another reading of a figure is not counted among them.",
        all=len(inside) + len(outside), inside=len(inside), outside=len(outside),
        each=say("; ").join(map(_outside_in_words, outside)) or say("none of them"),
    )]  # fmt: skip


def _outside_in_words(row: Mapping[str, Any]) -> str:
    """A figure that lies outside: what is published, and what was foretold of it."""
    unit = row["unit"]
    of = {
        "figure": row["id"], "published": measured(bounds_in_words(row["bounds"], unit), unit),
        "low": number(row["low"], unit), "high": number(row["high"], unit), "note": say(row["note"]),
    }  # fmt: skip
    if of["note"]:
        return say("{figure} (published {published}, foretold {low} to {high}; {note})", **of)
    return say("{figure} (published {published}, foretold {low} to {high})", **of)


def second_quarter_in_words(places: Places) -> list[str]:
    """Does load alone explain the second quarter, or practice, or can they not be told apart?"""
    found = second_quarter(places)
    alone, learning = found.by_load, found.with_learning
    lies = [say(VERDICTS[verdict_of(each.figure["inside"])]) for each in (alone, learning)]
    ends = [_ends(each.figure["low"], each.figure["high"], each.figure["unit"]) for each in (alone, learning)]
    return [
        say(
            "Second quarter in Changning (published: {published}), foretold by what was fitted to the first quarter and to the second's number of cases: by load alone {by_load}, with learning {by_learning}; the published share lies {lies_load} the first and {lies_learning} the second.",
            published=say(alone.figure["published"]), by_load=ends[0], by_learning=ends[1], lies_load=lies[0],
            lies_learning=lies[1],
        ),
        say(
            "Over the whole prior, no history by load alone had more than {by_load} % on time in the second quarter; with learning, {by_learning} %.",
            by_load=number(alone.top, "share"), by_learning=number(learning.top, "share"),
        ),
        _factors_in_words(found.factors),
    ]  # fmt: skip


def _factors_in_words(found: Mapping[str, float]) -> str:
    """Bayes factors under each assumption, and what they say."""
    if not found:
        return say("Bayes factors are not given: an emulator of the second quarter does not hold unseen worlds.")
    factors = listed(say(ASSUMED[Assumption(name)], factor=factor) for name, factor in found.items())
    return sentences([
        say("Bayes factors for learning against load alone: {factors}.", factors=factors),
        preferred_in_words(list(found.values())),
    ])  # fmt: skip


PREFERRED = {
    (Preferred.FIRST, Strength.POSITIVE): marked("The figures prefer load alone, with positive evidence at least."),
    (Preferred.FIRST, Strength.STRONG): marked("The figures prefer load alone, with strong evidence at least."),
    (Preferred.FIRST, Strength.VERY_STRONG): marked("The figures prefer load alone, with very strong evidence at least."),
    (Preferred.SECOND, Strength.POSITIVE): marked("The figures prefer learning, with positive evidence at least."),
    (Preferred.SECOND, Strength.STRONG): marked("The figures prefer learning, with strong evidence at least."),
    (Preferred.SECOND, Strength.VERY_STRONG): marked("The figures prefer learning, with very strong evidence at least."),
    (Preferred.LEANS_TO_FIRST, Strength.NONE): marked("The figures lean to load alone; how far depends on what model and emulators may err by."),
    (Preferred.LEANS_TO_SECOND, Strength.NONE): marked("The figures lean to learning; how far depends on what model and emulators may err by."),
    (Preferred.NEITHER, Strength.NONE): marked("The figures cannot tell the two apart."),
    (Preferred.DEPENDS, Strength.NONE): marked("Which of the two the figures prefer depends on what model and emulators may err by: they cannot be told apart."),
}  # fmt: skip
"""What is preferred, and how strong the evidence for it is at least."""


def preferred_in_words(factors: Sequence[float]) -> str:
    """What Bayes factors for learning against load alone say, each under another assumption."""
    return say(PREFERRED[preferred(factors)])


def staff_in_words(concluded: Sequence[Concluded]) -> list[str]:
    """Which conclusions hold under both readings of Changning's staff."""
    pairs = both_readings(concluded)
    other = [
        say(
            "{plan}: {what}: {holds} ({supervisors} supervisors), {holds_other} ({supervisors_other})", plan=say(first.plan),
            what=say(INDICATORS[first.indicator].definition), holds=holds(first), supervisors=first.supervisors,
            holds_other=holds(second), supervisors_other=second.supervisors,
        )
        for first, second in pairs if not same_conclusion(first, second)
    ]  # fmt: skip
    return [say(
        "Of {all} conclusions on Changning, {same} are the same under both readings of its staff (the table of conclusions has all). Others: {others}.",
        all=len(pairs), same=len(pairs) - len(other), others=say("; ").join(other) or say("none of them"),
    )]  # fmt: skip


def cautions_in_words(concluded: Sequence[Concluded]) -> list[str]:
    """Plans under which a share gets better because more is never seen."""
    return [
        say(
            "{check}, {plan}: more is closed on time, and more is never found, while less is filed: what nobody files cannot be late. Read the on-time share together with what stays unseen.",
            check=say(check),
            plan=say(plan),
        )
        for check, plan in flattered(concluded)
    ]


def read_otherwise_in_words(places: Places) -> list[str]:
    """What the other readings of contested figures would change."""
    lines = []
    for name, kept in places.items():
        best = max((reading["log_evidence"] for reading in kept["readings"]), default=0.0)
        for reading in kept["readings"]:
            moved = listed(
                say("{path} from {own:.3g} to {other:.3g}", path=path, own=own, other=other)
                for path, (own, other) in moved_medians(kept["parameters"], reading).items()
            )
            few = reading["effective_count"] < LEAST_EFFECTIVE
            draws = {"draws": reading["effective_count"]}
            likely = math.exp(reading["log_evidence"] - best)
            of = {
                "place": name, "reading": say(reading["name"]), "likely": likely,
                "moves": say("the medians move of {moved}", moved=moved) if moved else say("no parameter's median moves"),
                "rests": say("rests on {draws:.0f} effective draws, too few to be told well", **draws) if few
                else say("rests on {draws:.0f} effective draws", **draws),
            }  # fmt: skip
            if likely < 1.0:
                lines.append(
                    say(
                        "{place}, read as {reading}: {moves} ({rests}; with the crews and priors that were set by hand, {likely:.2g} times as likely as the likeliest reading).",
                        **of,
                    )
                )
            else:
                lines.append(say("{place}, read as {reading}: {moves} ({rests}).", **of))
    return lines


def ratios_in_words(places: Places) -> list[str]:
    """What the model says of a ratio of before to after that was published."""
    return [
        say(
            "{place}, {ratio} (published: {published:g}, and fitted through its two sides): the model says {middle:.1f} times ({low:.1f} to {high:.1f}); the published ratio lies {lies}.",
            place=name, ratio=say(ratio["name"]), published=ratio["published"], middle=ratio["middle"], low=ratio["low"],
            high=ratio["high"], lies=say(VERDICTS[verdict_of(ratio["low"] <= ratio["published"] <= ratio["high"])]),
        )
        for name, kept in places.items() for ratio in kept["ratios"]
    ]  # fmt: skip


def interval_of_a_transfer_in_words(between: Between) -> str:
    """What the interval of a figure is that sets of another city foretell."""
    return say(
        "What the interval of a transfer is: everything that an interval always holds, and, of counts and hours, how far cities differ: {rates} published rates of cases per supervisor and day lie about their trend over the years with a standard deviation of {sd:.2f} in the logarithm, a factor of {factor:.1f} up or down in nine cases of ten. (The trend itself, {growth} a year, is not in it: nothing is said of another decade.) Crews are not carried from one city to another: on-time and closing shares are given over the prior of crews of the place that is foretold; where there is none, they are refused.",
        rates=between.rates_count, sd=between.sd, factor=between.factor, growth=in_percent(math.expm1(between.growth), "+.0f"),
    )  # fmt: skip


def transfer_in_words(moved: Mapping[tuple[str, str], Sequence[Seen]]) -> list[str]:
    """Whether rates that were fitted in one city foretell another; by the place of the sets, and the scenario."""
    lines = []
    for (place, scenario), entries in moved.items():
        each = [_transferred(seen) for seen in entries if seen.foretold.figure.standing != "check"]
        redrawn = listed(entries[0].redrawn) if entries else ""
        days = days_counted(entries[0].days) if entries else say("nothing")
        of = {"place": place, "scenario": scenario, "days": days, "each": say("; ").join(each)}
        anew = say("Drawn from its prior, since fitted or unknown there: {paths}.", paths=redrawn) if redrawn else ""
        lines.append(sentences([say("Transfer, {place} → {scenario}, {days}: {each}.", **of), anew]))
    return lines


def _transferred(seen: Seen) -> str:
    """One figure that sets of another city foretell."""
    foretold, figure = seen.foretold, seen.foretold.figure
    if seen.refused:
        return say("{figure}: not foretold ({why})", figure=figure.id, why=say(seen.refused))
    ends = _ends(foretold.low, foretold.high, figure.unit)
    lies = say(VERDICTS[Verdict.READING if figure.reading_of else verdict_of(foretold.inside)])
    return say(
        "{figure} {ends} (published: {published}; {lies})", figure=figure.id, ends=ends,
        published=say(figure.published), lies=lies,
    )  # fmt: skip
