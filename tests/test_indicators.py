"""Every indicator on a run of eight incidents, worked by hand."""

from __future__ import annotations

import dataclasses
from datetime import date
from types import SimpleNamespace

import numpy as np
import pytest

from scenarios.ground import Period
from scenarios.people import OFFICE_HOURS
from sim.incidents import Finder, Level, Stage
from sim.indicators import FORMER_NAMES, INDICATORS, compute, handling_h, repeat_share_of_filed, suggest_indicator
from sim.record import RECORDED, Record, UnitUse
from sim.recording import cost_yuan, doings_of, record_of
from sim.working_time import DutyRoster

NONE = float("nan")
ENDED_WELL = (Stage.CLOSED, Stage.SOLVED_ON_THE_SPOT, Stage.SOLVED_IN_GRID)
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


def columns_of(rows: list[tuple]) -> dict[str, np.ndarray]:
    """Rows as arrays by name; nothing has been returned, reworked, extended, escalated or reported twice yet."""
    columns = list(zip(*rows, strict=True))
    times = ("occurred_h", "found_h", "filed_h", "due_h", "dispatched_h", "handled_h", "closed_h")
    given = {name: np.array(column, dtype=float) for name, column in zip(times, columns[:7], strict=True)}
    for name, column in zip(("stage", "level", "found_by"), columns[7:], strict=True):
        given[name] = np.array([-1 if value is None else int(value) for value in column])
    for name in (
        "returns",
        "reworks",
        "extensions",
        "escalations",
        "duplicates",
        "category",
        "hung",
        "gone_on_arrival",
        "severity",
    ):
        given[name] = np.zeros(len(rows), dtype=np.int64)
    given["came_back_of"] = np.full(len(rows), -1)
    handled = np.isin(given["stage"], [Stage.HANDLED, Stage.CHECKED, *ENDED_WELL])
    given["remedied_h"] = np.where(handled, given["handled_h"], NONE)
    given["gone_h"] = given["worsens_h"] = np.full(len(rows), np.inf)
    return given


def record() -> Record:
    columns = columns_of(ROWS)
    columns["reworks"][1] = 2
    columns["escalations"][[1, 5]] = 1
    columns["duplicates"][0] = 3
    # The first was there for eight hours, and nobody knew that it had gone when somebody set out at hour 11; the second
    # was there until it was remedied; the one that vanished had gone at hour 6, and the rejected one stays for ever.
    columns["gone_h"] = np.array([9.0, 30.0, np.inf, 40.0, np.inf, 50.0, 6.0, np.inf])
    columns["hung"][[2, 5]] = 1
    columns["gone_on_arrival"][0], columns["remedied_h"][0] = 1, NONE
    columns["severity"] = np.array([0, 1, 0, 2, 0, 3, 0, 0])
    columns["worsens_h"] = np.array([8.0, 20.0, np.inf, 30.0, 1.0, np.inf, np.inf, 24.0])
    return Record(
        end_h=48.0, **columns, site=np.array([5, 5, 6, 6, 7, 7, 8, 8]),
        office=DutyRoster(Period(start=date(2005, 10, 10), days=2))(OFFICE_HOURS),
        patrol_duty_h=24.0, patrol_errands_h=6.0,
        units=(UnitUse("crews", 2, 12.0, 6.0, 30.0, 5), UnitUse("nobody", 0, 0.0, 0.0, 0.0, 0), UnitUse("office", 3, 20.0, 2.0, 0.0, 1)),
        operators_duty_h=96.0,
        operators_busy_h=12.0, supervisor_finds=np.array([2, 4, 6]), severity_weights=(1.0, 2.0, 4.0, 8.0),
        residents_count=100.0, trust=0.5, cost_yuan=1000.0,
        staffed_h=300.0, employed_count=12.5, grids_count=41, posts_count=9,
    )  # fmt: skip


