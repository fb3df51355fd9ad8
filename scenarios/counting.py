"""How many sites, households and residents a scenario has, and how many areas: said here, and nowhere else.

Layer: scenarios.  A community's own list of sites says who lives there, where there is one; otherwise the parameters.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import dist, pi, sqrt
from typing import TYPE_CHECKING

from scenarios.ground import Territory
from scenarios.sites import Site

if TYPE_CHECKING:
    from scenarios.schema import Parameters

type Point = tuple[float, float]
MARGIN_M = 50.0
"""Half the side of a cell of ten thousand square metres: a border lies about so far beyond the last house."""


def sites_count(ground: Territory, sites: Sequence[Site] | None) -> int:
    """Sites: those of the list, or as many as the parameters say."""
    return ground.sites_count if sites is None else len(sites)


def households_count(ground: Territory, sites: Sequence[Site] | None) -> int:
    """Households of all sites."""
    return ground.households if sites is None else sum(site.households for site in sites)


def residents_count(ground: Territory, sites: Sequence[Site] | None) -> float:
    """Residents of all sites."""
    if sites is None:
        return ground.households * ground.residents_per_household
    return float(sum(site.residents for site in sites))


def named_grids(sites: Sequence[Site] | None) -> dict[str, int]:
    """The social grids that a list of sites names, in the order in which it does, numbered; none if it names none."""
    names = dict.fromkeys(site.grid for site in sites or () if site.grid)
    return {name: number for number, name in enumerate(names)}


def social_grids_count(ground: Territory, sites: Sequence[Site] | None) -> int:
    """Social grids: those that the list names.

    Without any, as many as come nearest to the households that one should have, and one at least.
    """
    if names := named_grids(sites):
        return len(names)
    return max(1, round(households_count(ground, sites) / ground.households_per_social_grid))


def cells_count(ground: Territory, sites: Sequence[Site] | None) -> int:
    """Cells: as many whole columns and rows as come nearest to the area that one should have, and one at least."""
    if sites is None:
        width_m = sqrt(ground.area_km2 * 1e6 * ground.aspect_ratio)
        sides_m = [width_m, ground.area_km2 * 1e6 / width_m]
    else:
        along = ([site.x_m for site in sites], [site.y_m for site in sites])
        sides_m = [max(max(places) - min(places), 1.0) for places in along]
    columns, rows = (max(1, round(side_m / sqrt(ground.cell_area_m2))) for side_m in sides_m)
    return columns * rows


def extent_m2(sites: Sequence[Site]) -> float:
    """The ground that sites span: their convex hull, and half the side of a usual cell around it.

    Rule:    area + perimeter × margin + π margin² (Steiner), so that sites in a row span something too.
    """
    hull = _hull(sorted({(site.x_m, site.y_m) for site in sites}))
    around = list(zip(hull, hull[1:] + hull[:1], strict=True))
    area_m2 = abs(sum(x_m * to_y_m - to_x_m * y_m for (x_m, y_m), (to_x_m, to_y_m) in around)) / 2.0
    return area_m2 + sum(dist(*side) for side in around) * MARGIN_M + pi * MARGIN_M**2


def _hull(points: Sequence[Point]) -> list[Point]:
    """The corners of the convex hull of sorted points, in the order of going round.

    Source:  Andrew 1979 (monotone chain)
    """

    def half(way: Iterable[Point]) -> list[Point]:
        corners: list[Point] = []
        for point in way:
            while len(corners) > 1 and not _turns_left(corners[-2], corners[-1], point):
                corners.pop()
            corners.append(point)
        return corners[:-1]

    return half(points) + half(reversed(points)) or list(points)


def _turns_left(first: Point, second: Point, third: Point) -> bool:
    (x_m, y_m), (to_x_m, to_y_m), (then_x_m, then_y_m) = first, second, third
    return (to_x_m - x_m) * (then_y_m - y_m) > (to_y_m - y_m) * (then_x_m - x_m)


def areas_count(ground: Territory, sites: Sequence[Site] | None) -> dict[str, int]:
    """How many areas each level of the ladder has: grid, community, subdistrict, district."""
    return {
        "grid": social_grids_count(ground, sites), "community": ground.communities_count,
        "subdistrict": ground.subdistricts_count, "district": 1,
    }  # fmt: skip


def expected_incidents(parameters: Parameters, sites: Sequence[Site] | None) -> float:
    """About how many incidents will occur: as many as if the strongest surge lasted all the time."""
    ground, demand = parameters.territory, parameters.demand
    sizes = {"per_km2": ground.area_km2, "per_1000_residents": residents_count(ground, sites) / 1000.0}
    a_day = demand.scale * sum(category.rate * sizes[category.basis] for category in parameters.categories.values())
    return a_day * parameters.period.days * max([1.0, *(surge.factor for surge in demand.surges.values())])
