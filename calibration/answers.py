"""What the calibrations answer, in numbers: every figure with its verdict, and the questions that were asked of them.

Layer: calibration.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum
from typing import Any, NamedTuple

from calibration.checks import Concluded, Seen
from experiments.published.figures import Figure, figures
from experiments.statistics.agreement import Sign

CANNOT_TELL, POSITIVE, STRONG = 3.0, 20.0, 150.0
"""Bayes factors from which evidence counts as positive, strong, very strong (Kass and Raftery 1995)."""
LEAST_MOVE = 0.1
"""Of its 90 % interval, by which the median of a parameter must move to be said to."""
SECOND_QUARTER = "changning-2006q1-ontime"
LOAD, LEARNING = "changning", "changning_learning"

type Places = Mapping[str, Mapping[str, Any]]
"""Of each place, what `result.json` keeps of its calibration."""


class Verdict(StrEnum):
    """How a published figure stands beside what is foretold of it."""

    INSIDE = "inside"
    OUTSIDE = "outside"
    BY_HAND = "by_hand"
    """It was put into the scenario by hand, so it is no prediction."""
    READING = "reading"
    """It is another reading of a figure: shown, and neither inside nor outside."""
    REFUSED = "refused"
    """It rests on crews that nobody knows, and nobody says what they may be."""
    NEVER_USED = "never_used"
    NOT_SIMULATED = "not_simulated"


def verdict_of(inside: bool) -> Verdict:
    """Whether a figure lies inside its prediction."""
    return Verdict.INSIDE if inside else Verdict.OUTSIDE


def every_figure(places: Places, seen: Sequence[Seen]) -> list[dict[str, Any]]:
    """Every published figure in the order of the file, with its prediction and verdict, as plain objects.

    `tested` says that it is a true test (`is_test`); `place` and `use` that a calibration has it, `elsewhere` and
    `days` that it was foretold by sets of another place. A figure of several places is judged by the first of them.
    """
    kept: dict[str, dict[str, Any]] = {}
    fitted: set[str] = set()
    for name in sorted(places, key=lambda name: name != LOAD):
        for entry in places[name]["figures"]:
            kept.setdefault(entry["id"], entry | {"place": name})
            fitted |= {entry["id"]} if entry["use"] == "fit" else set()
    elsewhere = {entry.foretold.figure.id: entry for entry in seen}
    return [
        _row(figure, kept.get(figure.id), elsewhere.get(figure.id))
        | {"tested": is_test(figure, kept.get(figure.id), elsewhere.get(figure.id), fitted)}
        for figure in figures()
    ]  # fmt: skip


def is_test(figure: Figure, kept: Mapping[str, Any] | None, elsewhere: Seen | None, fitted: Collection[str]) -> bool:
    """Whether a figure tests the model: it was foretold by what never saw it, in no reading and in no place.

    What is fitted anywhere is no test, nor is what was put in by hand, another reading of a figure, a figure of which
    another reading is fitted, or what nothing was foretold of.
    """
    seen_otherwise = {other.id for other in figures() if other.reading_of == figure.id} & set(fitted)
    if figure.reading_of or figure.id in fitted or seen_otherwise:
        return False
    if kept:
        return bool(kept["use"] == "predict")
    return elsewhere is not None and not elsewhere.given and not elsewhere.refused


def true_tests(rows: Sequence[Mapping[str, Any]]) -> tuple[list[Mapping[str, Any]], list[Mapping[str, Any]]]:
    """The true tests among figures with their verdicts: those inside, and those outside."""
    tested = [row for row in rows if row["tested"]]
    inside = [row for row in tested if row["verdict"] == Verdict.INSIDE]
    return inside, [row for row in tested if row["verdict"] != Verdict.INSIDE]


def _row(figure: Figure, kept: Mapping[str, Any] | None, elsewhere: Seen | None) -> dict[str, Any]:
    never_used = figure.standing == "contested" and figure.quantity is None
    row: dict[str, Any] = {
        "id": figure.id, "published": figure.published, "unit": figure.unit, "standing": figure.standing,
        "bounds": figure.bounds, "note": figure.note, "reading_of": figure.reading_of, "low": None, "middle": None,
        "high": None, "mass": None, "place": "", "use": "", "elsewhere": "", "days": None, "why": "",
        "verdict": Verdict.NEVER_USED if never_used else Verdict.NOT_SIMULATED,
    }  # fmt: skip
    if kept:
        row |= {key: kept[key] for key in ("low", "middle", "high", "mass", "place", "use")}
        row |= {"verdict": verdict_of(kept["inside"]), "why": kept["why"] if kept["use"] == "fit" else ""}
    elif elsewhere:
        row |= {"elsewhere": elsewhere.note, "days": elsewhere.days}
        if elsewhere.refused:
            return row | {"verdict": Verdict.REFUSED, "why": elsewhere.refused}
        row |= {key: getattr(elsewhere.foretold, key) for key in ("low", "middle", "high", "mass")}
        row |= {"verdict": Verdict.BY_HAND if elsewhere.given else verdict_of(elsewhere.foretold.inside)}
    if figure.reading_of and (kept or elsewhere) and row["use"] != "fit":
        row |= {"verdict": Verdict.READING, "why": figure.reading_of}
    return row


class Preferred(StrEnum):
    """Which of two explanations the figures prefer, under every assumption that was tried."""

    FIRST = "first"
    SECOND = "second"
    LEANS_TO_FIRST = "leans_to_first"
    """Under every assumption it is likelier, but not under every one by enough to count as evidence."""
    LEANS_TO_SECOND = "leans_to_second"
    NEITHER = "neither"
    """No assumption gives evidence for either."""
    DEPENDS = "depends"
    """One assumption prefers the one, another the other."""


class Strength(StrEnum):
    """How strong evidence is at least (Kass and Raftery 1995)."""

    NONE = "none"
    POSITIVE = "positive"
    STRONG = "strong"
    VERY_STRONG = "very_strong"


def preferred(factors: Sequence[float]) -> tuple[Preferred, Strength]:
    """What Bayes factors for the second explanation against the first say, each under another assumption."""
    low, high = min(factors), max(factors)
    for least, which in ((low, Preferred.SECOND), (1.0 / high, Preferred.FIRST)):
        if least >= CANNOT_TELL:
            strong = Strength.STRONG if least < STRONG else Strength.VERY_STRONG
            return which, Strength.POSITIVE if least < POSITIVE else strong
    if max(high, 1.0 / low) < CANNOT_TELL:
        return Preferred.NEITHER, Strength.NONE
    if low >= 1.0 or high <= 1.0:
        return Preferred.LEANS_TO_SECOND if low >= 1.0 else Preferred.LEANS_TO_FIRST, Strength.NONE
    return Preferred.DEPENDS, Strength.NONE


class Explanation(NamedTuple):
    """One way to explain the second quarter."""

    figure: Mapping[str, Any]
    """What is foretold of it, as `result.json` keeps it."""
    top: float
    """The highest history over the whole prior."""


class SecondQuarter(NamedTuple):
    """Does load alone explain the second quarter, or practice?"""

    by_load: Explanation
    with_learning: Explanation
    factors: Mapping[str, float]
    """Assumption → Bayes factor for learning against load alone; none where an emulator does not hold unseen worlds."""


def second_quarter(places: Places) -> SecondQuarter:
    """What the two calibrations say of Changning's second quarter."""
    alone, learning = (places[name]["log_densities"].get(SECOND_QUARTER, {}) for name in (LOAD, LEARNING))
    factors = {name: math.exp(min(50.0, learning[name] - alone[name])) for name in alone if name in learning}
    return SecondQuarter(_explanation(places[LOAD]), _explanation(places[LEARNING]), factors)