EXPECTED = {
    # Stood, in order: 1 to 9, 1 to 16, 2 to 48, 2 to 40, 3 to 5, 3 to 9, 4 to 6, 4 to 48.
    "problem_hours": 8 + 15 + 46 + 38 + 2 + 6 + 2 + 44,
    # Worse: the first for its last hour; the fourth from 30 to 40; the fifth was so from the start; the last from 24 on.
    "problem_hours_weighted": (8 + 1) + 15 * 2 + 46 + (38 * 4 + 10 * 4) + 2 * 2 + 6 * 8 + 2 + (44 + 24),
    "problem_hours_per_incident": 161 / 8, "problem_hours_per_resident": 1.61,
    "remedied_count": 3, "remedied_share_of_occurred": 3 / 8, "gone_on_arrival_share": 1 / 2,
    "on_time_share_of_remedied": 1 / 2,  # on the spot has no deadline
    "on_time_share_of_solved": 2 / 3, "overdue_when_filed_share": 0,
    "occurred_to_found_restricted_mean_h": NONE,  # two days cannot tell what a week shows
    # Two inspections at ten o'clock, of which only the first has a day after it; the second, third, fourth and eighth
    # stand then, and the third is found by hour 34, the fourth too.
    "known_share_of_standing": 1,
    "occurred_count": 8, "came_back_count": 0, "found_count": 7, "filed_count": 4, "filed_per_day": 2, "solved_on_the_spot_count": 1,
    "solved_in_grid_count": 1, "closed_count": 2, "solved_count": 4, "solved_per_day": 2, "vanished_count": 1,
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
    "extended_share": 0, "hung_share_of_filed": 1 / 4, "escalated_share": 2 / 7,
    "repeat_share_of_filed": 2 / 4, "supervisor_utilisation": 1 / 4, "supervisor_finds_cv": (8 / 3) ** 0.5 / 4, "unit_utilisation": 1 / 4, "busiest_unit_utilisation": 1 / 2,
    "operator_utilisation": 1 / 8, "trust_mean": 0.5, "staffed_hours": 300, "employed_count": 12.5, "grids_count": 41, "posts_count": 9, "cost_yuan_per_year": 1000 * 365.25 / 2, "cost_yuan": 1000, "cost_per_case_yuan": 250,
}  # fmt: skip


@pytest.mark.parametrize("name", EXPECTED)
def test_an_indicator_is_what_it_says(name):
    assert compute(record())[name] == pytest.approx(EXPECTED[name], nan_ok=True)


def test_what_came_back_stands_and_is_handled_and_has_not_occurred():
    """The sixth (found, six hours) and the seventh (never found, two hours) are the second and the first once more."""
    again = np.full(8, -1)
    again[[5, 6]] = 1, 0
    told = compute(dataclasses.replace(record(), came_back_of=again))
    assert (told["occurred_count"], told["came_back_count"], told["found_count"]) == (6, 2, 7)
    assert (told["problem_hours"], told["problem_hours_per_incident"]) == (161, pytest.approx(161 / 6))
    assert told["unseen_share"] == 0.0
    assert told["remedied_share_of_occurred"] == pytest.approx(2 / 6)
    assert told["remedied_count"] == 3


def test_the_outcomes_of_waiting_are_told_apart():
    """Two cases, closed on time alike: of one somebody did away with what was there, the other had gone meanwhile."""
    rows = [ROWS[0], ROWS[0]]
    columns = columns_of(rows) | {"gone_on_arrival": np.array([0, 1]), "remedied_h": np.array([12.0, NONE])}
    both = dataclasses.replace(record(), **columns, site=np.zeros(2, dtype=np.int64))
    told = compute(both)
    assert (told["on_time_share_of_closed"], told["solved_count"]) == (1.0, 2.0), "as bulletins count"
    assert (told["remedied_count"], told["gone_on_arrival_share"]) == (1.0, 0.5)


