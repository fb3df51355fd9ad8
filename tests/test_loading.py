"""A scenario file says only what differs, and everything wrong with it is said at once, in one line each."""

from __future__ import annotations

import json
import random
import tomllib
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from calibration.checks import checks
from experiments.published.figures import figures
from scenarios.hours import parse_hours
from scenarios.loading import (
    LIBRARY,
    Family,
    Scenario,
    ScenarioError,
    changes,
    json_schema,
    load,
    names,
    parse_override,
    sources,
)  # fmt: skip
from scenarios.parameters import Science, Section, is_section, walk
from scenarios.schema import Parameters
from scenarios.wording import section_in

BASE = 'extends = "changning_2005q4"\n'
REASONS = 'source = "definition"\nwhy = "a test"\n'


def problems_of(text: str | bytes, folder: Path, name: str = "mine.toml") -> list[str]:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    with pytest.raises(ScenarioError) as caught:
        load(str(path))
    return caught.value.problems


def refusal(setting: str, name: str = "changning_2005q4") -> str:
    with pytest.raises(ScenarioError) as caught:
        load(name, dict([parse_override(setting)]))
    return str(caught.value)


@pytest.mark.parametrize(("setting", "line"), [
    pytest.param("supervisors.count=-3", "--set: supervisors.count = -3 must lie in [0, 100000]", id="below the range"),
    pytest.param("supervisors.cuont=3", "--set: supervisors.cuont is not a parameter; did you mean supervisors.count?",
                 id="a misspelt key gets the nearest"),
    pytest.param("supervisors.count=many", '--set: supervisors.count = "many" must be a whole number', id="a word"),
    pytest.param("supervisors.count=3.5", "--set: supervisors.count = 3.5 must be a whole number", id="half a person"),
    pytest.param("supervisors.count=true", "--set: supervisors.count = true must be a whole number", id="a truth"),
    pytest.param("demand.scale=nan", "--set: demand.scale = nan must be a finite number", id="not a number"),
    pytest.param("demand.scale=1e999", "--set: demand.scale = inf must be a finite number", id="infinity"),
    pytest.param("period.start=2005-13-01", '--set: period.start = "2005-13-01" must be a date such as 2005-10-01',
                 id="no such month"),
    pytest.param("categories.street_order.basis=per_km",
                 '--set: categories.street_order.basis = "per_km" must be one of per_km2, per_1000_residents; did you mean per_km2?',
                 id="no such choice"),
    pytest.param("demand.month_weights=[1, 2]", "--set: demand.month_weights = [1, 2] must be a list of 12 numbers",
                 id="too short a list"),
    pytest.param("supervisors=3", "--set: supervisors = 3 must be a table of parameters", id="a value for a table"),
    pytest.param("supervisors.count.x=3", "--set: supervisors.count.x is not a parameter: count is a value, not a table",
                 id="a table for a value"),
    pytest.param("categories.street_order.profile=stret",
                 '--set: categories.street_order.profile = "stret" must be one of even, street, works; did you mean street?',
                 id="no such profile"),
    pytest.param("territory.sites_file=../secret.csv",
                 '--set: territory.sites_file = "../secret.csv" must be a bare file name; the file lies beside the scenario',
                 id="a file elsewhere"),
    pytest.param("territory.sites_file=none.csv", f'--set: territory.sites_file = "none.csv" is not in {LIBRARY}', id="no such file"),
    pytest.param("territory.communities_count=3",
                 "--set: territory.communities_count = 3 must be at least subdistricts_count, 10", id="too few communities"),
    pytest.param("units.street_crew.people=14",
                 "--set: units.street_crew is new in units and lacks categories; did you mean street_crews?",
                 id="no such unit"),
    pytest.param("categories.new.rate=1",
                 "--set: categories.new is new in categories and lacks domain, seen_per_pass_prob, salience_prob, deadline_h, work_mean_h",
                 id="half a category"),
    pytest.param("supervisors..count=3",
                 '--set: "supervisors..count" is not the path of a parameter, such as supervisors.count', id="no path"),
    pytest.param("demand.surges={}", "--set: demand.surges = {} changes nothing; name what is to change", id="an empty table"),
    pytest.param("supervisors.count=3\nx = 4", '--set: supervisors.count = "3 x = 4" must be a whole number', id="two lines"),
    pytest.param("period.public_holidays=\"\"\"chin\na\"\"\"",
                 '--set: period.public_holidays = "chin a" must be one of china, none; did you mean china?',
                 id="a value of two lines"),
    pytest.param("period.start=2026-12-01",
                 '--set: period.public_holidays = "china" is known for 2004-2026 only, and the run lasts from 2026-12-01 to 2027-03-02; set it to "none", or choose other dates',
                 id="a run into a year whose holidays are not known"),
    pytest.param("period.start=9999-12-01", "--set: period.start = 9999-12-01 must lie in [1900-01-01, 2200-12-31]",
                 id="the end of time"),
    pytest.param("territory.households=10",
                 "--set: territory.households_per_social_grid = 300 makes 1 social grids of 10 households; there must be at least one for each of the 180 communities",
                 id="an override is to blame for what it makes inconsistent"),
    pytest.param("territory.cell_area_m2=400", None, id="cells by the ten thousand are fine"),
    pytest.param("nonsense", "--set: \"nonsense\" must be path=value, such as supervisors.count=314", id="no value"),
])  # fmt: skip
def test_an_override_that_cannot_be_is_refused_in_one_line(setting, line):
    if line is None:
        assert load("changning_2005q4", dict([parse_override(setting)])).parameters.territory.cell_area_m2 == 400
    else:
        assert refusal(setting) == line


