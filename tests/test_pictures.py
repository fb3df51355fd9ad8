"""Pictures: what they count, and that every one is drawn, of little as of much."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from experiments.showing.run_maps import borders, territory_map
from experiments.showing.run_pictures import (
    daily_filed_and_backlog,
    draw_all,
    funnel,
    hours_by_class,
    hours_to_close,
    iceberg,
)
from experiments.words.numbers import hours_in_words
from experiments.words.runs import percent
from scenarios.loading import load
from sim.run import simulate


@pytest.fixture(scope="module")
def outcome():
    return simulate(load("junmen_2012", {"period.days": 60}), 1)


def cases(*rows: tuple[str, float, float, float]) -> pd.DataFrame:
    """Cases by stage, and the hours at which each was found, filed and closed."""
    table = pd.DataFrame(rows, columns=["stage", "found_h", "filed_h", "closed_h"])
    return table.assign(category="street_order", site=range(len(rows)), x_m=1.0, y_m=1.0)


NAN = np.nan
ALL = cases(
    ("closed", 1, 2, 5),
    ("handling", 1, 2, NAN),
    ("solved_on_the_spot", 1, NAN, 1),
    ("solved_in_grid", 1, NAN, 4),
    ("rejected", 1, NAN, NAN),
    ("vanished", NAN, NAN, NAN),
    ("occurred", NAN, NAN, NAN),
)


def test_the_iceberg_counts_each_case_where_it_belongs():
    counts = {name: [segment.incidents for segment in segments] for name, segments in iceberg(ALL).items()}
    assert counts == {
        "Closed": [1],
        "Filed": [1, 1],
        "Found": [2, 1, 1, 1],
        "Never found": [1, 1],
        "Occurred": [5, 2],
    }


def test_the_parts_of_the_iceberg_add_up(outcome):
    rows = {name: sum(segment.incidents for segment in segments) for name, segments in iceberg(outcome.cases).items()}
    assert rows["Occurred"] == len(outcome.cases) == rows["Found"] + rows["Never found"]
    assert rows["Found"] == outcome.indicators["found_count"]
    assert rows["Filed"] == outcome.indicators["filed_count"]
    assert rows["Closed"] == outcome.indicators["closed_count"]


def test_hours_leave_out_classes_with_too_few_cases():
    many = pd.concat([cases(*[("closed", 1, 2, 2 + k)] * 5) for k in (1, 3)]).assign(category="a")
    few = cases(*[("closed", 1, 2, 5)] * 4).assign(category="b")
    hours = hours_by_class(pd.concat([many, few]))
    assert hours.groupby("category")["hours"].median().to_dict() == {"a": 2.0}


@pytest.mark.parametrize(
    ("count", "total", "words"),
    [(1, 4, "25.0 %"), (1, 10_000, "under 0.1 %"), (0, 10, "0.0 %"), (0, 0, "0.0 %")],
)
def test_a_small_share_is_not_rounded_to_nothing(count, total, words):
    assert percent(count, total) == words


@pytest.mark.parametrize(("hours", "words"), [(0.5, "30 min"), (6.5, "6.5 h"), (117.0, "4.9 days")])
def test_hours_are_said_as_people_say_them(hours, words):
    assert hours_in_words(hours) == words


def test_every_picture_is_drawn(outcome, tmp_path):
    paths = draw_all(outcome, load("junmen_2012"), tmp_path)
    assert [path.stem for path in paths] == ["funnel", "daily_filed_and_backlog", "hours_to_close", "territory_map"]
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in paths)


def test_pictures_can_be_drawn_of_next_to_nothing(outcome):
    none = outcome.cases.iloc[:0]
    assert funnel(none, "run")
    assert hours_to_close(none, "run")
    assert territory_map(none, outcome.territory, {}, "run")
    assert daily_filed_and_backlog(outcome.daily.iloc[:1], "run")


def test_borders_of_social_grids_lie_inside_the_ground(outcome):
    lines = np.array(borders(outcome.territory, outcome.territory.social))
    assert len(lines) > 8
    assert lines.min() >= 0.0
    assert (lines[..., 0] <= outcome.territory.width_m).all()
    assert (lines[..., 1] <= outcome.territory.height_m).all()


def test_borders_reach_the_frame_where_a_site_stands_on_it():
    ground = simulate(load("nanhu", {"period.days": 1}), 1).territory
    ends = np.round(np.array(borders(ground, ground.social)).reshape(-1, 2), 6)
    points, counts = np.unique(ends, axis=0, return_counts=True)
    loose = points[counts == 1]
    size = np.array([ground.width_m, ground.height_m])
    assert (np.isclose(loose, 0.0, atol=1e-3) | np.isclose(loose, size, atol=1e-3)).any(axis=1).all()