@pytest.mark.parametrize(("found_h", "waited_h"), [
    pytest.param(12.0, 11.0, id="found after eleven hours"),
    pytest.param(300.0, 168.0, id="found after more than a week"),
    pytest.param(NONE, 168.0, id="never found"),
])  # fmt: skip
def test_hours_to_discovery_are_over_the_same_incidents_whatever_is_found(found_h, waited_h):
    columns = columns_of([(1.0, found_h, *ROWS[6][2:]), (140.0, 141.0, *ROWS[6][2:])])
    both = dataclasses.replace(record(), end_h=307.0, **columns, site=np.zeros(2, dtype=np.int64))
    # The second is too young to tell: had it not been found, a week would not have been over.
    assert compute(both)["occurred_to_found_restricted_mean_h"] == waited_h


@pytest.mark.parametrize(("occurred_h", "found_h", "gone_h", "known", "standing"), [
    pytest.param(9.0, 33.0, 11.0, 1, 1, id="stands at ten, gone at eleven, known within a day"),
    pytest.param(9.0, 35.0, 11.0, 0, 1, id="known too late"),
    pytest.param(9.0, NONE, 59.0, 0, 3, id="inspected three times, never known"),
    pytest.param(9.0, 60.0, 83.0, 2, 4, id="the last two inspections are followed by knowledge in time"),
    pytest.param(11.0, 12.0, 30.0, 0, 0, id="never there at ten"),
    pytest.param(9.0, 10.0, 500.0, 4, 4, id="the inspection of the last day cannot be judged"),
])  # fmt: skip
def test_an_inspection_asks_how_much_of_what_stands_is_known_a_day_later(occurred_h, found_h, gone_h, known, standing):
    always = (9.5, 9.6, *ROWS[6][2:])  # stands until 12, and is known: one more of each
    columns = columns_of([(occurred_h, found_h, *ROWS[6][2:]), always]) | {"gone_h": np.array([gone_h, 12.0])}
    both = dataclasses.replace(record(), end_h=120.0, **columns, site=np.zeros(2, dtype=np.int64))
    assert compute(both)["known_share_of_standing"] == (known + 1) / (standing + 1)


def test_a_case_whose_deadline_began_in_the_grid_may_be_overdue_when_it_is_filed():
    rows = [(1.0, 2.0, 30.0, due_h, 3.0, NONE, NONE, *ROWS[2][7:]) for due_h in (29.0, 30.0, 31.0)]
    three = dataclasses.replace(record(), **columns_of(rows), site=np.zeros(3, dtype=np.int64))
    assert compute(three)["overdue_when_filed_share"] == pytest.approx(1 / 3)


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


