"""Getting rows of text out of a table as people have it: CSV of any separator and encoding, or an Excel workbook.

Layer: scenarios.  Knows nothing of what the columns mean. What is no table is called by its name.
"""

from __future__ import annotations

import csv
import io
import re
from bisect import bisect_right
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

from languages.speaking import listed, marked, say, say_many
from scenarios.toml_files import decoded
from scenarios.wording import ScenarioError

LARGEST_LIST_BYTES, LARGEST_UNPACKED_BYTES = 20_000_000, 40_000_000
"""Unpacked, a list of 100,000 rows fits; cells that fill it take a dozen seconds and most of a gigabyte."""
TOO_LARGE = marked("{file}: is larger than 20 MB; a line to each building or spot is enough")
MOST_MERGED_CELLS = 1_000_000
SEPARATORS = ",;\t，；"
LINES_LOOKED_AT = 20
MOST_HIDDEN_NAMED = 10
AT_A_TIME_BYTES = 1 << 16
_MERGED = re.compile(rb'<mergeCell ref="([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})"')
_LONGEST_MERGED = 64
"""Bytes that are looked at once more, in case the end of a piece cuts it."""
_ZIPPED, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
NO_TABLES = {
    (b"%PDF",): marked("{file}: is a PDF; copy the table into Excel or WPS, and save it as .xlsx or CSV"),
    (b"\x89PNG", b"\xff\xd8\xff", b"GIF8"): marked(
        "{file}: is a picture; type the table into Excel or WPS, and save it as .xlsx or CSV"
    ),
    (b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b"): marked("{file}: is packed; unpack it, and name the list that is in it"),
}
"""What is said of a file that begins so."""
NO_TEXTS = {
    ("<!doctype", "<html", "<table", "<head", "<meta", "<body", "<style"): marked(
        "{file}: is a web page, whatever its name says; open it in Excel or WPS, and save it as .xlsx or CSV"
    ),
    ("<?xml", "<kml", "<gpx"): marked("{file}: is XML and no table; save the list as .xlsx or CSV"),
    ("{", "[{"): marked("{file}: is JSON and no table; save the list as .xlsx or CSV"),
}
"""What is said of a text that begins so."""
NO_WORKBOOKS = {
    "word/document.xml": marked("{file}: is a document of Word; copy the table into Excel or WPS, and save it there"),
    "xl/workbook.bin": marked("{file}: is a workbook of another kind (.xlsb); save it as .xlsx or CSV"),
    "content.xml": marked("{file}: is a workbook of another kind (.ods); save it as .xlsx or CSV"),
}
"""What is said of a packed file that holds such a part and no workbook."""
BROKEN = marked("{file}: is no workbook that can be read; open it in Excel or WPS, and save it again as .xlsx")


class Row(NamedTuple):
    """One row that is not blank."""

    number: int
    """As the file counts: of CSV its line, of a workbook its row, from 1."""
    cells: list[str]
    merged: frozenset[int] = frozenset()
    """Columns whose cell is one with the cell above, and repeats what stands there."""


class Sheet(NamedTuple):
    """The rows of a file, or of one sheet of a workbook."""

    name: str
    """Empty: the file has no sheets."""
    rows: list[Row]


def read_sheets(path: Path, remarks: list[str]) -> list[Sheet]:
    """Every sheet of a file with its rows, blank ones left out; what is to be said of the file goes to the remarks.

    Raises ScenarioError if there is no reading it.
    """
    raw = raw_of(path)
    if raw.startswith(_ZIPPED):
        return _of_workbook(raw, path.name, remarks)
    text = text_of(raw, path.name, remarks)
    start = text[:100].lstrip().lower()
    for beginnings, message in NO_TEXTS.items():
        if start.startswith(beginnings):
            raise ScenarioError([say(message, file=path.name)])
    return [Sheet("", list(_of_text(text, path.name)))]


def raw_of(path: Path, too_large: str = TOO_LARGE) -> bytes:
    """A file as it lies there.

    Raises ScenarioError if it is none, too large, or clearly neither a text nor a workbook.
    """
    try:
        if path.is_dir():
            raise ScenarioError([say("{file}: is a folder; name a file", file=path.name)])
        if path.stat().st_size > LARGEST_LIST_BYTES:
            raise ScenarioError([say(too_large, file=path.name)])
        raw = path.read_bytes()
    except FileNotFoundError:
        raise ScenarioError([say("{file}: there is no such file", file=path.name)]) from None
    except OSError as error:
        raise ScenarioError([say("{file}: cannot be read: {reason}", file=path.name, reason=error.strerror)]) from None
    if raw.startswith(_OLE):
        problem = (
            marked("{file}: is protected by a password; save it without one")
            if "EncryptedPackage".encode("utf-16-le") in raw
            else marked("{file}: is a workbook of the old kind (.xls); save it as .xlsx or CSV")
        )
        raise ScenarioError([say(problem, file=path.name)])
    for beginnings, problem in NO_TABLES.items():
        if raw.startswith(beginnings):
            raise ScenarioError([say(problem, file=path.name)])
    return raw


def text_of(raw: bytes, name: str, remarks: list[str]) -> str:
    """The text of a file; what is not in UTF-8 is remarked.

    Raises ScenarioError if it is no text.
    """
    try:
        text, encoding = decoded(raw)
    except UnicodeDecodeError:
        raise ScenarioError([say("{file}: is not UTF-8 text, nor GB18030; save it as UTF-8", file=name)]) from None
    if encoding != "UTF-8":
        remarks.append(say("is read as {encoding}", encoding=encoding))
    return text


def _of_text(text: str, name: str) -> Iterator[Row]:
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text))
    try:
        for cells in rows:
            if any(cell.strip() for cell in cells):
                yield Row(rows.line_num, [cell.strip() for cell in cells])
    except csv.Error:  # a cell of more than 131,072 characters
        problem = say(
            "{file}:{line}: has a cell of more than 131,072 signs; is a quotation mark not closed?",
            file=name,
            line=rows.line_num,
        )
        raise ScenarioError([problem]) from None


