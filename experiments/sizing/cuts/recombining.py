"""A cut that is being improved: sites moved one by one over borders, two grids merged and cut anew along a tree.

Layer: experiments.  Chance comes from the stream that is handed in.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from experiments.sizing.cuts.neighbourhood import Community, Ints
from experiments.sizing.cuts.quality import (
    EXCESS_WEIGHT,
    ROUNDING,
    SCATTER_WEIGHT,
    TOLERANCE,
    UNEQUAL_WEIGHT,
    WHOLENESS_WEIGHT,
    beyond_tolerance,
)

STEEPER = 4.0
"""By how much more a household beyond the tolerance counts the further it is beyond it."""
UNEQUAL_EACH = 2.0
"""What each grid that is not equal counts on its way; in `Quality.objective` any number of them counts once."""
EVENNESS_WEIGHT = 10.0
"""What a squared deviation within the tolerance counts, of the usual scatter: a little, so that others find room."""
KEEPING_WHOLE = 0.6
"""The share of trees that leave compounds in one piece where they can."""
LOOKED_AT = 4
"""Edges of a tree whose cut compounds are counted, of the best by all else."""
LEAST_GAIN = 1e-9


type _Kept = tuple[list[int], list[set[int]], list[Sums], list[Counter[int]]]


class Sums(NamedTuple):
    """What the cost of a grid hangs on."""

    sites: int
    households: int
    x_m: float
    y_m: float
    squares_m2: float

    def plus(self, other: Sums) -> Sums:
        """Both together."""
        return Sums(
            self.sites + other.sites, self.households + other.households,
            self.x_m + other.x_m, self.y_m + other.y_m, self.squares_m2 + other.squares_m2,
        )  # fmt: skip

    def less(self, other: Sums) -> Sums:
        """One without the other."""
        return Sums(
            self.sites - other.sites, self.households - other.households,
            self.x_m - other.x_m, self.y_m - other.y_m, self.squares_m2 - other.squares_m2,
        )  # fmt: skip


class State:
    """A cut whose grids stay contiguous, whatever is done to it; no grid ever becomes empty."""

    def __init__(self, of: Community, allowed: Ints, grid_of: Ints) -> None:
        """Begin with a contiguous cut; `allowed` (links, 2) says over which links grids may hold together."""
        self.grid_of: list[int] = grid_of.tolist()
        self.count = int(grid_of.max()) + 1
        self.near: list[list[int]] = [[] for _ in self.grid_of]
        for a, b in allowed.tolist():
            self.near[a].append(b)
            self.near[b].append(a)
        x_m, y_m = of.x_m - of.x_m.mean(), of.y_m - of.y_m.mean()
        rows = (of.households.tolist(), x_m.tolist(), y_m.tolist(), (x_m**2 + y_m**2).tolist())
        self.site = [Sums(1, *row) for row in zip(*rows, strict=True)]
        self.members: list[set[int]] = [set() for _ in range(self.count)]
        for place, grid in enumerate(self.grid_of):
            self.members[grid].add(place)
        self.sums = [self._sum(sites) for sites in self.members]
        self.ideal = float(of.households.sum()) / self.count
        self.least_off = max(TOLERANCE, float(of.households.max()) / self.ideal - 1.0) + ROUNDING
        around = float((x_m**2 + y_m**2).sum())
        self.per_m2 = SCATTER_WEIGHT * self.count / around if around > 0.0 else 0.0
        self.per_split = WHOLENESS_WEIGHT / self.count
        self.wholes = _wholes(of)
        """Of each site the compound and the side that a grid should not cut."""
        self.held = [Counter(whole for place in sites for whole in self.wholes[place]) for sites in self.members]
        self.evenness = EVENNESS_WEIGHT / self.count

    def cost(self, grid: Sums) -> float:
        """What one grid costs, but for what it cuts through."""
        off = abs(grid.households / self.ideal - 1.0)
        beyond = beyond_tolerance(off)
        scatter = grid.squares_m2 - (grid.x_m * grid.x_m + grid.y_m * grid.y_m) / grid.sites
        unequal = (UNEQUAL_EACH + EXCESS_WEIGHT * beyond * (1.0 + STEEPER * beyond)) if beyond else 0.0
        return unequal + self.evenness * off * off + self.per_m2 * scatter

    def total(self) -> float:
        """What all grids cost, with what they cut through."""
        return sum(self.cost(each) for each in self.sums) + self.per_split * sum(map(len, self.held))

    def objective(self) -> float:
        """What `Quality.objective` says of the cut, but that compounds and sides count by their parts."""
        beyond = beyond_tolerance(max(abs(each.households / self.ideal - 1.0) for each in self.sums))
        unequal = UNEQUAL_WEIGHT * (beyond > 0.0) + EXCESS_WEIGHT * beyond
        scatter = sum(each.squares_m2 - (each.x_m**2 + each.y_m**2) / each.sites for each in self.sums)
        broken = sum(map(len, self.held))
        return unequal + self.per_m2 * scatter + self.per_split * broken

    def off(self) -> list[int]:
        """The grids that are off by more than counts as equal, and more than the largest site must be."""
        return [
            grid for grid, each in enumerate(self.sums) if abs(each.households / self.ideal - 1.0) > self.least_off
        ]  # fmt: skip

    def kept(self) -> _Kept:
        """The cut as it is, to come back to."""
        return (
            list(self.grid_of),
            [set(sites) for sites in self.members],
            list(self.sums),
            list(map(Counter, self.held)),
        )

    def come_back(self, kept: _Kept) -> None:
        """Make the cut what it was; what was kept is used up."""
        self.grid_of, self.members, self.sums, self.held = kept

    def neighbours_of(self, grid: int) -> set[int]:
        """The grids that touch a grid."""
        return {self.grid_of[other] for place in self.members[grid] for other in self.near[place]} - {grid}

    def pairs(self, among: Iterable[int] | None = None) -> list[tuple[int, int]]:
        """Pairs of grids that are neighbours, with one of those named in each."""
        grids = range(self.count) if among is None else among
        return sorted({(min(grid, to), max(grid, to)) for grid in grids for to in self.neighbours_of(grid)})

    # One site over a border -----------------------------------------------------------------------------------
    def descend(self, sweeps: int, among: Iterable[int] | None = None) -> None:
        """Move single sites over borders while that betters the cut; at most so many times through all of them.

        Or through the sites of some grids.
        """
        places = (
            range(len(self.grid_of)) if among is None else sorted(set().union(*(self.members[grid] for grid in among)))
        )
        for _ in range(sweeps):
            if not sum(self._move(place) for place in places):
                return

    def _move(self, place: int) -> bool:
        grid = self.grid_of[place]
        others = {self.grid_of[other] for other in self.near[place]} - {grid}
        if not others or len(self.members[grid]) == 1:
            return False
        left = self.sums[grid].less(self.site[place])
        before = self.cost(self.sums[grid])
        saved = before - self.cost(left) + self.per_split * sum(
            self.held[grid][whole] == 1 for whole in self.wholes[place]
        )  # fmt: skip
        best, to = LEAST_GAIN, -1
        for other in sorted(others):
            more = self.cost(self.sums[other].plus(self.site[place])) - self.cost(self.sums[other])
            broken = sum(not self.held[other][whole] for whole in self.wholes[place])
            gain = saved - more - self.per_split * broken
            if gain > best:
                best, to = gain, other
        if to < 0 or not self._stays_whole(place):
            return False
        self._give({place}, grid, to)
        return True

    def _stays_whole(self, place: int) -> bool:
        """Whether the grid of a site is in one piece without it."""
        grid = self.grid_of[place]
        wanted = {other for other in self.near[place] if self.grid_of[other] == grid}
        if len(wanted) <= 1:
            return True
        start = min(wanted)
        seen, pending = {place, start}, [start]
        wanted.discard(start)
        while pending and wanted:
            for other in self.near[pending.pop()]:
                if self.grid_of[other] == grid and other not in seen:
                    seen.add(other)
                    wanted.discard(other)
                    pending.append(other)
        return not wanted

    # Two grids merged and cut anew -----------------------------------------------------------------------------
    def recombine(self, a: int, b: int, stream: random.Random, trees: int, allowance: float = 0.0) -> bool:
        """Merge two grids, if they are neighbours, and cut them along the best edge of several random spanning trees.

        Rule:    DeFord, Duchin and Solomon 2021 (ReCom), but that of all edges the best is cut, not a random one of
                 those that balance; a tree prefers to stay within compounds (Clelland and others 2021).
        What costs less than before is taken; with an allowance one of the best cuts, that costs no more than it above.
        """
        if b not in self.neighbours_of(a):
            return False
        region = sorted(self.members[a] | self.members[b])
        both = self.sums[a].plus(self.sums[b])
        held = self.held[a] + self.held[b]
        before = self.cost(self.sums[a]) + self.cost(self.sums[b])
        before += self.per_split * (len(self.held[a]) + len(self.held[b]))
        best, part = before + allowance - LEAST_GAIN, None
        for _ in range(trees):
            found = self._best_cuts(region, both, held, stream)
            if allowance:
                found = [stream.choice([each for each in found if each[1] < best] or found)]
            for parts, cost in found:
                if cost < best:
                    best, part = cost, parts
        if part is None:
            return False
        keeps = len(part & self.members[a]) >= len(part & self.members[b])
        part_of_a = part if keeps else set(region) - part
        self._give(self.members[a] - part_of_a, a, b, part_of_a - self.members[a])
        return True

    def _best_cuts(
        self, region: Sequence[int], both: Sums, held: Counter[int], stream: random.Random
    ) -> list[tuple[set[int], float]]:
        """The best cuts of one random spanning tree: the sites on one side of the edge, and the cost of both sides."""
        order, parent = self._tree(region, stream)
        below = {place: self.site[place] for place in order}
        for place in reversed(order[1:]):
            below[parent[place]] = below[parent[place]].plus(below[place])
        costs = sorted(
            (self.cost(below[place]) + self.cost(both.less(below[place])), place) for place in order[1:]
        )  # fmt: skip
        found = []
        for cost, root in costs[:LOOKED_AT]:
            part = {root}
            for place in order[order.index(root) + 1 :]:
                if parent[place] in part:
                    part.add(place)
            inside = Counter(whole for place in part for whole in self.wholes[place])
            pieces = sum(1 if count == held[whole] else 2 for whole, count in inside.items())
            found.append((part, cost + self.per_split * (pieces + len(held.keys() - inside.keys()))))
        return found

    def _tree(self, region: Sequence[int], stream: random.Random) -> tuple[list[int], dict[int, int]]:
        """A spanning tree of random weights (Kruskal), as a rule with compounds in one piece: its sites, root first."""
        inside = set(region)
        draw = stream.random
        apart = int(draw() < KEEPING_WHOLE)
        links = sorted(
            (draw() + apart * (self.wholes[place] != self.wholes[other]), place, other)
            for place in region for other in self.near[place] if place < other and other in inside
        )  # fmt: skip
        root = {place: place for place in region}
        tree: dict[int, list[int]] = {place: [] for place in region}
        for _, one, other in links:
            a, b = one, other
            while root[a] != a:
                root[a] = a = root[root[a]]
            while root[b] != b:
                root[b] = b = root[root[b]]
            if a != b:
                root[a] = b
                tree[one].append(other)
                tree[other].append(one)
        order, parent = [region[0]], {region[0]: -1}
        for place in order:
            for other in tree[place]:
                if other not in parent:
                    parent[other] = place
                    order.append(other)
        return order, parent

    def _give(self, places: set[int], a: int, b: int, back: Iterable[int] = ()) -> None:
        """Move sites of grid a to grid b, and others back."""
        for moved, source, to in ((places, a, b), (set(back), b, a)):
            for place in moved:
                self.grid_of[place] = to
                self.members[source].discard(place)
                self.members[to].add(place)
                for whole in self.wholes[place]:
                    self.held[to][whole] += 1
                    self.held[source][whole] -= 1
                    if not self.held[source][whole]:
                        del self.held[source][whole]
            if moved:
                sums = self._sum(moved)
                self.sums[source], self.sums[to] = self.sums[source].less(sums), self.sums[to].plus(sums)

    def _sum(self, places: Iterable[int]) -> Sums:
        rows = [self.site[place] for place in sorted(places)]
        return Sums(*(sum(column) for column in zip(*rows, strict=True)))


def _wholes(of: Community) -> list[tuple[int, ...]]:
    """Of each site, the numbers of what a grid should not cut: its compound, and its side of a barrier if there are."""
    sides = of.sides_count > 1
    first = len(of.compounds)
    return [
        (compound,) * (compound >= 0) + (first + side,) * sides
        for compound, side in zip(of.compound_of.tolist(), of.side_of.tolist(), strict=True)
    ]
