"""Party members notice what is near home, however they are organised; more of them are the same ones and some more."""

from __future__ import annotations

import numpy as np
import pytest

from scenarios.loading import load
from sim.agents.party import homes_of, members_near, organise
from sim.run import simulate
from sim.territory import build_territory


def ground():
    return build_territory(load("junmen_2012").parameters.territory, None)


@pytest.mark.parametrize("groups", [8, 30, 60])
def test_how_members_are_grouped_does_not_matter_to_what_they_notice(groups):
    changes = {"period.days": 60, "categories.services.volunteer_prob": 0.0}
    few, many = (
        simulate(load("junmen_2012", changes | {"party.groups_count": count}), 1).cases for count in (17, groups)
    )
    by_members = few["found_by"] == "party_member"
    assert by_members.sum() > 20
    assert np.array_equal(few["found_h"][by_members], many["found_h"][by_members])


def test_more_members_are_the_same_and_some_more():
    fewer, more = homes_of(ground(), 100), homes_of(ground(), 194)
    assert more[:100] == fewer


def test_near_is_within_sight_of_home():
    place, sight_m = ground(), 50.0
    homes = homes_of(place, 194)
    for site, near in enumerate(members_near(place, 194, sight_m)):
        distance = np.hypot(place.site_x_m[homes] - place.site_x_m[site], place.site_y_m[homes] - place.site_y_m[site])
        assert near.tolist() == np.flatnonzero(distance <= sight_m).tolist()


def test_a_member_belongs_to_the_group_of_the_home():
    found = organise(ground(), 194, 8, 17)
    assert all(found.group_of[site] == group for site, group in found.homes)
    assert sorted({n for kind, n in found.tree.nodes if kind == "member"}) == list(range(194))


@pytest.mark.parametrize("sight_m", [0.0, 50.0, 5000.0])
def test_the_share_that_is_noticed_is_what_the_equation_says(sight_m):
    """Of incidents that stay and that nobody else meets, 1 − (1 − α ρ)^near are noticed, site by site."""
    changes = {"party.sight_m": sight_m, "period.days": 184, "demand.scale": 12.0, "party.notice_delay_mean_h": 0.01}
    changes |= {f"units.grid_{role}.rounds_share": 0.0 for role in ("manager", "assistant", "overseer")}
    changes |= {f"residents.channels.{name}.share": 0.0 for name in load("junmen_2012").parameters.residents.channels}
    scenario = load("junmen_2012", changes)
    cases = simulate(scenario, 1).cases
    params = scenario.parameters
    near = np.array([len(members) for members in members_near(build_territory(params.territory, None), 194, sight_m)])
    salience = (
        cases["category"].map({name: data.salience_prob for name, data in params.categories.items()}).astype(float)
    )
    each = np.minimum(1.0, params.party.attention * salience)
    expected = 1.0 - (1.0 - each) ** near[cases["site"]]
    found = float((cases["found_by"] == "party_member").sum())
    spread = float(np.sqrt((expected * (1 - expected)).sum()))
    assert found == pytest.approx(float(expected.sum()), abs=4 * spread + 1)
