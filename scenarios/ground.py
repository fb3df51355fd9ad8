"""Parameters of what the world is: the period, the territory, the demand.

Layer: scenarios.  The defaults describe a small, quiet district; the library says what each city differs in.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from scenarios.parameters import Section, param

# One parameter reads as one sentence over two or three lines; the formatter would make seven of it.
# fmt: off


class Period(Section):
    """When the run takes place."""

    start: date = param(
        date(2005, 10, 3), "first day, from 00:00", unit="date", symbol="t_0", span=None, role="fixed",
        source="definition",
    )
    days: int = param(
        92, "length of the run", unit="days", symbol="T", span=(1, 7320), role="fixed", source="definition",
    )
    public_holidays: Literal["china", "none"] = param(
        "china", "whose public holidays and make-up working days count", unit="name", symbol="H", span=None,
        role="fixed", source="state-council-holidays",
    )


class Territory(Section):
    """The ground: sites, who lives there, and the partitions laid over them."""

    area_km2: float = param(
        4.0, "area of the rectangle that stands for the district", unit="km²", symbol="A", span=(0.01, 5000),
        role="fixed", source="assumption-small-district",
    )
    aspect_ratio: float = param(
        1.333, "width over height of the rectangle", unit="1", symbol="a", span=(0.1, 10), role="fixed",
        source="assumption-rectangle",
    )
    seed: int = param(
        1, "draws the sites once; never the run's seed", unit="1", symbol="σ_T", span=(0, 2**31 - 1), role="fixed",
        source="assumption-synthetic-sites",
    )
    sites_file: str = param(
        "", "list of a real community's sites (CSV or xlsx) beside the scenario file; empty: draw synthetic ones",
        unit="file name", symbol="F", span=None, role="fixed", source="definition",
    )
    sites_crs: Literal["metres", "wgs84", "gcj02", "bd09"] = param(
        "metres", "what the coordinates of the list are: metres, or degrees of GPS (wgs84), of Chinese maps (gcj02) or "
        "of Baidu's (bd09)",
        unit="name", symbol="-", span=None, role="fixed", source="definition",
    )
    social_grids: Literal["file", "cut"] = param(
        "file", "file: the social grids that the list of sites names, where it does; cut: always new ones",
        unit="name", symbol="-", span=None, role="lever", source="definition",
    )
    sites_count: int = param(
        600, "buildings and street spots", unit="sites", symbol="S", span=(1, 200_000), role="fixed",
        source="assumption-synthetic-sites",
    )
    street_share: float = param(
        0.3, "share of sites that are spots in the street, where nobody lives", unit="1", symbol="s_st",
        span=(0, 0.95), role="uncertain", source="assumption-synthetic-sites",
    )
    clusters_count: int = param(
        12, "neighbourhoods around which sites crowd", unit="clusters", symbol="K", span=(1, 5000), role="uncertain",
        source="assumption-synthetic-sites",
    )
    clustered_share: float = param(
        0.7, "share of sites that lie in a cluster; the rest lie anywhere", unit="1", symbol="s_cl", span=(0, 1),
        role="uncertain", source="assumption-synthetic-sites",
    )
    cluster_spread_m: float = param(
        180.0, "standard deviation of a clustered site's distance to its centre, each way", unit="m", symbol="σ_cl",
        span=(1, 5000), role="uncertain", source="assumption-synthetic-sites",
    )
    households: int = param(
        15_000, "households of the district", unit="households", symbol="N_h", span=(1, 5_000_000), role="fixed",
        source="assumption-small-district",
    )
    households_cv: float = param(
        0.8, "spread of households between buildings", unit="1", symbol="cv_h", span=(0, 5), role="uncertain",
        source="assumption-synthetic-sites",
    )
    residents_per_household: float = param(
        2.8, "residents of one household", unit="people/household", symbol="m", span=(1, 10), role="fixed",
        source="census-2010",
    )
    subdistricts_count: int = param(
        2, "subdistricts (街道)", unit="subdistricts", symbol="n_sd", span=(1, 500), role="fixed",
        source="assumption-small-district",
    )
    communities_count: int = param(
        6, "communities (社区)", unit="communities", symbol="n_c", span=(1, 5000), role="fixed",
        source="assumption-small-district",
    )
    cell_area_m2: float = param(
        10_000.0, "area of one square cell of the city-management grid", unit="m²", symbol="A_g", span=(400, 1e8),
        role="lever", source="thesis-10000-m2",
    )
    households_per_social_grid: float = param(
        300.0, "households of one social grid; whole buildings only", unit="households", symbol="H_g",
        span=(1, 1e6), role="lever", source="thesis-junmen",
    )
    search_m2_per_h: float = param(
        80_000.0, "ground that somebody who looks for a place covers on foot", unit="m²/h", symbol="v_s",
        span=(100, 1e7), role="uncertain", source="starting-values",
    )
    boundary_width_m: float = param(
        10.0, "an incident this near to another grid may be taken for that grid's", unit="m", symbol="b",
        span=(0, 1000), role="uncertain", source="assumption-boundary",
    )


class Profile(Section):
    """How a class of incidents spreads over the hours of a day and over the week."""

    hour_weights: Annotated[tuple[float, ...], Field(min_length=24, max_length=24)] = param(
        ..., "relative rate in each hour of the day, 00-01 first", unit="1", symbol="w_h", span=(0, 1e6),
        role="uncertain", source="assumption-day-profile",
    )
    weekend_ratio: float = param(
        1.0, "rate on a Saturday or Sunday over the rate on another day", unit="1", symbol="w_we", span=(0, 10),
        role="uncertain", source="assumption-day-profile",
    )


class Surge(Section):
    """A time of more (or fewer) incidents, such as a world exposition."""

    start: date = param(..., "first day", unit="date", symbol="t_s", span=None, role="fixed", source="definition")
    end: date = param(..., "last day", unit="date", symbol="t_e", span=None, role="fixed", source="definition")
    factor: float = param(
        ..., "multiplies the rate", unit="1", symbol="f_s", span=(0, 1000), role="uncertain",
        source="assumption-surge",
    )
    categories: tuple[str, ...] = param(
        (), "categories that surge; none named means all", unit="names", symbol="C_s", span=None, role="fixed",
        source="assumption-surge",
    )


class Demand(Section):
    """How often incidents occur, over and above each category's own rate."""

    scale: float = param(
        1.0, "multiplies every rate", unit="1", symbol="f", span=(0, 1000), role="uncertain",
        source="assumption-demand",
    )
    month_weights: Annotated[tuple[float, ...], Field(min_length=12, max_length=12)] = param(
        (1.0,) * 12, "relative rate in each month, January first", unit="1", symbol="w_m", span=(0, 100),
        role="uncertain", source="assumption-no-season",
    )
    profiles: dict[str, Profile] = Field(default={}, description="profiles of the day and week, by name")
    surges: dict[str, Surge] = Field(default={}, description="surges, by name")


