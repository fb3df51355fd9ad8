"""A beat worked by hand: where the patrol is follows from the hours walked, and errands hold it up."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from scenarios.ground import Period
from sim.agents.supervisors import Beat
from sim.calendar import EventCalendar
from sim.rules.patrol import Route
from sim.working_time import DutyRoster

ALWAYS, DAY = "00:00-24:00 daily", "08:00-18:00 daily"


def beat(visits=(0, 1, 2), hours=ALWAYS, pass_h=(1.0, 2.0, 1.0)) -> Beat:
    """Beat number 0 starts its round at its first cell; the round takes four hours."""
    return Beat(0, Route(visits), list(pass_h), DutyRoster(Period(days=30))(hours), 6.0, EventCalendar())


def pass_after(one: Beat, cell, into, looks, now_h):
    return one.pass_after(cell, into, looks, now_h, one.walked_h(one.hours.worked_h(now_h)))


@pytest.mark.parametrize(("cell", "into", "looks", "now", "passes"), [
    pytest.param(1, 0.0, 1, 0.0, 1.0, id="the next pass, as the cell is entered"),
    pytest.param(1, 0.5, 1, 0.0, 2.0, id="half-way through the cell"),
    pytest.param(1, 0.0, 1, 1.5, 5.0, id="just missed: a round later"),
    pytest.param(1, 0.5, 1, 1.5, 2.0, id="the cell is entered, the place is still ahead"),
    pytest.param(2, 0.0, 3, 0.0, 11.0, id="the third pass is two rounds after the first"),
    pytest.param(0, 0.0, 1, 0.0, 4.0, id="where it stands now is passed already"),
])  # fmt: skip
def test_the_next_pass(cell, into, looks, now, passes):
    assert pass_after(beat(), cell, into, looks, now).time_h == pytest.approx(passes)


def test_a_cell_visited_twice_a_round_is_passed_twice():
    twice = beat(visits=(0, 1, 0), pass_h=(1.0, 2.0))
    assert [pass_after(twice, 0, 0.5, looks, 0.0).time_h for looks in (1, 2, 3, 4)] == pytest.approx(
        [0.5, 3.5, 4.5, 7.5]
    )


def test_an_errand_delays_the_walk_by_its_length_and_errands_queue():
    one = beat()
    assert one.spend(1.0, 0.5) == pytest.approx(1.5)
    assert one.spend(1.25, 0.25) == pytest.approx(1.75)
    assert pass_after(one, 2, 0.0, 1, 1.25).time_h == pytest.approx(3.75)
    assert one.walked_h(1.6) == pytest.approx(1.0)
    assert one.walked_h(2.75) == pytest.approx(2.0)
    assert one.errands_done_h(1.6) == pytest.approx(0.6)


def test_a_pass_that_errands_have_delayed_is_moved_and_then_sees():
    one, found = beat(), []
    one.supervisors = [SimpleNamespace(find=found.append, data=SimpleNamespace(task_per_day=0.0))]
    incident = SimpleNamespace(category=SimpleNamespace(all_taken_up=True))
    expected = pass_after(one, 1, 0.0, 1, 0.0)
    one.spend(0.5, 0.75)
    one._clock.run_until(expected.time_h)
    moved = expected.meet(incident, expected.target)
    assert moved.time_h == pytest.approx(1.75)
    assert not found
    one._clock.run_until(moved.time_h)
    assert moved.meet(incident, moved.target) is None
    assert found == [incident]


def test_off_duty_nobody_walks():
    by_day = beat(hours=DAY)
    assert pass_after(by_day, 1, 0.0, 1, 2.0).time_h == pytest.approx(9.0)
    assert pass_after(by_day, 2, 0.0, 3, 8.0).time_h == pytest.approx(24 + 9.0)
    assert by_day.spend(17.5, 1.0) == pytest.approx(24 + 8.5)


def test_people_of_a_post_take_turns():
    one = beat()
    one.supervisors = ["first", "second", "third"]
    assert [one.whose_turn(hours) for hours in (0.0, 5.9, 6.0, 12.0, 18.0)] == [
        "first",
        "first",
        "second",
        "third",
        "first",
    ]


def test_beats_start_at_different_places():
    starts = [
        Beat(n, Route((0, 1)), [1.0, 1.0], DutyRoster(Period(days=3))(ALWAYS), 6.0, EventCalendar()).walked_h(0.0)
        for n in range(4)
    ]
    assert starts == pytest.approx([0.0, 1.2360679775, 0.472135955, 1.7082039325])
