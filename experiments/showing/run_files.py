"""The tables of a run for a spreadsheet: CSV that Excel opens with Chinese whole, and one workbook.

Layer: experiments.  Headings and words are in the language that is spoken; what programs read stands beside them.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from experiments.running.files import StorageError
from experiments.showing.run_maps import grid_names
from experiments.showing.run_tables import STANDING
from experiments.showing.style import width_of
from experiments.words.names import indicator, worded
from experiments.words.numbers import shown_unit
from languages.speaking import marked, say

if TYPE_CHECKING:
    from openpyxl.cell import WriteOnlyCell

    from experiments.running.replications import Replications
    from scenarios.loading import Scenario
    from sim.territory import Territory

FORMULAS = tuple("=+-@\t\r＝＋－＠")
"""What begins with one of these, a spreadsheet may take for a formula."""
WIDTHS = (8, 60)
"""The least and the most letters that a column is wide; longer texts are wrapped."""
WIDE = 100
MOST_BUILDINGS = 5_000
"""So many stand in the workbook, which is slow to write; the CSV has all."""
LONGEST = 32_767
"""The longest text of a cell."""
KINDS = {"building": marked("building"), "street": marked("street")}
BUILDINGS = (
    marked("number (as in cases.parquet)"), marked("site"), marked("x_m"), marked("y_m"), marked("households"),
    marked("residents"), marked("kind"), marked("grid"), marked("community"), marked("subdistrict"), marked("cell"),
)  # fmt: skip
"""Numbers are those of the case table, from 0. A scenario reads such a list as its sites, in English as in Chinese."""

type Cell = str | float | date | None


class Table(NamedTuple):
    """A sheet of the workbook, or a CSV."""

    name: str
    headings: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    widest: int = WIDTHS[1]


def write_tables(folder: Path, result: Mapping[str, Any], done: Replications) -> None:
    """Write the indicators and the buildings as CSV, and all of a run that is read as a workbook.

    Raises StorageError if the disk does not take them.
    """
    if done.first is None:
        raise RuntimeError("no replication has finished")
    indicators, buildings = indicators_of(result), buildings_of(done.scenario, done.first.territory)
    try:
        folder.mkdir(exist_ok=True)
        write_csv(folder / "indicators_for_excel.csv", indicators)
        write_csv(folder / "buildings.csv", buildings)
        sheets = answer_of(result, done), indicators, figures_of(result), units_of(result), first_of(buildings)
        write_workbook(folder / "run.xlsx", sheets)
    except OSError as error:
        reason = error.strerror or str(error)
        raise StorageError(say("--out: {target} cannot be written: {reason}", target=folder, reason=reason)) from None


# What stands in them -----------------------------------------------------------------------------------------------
def answer_of(result: Mapping[str, Any], done: Replications) -> Table:
    """The answer, and of which run it is."""
    period = done.scenario.parameters.period
    rows: list[Sequence[Cell]] = [(say("answer"), sentence) for sentence in result["answer"]]
    rows += [
        (say("scenario"), say(done.scenario.title)), (say("place"), say(done.scenario.place)),
        (say("from"), period.start), (say("days"), period.days), (say("first seed"), done.seeds[0]),
        (say("replications"), len(done.seeds)),
    ]  # fmt: skip
    return Table(say("answer"), (say("item"), say("content")), rows, WIDE)


def indicators_of(result: Mapping[str, Any]) -> Table:
    """Every indicator: its name, what it counts, its mean with its intervals, its unit, what programs call it."""
    headings = (
        say("name"), say("meaning"), say("mean"), say("95 % interval, from"), say("95 % interval, to"),
        say("what nobody knows, from"), say("what nobody knows, to"), say("unit"), say("identifier"),
    )  # fmt: skip
    rows, ranges = [], result["unknowns"]["ranges"] if result["unknowns"] else {}
    for name, entry in result["indicators"].items():
        unit = entry["unit"]
        unknown = ranges.get(name, (None, None)) if entry["has_meaning"] else (None, None)
        ends = [shown_value(end, unit) for end in (entry["mean"], entry["lo"], entry["hi"], *unknown)]
        rows.append((indicator(name), say(entry["definition"]), *ends, shown_unit(unit), name))
    return Table(say("indicators"), headings, rows)


def figures_of(result: Mapping[str, Any]) -> Table:
    """The published figures beside the run."""
    headings = (
        say("figure"), say("published"), say("simulated"), say("one more run, from"), say("one more run, to"),
        say("unit"), say("inside"), say("standing"), say("remark"),
    )  # fmt: skip
    inside = {True: say("yes"), False: say("no"), None: ""}
    rows = []
    for figure in result["figures"]:
        unit = figure["unit"]
        ends = [shown_value(figure[end], unit) for end in ("simulated", "lo", "hi")]
        words = inside[figure["inside"]], say(STANDING[figure["standing"]]), figure["note"]
        rows.append((figure["id"], figure["published_text"], *ends, shown_unit(unit), *words))
    if not rows and result["figures_note"]:
        rows.append((result["figures_note"], *[None] * (len(headings) - 1)))
    return Table(say("figures"), headings, rows)


def units_of(result: Mapping[str, Any]) -> Table:
    """How busy each unit is, and what waits for it."""
    headings = say("unit"), say("on duty"), say("busy, %"), say("waiting, mean"), say("longest queue")
    rows = [
        (
            worded(unit["unit"]), unit["people"], shown_value(unit["utilisation"], "share"),
            shown_value(unit["waiting_mean"], "cases"), unit["waiting_most"],
        )
        for unit in result["units"]
    ]  # fmt: skip
    return Table(say("units"), headings, rows)


def buildings_of(scenario: Scenario, territory: Territory) -> Table:
    """Every building and street spot with the grids that it belongs to."""
    grids, sites, cells = grid_names(territory.social), scenario.sites, territory.cells.grid_of
    rows: list[Sequence[Cell]] = []
    for number, (x_m, y_m) in enumerate(territory.site_at):
        households = int(territory.site_households[number])
        kind = sites[number].kind if sites else "building" if households else "street"
        rows.append((
            number, sites[number].site if sites else str(number), round(x_m, 1), round(y_m, 1), households,
            round(float(territory.site_residents[number])), say(KINDS[kind]), grids[territory.social.grid_of[number]],
            int(territory.community[number]), int(territory.subdistrict[number]), cells[number],
        ))  # fmt: skip
    return Table(say("buildings"), [say(heading) for heading in BUILDINGS], rows)


def first_of(buildings: Table) -> Table:
    """The list as far as it goes into the workbook, and where the others are."""
    more = len(buildings.rows) - MOST_BUILDINGS
    if more <= 0:
        return buildings
    told = say("{count:,} more are in {file}", count=more, file="buildings.csv")
    blank = [None] * (len(buildings.headings) - 2)
    return buildings._replace(rows=[*buildings.rows[:MOST_BUILDINGS], (None, told, *blank)])


def shown_value(value: float | None, unit: str) -> float | None:
    """A number for a cell: shares in percent, as the unit beside it says."""
    return None if value is None else round(value * (100 if unit == "share" else 1), 6)


# How they are written ----------------------------------------------------------------------------------------------
def write_csv(file: Path, table: Table) -> None:
    """As Excel opens it: with a byte-order mark, and with nothing in it that is taken for a formula."""
    with file.open("w", encoding="utf-8-sig", newline="") as opened:
        writer = csv.writer(opened)
        writer.writerow(table.headings)
        writer.writerows([_harmless(cell) for cell in row] for row in table.rows)


def _harmless(cell: Cell) -> Cell:
    """A text that a spreadsheet would take for a formula, with an apostrophe before it."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULAS) else cell


