"""Names as they are shown: indicators, units, classes, levels, stages.

Layer: experiments.  What a scenario of one's own calls its units and classes is shown as it stands there.
"""

from __future__ import annotations

from experiments.words.numbers import shown_unit
from languages.speaking import ENGLISH, marked, say, spoken

COUNTED = ("incidents", "cases", "reports", "posts", "grids", "people")
"""Units that go without saying."""

INDICATOR_NAMES = {
    "problem_hours": "problem-hours",
    "problem_hours_weighted": "problem-hours, weighted",
    "problem_hours_per_incident": "hours that one stood",
    "occurred_count": "incidents that occurred",
    "found_count": "found by anybody",
    "unseen_share": "never found",
    "occurred_to_found_restricted_mean_h": "until found, a week at most",
    "known_share_of_standing": "known within a day",
    "remedied_count": "remedied",
    "remedied_share_of_occurred": "remedied, of all",
    "solved_share_of_raised": "solved, of those found",
    "in_grid_share_of_solved": "in the grid, of those solved",
    "backlog_count": "found and still open",
    "on_time_share_of_remedied": "remedied in time",
    "on_time_share_of_solved": "solved in time",
    "on_time_share_of_filed": "in time, of those filed",
    "found_to_closed_median_h": "found to the end, median",
    "filed_to_closed_mean_h": "filed to closed, mean",
    "cost_yuan_per_year": "cost a year",
    "cost_per_case_yuan": "cost for each solved",
    "busiest_unit_utilisation": "busiest unit's hours taken",
    "unit_utilisation": "units' hours taken",
    "gone_on_arrival_share": "gone on arrival",
    "filed_count": "filed",
    "closing_share_of_filed": "closed, of those filed",
    "found_to_closed_p90_h": "found to the end, nine in ten",
    "rework_share": "sent back by a check",
    "supervisor_utilisation": "supervisors' hours taken",
    "cost_yuan": "cost of the run",
}  # fmt: skip
"""What a first screen in English calls those that it shows."""
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
    """An indicator as a first screen calls it; in English, one that no first screen shows by its identifier.

    In another language an indicator has one name everywhere: that of its identifier.
    """
    return INDICATOR_NAMES.get(name, name) if spoken() == ENGLISH else say(name)


def unit_beside(unit: str) -> str:
    """The unit that stands beside an indicator of a first screen; none for things that its name says."""
    return "" if unit in COUNTED else shown_unit(unit.removesuffix("/year"))


def worded(name: str) -> str:
    """A unit, a class, a level or a stage as people say it."""
    return say(WORDS[name]) if name in WORDS else name.replace("_", " ")
