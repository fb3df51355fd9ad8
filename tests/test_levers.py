"""Curves of levers: how they go, that every one can be run, and that the page tells all of them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from calling import called

from calibration.levers import SHOWN, Way, curves, slug, way_of
from experiments.studies.ensembles import ensemble_names
from scenarios.loading import load
from sim.indicators import INDICATORS

PAGE = Path(__file__).resolve().parent.parent / "docs" / "levers.md"


@pytest.mark.parametrize(("means", "way"), [
    ([100.0, 90.0, 50.0], Way.FALLS),
    ([50.0, 90.0, 91.0], Way.RISES),
    ([100.0, 101.0, 99.0], Way.LEVEL),
    ([100.0, 50.0, 98.0], Way.TURNS),
    ([100.0, 140.0, 120.0], Way.TURNS),
    ([100.0, 50.0, 52.0], Way.FALLS),
    ([0.0, 5.0], Way.RISES),
])  # fmt: skip
def test_how_a_curve_goes_is_told_from_its_means(means, way):
    values = np.array(means) + np.array([[-1.0], [1.0]]) * 0.1
    assert way_of(values) is way


@pytest.mark.parametrize("curve", curves(), ids=slug)
def test_every_point_of_every_curve_can_be_run(curve):
    for point in curve.points:
        load(curve.base, {**curve.set, **point.set})
    assert set(curve.expected) <= set(SHOWN) <= set(INDICATORS)
    assert not curve.ensemble or curve.ensemble in ensemble_names()


def test_the_page_tells_every_curve_and_every_expectation_that_did_not_come_out():
    text = PAGE.read_text(encoding="utf-8")
    for curve in curves():
        assert f'<a id="{slug(curve)}"></a>{curve.name}' in text
        assert (PAGE.parent / "pictures" / "levers" / f"{slug(curve)}.png").is_file()


def test_a_curve_is_run_and_the_page_written(tmp_path):
    page = tmp_path / "levers.md"
    done = called(tmp_path, "levers", "--only", "Nanhu: posts", "--page", str(page), "--workers", "2", "--json")
    (told,) = json.loads(done.stdout)["curves"]
    assert told["came_out"] == {"problem_hours": True, "remedied_count": True, "unseen_share": True,
                                "cost_yuan_per_year": True}  # fmt: skip
    hours = [point["problem_hours"] for point in told["points"]]
    assert hours == sorted(hours, reverse=True)
    assert "| 30 | 30 |" in page.read_text()


def test_a_curve_that_is_not_there_is_refused(tmp_path):
    done = called(tmp_path, "levers", "--only", "Shanghai", "--page", str(tmp_path / "p.md"))
    assert (done.returncode, done.stderr) == (
        2,
        "--only: no curve is called like 'Shanghai'; calibration/levers.toml has them\n",
    )