def _explanation(place: Mapping[str, Any]) -> Explanation:
    figure = next(entry for entry in place["figures"] if entry["id"] == SECOND_QUARTER)
    return Explanation(figure, place["reached"][SECOND_QUARTER][1])


def both_readings(concluded: Sequence[Concluded]) -> list[tuple[Concluded, Concluded]]:
    """Each conclusion under both readings of a place's staff, the larger first."""
    readings = sorted({entry.supervisors for entry in concluded if entry.supervisors is not None}, reverse=True)
    if len(readings) < 2:
        return []
    first, second = ([entry for entry in concluded if entry.supervisors == count] for count in readings[:2])
    return list(zip(first, second, strict=True))


def same_conclusion(first: Concluded, second: Concluded) -> bool:
    """Whether two readings come to the same: the same sign, in as many of the sets."""
    return first.agreement[1:] == second.agreement[1:]


def flattered(concluded: Sequence[Concluded]) -> list[tuple[str, str]]:
    """Check and plan under which a share gets better because more is never seen: what is not filed cannot be late."""
    firm = {
        (entry.check, entry.plan, entry.indicator): entry.agreement.sign for entry in concluded if entry.agreement.firm
    }
    any_sign = {(entry.check, entry.plan, entry.indicator): entry.agreement.sign for entry in concluded}
    return [
        plan for plan in dict.fromkeys((entry.check, entry.plan) for entry in concluded)
        if firm.get((*plan, "on_time_share_of_filed")) is Sign.MORE
        and firm.get((*plan, "unseen_share")) is Sign.MORE
        and any_sign.get((*plan, "filed_count")) is Sign.LESS
    ]  # fmt: skip


def moved_medians(
    parameters: Sequence[Mapping[str, Any]], reading: Mapping[str, Any]
) -> dict[str, tuple[float, float]]:
    """Parameters whose median another reading moves by a tenth of their interval: from what, to what."""
    moved = {}
    for own in parameters:
        (low, middle, high), other = own["posterior"], reading["parameters"][own["path"]]
        if abs(other[1] - middle) >= LEAST_MOVE * (high - low):
            moved[own["path"]] = (middle, other[1])
    return moved
