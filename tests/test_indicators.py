"""Every indicator on a run of eight incidents, worked by hand."""

from __future__ import annotations

import dataclasses
from datetime import date

import numpy as np
import pytest

from scenarios.ground import Period
from scenarios.people import OFFICE_HOURS
from sim.incidents import Finder, Level, Stage
from sim.indicators import INDICATORS, Record, compute
from sim.working_time import DutyRoster

NONE = float("nan")
# A run of two days from a Monday; hours since its start.
#            occurred found filed  due  dispatched handled closed stage                     level             found by
ROWS = [
    (1.0,    9.0,   10.0, 14.0, 10.0,   12.0,   14.0, Stage.CLOSED,             Level.DISTRICT,   Finder.SUPERVISOR),
    (1.0,    9.0,   10.0, 14.0, 11.0,   16.0,   17.0, Stage.CLOSED,             Level.COMMUNITY,  Finder.RESIDENT),
    (2.0,   20.0,   21.0, 30.0, 22.0,   NONE,   NONE, Stage.DISPATCHED,         Level.DISTRICT,   Finder.SUPERVISOR),
    (2.0,   30.0,   31.0, 90.0, 32.0,   NONE,   NONE, Stage.HANDLING,           Level.DISTRICT,   Finder.SUPERVISOR),
    (3.0,    4.0,   NONE, NONE, NONE,    5.0,    5.0, Stage.SOLVED_ON_THE_SPOT, None,             Finder.SUPERVISOR),
    (3.0,    5.0,   NONE, 20.0,  5.0,    9.0,    9.0, Stage.SOLVED_IN_GRID,     Level.GRID,       Finder.GRID_TEAM),
    (4.0,   NONE,   NONE, NONE, NONE,   NONE,   NONE, Stage.VANISHED,           None,             None),
    (4.0,    8.0,   NONE, NONE, NONE,   NONE,   NONE, Stage.REJECTED,           None,             Finder.RESIDENT),
]  # fmt: skip


def record() -> Record:
    columns = list(zip(*ROWS, strict=True))
    times = dict(zip(("occurred_h", "found_h", "filed_h", "due_h", "dispatched_h", "handled_h", "closed_h"),
                     (np.array(column, dtype=float) for column in columns[:7]), strict=True))  # fmt: skip
    codes = {name: np.array([-1 if v is None else int(v) for v in column])
             for name, column in zip(("stage", "level", "found_by"), columns[7:], strict=True)}  # fmt: skip
    counts = {
        name: np.zeros(8, dtype=np.int64) for name in ("returns", "reworks", "extensions", "escalations", "duplicates")
    }
    counts["reworks"][1] = 2
    counts["escalations"][[1, 5]] = 1
    counts["duplicates"][0] = 3
    return Record(
        end_h=48.0, **times, **codes, **counts,
        site=np.array([5, 5, 6, 6, 7, 7, 8, 8]), category=np.zeros(8, dtype=np.int64),
        office=DutyRoster(Period(start=date(2005, 10, 10), days=2))(OFFICE_HOURS),
        patrol_duty_h=24.0, patrol_errands_h=6.0, units_duty_h=32.0, units_busy_h=8.0, operators_duty_h=96.0,
        operators_busy_h=12.0, supervisor_finds=np.array([2, 4, 6]), trust=0.5, cost_yuan=1000.0,
    )  # fmt: skip


EXPECTED = {
    "occurred_count": 8, "found_count": 7, "filed_count": 4, "filed_per_day": 2, "solved_on_the_spot_count": 1,
    "solved_in_grid_count": 1, "closed_count": 2, "handled_count": 4, "handled_per_day": 2, "vanished_count": 1,
    "rejected_count": 1, "backlog_count": 2, "duplicates_count": 3, "unseen_share": 1 / 8,
    "supervisor_share_of_found": 4 / 7, "party_share_of_found": 0, "grid_team_share_of_found": 1 / 7,
    "public_share_of_found": 2 / 7, "public_share_of_filed": 1 / 4, "filed_share_of_found": 4 / 7,
    "on_time_share_of_filed": 1 / 4,  # one of the two closed was handled in time
    "on_time_share_of_due": 1 / 3,  # due: the two handled, and the one whose deadline passed at hour 30
    "on_time_share_of_closed": 1 / 2, "closing_share_of_filed": 2 / 4, "closing_share_of_due": 2 / 3,
    "solved_share_of_raised": 4 / 7, "in_grid_share_of_solved": 1 / 4, "in_grid_share_of_raised": 1 / 7,
    "on_the_spot_share_of_found": 1 / 7, "community_share_of_solved": 1 / 4, "subdistrict_share_of_solved": 0,
    "district_share_of_solved": 1 / 4, "occurred_to_found_mean_h": (8 + 8 + 18 + 28 + 1 + 2 + 4) / 7,
    "filed_to_closed_mean_h": 5.5, "filed_to_closed_median_h": 5.5, "filed_to_closed_p90_h": 4 + 0.9 * 3,
    "filed_to_closed_working_mean_h": (2 + 5) / 2,  # lunch from 12 to 14 does not count
    "found_to_closed_mean_h": (5 + 8 + 1 + 4) / 4, "found_to_closed_median_h": 4.5,
    "found_to_closed_p90_h": 5 + 0.7 * 3, "handling_mean_h": (2 + 5) / 2, "rework_share": 1 / 4, "returned_share": 0,
    "extended_share": 0, "escalated_share": 2 / 7,
    "repeat_share_of_filed": 2 / 4, "supervisor_utilisation": 1 / 4, "supervisor_finds_cv": (8 / 3) ** 0.5 / 4, "unit_utilisation": 1 / 4,
    "operator_utilisation": 1 / 8, "trust_mean": 0.5, "cost_yuan": 1000, "cost_per_case_yuan": 250,
}  # fmt: skip


@pytest.mark.parametrize("name", INDICATORS)
def test_an_indicator_is_what_it_says(name):
    assert compute(record())[name] == pytest.approx(EXPECTED[name])


def test_nothing_to_count_gives_no_share_and_no_error():
    whole = record()
    empty = dataclasses.replace(
        whole,
        **{
            f.name: getattr(whole, f.name)[:0]
            for f in dataclasses.fields(whole)
            if isinstance(getattr(whole, f.name), np.ndarray)
        },
    )
    for name, value in compute(empty).items():
        if INDICATORS[name].unit == "share" and "utilisation" not in name:
            assert np.isnan(value), name


@pytest.mark.parametrize("name", INDICATORS)
def test_an_indicator_has_a_unit_and_a_definition(name):
    assert INDICATORS[name].unit
    assert INDICATORS[name].definition
