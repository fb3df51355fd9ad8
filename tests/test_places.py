"""Places and figures: what the library has, and how a wrong file is refused, in one line that names it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from calibration import checks
from calibration.fitting.likelihood import observed
from calibration.fitting.places import PlaceError, place_names, read_place
from experiments.published.figures import FIGURES, FigureError, read_figures
from scenarios.loading import load
from scenarios.parameters import walk
from tests.calling import called

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize("name", place_names())
def test_every_place_of_the_library_fits_figures_that_may_be_fitted_to_what_is_uncertain(name):
    place = read_place(name)
    fitted = [place.figures[target.figure] for target in place.file.targets if target.use == "fit"]
    assert fitted
    assert all(figure.standing != "check" for figure in fitted)
    # A contested figure may stand for both of its readings, as a range that holds them.
    assert all(figure.kind == "range" for figure in fitted if figure.standing == "contested")
    assert all(entry.why for entry in place.file.unknown)
    assert place.file.held_back >= 40


WRONG_PLACES = [
    ('figure = "junmen-2013h2-raised"', 'figure = "junmen-2013h2-rased"', "did you mean junmen-2013h2-raised?"),
    ('figure = "junmen-2013h2-raised"', 'figure = "expo-2010-filed"', "is a check and must not be fitted"),
    ('path = "demand.scale"', 'path = "demand.scael"', "did you mean demand.scale?"),
    (
        'path = "demand.scale"',
        'path = "party.members_count"',
        "is published .thesis-junmen.; only what is not known has a prior",
    ),
    ('path = "demand.scale"', 'path = "period.days"', "is fixed; only what is not known has a prior"),
    ('plan   = "before"', 'plan   = "befor"', "did you mean before?"),
    ("worlds = 280", "worlds   = 90", "the emulators need 40 at least"),
    ('base = "junmen_2012"', 'base = "junmen_2012"\nset = { "period.days" = 30 }', "counts 184 days; grid runs for 30"),
    ('also    = ["junmen-2013h2-in-grid-of-raised"]', 'also    = ["expo-2010-filed"]', "is not there"),
    (
        'use    = "reading"\nsuits  = true',
        'use    = "predict"',
        "is a reading of junmen-2013h2-in-grid-of-solved and no test",
    ),
    ('use    = "reading"\nsuits  = true', "", "are readings of one figure; only one may be fitted"),
    (
        'figure = "junmen-2013h2-solved"\nplan   = "grid"',
        'figure = "junmen-2013h2-solved"\nplan   = "grid"\nuse = "reading"',
        "junmen-2013h2-solved is no reading of another figure",
    ),
    ("low  = 1.0", "low  = 9.0", "unknown.0: must have low and high, and low below high"),
    ("high = 6.0", "high = 6e9", "demand.scale may be"),
]


@pytest.mark.parametrize(("old", "new", "says"), WRONG_PLACES, ids=[says for *_, says in WRONG_PLACES])
def test_a_wrong_place_is_refused_in_one_line(tmp_path, old, new, says):
    file = tmp_path / "junmen.toml"
    text = (ROOT / "calibration" / "places" / "junmen.toml").read_text()
    assert old in text
    file.write_text(text.replace(old, new))
    with pytest.raises(PlaceError, match=says.replace("?", r"\?")) as error:
        read_place(file)
    assert all(line.startswith("junmen.toml: ") for line in str(error.value).splitlines())


WRONG_FIGURES = [
    pytest.param("value = 17889", "value = -5", "cannot be negative", id="a negative count"),
    pytest.param("count = 16459", "count = -3", "count lies between 0 and its denominator", id="a negative part"),
    pytest.param("count = 16459", "count = 26459", "count lies between 0 and its denominator", id="more than all"),
    pytest.param("of = 17889", "of = 0", "a denominator is at least 1", id="shares of nothing"),
    pytest.param('unit = "cases"', 'unit = "share"', 'the indicator filed_count has "cases"', id="another unit"),
    pytest.param("value = 0.90", "value = 90.0", "a share cannot be above 1", id="per cent for a share"),
    pytest.param('"filed_count"', '"filed_cuont"', "did you mean filed_count?", id="an unknown indicator"),
    pytest.param("end = 2005-12-31", "end = 2006-02-01", "outside changning_2005q4", id="a period outside"),
]


@pytest.mark.parametrize(("old", "new", "says"), WRONG_FIGURES)
def test_a_wrong_file_of_figures_is_refused_in_one_line_that_names_it(tmp_path, old, new, says):
    file = tmp_path / "mine.toml"
    text = FIGURES.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))
    told = called(tmp_path, "calibrate", "junmen", "--figures", str(file))
    assert told.returncode == 2
    lines = told.stderr.splitlines()
    assert len(lines) == 1, told.stderr
    assert lines[0].startswith("mine.toml: ")
    assert says in lines[0]
    with pytest.raises(FigureError):
        read_figures(file)


def test_the_kind_of_a_figure_follows_from_how_it_is_given():
    figures = {figure.id: figure for figure in read_figures(FIGURES)[0]}
    kinds = {name: figure.kind for name, figure in figures.items()}
    assert kinds["changning-2005q4-filed"] == "measured"
    assert kinds["changning-2005q4-ontime"] == "share"
    assert kinds["junmen-2013h2-in-grid-of-solved"] == "range"
    assert kinds["junmen-before-volume"] == "estimate"
    assert observed(figures["changning-2005q4-ontime"]).value == 16_459 / 17_889


def test_the_place_that_the_documentation_shows_can_be_calibrated(tmp_path):
    text = (ROOT / "docs" / "calibration.md").read_text()
    for block in re.findall(r"```toml\n(.*?)```", text, re.DOTALL):
        (tmp_path / block.splitlines()[0].removeprefix("# ")).write_text(block)
    place = read_place(tmp_path / "mine.toml", tmp_path / "ours.toml")
    assert [target.figure for target in place.file.targets] == ["ours-raised", "ours-solved"]
    assert len(place.design.worlds) == 110


@pytest.mark.parametrize("name", ["changning", "changning_learning"])
def test_load_and_learning_are_asked_with_the_same_crews_ceiling_and_staffing(name):
    place = read_place(name)
    unknown = {entry.path: entry for entry in place.file.unknown}
    other = {entry.path: entry for entry in read_place("changning").file.unknown}
    staff = ["units.street_crews.people", "units.street_crews.casework_share", "units.property_companies.settle_prob"]
    assert [unknown[path] for path in staff] == [other[path] for path in staff]
    assert set(unknown) - set(other) == ({*filter(lambda path: path.startswith("learning."), unknown)})
    assert "units.street_crews.casework_share" in place.unknown_in("first quarter")
    assert "units.street_crews.casework_share" not in place.unknown_in("second quarter")


def test_dongcheng_in_2015_is_fitted_without_its_hours():
    place = read_place("dongcheng_2015")
    uses = {target.figure.removeprefix("dongcheng-2015-"): target.use for target in place.file.targets}
    assert uses == {"closing": "fit", "public": "fit", "volume": "fit", "hours": "predict", "hours-office": "reading"}
    now = {path: value for plan in place.file.plans for path, _, _, value in walk(load(plan.base).parameters)}
    outside = {e.path: now[e.path] for e in place.file.unknown if not e.low <= now[e.path] <= e.high}
    assert not outside, "what was set by hand comes near the figures, so the priors hold it"


def test_a_file_of_figures_that_lacks_what_a_place_needs_is_named(tmp_path):
    (tmp_path / "empty.toml").write_text("")
    with pytest.raises(PlaceError, match=r"^empty.toml: lacks junmen-2013h2-raised and 4 more, which junmen.toml"):
        read_place("junmen", tmp_path / "empty.toml")


# Files that are no figures, no place -----------------------------------------------------------------------------
GOOD_FIGURE = (ROOT / "docs" / "calibration.md").read_text().split("```toml\n# ours.toml\n")[1].split("```")[0]
GOOD_PLACE = (ROOT / "docs" / "calibration.md").read_text().split("```toml\n# mine.toml\n")[1].split("```")[0]
GB18030 = 'title = "军门社区"\n'.encode("gb18030")
HOSTILE_FIGURES = {
    "one table": (GOOD_FIGURE.replace("[[figure]]", "[figure]", 1).split("[[figure]]")[0].encode(),
                  "figure must be a list of tables; each begins with [[figure]]"),
    "a string for the list": (GOOD_FIGURE.replace("scenarios = []", 'scenarios = "nanhu"', 1).encode(),
                              'ours-raised has scenarios = "nanhu"; it must be a list of names'),
    "a number in the list": (GOOD_FIGURE.replace("scenarios = []", "scenarios = [5]", 1).encode(),
                             "ours-raised has scenarios.0 = 5; it must be text"),
    "figures that are words": (b'figure = ["a", "b"]\n', "figure must be a list of tables"),
    "figure is a word": (b'figure = "a"\n', "figure must be a list of tables"),
    "an empty file": (b"", "lacks ours-raised and 1 more, which mine.toml is held against"),
    "a number as id": (GOOD_FIGURE.replace('id = "ours-raised"', "id = 5").encode(), "figure 1 has id = 5; it must be text"),
    "an id of two lines": (GOOD_FIGURE.replace('id = "ours-raised"', 'id = "a\\nb"').encode(), "figure 1 has an id that"),
    "an id that is an indicator": (GOOD_FIGURE.replace('id = "ours-raised"', 'id = "found_count"').encode(),
                                   "found_count has the name of an indicator as its id"),
    "a table for a value": (GOOD_FIGURE.replace("value = 150", "value = { a = 1 }").encode(), "ours-raised has value = {'a': 1}"),
    "a list for a value": (GOOD_FIGURE.replace("value = 150", "value = [1]").encode(), "ours-raised has value = [1]; it must be a number"),
    "a date in quotes": (GOOD_FIGURE.replace("value = 150", 'value = 150\nstart = "2015-01-01"\nend = 2015-01-02').encode(),
                         'ours-raised has start = "2015-01-01"; it must be a date such as'),
    "not a number": (GOOD_FIGURE.replace("value = 150", "value = nan").encode(), "ours-raised has value = nan"),
    "GB18030": (GB18030, '"title" is not a key; there are figure and without'),
    "half a table": (b"[[figure", "is not valid TOML "),
    "nested too deeply": (b"a = " + b"[" * 9000, "is nested too deeply"),
    "reasons that are none": (GOOD_FIGURE.encode() + b"\n[without]\nnanhu = 5\n", "without must be a table of scenarios"),
    "binary": (bytes(range(256)), "is not UTF-8 text"),
}  # fmt: skip
HOSTILE_PLACES = {
    "an empty file": (b"", "lacks title, question, plans, targets, unknown, discrepancy"),
    "GB18030": (GB18030, "lacks question, plans, targets, unknown, discrepancy"),
    "one table": (GOOD_PLACE.replace("[[plans]]", "[plans]").encode(), "plans: "),
    "a number as title": (GOOD_PLACE.replace('title = "Our community: what one month tells"', "title = 5").encode(),
                          "title: "),
    "a word for a table": (b'hand_over = "nanhu"\n' + GOOD_PLACE.split("[[hand_over]]")[0].encode(), "hand_over: "),
    "a table for a value": (GOOD_PLACE.replace("low = 1.0", "low = { a = 1 }").encode(), "unknown.0.low: "),
    "a number as a plan": (GOOD_PLACE.replace('plan = "as it is"', "plan = 5", 1).encode(), "targets.0.plan: "),
    "a scenario that is none": (GOOD_PLACE.replace('base = "nanhu"', 'base = "nanhoo"').encode(), "nanhoo"),
    "half a table": (b"[[plans", "is not valid TOML "),
    "nested too deeply": (b"a = " + b"[" * 9000, "is nested too deeply"),
    "binary": (bytes(range(256)), "is not UTF-8 text"),
}  # fmt: skip


def refused_by_calibrate(folder: Path) -> list[str]:
    """Lines on standard error of a calibration that must not begin."""
    told = called(folder, "calibrate", "mine.toml", "--figures", "ours.toml", "--out", "out")
    assert told.returncode == 2, told.stderr
    assert not (folder / "out").exists()
    return told.stderr.splitlines()


@pytest.mark.parametrize(("content", "says"), HOSTILE_FIGURES.values(), ids=HOSTILE_FIGURES)
def test_a_file_that_is_no_figures_is_refused_in_one_line(tmp_path, content, says):
    (tmp_path / "mine.toml").write_text(GOOD_PLACE)
    (tmp_path / "ours.toml").write_bytes(content)
    lines = refused_by_calibrate(tmp_path)
    assert lines[0].startswith("ours.toml: ")
    assert len(lines) == 1, lines
    assert says in lines[0]


@pytest.mark.parametrize(("content", "says"), HOSTILE_PLACES.values(), ids=HOSTILE_PLACES)
def test_a_file_that_is_no_place_is_refused_line_by_line(tmp_path, content, says):
    (tmp_path / "mine.toml").write_bytes(content)
    (tmp_path / "ours.toml").write_text(GOOD_FIGURE)
    lines = refused_by_calibrate(tmp_path)
    assert all(line.startswith("mine.toml: ") for line in lines), lines
    assert says in lines[0]
    assert len(lines) == 1, lines


@pytest.mark.parametrize(("figures", "place", "says"), [
    pytest.param("folder", "file", "ours.toml: is a folder; name a file", id="figures in a folder"),
    pytest.param("", "file", "ours.toml: cannot be read: No such file or directory", id="no figures"),
    pytest.param("file", "folder", '"mine.toml": there is no such place', id="a place that is a folder"),
    pytest.param("file", "", '"mine.toml": there is no such place', id="no place"),
])  # fmt: skip
def test_a_folder_and_a_missing_file_are_refused_in_one_line(tmp_path, figures, place, says):
    for name, kind, text in (("ours.toml", figures, GOOD_FIGURE), ("mine.toml", place, GOOD_PLACE)):
        if kind == "folder":
            (tmp_path / name).mkdir()
        elif kind:
            (tmp_path / name).write_text(text)
    (line,) = refused_by_calibrate(tmp_path)
    assert line.startswith(says)


def test_a_byte_order_mark_and_the_line_ends_of_windows_are_simply_read(tmp_path):
    for name, text in (("ours.toml", GOOD_FIGURE), ("mine.toml", GOOD_PLACE)):
        (tmp_path / name).write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    place = read_place(tmp_path / "mine.toml", tmp_path / "ours.toml")
    assert [target.figure for target in place.file.targets] == ["ours-raised", "ours-solved"]


@pytest.mark.parametrize(
    ("content", "says"), [(b"", "elsewhere: "), (b"\xff", "is not UTF-8"), (b"[[", "is not valid TOML")]
)
def test_checks_that_cannot_be_read_are_named(tmp_path, monkeypatch, content, says):
    (tmp_path / "validation.toml").write_bytes(content)
    monkeypatch.setattr(checks, "FILE", tmp_path / "validation.toml")
    checks.checks.cache_clear()
    with pytest.raises(ValueError, match=f"^validation.toml: {says}"):
        checks.checks()
    checks.checks.cache_clear()


@pytest.mark.parametrize("name", place_names())
def test_no_plan_rests_on_a_value_that_the_calibration_hands_over_and_does_not_draw_in_it(name):
    """Else calibrating twice would not give the same: what came of it the first time would be known the second."""
    place = read_place(name)
    for plan in place.file.plans:
        known, drawn = load(plan.base, plan.set).provenance, place.unknown_in(plan.name)
        elsewhere = [entry.path for entry in place.file.unknown if entry.path not in drawn]
        handed_over = [path for path in elsewhere if path in known and known[path].source == f"calibration-{name}"]
        assert handed_over == [], plan.name
