"""Figures foretold for another city: how far cities differ, whose crews they have; and which figures are true tests."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from calibration.answers import Verdict, every_figure, true_tests
from calibration.checks import (
    REST_ON_CREWS,
    Between,
    Elsewhere,
    Seen,
    Volume,
    between_cities,
    checks,
    ensemble_for,
    foretell_elsewhere,
)
from calibration.fitting.foretelling import published_like
from calibration.fitting.places import place_names, read_place
from calibration.words import (
    interval_of_a_transfer_in_words,
    never_fitted_in_words,
    transfer_in_words,
    verdict_in_words,
)
from experiments.commands.shared import engine_starter
from experiments.published.figures import figures
from experiments.studies.ensembles import read_ensemble, write_ensemble
from scenarios.loading import load, sources
from sim.indicators import INDICATORS


# Between cities --------------------------------------------------------------------------------------------------
def volume(year: float, rate: float) -> Volume:
    return Volume(place="P", year=year, cases_per_day=40.0 * rate, supervisors=40.0, source="x", why="x")


def test_cities_differ_by_what_their_rates_lie_off_the_trend_of_the_years():
    on_the_trend = [volume(2005 + year, 0.5 * math.exp(0.2 * year)) for year in range(6)]
    even = between_cities(on_the_trend)
    assert even == pytest.approx((0.0, 0.2, 6), abs=1e-9)
    up_and_down = [
        volume(2005 + year, 0.5 * math.exp(0.2 * year + off)) for year in (0, 2) for off in (-0.3, 0.3)
    ]  # fmt: skip
    told = between_cities(up_and_down)
    assert told.sd == pytest.approx(math.sqrt(4 * 0.09 / 2))
    assert told.factor == pytest.approx(math.exp(1.6449 * told.sd), rel=1e-3)
    with pytest.raises(ValueError, match="3 rates do not tell how cities differ; it takes four"):
        between_cities(on_the_trend[:3])


def test_whatever_rests_on_crews_is_an_indicator():
    assert all(any(name.startswith(start) for name in INDICATORS) for start in REST_ON_CREWS)


def test_published_rates_differ_by_factors_between_cities():
    told = between_cities(checks().volumes)
    assert {entry.source for entry in checks().volumes} <= set(sources())
    assert told.factor == pytest.approx(2.3, abs=0.05), "docs/calibration.md and docs/decisions.md name it"
    assert told.growth > 0.1


@pytest.mark.parametrize(("quantity", "unit", "wider"), [
    ("found_count", "incidents", True), ("filed_per_day", "cases/day", True), ("filed_to_closed_mean_h", "h", True),
    ("closing_share_of_filed", "share", False),
])  # fmt: skip
def test_what_is_foretold_of_another_city_holds_how_far_cities_differ(quantity, unit, wider):
    figure = next(f for f in figures() if f.id == "junmen-2013h2-solved").model_copy(
        update={"quantity": quantity, "unit": unit}
    )
    at = np.array([0.9]) if unit == "share" else np.array([100.0])
    place = read_place("junmen")
    own, other = (published_like(figure, at, place, between=sd) for sd in (0.0, 0.5))
    if not wider:
        assert np.array_equal(own, other)
        return
    assert np.log(other).std() == pytest.approx(math.hypot(0.5, np.log(own).std()), rel=0.15)
    assert np.median(other) == pytest.approx(100.0, rel=0.15)


def test_crews_of_one_city_are_not_carried_to_another(tmp_path):
    sets = [{"demand.scale": 4.0 + 0.1 * n, "units.street_crews.people": 99} for n in range(8)]
    (tmp_path / "dongcheng").mkdir()
    write_ensemble(tmp_path / "dongcheng" / "dongcheng_2004.csv", sets, [1.0] * 8)
    check = Elsewhere(scenario="changning_2005q4", ensemble="dongcheng/dongcheng_2004")
    name, redrawn = ensemble_for(check, load("changning_2005q4"), tmp_path)
    made = read_ensemble(tmp_path / name).sets
    assert all(8 <= values["units.street_crews.people"] <= 24 for values in made), "Changning's own prior"
    assert {"units.street_crews.people", "units.property_companies.settle_prob"} <= set(redrawn)
    assert [values["demand.scale"] for values in made] == [values["demand.scale"] for values in sets]


@pytest.mark.parametrize("crews", [True, False], ids=["over a prior of crews", "refused"])
def test_where_nobody_knows_the_crews_a_closing_share_is_given_over_a_prior_of_them_or_refused(tmp_path, crews):
    (tmp_path / "changning").mkdir()
    write_ensemble(tmp_path / "changning" / "changning_2005q4.csv", [{"demand.scale": 2.0, "supervisors.sight_m": s} for s in (13.0, 20.0)], [1.0] * 2)  # fmt: skip
    prior = {"path": "units.street_crews.people", "distribution": "uniform", "low": 20, "high": 60, "why": "x"}
    check = Elsewhere.model_validate({
        "scenario": "expo_2010", "ensemble": "changning/changning_2005q4", "set": {"period.days": 3},
        "unknown": [prior] if crews else [], "given": ["expo-2010-filed"],
    })  # fmt: skip
    filed, closing = foretell_elsewhere(check, tmp_path, engine_starter(1, None), lambda *_: None)
    assert not filed.refused, "how much is filed does not rest on crews"
    assert closing.refused == ("" if crews else "nobody knows the crews of expo_2010")
    assert closing.redrawn == (("units.street_crews.people",) if crews else ())
    (row,) = [
        row
        for row in every_figure({"changning": {"figures": []}}, [filed, closing])
        if row["id"] == "expo-2010-closing"
    ]
    assert row["tested"] is crews
    assert (row["verdict"] == Verdict.REFUSED) is not crews
    assert (row["middle"] is None) is not crews
    (told,) = transfer_in_words({("changning", "expo_2010"): [_as_fitted(closing)]})
    assert ("not foretold (nobody knows the crews of expo_2010)" in told) is not crews


def _as_fitted(seen: Seen) -> Seen:
    """The answers on transfer are of figures that are fitted at home."""
    figure = seen.foretold.figure.model_copy(update={"standing": "fit"})
    return seen._replace(foretold=replace(seen.foretold, figure=figure))


def test_the_answers_say_what_the_interval_of_a_transfer_is():
    told = interval_of_a_transfer_in_words(Between(0.5, 0.2, 6))
    assert "6 published rates" in told
    assert "a factor of 2.3 up or down" in told
    assert "+22 % a year, is not in it" in told
    assert "over the prior of crews of the place that is foretold; where there is none, they are refused" in told


# The honest count of tests ---------------------------------------------------------------------------------------
def kept(figure: str, use: str, inside: bool = True) -> dict:
    return {"id": figure, "use": use, "inside": inside, "low": 0.0, "middle": 0.5, "high": 1.0, "mass": 0.5, "why": ""}


def rows_of(*entries: dict, other: tuple[dict, ...] = ()) -> dict[str, dict]:
    places = {"changning": {"figures": list(entries)}, "elsewhere": {"figures": list(other)}}
    return {row["id"]: row for row in every_figure(places, [])}


OFFICE, CLOCK = "dongcheng-2004-09-hours-office", "dongcheng-2004-09-hours"


def test_only_what_was_foretold_and_fitted_nowhere_is_a_test():
    rows = rows_of(
        kept("dongcheng-2015-hours", "predict"), kept("dongcheng-2015-volume", "fit"),
        kept("changning-2006q1-ontime", "predict", inside=False), kept("changning-2006q1-filed", "predict"),
        other=(kept("changning-2006q1-filed", "fit"),),
    )  # fmt: skip
    inside, outside = true_tests(list(rows.values()))
    assert [row["id"] for row in inside] == ["dongcheng-2015-hours"]
    assert [row["id"] for row in outside] == ["changning-2006q1-ontime"]
    assert not rows["changning-2006q1-filed"]["tested"], "another place fits it"
    (told,) = never_fitted_in_words(list(rows.values()))
    assert told.startswith("Of 2 figures that were foretold and never fitted")
    assert "1 lie inside and 1 outside: changning-2006q1-ontime" in told


@pytest.mark.parametrize("use", ["reading", "predict"])
@pytest.mark.parametrize("inside", [True, False])
def test_another_reading_is_shown_and_is_neither_inside_nor_outside(use, inside):
    rows = rows_of(kept(CLOCK, "fit"), kept(OFFICE, use, inside))
    assert (rows[OFFICE]["verdict"], rows[OFFICE]["tested"]) == (Verdict.READING, False)
    assert rows[OFFICE]["middle"] == 0.5
    assert true_tests(list(rows.values())) == ([], [])
    assert verdict_in_words(Verdict.READING, rows[OFFICE]["why"]) == f"another reading of {CLOCK}, no test"
    assert never_fitted_in_words(list(rows.values())) == []


def test_a_figure_of_which_another_reading_is_fitted_is_no_test():
    assert rows_of(kept(CLOCK, "predict"))[CLOCK]["tested"]
    assert not rows_of(kept(CLOCK, "predict"), kept(OFFICE, "fit"))[CLOCK]["tested"]


def test_the_library_has_as_many_tests_as_its_places_and_checks_foretell_without_fitting():
    places = {
        name: {"figures": [kept(target.figure, target.use) for target in read_place(name).file.targets]}
        for name in place_names()
    }
    tested = {row["id"] for row in every_figure(places, []) if row["tested"]}
    assert tested == {
        "changning-2006q1-ontime", "dongcheng-first-months-found", "dongcheng-first-months-sent-right",
        "dongcheng-first-months-handled", "dongcheng-2015-hours",
    }  # fmt: skip
