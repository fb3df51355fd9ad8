"""A new system is slow at first (Eq. 33)."""

from __future__ import annotations

from math import exp

import pytest

from scenarios.loading import load
from sim.model import GovernanceModel
from sim.run import simulate

NEW = {"learning.start_up_slowness": 1.0, "learning.start_up_days": 7.0}


def test_slowness_fades_as_worked_by_hand():
    """x_0 = 1/2, T = 30 days, 30 days old: 1 + e^-1 / 2."""
    old = {"learning.start_up_slowness": 0.5, "learning.start_up_days": 30.0, "learning.running_days": 30.0}
    model = GovernanceModel(load("changning_2005q4", {"period.days": 2} | old), 1)
    assert model.slowness() == pytest.approx(1.0 + exp(-1.0) / 2.0)
    model.run_for(24)
    assert model.slowness() == pytest.approx(1.0 + exp(-31.0 / 30.0) / 2.0)


def test_few_are_on_time_at_first_and_as_many_as_otherwise_when_it_has_faded():
    just_enough = {"period.days": 56, "units.street_crews.people": 13, "units.street_crews.casework_share": 1.0}

    def on_time(**changes: object) -> list[float]:
        cases = simulate(load("changning_2005q4", just_enough | changes), 1).cases
        filed = cases[cases["filed_h"].notna()]
        weeks = [filed[(filed["filed_h"] // 168).astype(int) == week] for week in (1, 6)]
        return [float((week["handled_h"] <= week["due_h"]).mean()) for week in weeks]

    new, old = on_time(**NEW), on_time()
    assert new[0] < old[0] - 0.2
    assert new[1] == pytest.approx(old[1], abs=0.02)


def test_desks_are_slow_as_well_as_crews():
    quick, slow = (
        simulate(load("changning_2005q4", {"period.days": 7} | more), 1).record.operators_busy_h for more in ({}, NEW)
    )
    assert slow > 1.4 * quick


def test_a_system_that_has_run_for_years_is_as_one_that_never_was_new():
    first, other = (
        simulate(load("changning_2005q4", {"period.days": 7} | more), 1).indicators
        for more in ({}, NEW | {"learning.running_days": 7320.0})
    )
    assert first == pytest.approx(other, nan_ok=True)
