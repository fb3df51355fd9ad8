"""Pictures: what they count, and that every one is drawn, of little as of much."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.transforms import Bbox

from experiments.showing.run_maps import borders, frame_of, territory_map
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
from sim.territory import Territory


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


def test_borders_of_social_grids_lie_inside_the_frame(outcome):
    lines, frame = borders_of(outcome.territory)
    assert len(lines) > 8
    assert (lines >= frame.min - 1e-6).all()
    assert (lines <= frame.max + 1e-6).all()


def borders_of(ground: Territory) -> tuple[np.ndarray, Bbox]:
    """Lines between social grids (lines, 2 ends, 2), and the frame that they lie in."""
    return np.array(borders(ground, ground.social)), frame_of(ground, ground.social)


def test_borders_have_no_loose_end_but_at_the_frame():
    lines, frame = borders_of(simulate(load("nanhu", {"period.days": 1}), 1).territory)
    points, counts = np.unique(np.round(lines.reshape(-1, 2), 6), axis=0, return_counts=True)
    loose = points[counts == 1]
    assert (np.isclose(loose, frame.min, atol=1e-3) | np.isclose(loose, frame.max, atol=1e-3)).any(axis=1).all()


@pytest.fixture
def lattice(tmp_path):
    """Four buildings in each of three rows, the outermost of them on the rim of the ground; a row is a grid."""
    sites = [f"{4 * row + column},{80 * column},{60 * row},60,170,building,{row}"
             for row in range(3) for column in range(4)]  # fmt: skip
    heads = "site,x_m,y_m,households,residents,kind,grid"
    (tmp_path / "list.csv").write_text("\n".join([heads, *sites]))
    lines = (Path(__file__).parent / "site_files" / "here.toml").read_text(encoding="utf-8").splitlines()
    text = "\n".join(line for line in lines if not line.startswith("sites_crs"))
    (tmp_path / "lattice.toml").write_text(text.replace("degrees_wgs84.csv", "list.csv"))
    return simulate(load(tmp_path / "lattice.toml", {"period.days": 20}), 1)


def test_borders_between_rows_of_buildings_go_from_one_side_of_the_frame_to_the_other(lattice):
    lines, frame = borders_of(lattice.territory)
    assert frame.width == pytest.approx(240 * 1.12)
    for height_m in (30.0, 90.0):
        row = lines[np.isclose(lines[..., 1], height_m).all(axis=1)][..., 0]
        assert np.abs(row[:, 0] - row[:, 1]).sum() == pytest.approx(frame.width)


def test_every_building_has_a_dot_and_no_name_stands_on_the_bubble_of_its_own(lattice):
    ground = lattice.territory
    names = [f"building {site}" for site in range(12)]
    figure = territory_map(lattice.cases, ground, {"services": "social"}, "run", names)
    figure.draw_without_rendering()
    for ax in figure.axes:
        small, bubbles = ax.collections[1], ax.collections[2]
        assert len(small.get_offsets()) == 12
        texts = {text.get_text(): text.get_window_extent() for text in ax.texts if text.get_text() in names}
        assert set(texts) == set(names)
        for place, area in zip(bubbles.get_offsets(), bubbles.get_sizes(), strict=True):
            site = int(np.argmin(np.hypot(*(ground.site_at - place).T)))
            middle, radius = ax.transData.transform(place), np.sqrt(area) / 2 * figure.dpi / 72
            box = texts[names[site]]
            assert box.y1 <= middle[1] - radius or box.y0 >= middle[1] + radius
