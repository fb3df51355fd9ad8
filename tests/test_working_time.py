"""Two clocks over nights, lunches, weekends and holidays, against hours counted by hand and minute by minute."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios.ground import Period
from scenarios.hours import parse_hours
from scenarios.people import OFFICE_HOURS
from sim.working_time import DutyRoster, WorkingTime, working_days

NATIONAL_DAY = date(2005, 9, 30)  # a Friday; 1 to 7 October are off, and 8 and 9 October, a weekend, are worked


def working_time(hours: str, start: date = NATIONAL_DAY, days: int = 30) -> WorkingTime:
    return DutyRoster(Period(start=start, days=days))(hours)


def at(day: int, clock: str) -> float:
    hour, minute = clock.split(":")
    return day * 24 + int(hour) + int(minute) / 60


@pytest.mark.parametrize(("taken_up", "hours", "done"), [
    pytest.param(at(0, "09:00"), 2, at(0, "11:00"), id="within a morning"),
    pytest.param(at(0, "11:00"), 2, at(0, "15:00"), id="over lunch"),
    pytest.param(at(0, "11:00"), 1, at(0, "12:00"), id="done as lunch begins"),
    pytest.param(at(0, "13:00"), 1, at(0, "15:00"), id="taken up at lunch"),
    pytest.param(at(0, "17:00"), 2, at(8, "09:00"), id="over the national holiday to the Saturday that is worked"),
    pytest.param(at(9, "17:00"), 2, at(10, "09:00"), id="from the Sunday that is worked into Monday"),
    pytest.param(at(14, "17:30"), 1, at(17, "08:30"), id="over an ordinary weekend"),
    pytest.param(at(1, "03:00"), 0, at(8, "08:00"), id="what takes no time is done when the office opens"),
])  # fmt: skip
def test_office_hours(taken_up, hours, done):
    assert working_time(OFFICE_HOURS).after(taken_up, hours) == pytest.approx(done)


@pytest.mark.parametrize(("taken_up", "hours", "done"), [
    pytest.param(at(0, "20:00"), 2, at(0, "22:00"), id="in the evening"),
    pytest.param(at(0, "20:00"), 8, at(1, "04:00"), id="over midnight"),
    pytest.param(at(1, "05:00"), 4, at(1, "21:00"), id="rests by day"),
])  # fmt: skip
def test_a_shift_over_midnight(taken_up, hours, done):
    assert working_time("19:00-07:00 daily").after(taken_up, hours) == pytest.approx(done)


def test_all_hours_run_on_without_a_gap():
    always = working_time("00:00-24:00 daily")
    assert always.worked_h(100.25) == 100.25
    assert always.after(100.25, 1000.0) == 1100.25
    assert always.on_duty(24.0)


def test_beyond_what_is_laid_out_nothing_is_ever_done():
    assert working_time(OFFICE_HOURS).when(1e6) == inf


def test_the_spring_festival_of_2006():
    days = working_days(date(2006, 1, 27), 12, "china")
    #       27 Fri  28 Sat (worked), 29 Jan - 4 Feb off, 5 Sun (worked), 6, 7
    assert days == (True, True, *[False] * 7, True, True, True)


def test_without_holidays_the_week_is_plain():
    assert working_days(date(2006, 1, 27), 4, "none") == (True, False, False, True)


@pytest.mark.parametrize("hours", [OFFICE_HOURS, "19:00-07:00 daily", "07:30-19:15 daily", "22:00-02:00 workdays"])
def test_hours_are_those_of_a_slow_count_minute_by_minute(hours):
    quick, duty = working_time(hours), parse_hours(hours)
    workdays = working_days(NATIONAL_DAY, 30, "china")
    counted = 0
    for minute in range(20 * 24 * 60):
        if minute % 97 == 0:
            assert quick.worked_h(minute / 60) == pytest.approx(counted / 60, abs=1e-9)
        moment = datetime.combine(NATIONAL_DAY, datetime.min.time()) + timedelta(minutes=minute)
        of_day = moment.hour + moment.minute / 60
        counted += (workdays[minute // 1440] or not duty.workdays_only) and any(
            a <= of_day < b for a, b in duty.spans_h
        )


@given(st.floats(0, 900), st.floats(0, 150))
def test_the_two_conversions_undo_each_other(time_h, worked_h):
    office = working_time(OFFICE_HOURS)
    assert office.worked_h(office.when(worked_h)) == pytest.approx(worked_h, abs=1e-6)
    assert office.when(office.worked_h(time_h)) <= time_h + 1e-6
    assert office.opening(time_h) >= time_h
    assert office.on_duty(office.opening(time_h))
