"""Places and figures: what the library has, and how a wrong file is refused, in one line that names it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from calibration.fitting.likelihood import observed
from calibration.fitting.places import PlaceError, place_names, read_place
from experiments.published.figures import FIGURES, FigureError, read_figures

ROOT = Path(__file__).resolve().parent.parent
COMMAND = [sys.executable, str(ROOT / "run_experiment.py")]


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
    ('path = "demand.scale"', 'path = "party.weekly_h"', "is lever; only what is uncertain has a prior"),
    ('plan   = "before"', 'plan   = "befor"', "did you mean before?"),
    ("worlds = 240", "worlds   = 90", "the emulators need 40 at least"),
    ('base = "junmen_2012"', 'base = "junmen_2012"\nset = { "period.days" = 30 }', "counts 184 days; grid runs for 30"),
    ('also    = ["junmen-2013h2-in-grid-of-raised"]', 'also    = ["expo-2010-filed"]', "is not there"),
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
    pytest.param("value = 0.10", "value = 90.0", "a share cannot be above 1", id="per cent for a share"),
    pytest.param('"filed_count"', '"filed_cuont"', "did you mean filed_count?", id="an unknown indicator"),
    pytest.param("end = 2005-12-31", "end = 2006-02-01", "outside changning_2005q4", id="a period outside"),
]


@pytest.mark.parametrize(("old", "new", "says"), WRONG_FIGURES)
def test_a_wrong_file_of_figures_is_refused_in_one_line_that_names_it(tmp_path, old, new, says):
    file = tmp_path / "mine.toml"
    text = FIGURES.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))
    told = subprocess.run(
        [*COMMAND, "calibrate", "junmen", "--figures", str(file)],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
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


def test_a_file_of_figures_that_lacks_what_a_place_needs_is_named(tmp_path):
    (tmp_path / "empty.toml").write_text("")
    with pytest.raises(PlaceError, match=r"^empty.toml: lacks junmen-2013h2-raised and 4 more, which junmen.toml"):
        read_place("junmen", tmp_path / "empty.toml")