class Category(Section):
    """A class of incidents."""

    domain: Literal["component", "event", "social"] = param(
        ..., "part of the city's fabric, something that happens, or a matter of the people", unit="name", symbol="-",
        span=None, role="fixed", source="city-management-standard",
    )
    grid: Literal["cell", "social"] = param(
        "cell", "the partition by which its place is known", unit="name", symbol="-", span=None, role="fixed",
        source="definition",
    )
    rate: float = param(
        ..., "occurrences a day for one unit of the basis", unit="1/day per basis", symbol="λ_c", span=(0, 1e4),
        role="uncertain", source="assumption-demand",
    )
    basis: Literal["per_km2", "per_1000_residents"] = param(
        "per_km2", "what the rate is a rate of", unit="name", symbol="-", span=None, role="fixed",
        source="definition",
    )
    profile: str = param(
        "even", "name of its profile of the day", unit="name", symbol="-", span=None, role="fixed",
        source="definition",
    )
    hotspot_cv: float = param(
        1.0, "spread of the rate between sites: 0 is even, more is hotter hot spots", unit="1", symbol="cv_s",
        span=(0, 20), role="uncertain", source="assumption-hot-spots",
    )
    severity_shares: Annotated[tuple[float, ...], Field(min_length=4, max_length=4)] = param(
        (1.0, 0.0, 0.0, 0.0), "shares of minor, ordinary, prominent and major ones; they sum to 1", unit="1",
        symbol="p_k", span=(0, 1), role="uncertain", source="assumption-severity",
    )
    seen_per_pass_prob: float = param(
        ..., "chance that a supervisor who passes sees it", unit="1", symbol="p_s", span=(0, 1), role="uncertain",
        source="starting-values",
    )
    seen_per_visit_prob: float = param(
        0.0, "chance that a visit to the household brings it to light, where the visitor knows everybody", unit="1",
        symbol="p_v", span=(0, 1), role="uncertain", source="assumption-rounds",
    )
    salience_prob: float = param(
        ..., "chance that some resident would report it, at the initial trust", unit="1", symbol="ρ", span=(0, 1),
        role="uncertain", source="starting-values",
    )
    gone_per_day: float = param(
        0.0, "rate at which it goes away by itself; 0: it stays", unit="1/day", symbol="μ_g", span=(0, 1000),
        role="uncertain", source="starting-values",
    )
    worsens_per_day: float = param(
        0.0, "rate at which it becomes one step more severe if nobody acts", unit="1/day", symbol="μ_w",
        span=(0, 100), role="uncertain", source="assumption-worsening",
    )
    on_the_spot_prob: float = param(
        0.0, "chance that the supervisor who finds it can solve it there and then", unit="1", symbol="p_o",
        span=(0, 1), role="uncertain", source="starting-values",
    )
    volunteer_prob: float = param(
        0.0, "chance that a party member can settle it, if it is minor", unit="1", symbol="p_p", span=(0, 1),
        role="uncertain", source="assumption-volunteers",
    )
    comes_back_prob: float = param(
        0.0, "chance that what was sent away comes back, if it would still be there otherwise", unit="1", symbol="p_z",
        span=(0, 1), role="uncertain", source="assumption-coming-back",
    )
    comes_back_mean_h: float = param(
        3.0, "mean time from when it was sent away until it is back", unit="h", symbol="d_z", span=(0.05, 1e4),
        role="uncertain", source="assumption-coming-back",
    )
    take_up_prob: float = param(
        1.0, "chance that a supervisor who sees one takes it up: small ones are passed by; 0: the class is not listed",
        unit="1", symbol="ν_c", span=(0, 1), role="lever", source="assumption-task",
    )
    hang_prob: float = param(
        0.0, "chance that a unit's first attempt finds that money or another authority is needed (挂账)", unit="1",
        symbol="p_h", span=(0, 1), role="uncertain", source="assumption-hanging",
    )
    hang_mean_h: float = param(
        720.0, "mean time that such a case is set aside, all hours", unit="h", symbol="d_h", span=(1, 1e5),
        role="uncertain", source="assumption-hanging",
    )
    deadline_h: float = param(
        ..., "time allowed for handling, on the deadline's clock", unit="h", symbol="D", span=(0.1, 10_000),
        role="lever", source="city-deadlines",
    )
    deadline_clock: Literal["office", "continuous"] = param(
        "office", "the clock of the deadline: office hours or all hours", unit="name", symbol="-", span=None,
        role="lever", source="city-deadlines",
    )
    work_mean_h: float = param(
        ..., "mean work on the spot, without travel and search", unit="h", symbol="m_w", span=(0.001, 10_000),
        role="uncertain", source="starting-values",
    )
    work_cv: float = param(
        1.0, "coefficient of variation of the work", unit="1", symbol="cv_w", span=(0, 10), role="uncertain",
        source="starting-values",
    )
    work_distribution: Literal["lognormal", "gamma"] = param(
        "lognormal", "form of the work's right-skewed distribution (gamma with cv 1 is exponential)", unit="name",
        symbol="-", span=None, role="fixed", source="starting-values",
    )
