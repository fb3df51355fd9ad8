"""First screens fit: at any width no number, name or heading is cut, no column vanishes, no letter stands alone."""

from __future__ import annotations

import io
import json
import re
from collections import defaultdict
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from click.testing import CliRunner
from conftest import STUDY
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from calibration.answers import every_figure
from calibration.levers import Drawn, curves, drawn_in_words
from calibration.tables import print_calibration, print_levers, print_validation
from calibration.words import never_fitted_in_words
from experiments.showing.console import Page, left, plain_table, right
from languages.speaking import ENGLISH, say, speak
from languages.wrapping import wrapped
from run_experiment import cli
from scenarios.loading import names

ANOTHER_PERCENT = {"en": r"\d%", "zh": r"\d %"}
"""How each language does not write a share."""
WIDTHS = (60, 80, 100, 140)
WISHES = """
sets = 4
days = 30
volunteers = [0, 60]
escalation = ["ladder", "direct"]
grids = { counts = [2, 3] }
people_now = { grid_manager = 2, grid_assistant = 1 }
[[targets]]
indicator = "in_grid_share_of_solved"
at_least = 0.5
"""
FITS = 56
"""A word no longer than this can be shown whole at any of these widths."""

CALIBRATED = {file.stem: json.loads(file.read_text()) for file in Path(__file__).with_name("calibrations").iterdir()}
"""Of each place what its tables show of `calibrate PLACE --json`, by

    jq --indent 1 '{title, doubts, handed_over, figures, parameters, trade_offs, emulators, runs_count, done_count, ensemble,
                    sampling, coverage: (.coverage | {truths, mean_50, mean_90, even_p})}'
"""


@pytest.fixture(autouse=True)
def _in_english():
    yield
    speak(ENGLISH)


def plain(cell):
    return cell.plain if isinstance(cell, Text) else str(cell)


def lines_of(thing, width):
    out = io.StringIO()
    Page(file=out, width=width, highlight=False).print(thing)
    return out.getvalue().splitlines()


def lost(table, width):
    """What of a table is cut or missing at a width."""
    lines = lines_of(table, width)
    wrong = [f"too wide: {line}" for line in lines if cell_len(line.rstrip()) > width]
    for column in table.columns:
        for cell in [column.header, *column.cells]:
            pieces = [plain(cell).strip()] if column.no_wrap else re.split(r"\s+|(?<=\w-)(?=\w)", plain(cell))
            wrong += [
                f"cut: {piece}"
                for piece in pieces
                if piece and cell_len(piece) <= FITS and piece.isascii() and not any(piece in x for x in lines)
            ]
    return wrong


COMMANDS = [
    ["list"], ["run", "junmen_2012", "--replications", "2", "--days", "20", "--all"],
    ["run", "changning_2005q4", "--replications", "2", "--days", "7", "--all", "--ensemble", "none"],
    ["run", "nanhu", "--replications", "2", "--days", "20"],
    ["run", "dongcheng_2010", "--replications", "1", "--days", "3", "--all", "--ensemble", "none"],
    ["compare", "junmen_2012", "junmen_2012 --set party.members_count=0", "--replications", "3", "--set",
     "period.days=30", "--all"],
    ["compare", "junmen_2012", "junmen_2012 --set rules.escalation=direct", "--replications", "8", "--set",
     "period.days=30", "--ensemble", "junmen_2012"],
    ["economics", "junmen_2012", "--without", "junmen_before", "--replications", "3", "--set", "period.days=30", "--all"],
    ["economics", "dongcheng_2004", "--replications", "2", "--set", "period.days=3", "--all"],
    ["economics", "--appraisal", "--all"], ["plan", "STUDY"], ["sweep", "STUDY", "--out", "DIR"],
    ["size", "LIST", "--out", "DIR", "--all"], ["pilot", "LIST", "--plan", "3 x 1+1+1", "--plan", "2 x 2+2+1", "--out", "DIR", "--all"],
    *(["show", name] for name in names()),
]  # fmt: skip


@pytest.fixture
def tables(monkeypatch):
    """The tables that are printed from here on."""
    printed = []
    shown = Page.print

    def seen(self, *objects, **options):
        printed.extend(thing for thing in objects if isinstance(thing, Table))
        with monkeypatch.context() as usual:  # the parts of a table are printed, too, and are no tables of their own
            usual.setattr(Page, "print", shown)
            shown(self, *objects, **options)

    monkeypatch.setattr(Page, "print", seen)
    return printed


