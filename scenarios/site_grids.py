"""The grids that a list of sites names: where a spot without one belongs, and which grids lie in pieces.

Layer: scenarios.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from math import dist, inf

from scenarios.projecting import Point

LARGEST_LOOKED_AT = 2_000
"""Whether a grid of more sites lies in pieces is not looked at; a social grid has a few dozen."""
BETWEEN = 0.25
"""Sites are of two pieces if around the middle of the way between them, within so much of it, another grid lies."""


def completed(points: Sequence[Point], grids: Sequence[str]) -> list[str]:
    """The grids of all sites: one that has none belongs to that of the nearest site that has one."""
    known = [(point, grid) for point, grid in zip(points, grids, strict=True) if grid]
    return [
        grid or min(known, key=lambda other: dist(point, other[0]))[1]
        for point, grid in zip(points, grids, strict=True)
    ]


def in_pieces(points: Sequence[Point], grids: Sequence[str]) -> Iterator[str]:
    """Grids that lie in more than one piece: another grid lies between sites of theirs, though each is the nearest."""
    ordered = sorted(zip(points, grids, strict=True))
    easts = [point[0] for point, _ in ordered]

    def another_lies_between(first: Point, second: Point, grid: str) -> bool:
        middle = ((first[0] + second[0]) / 2.0, (first[1] + second[1]) / 2.0)
        near = dist(first, second) * BETWEEN
        strip = ordered[bisect_left(easts, middle[0] - near) : bisect_right(easts, middle[0] + near)]
        return any(other != grid and dist(middle, point) < near for point, other in strip)

    for grid in dict.fromkeys(grids):
        own = [point for point, of in zip(points, grids, strict=True) if of == grid]
        if len(own) <= LARGEST_LOOKED_AT and any(another_lies_between(*link, grid) for link in _links(own)):
            yield grid


def _links(points: Sequence[Point]) -> Iterator[tuple[Point, Point]]:
    """The shortest links that join all points (Prim 1957)."""
    nearest = dict.fromkeys(range(1, len(points)), (inf, 0))
    added = 0
    while nearest:
        for place, (far_m, _) in nearest.items():
            if (here_m := dist(points[place], points[added])) < far_m:
                nearest[place] = (here_m, added)
        to = min(nearest, key=lambda place: nearest[place])
        yield points[nearest.pop(to)[1]], points[to]
        added = to