def test_every_problem_of_a_file_is_said_at_once(tmp_path):
    text = BASE + "[supervisors]\n" + REASONS + 'count = -1\ncuont = 3\nhours = "7-19"\nsight_m = "far"\n'
    problems = problems_of(text, tmp_path)
    assert len(problems) == 4
    assert all(problem.startswith("mine.toml: supervisors.") and "\n" not in problem for problem in problems)


@pytest.mark.parametrize(("text", "part"), [
    pytest.param("[supervisors]\ncount = 3", "supervisors.count has no source", id="no source"),
    pytest.param('[supervisors]\nsource = "definition"\ncount = 3', "supervisors.count has no why", id="no why"),
    pytest.param('[supervisors]\nwhy = "x"\nsource = "definitoin"\ncount = 3', "which is not in sources.toml; did you mean definition?",
                 id="an unknown source"),
    pytest.param('[supervisors]\ncount = { value = 3, vaule = 4, source = "definition", why = "x" }',
                 "supervisors.count.vaule is not one of value, source, why", id="a misspelt value"),
    pytest.param("title = 3", "title = 3 must be text", id="a title that is no text"),
    pytest.param('extends = "chang"', "extends chang: there is no such scenario", id="no such parent"),
    pytest.param('titel = "x"', "titel is not a parameter; did you mean title?", id="a misspelt title"),
    pytest.param('[supervisors]\nwhy = "x"\nsource = "override"\ncount = 3', "for the command line and calling programs only",
                 id="a file is no override"),
    pytest.param('extends = "mine"', "extends itself: mine → mine", id="its own parent"),
    pytest.param("a = [", "is not valid TOML", id="not TOML"),
    pytest.param(b"\xff\xff", "is not UTF-8 text, nor GB18030; save it as UTF-8", id="not UTF-8"),
    pytest.param("x = " + "{a = " * 50 + "1" + "}" * 50, "nested too deeply", id="a deep nest"),
    pytest.param("x = " + "[" * 5000 + "]" * 5000, "mine.toml: ", id="a very deep nest"),
    pytest.param("x = " + "9" * 10_000, "mine.toml: ", id="a number of ten thousand digits"),
    pytest.param("# " + "x" * 1_000_001, "larger than 1 MB", id="a very large file"),
])  # fmt: skip
def test_a_malformed_file_is_refused(tmp_path, text, part):
    if isinstance(text, str) and not text.startswith(("extends", "titel", "a =", "x =", "#")):
        text = BASE + text
    problems = problems_of(text, tmp_path)
    assert part in problems[0]
    assert all("\n" not in problem for problem in problems)


