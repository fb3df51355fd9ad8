"""Every parameter of the model, with unit, symbol, range, role and source.

Layer: scenarios.  The defaults describe a small, quiet district; the library says what each city differs in.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from scenarios.parameters import Hours, Section, param

OFFICE_HOURS = "08:00-12:00 14:00-18:00 workdays"

Level = Literal["grid", "community", "subdistrict", "district"]
Severity = Literal["minor", "ordinary", "prominent", "major"]


class Period(Section):
    """When the run takes place."""

    start: date = param(
        date(2005, 10, 3),
        "first day, from 00:00",
        unit="date",
        symbol="t_0",
        span=None,
        role="fixed",
        source="definition",
    )
    days: int = param(
        92,
        "length of the run",
        unit="days",
        symbol="T",
        span=(1, 7320),
        role="fixed",
        source="definition",
    )
    public_holidays: Literal["china", "none"] = param(
        "china",
        "whose public holidays and make-up working days count",
        unit="name",
        symbol="H",
        span=None,
        role="fixed",
        source="state-council-holidays",
    )


class Territory(Section):
    """The ground: sites, who lives there, and the partitions laid over them."""

    area_km2: float = param(
        4.0,
        "area of the rectangle that stands for the district",
        unit="km²",
        symbol="A",
        span=(0.01, 5000),
        role="fixed",
        source="assumption-small-district",
    )
    aspect_ratio: float = param(
        1.333,
        "width over height of the rectangle",
        unit="1",
        symbol="a",
        span=(0.1, 10),
        role="fixed",
        source="assumption-rectangle",
    )
    seed: int = param(
        1,
        "draws the sites once; never the run's seed",
        unit="1",
        symbol="σ_T",
        span=(0, 2**31 - 1),
        role="fixed",
        source="assumption-synthetic-sites",
    )
    sites_file: str = param(
        "",
        "CSV of a real community's sites beside the scenario file; empty: draw synthetic ones",
        unit="file name",
        symbol="F",
        span=None,
        role="fixed",
        source="definition",
    )
    sites_count: int = param(
        600,
        "buildings and street spots",
        unit="sites",
        symbol="S",
        span=(1, 200_000),
        role="fixed",
        source="assumption-synthetic-sites",
    )
    street_share: float = param(
        0.3,
        "share of sites that are spots in the street, where nobody lives",
        unit="1",
        symbol="s_st",
        span=(0, 0.95),
        role="uncertain",
        source="assumption-synthetic-sites",
    )
    clusters_count: int = param(
        12,
        "neighbourhoods around which sites crowd",
        unit="clusters",
        symbol="K",
        span=(1, 5000),
        role="uncertain",
        source="assumption-synthetic-sites",
    )
    clustered_share: float = param(
        0.7,
        "share of sites that lie in a cluster; the rest lie anywhere",
        unit="1",
        symbol="s_cl",
        span=(0, 1),
        role="uncertain",
        source="assumption-synthetic-sites",
    )
    cluster_spread_m: float = param(
        180.0,
        "standard deviation of a clustered site's distance to its centre, each way",
        unit="m",
        symbol="σ_cl",
        span=(1, 5000),
        role="uncertain",
        source="assumption-synthetic-sites",
    )
    households: int = param(
        15_000,
        "households of the district",
        unit="households",
        symbol="N_h",
        span=(1, 5_000_000),
        role="fixed",
        source="assumption-small-district",
    )
    households_cv: float = param(
        0.8,
        "spread of households between buildings",
        unit="1",
        symbol="cv_h",
        span=(0, 5),
        role="uncertain",
        source="assumption-synthetic-sites",
    )
    residents_per_household: float = param(
        2.8,
        "residents of one household",
        unit="people/household",
        symbol="m",
        span=(1, 10),
        role="fixed",
        source="census-2010",
    )
    subdistricts_count: int = param(
        2,
        "subdistricts (街道)",
        unit="subdistricts",
        symbol="n_sd",
        span=(1, 500),
        role="fixed",
        source="assumption-small-district",
    )
    communities_count: int = param(
        6,
        "communities (社区)",
        unit="communities",
        symbol="n_c",
        span=(1, 5000),
        role="fixed",
        source="assumption-small-district",
    )
    cell_area_m2: float = param(
        10_000.0,
        "area of one square cell of the city-management grid",
        unit="m²",
        symbol="A_g",
        span=(400, 1e8),
        role="lever",
        source="seed-10000-m2",
    )
    households_per_social_grid: float = param(
        300.0,
        "households of one social grid; whole buildings only",
        unit="households",
        symbol="H_g",
        span=(1, 1e6),
        role="lever",
        source="seed-junmen",
    )
    search_m2_per_h: float = param(
        80_000.0,
        "ground that somebody who looks for a place covers on foot",
        unit="m²/h",
        symbol="v_s",
        span=(100, 1e7),
        role="uncertain",
        source="starting-values",
    )
    boundary_width_m: float = param(
        10.0,
        "an incident this near to another grid may be taken for that grid's",
        unit="m",
        symbol="b",
        span=(0, 1000),
        role="uncertain",
        source="assumption-boundary",
    )


class Profile(Section):
    """How a class of incidents spreads over the hours of a day and over the week."""

    hour_weights: Annotated[tuple[float, ...], Field(min_length=24, max_length=24)] = param(
        ...,
        "relative rate in each hour of the day, 00-01 first",
        unit="1",
        symbol="w_h",
        span=(0, 1e6),
        role="uncertain",
        source="assumption-day-profile",
    )
    weekend_ratio: float = param(
        1.0,
        "rate on a Saturday or Sunday over the rate on another day",
        unit="1",
        symbol="w_we",
        span=(0, 10),
        role="uncertain",
        source="assumption-day-profile",
    )


class Surge(Section):
    """A time of more (or fewer) incidents, such as a world exposition."""

    start: date = param(..., "first day", unit="date", symbol="t_s", span=None, role="fixed", source="definition")
    end: date = param(..., "last day", unit="date", symbol="t_e", span=None, role="fixed", source="definition")
    factor: float = param(
        ...,
        "multiplies the rate",
        unit="1",
        symbol="f_s",
        span=(0, 1000),
        role="uncertain",
        source="assumption-surge",
    )
    categories: tuple[str, ...] = param(
        (),
        "categories that surge; none named means all",
        unit="names",
        symbol="C_s",
        span=None,
        role="fixed",
        source="assumption-surge",
    )


class Demand(Section):
    """How often incidents occur, over and above each category's own rate."""

    scale: float = param(
        1.0,
        "multiplies every rate",
        unit="1",
        symbol="f",
        span=(0, 1000),
        role="uncertain",
        source="assumption-demand",
    )
    month_weights: Annotated[tuple[float, ...], Field(min_length=12, max_length=12)] = param(
        (1.0,) * 12,
        "relative rate in each month, January first",
        unit="1",
        symbol="w_m",
        span=(0, 100),
        role="uncertain",
        source="assumption-no-season",
    )
    profiles: dict[str, Profile] = Field(default={}, description="profiles of the day and week, by name")
    surges: dict[str, Surge] = Field(default={}, description="surges, by name")


