"""Cuts of a community into any number of grids: bisection, recombination, and the grids of today.

Layer: experiments.  Pure: equal sites and equal seeds give equal cuts, in whatever order the sites are listed.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from enum import StrEnum
from heapq import heapify, heappop, heappush
from typing import NamedTuple

import numpy as np

from experiments.sizing.cuts.neighbourhood import Community, Ints, parts_of
from experiments.sizing.cuts.quality import TOLERANCE, Quality, quality
from experiments.sizing.cuts.recombining import State
from experiments.sizing.cuts.sides import Shares, shares
from sim.partition import bisect_into

SEED = 1
STRICTER = 0.03
"""A second look at which sides of barriers share grids, if the first leaves too little room to make them equal."""
SWEEPS = 20
TREES = 6
"""Spanning trees for each pair of neighbouring grids in one round."""
WORK, WORK_PER_SITE, MOST_WORK = 50_000, 4_000, 900_000
"""Sites in spanning trees, in all attempts on one cut: up to ten seconds where equal grids cannot be found."""
SHAKEN = (-2.0, 2.5)
"""By how much a pair may become worse where a cut is shaken, as a power of ten: from a little to anything."""
WARMTH = (-3.0, 0.5)
"""By how much a cut may worsen from one attempt to the next, as a power of ten."""
AT_THE_WORST = 0.7
"""The share of shakes that begin at a grid that is not equal, while there are any."""
IDLE = 12
"""After so many attempts in a row that better nothing, a cut that is equal within the tolerance is done."""


class Method(StrEnum):
    """Where a cut comes from."""

    TODAY = "today"
    BISECTION = "bisection"
    RECOMBINATION = "recombination"
    BY_HAND = "by_hand"


class Cut(NamedTuple):
    """A partition of a community's sites into grids."""

    method: Method
    grid_of: tuple[int, ...]
    """(rows,): of each site in the order in which they were given; grids are numbered from west to east by the first
    site of each."""
    quality: Quality


def cuts(of: Community, counts: Iterable[int], seed: int = SEED) -> dict[int, Cut]:
    """The best cut that is found for each number of grids; which others are asked for changes nothing.

    Raises ValueError as `cut` does.
    """
    return {count: cut(of, count, seed) for count in counts}


def cut(of: Community, grids_count: int, seed: int = SEED) -> Cut:
    """The better of bisection and recombination, by `Quality.objective`; of equals the bisection.

    Raises ValueError if there is no grid, or fewer sites than grids.
    """
    found = [bisection(of, grids_count), recombination(of, grids_count, seed)]
    return min(found, key=lambda each: round(each.quality.objective, 9))


def candidates(of: Community, counts: Iterable[int], seed: int = SEED) -> list[Cut]:
    """What there is to choose from: the grids of today, if they are known, and the best cut for each number."""
    now = today(of)
    return ([now] if now else []) + list(cuts(of, counts, seed).values())


def today(of: Community) -> Cut | None:
    """The grids that the list names, be they contiguous or not; None if it names none."""
    if not any(of.today):
        return None
    return _cut(of, Method.TODAY, np.unique(np.array(of.today), return_inverse=True)[1].astype(np.int64))


def by_hand(of: Community, grid_of: Sequence[int]) -> Cut:
    """A cut that somebody made, (rows,); its grids keep their numbers, of which some may not be used."""
    used = np.unique(np.array(grid_of, dtype=np.int64)[of.row_of], return_inverse=True)[1]
    return Cut(Method.BY_HAND, tuple(grid_of), quality(of, used.astype(np.int64)))


def bisection(of: Community, grids_count: int) -> Cut:
    """The model's own cut (sim/partition.py), side by side of the barriers, made contiguous where it is not.

    Rule:    a grid in pieces keeps the piece with the most households; the others go, site by site, to the
             neighbouring grid with the fewest.
    Source:  berger-1987
    Raises ValueError if there is no grid, or fewer sites than grids.
    """
    shared = _shared(of, grids_count, TOLERANCE)
    return _cut(of, Method.BISECTION, _bisected(of, shared))


def recombination(of: Community, grids_count: int, seed: int = SEED) -> Cut:
    """Begin with the bisection, and better it by moves over borders and by merging and cutting pairs of grids anew.

    Rule:    move single sites while that helps; merge each pair of neighbours and cut it along a random spanning tree.
             Then shake two or three pairs, better what is around them, keep what is no worse; until nothing helps.
    Source:  DeFord, Duchin and Solomon 2021, Recombination: a family of Markov chains for redistricting (HDSR); here
             the steps search for one good cut and sample nothing.
    Raises ValueError if there is no grid, or fewer sites than grids.
    """
    best: Cut | None = None
    for tolerance in (TOLERANCE, STRICTER) if of.sides_count > 1 else (TOLERANCE,):
        shared = _shared(of, grids_count, tolerance)
        start = _bisected(of, shared)
        state = State(of, _allowed(of, shared), start)
        found = _cut(of, Method.RECOMBINATION, _searched(state, random.Random(seed * 1_000_003 + grids_count)))
        if best is None or found.quality.objective < best.quality.objective:
            best = found
        if not best.quality.excess:
            break
    assert best is not None
    return best


