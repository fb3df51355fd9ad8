"""The published figures: what the file may say, and how a run is held against them."""

from __future__ import annotations

import math
from datetime import date
from math import exp

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t

from experiments.published.figures import (
    FigureError,
    cut_to,
    figures,
    figures_beside,
    figures_of,
    parts_of,
    prediction,
    read_figures,
    why_none,
)
from experiments.running.parts import categories_of
from experiments.running.replications import run_replications, seeds_from, summarise
from scenarios.loading import load, names
from sim.indicators import INDICATORS

GOOD = """
[[figure]]
id = "a"
place = "A"
scenarios = ["junmen_2012"]
quantity = "found_count"
value = 601
published = "601"
unit = "incidents"
definition = "raised"
standing = "fit"
source = "thesis"
"""


def runs(**columns: list[float]) -> pd.DataFrame:
    """Replications that show the given values, and nothing else that is defined."""
    length = len(next(iter(columns.values())))
    return pd.DataFrame({name: columns.get(name, [np.nan] * length) for name in INDICATORS})


def compared(scenario: str, figure: str, overrides: dict[str, object] | None = None, **columns: list[float]):
    found = figures_beside(load(scenario, overrides), runs(**columns))
    return next(comparison for comparison in found if comparison.id == figure)


def test_every_figure_is_shown_beside_scenarios_that_exist():
    assert {name for figure in figures() for name in figure.scenarios} <= set(names())


def test_every_scenario_has_figures_or_a_reason_for_none():
    without = [name for name in names() if not figures_of(load(name))]
    assert without == ["junmen_leaders", "junmen_pooled", "nanhu"]
    assert "no public figures" in why_none(load("nanhu"))
    assert all(why_none(load(name)) for name in without)


def test_a_figure_bears_the_unit_of_its_indicator():
    assert [f.id for f in figures() if f.quantity and f.unit != INDICATORS[f.quantity].unit] == []


@pytest.mark.parametrize(
    ("figure", "standing"),
    [
        ("changning-2005q4-ontime", "fit"),
        ("changning-2006q1-ontime", "check"),
        ("changning-17586", "contested"),
        ("dongcheng-2004-09-filed", "contested"),
        ("dongcheng-2015-closing", "fit"),
        ("dongcheng-2015-hours", "check"),
        ("expo-2010-filed", "check"),
        ("junmen-before-volume", "fit"),
    ],
)
def test_a_figure_stands_as_agreed(figure, standing):
    assert next(f.standing for f in figures() if f.id == figure) == standing


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        pytest.param('"found_count"', '"found_cuont"', "did you mean found_count?", id="a misspelt indicator"),
        pytest.param("value = 601", "", "a quantity and no number", id="no number"),
        pytest.param("value = 601", "value = 601\nlow = 1", "both a value and a range", id="value and range"),
        pytest.param("value = 601", "low = 2\nhigh = 1", "low = 2 above high = 1", id="ends the wrong way round"),
        pytest.param('"fit"', '"contested"', "needs a note", id="contested without a reason"),
        pytest.param('unit = "incidents"', "", "lacks unit", id="no unit"),
        pytest.param("standing", "standign", "did you mean standing?", id="a misspelt key"),
        pytest.param("value = 601", "value = 601\nstart = 2013-07-01", "only one of start and end", id="half a period"),
        pytest.param("value = 601", 'value = "601"', 'value = "601"', id="a number as text"),
        pytest.param(
            "value = 601", 'value = 601\nclasses = ["dispuets"]', "did you mean disputes?", id="a class that is none"
        ),
        pytest.param(
            "value = 601", "value = 601\nsubdistricts = 2", "of 2 subdistricts; junmen_2012 has 1", id="too many"
        ),
        pytest.param(
            '"found_count"',
            '"backlog_count"\nclasses = ["disputes"]',
            "is what is open on the last day",
            id="classes of what is of whole runs",
        ),
        pytest.param(
            'quantity = "found_count"\nvalue = 601',
            'classes = ["disputes"]\nnote = "x"',
            "without an indicator",
            id="classes of nothing",
        ),
        pytest.param(
            "value = 601",
            'value = 601\nreading_of = "b"',
            'a reading of "b", which is no other figure',
            id="a reading of nothing",
        ),
        pytest.param(
            "value = 601", 'value = 601\nreading_of = "a"', "which is no other figure", id="a reading of itself"
        ),
        pytest.param("[[figure]]", "[[figures]]", '"figures" is not a key', id="a misspelt table"),
        pytest.param("[[figure]]", "[[figure", "is not valid TOML", id="a syntax error"),
    ],
)
def test_a_wrong_file_says_what_is_wrong(tmp_path, old, new, says):
    file = tmp_path / "figures.toml"
    file.write_text(GOOD.replace(old, new))
    with pytest.raises(FigureError) as error:
        read_figures(file)
    assert says in str(error.value).replace("'", '"')


