"""What a cut into grids is worth, and why grids of equal size may not be had.

Layer: experiments.  Kinds and numbers, no sentences: `experiments/words/sizing.py` has those.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import NamedTuple

import numpy as np
from scipy.spatial import ConvexHull, QhullError

from experiments.sizing.cuts.neighbourhood import Community, Floats, Ints, parts_of

TOLERANCE = 0.10
"""Grids whose households lie within so much of the mean are equal."""
ROUNDING = 1e-9
UNEQUAL_WEIGHT, EXCESS_WEIGHT, WHOLENESS_WEIGHT, SCATTER_WEIGHT = 10.0, 100.0, 2.0, 1.0
"""What one is worth of the other. Grids that are not equal count as much as ten times the usual scatter, and as much
as all of it once more for each point (0.01) of excess; a compound or barrier that one grid in two cuts counts as much
as all of it, too. So balance comes first, then compounds and barriers, then compactness."""


def beyond_tolerance(deviation: float) -> float:
    """By how much a deviation lies beyond what counts as equal; what is lost in rounding does not."""
    beyond = deviation - TOLERANCE
    return beyond if beyond > ROUNDING else 0.0


class Quality(NamedTuple):
    """Measures of a cut into grids."""

    grids_count: int
    largest_deviation: float
    """Of a grid's households from their mean, relative to it."""
    pieces_count: int
    """Connected pieces of all grids; as many as grids if each is contiguous."""
    scatter: float
    """Squared distances to the middles of grids, of those to the middle of all, times the number of grids: 0 all of
    each grid in one place, about 1 for equal discs that fill a disc."""
    compactness: float
    """Mean distance to the middle of one's grid, of what it would be if grids were equal discs that cover the convex
    hull: about 1, larger for long grids; not a number if all lies on a line."""
    compounds_cut_count: int
    """Compounds that lie in more than one grid."""
    splits_count: int
    """Parts of compounds in grids, but one for each compound."""
    barriers_crossed_count: int
    """Sides of barriers on which grids lie, but one for each grid."""

    @property
    def contiguous(self) -> bool:
        """Whether every grid is in one piece."""
        return self.pieces_count == self.grids_count

    @property
    def excess(self) -> float:
        """By how much the largest deviation lies beyond what counts as equal."""
        return beyond_tolerance(self.largest_deviation)

    @property
    def objective(self) -> float:
        """What cuts of as many grids are compared by: the less the better."""
        broken = (self.splits_count + self.barriers_crossed_count) / self.grids_count
        unequal = UNEQUAL_WEIGHT * (self.excess > 0.0) + EXCESS_WEIGHT * self.excess
        return unequal + WHOLENESS_WEIGHT * broken + SCATTER_WEIGHT * self.scatter


def quality(of: Community, grid_of: Ints) -> Quality:
    """Measure a cut: `grid_of` (sites,) has numbers from 0 on, each used.

    Sources: Weaver and Hess 1963 (squared distances to the middle); Duchin 2018 (compactness against a disc).
    Raises ValueError if a number is not used.
    """
    count = int(grid_of.max()) + 1
    sizes = np.bincount(grid_of, minlength=count)
    if not sizes.all():
        raise ValueError(f"grid {int(np.argmin(sizes))} of {count} has no site")
    households = np.bincount(grid_of, of.households, minlength=count)
    ideal = of.households.sum() / count
    squared = sum(_to_the_middle(axis, grid_of, sizes) ** 2 for axis in (of.x_m, of.y_m))
    around = float(sum(((axis - axis.mean()) ** 2).sum() for axis in (of.x_m, of.y_m)))
    held = of.compound_of >= 0
    parts = np.unique(np.column_stack([of.compound_of, grid_of])[held], axis=0)
    parts_count = np.bincount(parts[:, 0], minlength=1)
    return Quality(
        grids_count=count,
        largest_deviation=float(np.abs(households / ideal - 1.0).max()),
        pieces_count=pieces_count(of, grid_of),
        scatter=count * float(np.sum(squared)) / around if around > 0.0 else 0.0,
        compactness=float(np.sqrt(squared).mean()) / _of_a_disc(of, count),
        compounds_cut_count=int((parts_count > 1).sum()),
        splits_count=int(len(parts) - (parts_count > 0).sum()),
        barriers_crossed_count=len(np.unique(np.column_stack([of.side_of, grid_of]), axis=0)) - count,
    )


def pieces_count(of: Community, grid_of: Ints) -> int:
    """In how many connected pieces all grids of a cut lie."""
    links = np.concatenate([of.links, of.across])
    return int(parts_of(len(grid_of), links[grid_of[links[:, 0]] == grid_of[links[:, 1]]]).max()) + 1


