"""Working grids and people are two levers: their number, their shape, and the way to an errand, worked by hand."""

from __future__ import annotations

import json
from collections import Counter
from math import hypot
from types import SimpleNamespace

import numpy as np
import pytest
from calling import called

from scenarios.counting import cells_count
from scenarios.ground import Period
from scenarios.labour import posts_count, working_grids_count
from scenarios.loading import load
from scenarios.people import Supervisors
from sim.agents.supervisors import Beat, Patrol
from sim.calendar import EventCalendar
from sim.model import GovernanceModel
from sim.rules.patrol import PATROL_RULES, Ground, Route
from sim.run import simulate
from sim.territory import build_territory
from sim.working_grids import Ways, man
from sim.working_time import DutyRoster

DAYS = {"period.days": 4}
ROUNDS = [Route((0, 1)), Route((2,)), Route((3, 4)), Route((5,))]


@pytest.mark.parametrize(("posts", "walked"), [
    pytest.param(4, [((0, 1), 0, 0), ((2,), 1, 0), ((3, 4), 2, 0), ((5,), 3, 0)], id="one to each"),
    pytest.param(7, [((0, 1), 0, 0), ((0, 1), 0, 1 / 2), ((2,), 1, 0), ((2,), 1, 1 / 2), ((3, 4), 2, 0),
                     ((3, 4), 2, 1 / 2), ((5,), 3, 0)], id="more posts than grids: the first get one more, spaced equally"),
    pytest.param(3, [((0, 1, 2), 0, 0), ((3, 4), 1, 0), ((5,), 2, 0)], id="fewer: the first post has two that follow one another"),
    pytest.param(1, [((0, 1, 2, 3, 4, 5), 0, 0)], id="one post makes one round of all"),
])  # fmt: skip
def test_posts_are_shared_out_over_the_working_grids(posts, walked):
    assert [(walk.route.visits, walk.grid, walk.ahead_share) for walk in man(ROUNDS, posts)] == walked


@pytest.mark.parametrize(("wanted", "grids"), [(0, 111), (28, 28), (444, 444)])
def test_the_number_of_working_grids_is_that_of_the_posts_unless_another_is_wanted(wanted, grids):
    staff = Supervisors(count=314, away_share=0.258, working_grids_count=wanted)
    assert (posts_count(staff), working_grids_count(staff)) == (111, grids)
    assert working_grids_count(staff.model_copy(update={"count": 0})) == 0