def test_a_right_file_is_read(tmp_path):
    file = tmp_path / "figures.toml"
    file.write_text(GOOD)
    assert [figure.bounds for figure in read_figures(file)[0]] == [(601, 601)]


def test_one_more_run_falls_in_the_interval_of_a_prediction():
    mean, lo, hi = prediction(pd.Series([590.0, 600.0, 610.0]))
    half = t.ppf(0.975, 2) * 10.0 * (4 / 3) ** 0.5
    assert (mean, lo, hi) == pytest.approx((600.0, 600.0 * math.exp(-half / 600.0), 600.0 * math.exp(half / 600.0)))


def test_the_interval_of_a_prediction_stays_within_what_is_possible():
    """Plain Student would reach from below 0 to above 1 for shares as near to 1 as these."""
    _, lo, hi = prediction(pd.Series([0.90, 0.99, 1.0]), 1.0)
    assert 0.0 < lo < hi < 1.0


def test_undefined_replications_are_left_out():
    assert prediction(pd.Series([np.nan, 5.0])) == (5.0, None, None)
    assert prediction(pd.Series([np.nan])) == (None, None, None)


@pytest.mark.parametrize(
    ("found", "inside"),
    [
        pytest.param([590.0, 600.0, 610.0], True, id="within the interval"),
        pytest.param([690.0, 700.0, 701.0], False, id="above it"),
        pytest.param([601.0], None, id="one replication cannot say"),
    ],
)
def test_a_published_value_is_held_against_one_more_run(found, inside):
    assert compared("junmen_2012", "junmen-2013h2-raised", found_count=found).inside is inside


@pytest.mark.parametrize(
    ("shares", "inside"),
    [([0.9, 0.91, 0.92], True), ([0.78, 0.80, 0.82], True), ([0.5, 0.51, 0.52], False)],
)
def test_at_least_is_met_from_above(shares, inside):
    comparison = compared("junmen_2012", "junmen-2013h2-in-grid-of-solved", in_grid_share_of_solved=shares)
    assert comparison.published == (0.80, None)
    assert comparison.inside is inside


def test_a_range_is_met_if_it_overlaps():
    assert compared("dongcheng_2004", "dongcheng-2004-09-filed", filed_per_day=[130.0, 131.0, 132.0]).inside is True
    assert compared("dongcheng_2004", "dongcheng-2004-09-filed", filed_per_day=[150.0, 150.1, 150.2]).inside is False


def test_a_count_is_scaled_to_the_length_of_the_run():
    comparison = compared("junmen_2012", "junmen-2013h2-raised", {"period.days": 92}, found_count=[300.0, 301.0])
    assert comparison.published == pytest.approx(300.5)
    assert "published for 184 days, scaled to 92: 300.5" in comparison.note


def test_a_share_is_not_scaled():
    comparison = compared("junmen_2012", "junmen-2013h2-solved", {"period.days": 92}, solved_share_of_raised=[0.9, 1.0])
    assert comparison.published == 586 / 601
    assert "run for 92" in comparison.note


def test_a_figure_of_a_part_of_the_run_is_held_against_its_own_days(tmp_path):
    file = tmp_path / "longer.toml"
    file.write_text(
        'title = "T"\nquestion = "Q?"\nplace = "Junmen community, Fuzhou"\nextends = "junmen_2012"\n[period]\n'
        'days = { value = 215, source = "definition", why = "a month more" }\n'
    )
    longer = load(str(file))
    # A longer run repeats a shorter one, so that its first 184 days find what a run of 184 days finds.
    done, alone = (
        run_replications(longer, [1, 2], parts=parts_of(longer)),
        run_replications(load("junmen_2012"), [1, 2]),
    )
    assert {part.name for part in parts_of(longer)} == {each.id for each in figures_of(longer)}
    found = {each.id: each for each in figures_beside(longer, done.indicators.join(done.parts))}["junmen-2013h2-raised"]
    assert found.simulated == alone.indicators["found_count"].mean() < done.indicators["found_count"].mean()
    assert found.published == 601
    assert "held against 2013-07-01 to 2013-12-31, 184 days of the run's 215" in found.note
    assert "scaled" not in found.note