def _separator(text: str) -> str:
    """The sign that stands most often in the first lines; one within quotation marks, such as of 1,200, seldom does."""
    lines = [line for line in text[:100_000].splitlines() if line.strip()][:LINES_LOOKED_AT]
    return max(SEPARATORS, key=lambda sign: sum(line.count(sign) for line in lines))


# Workbooks --------------------------------------------------------------------------------------------------------
def _of_workbook(raw: bytes, name: str, remarks: list[str]) -> list[Sheet]:
    import openpyxl  # only whoever has a workbook waits for it, and for what unpacks

    try:
        has_formulas = _check_parts(raw, name)
        book = openpyxl.load_workbook(io.BytesIO(raw), data_only=True)
        formulas = openpyxl.load_workbook(io.BytesIO(raw)) if has_formulas else book
        sheets = [Sheet(sheet.title, list(_of_sheet(sheet, formulas[sheet.title]))) for sheet in book.worksheets]
    except ScenarioError:
        raise
    except Exception:  # openpyxl fails in many ways on what is no workbook
        raise ScenarioError([say(BROKEN, file=name)]) from None
    hidden = [number for sheet in book.worksheets for number, row in sheet.row_dimensions.items() if row.hidden]
    if hidden:
        named = [str(number) for number in sorted(hidden)[:MOST_HIDDEN_NAMED]]
        more = ["…"] if len(hidden) > MOST_HIDDEN_NAMED else []
        remarks.append(
            say_many("{count} row is hidden and read all the same: {rows}",
                     "{count} rows are hidden and read all the same: {rows}", len(hidden), rows=listed(named + more))
        )  # fmt: skip
    return sheets


def _check_parts(raw: bytes, name: str) -> bool:
    """Unpack every part bit by bit, as nothing is sure of what a file says of its own size; True: it has formulas.

    Raises ScenarioError if it is too large, or no workbook; BadZipFile if it is not what it says.
    """
    import zipfile

    unpacked, merged, formulas = 0, 0, False
    with zipfile.ZipFile(io.BytesIO(raw)) as packed:
        parts = packed.namelist()
        for part, message in NO_WORKBOOKS.items():
            if part in parts and "xl/workbook.xml" not in parts:
                raise ScenarioError([say(message, file=name)])
        for entry in packed.infolist():
            with packed.open(entry) as opened:
                end = b""
                while piece := opened.read(AT_A_TIME_BYTES):
                    unpacked += len(piece)
                    formulas |= b"<f>" in piece or b"<f " in piece
                    merged += sum(_merged_count(found) for found in _MERGED.finditer(end + piece))
                    end = piece[-_LONGEST_MERGED:]
                    if unpacked > LARGEST_UNPACKED_BYTES:
                        raise ScenarioError([say("{file}: is larger than 40 MB when unpacked", file=name)])
                    if merged > MOST_MERGED_CELLS:
                        raise ScenarioError([say("{file}: merges more cells than a list has; unmerge them", file=name)])
    return formulas


def _merged_count(found: re.Match[bytes]) -> int:
    """How many cells a range such as A2:B9 holds."""
    from openpyxl.utils import column_index_from_string

    left, top, right, bottom = found.groups()
    first, last = (int(column_index_from_string(letters.decode())) for letters in (left, right))
    return (last - first + 1) * (int(bottom) - int(top) + 1)


def _of_sheet(sheet: Any, formulas: Any) -> Iterator[Row]:
    """Rows of a sheet; a cell that is merged over several rows stands in each of them.

    Only what cells there are is looked at: a sheet may be a million rows long, and empty but for some borders. Where
    the file keeps no value of a formula, the formula itself stands.
    """
    values: dict[int, dict[int, str]] = {}
    for (number, column), cell in chain(formulas._cells.items(), sheet._cells.items()):
        if text := cell_text(cell.value):
            values.setdefault(number, {})[column] = text
    numbers = sorted(values)
    above: dict[int, dict[int, str]] = {}
    for merged in sheet.merged_cells.ranges:
        if text := values.get(merged.min_row, {}).get(merged.min_col, ""):
            for number in numbers[bisect_right(numbers, merged.min_row) : bisect_right(numbers, merged.max_row)]:
                above.setdefault(number, {})[merged.min_col] = text
    for number in numbers:
        own = values[number]
        repeated = above.get(number, {})
        cells = own | repeated
        yield Row(
            number,
            [cells.get(column, "") for column in range(1, max(cells) + 1)],
            frozenset(column - 1 for column in repeated),
        )


def cell_text(value: object) -> str:
    """What a cell shows; whole numbers without a point."""
    value = getattr(value, "text", value)  # a formula over several cells
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value).strip()
