"""How many sites, households and residents a scenario has, and how many areas: said here, and nowhere else.

Layer: scenarios.  A community's own list of sites says who lives there, where there is one; otherwise the parameters.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from typing import TYPE_CHECKING

from scenarios.ground import Territory
from scenarios.reading import Site

if TYPE_CHECKING:
    from scenarios.schema import Parameters


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


def social_grids_count(ground: Territory, sites: Sequence[Site] | None) -> int:
    """Social grids: as many as come nearest to the households that one should have, and one at least."""
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