class Category(Section):
    """A class of incidents."""

    domain: Literal["component", "event", "social"] = param(
        ...,
        "part of the city's fabric, something that happens, or a matter of the people",
        unit="name",
        symbol="-",
        span=None,
        role="fixed",
        source="city-management-standard",
    )
    grid: Literal["cell", "social"] = param(
        "cell",
        "the partition by which its place is known",
        unit="name",
        symbol="-",
        span=None,
        role="fixed",
        source="definition",
    )
    rate: float = param(
        ...,
        "occurrences a day for one unit of the basis",
        unit="1/day per basis",
        symbol="λ_c",
        span=(0, 1e4),
        role="uncertain",
        source="assumption-demand",
    )
    basis: Literal["per_km2", "per_1000_residents"] = param(
        "per_km2",
        "what the rate is a rate of",
        unit="name",
        symbol="-",
        span=None,
        role="fixed",
        source="definition",
    )
    profile: str = param(
        "even",
        "name of its profile of the day",
        unit="name",
        symbol="-",
        span=None,
        role="fixed",
        source="definition",
    )
    hotspot_cv: float = param(
        1.0,
        "spread of the rate between sites: 0 is even, more is hotter hot spots",
        unit="1",
        symbol="cv_s",
        span=(0, 20),
        role="uncertain",
        source="assumption-hot-spots",
    )
    severity_shares: Annotated[tuple[float, ...], Field(min_length=4, max_length=4)] = param(
        (1.0, 0.0, 0.0, 0.0),
        "shares of minor, ordinary, prominent and major ones; they sum to 1",
        unit="1",
        symbol="p_k",
        span=(0, 1),
        role="uncertain",
        source="assumption-severity",
    )
    seen_per_pass_prob: float = param(
        ...,
        "chance that a supervisor who passes sees it",
        unit="1",
        symbol="p_s",
        span=(0, 1),
        role="uncertain",
        source="starting-values",
    )
    seen_per_visit_prob: float = param(
        0.0,
        "chance that a visit to the household brings it to light, where the visitor knows everybody",
        unit="1",
        symbol="p_v",
        span=(0, 1),
        role="uncertain",
        source="assumption-rounds",
    )
    salience_prob: float = param(
        ...,
        "chance that some resident would report it, at the initial trust",
        unit="1",
        symbol="ρ",
        span=(0, 1),
        role="uncertain",
        source="starting-values",
    )
    gone_per_day: float = param(
        0.0,
        "rate at which it goes away by itself; 0: it stays",
        unit="1/day",
        symbol="μ_g",
        span=(0, 1000),
        role="uncertain",
        source="starting-values",
    )
    worsens_per_day: float = param(
        0.0,
        "rate at which it becomes one step more severe if nobody acts",
        unit="1/day",
        symbol="μ_w",
        span=(0, 100),
        role="uncertain",
        source="assumption-worsening",
    )
    on_the_spot_prob: float = param(
        0.0,
        "chance that the supervisor who finds it can solve it there and then",
        unit="1",
        symbol="p_o",
        span=(0, 1),
        role="uncertain",
        source="starting-values",
    )
    volunteer_prob: float = param(
        0.0,
        "chance that a party member can settle it, if it is minor",
        unit="1",
        symbol="p_p",
        span=(0, 1),
        role="uncertain",
        source="assumption-volunteers",
    )
    deadline_h: float = param(
        ...,
        "time allowed for handling, on the deadline's clock",
        unit="h",
        symbol="D",
        span=(0.1, 10_000),
        role="lever",
        source="city-deadlines",
    )
    deadline_clock: Literal["office", "continuous"] = param(
        "office",
        "the clock of the deadline: office hours or all hours",
        unit="name",
        symbol="-",
        span=None,
        role="lever",
        source="city-deadlines",
    )
    work_mean_h: float = param(
        ...,
        "mean work on the spot, without travel and search",
        unit="h",
        symbol="m_w",
        span=(0.001, 10_000),
        role="uncertain",
        source="starting-values",
    )
    work_cv: float = param(
        1.0,
        "coefficient of variation of the work",
        unit="1",
        symbol="cv_w",
        span=(0, 10),
        role="uncertain",
        source="starting-values",
    )
    work_distribution: Literal["lognormal", "gamma"] = param(
        "lognormal",
        "form of the work's right-skewed distribution (gamma with cv 1 is exponential)",
        unit="name",
        symbol="-",
        span=None,
        role="fixed",
        source="starting-values",
    )


