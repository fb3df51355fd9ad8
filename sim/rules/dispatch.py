"""Dispatch rules: which of several competent units of a level gets a case.

Layer: sim.  A rule reads, decides and changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class Dispatchable(Protocol):
    """What a dispatch rule sees of a unit."""

    people: int

    @property
    def load(self) -> int:
        """Cases waiting and in hand."""

    def distance_m(self, site: int) -> float:
        """From the middle of the unit's area to a site."""


class DispatchRule(Protocol):
    """Given the site and the competent units (in the order of the scenario, never empty), name one."""

    def __call__[U: Dispatchable](self, site: int, units: Sequence[U]) -> U:
        """The unit to which a case at this site is sent."""


def least_loaded[U: Dispatchable](site: int, units: Sequence[U]) -> U:
    """The unit with the fewest cases per person; a tie goes to the one listed first.

    Rule:    argmin over u of load(u) / people(u); a unit without people comes last.  (Eq. 11)
    Source:  assumption-dispatch
    """
    return min(units, key=lambda unit: (unit.people == 0, unit.load / max(unit.people, 1)))


def nearest[U: Dispatchable](site: int, units: Sequence[U]) -> U:
    """The unit whose base is nearest; a tie goes to the one listed first.

    Rule:    argmin over u of distance(u, site).
    Source:  definition
    """
    return min(units, key=lambda unit: unit.distance_m(site))


def first_listed[U: Dispatchable](site: int, units: Sequence[U]) -> U:
    """Control: always the unit listed first.

    Rule:    the first.
    Source:  definition
    """
    return units[0]


DISPATCH_RULES: dict[str, DispatchRule] = {
    "least_loaded": least_loaded,
    "nearest": nearest,
    "first_listed": first_listed,
}
