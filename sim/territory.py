"""The ground: sites that belong to nobody's plan, and the grids, communities and subdistricts laid over them.

Layer: sim.  Built once per distinct territory and shared by every run; nothing in it changes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

import networkx as nx
import numpy as np
from scipy.spatial import cKDTree

from scenarios.counting import named_grids, social_grids_count
from sim.incidents import Level
from sim.partition import apportion, bisect_into, lattice_edges, nearest_other
from sim.randomness import LEAST_CV, Streams

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from scenarios.ground import Territory as TerritoryData
    from scenarios.sites import Site

STREET_WEIGHT = 1e-3
"""Weight of a spot without households when sites are balanced: enough to order, too little to count."""


@dataclass(frozen=True, eq=False)
class Partition:
    """A partition of the sites into grids; arrays over sites (S) or over grids (G)."""

    kind: str
    """"cell" (city-management grid) or "social" (social grid)."""
    of_site: NDArray[np.int64]
    """(S,) the grid of each site."""
    border_m: NDArray[np.float64]
    """(S,) how far each site is from the next grid."""
    area_m2: NDArray[np.float64]
    """(G,) the area of each grid."""
    households: NDArray[np.float64]
    """(G,) the households in each grid."""
    community: NDArray[np.int64]
    """(G,) the community that each grid belongs to."""
    touching: frozenset[tuple[int, int]]
    """Pairs of neighbouring grids."""
    columns: int = 0
    """Columns and rows of the lattice of cells; 0 for social grids, which have none."""
    rows: int = 0
    names: tuple[str, ...] = ()
    """What each grid is called, where a list of sites names them."""

    @property
    def count(self) -> int:
        """How many grids there are."""
        return len(self.area_m2)

    @cached_property
    def grid_of(self) -> list[int]:
        """`of_site` as a list: quicker to ask one site at a time."""
        return self.of_site.tolist()


class WeightedChoice:
    """Choosing among places by weight, many times at once.

    Source: Chen and Asau 1974 (a table says near which place to begin).
    """

    def __init__(self, weights: NDArray[np.float64]) -> None:
        """Of weights (places,), not all of them 0."""
        self.weights = weights
        self._up_to = np.cumsum(weights)
        self._steps_count = 2 * len(weights)
        steps = np.arange(self._steps_count) / self._steps_count * self._up_to[-1]
        self._begin = np.searchsorted(self._up_to, steps, side="right")

    def __call__(self, u: NDArray[np.float64]) -> NDArray[np.int64]:
        """The first place whose weight, with that of all before it, exceeds a part `u` of the whole, (len(u),)."""
        wanted = u * self._up_to[-1]
        # One step early, so that no rounding begins behind the place.
        place = self._begin[np.maximum((u * self._steps_count).astype(np.int64) - 1, 0)]
        before = np.flatnonzero(self._up_to[place] <= wanted)
        while len(before):
            place[before] += 1
            before = before[self._up_to[place[before]] <= wanted[before]]
        return place


@dataclass(frozen=True, eq=False)
class Territory:
    """Sites, and the ways in which they are divided."""

    area_km2: float
    width_m: float
    height_m: float
    site_x_m: NDArray[np.float64]
    site_y_m: NDArray[np.float64]
    site_households: NDArray[np.float64]
    site_residents: NDArray[np.float64]
    subdistrict: NDArray[np.int64]
    """(S,) the subdistrict of each site."""
    community: NDArray[np.int64]
    """(S,) the community of each site."""
    cells: Partition
    social: Partition
    streams: Streams
    _choices: dict[tuple[str, str, float], WeightedChoice] = field(default_factory=dict, repr=False)

    @property
    def residents_count(self) -> float:
        """Residents of all sites."""
        return float(self.site_residents.sum())

    def site_choice(self, category: str, basis: str, hotspot_cv: float) -> WeightedChoice:
        """Where a category's incidents fall: the sites by weight.

        Rule:    a site weighs its residents (or 1, for a rate per km²) times a gamma variable of mean 1 and
                 the category's coefficient of variation, drawn once from the territory's seed.  (Eq. 8)
        """
        wanted = (category, basis, hotspot_cv)
        if wanted not in self._choices:
            weight = np.ones_like(self.site_x_m) if basis == "per_km2" else self.site_residents
            if hotspot_cv > LEAST_CV:
                shape = 1.0 / hotspot_cv**2
                heat = self.streams("hot spots", category).gamma(shape, 1.0 / shape, len(weight))
                # A very uneven draw may leave no weight at all on few sites: then heat tells nothing.
                weight = weight * heat if (weight * heat).sum() > 0.0 else weight
            self._choices[wanted] = WeightedChoice(weight)
        return self._choices[wanted]

    @cached_property
    def site_at(self) -> list[tuple[float, float]]:
        """Where each site is, m."""
        return list(zip(self.site_x_m.tolist(), self.site_y_m.tolist(), strict=True))

    @cached_property
    def way_through_cell(self) -> list[float]:
        """How far through its cell a patrol reaches each site, 0-1; the place's own, not the run's."""
        shares: list[float] = self.streams("places in a cell").random(len(self.site_x_m)).tolist()
        return shares

    @cached_property
    def area_of(self) -> dict[Level, list[int]]:
        """For each level, the area of each site."""
        return {
            Level.GRID: self.social.grid_of,
            Level.COMMUNITY: self.community.tolist(),
            Level.SUBDISTRICT: self.subdistrict.tolist(),
            Level.DISTRICT: [0] * len(self.site_x_m),
        }

    @cached_property
    def middle_of(self) -> dict[Level, list[tuple[float, float]]]:
        """For each level, the middle of each area: the mean of its sites, m."""
        return {level: self._means(areas) for level, areas in self.area_of.items()}

    def _means(self, areas: list[int]) -> list[tuple[float, float]]:
        sites = np.bincount(areas)
        x_m, y_m = (np.bincount(areas, along) / sites for along in (self.site_x_m, self.site_y_m))
        return list(zip(x_m.tolist(), y_m.tolist(), strict=True))

    @cached_property
    def homes(self) -> cKDTree:
        """Where people live, for asking who is near: the sites with residents, in their order."""
        inhabited = self.site_residents > 0.0
        return cKDTree(np.column_stack([self.site_x_m[inhabited], self.site_y_m[inhabited]]))

    @cached_property
    def cell_middles(self) -> list[tuple[float, float]]:
        """The middle of each cell, m."""
        columns, rows = self.cells.columns, self.cells.rows
        wide_m, high_m = self.width_m / columns, self.height_m / rows
        return [((column + 0.5) * wide_m, (row + 0.5) * high_m) for row in range(rows) for column in range(columns)]

    @cached_property
    def door_of(self) -> list[tuple[float, float]]:
        """For each site, the households of its social grid that a round passes before it, and those in it."""
        order = np.argsort(self.social.of_site, kind="stable")
        households = self.site_households[order]
        first = np.searchsorted(self.social.of_site[order], np.arange(self.social.count))
        passed = np.concatenate([[0.0], np.cumsum(households)])
        before = np.empty(len(order))
        before[order] = passed[:-1] - passed[first][self.social.of_site[order]]
        return list(zip(before.tolist(), self.site_households.tolist(), strict=True))

    def tree(self) -> nx.DiGraph:
        """District → subdistricts → communities → grids of both kinds, as nodes (level or kind, number)."""
        tree = nx.DiGraph()
        above = dict(zip(self.community.tolist(), self.subdistrict.tolist(), strict=True))
        for community, subdistrict in sorted(above.items()):
            tree.add_edge(("district", 0), ("subdistrict", subdistrict))
            tree.add_edge(("subdistrict", subdistrict), ("community", community))
        for partition in (self.cells, self.social):
            for grid, community in enumerate(partition.community.tolist()):
                tree.add_edge(("community", community), (partition.kind, grid))
        return tree

    @cached_property
    def neighbourhood(self) -> nx.Graph:
        """Neighbouring grids of both kinds, as nodes (kind, number); shared by all runs, and changed by none."""
        graph = nx.Graph()
        for partition in (self.cells, self.social):
            graph.add_nodes_from((partition.kind, grid) for grid in range(partition.count))
            graph.add_edges_from(((partition.kind, a), (partition.kind, b)) for a, b in sorted(partition.touching))
        return graph


@lru_cache(maxsize=16)
def build_territory(data: TerritoryData, sites: tuple[Site, ...] | None) -> Territory:
    """Lay out the ground: from a community's own sites (and grids) where there are some, otherwise synthetic ones.

    Raises ValueError if there are too few sites for the grids asked for.
    """
    streams = Streams(data.seed)
    width_m, height_m, x_m, y_m, households = _drawn_sites(data, streams) if sites is None else _listed_sites(sites)
    residents = (
        households * data.residents_per_household
        if sites is None
        else np.array([site.residents for site in sites], dtype=float)
    )
    weights = households + STREET_WEIGHT
    social_count = social_grids_count(data, sites)
    names: tuple[str, ...] = ()
    if numbers := named_grids(sites):
        given = np.array([numbers[site.grid] for site in sites or ()])
        subdistrict, community, social_of_site, order = _around_grids(data, x_m, y_m, weights, given)
        names = tuple(list(numbers)[grid] for grid in order)
    else:
        subdistrict = bisect_into(x_m, y_m, weights, data.subdistricts_count)
        community = _divide(x_m, y_m, weights, subdistrict, data.communities_count)
        social_of_site = _divide(x_m, y_m, weights, community, max(social_count, data.communities_count))
    return Territory(
        data.area_km2, width_m, height_m, x_m, y_m, households, residents, subdistrict, community,
        _cells(data, width_m, height_m, x_m, y_m, households, community),
        _social(data, x_m, y_m, households, community, social_of_site, names),
        streams,
    )  # fmt: skip


def _drawn_sites(
    data: TerritoryData, streams: Streams
) -> tuple[float, float, NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Synthetic sites: some anywhere, most crowded around centres; households unequal between buildings."""
    dice = streams("sites")
    width_m = float(np.sqrt(data.area_km2 * 1e6 * data.aspect_ratio))
    height_m = data.area_km2 * 1e6 / width_m
    sides = np.array([width_m, height_m])
    centres = dice.random((data.clusters_count, 2)) * sides
    anywhere = dice.random((data.sites_count, 2)) * sides
    around = centres[dice.integers(0, data.clusters_count, data.sites_count)]
    around = around + dice.normal(0.0, data.cluster_spread_m, (data.sites_count, 2))
    clustered = dice.random((data.sites_count, 1)) < data.clustered_share
    points = np.where(clustered, _folded(around, sides), anywhere)
    building = dice.random(data.sites_count) >= data.street_share
    building[0] = True
    sigma2 = np.log1p(data.households_cv**2)
    share = np.where(building, dice.lognormal(-sigma2 / 2, np.sqrt(sigma2), data.sites_count), 0.0)
    households = _whole(share / share.sum() * data.households, data.households)
    return width_m, height_m, points[:, 0], points[:, 1], households