def square(side: int = 4, communities: int = 1) -> Ground:
    """Cells of 100 m in a square, walked row by row and back; communities are bands of rows."""
    cells = range(side * side)
    community = [cell // side * communities // side for cell in cells]
    walk = [row * side + (i if row % 2 == 0 else side - 1 - i) for row in range(side) for i in range(side)]
    middles = [((cell % side + 0.5) * 100.0, (cell // side + 0.5) * 100.0) for cell in cells]
    return Ground([1.0] * len(cells), [1.0] * len(cells), community, walk, [[]] * len(cells), middles, "blocks")


def test_blocks_are_compact_where_strips_are_long():
    cut = {
        shape: [r.visits for r in PATROL_RULES["cyclic"](square()._replace(shape=shape), 4)]
        for shape in ("strips", "blocks")
    }
    assert cut["strips"] == [(0, 1, 2, 3), (7, 6, 5, 4), (8, 9, 10, 11), (15, 14, 13, 12)]
    assert sorted(cut["blocks"]) == [(0, 1, 5, 4), (2, 3, 7, 6), (8, 9, 13, 12), (10, 11, 15, 14)]


@pytest.mark.parametrize("shape", ["strips", "blocks"])
@pytest.mark.parametrize("grids", [1, 3, 7, 16, 17, 40])
@pytest.mark.parametrize("rule", ["cyclic", "hot_spot_weighted", "district_first", "community_first", "random"])
def test_every_cell_is_in_a_working_grid_and_cells_are_shared_only_where_there_are_more_grids(rule, grids, shape):
    routes = PATROL_RULES[rule](square(communities=2)._replace(shape=shape), grids)
    passed = Counter(cell for route in routes for cell in set(route.visits))
    assert len(routes) == grids
    assert set(passed) == set(range(16))
    assert max(passed.values()) == -(-grids // 16)


def test_blocks_of_equal_communities_do_not_cross_a_border():
    routes = PATROL_RULES["community_first"](square(communities=2), 6)
    assert Counter(frozenset(cell // 8 for cell in route.visits) for route in routes) == {
        frozenset({0}): 3,
        frozenset({1}): 3,
    }


def beat(number: int = 0, ahead_share: float = 0.0, hours: str = "00:00-24:00 daily") -> Beat:
    """Two cells of an hour each, their middles 1 km apart; site 0 lies 3 km beyond the first; 0.2 h to the km."""
    ways = Ways([(0.0, 0.0), (1000.0, 0.0)], [(-3000.0, 0.0), (0.0, 0.0)], 0.2)
    roster = DutyRoster(Period(days=30))(hours)
    return Beat(number, Route((0, 1)), [1.0, 1.0], roster, 6.0, EventCalendar(), ahead_share, ways)


def test_the_way_to_an_errand_and_back_holds_up_the_walk():
    """Worked by hand in MODEL.md: 3 km at 0.2 h/km there, a quarter of an hour, and 0.6 h back.  (Eq. 36)"""
    one = beat()
    assert one.go_on_errand(0, 0.5, 0.25) == pytest.approx(0.5 + 0.6 + 0.25)
    assert one.walked_h(0.5 + 1.45) == pytest.approx(0.5), "it stands until it is back"
    assert one.walked_h(2.2) == pytest.approx(0.75)
    assert one.errands_done_h(24.0) == pytest.approx(0.6 + 0.25 + 0.6), "the way counts as time on errands"
    assert one.pass_after(1, 0.0, 1, 0.5, one.walked_h(0.5)).time_h == pytest.approx(1.0 + 1.45)


def test_a_second_errand_starts_when_the_first_is_back_and_from_where_the_walk_stands():
    one = beat()
    one.go_on_errand(0, 1.5, 0.25)
    assert one.go_on_errand(1, 1.6, 0.25) == pytest.approx(1.5 + 0.8 + 0.25 + 0.8 + 0.2 + 0.25)


def test_off_duty_nobody_goes_and_the_way_is_from_where_the_walk_was_left():
    one = beat(hours="08:00-18:00 daily")
    assert one.go_on_errand(0, 6.0, 0.25) == pytest.approx(8.0 + 0.6 + 0.25)


def test_without_a_pace_the_way_takes_no_time():
    one = Beat(0, Route((0, 1)), [1.0, 1.0], DutyRoster(Period(days=3))("00:00-24:00 daily"), 6.0, EventCalendar())
    assert one.go_on_errand(0, 0.5, 0.25) == pytest.approx(0.75)
    assert one.errands_done_h(24.0) == pytest.approx(0.25)


def sent(*spent: float, h_per_km: float, at_h: float = 0.0) -> int:
    """Three posts on one round of three cells in a row, 1 km apart: who of them is sent to the last cell."""
    site_at = [(2000.0, 0.0)]
    hours = DutyRoster(Period(days=3))("00:00-24:00 daily")
    data = SimpleNamespace(hours="", shift_h=6.0, count=3, errand_h_per_km=h_per_km, task_per_day=0.0)
    world = SimpleNamespace(roster=lambda _: hours, now_h=at_h)
    ground = SimpleNamespace(
        cells=SimpleNamespace(grid_of=[2]), way_through_cell=[0.0], site_at=site_at,
        cell_middles=[(0.0, 0.0), (1000.0, 0.0), (2000.0, 0.0)],
    )  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sim.agents.supervisors.Supervisor", lambda world, beat: beat.supervisors.append(beat) or beat)
        patrol = Patrol(world, ground, data, man([Route((0, 1, 2))], 3), [1.0] * 3)
    for one, hours_spent in zip(patrol.beats, spent, strict=True):
        if hours_spent:
            one.spend(0.0, hours_spent)
    return patrol.beats.index(patrol.post_of(0))


@pytest.mark.parametrize(("spent", "at_h", "h_per_km", "who"), [
    pytest.param((2.0, 1.0, 3.0), 0.0, 0.0, 1, id="all are busy: who is free first"),
    pytest.param((2.0, 1.0, 3.0), 5.0, 0.0, 1, id="all are free: who has been for longest"),
    pytest.param((0.0, 0.0, 0.0), 0.0, 0.0, 0, id="all alike: who is listed first"),
    pytest.param((0.0, 0.0, 0.0), 0.0, 0.2, 2, id="all are free: who is nearest"),
    pytest.param((0.0, 0.0, 0.5), 0.0, 0.2, 1, id="who is nearer may come later, when an errand is to be done first"),
    pytest.param((0.0, 0.0, 0.1), 0.0, 0.2, 2, id="and may be there first all the same"),
])  # fmt: skip
def test_an_errand_goes_to_whoever_of_the_working_grid_can_be_there_first(spent, at_h, h_per_km, who):
    assert sent(*spent, h_per_km=h_per_km, at_h=at_h) == who


def model_of(grids: int, **changes: object) -> GovernanceModel:
    named = {f"supervisors.{name}": value for name, value in changes.items()}
    return GovernanceModel(load("changning_2005q4", DAYS | {"supervisors.working_grids_count": grids} | named), 1)


@pytest.mark.parametrize("shape", ["strips", "blocks"])
@pytest.mark.parametrize("grids", [0, 1, 28, 100, 111, 112, 1000, 1452])
def test_people_and_posts_stay_what_they_are_whatever_the_working_grids(grids, shape):
    model = model_of(grids, working_grid_shape=shape)
    patrol = model.patrol
    assert (len(patrol.beats), len(patrol.supervisors)) == (111, 314)
    assert sorted(Counter(id(person.beat) for person in patrol.supervisors).values()) == [2] * 19 + [3] * 92
    rounds = {id(one.route): one.route.visits for one in patrol.beats}.values()
    assert len(rounds) == min(grids or 111, 111)
    assert sorted(cell for visits in rounds for cell in visits) == list(range(model.territory.cells.count))


def test_posts_of_one_working_grid_walk_at_equally_spaced_places():
    model = model_of(28)
    of_one = [one for one in model.patrol.beats if one.route is model.patrol.beats[0].route]
    gaps = np.diff(sorted(one.walked_h(0.0) % one.cycle_h for one in of_one)) / of_one[0].cycle_h
    assert gaps == pytest.approx([1 / 4] * 3)


def test_as_many_working_grids_as_posts_are_what_none_that_are_wanted_are():
    histories = [simulate(load("changning_2005q4", DAYS | {"supervisors.working_grids_count": n}), 1) for n in (0, 111)]
    assert histories[0].cases.equals(histories[1].cases)


def test_the_same_people_pass_as_often_on_one_working_grid_as_on_many():
    """What is passed in a day is hours over the time to pass: with nobody on errands, grids only order it."""
    for grids in (1, 111, 444):
        model = model_of(grids)
        passes = Counter()
        for one in model.patrol.beats:
            a_day = 12.0 / one.cycle_h
            passes.update({cell: a_day * len(starts) for cell, starts in one.starts_h.items()})
        total = sum(passes.values())
        assert total == pytest.approx(111 * 12.0 / model.patrol.beats[0].pass_h[0])
        assert max(passes.values()) < 1.25 * min(passes.values()), "and every cell about as often"


def test_errands_upset_the_even_distance_between_those_who_share_a_round():
    """Nobody restores it: with the way, whoever is near goes again and again, and falls back."""
    spread = {}
    for h_per_km in (0.0, 0.2):
        model = model_of(1, errand_h_per_km=h_per_km)
        for days in (0, 4):
            if days:
                model.run_for(days * 24)
            beats = model.patrol.beats
            cycle_h, duty_h = beats[0].cycle_h, beats[0].hours.worked_h(model.now_h)
            places = np.sort([one.walked_h(duty_h) % cycle_h for one in beats])
            gaps = np.diff(np.append(places, places[0] + cycle_h))
            spread[h_per_km, days] = gaps.std() / gaps.mean()
    assert spread[0.0, 0] == pytest.approx(0.0, abs=1e-9)
    assert 0.02 < spread[0.0, 4] < 0.6 * spread[0.2, 4] < 0.6


def test_beside_plans_that_differ_in_working_grids_stands_how_many_they_have(tmp_path):
    fewer = "changning_2005q4 --set supervisors.working_grids_count=28"
    words = ["compare", "changning_2005q4", fewer, "--set", "period.days=4", "--replications", "2", "--workers", "1"]
    takes = json.loads(called(tmp_path, *words, "--json").stdout)["takes"]
    assert list(takes["working_grids_count"].values()) == [111, 28]
    assert list(takes["posts_count"].values()) == [111, 111]
    table = called(tmp_path, *words).stdout.split("What each plan takes")[1].splitlines()
    assert "working grids" in " ".join(table[1:4])
    assert [line.split()[:2] for line in table if line.lstrip().startswith(("A ", "B "))][:2] == [
        ["A", "111"],
        ["B", "28"],
    ]


def test_where_working_grids_do_not_differ_nothing_is_said_of_them(tmp_path):
    shape = "changning_2005q4 --set supervisors.working_grid_shape=blocks"
    words = ["compare", "changning_2005q4", shape, "--set", "period.days=4", "--replications", "2", "--workers", "1"]
    assert "working_grids_count" not in json.loads(called(tmp_path, *words, "--json").stdout)["takes"]
    assert "working grids" not in called(tmp_path, *words).stdout


@pytest.mark.parametrize("base", ["changning_2005q4", "nanhu", "base_community", "dongcheng_2010"])
def test_as_many_cells_are_counted_as_are_laid_out(base):
    scenario = load(base)
    ground = scenario.parameters.territory
    assert cells_count(ground, scenario.sites) == build_territory(ground, scenario.sites).cells.count


def ways_km(**changes: object) -> tuple[float, dict[str, float]]:
    """The mean way of an errand, and what the run shows."""
    ways, go = [], Beat.go_on_errand

    def noted(one: Beat, site: int, now_h: float, errand_h: float) -> float:
        ways.append(one.way_h(site, one.hours.worked_h(now_h)) / 0.2)
        return go(one, site, now_h, errand_h)

    named = {f"supervisors.{name}": value for name, value in {"errand_h_per_km": 0.2, **changes}.items()}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Beat, "go_on_errand", noted)
        shown = simulate(load("changning_2005q4", {"period.days": 7} | named), 1, engine="mesa").indicators
    assert len(ways) > 300
    return float(np.mean(ways)), shown


def test_blocks_shorten_the_way():
    strips, blocks = (ways_km(working_grid_shape=shape)[0] for shape in ("strips", "blocks"))
    assert blocks < 0.85 * strips
    side_km = (37.19 / 111) ** 0.5
    assert blocks == pytest.approx(0.52 * side_km, rel=0.25), "two points of a square are 0.52 of its side apart"


def test_larger_working_grids_do_not_lengthen_the_way():
    """Whoever is nearest of four on four times the ground has about as far as one on a quarter of it."""
    alone, pooled = (
        ways_km(working_grid_shape="blocks")[0],
        ways_km(working_grid_shape="blocks", working_grids_count=28)[0],
    )
    assert pooled == pytest.approx(alone, rel=0.25)


def test_what_the_way_costs_is_seen_in_the_hours_that_errands_take():
    (_, on), (_, off) = ways_km(), ways_km(errand_h_per_km=0.0)
    assert on["supervisor_utilisation"] > off["supervisor_utilisation"] + 0.01
    assert on["staffed_hours"] == off["staffed_hours"]
    assert on["cost_yuan_per_year"] == off["cost_yuan_per_year"]


def test_a_place_is_as_far_as_the_middle_of_its_cell_is():
    ways = Ways([(0.0, 0.0)], [(300.0, 400.0)], 0.2)
    assert ways.way_h(0, 0) == pytest.approx(hypot(0.3, 0.4) * 0.2) == pytest.approx(0.1)