def test_what_cannot_be_cut_is_scaled_and_says_so(monkeypatch):
    whole = next(figure for figure in figures() if figure.id == "junmen-2013h2-raised")
    backlog = whole.model_copy(update={"quantity": "backlog_count"})
    longer = load("junmen_2012", {"period.days": 368})
    assert cut_to(whole, longer).indicator == "found_count"
    assert cut_to(backlog, longer) is None
    assert cut_to(whole, load("junmen_2012")) is None
    assert cut_to(whole, load("junmen_2012", {"period.days": 100})) is None
    found = compared("junmen_2012", "junmen-2013h2-raised", {"period.days": 368}, found_count=[1200.0, 1204.0])
    assert found.published == 1202
    assert "published for 184 days, scaled to 368: 1,202.0" in found.note


def test_a_figure_of_other_days_than_the_run_is_said_to_be():
    found = compared(
        "junmen_2012", "junmen-2013h2-raised", {"period.start": date(2014, 1, 1)}, found_count=[600.0, 601.0]
    )
    assert "published for 2013-07-01 to 2013-12-31, run from 2014-01-01 to 2014-07-03" in found.note
    assert (
        "run from" not in compared("junmen_2012", "junmen-2013h2-raised", {"period.days": 92}, found_count=[1.0]).note
    )


def test_the_first_months_of_a_longer_run_are_told_apart():
    told = parts_of(load("dongcheng_2004"))
    assert [(part.name.removeprefix("dongcheng-first-months-"), part.indicator) for part in told] == [
        ("found", "known_share_of_standing"), ("sent-right", "returned_share"), ("handled", "closing_share_of_due"), ("handled-of-filed", "closing_share_of_filed"),
    ]  # fmt: skip


def test_the_self_reported_shares_of_the_first_months_are_defined():
    told = {
        figure.id.removeprefix("dongcheng-first-months-"): figure for figure in figures() if "first-months" in figure.id
    }
    assert {name: (figure.quantity, figure.reading_of) for name, figure in told.items()} == {
        "found": ("known_share_of_standing", ""), "sent-right": ("returned_share", ""),
        "handled": ("closing_share_of_due", ""),
        "handled-of-filed": ("closing_share_of_filed", "dongcheng-first-months-handled"),
    }  # fmt: skip
    assert told["sent-right"].value == pytest.approx(1.0 - 0.98)
    assert "应结案" in told["handled"].definition


def test_a_reading_is_of_a_figure_that_is_none_itself(tmp_path):
    file = tmp_path / "figures.toml"
    second, third = (
        GOOD.replace('"a"', f'"{name}"') + f'reading_of = "{of}"\n' for name, of in (("b", "a"), ("c", "b"))
    )
    file.write_text(GOOD + second)
    assert [figure.reading_of for figure in read_figures(file)[0]] == ["", "a"]
    (tmp_path / "chained.toml").write_text(GOOD + second + third)
    with pytest.raises(FigureError, match="c is a reading of b, itself a reading of a; name that one"):
        read_figures(tmp_path / "chained.toml")


@pytest.mark.parametrize("name", names())
def test_where_both_grids_stand_a_figure_says_which_classes_it_counts(name):
    domains = {category.domain for category in load(name).parameters.categories.values()}
    mixed = "social" in domains and domains != {"social"}
    told = [figure for figure in figures_of(load(name)) if figure.quantity and mixed]
    assert [figure.id for figure in told if name.startswith("dongcheng") and not figure.classes] == []


def test_a_city_management_figure_is_not_told_of_social_cases():
    both, published = (
        load("dongcheng_2010"),
        next(figure for figure in figures() if figure.id == "dongcheng-2015-closing"),
    )
    cut = cut_to(published, both)
    assert cut.classes == ["component", "event"]
    assert cut_to(published, load("dongcheng_2015")) is None, "its scenario has no others"
    of_them = categories_of(cut.classes, both.parameters)
    assert "street_order" in of_them
    assert "disputes" not in of_them


