"""Whole scenarios drawn by chance run to their end, and lose, double or overwork nothing on the way."""

from __future__ import annotations

import itertools
import os

import numpy as np
import pytest
from auditing import audited_run
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from worlds import BASES, worlds

from sim.incidents import Stage
from sim.indicators import INDICATORS, handling_h

HEAVY = os.environ.get("VERIFY") == "heavy"
EXAMPLES = (5000 if HEAVY else 120) // len(BASES)
PHASES = (Phase.explicit, Phase.generate)
"""A failing world is printed as it was drawn: to make it smaller takes longer than to read it."""
ORDER = ("occurred_h", "found_h", "filed_h", "handled_h", "closed_h")


@pytest.mark.parametrize("base", BASES)
def test_any_world_conserves_its_incidents(base):
    """Stages, order of times, people, desks, and counts that add up; in hundreds of worlds drawn by chance."""

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=not HEAVY,
        suppress_health_check=list(HealthCheck),
        phases=PHASES,
    )
    @given(worlds(base), st.integers(0, 2**32))
    def check(world, seed):
        outcome, model, _ = audited_run(world.scenario(), seed)
        times_are_in_order(outcome.cases)
        counts_add_up(outcome)
        assert all(0.0 <= resident.trust <= 1.0 for resident in model.neighbourhood.met.values())

    check()


def times_are_in_order(cases):
    for earlier, later in itertools.pairwise(ORDER):
        both = cases[[earlier, later]].dropna()
        assert (both[earlier] <= both[later]).all(), f"{earlier} after {later}"
    dispatched = cases.dropna(subset=["dispatched_h"])
    assert (dispatched.found_h <= dispatched.dispatched_h).all()
    handled = dispatched.dropna(subset=["handled_h"])
    assert (handled.dispatched_h <= handled.handled_h).all()
    assert (cases.found_h.notna() == cases.found_by.notna()).all()


def counts_add_up(outcome):
    value, cases = outcome.indicators, outcome.cases
    ends = cases.stage.astype(str).value_counts()
    solved = sum(ends.get(stage, 0) for stage in ("closed", "solved_on_the_spot", "solved_in_grid"))
    seen_and_gone = int((cases.found_h.notna() & (cases.stage == "vanished")).sum())
    assert (
        value["occurred_count"] + value["came_back_count"]
        == len(cases)
        == sum(ends.get(stage.label, 0) for stage in Stage)
    )
    assert value["solved_count"] == solved
    assert value["found_count"] == solved + ends.get("rejected", 0) + seen_and_gone + value["backlog_count"]
    for column, count in (("occurred", "occurred_count"), ("found", "found_count"), ("filed", "filed_count")):
        assert outcome.daily[column].sum() == value[count]
    assert outcome.daily.backlog.iloc[-1] == value["backlog_count"]
    assert value["on_time_share_of_filed"] <= value["closing_share_of_filed"] or np.isnan(
        value["closing_share_of_filed"]
    )
    handled_h = handling_h(outcome.record)
    assert len(handled_h) == value["closed_count"]
    assert (handled_h >= 0.0).all()
    assert (handled_h <= outcome.record.filed_to_closed_h).all()
    for name, indicator in INDICATORS.items():
        if indicator.unit == "share":
            assert np.isnan(value[name]) or -1e-9 <= value[name] <= 1.0 + 1e-9, name