def test_what_a_library_says_at_length_is_cut_to_a_line_that_still_says_where(tmp_path):
    deep = ".".join(["a"] * 3000)
    (tmp_path / "deep.toml").write_text(f"[{deep}]\n[{deep}]\n")
    with pytest.raises(ScenarioError) as caught:
        load(tmp_path / "deep.toml")
    (line,) = caught.value.problems
    assert len(line) < 300
    assert "in line 2, column " in line


def test_a_missing_file_or_name_is_refused(tmp_path):
    with pytest.raises(ScenarioError, match="there is no such file"):
        load(str(tmp_path / "nothing.toml"))
    with pytest.raises(ScenarioError, match="did you mean changning_111"):
        load("changnig_111")
    for name in ("x" * 5000, "x/" * 3000 + "a.toml", "a\0b", "", ".."):
        with pytest.raises(ScenarioError, match=r"^[^\n]{0,500}$"):
            load(name)


def test_missing_parents_and_the_files_own_problems_are_said_together(tmp_path):
    problems = problems_of('extends = ["nobody", "nothing"]\ntitle = 3\n', tmp_path)
    assert [problem.split(":")[1] for problem in problems] == [
        " extends nobody",
        " extends nothing",
        " title = 3 must be text",
    ]


def test_cyclic_parents_are_refused(tmp_path):
    (tmp_path / "a.toml").write_text('extends = "b"')
    (tmp_path / "b.toml").write_text('extends = "a"')
    with pytest.raises(ScenarioError, match="a → b → a"):
        load(str(tmp_path / "a.toml"))


def test_a_child_says_only_what_differs_and_knows_why(tmp_path):
    path = tmp_path / "fewer.toml"
    path.write_text(
        BASE
        + 'title = "Fewer"\n[supervisors]\ncount = { value = 251, source = "definition", why = "one in five leaves" }'
    )
    child, parent = load(str(path)), load("changning_2005q4")
    assert child.parameters.supervisors.count == 251
    assert child.parameters.demand == parent.parameters.demand
    assert child.parents == ("changning_2005q4", "base_city")
    [change] = changes(child)
    assert change == ("supervisors.count", 314, 251, "one in five leaves", "definition")
    assert child.provenance["supervisors.count"].origin == "fewer.toml"
    assert child.provenance["demand.scale"].origin == "changning_2005q4.toml"
    assert child.provenance["learning.exponent"].origin == "default"


def test_several_parents_apply_from_left_to_right():
    both = load("dongcheng_2010").parameters
    assert {"street_order", "disputes"} <= set(both.categories)
    assert both.rules.escalation == "ladder"
    assert both.supervisors.hours == load("dongcheng_2004").parameters.supervisors.hours


def community(folder: Path, name: str, extends: str, count: int | None = None, **more: float) -> Path:
    """Write an abstract scenario that changes the number of supervisors, or something else of theirs."""
    values = more | ({} if count is None else {"count": count})
    lines = "".join(f"{key} = {value}\n" for key, value in values.items())
    path = folder / f"{name}.toml"
    path.write_text(f"extends = {extends}\nabstract = true\n[supervisors]\n{REASONS}{lines}")
    return path


def test_a_common_ancestor_applies_once_and_changes_are_from_all_parents_together(tmp_path):
    community(tmp_path, "base", "[]", 10, sight_m=30.0)
    community(tmp_path, "left", '"base"', 77)
    community(tmp_path, "right", '"base"', shift_h=7.0)
    both = load(community(tmp_path, "both", '["left", "right"]', 50, sight_m=30.0))
    assert both.parents == ("right", "left", "base")
    assert both.parameters.supervisors.shift_h == 7.0
    assert [(change.path, change.old, change.new) for change in changes(both)] == [("supervisors.count", 77, 50)]
    assert load(community(tmp_path, "neither", '["left", "right"]')).parameters.supervisors.count == 77


