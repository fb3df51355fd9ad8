"""What the columns of a list of sites are: the row of headings, what stands above it, and what nobody reads.

Layer: scenarios.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from languages.speaking import listed, say, say_many, spoken
from scenarios.projecting import Crs, Point
from scenarios.site_tables import Row, Sheet
from scenarios.wording import ScenarioError, shown

HEADINGS = {
    "site": ("site", "楼栋", "楼栋名称", "楼栋号", "楼号", "幢号", "点位", "点位名称", "名称", "name", "building"),
    "x_m": ("xm", "x", "x坐标", "横坐标", "东坐标", "easting"),
    "y_m": ("ym", "y", "y坐标", "纵坐标", "北坐标", "northing"),
    "lon": ("lon", "lng", "longitude", "经度"),
    "lat": ("lat", "latitude", "纬度"),
    "households": ("households", "户数", "总户数", "住户数", "住户", "household"),
    "residents": ("residents", "人口", "人口数", "总人口", "人数", "居民", "居民数", "常住人口", "population"),
    "kind": ("kind", "类型", "类别", "点位类型", "type"),
    "grid": ("grid", "网格", "所属网格", "网格名称", "网格编号", "网格号", "社区网格", "socialgrid"),
    "compound": (
        "compound", "小区", "所属小区", "小区名称", "小区名", "住宅小区", "居民小区", "居住小区", "小区院落",
        "院落", "所属院落", "院落名称", "楼院", "大院", "楼盘", "楼盘名称", "estate", "housingestate",
    ),
}  # fmt: skip
"""What a column may be called, without spaces, units and underscores; of two for the same, the first here counts.

