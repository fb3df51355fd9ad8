"""Names as they are shown: indicators, units, classes, levels, stages.

Layer: experiments.  What a scenario of one's own calls its units and classes is shown as it stands there.
"""

from __future__ import annotations

from experiments.words.numbers import shown_unit
from languages.speaking import marked, say

COUNTED = ("incidents", "cases", "reports", "posts", "grids", "people")
"""Units that go without saying."""

INDICATOR_NAMES = {
    "problem_hours": marked("problem-hours"),
    "problem_hours_weighted": marked("problem-hours, weighted"),
    "problem_hours_per_incident": marked("hours that one stood"),
    "occurred_count": marked("incidents that occurred"),
    "found_count": marked("found by anybody"),
    "unseen_share": marked("never found"),
    "occurred_to_found_restricted_mean_h": marked("until found, a week at most"),
    "known_share_of_standing": marked("known within a day"),
    "remedied_count": marked("remedied"),
    "remedied_share_of_occurred": marked("remedied, of all"),
    "solved_share_of_raised": marked("solved, of those found"),
    "in_grid_share_of_solved": marked("in the grid, of those solved"),
    "backlog_count": marked("found and still open"),
    "on_time_share_of_remedied": marked("remedied in time"),
    "on_time_share_of_solved": marked("solved in time"),
    "on_time_share_of_filed": marked("in time, of those filed"),
    "found_to_closed_median_h": marked("found to the end, median"),
    "filed_to_closed_mean_h": marked("filed to closed, mean"),
    "cost_yuan_per_year": marked("cost a year"),
    "cost_per_case_yuan": marked("cost for each solved"),
    "busiest_unit_utilisation": marked("busiest unit's hours taken"),
    "unit_utilisation": marked("units' hours taken"),
    "gone_on_arrival_share": marked("gone on arrival"),
    "filed_count": marked("filed"),
    "closing_share_of_filed": marked("closed, of those filed"),
    "found_to_closed_p90_h": marked("found to the end, nine in ten"),
    "rework_share": marked("sent back by a check"),
    "supervisor_utilisation": marked("supervisors' hours taken"),
    "cost_yuan": marked("cost of the run"),
}  # fmt: skip
"""Names of those that a first screen shows."""
WORDS = {
    "supervisors": marked("supervisors"), "operators": marked("operators"),
    "assistant": marked("assistants"), "community_office": marked("community office"),
    "district_departments": marked("district's departments"), "duty_crews": marked("duty crews"),
    "environment_crews": marked("environment crews"), "firefighter": marked("firefighters"),
    "grid_assistant": marked("grid assistants"), "grid_manager": marked("grid managers"),
    "grid_overseer": marked("grid overseers"), "judicial_worker": marked("judicial workers"),
    "manager": marked("managers"), "overseer": marked("overseers"), "party_secretary": marked("party secretaries"),
    "police_officer": marked("police officers"), "property_companies": marked("property companies"),
    "street_crews": marked("street crews"), "subdistrict_office": marked("subdistrict office"),
    "utilities_crews": marked("utilities crews"),
    "advertising": marked("advertising"), "city_appearance": marked("city appearance"),
    "construction": marked("construction"), "disputes": marked("disputes"), "emergency": marked("emergency"),
    "hazards": marked("hazards"), "landscaping": marked("landscaping"),
    "other_components": marked("other components"), "other_events": marked("other events"),
    "public_order": marked("public order"), "public_utilities": marked("public utilities"),
    "roads_and_traffic": marked("roads and traffic"), "services": marked("services"),
    "shared_facilities": marked("shared facilities"), "street_order": marked("street order"),
    "hotline": marked("hotline"), "online": marked("online"), "walk_in": marked("walk-in"),
    "occurred": marked("occurred"), "found": marked("found"), "verified": marked("verified"),
    "filed": marked("filed"), "dispatched": marked("dispatched"), "handling": marked("handling"),
    "handled": marked("handled"), "checked": marked("checked"), "closed": marked("closed"),
    "vanished": marked("went by itself"), "rejected": marked("rejected"),
    "solved_on_the_spot": marked("solved on the spot"), "solved_in_grid": marked("solved in the grid"),
    "supervisor": marked("supervisor"), "resident": marked("resident"), "party_member": marked("party member"),
    "grid_team": marked("grid team"), "grid": marked("grid"), "community": marked("community"),
    "subdistrict": marked("subdistrict"), "district": marked("district"), "minor": marked("minor"),
    "ordinary": marked("ordinary"), "prominent": marked("prominent"), "major": marked("major"),
}  # fmt: skip
"""What the library, and the model itself, call things."""


def indicator(name: str) -> str:
    """An indicator as a first screen calls it; one that no first screen shows by its identifier."""
    return say(INDICATOR_NAMES.get(name, name))


def unit_beside(unit: str) -> str:
    """The unit that stands beside an indicator of a first screen; none for things that its name says."""
    return "" if unit in COUNTED else shown_unit(unit.removesuffix("/year"))


def worded(name: str) -> str:
    """A unit, a class, a level or a stage as people say it."""
    return say(WORDS[name]) if name in WORDS else name.replace("_", " ")
