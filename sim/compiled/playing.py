"""The entrance to the compiled engine: a scenario and a seed in, what has happened out.

Layer: sim.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

import sim.city
from sim.compiled.history import History
from sim.compiled.kernel import running
from sim.compiled.layout import CASE, WORLD
from sim.compiled.plan import Plan
from sim.rules import find_rule
from sim.rules.dispatch import DISPATCH_RULES
from sim.rules.escalation import ESCALATION_RULES
from sim.rules.patrol import PATROL_RULES
from sim.rules.queueing import QUEUE_RULES
from sim.rules.reporting import REPORTING_RULES

if TYPE_CHECKING:
    from scenarios.loading import Scenario

PLANS_KEPT = 4


def play(scenario: Scenario, seed: int, *, keeps_steps: bool = False) -> History:
    """The whole history of a scenario, with its steps if they are to be kept.

    Raises ValueError if the territory cannot be divided as asked; KernelError if the engine finds itself in error.
    """
    return History(plan_of(scenario), seed, keeps_steps=keeps_steps).play()


def plan_of(scenario: Scenario) -> Plan:
    """The scenario laid out; the last few are kept."""
    return _laid_out(_Known(scenario))


class _Known:
    """A scenario, known by its hash and by every function and kind that sets its city up, as they are now."""

    def __init__(self, scenario: Scenario) -> None:
        rules = scenario.parameters.rules
        named = (
            find_rule(PATROL_RULES, rules.patrol, "rules.patrol"), ESCALATION_RULES[rules.escalation],
            REPORTING_RULES[rules.reporting],
            DISPATCH_RULES[rules.dispatch],
            *(QUEUE_RULES[unit.queue_rule] for unit in scenario.parameters.units.values()),
        )  # fmt: skip
        makers = tuple(one for one in vars(sim.city).values() if callable(one))
        self.scenario, self._known_by = scenario, (scenario.hash, named, makers)

    def __hash__(self) -> int:
        return hash(self._known_by)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Known) and self._known_by == other._known_by


@lru_cache(maxsize=PLANS_KEPT)
def _laid_out(known: _Known) -> Plan:
    return Plan(known.scenario)


def forget() -> None:
    """Lay everything out anew when it is next asked for: for measuring what that takes."""
    _laid_out.cache_clear()


def warm_up() -> None:
    """Have everything compiled, or loaded, that a history needs."""
    running.fill(np.zeros(0, CASE), *_NO_ARRIVALS)
    running.clear(np.zeros(0, CASE))
    world = np.zeros(1, WORLD)  # its end is behind: it comes back before it asks for any record
    world["end_h"], world["day"] = -1.0, 1
    for room in ("events_room", "waits_room", "cases_room"):
        world[room] = 16
    running.run(world[0])


_NO_ARRIVALS = (
    np.zeros(0), np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.uint64), np.zeros(0, np.int64),
    np.zeros(0),
)  # fmt: skip
