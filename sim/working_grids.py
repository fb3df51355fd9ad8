"""Working grids (工作网格) and the posts that walk them: how many to a grid, and the way from a walk to an errand.

Layer: sim.  How the cells are cut into working grids is the patrol rule's business.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from sim.closed_forms import distance_m, way_h
from sim.rules.patrol import Route

if TYPE_CHECKING:
    from collections.abc import Sequence


class Walk(NamedTuple):
    """What one post walks."""

    route: Route
    """The round of its working grid, shared by all posts of the grid; or the rounds of several, joined."""
    grid: int
    """The working grid; of joined ones, how many posts are listed before."""
    ahead_share: float
    """How far it is ahead of the first post of its working grid, as a share of the round."""


def man(routes: Sequence[Route], posts_count: int) -> list[Walk]:
    """Share the posts out over the working grids as evenly as can be: nobody is lost, and no grid is left out.

    Rule:    with posts enough, P/B to a grid, the first get one more, at equally spaced places of one round;
             with fewer, B/P grids to a post, which follow one another, the first get one more, in one round.
    """
    if posts_count < len(routes):
        shares = _evenly(len(routes), posts_count)
        return [Walk(_joined([routes[grid] for grid in grids]), post, 0.0) for post, grids in enumerate(shares)]
    return [
        Walk(routes[grid], grid, turn / len(posts))
        for grid, posts in enumerate(_evenly(posts_count, len(routes)))
        for turn in range(len(posts))
    ]


def _evenly(count: int, parts: int) -> list[range]:
    """The numbers below `count` in parts that follow one another; the first get one more."""
    each, more = divmod(count, parts)
    starts = [part * each + min(part, more) for part in range(parts + 1)]
    return [range(start, end) for start, end in pairwise(starts)]


def _joined(routes: Sequence[Route]) -> Route:
    return routes[0]._replace(visits=tuple(cell for route in routes for cell in route.visits))


class Ways:
    """How long the way is from the cell where a walk stands to the place of an errand."""

    def __init__(
        self, middles: Sequence[tuple[float, float]], site_at: Sequence[tuple[float, float]], h_per_km: float
    ) -> None:
        """Take the middle of each cell and the place of each site, m."""
        self._middles, self._site_at, self._h_per_km = middles, site_at, h_per_km

    def way_h(self, cell: int, site: int) -> float:
        """Hours of the way there, and as many back.

        Rule:    distance(middle of the cell, site) × w_e.  (Eq. 36)
        """
        return way_h(distance_m(*self._middles[cell], *self._site_at[site]), self._h_per_km)
