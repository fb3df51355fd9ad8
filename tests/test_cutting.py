"""Cutting a community into grids: contiguous, equal where buildings allow, the same for the same buildings."""

from __future__ import annotations

import random

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference.exact_cut import most_equal

from experiments.sizing.cuts.cutting import STRICTER, Method, bisection, candidates, cut, cuts, recombination, today
from experiments.sizing.cuts.neighbourhood import community, neighbours, parts_of, within_polygons
from experiments.sizing.cuts.quality import TOLERANCE, Why, impossible, pieces_count, quality
from experiments.sizing.cuts.recombining import State
from experiments.sizing.cuts.sides import shares
from experiments.words.sizing import IMPOSSIBLE, impossible_in_words
from languages.speaking import speak
from scenarios.sites import Site

RIVER = [(150.0, -1000.0), (150.0, 2000.0)]


def site(name, x_m, y_m, households=30, grid=""):
    return Site(name, float(x_m), float(y_m), households, 3 * households, "building", grid)


def lattice(columns, rows, step_m=30.0, households=30, from_x_m=0.0):
    return [
        site(f"{column}-{row}", from_x_m + column * step_m, row * step_m, households)
        for column in range(columns) for row in range(rows)
    ]  # fmt: skip


def clustered(buildings, seed, towers=0.1):
    """Clusters of buildings, each a compound; some are towers."""
    chance = np.random.default_rng(seed)
    middles = chance.uniform(0.0, 30.0 * buildings**0.5, (max(2, buildings // 20), 2))
    of = chance.integers(len(middles), size=buildings)
    places = (middles[of] + chance.normal(0.0, 40.0, (buildings, 2))).round(1)
    tall = chance.random(buildings) < towers
    sizes = np.where(tall, chance.integers(90, 220, buildings), chance.integers(10, 60, buildings))
    sites = [site(f"b{i}", *place, int(size)) for i, (place, size) in enumerate(zip(places, sizes, strict=True))]
    return sites, [f"compound {one}" for one in of]


def graph_of(of, across=True):
    graph = nx.Graph(of.links.tolist() + (of.across.tolist() if across else []))
    graph.add_nodes_from(range(len(of.names)))
    return graph


def by_site(of, grid_of):
    """A cut in the canonical order of the sites."""
    return np.array(grid_of)[of.row_of]


def is_contiguous(of, grid_of, across=True):
    """Asked of networkx, and not of what made the cut."""
    graph, grid_of = graph_of(of, across), by_site(of, grid_of)
    return all(nx.is_connected(graph.subgraph(np.flatnonzero(grid_of == grid))) for grid in set(grid_of.tolist()))


communities = st.lists(
    st.tuples(st.integers(0, 12), st.integers(0, 12), st.integers(0, 90)), min_size=1, max_size=30
).filter(lambda rows: any(row[2] for row in rows))
"""Few places, so that sites coincide and stand on lines."""


def made(rows):
    return [site(f"b{i}", 25 * x, 25 * y, households) for i, (x, y, households) in enumerate(rows)]


# Neighbours -------------------------------------------------------------------------------------------------------
def test_on_a_lattice_neighbours_are_those_beside_and_at_most_one_diagonal():
    sites = lattice(5, 4)
    links = {frozenset(link) for link in community(sites).links.tolist()}
    beside = {frozenset((4 * c + r, 4 * c + r + 1)) for c in range(5) for r in range(3)}
    beside |= {frozenset((4 * c + r, 4 * c + 4 + r)) for c in range(4) for r in range(4)}
    assert beside <= links
    assert len(links - beside) <= 4 * 3
    assert all(np.hypot(*np.subtract(sites[a][1:3], sites[b][1:3])) < 43 for a, b in map(tuple, links))


def test_no_link_passes_another_building_or_is_much_longer_than_usual():
    x_m, y_m = (
        np.array([0.0, 30, 60, 0, 30, 60, 500.0, 530, 500, 530]),
        np.array([0.0, 2, 0, 30, 30, 30, 0.0, 0, 30, 30]),
    )
    links = {tuple(link) for link in neighbours(x_m, y_m)[0].tolist()}
    assert (0, 2) not in links  # 1 stands between them
    assert len([link for link in links if link[0] < 6 <= link[1]]) == 1  # far away: only so that all hangs together


@settings(max_examples=60, deadline=None)
@given(communities)
def test_without_barriers_all_hangs_together(rows):
    of = community(made(rows))
    assert nx.is_connected(graph_of(of))
    assert of.sides_count == 1
    assert not len(of.across)


@settings(max_examples=40, deadline=None)
@given(communities, st.integers(1, 299))
def test_no_link_crosses_a_barrier_and_sides_are_what_it_cuts(rows, at):
    at = at + 0.5 if at % 25 == 0 else float(at)
    of = community(made(rows), barriers=[[(at, -1e4), (at, 1e4)]])
    west = of.x_m < at
    assert (west[of.links[:, 0]] == west[of.links[:, 1]]).all()
    assert nx.is_connected(graph_of(of))
    assert of.sides_count >= len(set(west.tolist()))
    assert (of.side_of == parts_of(len(of.names), of.links)).all()


def test_a_barrier_that_ends_can_be_walked_around():
    of = community(lattice(6, 6), barriers=[[(75, -100), (75, 100)]])
    assert of.sides_count == 1
    assert len(of.links) < len(community(lattice(6, 6)).links)


def test_buildings_on_a_line_follow_one_another():
    of = community([site(str(place), 10 * place, 20 * place) for place in (3, 0, 2, 1)])
    assert of.links.tolist() == [[0, 1], [1, 2], [2, 3]]


def test_compounds_may_be_polygons():
    square = [(0, 0), (10, 0), (10, 10), (0, 10)]
    assert within_polygons([(5, 5), (10, 5), (11, 5)], {"east": [(10, 0), (20, 0), (20, 10), (10, 10)], "a": square}) == [
        "a", "a", "east",
    ]  # fmt: skip
    of = community([site("in", 5, 5), site("out", 50, 5)], {"a": square})
    assert of.compound_of.tolist() == [0, -1]


@pytest.mark.parametrize(("sites", "labels", "said"), [
    pytest.param([], None, "no site has households", id="no sites"),
    pytest.param([site("a", 0, 0, 0)], None, "no site has households", id="no households"),
    pytest.param([site("a", 0, 0)], ["x", "y"], "2 labels of compounds for 1 sites", id="labels"),
])  # fmt: skip
def test_what_is_no_community_is_refused(sites, labels, said):
    with pytest.raises(ValueError, match=said):
        community(sites, labels)


# Cuts -------------------------------------------------------------------------------------------------------------
@settings(max_examples=15, deadline=None)
@given(communities, st.data())
def test_every_building_is_in_one_grid_and_every_grid_in_one_piece(rows, data):
    sites = made(rows)
    k = data.draw(st.integers(1, len(sites)))
    barriers = [
        [(at, -1e4), (at, 1e4)] for at in data.draw(st.lists(st.sampled_from([60.0, 130.0, 210.0]), unique=True))
    ]
    of = community(sites, [f"c{x // 4}" for x, _, _ in rows], barriers)
    for found in (bisection(of, k), recombination(of, k)):
        assert len(found.grid_of) == len(sites)
        assert set(found.grid_of) == set(range(k))
        assert is_contiguous(of, found.grid_of)
        assert found.quality.contiguous


@settings(max_examples=8, deadline=None)
@given(communities, st.randoms(use_true_random=False), st.integers(2, 5))
def test_the_order_of_rows_changes_nothing_but_the_order(rows, chance, k):
    sites, k = made(rows), min(k, len(rows))
    labels = [f"c{x // 4}" for x, _, _ in rows]
    shuffled = list(range(len(sites)))
    chance.shuffle(shuffled)
    as_listed = cut(community(sites, labels), k)
    found = cut(community([sites[row] for row in shuffled], [labels[row] for row in shuffled]), k)
    assert found.grid_of == tuple(as_listed.grid_of[row] for row in shuffled)
    assert found.quality.objective == as_listed.quality.objective


def test_the_seed_is_all_the_chance_there_is():
    of = community(*clustered(60, 3))
    state = random.getstate()
    assert cut(of, 7) == cut(of, 7)
    assert random.getstate() == state


def test_a_finer_range_has_the_coarser_ones_cuts():
    of = community(*clustered(60, 4))
    fine, coarse = cuts(of, range(2, 9)), cuts(of, range(2, 9, 3))
    assert list(fine) == [2, 3, 4, 5, 6, 7, 8]
    assert {count: fine[count] for count in coarse} == coarse


def test_two_halves_that_mirror_each_other_are_two_grids_that_do():
    west, east = lattice(4, 5), lattice(4, 5, from_x_m=210.0)
    found = cut(community([*west, *east]), 2)
    assert found.grid_of == (0,) * 20 + (1,) * 20


def test_numbers_go_from_west_to_east():
    assert cut(community(lattice(6, 1, households=10)), 3).grid_of == (0, 0, 1, 1, 2, 2)


@pytest.mark.parametrize("seed", range(16))
def test_grids_are_equal_wherever_the_exact_cut_is(seed):
    """Where no cut is equal, ours is as good as the best within a twentieth."""
    chance = np.random.default_rng(100 + seed)
    sites, labels = clustered(int(chance.integers(9, 17)), 100 + seed, towers=0.2 * (seed % 2))
    of, k = community(sites, labels), int(chance.integers(2, 6))
    found = cut(of, k).quality
    if found.excess:
        best = most_equal(of.households.tolist(), of.links.tolist(), k, good_enough=TOLERANCE, limit_s=20)
        assert found.largest_deviation <= best.deviation + 0.05
        assert best.bound > TOLERANCE


@pytest.mark.parametrize("seed", range(6))
def test_the_cut_is_never_worse_than_the_bisection_and_mostly_equal(seed):
    of = community(*clustered(80, seed, towers=0.0))
    found = cut(of, 10).quality
    assert found.objective <= bisection(of, 10).quality.objective
    assert found.largest_deviation <= TOLERANCE + 1e-9


@pytest.mark.parametrize("seed", range(4))
def test_a_barrier_is_not_crossed_where_its_sides_are_whole_grids(seed):
    sites, labels = clustered(60, seed, towers=0.0)
    of = community(sites, labels, [RIVER])
    found = {k: cut(of, k) for k in range(1, 12)}
    for k, each in found.items():
        whole, in_between = (len(shares(of, k, least).grids) == of.sides_count for least in (STRICTER, TOLERANCE))
        if whole or not in_between:  # in between, a side's grids have little room to be equal
            assert (each.quality.barriers_crossed_count == 0) == whole, k
        assert is_contiguous(of, each.grid_of, across=False) == (each.quality.barriers_crossed_count == 0)
    assert found[1].quality.barriers_crossed_count == of.sides_count - 1


def test_two_unequal_sides_share_a_grid_only_if_they_must():
    sites = [*lattice(2, 3, from_x_m=0.0), *lattice(4, 3, from_x_m=240.0)]  # 180 households west of the river, 360 east
    of = community(sites, barriers=[RIVER])
    three, two = cut(of, 3), cut(of, 2)
    assert (three.quality.barriers_crossed_count, three.quality.largest_deviation) == (0, 0.0)
    assert (two.quality.barriers_crossed_count, two.quality.largest_deviation) == (1, 0.0)
    assert [(reason.why, reason.households) for reason in impossible(of, 2)] == [(Why.SIDE, 180)]


def test_compounds_stay_whole_where_balance_allows():
    sites = lattice(6, 4)
    labels = ["west" if x < 3 else "east" for x in range(6) for _ in range(4)]
    assert cut(community(sites, labels), 2).quality.compounds_cut_count == 0
    rows = ["north" if y < 2 else "south" for _ in range(6) for y in range(4)]
    assert cut(community(sites, rows), 2).quality.compounds_cut_count == 0  # though long grids are less compact
    assert cut(community(sites), 2).grid_of == (0,) * 12 + (1,) * 12


@pytest.mark.parametrize("sites", [
    pytest.param([site(f"b{i}", 12.5 * i, 0) for i in range(12)], id="on a line"),
    pytest.param([site(f"b{i}", 7 * i, 11 * i) for i in range(12)], id="on a slanting line"),
    pytest.param([site(f"b{i}", 5e5, 4e6) for i in range(12)], id="all in one place"),
    pytest.param([site(f"b{i}", 5e5 + 40 * (i % 2), 4e6) for i in range(12)], id="in two places"),
])  # fmt: skip
def test_odd_places_are_cut_all_the_same(sites):
    of = community(sites)
    for k in (1, 2, 3, 4, 6, 12):
        found = cut(of, k)
        assert found.quality.largest_deviation == 0.0
        assert is_contiguous(of, found.grid_of)


def test_one_building_is_one_grid_and_as_many_grids_as_buildings_are_buildings():
    assert cut(community([site("a", 3, 4)]), 1).grid_of == (0,)
    of = community(lattice(3, 3))
    assert sorted(cut(of, 9).grid_of) == list(range(9))
    for k in (0, 10):
        with pytest.raises(ValueError, match=f"cannot cut 9 sites into {k} grids"):
            cut(of, k)


def test_todays_grids_are_a_candidate_though_they_lie_in_pieces():
    sites = [site(f"b{i}", 30 * i, 0, grid="一" if i % 2 else "二") for i in range(6)]
    of = community(sites)
    now, best = candidates(of, [2])
    assert (now.method, now.grid_of, now.quality.pieces_count) == (Method.TODAY, (0, 1, 0, 1, 0, 1), 6)
    assert best.quality.contiguous
    assert best.quality.objective < now.quality.objective
    assert today(community(lattice(2, 2))) is None


# Measures and reasons ---------------------------------------------------------------------------------------------
def test_measures_of_a_cut_worked_by_hand():
    sites = [site("a", 0, 0, 10), site("b", 0, 20, 20), site("c", 60, 0, 30), site("d", 60, 20, 60)]
    of = community(sites, ["x", "x", "x", ""])
    found = quality(of, np.array([0, 0, 1, 1]))
    assert found.largest_deviation == pytest.approx(0.5)  # 30 and 90, where 60 would be equal
    assert found.excess == pytest.approx(0.4)
    assert found.scatter == pytest.approx(2 * 400 / (4 * 1000))
    assert found.compactness == pytest.approx(10 / (2 / 3 * (1200 / (np.pi * 2)) ** 0.5))
    assert (found.pieces_count, found.compounds_cut_count, found.splits_count) == (2, 1, 1)
    assert found.objective == pytest.approx(10 + 40 + 2 * 1 / 2 + 0.2)
    assert quality(of, np.array([0, 1, 1, 0])).pieces_count in (3, 4)  # no more than one diagonal is a link
    with pytest.raises(ValueError, match="grid 1 of 3 has no site"):
        quality(of, np.array([0, 0, 2, 2]))


def test_what_the_search_counts_is_what_a_cut_is_measured_by():
    """But for each compound and each side of a barrier, once: the same for all cuts into as many grids."""
    sites, labels = clustered(50, 5)
    of = community(sites, labels, [RIVER])
    allowed = np.concatenate([of.links, of.across])
    begun = by_site(of, bisection(of, 6).grid_of)
    state = State(of, allowed, begun)
    differences = [state.objective() - quality(of, begun).objective]
    for a, b in state.pairs():
        state.recombine(a, b, random.Random(3), 4, allowance=1e6)
        differences.append(state.objective() - quality(of, np.array(state.grid_of)).objective)
        assert pieces_count(of, np.array(state.grid_of)) == 6
    assert differences == pytest.approx([differences[0]] * len(differences))


@pytest.mark.parametrize(("sizes", "k", "why", "said"), [
    pytest.param([420, 60, 60, 60], 2, [Why.TOWER],
                 "One building (b0) has 420 households: grids of 300 cannot be equal.", id="a tower too large"),
    pytest.param([200, 200, 200, 200, 100], 3, [Why.CROWDED],
                 "4 buildings have at least 200 households each, and no two of them fit into a grid of at most 330; there are "
                 "fewer grids than that.", id="more large ones than grids"),
    pytest.param([200, 200, 200], 2, [Why.CROWDED, Why.SUMS],
                 "3 buildings have at least 200 households each, and no two of them fit into a grid of at most 330; there are "
                 "fewer grids than that.", id="no sum comes near"),
    pytest.param([100, 100, 100, 100], 2, [], None, id="possible"),
])  # fmt: skip
def test_why_equal_grids_cannot_be_had(sizes, k, why, said):
    found = impossible(community([site(f"b{i}", 30 * i, 10 * (i % 2), size) for i, size in enumerate(sizes)]), k)
    assert [reason.why for reason in found] == why
    if said:
        assert impossible_in_words(**found[0]._asdict()) == said


def test_every_reason_has_its_sentence_in_every_language():
    assert set(IMPOSSIBLE) == set(Why)
    reason = impossible(community([site("b", 0, 0, 420), site("c", 9, 0, 180)]), 2)[0]
    speak("zh")
    try:
        assert "b 有 420 户" in impossible_in_words(**reason._asdict())
    finally:
        speak("en")


@settings(max_examples=40, deadline=None)
@given(communities, st.integers(1, 6))
def test_what_is_called_impossible_is(rows, k):
    of = community(made(rows))
    k = min(k, len(rows))
    if impossible(of, k):
        assert bisection(of, k).quality.excess > 0.0


@pytest.mark.parametrize(("households", "k", "best"), [
    pytest.param([10, 20, 30, 40], 2, 0.2, id="on a chain: 60 and 40"),
    pytest.param([40, 10, 10, 40], 2, 0.0, id="in the middle"),
    pytest.param([50, 10, 10], 3, 80 / 70, id="each alone"),
])  # fmt: skip
def test_the_exact_cut_by_hand(households, k, best):
    chain = [(i, i + 1) for i in range(len(households) - 1)]
    assert most_equal(households, chain, k).deviation == pytest.approx(best)
