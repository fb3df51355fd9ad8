"""The steps of a run: every change of stage and every deed, one after the other, for whoever wants to watch.

Layer: sim.  Kept only where it is asked for: statistics need none of it, and it is most of what a run could remember.
"""

from __future__ import annotations

from math import nan
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sim.case_log import CaseLog
from sim.incidents import Stage

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sim.city import City
    from sim.incidents import Deed, Incident
    from sim.world import Clock


WITH_UNIT = frozenset((Stage.DISPATCHED, Stage.HANDLING))
"""Stages in which a case is with a unit, or (nobody is noted) on a wrong way, or with a volunteer."""


class Steps(NamedTuple):
    """The steps of a run in the order in which they happened: arrays with one entry each."""

    time_h: NDArray[np.float64]
    incident: NDArray[np.int64]
    """Its row among the incidents of the run."""
    what: NDArray[np.int64]
    """A `Stage` that it enters, or a `Deed`."""
    who: NDArray[np.int64]
    """A beat, unit or level, numbered as the city has them; -1: nobody in particular."""
    until_h: NDArray[np.float64]
    """Of an errand: the hours on duty at which the post is back on its walk. Of an extension: the deadline."""


_NO_TIMES, _NO_NUMBERS = np.zeros(0), np.zeros(0, np.int64)
NO_STEPS = Steps(_NO_TIMES, _NO_NUMBERS, _NO_NUMBERS, _NO_NUMBERS, _NO_TIMES)


class StepLog(CaseLog):
    """A log that remembers how everything came about."""

    def __init__(self, clock: Clock) -> None:
        """Nothing has happened yet; what does is noted at the time that `clock` shows."""
        super().__init__()
        self._clock = clock
        self._steps: list[tuple[float, int, int, object, float]] = []

    def enter(self, incident: Incident, stage: Stage) -> None:
        """An incident goes from its stage to another."""
        super().enter(incident, stage)
        self.note(incident, stage, incident.unit if stage in WITH_UNIT else None)

    def note(self, incident: Incident, what: Stage | Deed, who: object = None, until_h: float = nan) -> None:
        """Something is done about an incident, by somebody, until some time."""
        self._steps.append((self._clock.now_h, incident.number, what, who, until_h))

    def steps(self, city: City) -> Steps:
        """All that has happened so far; people are numbered as the city has them."""
        times_h, incidents, whats, people, until_h = zip(*self._steps, strict=True) if self._steps else ((),) * 5
        number: dict[object, int] = {None: -1}
        for group in (city.patrol.beats, city.units):
            number |= {one: place for place, one in enumerate(group)}
        who = [one if isinstance(one, int) else number[one] for one in people]
        return Steps(
            np.array(times_h, np.float64), np.array(incidents, np.int64), np.array(whats, np.int64),
            np.array(who, np.int64), np.array(until_h, np.float64),
        )  # fmt: skip
