"""The calendar, chance, desks and partitions, each worked by hand."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace

import networkx as nx
import numpy as np
import pytest
from scipy import stats

from scenarios.ground import Period, Territory
from scenarios.people import OFFICE_HOURS
from sim.agents.centres import Desk
from sim.calendar import EventCalendar
from sim.closed_forms import draw, tries_until_success
from sim.incidents import WorkTime
from sim.partition import apportion, bisect_into, lattice_edges
from sim.randomness import Luck, Streams, draw_column
from sim.territory import build_territory
from sim.working_time import DutyRoster

KEYS = Streams(5)("keys for tests").integers(0, 2**64, 4000, dtype=np.uint64)


def test_events_happen_in_order_of_time_and_then_of_entry():
    calendar, log = EventCalendar(), []
    for time_h, name in ((2.0, "b"), (1.0, "a"), (2.0, "c"), (9.0, "later"), (float("inf"), "never")):
        calendar.at(time_h, log.append, name)
    calendar.run_until(2.0)
    assert (log, calendar.now_h, calendar.happened_count) == (["a", "b", "c"], 2.0, 3)


@pytest.mark.parametrize("time_h", [1.9, float("nan")])
def test_nothing_is_entered_in_the_past(time_h):
    calendar = EventCalendar()
    calendar.run_until(2.0)
    with pytest.raises(ValueError, match=r"it is 2\.0 h"):
        calendar.at(time_h, print, "too late")


@pytest.mark.parametrize("column", list(Luck))
def test_one_draw_and_a_column_of_draws_are_the_same_to_the_last_bit(column):
    assert draw_column(KEYS[:50], column).tolist() == [draw(int(key), column) for key in KEYS[:50]]


def test_draws_are_uniform_and_unrelated():
    work, check = draw_column(KEYS, Luck.WORK), draw_column(KEYS, Luck.CHECK)
    again = [draw(int(key), Luck.WORK, 2) for key in KEYS]
    for sample in (work, check, again):
        assert stats.kstest(sample, "uniform").pvalue > 0.001
    assert abs(np.corrcoef([work, check, again]) - np.eye(3)).max() < 4 / len(KEYS) ** 0.5


def test_streams_of_one_name_are_the_same_and_of_two_names_are_not():
    first, again, other, seed = Streams(1)("a", 2), Streams(1)("a", 2), Streams(1)("a", 3), Streams(2)("a", 2)
    value = first.random()
    assert value == again.random()
    assert value not in (other.random(), seed.random())


@pytest.mark.parametrize(
    ("u", "prob", "tries"),
    [(0.0, 0.5, 1), (0.49, 0.5, 1), (0.51, 0.5, 2), (0.76, 0.5, 3), (0.9, 1.0, 1), (0.5, 1e-310, 2**52 + 1)],
)
def test_tries_until_success(u, prob, tries):
    assert tries_until_success(u, prob) == tries


@pytest.mark.parametrize("distribution", ["lognormal", "gamma"])
@pytest.mark.parametrize("cv", [0.5, 1.0, 1.5])
def test_work_has_the_mean_and_the_spread_that_it_says(distribution, cv):
    time = WorkTime.of(SimpleNamespace(work_mean_h=3.0, work_cv=cv, work_distribution=distribution))
    assert time.kind == distribution
    u = (np.arange(200_000) + 0.5) / 200_000
    work = np.array([time.quantile_h(float(value)) for value in u[::10]])
    assert work.mean() == pytest.approx(3.0, rel=0.01)
    assert work.std() / work.mean() == pytest.approx(cv, rel=0.06)


def test_a_desk_serves_in_the_order_of_coming():
    desk = Desk(2, DutyRoster(Period(days=5))("00:00-24:00 daily"))
    assert [desk.done_at(now, 1.0) for now in (0.0, 0.1, 0.2, 0.3)] == pytest.approx([1.0, 1.1, 2.0, 2.1])
    assert desk.busy_h(1.5) == pytest.approx(2.9)


def test_a_desk_without_operators_takes_no_time_and_a_closed_one_waits():
    hours = DutyRoster(Period(start=date(2005, 10, 10), days=5))(OFFICE_HOURS)
    assert Desk(0, hours).done_at(3.0, 1.0) == 3.0
    assert Desk(1, hours).done_at(3.0, 1.0) == 9.0


@pytest.mark.parametrize(("weights", "total", "caps", "shares"), [
    pytest.param([1, 1], 5, None, [3, 2], id="a tie goes to the lower index"),
    pytest.param([6, 3, 1], 10, None, [6, 3, 1], id="in proportion"),
    pytest.param([100, 1], 5, [2, 9], [2, 3], id="no more than the cap"),
    pytest.param([0, 5], 3, None, [1, 2], id="one to everybody first"),
])  # fmt: skip
def test_apportion(weights, total, caps, shares):
    assert apportion(weights, total, caps) == shares


def test_what_cannot_be_shared_out_is_refused():
    with pytest.raises(ValueError, match="cannot share 1 out over 2"):
        apportion([1, 1], 1)


def test_groups_are_contiguous_and_balanced():
    x, y = (axis.ravel().astype(float) for axis in np.meshgrid(np.arange(20), np.arange(10)))
    labels = bisect_into(x, y, np.ones(200), 8)
    assert np.bincount(labels).tolist() == [25] * 8
    for group in range(8):
        inside = labels == group
        touching = (np.abs(x[inside][:, None] - x[inside]) + np.abs(y[inside][:, None] - y[inside])) == 1
        assert nx.is_connected(nx.from_numpy_array(touching))


def test_no_group_is_left_without_a_building():
    heavy = np.array([1000.0, 1, 1, 1, 1])
    assert sorted(bisect_into(np.arange(5.0), np.zeros(5), heavy, 5).tolist()) == [0, 1, 2, 3, 4]


def test_cells_touch_along_their_sides():
    assert lattice_edges(3, 2) == {(0, 1), (1, 2), (3, 4), (4, 5), (0, 3), (1, 4), (2, 5)}


def test_grids_nest_in_communities_subdistricts_and_the_district():
    ground = build_territory(Territory(), None)
    tree = ground.tree()
    assert nx.is_arborescence(tree)
    kinds = [kind for kind, _ in tree]
    assert (kinds.count("subdistrict"), kinds.count("community"), kinds.count("social")) == (2, 6, 50)
    assert ground.social.households.sum() == ground.cells.households.sum() == 15_000
    assert (ground.social.households > 0).all()
    for grid in range(ground.social.count):
        assert len(set(ground.community[ground.social.of_site == grid])) == 1
    assert abs(ground.social.households - 300).max() < 300


def test_the_ground_is_built_once_and_does_not_depend_on_the_grids():
    one, same = build_territory(Territory(), None), build_territory(Territory(), None)
    other = build_territory(Territory(cell_area_m2=40_000.0, households_per_social_grid=600.0), None)
    assert one is same
    assert (one.site_x_m == other.site_x_m).all()
    assert other.cells.count == pytest.approx(one.cells.count / 4, rel=0.15)


def test_the_border_of_a_cell_is_as_near_as_its_nearest_inner_side():
    ground = build_territory(
        Territory(area_km2=0.02, aspect_ratio=2.0, cell_area_m2=10_000.0, communities_count=1, subdistricts_count=1),
        None,
    )
    assert ground.cells.count == 2
    assert ground.cells.border_m == pytest.approx(abs(ground.site_x_m - 100.0))