class Channel(Section):
    """A way in which a resident can report."""

    share: float = param(
        ...,
        "share of would-be reporters who use it; what the shares leave over gives up",
        unit="1",
        symbol="q_ch",
        span=(0, 1),
        role="lever",
        source="assumption-channels",
    )
    hours: Hours = param(
        "00:00-24:00 daily",
        "when it takes reports",
        unit="hours of duty",
        symbol="-",
        span=None,
        role="lever",
        source="assumption-channels",
    )
    delay_h: float = param(
        0.0,
        "until somebody reads or hears the report, on the channel's hours",
        unit="h",
        symbol="d_ch",
        span=(0, 1000),
        role="lever",
        source="assumption-channels",
    )


class Residents(Section):
    """People who see incidents near home, and report some of them."""

    residents_per_agent: float = param(
        100.0,
        "residents that one agent stands for; rates do not depend on it",
        unit="people",
        symbol="k_r",
        span=(1, 100_000),
        role="fixed",
        source="definition",
    )
    sight_m: float = param(
        100.0,
        "the witness of an incident lives within about this distance",
        unit="m",
        symbol="r_s",
        span=(0, 5000),
        role="uncertain",
        source="assumption-witness",
    )
    report_delay_mean_h: float = param(
        6.0,
        "mean time from occurrence until a witness would report",
        unit="h",
        symbol="d_r",
        span=(0.01, 1000),
        role="uncertain",
        source="assumption-witness",
    )
    trust_initial: float = param(
        0.5,
        "trust in the service at the start",
        unit="1",
        symbol="τ_0",
        span=(0.01, 1),
        role="uncertain",
        source="assumption-trust",
    )
    trust_gain: float = param(
        0.1,
        "share of the way to full trust gained when an own report is solved in time",
        unit="1",
        symbol="g_+",
        span=(0, 1),
        role="uncertain",
        source="assumption-trust",
    )
    trust_loss: float = param(
        0.2,
        "share of trust lost when an own report is solved late, rejected or found gone",
        unit="1",
        symbol="g_-",
        span=(0, 1),
        role="uncertain",
        source="assumption-trust",
    )
    channels: dict[str, Channel] = Field(default={}, description="channels for reports, by name")