A compound is what stands behind one gate: 片区 is mostly several of them, and 社区 (community) is all of them.
"""
CALLED = {
    "site": ("site", "楼栋", "名称"), "x_m": ("x_m", "X坐标", "经度"), "y_m": ("y_m", "Y坐标", "纬度"),
    "households": ("households", "户数"),
}  # fmt: skip
"""The columns that there must be, and how one may call them: in English, and then in Chinese."""
WRITTEN = {
    "en": {name: name for name in ("site", "x_m", "y_m", "households", "residents", "kind", "compound", "grid")},
    "zh": {
        "site": "楼栋", "x_m": "X坐标", "y_m": "Y坐标", "households": "户数", "residents": "人口", "kind": "类型",
        "compound": "小区", "grid": "网格",
    },
}  # fmt: skip
"""How a list that we write calls its columns, by language; all of them can be read again."""
ROWS_LOOKED_AT = 10
"""The headings stand in one of the first rows; what stands above them is a title."""
LEAST_KNOWN = 2
"""A row with so many known headings is the row of headings."""
LONGEST_NAMED = 200
NOTHING = frozenset({"-", "--", "—", "——", "/", "\\", "无", "n/a", "null"})
"""What people write into a cell where there is nothing to write."""


class Taken(NamedTuple):
    """A number that a cell does not hold alone, and that was taken out of it."""

    row: int
    column: str
    text: str
    number: float


@dataclass
class Remarks:
    """What is said of how a file was read, in three lines at most."""

    left_out: list[str] = field(default_factory=list)
    derived: list[str] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)
    """As it stands there, or not at all."""

    def lines(self, file: str) -> Iterator[str]:
        """The remarks of a kind in one line each."""
        for clauses in (self.left_out, self.derived, self.taken):
            if clauses:
                yield f"{file}: {say('; ').join(clauses)}"


@dataclass
class Table:
    """The rows below the headings of a file, and what is found out about them."""

    file: str
    headings: Sequence[str]
    columns: Mapping[str, int]
    rows: Sequence[Row]
    remarks: Remarks
    is_text: bool
    """Whether cells are told apart by signs that may stand within them too."""
    wants_grids: bool = False
    """Whether grids are named, and are to be those of the territory."""
    problems: list[str] = field(default_factory=list)
    derived: Counter[str] = field(default_factory=Counter)
    points: dict[int, Point] = field(default_factory=dict)
    """By row, as far as they can be read."""
    numbers_taken: list[Taken] = field(default_factory=list)

    def heading(self, name: str) -> str:
        """A column as the file itself calls it."""
        return cut(self.headings[self.columns[name]])

    def cell(self, row: Row, name: str) -> str:
        """What stands in a column, in plain characters; empty where there is nothing."""
        column = self.columns.get(name, len(row.cells))
        text = unicodedata.normalize("NFKC", row.cells[column]).strip() if column < len(row.cells) else ""
        return "" if text.lower() in NOTHING else text

    def object_to(self, at: Row, message: str, **values: object) -> None:
        """Say what is wrong with a row: `message` is said with its place first."""
        self.problems.append(f"{self.file}:{at.number}: {say(message, **values)}")


def headed(sheets: Sequence[Sheet], file: str, crs: Crs, remarks: Remarks) -> Table:
    """The rows below the headings of the first sheet that has any.

    Raises ScenarioError if there are none, or a column lacks that there must be.
    """
    head, sheet = _row_of_headings(sheets, file)
    if len(sheets) > 1:
        remarks.left_out.append(say('is read from the sheet "{sheet}" only', sheet=sheet.name))
    if titles := sheet.rows[: sheet.rows.index(head)]:
        remarks.left_out.append(
            say_many("row {rows} stands above the headings and is left out",
                     "rows {rows} stand above the headings and are left out",
                     len(titles), rows=listed(str(row.number) for row in titles))
        )  # fmt: skip
    columns = _columns(head)
    for axis, degrees in (("x_m", "lon"), ("y_m", "lat")):
        found = columns.pop(degrees, None)
        if found is not None and (crs != "metres" or axis not in columns):
            columns[axis] = found
    lacking = [name for name in CALLED if name not in columns]
    headings = cut(listed(filter(None, head.cells)))
    problems = [
        say("{file}: has no column {column} (it may also be called {called}); its columns are {columns}",
            file=file, column=column, called=listed(others), columns=headings)
        for column, *others in map(_called, lacking)
    ]  # fmt: skip
    below = sheet.rows[sheet.rows.index(head) + 1 :]
    if not below:
        problems.append(say("{file}: has no row below its headings; it needs a row to each site", file=file))
    if problems:
        raise ScenarioError(problems)
    remarks.left_out += _told_of_columns(head, columns)
    return Table(file, head.cells, columns, below, remarks, is_text=not sheet.name)


def plain(text: str) -> str:
    """A heading or a word without what people add to it: units in brackets, spaces, underscores, a colon."""
    text = re.sub(r"\(.*?\)|\[.*?\]", "", unicodedata.normalize("NFKC", text).lower())
    return re.sub(r"[\s_:-]", "", text)


def cut(text: str) -> str:
    """A text that the file gives, not too long for a line."""
    return text if len(text) <= LONGEST_NAMED else text[: LONGEST_NAMED - 1] + "…"


def _row_of_headings(sheets: Sequence[Sheet], file: str) -> tuple[Row, Sheet]:
    known = [
        (len(_columns(row)), -place, row) for place, sheet in enumerate(sheets) for row in sheet.rows[:ROWS_LOOKED_AT]
    ]
    if not known:
        raise ScenarioError([say("{file}: is empty; it needs a row of headings, and a row to each site", file=file)])
    count, place, head = max(known, key=lambda entry: (entry[0] >= LEAST_KNOWN, entry[1], entry[0], -entry[2].number))
    if count < LEAST_KNOWN:
        wanted = "site, x_m, y_m, households"
        first = shown(", ".join(filter(None, known[0][2].cells)))
        problem = say("{file}: has no row of headings such as {wanted}; its first row is {row}",
                      file=file, wanted=wanted, row=first)  # fmt: skip
        raise ScenarioError([problem])
    return head, sheets[-place]


def _columns(row: Row) -> dict[str, int]:
    """What each column is, where its heading is known."""
    headings = [plain(cell) for cell in row.cells]
    found = {name: next((known for known in called if known in headings), "") for name, called in HEADINGS.items()}
    return {name: headings.index(heading) for name, heading in found.items() if heading}


def written_heading(name: str) -> str:
    """How a list that we write calls a column, in the language that is spoken."""
    return WRITTEN.get(spoken(), WRITTEN["en"])[name]


def _called(name: str) -> list[str]:
    """How a column may be called; first in the language that is spoken."""
    chinese_first = spoken() == "zh"
    return sorted(CALLED[name], key=lambda heading: heading.isascii() is chinese_first)


def _told_of_columns(head: Row, columns: Mapping[str, int]) -> Iterator[str]:
    """What is said of columns that nobody reads; first of those that mean what another means, which is read."""
    unread = {column: cell for column, cell in enumerate(head.cells) if cell and column not in columns.values()}
    for name, read in columns.items():
        same = [column for column, cell in unread.items() if plain(cell) in HEADINGS[name]]
        if same:
            yield say(
                "{column} (column {place}) is read, and not {others}, which would mean the same",
                column=cut(head.cells[read]), place=read + 1,
                others=cut(listed(say("{column} (column {place})", column=unread.pop(column), place=column + 1)
                                  for column in same)),
            )  # fmt: skip
    if unread:
        yield say("columns that the model does not read: {columns}", columns=cut(listed(unread.values())))
