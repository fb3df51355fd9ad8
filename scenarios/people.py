"""Parameters of the people and offices: residents, party members, supervisors, centres, units.

Layer: scenarios.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from scenarios.parameters import Hours, Section, param

OFFICE_HOURS = "08:00-12:00 14:00-18:00 workdays"

Level = Literal["grid", "community", "subdistrict", "district"]
Severity = Literal["minor", "ordinary", "prominent", "major"]

# One parameter reads as one sentence over two or three lines; the formatter would make seven of it.
# fmt: off


class Channel(Section):
    """A way in which a resident can report."""

    share: float = param(
        ..., "share of would-be reporters who use it; what the shares leave over gives up", unit="1", symbol="q_ch",
        span=(0, 1), role="lever", source="assumption-channels",
    )
    hours: Hours = param(
        "00:00-24:00 daily", "when it takes reports", unit="hours of duty", symbol="-", span=None, role="lever",
        source="assumption-channels",
    )
    delay_h: float = param(
        0.0, "until somebody reads or hears the report, on the channel's hours", unit="h", symbol="d_ch",
        span=(0, 1000), role="lever", source="assumption-channels",
    )
    place_precision_m: float = param(
        60.0, "how precisely a report tells its place: it lies within about this distance of the address given",
        unit="m", symbol="r_ch", span=(0, 5000), role="uncertain", source="assumption-address",
    )


class Residents(Section):
    """People who see incidents near home, and report some of them."""

    residents_per_agent: float = param(
        100.0, "residents that one agent stands for; rates do not depend on it", unit="people", symbol="k_r",
        span=(1, 100_000), role="fixed", source="definition",
    )
    sight_m: float = param(
        100.0, "the witness of an incident lives within about this distance", unit="m", symbol="r_s",
        span=(0, 5000), role="uncertain", source="assumption-witness",
    )
    report_delay_mean_h: float = param(
        6.0, "mean time from occurrence until a witness would report", unit="h", symbol="d_r", span=(0.01, 1000),
        role="uncertain", source="assumption-witness",
    )
    trust_initial: float = param(
        0.5, "trust in the service at the start", unit="1", symbol="τ_0", span=(0.01, 1), role="uncertain",
        source="assumption-trust",
    )
    trust_gain: float = param(
        0.1, "share of the way to full trust gained when an own report is solved in time", unit="1", symbol="g_+",
        span=(0, 1), role="uncertain", source="assumption-trust",
    )
    trust_loss: float = param(
        0.2, "share of trust lost when an own report is solved late, rejected or found gone", unit="1",
        symbol="g_-", span=(0, 1), role="uncertain", source="assumption-trust",
    )
    channels: dict[str, Channel] = Field(default={}, description="channels for reports, by name")


class Party(Section):
    """Party members who keep their eyes open and settle small problems (committee, branches, groups)."""

    members_count: int = param(
        0, "members who volunteer; 0: there is no such organisation", unit="people", symbol="n_p", span=(0, 200_000),
        role="lever", source="definition",
    )
    branches_count: int = param(
        1, "party branches", unit="branches", symbol="n_b", span=(1, 10_000), role="lever", source="thesis-junmen",
    )
    groups_count: int = param(
        1, "party groups", unit="groups", symbol="n_gr", span=(1, 20_000), role="lever", source="thesis-junmen",
    )
    weekly_h: float = param(
        1.0, "hours a member gives in a week", unit="h/week", symbol="h_p", span=(0, 60), role="lever",
        source="assumption-volunteers",
    )
    attention: float = param(
        0.1, "a member's chance to notice, as a multiple of the category's salience", unit="1", symbol="α_p",
        span=(0, 100), role="uncertain", source="assumption-volunteers",
    )
    sight_m: float = param(
        50.0, "a member notices what is within this distance of home", unit="m", symbol="r_p", span=(0, 5000),
        role="uncertain", source="assumption-volunteers",
    )
    notice_delay_mean_h: float = param(
        8.0, "mean time from occurrence until a member notices", unit="h", symbol="d_p", span=(0.01, 1000),
        role="uncertain", source="assumption-volunteers",
    )
    step_up_delay_h: float = param(
        4.0, "to ask one step further: group, branch, committee", unit="h", symbol="d_b", span=(0, 1000),
        role="uncertain", source="assumption-volunteers",
    )


class Staff(Section):
    """People who are employed, and how much of a week each of them is on duty."""

    hours: Hours
    weekly_h: float = param(
        40.0, "hours a week that a person works, overtime included", unit="h/week", symbol="h_w", span=(1, 84),
        role="lever", source="labour-law",
    )
    away_share: float = param(
        0.08, "share of those hours in which somebody is away: leave, illness, training", unit="1", symbol="a_w",
        span=(0, 0.9), role="uncertain", source="assumption-leave",
    )


class Supervisors(Staff):
    """Supervisors who patrol beats of cells, verify reports and check handled cases."""

    count: int = param(
        0, "people employed; 0: nobody patrols", unit="people", symbol="n_s", span=(0, 100_000), role="lever",
        source="definition",
    )
    hours: Hours = param(
        "07:00-19:00 daily", "hours in which a post is staffed", unit="hours of duty", symbol="-", span=None,
        role="lever", source="chengdu-hours",
    )
    working_grids_count: int = param(
        0, "working grids (工作网格) that the cells are cut into, whoever walks them; 0: one for every post",
        unit="grids", symbol="B", span=(0, 100_000), role="lever", source="assumption-working-grids",
    )
    working_grid_shape: Literal["strips", "blocks"] = param(
        "strips", "pieces of one walk through the district, row by row; or compact blocks of cells", unit="name",
        symbol="-", span=None, role="lever", source="assumption-working-grids",
    )
    errand_h_per_km: float = param(
        0.0, "time of the way to an errand, from where the walk stands, and back; 0: the way is in t_v and t_k",
        unit="h/km", symbol="w_e", span=(0, 10), role="uncertain", source="assumption-errand-way",
    )
    shift_h: float = param(
        6.0, "hours after which the next person of a post takes over", unit="h", symbol="h_s", span=(1, 24),
        role="lever", source="assumption-shifts",
    )
    patrol_speed_m_per_h: float = param(
        10_000.0, "speed of the patrol", unit="m/h", symbol="v_p", span=(100, 60_000), role="lever",
        source="starting-values",
    )
    sight_m: float = param(
        20.0, "width that a patrol sees", unit="m", symbol="w", span=(1, 500),
        role="uncertain", source="starting-values",
    )
    cell_overhead_h: float = param(
        0.02, "fixed time per cell and pass", unit="h", symbol="o_c", span=(0, 10), role="uncertain",
        source="starting-values",
    )
    task_per_day: float = param(
        0.0, "finds that are expected of a post in a day (任务数): short of it, small ones are taken up too",
        unit="finds/day", symbol="n_q", span=(0, 1000), role="lever", source="assumption-task",
    )
    on_the_spot_h: float = param(
        0.15, "time to solve a find on the spot", unit="h", symbol="t_o", span=(0, 24), role="uncertain",
        source="assumption-supervisor-tasks",
    )
    report_h: float = param(
        0.05, "time to photograph and send a find", unit="h", symbol="t_r", span=(0, 24), role="uncertain",
        source="assumption-supervisor-tasks",
    )
    verify_h: float = param(
        0.4, "time to verify a resident's report (核实); with the way to it, unless w_e counts that", unit="h",
        symbol="t_v", span=(0, 24), role="uncertain", source="starting-values",
    )
    place_precision_m: float = param(
        10.0, "how precisely a supervisor tells the place of what was seen on site (handset: position and photo)",
        unit="m", symbol="r_h", span=(0, 5000), role="lever", source="assumption-handset",
    )
    component_precision_m: float = param(
        2.0, "the same for a component: it bears a code that leads to it", unit="m", symbol="r_c", span=(0, 5000),
        role="lever", source="assumption-handset",
    )
    check_h: float = param(
        0.25, "time to check a handled case (核查); with the way to it, unless w_e counts that", unit="h", symbol="t_k",
        span=(0, 24), role="uncertain", source="starting-values",
    )


class SupervisionCentre(Staff):
    """The supervision centre (监督中心): takes reports, files, orders checks, closes, scores."""

    operators_count: int = param(
        0, "operators on duty together, without relief; 0: there is no centre, and cases go to their unit by hand",
        unit="people", symbol="n_o", span=(0, 10_000), role="lever", source="definition",
    )
    hours: Hours = param(
        "00:00-24:00 daily", "when operators are on duty", unit="hours of duty", symbol="-", span=None, role="lever",
        source="assumption-centres",
    )
    intake_h: float = param(
        0.05, "operator's time to take a report", unit="h", symbol="t_i", span=(0, 100), role="uncertain",
        source="assumption-centres",
    )
    filing_h: float = param(
        0.1, "operator's time to file a case (立案)", unit="h", symbol="t_f", span=(0, 100), role="uncertain",
        source="starting-values",
    )
    closing_h: float = param(
        0.05, "operator's time to close a case (结案)", unit="h", symbol="t_c", span=(0, 100), role="uncertain",
        source="assumption-centres",
    )
    reject_prob: float = param(
        0.07, "chance that a resident's report is rejected as not the city's business", unit="1", symbol="p_r",
        span=(0, 1), role="uncertain", source="starting-values",
    )
    check_fail_prob: float = param(
        0.02, "chance that handled work fails the check (返工)", unit="1", symbol="p_k", span=(0, 0.95),
        role="uncertain", source="bulletins-rework",
    )


class CommandCentre(Staff):
    """The command centre (指挥中心): dispatches cases to units."""

    operators_count: int = param(
        0, "operators on duty together, without relief; 0: there is no centre, and cases go to their unit by hand",
        unit="people", symbol="n_d", span=(0, 10_000), role="lever", source="definition",
    )
    hours: Hours = param(
        "00:00-24:00 daily", "when operators are on duty", unit="hours of duty", symbol="-", span=None, role="lever",
        source="assumption-centres",
    )
    dispatch_h: float = param(
        0.15, "operator's time to dispatch a case (派遣)", unit="h", symbol="t_d", span=(0, 100), role="uncertain",
        source="starting-values",
    )
    forward_h: float = param(
        0.0, "until a dispatched case reaches its unit, on the centre's hours (paper takes days)", unit="h",
        symbol="d_f", span=(0, 1000), role="lever", source="assumption-centres",
    )
    misdispatch_prob: float = param(
        0.03, "chance that a case goes to the wrong unit and comes back (回退)", unit="1", symbol="p_m", span=(0, 0.95),
        role="uncertain", source="starting-values",
    )
    boundary_dispute_prob: float = param(
        0.2, "chance that a case near a border is disputed between neighbours and comes back", unit="1",
        symbol="p_b", span=(0, 0.95), role="uncertain", source="assumption-boundary",
    )
    return_delay_h: float = param(
        2.0, "until a wrongly sent case is back, in office hours", unit="h", symbol="d_m", span=(0, 1000),
        role="uncertain", source="assumption-returns",
    )
    extension_prob: float = param(
        0.05, "chance that an extension (延期) is granted to a crew that sees it will be late", unit="1",
        symbol="p_e", span=(0, 1), role="lever", source="bulletins-extensions",
    )


class Escalation(Section):
    """The ladder on which a case climbs: limits and attempts at each level."""

    grid_limit_h: float = param(
        48.0, "longest wait for a start in the grid", unit="h", symbol="L_1", span=(0.1, 1e5), role="lever",
        source="assumption-ladder",
    )
    community_limit_h: float = param(
        120.0, "longest wait for a start in the community", unit="h", symbol="L_2", span=(0.1, 1e5), role="lever",
        source="assumption-ladder",
    )
    subdistrict_limit_h: float = param(
        240.0, "longest wait for a start in the subdistrict", unit="h", symbol="L_3", span=(0.1, 1e5), role="lever",
        source="assumption-ladder",
    )
    attempts_max: int = param(
        2, "attempts at one level before the case climbs", unit="attempts", symbol="n_a", span=(1, 100),
        role="lever", source="assumption-ladder",
    )
    retry_after_h: float = param(
        72.0, "pause before another attempt", unit="h", symbol="d_a", span=(0.5, 1e5), role="lever",
        source="assumption-ladder",
    )
    step_up_h: float = param(
        2.0, "to hand a case one level up, in office hours", unit="h", symbol="d_u", span=(0, 1e4),
        role="uncertain", source="assumption-ladder",
    )


class Unit(Staff):
    """Whoever can be sent a case: a grid's post, a property company, an office, a department's crews."""

    level: Level = param(
        "district", "the level it serves; there is one such unit in every area of that level", unit="name",
        symbol="ℓ", span=None, role="lever", source="escalation-ladder",
    )
    people: int = param(
        ..., "crews or people on duty side by side, without relief", unit="people", symbol="n_u",
        span=(0, 100_000), role="lever", source="assumption-crews",
    )
    people_basis: Literal["per_area", "total"] = param(
        "per_area", "in each area of the level, or in all of them together", unit="name", symbol="-", span=None,
        role="lever", source="definition",
    )
    hours: Hours = param(
        OFFICE_HOURS, "when they work", unit="hours of duty", symbol="-", span=None, role="lever",
        source="assumption-crews",
    )
    casework_share: float = param(
        1.0, "share of those hours that goes to cases", unit="1", symbol="s_w", span=(0.001, 1), role="lever",
        source="assumption-crews",
    )
    categories: tuple[str, ...] = param(
        ..., "categories it is competent for", unit="names", symbol="C_u", span=None, role="lever",
        source="assumption-competence",
    )
    max_severity: Severity = param(
        "major", "the most severe case it may take", unit="name", symbol="k_u", span=None, role="lever",
        source="escalation-ladder",
    )
    queue_rule: str = param(
        "earliest_deadline", "who is served next", unit="name", symbol="-", span=None, role="lever",
        source="starting-values",
    )
    mobilise_h: float = param(
        0.1, "fixed time to set out", unit="h", symbol="t_m", span=(0, 100), role="uncertain",
        source="assumption-travel",
    )
    travel_speed_m_per_h: float = param(
        15_000.0, "speed from the middle of the unit's area to the site", unit="m/h", symbol="v_u",
        span=(100, 120_000), role="uncertain", source="assumption-travel",
    )
    search_share: float = param(
        0.5, "share of the ground where a place may be that is searched for it; 0: it is known to them", unit="1",
        symbol="s_s", span=(0, 1), role="uncertain", source="assumption-search",
    )
    settle_prob: float = param(
        1.0, "chance that an attempt succeeds (in the grid: where the worker knows everybody)", unit="1",
        symbol="p_w", span=(0, 1), role="uncertain", source="assumption-settling",
    )
    rounds_households_per_h: float = param(
        0.0, "households visited in an hour of rounds; 0: no rounds", unit="households/h", symbol="v_r",
        span=(0, 1000), role="lever", source="assumption-rounds",
    )
    rounds_share: float = param(
        0.0, "share of the hours that goes to household rounds", unit="1", symbol="s_r", span=(0, 1), role="lever",
        source="assumption-rounds",
    )
    rounds_visits_per_year: float = param(
        0.0, "visits a year that keeping the information base asks for at each household; hours of rounds that this"
        " leaves over go to cases; 0: rounds take all their hours", unit="1/year", symbol="n_v", span=(0, 366),
        role="lever", source="assumption-information-base",
    )
    wage_yuan_per_month: float = param(
        3000.0, "cost of one person", unit="yuan/month", symbol="w_u", span=(0, 1e6), role="uncertain",
        source="assumption-costs",
    )