class Party(Section):
    """Party members who keep their eyes open and settle small problems (committee, branches, groups)."""

    members_count: int = param(
        0,
        "members who volunteer; 0: there is no such organisation",
        unit="people",
        symbol="n_p",
        span=(0, 200_000),
        role="lever",
        source="definition",
    )
    branches_count: int = param(
        1,
        "party branches",
        unit="branches",
        symbol="n_b",
        span=(1, 10_000),
        role="lever",
        source="seed-junmen",
    )
    groups_count: int = param(
        1,
        "party groups",
        unit="groups",
        symbol="n_gr",
        span=(1, 20_000),
        role="lever",
        source="seed-junmen",
    )
    weekly_h: float = param(
        1.0,
        "hours a member gives in a week",
        unit="h/week",
        symbol="h_p",
        span=(0, 60),
        role="lever",
        source="assumption-volunteers",
    )
    attention: float = param(
        0.1,
        "a member's chance to notice, as a multiple of the category's salience",
        unit="1",
        symbol="α_p",
        span=(0, 100),
        role="uncertain",
        source="assumption-volunteers",
    )
    notice_delay_mean_h: float = param(
        8.0,
        "mean time from occurrence until a member notices",
        unit="h",
        symbol="d_p",
        span=(0.01, 1000),
        role="uncertain",
        source="assumption-volunteers",
    )
    step_up_delay_h: float = param(
        4.0,
        "to ask one step further: group, branch, committee",
        unit="h",
        symbol="d_b",
        span=(0, 1000),
        role="uncertain",
        source="assumption-volunteers",
    )


class Supervisors(Section):
    """Supervisors who patrol beats of cells, verify reports and check handled cases."""

    count: int = param(
        0,
        "people employed; 0: nobody patrols",
        unit="people",
        symbol="n_s",
        span=(0, 100_000),
        role="lever",
        source="definition",
    )
    relief_factor: float = param(
        2.5,
        "people employed to keep one post staffed over its hours",
        unit="people/post",
        symbol="φ",
        span=(1, 20),
        role="lever",
        source="assumption-relief",
    )
    hours: Hours = param(
        "07:00-19:00 daily",
        "hours in which a post is staffed",
        unit="hours of duty",
        symbol="-",
        span=None,
        role="lever",
        source="chengdu-hours",
    )
    shift_h: float = param(
        6.0,
        "hours after which the next person of a post takes over",
        unit="h",
        symbol="h_s",
        span=(1, 24),
        role="lever",
        source="assumption-relief",
    )
    patrol_speed_m_per_h: float = param(
        10_000.0,
        "speed of the patrol",
        unit="m/h",
        symbol="v_p",
        span=(100, 60_000),
        role="lever",
        source="starting-values",
    )
    sight_m: float = param(
        20.0,
        "width that a patrol sees",
        unit="m",
        symbol="w",
        span=(1, 500),
        role="uncertain",
        source="starting-values",
    )
    cell_overhead_h: float = param(
        0.02,
        "fixed time per cell and pass",
        unit="h",
        symbol="o_c",
        span=(0, 10),
        role="uncertain",
        source="starting-values",
    )
    on_the_spot_h: float = param(
        0.15,
        "time to solve a find on the spot",
        unit="h",
        symbol="t_o",
        span=(0, 24),
        role="uncertain",
        source="assumption-supervisor-tasks",
    )
    report_h: float = param(
        0.05,
        "time to photograph and send a find",
        unit="h",
        symbol="t_r",
        span=(0, 24),
        role="uncertain",
        source="assumption-supervisor-tasks",
    )
    verify_h: float = param(
        0.4,
        "time to go and verify a resident's report (核实)",
        unit="h",
        symbol="t_v",
        span=(0, 24),
        role="uncertain",
        source="starting-values",
    )
    check_h: float = param(
        0.25,
        "time to go and check a handled case (核查)",
        unit="h",
        symbol="t_k",
        span=(0, 24),
        role="uncertain",
        source="starting-values",
    )


