"""Patrol rules: how the cells are cut into beats, and in which order a beat is walked.

Layer: sim.  A rule reads, decides and changes nothing.
The four strategies of the DeciUrban study of Shanghai (district first, community first, cooperative, random) are
named in its abstract and not defined there; what we had to decide is said at each of them, and in MODEL.md.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np


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


class Route(NamedTuple):
    """One post's round: the cells passed, in order, over and over; or drawn at random."""

    visits: tuple[int, ...]
    in_order: bool = True


PatrolRule = Callable[[Ground, int], list[Route]]
"""Given the ground and the number of posts (at least 1), give each post its route."""

MOST_VISITS = 4
"""A hot cell is visited at most so often in a cycle: more would leave the cold ones for too long."""


def cyclic(ground: Ground, posts_count: int) -> list[Route]:
    """Beats that take equally long to walk, each walked in a fixed order.

    Rule:    cut the walk through the district into pieces of equal time.  (Eq. 10)
    Source:  assumption-patrol
    """
    return [Route(beat) for beat in _cut(ground.walk, ground.pass_h, posts_count)]


def hot_spot_weighted(ground: Ground, posts_count: int) -> list[Route]:
    """As cyclic, but cells where more is expected are passed up to four times a cycle.

    Rule:    visits of a cell = round(sqrt(expected / the beat's median)), 1 to 4; the first tour passes all
             cells of the beat, the second those with two visits or more, and so on.
    Source:  assumption-patrol
    """
    return [Route(_tours(beat, ground.expected)) for beat in _cut(ground.walk, ground.pass_h, posts_count)]


def district_first(ground: Ground, posts_count: int) -> list[Route]:
    """The district sends its posts to where most is expected, whatever the community.

    Rule:    cut the walk into pieces of equal expected incidents: many small beats where much happens.
    Source:  deciurban; our reading of "district first" is assumption-deciurban.
    """
    return [Route(beat) for beat in _cut(ground.walk, ground.expected, posts_count)]


def community_first(ground: Ground, posts_count: int) -> list[Route]:
    """Every community gets the same share of the posts and looks after itself.

    Rule:    cut the walk into pieces of equal weight, a cell weighing its share of its community's time.
    Source:  deciurban; our reading of "community first" is assumption-deciurban.
    """
    return [Route(beat) for beat in _by_community(ground, posts_count)]


def cooperative(ground: Ground, posts_count: int) -> list[Route]:
    """As community first, but each post also passes the neighbours' cells along its border.

    Rule:    a beat's visits = its own cells, then every cell of another beat that touches one of them.
    Source:  deciurban; our reading of "cooperative" is assumption-deciurban.
    """
    beats = _by_community(ground, posts_count)
    return [Route(beat + _border(beat, ground.neighbours)) for beat in beats]


def random(ground: Ground, posts_count: int) -> list[Route]:
    """Control: beats as in cyclic, but the next cell is drawn at random, so that waits have no memory.

    Rule:    passes through a cell come as a Poisson process, on average one a cycle.
    Source:  deciurban; our reading of "random" is assumption-deciurban.
    """
    return [route._replace(in_order=False) for route in cyclic(ground, posts_count)]


def _by_community(ground: Ground, posts_count: int) -> list[tuple[int, ...]]:
    pass_h, community = np.asarray(ground.pass_h), np.asarray(ground.community)
    share = pass_h / np.bincount(community, pass_h)[community]
    return _cut(ground.walk, share.tolist(), posts_count)


def _cut(walk: Sequence[int], weight: Sequence[float], pieces: int) -> list[tuple[int, ...]]:
    """Cut a walk into pieces of equal weight, each of at least one cell; posts beyond that share the cells."""
    if pieces > len(walk):
        return _cut(walk, weight, len(walk)) + _cut(walk, weight, pieces - len(walk))
    reached = np.cumsum(np.asarray(weight)[list(walk)])
    wanted = reached[-1] * np.arange(1, pieces) / pieces
    cuts = np.searchsorted(reached, wanted, side="left") + 1
    # Each cut lies beyond the one before and leaves a cell for each piece to come.
    places = np.arange(1, pieces)
    cuts = np.maximum.accumulate(cuts - places) + places
    cuts = np.minimum(cuts, len(walk) - pieces + places)
    return [tuple(piece.tolist()) for piece in np.split(np.asarray(walk), cuts)]


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
