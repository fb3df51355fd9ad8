"""What must follow when the world is changed in a way whose effect is known, though no single value is."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
import pandas as pd
import pytest

import sim.city
from scenarios.loading import Scenario, load
from scenarios.people import Channel
from sim.run import simulate
from sim.territory import Partition, Territory

WHEN = ["occurred_h", "found_h", "filed_h", "due_h", "dispatched_h", "handled_h", "closed_h"]


def every(scenario: str, kind: str, **values: object) -> dict[str, object]:
    """Overrides that give each category, or each unit, of a scenario the same values."""
    named = getattr(load(scenario).parameters, kind)
    return {f"{kind}.{name}.{knob}": value for name in named for knob, value in values.items()}


# Residents alone report, and nothing that crews do comes back to them: what is filed does not depend on the crews.
REPORTED = {
    "period.days": 30, "supervisors.count": 0, "rules.reporting": "steady", "rules.dispatch": "first_listed", "demand.scale": 1.2,
    "supervision_centre.check_fail_prob": 0.0, "supervision_centre.closing_h": 0.0, "command_centre.extension_prob": 0.0,
    **every("changning_2005q4", "categories", gone_per_day=0.0, worsens_per_day=0.0, salience_prob=0.5),
    **every("changning_2005q4", "units", queue_rule="first_come"),
}  # fmt: skip


def test_more_crews_never_make_anybody_wait_longer():
    handled = [
        simulate(load("changning_2005q4", REPORTED | {"units.street_crews.people": people}), seed=8).cases
        for people in (2, 3, 5, 9)
    ]
    waits = []
    for cases in handled:
        street = cases[(cases.category == "street_order") & cases.filed_h.notna()]
        assert len(street) > 500
        waits.append(np.where(street.handled_h.isna(), 30 * 24.0, street.handled_h) - street.filed_h.to_numpy())
    for fewer, more in itertools.pairwise(waits):
        assert (more <= fewer + 1e-9).all()
        assert more.mean() < fewer.mean()


@pytest.mark.parametrize("hours", [2.0, 10.0, 200.0])
def test_a_longer_deadline_never_makes_a_case_late(hours):
    """First come, first served, without extensions: the deadline is looked at by nobody but the statistics."""
    fixed = {"period.days": 15, "command_centre.extension_prob": 0.0}
    fixed |= every("changning_2005q4", "units", queue_rule="first_come")
    short = simulate(load("changning_2005q4", fixed | every("changning_2005q4", "categories", deadline_h=1.0)), seed=5)
    longer = simulate(
        load("changning_2005q4", fixed | every("changning_2005q4", "categories", deadline_h=hours)), seed=5
    )
    met, met_longer = (outcome.cases.handled_h <= outcome.cases.due_h for outcome in (short, longer))
    assert met.sum() > 100
    assert not (met & ~met_longer).any()
    assert longer.indicators["on_time_share_of_filed"] > short.indicators["on_time_share_of_filed"]


@pytest.mark.parametrize(("scenario", "kind", "fixed"), [
    pytest.param("junmen_2012", "social", {"period.days": 90}, id="social grids and their teams"),
    pytest.param("changning_2005q4", "cells", REPORTED | {"period.days": 10}, id="cells that nobody patrols"),
])  # fmt: skip
def test_grids_may_bear_other_numbers(scenario, kind, fixed, monkeypatch):
    loaded = load(scenario, fixed)
    before = simulate(loaded, seed=4, engine="mesa").cases
    build, order = sim.city.build_territory, {}

    def renumbered(*args) -> Territory:
        ground = build(*args)
        partition = getattr(ground, kind)
        order["new"] = np.random.Generator(np.random.PCG64(1)).permutation(partition.count)
        return dataclasses.replace(ground, **{kind: _permuted(partition, order["new"])})

    monkeypatch.setattr(sim.city, "build_territory", renumbered)
    after = simulate(loaded, seed=4, engine="mesa").cases
    assert (before.grid.map(lambda grid: order["new"][grid]) == after.grid).all()
    assert not (before.grid == after.grid).all()
    pd.testing.assert_frame_equal(before.drop(columns="grid"), after.drop(columns="grid"), check_exact=True)


def _permuted(partition: Partition, new: np.ndarray) -> Partition:
    old = np.argsort(new)
    per_grid = ("area_m2", "households", "community")
    return dataclasses.replace(
        partition,
        of_site=new[partition.of_site],
        touching=frozenset(tuple(sorted((int(new[a]), int(new[b])))) for a, b in partition.touching),
        **{name: getattr(partition, name)[old] for name in per_grid},
    )


def test_units_may_bear_other_names(junmen):
    renamed = {f"office {i}": unit for i, unit in enumerate(junmen.parameters.units.values())}
    other = _with(junmen, units=renamed)
    pd.testing.assert_frame_equal(simulate(junmen, 4).cases, simulate(other, 4).cases, check_exact=True)


def test_twice_the_ground_and_the_people_give_twice_the_counts():
    names = ("occurred_count", "found_count", "filed_count", "closed_count")
    ground = {
        "area_km2": 3.0, "sites_count": 480, "households": 18_000, "communities_count": 16, "subdistricts_count": 2,
        "clusters_count": 8,
    }  # fmt: skip
    crews = {name: unit.people for name, unit in load("changning_2005q4").parameters.units.items() if unit.people > 1}

    def counts(times: int) -> np.ndarray:
        changes: dict[str, object] = {f"territory.{name}": value * times for name, value in ground.items()}
        changes |= {f"units.{name}.people": people * times for name, people in crews.items()}
        changes |= {"supervisors.count": 25 * times, "period.days": 14}
        runs = [
            simulate(load("changning_2005q4", changes | {"territory.seed": seed}), seed).indicators for seed in range(6)
        ]
        return np.array([[run[name] for name in names] for run in runs])

    one, two = counts(1), counts(2)
    error = np.sqrt((4 * one.var(axis=0, ddof=1) + two.var(axis=0, ddof=1)) / len(one))
    assert one.mean(axis=0).min() > 100
    assert (abs(two.mean(axis=0) - 2 * one.mean(axis=0)) <= 4 * error + 0.02 * two.mean(axis=0)).all()


SMALL_ONES = {
    "period.days": 60,
    **every("junmen_2012", "categories", severity_shares=(1.0, 0.0, 0.0, 0.0), worsens_per_day=0.0),
    **every("junmen_2012", "units", settle_prob=1.0),
    **{f"escalation.{level}_limit_h": 1e5 for level in ("grid", "community", "subdistrict")},
    "local_knowledge.half_households": 1e7, "escalation.attempts_max": 100,
}  # fmt: skip
TEN_DAYS = {"period.days": 10}


@pytest.mark.parametrize(("scenario", "never_fires", "absent"), [
    pytest.param("junmen_2012", SMALL_ONES | {"rules.escalation": "ladder"}, SMALL_ONES | {"rules.escalation": "none"},
                 id="a ladder that nobody climbs"),
    pytest.param("changning_2005q4", TEN_DAYS | {"command_centre.boundary_dispute_prob": 0.0},
                 TEN_DAYS | {"territory.boundary_width_m": 0.0}, id="disputes that nobody has, and borders without width"),
    pytest.param("changning_learning", TEN_DAYS | {"learning.exponent": 0.0, "learning.scoring_target": 0.01},
                 TEN_DAYS | {"learning.exponent": 0.0, "learning.scoring_response": 0.0}, id="a target that is always met"),
    pytest.param("expo_2010", {"period.days": 25, "demand.surges.world_expo.factor": 1.0},
                 {"period.days": 25, "demand.surges.world_expo.categories": ["advertising"], "demand.surges.world_expo.factor": 1.0},
                 id="a surge that adds nothing"),
    pytest.param("changning_2005q4", TEN_DAYS | {"rules.reporting": "silent"},
                 TEN_DAYS | every("changning_2005q4", "categories", salience_prob=0.0) | {"party.attention": 0.0},
                 id="witnesses who keep silent, and things that nobody notices"),
    pytest.param("junmen_2012", {"period.days": 60, "party.weekly_h": 0.0},
                 {"period.days": 60, **every("junmen_2012", "categories", volunteer_prob=0.0)}, id="volunteers without an hour"),
])  # fmt: skip
def test_a_rule_that_never_fires_is_as_good_as_absent(scenario, never_fires, absent):
    if "rules.reporting" in never_fires:
        never_fires = never_fires | {"party.members_count": 0}
        absent = absent | {"party.members_count": 0}
    one, other = (simulate(load(scenario, changes), seed=6).cases for changes in (never_fires, absent))
    assert one.found_h.notna().sum() > 50
    pd.testing.assert_frame_equal(one, other, check_exact=True)
    assert not simulate(load(scenario, {"period.days": never_fires["period.days"]}), seed=6).cases.equals(one)


def test_a_channel_that_nobody_uses_is_as_good_as_absent(junmen):
    unused = Channel(share=0.0, hours="00:00-24:00 daily", delay_h=1.0)
    channels = {"pigeon post": unused, **junmen.parameters.residents.channels}
    other = _with(junmen, residents=junmen.parameters.residents.model_copy(update={"channels": channels}))
    pd.testing.assert_frame_equal(simulate(junmen, 4).cases, simulate(other, 4).cases, check_exact=True)


def test_what_is_filed_is_what_is_worked_on_whatever_the_queue():
    """A pool that serves by another rule works as many hours: only who waits changes, and so how many cases fit in."""
    outcomes = []
    for rule in ("first_come", "earliest_deadline", "most_severe"):
        changes = REPORTED | every("changning_2005q4", "units", queue_rule=rule) | {"units.street_crews.people": 4}
        outcomes.append(simulate(load("changning_2005q4", changes), seed=8))
    assert len({outcome.indicators["filed_count"] for outcome in outcomes}) == 1
    assert len({outcome.cases.handled_h.sum() for outcome in outcomes}) == 3
    busy_shares = [outcome.indicators["unit_utilisation"] for outcome in outcomes]
    # Where several work side by side, it depends on the order whether all of them have something to do to the last.
    assert max(busy_shares) - min(busy_shares) <= 0.005 * max(busy_shares)


def _with(scenario: Scenario, **sections: object) -> Scenario:
    return dataclasses.replace(scenario, parameters=scenario.parameters.model_copy(update=sections))