class SupervisionCentre(Section):
    """The supervision centre (监督中心): takes reports, files, orders checks, closes, scores."""

    operators_count: int = param(
        0,
        "operators on duty together; 0: there is no centre, and cases go to their unit by hand",
        unit="people",
        symbol="n_o",
        span=(0, 10_000),
        role="lever",
        source="definition",
    )
    hours: Hours = param(
        "00:00-24:00 daily",
        "when operators are on duty",
        unit="hours of duty",
        symbol="-",
        span=None,
        role="lever",
        source="assumption-centres",
    )
    intake_h: float = param(
        0.05,
        "operator's time to take a report",
        unit="h",
        symbol="t_i",
        span=(0, 100),
        role="uncertain",
        source="assumption-centres",
    )
    filing_h: float = param(
        0.1,
        "operator's time to file a case (立案)",
        unit="h",
        symbol="t_f",
        span=(0, 100),
        role="uncertain",
        source="starting-values",
    )
    closing_h: float = param(
        0.05,
        "operator's time to close a case (结案)",
        unit="h",
        symbol="t_c",
        span=(0, 100),
        role="uncertain",
        source="assumption-centres",
    )
    reject_prob: float = param(
        0.07,
        "chance that a resident's report is rejected as not the city's business",
        unit="1",
        symbol="p_r",
        span=(0, 1),
        role="uncertain",
        source="starting-values",
    )
    check_fail_prob: float = param(
        0.02,
        "chance that handled work fails the check (返工)",
        unit="1",
        symbol="p_k",
        span=(0, 1),
        role="uncertain",
        source="bulletins-rework",
    )


class CommandCentre(Section):
    """The command centre (指挥中心): dispatches cases to units."""

    operators_count: int = param(
        0,
        "operators on duty together; 0: there is no centre, and cases go to their unit by hand",
        unit="people",
        symbol="n_d",
        span=(0, 10_000),
        role="lever",
        source="definition",
    )
    hours: Hours = param(
        "00:00-24:00 daily",
        "when operators are on duty",
        unit="hours of duty",
        symbol="-",
        span=None,
        role="lever",
        source="assumption-centres",
    )
    dispatch_h: float = param(
        0.15,
        "operator's time to dispatch a case (派遣)",
        unit="h",
        symbol="t_d",
        span=(0, 100),
        role="uncertain",
        source="starting-values",
    )
    forward_h: float = param(
        0.0,
        "until a dispatched case reaches its unit, on the centre's hours (paper takes days)",
        unit="h",
        symbol="d_f",
        span=(0, 1000),
        role="lever",
        source="assumption-centres",
    )
    misdispatch_prob: float = param(
        0.03,
        "chance that a case goes to the wrong unit and comes back (回退)",
        unit="1",
        symbol="p_m",
        span=(0, 1),
        role="uncertain",
        source="starting-values",
    )
    boundary_dispute_prob: float = param(
        0.2,
        "chance that a case near a border is disputed between neighbours and comes back",
        unit="1",
        symbol="p_b",
        span=(0, 1),
        role="uncertain",
        source="assumption-boundary",
    )
    return_delay_h: float = param(
        2.0,
        "until a wrongly sent case is back, in office hours",
        unit="h",
        symbol="d_m",
        span=(0, 1000),
        role="uncertain",
        source="assumption-returns",
    )
    extension_prob: float = param(
        0.05,
        "chance that an extension (延期) is granted to a crew that sees it will be late",
        unit="1",
        symbol="p_e",
        span=(0, 1),
        role="lever",
        source="bulletins-extensions",
    )