def _whole(parts: NDArray[np.float64], total: int) -> NDArray[np.float64]:
    """Parts rounded to whole numbers that sum to `total`: those that lose most by rounding down get one more."""
    floor = np.floor(parts)
    floor[np.argsort(floor - parts, kind="stable")[: round(total - float(floor.sum()))]] += 1.0
    return floor


def _folded(points: NDArray[np.float64], sides: NDArray[np.float64]) -> NDArray[np.float64]:
    """Points outside the rectangle are reflected back into it."""
    return sides - np.abs(np.mod(points, 2 * sides) - sides)


def _listed_sites(
    sites: tuple[Site, ...],
) -> tuple[float, float, NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    x_m = np.array([site.x_m for site in sites], dtype=float)
    y_m = np.array([site.y_m for site in sites], dtype=float)
    x_m, y_m = x_m - x_m.min(), y_m - y_m.min()
    households = np.array([site.households for site in sites], dtype=float)
    return max(float(x_m.max()), 1.0), max(float(y_m.max()), 1.0), x_m, y_m, households


def _divide(
    x_m: NDArray[np.float64],
    y_m: NDArray[np.float64],
    weights: NDArray[np.float64],
    areas: NDArray[np.int64],
    parts: int,
) -> NDArray[np.int64]:
    """Divide areas further into `parts` parts in all, by weight, so that every part lies in one area."""
    members = [np.flatnonzero(areas == area) for area in range(int(areas.max()) + 1)]
    counts = apportion([float(weights[m].sum()) for m in members], parts, caps=[len(m) for m in members])
    labels = np.zeros(len(x_m), dtype=np.int64)
    first = 0
    for inside, count in zip(members, counts, strict=True):
        labels[inside] = first + bisect_into(x_m[inside], y_m[inside], weights[inside], count)
        first += count
    return labels


def _around_grids(
    data: TerritoryData,
    x_m: NDArray[np.float64],
    y_m: NDArray[np.float64],
    weights: NDArray[np.float64],
    grid_of_site: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], list[int]]:
    """Lay communities and subdistricts around grids that are given.

    Returns the subdistrict, community and grid of each site, and the grids' old numbers in the order of the new ones.

    Rule:    bisected as sites are (Eq. 7), each grid as one point: the mean of its sites, with all their weight.
             Grids are numbered by community, and within one as they were.
    """
    sites = np.bincount(grid_of_site)
    grid_x_m, grid_y_m = (np.bincount(grid_of_site, along) / sites for along in (x_m, y_m))
    grid_weights = np.bincount(grid_of_site, weights)
    subdistrict = bisect_into(grid_x_m, grid_y_m, grid_weights, data.subdistricts_count)
    community = _divide(grid_x_m, grid_y_m, grid_weights, subdistrict, data.communities_count)
    order = np.argsort(community, kind="stable")
    return subdistrict[grid_of_site], community[grid_of_site], np.argsort(order)[grid_of_site], order.tolist()