def test_changes_of_the_library_are_from_what_its_parents_give_together():
    lines = {change.path: change.old for change in changes(load("dongcheng_2010"))}
    parent = load("dongcheng_2004").parameters
    assert lines["supervisors.count"] == parent.supervisors.count


def test_a_child_may_mend_a_parent_that_cannot_be_run(tmp_path):
    text = "[territory]\n" + REASONS + "communities_count = "
    (tmp_path / "broken.toml").write_text(BASE + text + "1")
    (tmp_path / "mended.toml").write_text('extends = "broken"\n' + text + "180")
    [change] = changes(load(str(tmp_path / "mended.toml")))
    assert (change.old, change.new) == (1, 180)


def test_an_override_by_table_changes_only_what_it_names():
    plain = load("changning_2005q4").parameters
    table = load("changning_2005q4", dict([parse_override("supervisors={count=3}")])).parameters
    assert table.supervisors == plain.supervisors.model_copy(update={"count": 3})
    crew = load("changning_2005q4", {"units": {"street_crews": {"people": 14}}}).parameters.units
    assert crew["street_crews"] == plain.units["street_crews"].model_copy(update={"people": 14})


def test_an_override_may_come_from_numpy():
    given = {"supervisors.count": np.int64(3), "demand.scale": np.float64(2.0), "demand.month_weights": np.ones(12)}
    bare = {"supervisors.count": 3, "demand.scale": 2.0, "demand.month_weights": [1.0] * 12}
    assert load("changning_2005q4", given).hash == load("changning_2005q4", bare).hash


def test_a_file_may_begin_with_a_byte_order_mark(tmp_path):
    (tmp_path / "mine.toml").write_text(BASE, encoding="utf-8-sig")
    assert load(str(tmp_path / "mine.toml")).hash == load("changning_2005q4").hash


def test_the_hash_follows_the_values_and_nothing_else(tmp_path):
    plain = load("junmen_2012")
    path = tmp_path / "same.toml"
    path.write_text('extends = "junmen_2012"\ntitle = "Other words"\n[supervisors]\n' + REASONS + "count = 0\n")
    assert load(str(path)).hash == plain.hash
    assert load("junmen_2012", {"supervisors.count": 0}).hash == plain.hash
    assert load("junmen_2012", {"party.weekly_h": 2.5}).hash != plain.hash


def test_an_override_of_the_program_takes_python_values():
    scenario = load("junmen_2012", {"period.start": date(2013, 8, 1), "demand.month_weights": [1.0] * 12})
    assert scenario.parameters.period.start == date(2013, 8, 1)
    assert scenario.provenance["period.start"].source == "override"


@pytest.mark.parametrize(("text", "path", "value"), [
    pytest.param("a.b=3", "a.b", 3, id="a whole number"),
    pytest.param("a.b = 3.5", "a.b", 3.5, id="a number"),
    pytest.param("a.b=true", "a.b", True, id="a truth"),
    pytest.param("a.b=[1, 2]", "a.b", (1, 2), id="a list"),
    pytest.param("a.b=ladder", "a.b", "ladder", id="a bare word"),
    pytest.param("a.b=07:00-19:00 daily", "a.b", "07:00-19:00 daily", id="hours"),
    pytest.param("a.b=2005-10-01", "a.b", date(2005, 10, 1), id="a date"),
])  # fmt: skip
def test_an_override_is_read_as_toml_or_as_a_word(text, path, value):
    assert parse_override(text) == (path, value)


def test_sites_of_a_real_community_are_checked_row_by_row(tmp_path):
    rows = ["site,x_m,y_m,households,residents,kind", "A,0,0,many,3,building", "B,0,nan,3,3,hut"]
    (tmp_path / "sites.csv").write_text("\n".join(rows))
    (tmp_path / "mine.toml").write_text('extends = "nanhu"\n[territory]\n' + REASONS + 'sites_file = "sites.csv"')
    with pytest.raises(ScenarioError) as caught:
        load(str(tmp_path / "mine.toml"))
    assert caught.value.problems == [
        'sites.csv:2: households = "many" must be a whole number',
        'sites.csv:3: y_m = "nan" must be a number',
        'sites.csv:3: kind = "hut" must be building or street',
    ]