def write_workbook(file: Path, tables: Sequence[Table]) -> None:
    """A sheet for each table: the first row stays in sight, columns are as wide as what stands in them."""
    from openpyxl import Workbook
    from openpyxl.utils import get_column_letter

    book = Workbook(write_only=True)
    for table in tables:
        sheet = book.create_sheet(table.name)
        sheet.freeze_panes = "A2"
        for column, width in enumerate(_widths(table), 1):
            sheet.column_dimensions[get_column_letter(column)].width = width
        sheet.append([_bold(sheet, heading) for heading in table.headings])
        for row in table.rows:
            sheet.append([_cell(sheet, value, table.widest) for value in row])
    book.save(file)


def _widths(table: Table) -> Iterator[int]:
    for column in zip(table.headings, *table.rows, strict=True):
        yield min(max(WIDTHS[0], *(width_of(str(cell)) + 2 for cell in column)), table.widest)


def _bold(sheet: Any, heading: str) -> WriteOnlyCell:
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font

    cell = WriteOnlyCell(sheet, heading)
    cell.font = Font(bold=True)
    return cell


def _cell(sheet: Any, value: Cell, widest: int) -> Cell | WriteOnlyCell:
    """What is written for a value: itself, or a cell that says how it is shown."""
    if value is None or isinstance(value, int):
        return value
    from openpyxl.cell import WriteOnlyCell

    if isinstance(value, str):
        return _text(sheet, value, widest)
    cell = WriteOnlyCell(sheet, value)
    cell.number_format = "yyyy-mm-dd" if isinstance(value, date) else _digits(value)
    return cell


def _text(sheet: Any, value: str, widest: int) -> str | WriteOnlyCell:
    """A text stays one, whatever it begins with; a long one is wrapped."""
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
    from openpyxl.styles import Alignment

    text, is_long = ILLEGAL_CHARACTERS_RE.sub("", value)[:LONGEST], width_of(value) > widest - 2
    if not is_long and not text.startswith(FORMULAS):
        return text
    cell = WriteOnlyCell(sheet, text)
    if is_long:
        cell.alignment = Alignment(wrap_text=True, vertical="top")
    if text.startswith(FORMULAS):
        cell.data_type, cell.quotePrefix = "s", True
    return cell


def _digits(value: float) -> str:
    """As many digits as somebody reads."""
    return "#,##0" if abs(value) >= 1000 else "#,##0.0" if abs(value) >= 10 else "0.00"