def _shared(of: Community, grids_count: int, tolerance: float) -> Shares:
    if not 1 <= grids_count <= len(of.names):
        raise ValueError(f"cannot cut {len(of.names)} sites into {grids_count} grids")
    return shares(of, grids_count, tolerance)


def _cut(of: Community, method: Method, grid_of: Ints) -> Cut:
    """A cut with its grids numbered by their first site."""
    _, first, place = np.unique(grid_of, return_index=True, return_inverse=True)
    numbered = np.argsort(np.argsort(first))[place]
    return Cut(method, tuple(of.in_rows(numbered.tolist())), quality(of, numbered))


def _allowed(of: Community, shared: Shares) -> Ints:
    """The links over which a grid may hold together (links, 2): those across a barrier only within a group."""
    same = shared.group_of[of.across[:, 0]] == shared.group_of[of.across[:, 1]]
    return np.concatenate([of.links, of.across[same]])


def _bisected(of: Community, shared: Shares) -> Ints:
    grid_of = np.empty(len(of.names), dtype=np.int64)
    first = 0
    for group, count in enumerate(shared.grids):
        inside = np.flatnonzero(shared.group_of == group)
        weights = of.households[inside].astype(float)
        grid_of[inside] = first + bisect_into(of.x_m[inside], of.y_m[inside], weights, count)
        first += count
    return _mended(of, _allowed(of, shared), grid_of)


def _mended(of: Community, allowed: Ints, grid_of: Ints) -> Ints:
    """The cut with every grid in one piece."""
    piece = parts_of(len(grid_of), allowed[grid_of[allowed[:, 0]] == grid_of[allowed[:, 1]]])
    households, sites = np.bincount(piece, of.households), np.bincount(piece)
    largest: dict[int, int] = {}
    for grid, here in sorted(set(zip(grid_of.tolist(), piece.tolist(), strict=True))):
        there = largest.setdefault(grid, here)
        if (households[here], sites[here]) > (households[there], sites[there]):
            largest[grid] = here
    mended = np.where(np.isin(piece, list(largest.values())), grid_of, -1)
    settled = mended >= 0
    have = np.bincount(mended[settled], of.households[settled], minlength=len(largest))
    near: list[list[int]] = [[] for _ in grid_of]
    for one, other in allowed.tolist():
        near[one].append(other)
        near[other].append(one)
    labels, weights = mended.tolist(), of.households.tolist()
    border: list[list[int]] = [[] for _ in have]  # of each grid, the sites beside it, the first one first
    for place in np.flatnonzero(settled).tolist():
        border[labels[place]] += [other for other in near[place] if labels[other] < 0]
    smallest = [(int(held), grid) for grid, held in enumerate(have.tolist()) if border[grid]]
    heapify(smallest)
    for heap in border:
        heapify(heap)
    while smallest:
        held, grid = heappop(smallest)
        place = heappop(border[grid])
        if labels[place] < 0:
            labels[place] = grid
            held += weights[place]
            for other in near[place]:
                if labels[other] < 0:
                    heappush(border[grid], other)
        if border[grid]:
            heappush(smallest, (held, grid))
    return np.array(labels, dtype=np.int64)


def _searched(state: State, stream: random.Random) -> Ints:
    """The best cut that is found from a start on."""
    work = _Work(min(WORK + WORK_PER_SITE * len(state.grid_of), MOST_WORK))
    _settle(state, stream, work, None)
    cost, best, found, idle = state.total(), state.objective(), list(state.grid_of), 0
    while state.count > 1 and work.left > 0 and (idle < IDLE or state.off()):
        idle += 1
        kept = state.kept()
        shaken = _shake(state, stream, work)
        _settle(state, stream, work, shaken)
        if (here := state.objective()) < best - 1e-9:
            best, found, idle = here, list(state.grid_of), 0
        if (after := state.total()) <= cost + 10.0 ** stream.uniform(*WARMTH):
            cost = after
        else:
            state.come_back(kept)
    return np.array(found, dtype=np.int64)


class _Work:
    """How many sites may still stand in spanning trees."""

    def __init__(self, left: int) -> None:
        self.left = left


def _settle(state: State, stream: random.Random, work: _Work, around: Iterable[int] | None) -> None:
    """Better the cut, everywhere or around some grids, until nothing more is gained."""
    state.descend(SWEEPS, around)
    changed = set(range(state.count)) if around is None else set(around)
    while changed and work.left > 0:
        touched, changed = changed, set()
        for a, b in state.pairs(touched):
            work.left -= TREES * (len(state.members[a]) + len(state.members[b]))
            if state.recombine(a, b, stream, TREES):
                changed |= {a, b}
        state.descend(SWEEPS, changed)


def _shake(state: State, stream: random.Random, work: _Work) -> set[int]:
    """Cut two or three pairs anew that lie near one another, though that may cost a little; which grids changed."""
    off = state.off()
    grid = stream.choice(off) if off and stream.random() < AT_THE_WORST else stream.randrange(state.count)
    shaken = {grid}
    for _ in range(stream.choice((2, 3))):
        others = sorted(state.neighbours_of(grid))
        if not others:
            break
        other = stream.choice(others)
        work.left -= len(state.members[grid]) + len(state.members[other])
        state.recombine(grid, other, stream, 1, 10.0 ** stream.uniform(*SHAKEN))
        shaken |= {grid, other}
        grid = other
    return shaken