@pytest.mark.parametrize(("rows", "problem"), [
    pytest.param("A,0,0,3,3,building\nA,9,9,3,3,building",
                 'sites.csv:3: site = "A" stands in row 2 already; give each site a name of its own', id="twice"),
    pytest.param(",0,0,3,3,building", "sites.csv:2: site is empty; give it a name", id="no name"),
    pytest.param("A,0,0,0,0,street", "sites.csv: no site has households", id="nobody lives there"),
    pytest.param("A,0,0,3,0,building", "sites.csv: no site has residents", id="homes without people"),
    pytest.param("\n".join(f"A{i},{i * 150_000},{i * 150_000},30,80,building" for i in range(60)),
                 "mine.toml: territory.cell_area_m2 = 10000 makes 7,832,250,000 cells; the most is 200,000", id="a continent"),
    pytest.param("A" * 200_000 + ",0,0,3,3,building", "sites.csv:2: has a cell of more than 131,072 signs; is a quotation mark not closed?",
                 id="a very long name"),
])  # fmt: skip
def test_sites_that_make_no_sense_are_refused(tmp_path, rows, problem):
    (tmp_path / "sites.csv").write_text("site,x_m,y_m,households,residents,kind\n" + rows)
    text = 'extends = "nanhu"\n[territory]\n' + REASONS + 'sites_file = "sites.csv"\narea_km2 = 1300.0'
    assert problems_of(text, tmp_path) == [problem]


@pytest.mark.parametrize(("text", "spans", "workdays_only"), [
    pytest.param("08:00-12:00 14:00-18:00 workdays", ((8, 12), (14, 18)), True, id="office hours"),
    pytest.param("19:00-07:30 daily", ((0, 7.5), (19, 24)), False, id="over midnight"),
    pytest.param("00:00-24:00 daily", ((0, 24),), False, id="always"),
])  # fmt: skip
def test_hours_are_read(text, spans, workdays_only):
    assert parse_hours(text) == (spans, workdays_only)


@pytest.mark.parametrize(
    "text", ["", "daily", "8-12 daily", "08:00-12:00", "08:00-12:00 11:00-13:00 daily", "25:00-26:00 daily"]
)
def test_hours_that_make_no_sense_are_refused(text):
    with pytest.raises(ValueError, match=r"write them as|different times"):
        parse_hours(text)


def test_every_parameter_has_its_science():
    for name in ("dongcheng_2010", "changning_2005q4"):
        for path, section, key, _ in walk(load(name).parameters):
            science = section.science(key)
            assert science.unit, path
            assert science.symbol, path
            assert science.source in sources(), path
            assert section.model_fields[key].description, path


def declared(section: type[Section]) -> Iterator[Science]:
    for name, field in section.model_fields.items():
        if not is_section(field):
            yield section.science(name)
        elif inner := section_in(field.annotation):
            yield from declared(inner)


def test_every_source_is_used_and_says_what_it_is():
    used = {entry.source for path in LIBRARY.glob("*.toml") for entry in load(path.stem).provenance.values()}
    used |= {science.source for science in declared(Parameters)}
    used |= {key for figure in figures() for key in figure.source.split(", ")}
    used |= {volume.source for volume in checks().volumes}
    code = "".join(
        path.read_text() for path in (LIBRARY.parent.parent / "sim").rglob("*.*") if path.suffix in (".py", ".md")
    )
    for key, source in sources().items():
        assert source.kind in ("published", "standard", "definition", "assumption", "calibrated")
        assert source.text
        # Two are for files that are not the library's: what the caller sets, and what `calibrate` writes for a user's place.
        assert key in used or key in code or key in ("override", "calibration-own"), f"{key} is used nowhere"


