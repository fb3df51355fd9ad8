"""Patrol rules: how the cells are cut into working grids, and in which order the cells of one are walked.

Layer: sim.  A rule reads, decides and changes nothing.
The four strategies of the DeciUrban study of Shanghai (district first, community first, cooperative, random) are
named in its abstract and not defined there; what we had to decide is said at each of them, and in MODEL.md.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby
from typing import NamedTuple

import numpy as np

from sim.partition import apportion, bisect_into


class Ground(NamedTuple):
    """What a patrol rule sees: one entry a cell."""

    pass_h: Sequence[float]
    """Time to pass through the cell once, hours."""
    expected: Sequence[float]
    """Incidents expected in the cell, per day."""
    community: Sequence[int]
    walk: Sequence[int]
    """All cells, in an order in which one can walk them: community by community, row by row and back."""
    neighbours: Sequence[Sequence[int]]
    middles: Sequence[tuple[float, float]] = ()
    """Where the middle of the cell is, m; only blocks are cut by it."""
    shape: str = "strips"
    """How a rule cuts: pieces of the walk ("strips"), or compact ("blocks")."""


class Route(NamedTuple):
    """The round of one working grid: the cells passed, in order, over and over; or drawn at random."""

    visits: tuple[int, ...]
    in_order: bool = True


PatrolRule = Callable[[Ground, int], list[Route]]
"""Given the ground and the number of working grids (at least 1), give each its route."""

MOST_VISITS = 4
"""A hot cell is visited at most so often in a cycle: more would leave the cold ones for too long."""


def cyclic(ground: Ground, grids_count: int) -> list[Route]:
    """Beats that take equally long to walk, each walked in a fixed order.

    Rule:    cut the walk through the district into pieces of equal time.  (Eq. 10)
    Source:  assumption-patrol
    """
    return [Route(beat) for beat in _cut(ground, ground.pass_h, grids_count)]


def hot_spot_weighted(ground: Ground, grids_count: int) -> list[Route]:
    """As cyclic, but cells where more is expected are passed up to four times a cycle.

    Rule:    visits of a cell = round(sqrt(expected / the beat's median)), 1 to 4; the first tour passes all
             cells of the beat, the second those with two visits or more, and so on.
    Source:  assumption-patrol
    """
    return [Route(_tours(beat, ground.expected)) for beat in _cut(ground, ground.pass_h, grids_count)]


def district_first(ground: Ground, grids_count: int) -> list[Route]:
    """The district sends its people to where most is expected, whatever the community.

    Rule:    cut the walk into pieces of equal expected incidents: many small beats where much happens.
    Source:  deciurban; our reading of "district first" is assumption-deciurban.
    """
    return [Route(beat) for beat in _cut(ground, ground.expected, grids_count)]


def community_first(ground: Ground, grids_count: int) -> list[Route]:
    """Every community gets the same share of the working grids and looks after itself.

    Rule:    cut into pieces of equal weight, a cell weighing its share of its community's time; blocks do not cross
             the border of a community, if there is one at least for each.
    Source:  deciurban; our reading of "community first" is assumption-deciurban.
    """
    return [Route(beat) for beat in _by_community(ground, grids_count)]


def cooperative(ground: Ground, grids_count: int) -> list[Route]:
    """As community first, but each round also passes the neighbours' cells along its border.

    Rule:    a beat's visits = its own cells, then every cell of another beat that touches one of them.
    Source:  deciurban; our reading of "cooperative" is assumption-deciurban.
    """
    beats = _by_community(ground, grids_count)
    return [Route(beat + _border(beat, ground.neighbours)) for beat in beats]


def random(ground: Ground, grids_count: int) -> list[Route]:
    """Control: beats as in cyclic, but the next cell is drawn at random, so that waits have no memory.

    Rule:    passes through a cell come as a Poisson process, on average one a cycle.
    Source:  deciurban; our reading of "random" is assumption-deciurban.
    """
    return [route._replace(in_order=False) for route in cyclic(ground, grids_count)]


def _by_community(ground: Ground, grids_count: int) -> list[tuple[int, ...]]:
    pass_h, community = np.asarray(ground.pass_h), np.asarray(ground.community)
    if ground.shape == "blocks" and len(set(ground.community)) <= grids_count <= len(ground.walk):
        members = [[*cells] for _, cells in groupby(ground.walk, lambda cell: ground.community[cell])]
        counts = apportion([1.0] * len(members), grids_count, caps=[len(cells) for cells in members])
        parts = zip(members, counts, strict=True)
        return [block for cells, count in parts for block in _blocks(ground, cells, ground.pass_h, count)]
    share = pass_h / np.bincount(community, pass_h)[community]
    return _cut(ground, share.tolist(), grids_count)


def _cut(ground: Ground, weight: Sequence[float], pieces: int) -> list[tuple[int, ...]]:
    """Cut the district into pieces of equal weight, each of at least one cell; pieces beyond that share the cells."""
    cut = _blocks if ground.shape == "blocks" else _strips
    times, rest = divmod(pieces, len(ground.walk))
    shared = cut(ground, ground.walk, weight, len(ground.walk)) * times if times else []
    return shared + (cut(ground, ground.walk, weight, rest) if rest else [])


def _strips(ground: Ground, walk: Sequence[int], weight: Sequence[float], pieces: int) -> list[tuple[int, ...]]:
    """Cut a walk where its weight passes the multiples of total / pieces.  (Eq. 10)"""
    reached = np.cumsum(np.asarray(weight)[list(walk)])
    wanted = reached[-1] * np.arange(1, pieces) / pieces
    cuts = np.searchsorted(reached, wanted, side="left") + 1
    # Each cut lies beyond the one before and leaves a cell for each piece to come.
    places = np.arange(1, pieces)
    cuts = np.maximum.accumulate(cuts - places) + places
    cuts = np.minimum(cuts, len(walk) - pieces + places)
    return [tuple(piece.tolist()) for piece in np.split(np.asarray(walk), cuts)]


def _blocks(ground: Ground, walk: Sequence[int], weight: Sequence[float], pieces: int) -> list[tuple[int, ...]]:
    """Compact pieces, by recursive bisection of the middles of the cells; in each, the order of the walk.  (Eq. 7)"""
    cells = np.asarray(walk)
    x_m, y_m = np.asarray(ground.middles)[cells].T
    block = bisect_into(x_m, y_m, np.asarray(weight)[cells], pieces)
    ordered, sizes = cells[np.argsort(block, kind="stable")], np.bincount(block)
    return [tuple(piece.tolist()) for piece in np.split(ordered, np.cumsum(sizes)[:-1])]


def _tours(beat: tuple[int, ...], expected: Sequence[float]) -> tuple[int, ...]:
    median = float(np.median([expected[cell] for cell in beat]))
    ratio = [expected[cell] / median if median > 0.0 else 1.0 for cell in beat]
    visits = [min(MOST_VISITS, max(1, round(r**0.5))) for r in ratio]
    return tuple(cell for tour in range(max(visits)) for cell, n in zip(beat, visits, strict=True) if n > tour)


def _border(beat: tuple[int, ...], neighbours: Sequence[Sequence[int]]) -> tuple[int, ...]:
    own = set(beat)
    return tuple(sorted({cell for mine in beat for cell in neighbours[mine]} - own))


PATROL_RULES: dict[str, PatrolRule] = {
    "cyclic": cyclic,
    "hot_spot_weighted": hot_spot_weighted,
    "district_first": district_first,
    "community_first": community_first,
    "cooperative": cooperative,
    "random": random,
}