class Escalation(Section):
    """The ladder on which a case climbs: limits and attempts at each level."""

    grid_limit_h: float = param(
        48.0,
        "longest wait for a start in the grid",
        unit="h",
        symbol="L_1",
        span=(0.1, 1e5),
        role="lever",
        source="assumption-ladder",
    )
    community_limit_h: float = param(
        120.0,
        "longest wait for a start in the community",
        unit="h",
        symbol="L_2",
        span=(0.1, 1e5),
        role="lever",
        source="assumption-ladder",
    )
    subdistrict_limit_h: float = param(
        240.0,
        "longest wait for a start in the subdistrict",
        unit="h",
        symbol="L_3",
        span=(0.1, 1e5),
        role="lever",
        source="assumption-ladder",
    )
    attempts_max: int = param(
        2,
        "attempts at one level before the case climbs",
        unit="attempts",
        symbol="n_a",
        span=(1, 100),
        role="lever",
        source="assumption-ladder",
    )
    retry_after_h: float = param(
        72.0,
        "pause before another attempt",
        unit="h",
        symbol="d_a",
        span=(0, 1e5),
        role="lever",
        source="assumption-ladder",
    )
    step_up_h: float = param(
        2.0,
        "to hand a case one level up, in office hours",
        unit="h",
        symbol="d_u",
        span=(0, 1e4),
        role="uncertain",
        source="assumption-ladder",
    )


class Unit(Section):
    """Whoever can be sent a case: a grid's post, a property company, an office, a department's crews."""

    kind: Literal["grid_team", "property_company", "community_office", "subdistrict_office", "department"] = param(
        ...,
        "what it is",
        unit="name",
        symbol="-",
        span=None,
        role="fixed",
        source="definition",
    )
    level: Level = param(
        "district",
        "the level it serves; there is one such unit in every area of that level",
        unit="name",
        symbol="ℓ",
        span=None,
        role="lever",
        source="escalation-ladder",
    )
    people: int = param(
        ...,
        "crews or people who work side by side",
        unit="people",
        symbol="n_u",
        span=(0, 100_000),
        role="lever",
        source="assumption-crews",
    )
    people_basis: Literal["per_area", "total"] = param(
        "per_area",
        "in each area of the level, or in all of them together",
        unit="name",
        symbol="-",
        span=None,
        role="lever",
        source="definition",
    )
    hours: Hours = param(
        OFFICE_HOURS,
        "when they work",
        unit="hours of duty",
        symbol="-",
        span=None,
        role="lever",
        source="assumption-crews",
    )
    casework_share: float = param(
        1.0,
        "share of those hours that goes to cases",
        unit="1",
        symbol="s_w",
        span=(0.001, 1),
        role="lever",
        source="assumption-crews",
    )
    categories: tuple[str, ...] = param(
        ...,
        "categories it is competent for",
        unit="names",
        symbol="C_u",
        span=None,
        role="lever",
        source="assumption-competence",
    )
    max_severity: Severity = param(
        "major",
        "the most severe case it may take",
        unit="name",
        symbol="k_u",
        span=None,
        role="lever",
        source="escalation-ladder",
    )
    queue_rule: str = param(
        "earliest_deadline",
        "who is served next",
        unit="name",
        symbol="-",
        span=None,
        role="lever",
        source="starting-values",
    )
    mobilise_h: float = param(
        0.1,
        "fixed time to set out",
        unit="h",
        symbol="t_m",
        span=(0, 100),
        role="uncertain",
        source="assumption-travel",
    )
    travel_speed_m_per_h: float = param(
        15_000.0,
        "speed from the middle of the unit's area to the site",
        unit="m/h",
        symbol="v_u",
        span=(100, 120_000),
        role="uncertain",
        source="assumption-travel",
    )
    search_share: float = param(
        0.5,
        "share of the grid searched until the place is found",
        unit="1",
        symbol="s_s",
        span=(0, 1),
        role="uncertain",
        source="assumption-search",
    )
    settle_prob: float = param(
        1.0,
        "chance that an attempt succeeds (in the grid: where the worker knows everybody)",
        unit="1",
        symbol="p_w",
        span=(0, 1),
        role="uncertain",
        source="assumption-settling",
    )
    rounds_households_per_h: float = param(
        0.0,
        "households visited in an hour of rounds; 0: no rounds",
        unit="households/h",
        symbol="v_r",
        span=(0, 1000),
        role="lever",
        source="assumption-rounds",
    )
    rounds_share: float = param(
        0.0,
        "share of the hours that goes to household rounds",
        unit="1",
        symbol="s_r",
        span=(0, 1),
        role="lever",
        source="assumption-rounds",
    )
    wage_yuan_per_month: float = param(
        3000.0,
        "cost of one person",
        unit="yuan/month",
        symbol="w_u",
        span=(0, 1e6),
        role="uncertain",
        source="assumption-costs",
    )


