"""Getting rows of text out of a table as people have it: CSV of any separator and encoding, or an Excel workbook.

Layer: scenarios.  Knows nothing of what the columns mean.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from languages.speaking import say
from scenarios.toml_files import decoded, one_line
from scenarios.wording import ScenarioError

LARGEST_LIST_BYTES, LARGEST_UNPACKED_BYTES = 20_000_000, 200_000_000
SEPARATORS = ",;\t，；"
LINES_LOOKED_AT = 20
_ZIPPED, _OLD_EXCEL = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"


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
    try:
        if path.stat().st_size > LARGEST_LIST_BYTES:
            problem = say("{file}: is larger than 20 MB; a line to each building or spot is enough", file=path.name)
            raise ScenarioError([problem])
        raw = path.read_bytes()
        if raw.startswith(_OLD_EXCEL):
            problem = say("{file}: is a workbook of the old kind (.xls); save it as .xlsx or CSV", file=path.name)
            raise ScenarioError([problem])
        if raw.startswith(_ZIPPED):
            return list(_of_workbook(raw, path.name))
        text, encoding = decoded(raw)
    except UnicodeDecodeError:
        raise ScenarioError([say("{file}: is not UTF-8 text, nor GB18030; save it as UTF-8", file=path.name)]) from None
    except OSError as error:
        raise ScenarioError([say("{file}: cannot be read: {reason}", file=path.name, reason=error.strerror)]) from None
    if encoding != "UTF-8":
        remarks.append(say("is read as {encoding}", encoding=encoding))
    return [Sheet("", list(_of_text(text, path.name)))]


def _of_text(text: str, name: str) -> Iterator[Row]:
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text))
    try:
        for cells in rows:
            if any(cell.strip() for cell in cells):
                yield Row(rows.line_num, [cell.strip() for cell in cells])
    except csv.Error as error:
        raise ScenarioError([say("{file}: cannot be read: {reason}", file=name, reason=one_line(error))]) from None


def _separator(text: str) -> str:
    """The sign that stands most often in the first lines; one within quotation marks, such as of 1,200, seldom does."""
    lines = [line for line in text[:100_000].splitlines() if line.strip()][:LINES_LOOKED_AT]
    return max(SEPARATORS, key=lambda sign: sum(line.count(sign) for line in lines))


def _of_workbook(raw: bytes, name: str) -> Iterator[Sheet]:
    import zipfile  # only whoever has a workbook waits for these

    import openpyxl

    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as packed:
            if sum(part.file_size for part in packed.infolist()) > LARGEST_UNPACKED_BYTES:
                raise ScenarioError([say("{file}: is larger than 200 MB when unpacked", file=name)])
        book = openpyxl.load_workbook(io.BytesIO(raw), data_only=True)
        yield from [Sheet(sheet.title, list(_of_sheet(sheet))) for sheet in book.worksheets]
    except ScenarioError:
        raise
    except Exception as error:  # openpyxl fails in many ways on what is no workbook
        reason = one_line(error) or type(error).__name__
        raise ScenarioError(
            [say("{file}: is no workbook that can be read: {reason}", file=name, reason=reason)]
        ) from None


def _of_sheet(sheet: Any) -> Iterator[Row]:
    """Rows of a sheet; a cell that is merged over several rows stands in each of them.

    Only what cells there are is looked at: a sheet may be a million rows long, and empty but for some borders.
    """
    values: dict[int, dict[int, str]] = {}
    for (number, column), cell in sheet._cells.items():
        if text := _text(cell.value):
            values.setdefault(number, {})[column] = text
    above: dict[int, dict[int, str]] = {}
    for merged in sheet.merged_cells.ranges:
        if text := values.get(merged.min_row, {}).get(merged.min_col, ""):
            for number in range(merged.min_row + 1, merged.max_row + 1):
                above.setdefault(number, {})[merged.min_col] = text
    for number, own in sorted(values.items()):
        repeated = above.get(number, {})
        cells = own | repeated
        yield Row(
            number,
            [cells.get(column, "") for column in range(1, max(cells) + 1)],
            frozenset(column - 1 for column in repeated),
        )


def _text(value: object) -> str:
    """What a cell shows; whole numbers without a point."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value).strip()