def test_editors_get_a_schema_that_accepts_the_library():
    schema = json_schema()
    json.dumps(schema)
    allowed = set(schema["properties"])
    for path in LIBRARY.glob("*.toml"):
        assert set(tomllib.loads(path.read_text())) <= allowed
    assert set(Parameters.model_fields) <= allowed


@pytest.mark.parametrize(("changes", "part"), [
    ({"categories.street_order.severity_shares": (0.5, 0.2, 0.1, 0.1)}, "sum to 0.9 and must sum to 1"),
    ({"demand.profiles.street.hour_weights": (0.0,) * 24}, "at least one hour must have a weight"),
    ({"demand.month_weights": (0.0,) * 12}, "at least one month must have a weight"),
    ({"residents.channels.hotline.share": 0.9}, "may sum to 1 at most"),
    ({"units.street_crews.rounds_share": 0.1, "units.street_crews.casework_share": 0.5}, "only grid posts make rounds"),
    ({"units.street_crews.rounds_share": 0.5}, "may sum to 1 at most"),
    ({"categories.street_order.profile": "streat"}, "did you mean street?"),
    ({"period.start": date(1850, 1, 1)}, "must lie in [1900-01-01, 2200-12-31]"),
    ({"period.start": date(1999, 1, 1)}, "is known for 2004-2026 only"),
    ({"territory.communities_count": 5, "territory.subdistricts_count": 6}, "must be at least subdistricts_count, 6"),
    ({"territory.sites_count": 100}, "but there are only 100 sites"),
    ({"party.groups_count": 10}, "must be at least branches_count, 180"),
    ({"party.members_count": 10}, "must be 0 or at least groups_count, 180"),
    ({"party.groups_count": 9000, "party.members_count": 9000}, "at most the number of sites"),
    ({"demand.scale": 900.0, "period.days": 7000, "period.public_holidays": "none"}, "incidents; the most is"),
    ({"residents.residents_per_agent": 1.0, "territory.households": 2_000_000}, "agents of"),
    ({"supervisors.working_grids_count": 1453}, "= 1453 must be at most 1,452, the cells there are, or 0: one for every post"),
    ({"units.street_crews.categories": ("advertising", "other_events", "construction")}, "has no competent unit"),
])  # fmt: skip
def test_what_does_not_fit_together_is_refused_with_what_would_be_right(changes, part):
    with pytest.raises(ScenarioError) as error:
        load("changning_2005q4", changes)
    assert any(part in problem for problem in error.value.problems), error.value.problems


@pytest.mark.parametrize("name", names())
def test_a_variant_that_is_derived_is_the_one_that_is_read(name):
    """Only what changes is looked at anew; what comes of it, and what is refused, is the same."""
    dice, family = random.Random(name), Family(name)
    numbers = [(path, value) for path, _, _, value in walk(load(name).parameters) if isinstance(value, float)]
    for _ in range(12):
        changes = {path: value * dice.choice([0.9, 1.0, 1.5, 1e9]) for path, value in dice.sample(numbers, 2)}
        derived, read = (told(way, changes) for way in (family.load, Family(name)._read))
        assert derived == read


def told(way: Callable[[dict[str, float]], Scenario], changes: dict[str, float]) -> object:
    try:
        found = way(changes)
    except ScenarioError as error:
        return error.problems
    return found.hash, found.parameters, found.provenance, found.sites, found.title, found.parents


@pytest.mark.parametrize(
    "changes",
    [{"party": 1.0}, {"party.none": 1.0}, {"units.nobody.people": 1}, {"party.weekly_h": "many"}, {"period.days": 0}],
)
def test_a_change_that_makes_no_scenario_is_refused_in_the_words_of_the_reader(changes):
    problems = []
    for way in (Family("junmen_2012").load, Family("junmen_2012")._read):
        with pytest.raises(ScenarioError) as refused:
            way(changes)
        problems.append(refused.value.problems)
    assert problems[0] == problems[1] != []