class LocalKnowledge(Section):
    """The more households one person has to know, the less of them that person knows."""

    half_households: float = param(
        1500.0,
        "households per grid worker at which half as much is noticed and settled",
        unit="households",
        symbol="H_½",
        span=(1, 1e7),
        role="uncertain",
        source="assumption-local-knowledge",
    )


class Learning(Section):
    """How departments change: with practice, and under scoring. Off unless a scenario turns it on."""

    exponent: float = param(
        0.0,
        "work shrinks as (1 + cases / experience) to minus this; 0: no learning",
        unit="1",
        symbol="β",
        span=(0, 2),
        role="uncertain",
        source="assumption-learning",
    )
    experience_cases: float = param(
        500.0,
        "cases a person handles to count as one unit of experience",
        unit="cases/person",
        symbol="n_0",
        span=(1, 1e6),
        role="uncertain",
        source="assumption-learning",
    )
    scoring_response: float = param(
        0.0,
        "share of the work saved by hurrying when nothing is on time; 0: no response",
        unit="1",
        symbol="η",
        span=(0, 0.9),
        role="uncertain",
        source="assumption-learning",
    )
    scoring_target: float = param(
        0.95,
        "on-time share below which a unit hurries",
        unit="1",
        symbol="ω",
        span=(0.01, 1),
        role="lever",
        source="assumption-learning",
    )
    scoring_memory_cases: float = param(
        100.0,
        "cases over which the score remembers",
        unit="cases",
        symbol="M",
        span=(1, 1e6),
        role="lever",
        source="assumption-learning",
    )


class Costs(Section):
    """What the service costs; units name their own wages."""

    supervisor_yuan_per_month: float = param(
        2000.0,
        "cost of one supervisor",
        unit="yuan/month",
        symbol="w_s",
        span=(0, 1e6),
        role="uncertain",
        source="assumption-costs",
    )
    operator_yuan_per_month: float = param(
        3000.0,
        "cost of one operator post, all shifts",
        unit="yuan/month",
        symbol="w_o",
        span=(0, 1e6),
        role="uncertain",
        source="assumption-costs",
    )
    grid_yuan_per_year: float = param(
        500.0,
        "fixed cost of one grid in use: data, signs, meetings",
        unit="yuan/year",
        symbol="c_g",
        span=(0, 1e7),
        role="uncertain",
        source="assumption-costs",
    )
    equipment_yuan: float = param(
        0.0,
        "investment",
        unit="yuan",
        symbol="I",
        span=(0, 1e11),
        role="lever",
        source="definition",
    )
    equipment_life_years: float = param(
        8.0,
        "over which the investment is spread",
        unit="years",
        symbol="y",
        span=(0.5, 100),
        role="uncertain",
        source="assumption-costs",
    )


class Rules(Section):
    """What a city may choose, by name; the rules stand in sim/rules."""

    escalation: str = param(
        "by_severity",
        "which level a case goes to, and where next",
        unit="name",
        symbol="-",
        span=None,
        role="lever",
        source="escalation-ladder",
    )
    patrol: str = param(
        "cyclic",
        "how beats are cut and walked",
        unit="name",
        symbol="-",
        span=None,
        role="lever",
        source="assumption-patrol",
    )
    reporting: str = param(
        "trusting",
        "whether a witness reports",
        unit="name",
        symbol="-",
        span=None,
        role="uncertain",
        source="assumption-trust",
    )
    dispatch: str = param(
        "least_loaded",
        "which of several competent units gets a case",
        unit="name",
        symbol="-",
        span=None,
        role="lever",
        source="assumption-dispatch",
    )


class Parameters(Section):
    """Everything that may vary."""

    period: Period = Period()
    territory: Territory = Territory()
    demand: Demand = Demand()
    categories: dict[str, Category] = Field(default={}, description="classes of incidents, by name")
    residents: Residents = Residents()
    party: Party = Party()
    supervisors: Supervisors = Supervisors()
    supervision_centre: SupervisionCentre = SupervisionCentre()
    command_centre: CommandCentre = CommandCentre()
    units: dict[str, Unit] = Field(default={}, description="units that handle cases, by name")
    escalation: Escalation = Escalation()
    local_knowledge: LocalKnowledge = LocalKnowledge()
    learning: Learning = Learning()
    costs: Costs = Costs()
    rules: Rules = Rules()
