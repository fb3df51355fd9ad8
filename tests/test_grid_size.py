"""Grids and posts are two levers: posts that are given in total serve as many grids as there are, and lose nobody."""

from __future__ import annotations

import pytest

from scenarios.loading import load
from sim.agents.grid_teams import GridPost
from sim.incidents import Level
from sim.model import GovernanceModel

POSTS = {f"units.grid_{role}.people_basis": "total" for role in ("manager", "assistant", "overseer")}
POSTS |= {f"units.grid_{role}.people": 8 for role in ("manager", "assistant", "overseer")}


def model_of(grids: int, **changes: object) -> GovernanceModel:
    size = {"territory.households_per_social_grid": 3000.0 / grids, "period.days": 28}
    return GovernanceModel(load("junmen_2012", POSTS | size | changes), 1)


@pytest.mark.parametrize("grids", [1, 2, 4, 8, 12, 16, 30])
def test_posts_stay_what_they_are_whatever_the_number_of_grids(grids):
    model = model_of(grids)
    posts = [unit for unit in model.units if isinstance(unit, GridPost)]
    assert model.territory.social.count == grids
    assert sum(post.people for post in posts) == 24
    for role in ("grid_manager", "grid_assistant", "grid_overseer"):
        served = sorted(grid for post in posts if post.name == role for grid in post.areas)
        assert served == list(range(grids)), "every grid has its post, and no grid has two of one role"
        assert sum(post.households for post in posts if post.name == role) == 3000
    assert sorted(model.grid_teams) == list(range(grids))


def test_a_post_with_several_grids_works_from_their_middle_and_makes_one_round_of_them():
    model = model_of(16)
    post = next(unit for unit in model.units if isinstance(unit, GridPost))
    assert post.areas == (0, 1)
    ground = model.territory
    inside = [site for site in range(len(ground.site_x_m)) if ground.social.grid_of[site] in post.areas]
    assert (post.base_x_m, post.base_y_m) == pytest.approx(
        (ground.site_x_m[inside].mean(), ground.site_y_m[inside].mean())
    )
    assert model.area_of(inside[0], Level.GRID) in post.areas
    assert post._before == {0: 0.0, 1: model.households_in(0)}


@pytest.mark.parametrize(("whole_grid_share", "knowledge"), [
    pytest.param(0.0, 1 / (1 + 3000 / 8 / 1440), id="each of eight knows an eighth"),
    pytest.param(1.0, 1 / (1 + 3000 / 1440), id="each must know all"),
    pytest.param(0.5, 1 / (1 + 3000 / 8**0.5 / 1440), id="half-way"),
])  # fmt: skip
def test_what_pooling_costs_in_knowledge_is_one_parameter(whole_grid_share, knowledge):
    model = model_of(
        1, **{"local_knowledge.whole_grid_share": whole_grid_share, "local_knowledge.half_households": 1440.0}
    )
    found = [post.knowledge for post in model.units if isinstance(post, GridPost)]
    assert found == pytest.approx([knowledge] * 3)


def test_whether_a_grid_is_answered_for_matters_only_where_people_share_one():
    alone = [model_of(8, **{"local_knowledge.whole_grid_share": share}) for share in (0.0, 1.0)]
    for model in alone:
        model.run_for(28 * 24)
    first, second = ([each.found_h for each in model.log.incidents] for model in alone)
    assert first == second
