"""A community as a graph: which buildings are neighbours, what barriers keep apart, which compounds there are.

Layer: experiments.  Pure functions of positions; no chance.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components, minimum_spanning_tree
from scipy.spatial import Delaunay, QhullError, cKDTree

from scenarios.site_grids import completed
from scenarios.sites import Site

LONGEST = 4.0
"""A link is at most so many times as long as it is, at the sparser of its ends, to the third nearest place."""
BETWEEN_DEG = 120.0
"""A building that sees both ends of a link at so wide an angle lies between them: they are no neighbours."""
SAME_PLACE_M = 0.01
SPREAD = 0.1
"""Buildings of one place are spread, to tell their neighbours, within so much of the way to the nearest other place."""
GOLDEN_ANGLE = np.pi * (3.0 - np.sqrt(5.0))

type Floats = NDArray[np.float64]
type Ints = NDArray[np.int64]
type Line = Sequence[tuple[float, float]]
type Shape = Any
"""A geometry of shapely, which has no types."""


@dataclass(frozen=True, eq=False)
class Community:
    """Sites in their canonical order (by x, y, name, then all else), and the graph of neighbours."""

    names: tuple[str, ...]
    x_m: Floats
    """(sites,)"""
    y_m: Floats
    households: Ints
    """(sites,); a spot in the street has none, and belongs to a grid all the same."""
    compounds: tuple[str, ...]
    compound_of: Ints
    """(sites,): an index into `compounds`; -1: in none."""
    today: tuple[str, ...]
    """The grid of each site as it is today; all empty: none is known."""
    links: Ints
    """(links, 2): neighbours with no barrier between them, lower index first, sorted."""
    across: Ints
    """(links, 2): neighbours on two sides of a barrier that no other way leads around."""
    side_of: Ints
    """(sites,): the part of the graph, as barriers cut it, in which a site lies."""
    row_of: Ints
    """(sites,): which of the rows that were given each site is."""

    @property
    def sides_count(self) -> int:
        """Into how many parts barriers cut the community; 1 without them."""
        return int(self.side_of.max()) + 1

    def in_rows[T](self, of_sites: Sequence[T]) -> list[T]:
        """What belongs to each site, in the order in which the sites were given."""
        back = np.argsort(self.row_of)
        return [of_sites[place] for place in back.tolist()]


def community(
    sites: Sequence[Site], compounds: Sequence[str] | Mapping[str, Line] | None = None, barriers: Sequence[Line] = ()
) -> Community:
    """A community of sites; the order of its rows changes nothing but `row_of`.

    `compounds` is a label for each site (empty: none), or polygons by name, m. `barriers` are line strings, m.
    Raises ValueError if there are no sites or households, or labels for another number of sites.
    """
    if not any(site.households for site in sites):
        raise ValueError("no site has households")
    labels = _labels(sites, compounds)
    if len(labels) != len(sites):
        raise ValueError(f"{len(labels)} labels of compounds for {len(sites)} sites")
    named = [site.grid for site in sites]
    today = completed([(site.x_m, site.y_m) for site in sites], named) if any(named) else named
    rows = sorted(
        range(len(sites)),
        key=lambda row: (sites[row].x_m, sites[row].y_m, sites[row].site, sites[row].households, labels[row], row),
    )
    x_m, y_m = (np.array([getattr(sites[row], axis) for row in rows], dtype=float) for axis in ("x_m", "y_m"))
    names = sorted(set(filter(None, labels)))
    number = {name: place for place, name in enumerate(names)} | {"": -1}
    links, across, side_of = neighbours(x_m, y_m, barriers)
    return Community(
        names=tuple(sites[row].site for row in rows), x_m=x_m, y_m=y_m,
        households=np.array([sites[row].households for row in rows], dtype=np.int64),
        compounds=tuple(names), compound_of=np.array([number[labels[row]] for row in rows], dtype=np.int64),
        today=tuple(today[row] for row in rows),
        links=links, across=across, side_of=side_of, row_of=np.array(rows, dtype=np.int64),
    )  # fmt: skip


def neighbours(x_m: Floats, y_m: Floats, barriers: Sequence[Line] = ()) -> tuple[Ints, Ints, Ints]:
    """Links between neighbours (links, 2), links across barriers (links, 2), and each site's side (sites,).

    Rule:    the links of the Delaunay triangulation, but those with another site between their ends, those much longer
             than is usual around them, and those that cross a barrier. What would fall apart is held together: by the
             shortest spanning tree, and where that crosses a barrier, by the shortest links that do not. Parts that
             are then still apart are sides of a barrier; `across` has the links between them.
    Sites of one place are spread a little first; sites on a line follow one another. A site that stands on a barrier
    belongs to both sides of it.
    Source:  Delaunay 1934; Kirkpatrick and Radke 1985 (the angle: a beta-skeleton with beta below 1); Kruskal 1956.
    """
    points = np.column_stack([x_m, y_m]).astype(float)
    points -= points.mean(axis=0)
    pairs, between = _triangulated(_spread(points))
    lengths = np.hypot(*(points[pairs[:, 0]] - points[pairs[:, 1]]).T)
    usual = LONGEST * _spacing(points)[pairs].max(axis=1, initial=0.0)
    near = ~between & (lengths <= usual)
    blocked = _crossing(np.column_stack([x_m, y_m])[pairs], barriers)
    free = (near | _spanning(len(points), pairs, lengths, np.ones(len(pairs), dtype=bool))) & ~blocked
    free |= _joining(len(points), pairs, lengths, free, ~blocked)
    side_of = parts_of(len(points), pairs[free])
    apart = side_of[pairs[:, 0]] != side_of[pairs[:, 1]]
    across = apart & (near | _joining(len(points), pairs, lengths, free, apart))
    return pairs[free], pairs[across], side_of


def parts_of(count: int, links: Ints) -> Ints:
    """The connected part of each of `count` sites (sites,), numbered by the first site of each."""
    one = np.ones(len(links), dtype=bool)
    found = connected_components(coo_array((one, (links[:, 0], links[:, 1])), shape=(count, count)), directed=False)[1]
    _, first, place = np.unique(found, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[place].astype(np.int64)


def within_polygons(points: Sequence[tuple[float, float]], polygons: Mapping[str, Line | Shape]) -> list[str]:
    """The polygon in which each point lies; of several the first by name; empty: none. Its edge belongs to it."""
    found = [""] * len(points)
    places = shapely.points(np.array(points, dtype=float).reshape(-1, 2))
    for name in sorted(polygons, reverse=True):
        shape = polygons[name] if isinstance(polygons[name], shapely.Geometry) else shapely.Polygon(polygons[name])
        shapely.prepare(shape)
        for place in np.flatnonzero(shapely.covers(shape, places)).tolist():
            found[place] = name
    return found


def _labels(sites: Sequence[Site], compounds: Sequence[str] | Mapping[str, Line] | None) -> Sequence[str]:
    if compounds is None:
        return [""] * len(sites)
    if isinstance(compounds, Mapping):
        return within_polygons([(site.x_m, site.y_m) for site in sites], compounds)
    return compounds


def _spread(points: Floats) -> Floats:
    """The points, those of one place on a spiral around it, so that each has neighbours of its own."""
    _, place, count = np.unique(np.round(points / SAME_PLACE_M), axis=0, return_inverse=True, return_counts=True)
    place = place.ravel()
    if count.max() == 1:
        return points
    middles = np.column_stack([np.bincount(place, axis) for axis in points.T]) / count[:, None]
    radius_m = 1.0
    if len(middles) > 1:
        radius_m = min(radius_m, SPREAD * float(cKDTree(middles).query(middles, k=2)[0][:, 1].min()))
    order = np.argsort(place, kind="stable")
    turn = np.empty(len(points))
    turn[order] = np.arange(len(points)) - (np.cumsum(count) - count)[place[order]]
    out = radius_m * np.sqrt(turn / count[place])
    return points + (out * np.array([np.cos(turn * GOLDEN_ANGLE), np.sin(turn * GOLDEN_ANGLE)])).T


def _triangulated(points: Floats) -> tuple[Ints, NDArray[np.bool_]]:
    """Links of the Delaunay triangulation (links, 2), sorted; and whether another point lies between their ends."""
    if len(points) == 1:
        return np.empty((0, 2), dtype=np.int64), np.empty(0, dtype=bool)
    try:
        mesh = Delaunay(points)
    except (QhullError, ValueError):  # fewer than three points, or all on a line
        return _in_a_row(points)
    corners = mesh.simplices.astype(np.int64)
    pairs = np.concatenate([corners[:, [1, 2]], corners[:, [2, 0]], corners[:, [0, 1]]])
    apex = points[np.concatenate([corners[:, 0], corners[:, 1], corners[:, 2]])]
    one, other = points[pairs[:, 0]] - apex, points[pairs[:, 1]] - apex
    reach = np.hypot(*one.T) * np.hypot(*other.T)
    wide = (one * other).sum(axis=1) <= np.cos(np.radians(BETWEEN_DEG)) * reach
    if len(mesh.coplanar):  # too near to another point for the triangulation
        pairs = np.concatenate([pairs, mesh.coplanar[:, [0, 2]].astype(np.int64)])
        wide = np.concatenate([wide, np.zeros(len(mesh.coplanar), dtype=bool)])
    links, place = np.unique(np.sort(pairs, axis=1), axis=0, return_inverse=True)
    return links.astype(np.int64), np.bincount(place.ravel(), wide) > 0


def _in_a_row(points: Floats) -> tuple[Ints, NDArray[np.bool_]]:
    """Points on a line, each linked to the next."""
    along = np.linalg.svd(points - points.mean(axis=0), full_matrices=False)[2][0]
    order = np.argsort(points @ along, kind="stable")
    pairs = np.sort(np.column_stack([order[:-1], order[1:]]), axis=1)
    return pairs[np.lexsort(pairs.T[::-1])].astype(np.int64), np.zeros(len(pairs), dtype=bool)


def _spacing(points: Floats) -> Floats:
    """From each point to the third nearest other place (the last one if there are fewer), m: (points,)."""
    places, place = np.unique(np.round(points / SAME_PLACE_M) * SAME_PLACE_M, axis=0, return_inverse=True)
    if len(places) == 1:
        return np.ones(len(points))
    return cKDTree(places).query(places, k=min(4, len(places)))[0][:, -1][place.ravel()]


def _crossing(segments: Floats, barriers: Sequence[Line]) -> NDArray[np.bool_]:
    """Whether each segment (segments, 2, 2) crosses one of the barriers."""
    crosses = np.zeros(len(segments), dtype=bool)
    lines = [shapely.LineString(line) for line in barriers if len(set(map(tuple, line))) > 1]
    if lines and len(segments):
        crosses[shapely.STRtree(lines).query(shapely.linestrings(segments), predicate="crosses")[0]] = True
    return crosses


def _spanning(count: int, pairs: Ints, lengths: Floats, allowed: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The links of the shortest spanning forest of those allowed; of equal ones the earlier."""
    rank = np.empty(len(pairs))
    rank[np.argsort(lengths, kind="stable")] = np.arange(1.0, len(pairs) + 1.0)
    ends = (pairs[allowed, 0], pairs[allowed, 1])
    tree = minimum_spanning_tree(coo_array((rank[allowed], ends), shape=(count, count)).tocsr())
    return np.isin(rank, tree.data)


def _joining(
    count: int, pairs: Ints, lengths: Floats, there: NDArray[np.bool_], allowed: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """The shortest of the allowed links that join the parts which the links that are there leave apart."""
    return _spanning(count, pairs, np.where(there, -1.0, lengths), there | allowed) & ~there & allowed
