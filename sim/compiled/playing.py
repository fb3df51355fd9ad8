"""The entrance to the compiled engine: a scenario and a seed in, what has happened out.

Layer: sim.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.compiled.history import History
from sim.compiled.kernel import running
from sim.compiled.layout import CASE, WORLD
from sim.compiled.plan import Plan
from sim.rules import find_rule
from sim.rules.patrol import PATROL_RULES

if TYPE_CHECKING:
    from scenarios.loading import Scenario

PLANS_KEPT = 8


def play(scenario: Scenario, seed: int) -> History:
    """The whole history of a scenario.

    Raises ValueError if the territory cannot be divided as asked; KernelError if the engine finds itself in error.
    """
    return History(plan_of(scenario), seed).play()


def plan_of(scenario: Scenario) -> Plan:
    """The scenario laid out; the last few are kept."""
    patrol_rule = find_rule(PATROL_RULES, scenario.parameters.rules.patrol, "rules.patrol")
    return _laid_out(_Known(scenario, patrol_rule))


class _Known:
    """A scenario, known by its hash and by the one rule that is anybody's."""

    def __init__(self, scenario: Scenario, patrol_rule: Any) -> None:
        self.scenario, self._known_by = scenario, (scenario.hash, patrol_rule)

    def __hash__(self) -> int:
        return hash(self._known_by)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Known) and self._known_by == other._known_by


@lru_cache(maxsize=PLANS_KEPT)
def _laid_out(known: _Known) -> Plan:
    return Plan(known.scenario)


def forget() -> None:
    """Lay everything out anew when it is next asked for."""
    _laid_out.cache_clear()


def warm_up() -> None:
    """Have everything compiled, or loaded, that a history needs."""
    running.fill(np.zeros(0, CASE), *_NO_ARRIVALS)
    running.clear(np.zeros(0, CASE))
    world = np.zeros(1, WORLD)  # nothing is to come, and the end is behind: it returns before it asks for any record
    world["end_h"] = -1.0
    for room in ("events_room", "waits_room", "cases_room"):
        world[room] = 16
    running.run(world[0])


_NO_ARRIVALS = (
    np.zeros(0), np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.uint64), np.zeros(0, np.int64),
    np.zeros(0),
)  # fmt: skip
