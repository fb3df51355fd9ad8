"""Working time: shifts, office hours, holidays, and the conversion between clock and worked hours.

Layer: sim.  The spans on duty are laid out once; every question after that is a search in a sorted list.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from datetime import date, timedelta
from functools import lru_cache
from math import inf
from typing import TYPE_CHECKING

import numpy as np

from scenarios.hours import parse_hours
from sim.closed_forms import when_in_span, worked_in_span

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from scenarios.ground import Period

MARGIN_DAYS = 400
"""Days laid out beyond the run, so that a deadline set on its last day has an end."""


class WorkingTime:
    """One pattern of duty hours over the run and a year beyond; times are hours since the run's start."""

    def __init__(self, opens_h: list[float], closes_h: list[float]) -> None:
        """Take the spans on duty: ascending, not overlapping, each `opens_h[i] < closes_h[i]`."""
        self._opens, self._closes = opens_h, closes_h
        self._opens_or_never = [*opens_h, inf]
        lengths = np.subtract(closes_h, opens_h)
        self._before: list[float] = np.concatenate([[0.0], np.cumsum(lengths)]).tolist()

    @property
    def spans(self) -> tuple[list[float], list[float], list[float]]:
        """When each span on duty opens and closes, and the hours worked before it (one entry more: after all)."""
        return self._opens, self._closes, self._before

    def worked_h(self, time_h: float) -> float:
        """Hours on duty from the start of the run until `time_h`.  (Eq. 2)"""
        span = bisect_right(self._opens, time_h) - 1
        if span < 0:
            return 0.0
        return worked_in_span(self._before[span], self._opens[span], self._closes[span], time_h)

    def worked_each_h(self, times_h: NDArray[np.float64]) -> NDArray[np.float64]:
        """The same for many times at once, to the last bit.  (Eq. 2)"""
        span = np.searchsorted(self._opens, times_h, side="right") - 1
        until = np.minimum(times_h, np.asarray(self._closes)[span])
        worked_h = np.asarray(self._before)[span] + until - np.asarray(self._opens)[span]
        return np.where(span < 0, 0.0, worked_h)

    def when(self, worked_h: float) -> float:
        """The first time at which so many hours have been worked; infinity beyond what is laid out.  (Eq. 3)"""
        span = bisect_left(self._before, worked_h) - 1
        if span < 0:
            return 0.0
        return when_in_span(self._before[span], self._opens_or_never[span], worked_h)

    def after_each(self, times_h: NDArray[np.float64], duration_h: float) -> NDArray[np.float64]:
        """When work of `duration_h` is done that is taken up at these times: as `after` for each, to the last bit."""
        worked_h = self.worked_each_h(times_h) + duration_h
        span = np.searchsorted(self._before, worked_h, side="left") - 1
        into_span_h = worked_h - np.asarray(self._before)[span]
        done_h = np.where(span < 0, 0.0, np.asarray(self._opens_or_never)[span] + into_span_h)
        return np.where(done_h > times_h, done_h, self.opening_each(times_h))

    def opening_each(self, times_h: NDArray[np.float64]) -> NDArray[np.float64]:
        """As `opening` for each, to the last bit."""
        span = np.searchsorted(self._opens, times_h, side="right") - 1
        on_duty = (span >= 0) & (times_h < np.asarray(self._closes)[span])
        return np.where(on_duty, times_h, np.asarray(self._opens_or_never)[span + 1])

    def after(self, time_h: float, duration_h: float) -> float:
        """When work of `duration_h` that is taken up at `time_h` is done; it rests while nobody is on duty."""
        return self.done_at(time_h, self.worked_h(time_h) + duration_h)

    def done_at(self, now_h: float, worked_h: float) -> float:
        """When so many hours will have been worked; what takes no time is done as soon as somebody is there."""
        done_h = self.when(worked_h)
        return done_h if done_h > now_h else self.opening(now_h)

    def opening(self, time_h: float) -> float:
        """`time_h` if somebody is on duty then, otherwise the next time when somebody is; infinity if never."""
        span = bisect_right(self._opens, time_h) - 1
        if span >= 0 and time_h < self._closes[span]:
            return time_h
        return self._opens_or_never[span + 1]

    def on_duty(self, time_h: float) -> bool:
        """Whether somebody is on duty at that time."""
        return self.opening(time_h) == time_h


class DutyRoster:
    """Turns hours of duty, written as text, into working time for one period."""

    def __init__(self, period: Period) -> None:
        """Find out which days of the period are working days."""
        self._workdays = working_days(period.start, period.days + MARGIN_DAYS, period.public_holidays)

    def __call__(self, hours: str) -> WorkingTime:
        """The working time of those hours; equal texts share one object."""
        return _lay_out(hours, self._workdays)


@lru_cache(maxsize=64)
def _lay_out(hours: str, workdays: tuple[bool, ...]) -> WorkingTime:
    duty = parse_hours(hours)
    days = np.flatnonzero(workdays) if duty.workdays_only else np.arange(len(workdays))
    spans = (days[:, None, None] * 24.0 + np.asarray(duty.spans_h)[None]).reshape(-1, 2)
    joins = spans[1:, 0] == spans[:-1, 1]
    opens = spans[np.concatenate([[True], ~joins]), 0]
    closes = spans[np.concatenate([~joins, [True]]), 1]
    return WorkingTime(opens.tolist(), closes.tolist())


@lru_cache(maxsize=64)
def working_days(start: date, days: int, public_holidays: str) -> tuple[bool, ...]:
    """For each day, whether it is a working day; where no holidays are known, Monday to Friday are."""
    return tuple(_is_workday(start + timedelta(day), public_holidays) for day in range(days))


def _is_workday(day: date, public_holidays: str) -> bool:
    if public_holidays == "china":
        import chinese_calendar

        try:
            return bool(chinese_calendar.is_workday(day))
        except NotImplementedError:  # a year whose holidays are not known: only days beyond the run get here
            pass
    return day.weekday() < 5