# A run of 60 hours in which every finder, every level and every way to end occurs, and things happen at the very last moment.
MANY = [
    # occurred found filed  due   dispatched handled closed stage                 level              found by
    (0.0,     1.0,   10.0, 20.0, 11.0,      20.0,   21.0, Stage.CLOSED,             Level.GRID,        Finder.PARTY_MEMBER),
    (0.0,     2.0,   10.0, 20.0, 12.0,      25.0,   30.0, Stage.CLOSED,             Level.SUBDISTRICT, Finder.RESIDENT),
    (1.0,     3.0,   12.0, 80.0, 14.0,      40.0,   NONE, Stage.HANDLED,            Level.DISTRICT,    Finder.SUPERVISOR),
    (1.0,     4.0,   13.0, 60.0, NONE,      NONE,   NONE, Stage.FILED,              None,              Finder.RESIDENT),
    (1.0,     5.0,   14.0, 30.0, 15.0,      NONE,   NONE, Stage.DISPATCHED,         Level.COMMUNITY,   Finder.GRID_TEAM),
    (2.0,     6.0,   NONE, 90.0, 7.0,        9.0,    9.0, Stage.SOLVED_IN_GRID,     Level.GRID,        Finder.GRID_TEAM),
    (2.0,     7.0,   NONE, 90.0, 8.0,       11.0,   11.0, Stage.SOLVED_IN_GRID,     Level.COMMUNITY,   Finder.PARTY_MEMBER),
    (3.0,     8.0,   15.0, 70.0, 16.0,      26.0,   33.0, Stage.CLOSED,             Level.COMMUNITY,   Finder.SUPERVISOR),
    (3.0,     9.0,   NONE, NONE, NONE,       9.5,    9.5, Stage.SOLVED_ON_THE_SPOT, None,              Finder.SUPERVISOR),
    (3.0,    10.0,   NONE, NONE, NONE,      NONE,   NONE, Stage.VANISHED,           None,              Finder.RESIDENT),
    (4.0,    NONE,   NONE, NONE, NONE,      NONE,   NONE, Stage.VANISHED,           None,              None),
    (4.0,    11.0,   17.0, 99.0, 18.0,      45.0,   NONE, Stage.CHECKED,            Level.DISTRICT,    Finder.SUPERVISOR),
    (5.0,    NONE,   NONE, NONE, NONE,      NONE,   NONE, Stage.OCCURRED,           None,              None),
    (5.0,    12.0,   NONE, NONE, NONE,      NONE,   NONE, Stage.FOUND,              None,              Finder.PARTY_MEMBER),
    (6.0,    13.0,   18.0, 58.0, 19.0,      NONE,   NONE, Stage.HANDLING,           Level.DISTRICT,    Finder.RESIDENT),
    (6.0,    14.0,   19.0, 99.0, 20.0,      29.0,   59.0, Stage.CLOSED,             Level.DISTRICT,    Finder.SUPERVISOR),
]  # fmt: skip


def many() -> Record:
    columns = columns_of(MANY)
    columns["returns"][[4, 7, 15]] = 1, 2, 1
    columns["extensions"][[1, 2]] = 1
    columns["reworks"][[7, 11, 15]] = 1, 3, 2
    columns["escalations"][[1, 4, 6, 7, 15]] = 1, 2, 1, 3, 1
    return dataclasses.replace(record(), end_h=60.0, site=np.arange(len(MANY)), **columns)


OF_MANY = {
    "remedied_count": 9, "remedied_share_of_occurred": 9 / 16,  # handled and checked ones are remedied, though not closed
    "on_time_share_of_remedied": 7 / 8, "on_time_share_of_solved": 5 / 6,
    "occurred_count": 16, "found_count": 14, "filed_count": 9, "filed_per_day": 9 / 2.5, "solved_per_day": 7 / 2.5,
    "closed_count": 4, "solved_count": 7, "vanished_count": 2, "rejected_count": 0, "backlog_count": 6,
    "solved_in_grid_count": 3,  # two that were never filed, and the one that a unit of the grid closed
    "unseen_share": 2 / 16, "public_share_of_found": 4 / 14, "supervisor_share_of_found": 5 / 14,
    "party_share_of_found": 3 / 14, "grid_team_share_of_found": 2 / 14, "public_share_of_filed": 3 / 9,
    "filed_share_of_found": 9 / 14,
    "on_time_share_of_filed": 3 / 9,  # at the very deadline is in time
    "on_time_share_of_due": 3 / 8,  # four closed, two handled, two overdue; a deadline at the very end is not over
    "on_time_share_of_closed": 3 / 4, "closing_share_of_filed": 4 / 9, "closing_share_of_due": 4 / 8,
    "solved_share_of_raised": 7 / 14, "in_grid_share_of_solved": 3 / 7, "in_grid_share_of_raised": 3 / 14,
    "on_the_spot_share_of_found": 1 / 14, "community_share_of_solved": 1 / 7, "subdistrict_share_of_solved": 1 / 7,
    "district_share_of_solved": 1 / 7, "rework_share": 3 / 9, "returned_share": 3 / 9, "extended_share": 2 / 9,
    "escalated_share": 5 / 14, "handling_mean_h": (9 + 13 + 10 + 9) / 4, "filed_to_closed_mean_h": (11 + 20 + 18 + 40) / 4,
    "found_to_closed_mean_h": (20 + 28 + 3 + 4 + 25 + 0.5 + 45) / 7, "repeat_share_of_filed": 0,
}  # fmt: skip


