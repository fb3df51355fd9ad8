"""Queue rules: who is served next.

Layer: sim.  A rule reads, decides and changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Protocol


class Waiting(Protocol):
    """What a queue rule sees of a case."""

    due_h: float | None


QueueRule = Callable[[Waiting, int], float]
"""Given a case that joins the queue and its severity by then, give its place: the lowest number is served
first, and equal numbers in the order in which they joined. A place is not judged again while the case waits."""


def first_come(case: Waiting, severity: int) -> float:
    """Control: in the order of joining.

    Rule:    place = 0.
    Source:  definition
    """
    return 0.0


def earliest_deadline(case: Waiting, severity: int) -> float:
    """The case that is due first; one without a deadline comes last.

    Rule:    place = due time.  (Eq. 14)
    Source:  starting-values
    """
    return inf if case.due_h is None else case.due_h


def most_severe(case: Waiting, severity: int) -> float:
    """The most severe case; among equals, in the order of joining. Nobody is interrupted.

    Rule:    place = -severity.
    Source:  cobham-1954
    """
    return -float(severity)


QUEUE_RULES: dict[str, QueueRule] = {
    "first_come": first_come,
    "earliest_deadline": earliest_deadline,
    "most_severe": most_severe,
}
