"""Duties that compete: visits for the information base take grid staff's time, and finds come from the same visits (Eq. 37)."""

from __future__ import annotations

import pytest

from scenarios.hours import hours_per_week
from scenarios.loading import load
from sim.agents.grid_teams import WEEKS_IN_A_YEAR, GridPost
from sim.model import GovernanceModel

VISITS = "units.grid_assistant.rounds_visits_per_year"


def posts(**changes: object) -> list[GridPost]:
    model = GovernanceModel(load("junmen_2012", {"period.days": 1} | changes), 1)
    return [unit for unit in model.units if unit.name == "grid_assistant"]


def test_hours_of_visits_are_worked_by_hand_and_what_is_left_over_goes_to_cases():
    for post in posts(**{VISITS: 4.0}):
        hours = hours_per_week(post.data.hours) * WEEKS_IN_A_YEAR
        share = 4.0 * post.households / 4.0 / hours
        assert post.visits_per_h == pytest.approx(4.0 * share)
        assert post.casework_share == pytest.approx(0.35 + 0.25 - share)
        assert share < 0.25


def test_more_visits_than_the_hours_allow_take_the_hours_that_were_set_apart():
    for few, many in zip(posts(**{VISITS: 0.0}), posts(**{VISITS: 300.0}), strict=True):
        assert few.visits_per_h == many.visits_per_h == 4.0 * 0.25
        assert few.casework_share == many.casework_share == 0.35


def test_more_people_make_no_more_visits_than_are_asked_for():
    one, two = (posts(**{VISITS: 4.0, "units.grid_assistant.people": people}) for people in (1, 2))
    for single, pair in zip(one, two, strict=True):
        assert single.visits_per_h == pytest.approx(pair.visits_per_h)
        assert pair.casework_share > single.casework_share