@pytest.mark.parametrize("name", OF_MANY)
def test_an_indicator_of_many_ends_is_what_it_says(name):
    assert compute(many())[name] == pytest.approx(OF_MANY[name])


@pytest.mark.parametrize(("dispatched_h", "handled"), [
    pytest.param(11.0, 9.0, id="dispatched after filing: from the dispatch"),
    pytest.param(4.0, 10.0, id="in the grid before it was filed: from filing"),
    pytest.param(10.0, 10.0, id="at the same moment"),
])  # fmt: skip
def test_handling_begins_with_the_later_of_filing_and_dispatch(dispatched_h, handled):
    times = many().dispatched_h.copy()
    times[0] = dispatched_h  # filed at 10, handled at 20
    assert handling_h(dataclasses.replace(many(), dispatched_h=times)).tolist() == [handled, 13.0, 10.0, 9.0]


@pytest.mark.parametrize(("former", "now"), FORMER_NAMES.items())
def test_a_former_name_is_answered_by_the_present_one(former, now):
    assert former not in INDICATORS
    assert now in INDICATORS
    assert suggest_indicator(former) == f"; it is called {now} now"


def test_what_a_community_solves_is_neither_the_grids_nor_nobodys():
    everywhere = dataclasses.replace(many(), level=np.full(len(MANY), Level.COMMUNITY))
    assert compute(everywhere)["community_share_of_solved"] == pytest.approx(5 / 7)  # all but the two never filed


@pytest.mark.parametrize(("filed_h", "site", "category", "repeats"), [
    pytest.param([0.0, 720.0, 1440.0], [3, 3, 3], [0, 0, 0], 2 / 3, id="thirty days to the hour count"),
    pytest.param([0.0, 700.0, 1420.5], [3, 3, 3], [0, 0, 0], 1 / 3, id="half an hour more does not"),
    pytest.param([5.0, 5.0, 700.0], [3, 3, 3], [0, 0, 0], 2 / 3, id="at the same moment too"),
    pytest.param([700.0, 5.0, 90.0], [3, 3, 3], [0, 0, 0], 2 / 3, id="whatever the order they are listed in"),
    pytest.param([5.0, 6.0, 7.0], [3, 4, 2], [0, 0, 0], 0.0, id="another site is no repeat"),
    pytest.param([5.0, 6.0, 7.0], [3, 3, 3], [2, 0, 1], 0.0, id="another category is none either"),
    pytest.param([5.0, 6.0, NONE], [3, 3, 3], [0, 0, 0], 1 / 2, id="two filed are enough to tell"),
    pytest.param([5.0, NONE, NONE], [3, 3, 3], [0, 0, 0], NONE, id="one is not"),
])  # fmt: skip
def test_repeats(filed_h, site, category, repeats):
    three = dataclasses.replace(record(), filed_h=np.array(filed_h), site=np.array(site), category=np.array(category))
    assert repeat_share_of_filed(three) == pytest.approx(repeats, nan_ok=True)


def office(**values: object) -> SimpleNamespace:
    """A part of the model that has worked 100 hours, as far as the statistics look."""
    return SimpleNamespace(hours=SimpleNamespace(worked_h=lambda now_h: now_h / 10.0), **values)


def staff(**values: object) -> SimpleNamespace:
    """People who work office hours, forty a week, and are never away: nobody relieves them."""
    return SimpleNamespace(hours=OFFICE_HOURS, weekly_h=40.0, away_share=0.0, **values)


