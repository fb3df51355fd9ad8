"""Whole numbers from ranges and distributions: whole, inside, and the ends as likely as the middle."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calibration.fitting.places import PlaceError, place_names, read_place
from experiments.studies.design import load_study
from experiments.studies.form import StudyError, Uncertain
from experiments.studies.reading import study_names
from experiments.studies.wholes import is_whole
from experiments.studies.worlds import changes_at
from scenarios.parameters import walk
from tests.test_parts_of_runs import OURS, place_with
from tests.test_studies import FACTORIAL, HEAD, LEVER, TAIL, study_at

PATH = "units.grid_assistant.people"


def drawn(distribution: str, count: int = 6000, like: object = 2, **numbers: float) -> list:
    """Values at evenly spread shares."""
    shares = (np.arange(count) + 0.5)[:, None] / count
    entry = Uncertain(path=PATH, distribution=distribution, why="x", **numbers)
    return [values[PATH] for values in changes_at([entry], shares, {PATH: like})]


def test_every_whole_number_of_a_range_is_equally_likely():
    assert Counter(drawn("uniform", low=1, high=3)) == {1: 2000, 2: 2000, 3: 2000}
    assert Counter(drawn("uniform", low=0.4, high=3.9)) == {1: 2000, 2: 2000, 3: 2000}
    assert Counter(drawn("uniform", low=-1, high=1)) == {-1: 2000, 0: 2000, 1: 2000}


def test_on_a_log_scale_a_whole_number_is_as_likely_as_what_is_nearest_to_it():
    counts = Counter(drawn("loguniform", 60_000, low=1, high=8))
    assert sorted(counts) == list(range(1, 9))
    for number, count in counts.items():
        assert count / 60_000 == pytest.approx(np.log((number + 0.5) / (number - 0.5)) / np.log(17), abs=2e-5)
    assert counts[2] / counts[4] == pytest.approx(2.0, rel=0.04)
    assert counts[4] / counts[8] == pytest.approx(2.0, rel=0.01)


def test_a_triangle_is_likeliest_at_its_mode_and_the_same_on_both_sides():
    counts = Counter(drawn("triangular", low=1, mode=3, high=5))
    assert counts[1] == counts[5] > 0
    assert counts[2] == counts[4]
    assert counts[1] < counts[2] < counts[3]
    # From 0.5 to 5.5 with the mode at 3: the first unit of the rising side holds (1/2.5)²/2 of all.
    assert counts[1] == pytest.approx(6000 * 0.08, abs=1)


def test_a_normal_keeps_its_shape_and_its_cut_ends_whole():
    counts = Counter(drawn("normal", mean=3.0, sd=1.0, low=2, high=4))
    assert sorted(counts) == [2, 3, 4]
    assert counts[2] == counts[4]
    assert counts[3] / counts[2] == pytest.approx(0.38292 / 0.24173, rel=0.005)
    assert np.median(drawn("normal", mean=40.0, sd=5.0)) == 40


def test_a_lognormal_is_rounded_to_the_nearest():
    values = drawn("lognormal", median=20.0, cv=0.5)
    assert all(type(value) is int for value in values)
    assert np.median(values) == 20


@pytest.mark.parametrize("share", [0.0, 1 / 3, 2 / 3, 1.0])
@pytest.mark.parametrize(("distribution", "numbers"), [
    ("uniform", {"low": 1, "high": 3}), ("loguniform", {"low": 1, "high": 3}),
    ("triangular", {"low": 1, "mode": 1, "high": 3}), ("normal", {"mean": 2.0, "sd": 9.0, "low": 1, "high": 3}),
])  # fmt: skip
def test_the_corners_of_a_morris_design_stay_inside(distribution, numbers, share):
    entry = Uncertain(path=PATH, distribution=distribution, why="x", **numbers)
    (values,) = changes_at([entry], np.array([[share]]), {PATH: 2})
    assert values[PATH] in (1, 2, 3)
    assert type(values[PATH]) is int


@settings(max_examples=200, deadline=None)
@given(low=st.floats(0.3, 50), width=st.floats(1.0, 40), share=st.floats(0, 1),
       distribution=st.sampled_from(["uniform", "loguniform", "normal", "triangular"]))  # fmt: skip
def test_whole_numbers_never_leave_their_range(low, width, share, distribution):
    more = {"normal": {"mean": low, "sd": width}, "triangular": {"mode": low}}.get(distribution, {})
    entry = Uncertain(path=PATH, distribution=distribution, why="x", low=low, high=low + width, **more)
    (values,) = changes_at([entry], np.array([[share]]), {PATH: 2})
    assert type(values[PATH]) is int
    assert low <= values[PATH] <= low + width


def test_numbers_that_are_not_whole_are_drawn_as_before():
    values = drawn("uniform", 4, like=2.0, low=1, high=3)
    assert values == [1.25, 1.75, 2.25, 2.75]
    assert all(type(value) is float for value in values)


@pytest.mark.parametrize(("scale", "ends"), [("linear", 1.0), ("log", np.log(3.0) / np.log(5 / 3))])
def test_a_lever_gives_both_ends_of_a_whole_range_their_full_weight(tmp_path, scale, ends):
    other = '[[levers]]\nname = "h"\npath = "territory.households_per_social_grid"\nlow = 300.0\nhigh = 375.0\n'
    lever = f'[[levers]]\nname = "people"\npath = "{PATH}"\nlow = 1\nhigh = 3\nscale = "{scale}"\n'
    design = '[design]\nkind = "latin_hypercube"\nsamples = 3000\n'
    (tmp_path / "mine.toml").write_text(HEAD + design + lever + other + TAIL)
    from experiments.studies.plans import drawn_plans
    from experiments.studies.reading import read_study

    file, path = read_study(tmp_path / "mine.toml")
    plans = drawn_plans(file, path, {PATH: 2, "territory.households_per_social_grid": 300.0})
    counts = Counter(plan.changes[PATH] for plan in plans)
    assert sorted(counts) == [1, 2, 3]
    assert counts[1] / counts[2] == pytest.approx(ends, rel=0.005)
    assert scale == "log" or counts[3] == counts[1]
    assert all(type(plan.changes[PATH]) is int for plan in plans)


UNKNOWN = (
    '[[uncertain]]\npath = "units.grid_assistant.people"\ndistribution = "uniform"\nlow = {}\nhigh = {}\nwhy = "x"\n'
)


def test_a_range_without_a_whole_number_is_refused(tmp_path):
    says = "units.grid_assistant.people has whole numbers, and there is none from 1.2 to 1.8"
    with pytest.raises(StudyError) as error:
        study_at(tmp_path, HEAD + FACTORIAL + LEVER + UNKNOWN.format(1.2, 1.8) + TAIL)
    assert error.value.problems == [f"mine.toml: uncertain: {says}"]
    lever = '[[levers]]\nname = "people"\npath = "units.grid_assistant.people"\nlow = 1.2\nhigh = 1.8\n'
    with pytest.raises(StudyError) as error:
        study_at(tmp_path, HEAD + '[design]\nkind = "sobol"\nsamples = 4\n' + lever + TAIL)
    assert error.value.problems == [f'mine.toml: lever "people": {says}']


def test_unknowns_of_a_study_that_are_whole_are_whole_in_every_world(tmp_path):
    study = study_at(tmp_path, HEAD + FACTORIAL + LEVER + UNKNOWN.format(1, 3) + "[worlds]\ndraws = 30\n" + TAIL)
    values = [world.changes[PATH] for world in study.worlds]
    assert Counter(values) == {1: 10, 2: 10, 3: 10}
    assert all(type(value) is int for value in values)


def test_only_numbers_can_be_fitted(tmp_path):
    unknown = '[[unknown]]\npath = "demand.scale"\ndistribution = "choice"\nvalues = ["a", "b"]\nwhy = "x"\n'
    place = OURS[: OURS.index("[[unknown]]")] + unknown
    with pytest.raises(PlaceError, match=r'unknown: demand.scale may be "a"; only numbers can be fitted'):
        place_with(tmp_path, "found_count", "2015-01-01", "2015-06-30", place)


def test_crews_are_all_that_shipped_places_and_studies_draw_whole():
    studies = [read_place(name).design for name in place_names()] + [load_study(name) for name in study_names()]
    whole = []
    for study in studies:
        known = {path: value for path, _, _, value in walk(study.base.parameters)}
        ranged = [lever.path for lever in study.file.levers if lever.ranged]
        ranged += [entry.path for entry in study.file.uncertain if entry.distribution != "choice"]
        whole += [f"{study.name}: {path}" for path in ranged if is_whole(known[path])]
    assert whole
    assert all(path.endswith("_crews.people") for path in whole)