def misfits(tables):
    assert tables
    return [(width, line) for width in WIDTHS for table in tables for line in lost(table, width)][:5]


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_table_fits_at_any_width(command, language, tables, tmp_path, monkeypatch):
    (tmp_path / "study.toml").write_text(STUDY)
    rows = [f"{column}-{row},{30 * column},{30 * row},40,{1 + column // 3}" for column in range(6) for row in range(4)]
    (tmp_path / "ours.csv").write_text("\n".join(["site,x_m,y_m,households,grid", *rows]))
    (tmp_path / "ours.toml").write_text(WISHES)
    stands_for = {
        "STUDY": str(tmp_path / "study.toml"), "DIR": str(tmp_path / "out"), "LIST": str(tmp_path / "ours.csv"),
    }  # fmt: skip
    speak(language)
    words = [stands_for.get(word, word) for word in command]
    done = CliRunner().invoke(cli, words, env={"COLUMNS": str(WIDTHS[0])}, catch_exceptions=False)
    monkeypatch.undo()
    assert done.exit_code == 0, done.output
    assert not misfits(tables)
    assert not [line for line in done.stdout.splitlines() if cell_len(line.rstrip()) > WIDTHS[0]]
    assert not re.findall(ANOTHER_PERCENT[language], done.stdout)
    if language != ENGLISH:
        heads = {plain(column.header) for table in tables for column in table.columns}
        assert not [head for head in heads if re.search("[A-Za-z]{3}", head)]


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("everything", [True, False], ids=["all", "short"])
@pytest.mark.parametrize("place", CALIBRATED)
def test_what_a_calibration_prints_fits_at_any_width(place, everything, language, tables, monkeypatch, tmp_path):
    speak(language)
    print_calibration(CALIBRATED[place], tmp_path, everything)
    monkeypatch.undo()
    assert not misfits(tables)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("everything", [True, False], ids=["all", "short"])
def test_what_a_validation_prints_fits_at_any_width(everything, language, tables, monkeypatch):
    speak(language)
    rows = every_figure(CALIBRATED, [])
    answers = never_fitted_in_words(rows)
    print_validation({"figures": rows, "places": CALIBRATED, "answers": answers, "page": "validation.md"}, everything)
    monkeypatch.undo()
    assert not misfits(tables)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("width", WIDTHS)
def test_what_the_levers_print_fits_at_any_width(width, language, monkeypatch, capsys):
    speak(language)
    monkeypatch.setenv("COLUMNS", str(width))
    level = SimpleNamespace(values=defaultdict(lambda: np.ones((2, 3))))
    print_levers(drawn_in_words([Drawn(curve, level, None) for curve in curves()]), "levers.md")
    printed = capsys.readouterr().out
    assert max(cell_len(line.rstrip()) for line in printed.splitlines()) <= width
    assert all(say(curve.name).split()[-1] in printed for curve in curves())


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_answer_comes_first_and_is_short(language):
    speak(language)
    done = CliRunner().invoke(
        cli, ["run", "junmen_2012", "--days", "20"], env={"COLUMNS": "80"}, catch_exceptions=False
    )
    lines = done.output.splitlines()
    answer = lines[1 : lines.index("")]
    assert "8" in answer[0]
    assert len(lines) < 50
    assert max(map(cell_len, lines)) <= 80


@given(
    st.lists(st.tuples(st.text("abcdefgh _", min_size=1, max_size=30), st.integers(-(10**12), 10**12)), min_size=1, max_size=4),
    st.integers(2, 8), st.integers(60, 200),
)  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_no_number_is_ever_cut(rows, columns, width):
    table = plain_table("numbers", left("name", wraps=True), *(right(f"column {n}") for n in range(columns)))
    for name, value in rows:
        table.add_row(Text(name), *(f"{value + n:,}" for n in range(columns)))
    assert not lost(table, width)


@pytest.mark.parametrize(
    ("text", "columns", "lines"),
    [
        ("有一半从未被发现。", 16, ["有一半从未被", "发现。"]),
        ("这里总共有 8 户人家", 12, ["这里总共有", "8 户人家"]),
        ("多数参数组少（八成）", 14, ["多数参数组少", "（八成）"]),
        ("每天一二三四件/天", 15, ["每天一二三", "四件/天"]),
        ("how many do it", 11, ["how many", "do it"]),
    ],
    ids=[
        "no sign alone",
        "a number with its unit",
        "a bracket with what follows",
        "a unit whole",
        "no short word alone",
    ],
)
def test_lines_break_where_a_typesetter_would(text, columns, lines):
    assert wrapped(text, columns) == lines


def test_a_file_is_as_wide_as_columns_says(monkeypatch):
    for width in ("60", "200"):
        done = CliRunner().invoke(cli, ["list"], env={"COLUMNS": width}, catch_exceptions=False)
        assert 0.6 * int(width) < max(map(cell_len, done.output.splitlines())) <= int(width)


def test_a_table_too_wide_comes_in_parts_that_name_their_rows():
    table = plain_table("wide", left("plan"), *(right(f"a long heading {n}") for n in range(6)))
    table.add_row("first", *["1,234,567"] * 6)
    lines = lines_of(table, 60)
    assert sum("first" in line for line in lines) == 3
    assert sum("wide" in line for line in lines) == 1