def test_the_pilot_is_held_against_its_subdistricts_and_classes_and_brought_to_the_length_of_the_run():
    month = load("dongcheng_2010", {"period.days": 30})
    told = {part.name.removeprefix("dongcheng-2010-11-"): part for part in parts_of(month)}
    assert {name: (part.indicator, part.classes, part.subdistricts, part.start) for name, part in told.items()} == {
        "concerns": ("found_count", ["disputes", "hazards", "services"], 3, None),
        "disputes": ("solved_count", ["disputes"], 3, None), "hazards": ("solved_count", ["hazards"], 3, None),
        "services": ("solved_count", ["services"], 3, None),
    }  # fmt: skip
    frame = runs(found_count=[9e9, 9e9]).assign(**{"dongcheng-2010-11-disputes": [60.0, 64.0]})
    found = {each.id: each for each in figures_beside(month, frame)}
    disputes = found["dongcheng-2010-11-disputes"]
    assert disputes.simulated == 62.0
    assert disputes.published == pytest.approx((440 * 30 / 365, 1290 * 30 / 365))
    assert "held against disputes only; held against 3 of 17 subdistricts" in disputes.note
    assert found["dongcheng-2010-11-concerns"].simulated is None, "never held against all classes"
    assert "another reading of what dongcheng-2010-11-services says" in found["dongcheng-2010-11-concerns"].note


def test_what_is_impossible_is_shown_with_its_reason_and_never_compared():
    comparison = compared("changning_2005q4", "changning-17586", filed_count=[1.0])
    assert (comparison.simulated, comparison.inside, comparison.published) == (None, None, None)
    assert "more closed than filed" in comparison.note


def mine(folder, place):
    file = folder / "mine.toml"
    file.write_text(
        f'title = "T"\nquestion = "Q?"\nplace = "{place}"\nextends = "junmen_2012"\n\n[party]\n'
        'members_count = { value = 150, source = "assumption-volunteers", why = "fewer" }\n'
    )
    return load(str(file))


def test_a_plan_for_the_same_place_is_shown_beside_the_figures_of_what_it_extends(tmp_path):
    found = figures_beside(mine(tmp_path, "Junmen community, Fuzhou"), runs(found_count=[600.0, 601.0]))
    assert "published for junmen_2012, which this scenario extends" in found[0].note


def test_another_place_is_not_shown_beside_figures_that_are_not_its_own(tmp_path):
    scenario = mine(tmp_path, "Elsewhere")
    assert not figures_of(scenario)
    assert why_none(scenario).startswith("Those of junmen_2012 are of another place; ")
    own = tmp_path / "own.toml"
    own.write_text(
        '[[figure]]\nid = "ours"\nplace = "Elsewhere"\nscenarios = ["mine"]\nquantity = "found_count"\nvalue = 500.0\n'
        'published = "500 issues"\nunit = "incidents"\ndefinition = "found"\nstanding = "fit"\nsource = "ours"\n'
    )
    assert [figure.id for figure in figures_of(scenario, own)] == ["ours"]
    (beside,) = figures_beside(scenario, runs(found_count=[490.0, 505.0]), own)
    assert (beside.published, beside.inside, beside.note) == (500.0, True, "")


def test_periods_count_both_ends():
    quarter = next(figure for figure in figures() if figure.id == "changning-2005q4-filed")
    assert (quarter.start, quarter.end, quarter.days) == (date(2005, 10, 1), date(2005, 12, 31), 92)


def test_seeds_follow_one_another():
    assert seeds_from(7, 3) == [7, 8, 9]


def test_a_summary_is_a_mean_with_students_interval_of_its_logarithm():
    summary = summarise(pd.DataFrame({"a": [1.0, 2.0, 3.0, np.nan], "b": [np.nan] * 4, "c": [4.0] + [np.nan] * 3}))
    half = t.ppf(0.975, 2) / 3**0.5
    assert summary["a"] == pytest.approx((2.0, 2.0 * exp(-half / 2.0), 2.0 * exp(half / 2.0), 3))
    assert summary["b"] == (None, None, None, 0)
    assert summary["c"] == (4.0, None, None, 1)
