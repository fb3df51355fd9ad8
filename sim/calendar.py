"""The event calendar: what is going to happen, in order of time.

Layer: sim.  Knows nothing of the city.
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush
from math import inf
from typing import Any


class EventCalendar:
    """A heap of (time, order, handler, payload); events at one time happen in the order they were entered."""

    def __init__(self) -> None:
        """Start at hour 0 with nothing entered."""
        self.now_h = 0.0
        self._order = 0
        self._heap: list[tuple[float, int, Callable[[Any], None], Any]] = []

    def at[T](self, time_h: float, handler: Callable[[T], None], payload: T) -> None:
        """Let `handler(payload)` happen at `time_h`, hours; a time of infinity never comes.

        Raises ValueError if the time has passed (or is not a number).
        """
        if self.now_h <= time_h < inf:
            self._order += 1
            heappush(self._heap, (time_h, self._order, handler, payload))
        elif time_h != inf:
            raise ValueError(f"cannot enter an event at {time_h} h: it is {self.now_h} h")

    def run_until(self, end_h: float) -> None:
        """Let everything up to and including `end_h` happen."""
        heap = self._heap
        while heap and heap[0][0] <= end_h:
            self.now_h, _, handler, payload = heappop(heap)
            handler(payload)
        self.now_h = end_h

    @property
    def happened_count(self) -> int:
        """Events that have happened so far."""
        return self._order - len(self._heap)