def _cells(
    data: TerritoryData,
    width_m: float,
    height_m: float,
    x_m: NDArray[np.float64],
    y_m: NDArray[np.float64],
    households: NDArray[np.float64],
    community: NDArray[np.int64],
) -> Partition:
    """Square cells: as many whole columns and rows as come nearest to the area asked for."""
    side_m = np.sqrt(data.cell_area_m2)
    columns, rows = max(1, round(width_m / side_m)), max(1, round(height_m / side_m))
    cell_w, cell_h = width_m / columns, height_m / rows
    column = np.minimum((x_m / cell_w).astype(np.int64), columns - 1)
    row = np.minimum((y_m / cell_h).astype(np.int64), rows - 1)
    of_site = row * columns + column
    in_x, in_y = x_m - column * cell_w, y_m - row * cell_h
    to_side = np.stack([
        np.where(column > 0, in_x, np.inf), np.where(column < columns - 1, cell_w - in_x, np.inf),
        np.where(row > 0, in_y, np.inf), np.where(row < rows - 1, cell_h - in_y, np.inf),
    ])  # fmt: skip
    centre_x, centre_y = (np.arange(columns) + 0.5) * cell_w, (np.arange(rows) + 0.5) * cell_h
    centres = np.column_stack([np.tile(centre_x, rows), np.repeat(centre_y, columns)])
    nearest = cKDTree(np.column_stack([x_m, y_m])).query(centres)[1]
    return Partition(
        "cell", of_site, to_side.min(axis=0), np.full(columns * rows, cell_w * cell_h),
        np.bincount(of_site, households, columns * rows), community[nearest],
        frozenset(lattice_edges(columns, rows)), columns, rows,
    )  # fmt: skip


def _social(
    data: TerritoryData,
    x_m: NDArray[np.float64],
    y_m: NDArray[np.float64],
    households: NDArray[np.float64],
    community: NDArray[np.int64],
    of_site: NDArray[np.int64],
    names: tuple[str, ...],
) -> Partition:
    """Groups of whole buildings; a group's area is its share of the sites."""
    sites = np.bincount(of_site)
    border_m, touching = nearest_other(x_m, y_m, of_site)
    first_site = np.unique(of_site, return_index=True)[1]
    return Partition(
        "social", of_site, border_m, data.area_km2 * 1e6 * sites / len(x_m), np.bincount(of_site, households),
        community[first_site], frozenset(touching), names=names,
    )  # fmt: skip
