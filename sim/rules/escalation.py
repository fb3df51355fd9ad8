"""Escalation rules: which level a case goes to, and where next if that fails.

Layer: sim.  A rule reads, decides and changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum
from typing import Protocol

from sim.incidents import Level, Severity


class Reason(Enum):
    """Why a level is to be named."""

    NEW = "new"
    TOO_SEVERE = "too severe"
    TOO_LATE = "too late"
    ATTEMPTS_USED_UP = "attempts used up"


class Climber(Protocol):
    """What an escalation rule sees of a case."""

    level: Level | None
    """Where it is now; None if it has not been anywhere yet."""


EscalationRule = Callable[[Climber, int, Reason, Sequence[Level]], Level | None]
"""Given the case, its severity by now, the reason, and the levels that have a competent unit (lowest first,
never empty), name the next one of them; None: it stays where it is (a new case starts at the lowest).

Whether a case may come to wait too long is asked when it joins a queue, and again when its time is up: what is said
then counts, and a case that is to stay is not asked about again while it stands in that queue."""


def ladder(case: Climber, severity: int, reason: Reason, rungs: Sequence[Level]) -> Level | None:
    """Start at the bottom and climb one rung at a time; a major case goes to the top at once.

    Rule:    new: the lowest rung, or the highest if major; otherwise the next rung above; none above: stay.
    Source:  escalation-ladder
    """
    if severity == Severity.MAJOR and case.level != rungs[-1]:
        return rungs[-1]
    return rungs[0] if reason is Reason.NEW else _next_above(case.level, rungs)


def by_severity(case: Climber, severity: int, reason: Reason, rungs: Sequence[Level]) -> Level | None:
    """Go straight to the lowest rung that is meant for this severity, and climb from there.

    Rule:    minor: grid, ordinary: community, prominent: subdistrict, major: district; if that rung has no
             competent unit, the next above that has one, else the highest; on failure, the next rung above.
    Source:  escalation-ladder
    """
    if reason is not Reason.NEW:
        return _next_above(case.level, rungs)
    return next((rung for rung in rungs if rung >= severity), rungs[-1])


def direct(case: Climber, severity: int, reason: Reason, rungs: Sequence[Level]) -> Level | None:
    """Everything goes to the highest competent unit at once, and nowhere else.

    Rule:    new: the highest rung; otherwise stay.
    Source:  definition
    """
    return rungs[-1] if reason is Reason.NEW else None


def none(case: Climber, severity: int, reason: Reason, rungs: Sequence[Level]) -> Level | None:
    """Control: everything goes to the lowest competent unit and stays there, whatever happens.

    Rule:    new: the lowest rung; otherwise stay.
    Source:  definition
    """
    return rungs[0] if reason is Reason.NEW else None


def _next_above(level: Level | None, rungs: Sequence[Level]) -> Level | None:
    return next((rung for rung in rungs if level is None or rung > level), None)


ESCALATION_RULES: dict[str, EscalationRule] = {
    "ladder": ladder,
    "by_severity": by_severity,
    "direct": direct,
    "none": none,
}
