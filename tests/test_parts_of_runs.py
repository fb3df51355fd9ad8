"""Parts of a run: of which indicators they can be told, and what belongs to them."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from pydantic import ValidationError

from calibration.fitting.places import PlaceError, read_place
from experiments.running.measures import part_of
from experiments.running.parts import FILED, FOUND, OCCURRED, OF_PARTS, OF_WHOLE_RUNS, Part, tellable, why_untellable
from experiments.studies.form import StudyError
from scenarios.loading import load
from sim.indicators import INDICATORS
from sim.run import simulate
from tests.test_studies import FACTORIAL, HEAD, LEVER, TAIL, study_at

DAYS = 21
SCENARIOS = {name: load(name, {"period.days": DAYS}) for name in ("junmen_2012", "dongcheng_2010", "changning_2005q4")}
COUNTS = [name for name in OF_PARTS if name.endswith("_count")]
RATES = [name for name in OF_PARTS if name.endswith("_per_day")]


@pytest.fixture(scope="module", params=SCENARIOS)
def ran(request):
    scenario = SCENARIOS[request.param]
    if request.param == "dongcheng_2010":
        scenario = load(request.param, {"period.days": DAYS, "territory.sites_count": 2000, "demand.scale": 0.2})
    return scenario, simulate(scenario, 1)


def part(scenario, indicator: str, first: int, last: int) -> Part:
    """From one day of the run to another, the first being 0."""
    start = scenario.parameters.period.start
    return Part(name="p", indicator=indicator, start=start + timedelta(first), end=start + timedelta(last))


@pytest.mark.parametrize("indicator", INDICATORS)
def test_an_indicator_is_told_of_parts_by_one_rule_or_refused_by_name(indicator):
    assert (indicator in OF_PARTS) + (indicator in OF_WHOLE_RUNS) == 1
    july = {"name": "p", "indicator": indicator, "start": date(2013, 7, 1), "end": date(2013, 7, 31)}
    if indicator in OF_PARTS:
        assert OF_PARTS[indicator] in (OCCURRED, FOUND, FILED)
        assert Part(**july).indicator == indicator
        return
    with pytest.raises(ValidationError, match=f"{indicator} (is|needs) .*; let the run "):
        Part(**july)


def test_nothing_is_told_of_parts_that_is_no_indicator():
    assert {*OF_PARTS, *OF_WHOLE_RUNS} == {*INDICATORS}
    assert not tellable("filed_cuont")
    assert why_untellable("filed_cuont") == '"filed_cuont" is no indicator; did you mean filed_count?'


@pytest.mark.parametrize("indicator", OF_PARTS)
def test_a_part_that_is_the_whole_run_gives_what_the_whole_run_gives(ran, indicator):
    scenario, outcome = ran
    told = part_of(outcome, scenario, part(scenario, indicator, 0, DAYS - 1))
    assert told == outcome.indicators[indicator] or (math.isnan(told) and math.isnan(outcome.indicators[indicator]))


@pytest.mark.parametrize("indicator", [*COUNTS, *RATES])
def test_parts_that_tile_the_run_add_up(ran, indicator):
    scenario, outcome = ran
    tiles = [(0, 4), (5, 5), (6, 19), (20, 20)]
    told = [part_of(outcome, scenario, part(scenario, indicator, *tile)) for tile in tiles]
    if indicator in RATES:
        told = [value * (last - first + 1) / DAYS for value, (first, last) in zip(told, tiles, strict=True)]
    assert sum(told) == pytest.approx(outcome.indicators[indicator], abs=1e-9)


def test_a_part_counts_its_own_days(ran):
    scenario, outcome = ran
    found_h = outcome.record.found_h
    expected = int(((found_h >= 3 * 24.0) & (found_h < 10 * 24.0)).sum())
    assert 0 < expected < outcome.indicators["found_count"]
    assert part_of(outcome, scenario, part(scenario, "found_count", 3, 9)) == expected
    rate = part_of(outcome, scenario, part(scenario, "solved_per_day", 3, 9))
    assert rate == pytest.approx(part_of(outcome, scenario, part(scenario, "solved_count", 3, 9)) / 7)


def test_shares_and_hours_of_parts_average_to_those_of_the_run(ran):
    scenario, outcome = ran
    found, hours, unseen, occurred = (
        [part_of(outcome, scenario, part(scenario, name, *tile)) for tile in ((0, 9), (10, 20))]
        for name in ("found_count", "occurred_to_found_mean_h", "unseen_share", "occurred_count")
    )
    assert np.average(hours, weights=found) == pytest.approx(outcome.indicators["occurred_to_found_mean_h"])
    assert np.average(unseen, weights=occurred) == pytest.approx(outcome.indicators["unseen_share"])


def test_what_happens_at_the_last_stroke_belongs_to_the_last_day(ran):
    scenario, outcome = ran
    late = replace(outcome, record=replace(outcome.record, **{FILED: np.full(len(outcome.record.stage), DAYS * 24.0)}))
    count = len(outcome.record.stage)
    assert part_of(late, scenario, part(scenario, "filed_count", DAYS - 1, DAYS - 1)) == count
    assert part_of(late, scenario, part(scenario, "filed_count", 0, DAYS - 2)) == 0.0


def test_a_part_outside_the_run_is_undefined(ran):
    scenario, outcome = ran
    assert math.isnan(part_of(outcome, scenario, part(scenario, "found_count", DAYS - 1, DAYS)))


# Some classes, some subdistricts ------------------------------------------------------------------------------------
def cut(indicator: str, **given) -> Part:
    return Part(name="p", indicator=indicator, **given)


def test_a_part_of_some_classes_counts_these_alone(ran):
    scenario, outcome = ran
    categories = scenario.parameters.categories
    names = outcome.cases["category"].to_numpy()[outcome.record.occurred]
    for name in categories:
        counted = part_of(outcome, scenario, cut("occurred_count", classes=[name]))
        assert counted == (names == name).sum()
    domains = sorted({category.domain for category in categories.values()})
    told = [part_of(outcome, scenario, cut("found_count", classes=[domain])) for domain in domains]
    assert sum(told) == outcome.indicators["found_count"]
    assert all(told)


def test_the_shares_of_some_classes_are_of_those_classes(ran):
    scenario, outcome = ran
    name = next(iter(scenario.parameters.categories))
    closed, filed = (part_of(outcome, scenario, cut(f"{kind}_count", classes=[name])) for kind in ("closed", "filed"))
    told = part_of(outcome, scenario, cut("closing_share_of_filed", classes=[name]))
    assert told == (pytest.approx(closed / filed) if filed else pytest.approx(math.nan, nan_ok=True))


def test_a_part_of_all_classes_and_subdistricts_is_the_whole_run(ran):
    scenario, outcome = ran
    everything = {
        "classes": [*scenario.parameters.categories],
        "subdistricts": scenario.parameters.territory.subdistricts_count,
    }
    for indicator in OF_PARTS:
        told = part_of(outcome, scenario, cut(indicator, **everything))
        assert told == pytest.approx(outcome.indicators[indicator], nan_ok=True), indicator


def test_a_part_of_some_subdistricts_is_of_those_with_the_lowest_numbers_and_of_their_residents(ran):
    scenario, outcome = ran
    ground = outcome.territory
    if scenario.parameters.territory.subdistricts_count < 2:
        with pytest.raises(ValidationError, match="0"):
            cut("found_count", subdistricts=-1)
        return
    inside = ground.subdistrict < 2
    found = ~np.isnan(outcome.cases["found_h"].to_numpy())
    counted = part_of(outcome, scenario, cut("found_count", subdistricts=2))
    assert 0 < counted < outcome.indicators["found_count"]
    assert counted == (found & inside[outcome.cases["site"].to_numpy()]).sum()
    hours, each = (
        part_of(outcome, scenario, cut(name, subdistricts=2))
        for name in ("problem_hours", "problem_hours_per_resident")
    )
    assert each == pytest.approx(hours / ground.site_residents[inside].sum())


def test_days_classes_and_subdistricts_may_be_cut_together(ran):
    scenario, outcome = ran
    days, name = part(scenario, "found_count", 3, 9), next(iter(scenario.parameters.categories))
    found_h = outcome.record.found_h
    expected = (found_h >= 72.0) & (found_h < 240.0) & (outcome.record.category == 0)
    expected &= outcome.territory.subdistrict[outcome.record.site] < 1
    both = days.model_copy(update={"classes": [name], "subdistricts": 1})
    assert part_of(outcome, scenario, both) == expected.sum()


@pytest.mark.parametrize(("given", "says"), [
    pytest.param({}, "days .start and end., classes or subdistricts", id="nothing is cut"),
    pytest.param({"start": date(2013, 7, 1)}, "both start and end", id="half a span of days"),
])  # fmt: skip
def test_a_part_that_is_no_part_is_refused(given, says):
    with pytest.raises(ValidationError, match=says):
        cut("found_count", **given)


@pytest.mark.parametrize("indicator", OF_WHOLE_RUNS)
def test_what_is_of_whole_runs_is_not_told_of_classes(indicator):
    with pytest.raises(ValidationError, match=f"{indicator} (is|needs) "):
        cut(indicator, classes=["disputes"])


# In studies ------------------------------------------------------------------------------------------------------
PART = '[[parts]]\nname = "p"\nindicator = "filed_count"\nstart = {}\nend = {}\n'
SHORT = '[set]\n"period.days" = 10\n'
RUN = "the run, 2013-07-01 to 2013-07-10"


def refused_parts(folder, text: str) -> list[str]:
    with pytest.raises(StudyError) as caught:
        study_at(folder, text)
    return caught.value.problems


@pytest.mark.parametrize(("start", "end", "says"), [
    pytest.param("2031-07-01", "2031-07-31", f"outside {RUN}", id="another year"),
    pytest.param("2013-07-06", "2013-07-31", f"partly outside {RUN}", id="half outside"),
    pytest.param("2013-06-30", "2013-07-02", f"partly outside {RUN}", id="a day too early"),
])  # fmt: skip
def test_a_part_outside_the_run_is_refused_once_with_both_periods(tmp_path, start, end, says):
    problems = refused_parts(tmp_path, HEAD + SHORT + FACTORIAL + LEVER + PART.format(start, end) + TAIL)
    assert problems == [f'mine.toml: part "p" is {start} to {end}, {says}']


def test_a_part_lies_in_the_run_of_every_plan_and_the_plan_is_named(tmp_path):
    lever = '[[levers]]\nname = "days"\npath = "period.days"\nvalues = [20, 10]\n'
    text = HEAD + FACTORIAL + lever + PART.format("2013-07-12", "2013-07-14") + TAIL
    assert refused_parts(tmp_path, text) == [
        f'mine.toml: plan "10": part "p" is 2013-07-12 to 2013-07-14, outside {RUN}'
    ]


def test_a_part_lies_in_the_run_of_every_world_under_every_plan(tmp_path):
    lever = '[[levers]]\nname = "start"\n' + "".join(
        f'[[levers.levels]]\nname = "{day}"\nset = {{ "period.start" = 2013-07-{day} }}\n' for day in ("02", "01")
    )
    unknown = '[[uncertain]]\npath = "period.days"\ndistribution = "choice"\nvalues = [12, 11]\nwhy = "x"\n'
    worlds = "[worlds]\ndraws = 4\n"
    text = HEAD + FACTORIAL + lever + unknown + worlds + PART.format("2013-07-02", "2013-07-12") + TAIL
    assert refused_parts(tmp_path, text) == [
        'mine.toml: plan "01": part "p" is 2013-07-02 to 2013-07-12, partly outside the run, 2013-07-01 to 2013-07-11'
    ]


@pytest.mark.parametrize(("keys", "says"), [
    pytest.param('classes = ["disputse"]', 'classes: "disputse" is no category or domain there; did you mean disputes?',
                 id="a class that is none"),
    pytest.param("subdistricts = 4", "is of 4 subdistricts; there are 1", id="more subdistricts than there are"),
])  # fmt: skip
def test_a_part_of_what_is_not_there_is_refused_before_anything_is_run(tmp_path, keys, says):
    wrong = f'[[parts]]\nname = "p"\nindicator = "found_count"\n{keys}\n'
    (line,) = refused_parts(tmp_path, HEAD + FACTORIAL + LEVER + wrong + TAIL)
    assert line.startswith('mine.toml: part "p"')
    assert line.endswith(says)


def test_a_part_may_be_of_some_plans_only(tmp_path):
    plans = '[design]\nkind = "list"\n[[plans]]\nname = "a"\n[[plans]]\nname = "b"\nset = { "period.days" = 5 }\n'
    part_of_a = PART.format("2013-07-06", "2013-07-08") + 'only = ["{}"]\n'
    assert len(study_at(tmp_path, HEAD + plans + part_of_a.format("a") + TAIL).plans) == 2
    assert "outside the run" in refused_parts(tmp_path, HEAD + plans + part_of_a.format("b") + TAIL)[0]
    assert '"c" is no plan' in refused_parts(tmp_path, HEAD + plans + part_of_a.format("c") + TAIL)[0]


# In calibrations -------------------------------------------------------------------------------------------------
FIGURE = """
[[figure]]
id = "ours"
place = "our community"
scenarios = []
start = {start}
end = {end}
quantity = "{quantity}"
value = {value}
published = "x"
unit = "{unit}"
definition = "x"
standing = "fit"
source = "x"
"""
OURS = """
title = "Our community"
question = "q"
[[plans]]
name = "as it is"
base = "nanhu"
set = { "period.days" = 181 }
[[targets]]
figure = "ours"
plan = "as it is"
[discrepancy]
count = 0.05
hours = 0.1
share = 0.02
why = "x"
[[unknown]]
path = "demand.scale"
distribution = "loguniform"
low = 0.1
high = 12.0
why = "x"
"""
MARCH = ("2015-03-01", "2015-03-31")


def place_with(folder, quantity: str, start: str, end: str, place: str = OURS):
    (folder / "ours.toml").write_text(place)
    figure = FIGURE.format(start=start, end=end, quantity=quantity, unit=INDICATORS[quantity].unit, value=0.5)
    (folder / "figures.toml").write_text(figure)
    return read_place(folder / "ours.toml", folder / "figures.toml")


@pytest.mark.parametrize("quantity", INDICATORS)
def test_a_figure_of_a_month_is_held_against_that_month_or_refused(tmp_path, quantity):
    if quantity in OF_WHOLE_RUNS:
        with pytest.raises(PlaceError) as error:
            place_with(tmp_path, quantity, *MARCH)
        assert str(error.value) == (
            "ours.toml: targets: ours is of 2015-03-01 to 2015-03-31, a part of the run of as it is, 2015-01-01 to "
            f"2015-06-30: {quantity} {OF_WHOLE_RUNS[quantity]}"
        )
        return
    place = place_with(tmp_path, quantity, *MARCH)
    assert place.column(place.file.targets[0]) == "ours"
    (told,) = place.design.file.parts
    assert (told.name, told.indicator, told.start, told.end) == ("ours", quantity, date(2015, 3, 1), date(2015, 3, 31))


@pytest.mark.parametrize("quantity", ["found_count", "cost_yuan"])
def test_a_figure_of_the_whole_run_is_held_against_all_of_it(tmp_path, quantity):
    place = place_with(tmp_path, quantity, "2015-01-01", "2015-06-30")
    assert place.column(place.file.targets[0]) == quantity


@pytest.mark.parametrize(("start", "end", "says"), [
    pytest.param("2016-12-01", "2016-12-31", "ours is of 2016-12-01 to 2016-12-31, outside the run", id="another year"),
    pytest.param("2015-06-01", "2015-07-31", "ours is of 2015-06-01 to 2015-07-31, partly outside", id="half outside"),
    pytest.param("2015-01-01", "2015-12-31", "ours counts 365 days; as it is runs for 181 only", id="a count of more"),
])  # fmt: skip
def test_a_figure_outside_the_run_is_refused_with_both_periods(tmp_path, start, end, says):
    with pytest.raises(PlaceError) as error:
        place_with(tmp_path, "found_count", start, end)
    (line,) = str(error.value).splitlines()
    assert line.startswith(f"ours.toml: targets: {says}")
    assert "counts" in says or line.endswith("the run of as it is, 2015-01-01 to 2015-06-30")


def test_a_figure_of_some_classes_is_held_against_these(tmp_path):
    (tmp_path / "ours.toml").write_text(OURS)
    dated = FIGURE.format(start="2015-01-01", end="2015-06-30", quantity="found_count", unit="incidents", value=5)
    (tmp_path / "figures.toml").write_text(dated + 'classes = ["disputes"]\n')
    place = read_place(tmp_path / "ours.toml", tmp_path / "figures.toml")
    assert place.column(place.file.targets[0]) == "ours"
    (told,) = place.design.file.parts
    assert (told.start, told.classes, told.only) == (None, ["disputes"], ["as it is"])
    (tmp_path / "others.toml").write_text(dated + 'classes = ["street_order"]\n')
    with pytest.raises(PlaceError, match=r"targets: ours: classes: .street_order. is no category or domain there"):
        read_place(tmp_path / "ours.toml", tmp_path / "others.toml")


def test_a_share_of_a_longer_period_may_be_held_against_a_run_inside_it(tmp_path):
    place = place_with(tmp_path, "solved_share_of_raised", "2014-01-01", "2015-12-31")
    assert place.column(place.file.targets[0]) == "solved_share_of_raised"


def test_where_candidates_run_for_longer_a_figure_is_still_held_against_its_own_days(tmp_path):
    longer = 'central_days = { "as it is" = 200 }\n' + OURS
    place = place_with(tmp_path, "found_count", "2015-01-01", "2015-06-30", longer)
    assert place.column(place.file.targets[0]) == "ours"
    shorter = 'central_days = { "as it is" = 100 }\n' + OURS
    with pytest.raises(PlaceError, match="ours counts 181 days; as it is runs for 100 only"):
        place_with(tmp_path, "found_count", "2015-01-01", "2015-06-30", shorter)


def test_a_figure_of_one_plan_need_not_lie_in_the_run_of_another(tmp_path):
    before = '[[plans]]\nname = "before"\nbase = "nanhu"\nset = { "period.start" = 2013-01-01 }\n[[targets]]'
    place = place_with(tmp_path, "found_count", *MARCH, OURS.replace("[[targets]]", before, 1))
    assert [told.only for told in place.design.file.parts] == [["as it is"]]