def model_of(beats: int = 2) -> SimpleNamespace:
    """As much of a model as the statistics see, after 1,000 hours."""
    units = [
        office(
            level=Level.GRID,
            name="manager",
            people=3,
            most_waiting=4,
            waited_h=lambda _: 7.0,
            casework_share=0.5,
            data=staff(wage_yuan_per_month=1500.0),
            busy_h=lambda _: 40.0,
        ),
        office(
            level=Level.DISTRICT,
            name="office",
            people=7,
            most_waiting=6,
            waited_h=lambda _: 8.0,
            casework_share=0.25,
            data=staff(wage_yuan_per_month=900.0),
            busy_h=lambda _: 60.0,
        ),
    ]
    costs = SimpleNamespace(
        supervisor_yuan_per_month=2100.0, operator_yuan_per_month=3300.0, grid_yuan_per_year=500.0,
        equipment_yuan=70_001.0, equipment_life_years=8.0, overtime_pay=0.0,
    )  # fmt: skip
    params = SimpleNamespace(
        costs=costs, supervisors=staff(count=31), supervision_centre=staff(operators_count=5),
        command_centre=staff(operators_count=3), valuation=SimpleNamespace(severity_weights=(1.0, 2.0, 3.0, 4.0)),
    )  # fmt: skip
    return SimpleNamespace(
        now_h=1000.0, params=params, units=units, ladder=SimpleNamespace(office_hours=None), grid_teams=[1, 2, 3],
        desks=(office(operators_count=5, busy_h=lambda _: 11.0), office(operators_count=3, busy_h=lambda _: 6.0)),
        patrol=office(
            beats=[SimpleNamespace(errands_done_h=lambda _: 12.5) for _ in range(beats)],
            supervisors=[SimpleNamespace(finds_count=n) for n in (4, 9)],
        ),
        neighbourhood=SimpleNamespace(trust_mean=0.4),
        territory=SimpleNamespace(cells=SimpleNamespace(count=41), residents_count=77.0),
    )  # fmt: skip


def test_a_run_costs_its_wages_its_grids_and_its_share_of_the_equipment():
    wages = 31 * 2100 + (5 + 3) * 3300 + 3 * 1500 + 7 * 900
    months, years = 1000 / 730.5, 1000 / 8766
    assert cost_yuan(model_of(), 1000.0) == pytest.approx(months * wages + years * ((41 + 3) * 500 + 70_001 / 8))
    assert cost_yuan(model_of(beats=0), 1000.0) == pytest.approx(months * wages + years * (3 * 500 + 70_001 / 8))


def test_the_record_adds_up_everybodys_hours():
    model = model_of()
    noted = record_of(model, dict.fromkeys(RECORDED, np.zeros(0)), doings_of(model))
    assert (noted.end_h, noted.trust, noted.residents_count) == (1000.0, 0.4, 77.0)
    assert noted.severity_weights == (1.0, 2.0, 3.0, 4.0)
    assert (noted.patrol_duty_h, noted.patrol_errands_h) == (200.0, 25.0)
    assert noted.units == (UnitUse("manager", 3, 150.0, 20.0, 7.0, 4), UnitUse("office", 7, 175.0, 15.0, 8.0, 6))
    assert (noted.operators_duty_h, noted.operators_busy_h) == (800.0, 17.0)
    assert noted.staffed_h == 2 * 100 + (5 + 3) * 100 + (3 + 7) * 100, "supervisors, operators, units"
    assert (noted.grids_count, noted.posts_count) == (41 + 3, 2 + 3)
    assert noted.employed_count == 31 + 5 + 3 + 3 + 7
    assert noted.supervisor_finds.tolist() == [4, 9]


def test_a_record_cannot_be_changed_and_is_like_no_other():
    with pytest.raises(dataclasses.FrozenInstanceError):
        record().trust = 1.0
    assert record() != record()