def pieces_of(of: Community, grid_of: Sequence[int]) -> dict[int, int]:
    """In how many pieces each grid of a cut lies; `grid_of` (rows,) in the order of the list."""
    grids = np.array(grid_of, dtype=np.int64)[of.row_of]
    links = np.concatenate([of.links, of.across])
    part = parts_of(len(grids), links[grids[links[:, 0]] == grids[links[:, 1]]])
    numbers, counts = np.unique(np.unique(np.column_stack([grids, part]), axis=0)[:, 0], return_counts=True)
    return dict(zip(numbers.tolist(), counts.tolist(), strict=True))


def _to_the_middle(axis: Floats, grid_of: Ints, sizes: Ints) -> Floats:
    axis = axis - axis.mean()  # far from the origin, differences of squares would be lost
    return axis - (np.bincount(grid_of, axis) / sizes)[grid_of]


def _of_a_disc(of: Community, count: int) -> float:
    """The mean distance to the middle of a disc, two thirds of its radius; discs share the convex hull's area."""
    points = np.column_stack([of.x_m - of.x_m.mean(), of.y_m - of.y_m.mean()])
    try:
        area_m2 = float(ConvexHull(points).volume)
    except (QhullError, ValueError):
        return math.nan
    return 2.0 / 3.0 * math.sqrt(area_m2 / (math.pi * count))


# Why equal grids cannot be had ------------------------------------------------------------------------------------
class Why(StrEnum):
    """Why no cut into so many grids is equal."""

    TOWER = "tower"
    """One building alone has more than a grid may have."""
    CROWDED = "crowded"
    """More buildings than grids are so large that no two of them fit into one."""
    SUMS = "sums"
    """No set of whole buildings comes near the mean."""
    SIDE = "side"
    """What a barrier keeps apart is not a whole number of grids: a grid crosses it, or is of another size."""


class Impossible(NamedTuple):
    """One reason why grids cannot be equal."""

    why: Why
    name: str
    """Of a building; empty where no one building is at fault."""
    households: int
    """Of that building or side; the smallest of the large ones for CROWDED; 0 for SUMS."""
    how_many: int
    """Buildings or sides of this kind."""
    ideal: float
    """Households of a grid, on average."""
    low: int
    """The fewest that count as equal."""
    high: int
    """The most that count as equal."""


def impossible(of: Community, grids_count: int) -> list[Impossible]:
    """Why `grids_count` grids cannot all lie within the tolerance; none is found: it may be possible all the same.

    Each reason but SIDE is a proof; SIDE is one for cuts that cross no barrier.
    """
    total = int(of.households.sum())
    ideal = total / grids_count
    low = math.ceil(round(ideal * (1.0 - TOLERANCE), 9))
    high = math.floor(round(ideal * (1.0 + TOLERANCE), 9))
    return [Impossible(*reason, ideal, low, high) for reason in _reasons(of, grids_count, low, high)]


def _reasons(of: Community, grids_count: int, low: int, high: int) -> Iterator[tuple[Why, str, int, int]]:
    towers = np.flatnonzero(of.households > high)
    if len(towers):
        largest = int(towers[np.argmax(of.households[towers])])
        yield Why.TOWER, of.names[largest], int(of.households[largest]), len(towers)
    falling = np.sort(of.households)[::-1]
    alone = int((falling[:-1] + falling[1:] > high).sum()) + 1  # of these not even the two smallest fit into one grid
    if alone > grids_count:
        yield Why.CROWDED, "", int(falling[alone - 1]), alone
    if not len(towers) and not _reachable(of.households, low, high):
        yield Why.SUMS, "", 0, 0
    sides = np.bincount(of.side_of, of.households).astype(int)
    odd = [side for side, held in enumerate(sides.tolist()) if not any(
        low * count <= held <= high * count for count in range(max(1, held // max(high, 1)), held // max(low, 1) + 1)
    )]  # fmt: skip
    if of.sides_count > 1 and odd:
        smallest = min(odd, key=lambda side: (sides[side], side))
        yield Why.SIDE, of.names[int(np.argmax(of.side_of == smallest))], int(sides[smallest]), len(odd)


def _reachable(households: Ints, low: int, high: int) -> bool:
    """Whether some set of whole buildings has between `low` and `high` households."""
    sums, most = 1, (1 << (high + 1)) - 1
    for size in households.tolist():
        if size <= high:
            sums |= (sums << size) & most
    return bool(sums >> max(low, 1))
