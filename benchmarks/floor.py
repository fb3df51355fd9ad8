"""The floor under our time: the very same events, with nothing happening in them.

A run is recorded once: which events each event entered, and when. Then the recording is played back through a bare
`heapq` loop (what of our time is the model, and what the calendar) and through the same loop compiled by numba
(what the machine could do).
"""

from __future__ import annotations

from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING
from unittest.mock import patch

import numpy as np
from numba import njit

from sim.calendar import EventCalendar
from sim.model import GovernanceModel

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from scenarios.loading import Scenario
    from sim.calendar import Handler
    from sim.incidents import Incident


@dataclass(frozen=True)
class Recording:
    """Events by number, from 1 in the order in which they were entered; number 0 is the building of the model."""

    times_h: NDArray[np.float64]
    """(N + 1,) when each event happens."""
    entered: NDArray[np.int64]
    """(N,) numbers of the events, those entered by event 0 first, then those by event 1, and so on."""
    first: NDArray[np.int64]
    """(N + 2,) event k entered `entered[first[k]:first[k + 1]]`."""
    end_h: float


class _Recorder(EventCalendar):
    """A calendar that notes which event enters which."""

    def __init__(self) -> None:
        super().__init__()
        self.times_h = [0.0]
        self.entered_by = [-1]
        self.happening = 0

    def at(self, time_h: float, handler: Handler, incident: Incident) -> None:
        """Enter an event, and note its time and the event that enters it."""
        super().at(time_h, handler, incident)
        if len(self.times_h) <= self._order:
            self.times_h.append(time_h)
            self.entered_by.append(self.happening)

    def run_until(self, end_h: float) -> None:
        """Let events happen, and know which one does."""
        heap = self._heap
        while heap and heap[0][0] <= end_h:
            self.now_h, self.happening, handler, incident = heappop(heap)
            handler(incident)
        self.now_h = end_h


def record(scenario: Scenario, seed: int) -> Recording:
    """Run a scenario and note which event entered which."""
    end_h = scenario.parameters.period.days * 24.0
    with patch("sim.model.EventCalendar", _Recorder):
        model = GovernanceModel(scenario, seed)
        model.run_for(end_h)
    by = np.array(model.calendar.entered_by)
    entered = np.argsort(by, kind="stable")[1:]
    first = np.searchsorted(by[entered], np.arange(len(by) + 1))
    return Recording(np.array(model.calendar.times_h), entered, first, end_h)


def bare_heap(recording: Recording) -> Callable[[], int]:
    """The events through a Python loop over `heapq`, ready to be played; returns how many happened."""
    times, first = recording.times_h.tolist(), recording.first.tolist()
    events = [(times[number], number) for number in recording.entered.tolist()]
    enters = [events[first[number] : first[number + 1]] for number in range(len(times))]

    def play() -> int:
        heap: list[tuple[float, int]] = []
        for event in enters[0]:
            heappush(heap, event)
        happened = 0
        while heap and heap[0][0] <= recording.end_h:
            _, number = heappop(heap)
            happened += 1
            for event in enters[number]:
                heappush(heap, event)
        return happened

    return play


def compiled_heap(recording: Recording) -> Callable[[], int]:
    """The same loop in machine code, compiled already."""
    _play(recording.times_h, recording.entered, recording.first, 0.0)
    return lambda: _play(recording.times_h, recording.entered, recording.first, recording.end_h)


@njit
def _play(times_h: NDArray[np.float64], entered: NDArray[np.int64], first: NDArray[np.int64], end_h: float) -> int:
    heap = [(times_h[number], number) for number in entered[: first[1]]]
    heapify(heap)
    happened = 0
    while len(heap) and heap[0][0] <= end_h:
        _, number = heappop(heap)
        happened += 1
        for place in range(first[number], first[number + 1]):
            heappush(heap, (times_h[entered[place]], entered[place]))
    return happened
