"""One history of a plan: its arrays, and the kernel that lets it happen.

Layer: sim.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.compiled.built_in import NotBuiltInError
from sim.compiled.kernel import numbers, running
from sim.compiled.layout import (
    ARRAYS,
    CASE,
    CHANCE,
    DAY,
    EVENT,
    NOTICE,
    REAL,
    STEP,
    WAIT,
    WAITING,
    WHOLE,
    WITNESS,
    WORLD,
)
from sim.compiled.memory import OUT_OF_BOUNDS, address_of
from sim.demand import draw_arrivals
from sim.randomness import Streams

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sim.compiled.plan import Plan
    from sim.demand import Arrivals

CHANGED = ("units", "beats", "clocks", "desks", "operators", "members")
"""What a plan lays out and a history changes."""
GROWS = {
    numbers.MORE_EVENTS: "events", numbers.MORE_QUEUES: "queues", numbers.MORE_WAITS: "waits",
    numbers.MORE_CHANCES: "chances", numbers.MORE_CASES: "cases", numbers.MORE_STEPS: "steps",
}  # fmt: skip
ONLY_PLAYED_WITH = ("chances", "events", "noticed", "queues", "waits", "witnesses")
"""What matters to nobody when the history is over."""
MOST_AT_ONCE = 1 << 26
"""So many incidents, and so many waits, a history may have: an event names one of them with 27 bits."""
AT_FIRST = 1024
"""Room for events, chances and what waits; they grow."""


class KernelError(RuntimeError):
    """The compiled engine has found itself in error: a fault of the program, not of the scenario."""


class History:
    """What happens in a city, from one seed."""

    def __init__(self, plan: Plan, seed: int, *, keeps_steps: bool = False) -> None:
        """Draw what will occur and who will be there to see it; nothing has happened yet."""
        self.plan, self.seed = plan, seed
        city, params = plan.city, plan.city.params
        arrivals = draw_arrivals(params, city.territory, city.categories, Streams(seed))
        count = len(arrivals.key)
        if count > MOST_AT_ONCE:
            raise NotBuiltInError(f"a history of {count:,} incidents (the kernel counts {MOST_AT_ONCE:,})")
        self.arrays: dict[str, NDArray[np.void]] = plan.arrays | {name: plan.arrays[name].copy() for name in CHANGED}
        self.arrays |= {
            "cases": _cases(arrivals, room=count + 1 + (count // 8 if city.comes_back else 0)),
            "trust": np.full(city.neighbourhood.count, params.residents.trust_initial).view(REAL),
            "finds": np.zeros(len(city.patrol.supervisors), WHOLE),
            "days": np.zeros(params.period.days + 1, DAY), "events": np.zeros(AT_FIRST, EVENT),
            "queues": np.zeros(AT_FIRST, WAITING), "waits": np.zeros(AT_FIRST, WAIT),
            "chances": np.zeros(AT_FIRST, CHANCE), "steps": np.zeros(AT_FIRST if keeps_steps else 0, STEP),
        }  # fmt: skip
        self._foresee(arrivals)
        self.world = np.zeros(1, WORLD)
        for name in plan.says.dtype.names or ():
            self.world[name] = plan.says[name]
        self.world["arrivals_count"] = self.world["cases_count"] = count
        self.world["trust_sum"] = city.neighbourhood.trust_sum
        self.world["wait_free"] = self.world["chance_free"] = -1
        self.world["queue_need"], self.world["keeps_steps"] = 16, keeps_steps
        if count:
            self.world["entered_count"] = self.world["next_entered"] = 1
        for name in ARRAYS:
            self._point_at(name)

    def _foresee(self, arrivals: Arrivals) -> None:
        city, cases = self.plan.city, self.arrays["cases"]
        sightings = city.neighbourhood.sightings(arrivals, city.categories)
        witnesses = self.arrays["witnesses"] = np.zeros(len(sightings.number), WITNESS)
        witnesses["heard_h"], witnesses["precision_m"] = sightings.heard_h, sightings.precision_m
        witnesses["resident"] = sightings.resident
        cases["witness"][sightings.number] = np.arange(len(witnesses))
        notices = city.party.notices(arrivals, city.categories)
        noticed = self.arrays["noticed"] = np.zeros(len(notices.number), NOTICE)
        noticed["time_h"] = notices.noticed_h
        cases["noticed"][notices.number] = np.arange(len(noticed))

    def play(self) -> History:
        """Let everything happen, to the end.

        Raises KernelError, with scenario and seed, if the kernel finds itself in error.
        """
        while (wanted := running.run(self.world[0])) != numbers.DONE:
            if wanted not in GROWS:
                raise KernelError(self._what_is_wrong())
            self._grow(GROWS[wanted])
        return self

    def let_go(self) -> None:
        """At the end: let go what nobody asks of it any more, to make room for its columns."""
        for name in ONLY_PLAYED_WITH:
            self.arrays[name] = np.zeros(0, ARRAYS[name])
            self._point_at(name)

    def _grow(self, name: str) -> None:
        """Twice the room, and more where more is needed at once."""
        old = self.arrays[name]
        if len(old) > MOST_AT_ONCE:
            raise KernelError(f"{self._where()}: more than {MOST_AT_ONCE:,} {name}")
        least = sum(int(self.world[name][0]) for name in ("queue_need", "chances_most", "starts_most"))
        new = np.zeros(2 * len(old) + least, old.dtype)
        new[: len(old)] = old
        self.arrays[name] = new
        self._point_at(name)

    def _point_at(self, name: str) -> None:
        array = self.arrays[name]
        if not len(array):  # the first record is what an index outside is given
            array = self.arrays[name] = np.zeros(1, ARRAYS[name])
            self.world[f"{name}_room"] = 0
        else:
            self.world[f"{name}_room"] = len(array)
        self.world[f"{name}_at"] = address_of(array)

    def _where(self) -> str:
        return f"{self.plan.scenario.name}, seed {self.seed}, hour {self.world['now_h'][0]:.3f}"

    def _what_is_wrong(self) -> str:
        fault, index = int(self.world["fault"][0]), int(self.world["fault_index"][0])
        where = self._where()
        if fault == numbers.IN_THE_PAST:
            return f"{where}: an event was entered for an hour that has passed (incident or unit {index})"
        if fault == numbers.TOO_MANY_EVENTS:
            return f"{where}: more events than the kernel can count ({index:,})"
        name = list(ARRAYS)[fault - OUT_OF_BOUNDS]
        return f"{where}: there is no {index} in {name}, which has {self.world[f'{name}_room'][0]}"


def _cases(arrivals: Arrivals, room: int) -> NDArray[np.void]:
    """The incidents as drawn; what has not happened to them yet."""
    cases = np.zeros(room, CASE)
    running.fill(cases, *arrivals)
    return cases
