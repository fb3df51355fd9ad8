"""The sites of a real community, from a list as people have it.

Layer: scenarios.  What is wrong is said row by row, all of it at once; what was derived or left out is said too.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Literal, NamedTuple

from languages.speaking import listed, marked, say, say_many, spoken
from scenarios.projecting import WIDEST_DEGREES, Point, are_degrees, may_be_degrees, to_metres
from scenarios.site_grids import completed, in_pieces
from scenarios.site_tables import Row, Sheet, read_sheets
from scenarios.wording import ScenarioError, shown, suggest

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
}  # fmt: skip
"""What a column may be called, without spaces, units and underscores; of two for the same, the first here counts."""
CALLED = {
    "site": ("site", "楼栋", "名称"), "x_m": ("x_m", "X坐标", "经度"), "y_m": ("y_m", "Y坐标", "纬度"),
    "households": ("households", "户数"),
}  # fmt: skip
"""The columns that there must be, and how one may call them: in English, and then in Chinese."""
KINDS = {
    "building": "building", "楼栋": "building", "住宅": "building", "住宅楼": "building", "居民楼": "building",
    "street": "street", "街面": "street", "道路": "street", "街面点位": "street", "街道": "street",
}  # fmt: skip
TOTALS = frozenset({"合计", "总计", "小计", "共计", "total", "totals", "sum"})
FARTHEST_M, MOST_PEOPLE = 1e8, 1e6
ROWS_LOOKED_AT = 10
"""The headings stand in one of the first rows; what stands above them is a title."""
LEAST_KNOWN = 2
"""A row with so many known headings is the row of headings."""
LONGEST_NAMED = 200
NAMES_OF_DEGREES = {"wgs84": "WGS 84", "gcj02": "GCJ-02"}
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.IGNORECASE)
_WITHIN = re.compile(r"\d[\d,]*\.?\d*")

type Crs = Literal["metres", "wgs84", "gcj02"]


class Site(NamedTuple):
    """One building or street spot of a real community."""

    site: str
    x_m: float
    y_m: float
    households: int
    residents: int
    kind: str
    grid: str = ""
    """The social grid that it belongs to today; empty: the list names none."""


class Listing(NamedTuple):
    """The sites of a file, and what is to be said of how they were read."""

    sites: tuple[Site, ...] | None
    """None: there is no file."""
    remarks: tuple[str, ...]


@dataclass
class _Remarks:
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
class _Table:
    """The rows below the headings of a file, and what is found out about them."""

    file: str
    headings: Sequence[str]
    columns: Mapping[str, int]
    rows: Sequence[Row]
    remarks: _Remarks
    wants_grids: bool = False
    """Whether grids are named, and are to be those of the territory."""
    problems: list[str] = field(default_factory=list)
    derived: Counter[str] = field(default_factory=Counter)
    points: dict[int, Point] = field(default_factory=dict)
    """By row, as far as they can be read."""

    def heading(self, name: str) -> str:
        """A column as the file itself calls it."""
        return _cut(self.headings[self.columns[name]])

    def cell(self, row: Row, name: str) -> str:
        """What stands in a column, in plain characters; empty where there is nothing."""
        column = self.columns.get(name, len(row.cells))
        return unicodedata.normalize("NFKC", row.cells[column]).strip() if column < len(row.cells) else ""

    def object_to(self, at: Row, message: str, **values: object) -> None:
        """Say what is wrong with a row: `message` is said with its place first."""
        self.problems.append(f"{self.file}:{at.number}: {say(message, **values)}")


def read_sites(
    path: Path, residents_per_household: float, crs: Crs = "metres", social_grids: Literal["file", "cut"] = "file"
) -> Listing:
    """Read a community's sites; columns may stand in any order, and be called as in `HEADINGS`.

    Raises ScenarioError with every problem of every row.
    """
    remarks = _Remarks()
    table = _headed(read_sheets(path, remarks.left_out), path.name, crs, remarks)
    table.wants_grids = social_grids == "file" and any(table.cell(row, "grid") for row in table.rows)
    sites = list(_sites(table, residents_per_household))
    if not table.problems:
        table.problems += _wanting(sites, path.name)
    _check_places(table, crs)
    if not table.problems and crs != "metres":
        sites = _projected(sites, table, crs)
    if not table.problems and "grid" in table.columns:
        sites = _in_grids(sites, table, social_grids)
    if table.problems:
        raise ScenarioError(table.problems)
    remarks.derived += _derived(table, residents_per_household)
    return Listing(tuple(sites), tuple(remarks.lines(path.name)))


# Headings ---------------------------------------------------------------------------------------------------------
def _headed(sheets: Sequence[Sheet], file: str, crs: Crs, remarks: _Remarks) -> _Table:
    """The rows below the headings of the first sheet that has any."""
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
    sheet = sheets[-place]
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
    headings = _cut(listed(filter(None, head.cells)))
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
    notes = [cell for column, cell in enumerate(head.cells) if cell and column not in columns.values()]
    if notes:
        remarks.left_out.append(say("columns that the model does not read: {columns}", columns=_cut(listed(notes))))
    return _Table(file, head.cells, columns, below, remarks)


def _columns(row: Row) -> dict[str, int]:
    """What each column is, where its heading is known."""
    plain = [_plain(cell) for cell in row.cells]
    found = {name: next((known for known in headings if known in plain), "") for name, headings in HEADINGS.items()}
    return {name: plain.index(heading) for name, heading in found.items() if heading}


def _called(name: str) -> list[str]:
    """How a column may be called; first in the language that is spoken."""
    chinese_first = spoken() == "zh"
    return sorted(CALLED[name], key=lambda heading: heading.isascii() is chinese_first)


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_NAMED else text[: LONGEST_NAMED - 1] + "…"


def _plain(text: str) -> str:
    """A heading or a word without what people add to it: units in brackets, spaces, underscores, a colon."""
    text = re.sub(r"\(.*?\)|\[.*?\]", "", unicodedata.normalize("NFKC", text).lower())
    return re.sub(r"[\s_:-]", "", text)


# Rows -------------------------------------------------------------------------------------------------------------
def _sites(table: _Table, residents_per_household: float) -> Iterator[Site]:
    """The rows that can be read; why the others cannot is added to the problems."""
    row_of: dict[str, int] = {}
    totals = [row for row in table.rows if _is_total(row, table)]
    notes = [row for row in _below(table, totals) if _is_note(row)]
    table.remarks.left_out += _told_of_rows(totals, notes)
    for row in [row for row in table.rows if row not in totals and row not in notes]:
        name = table.cell(row, "site")
        if name in row_of:
            table.object_to(
                row, marked("{column} = {value} stands in row {row} already; give each site a name of its own"),
                column=table.heading("site"), value=shown(name), row=row_of[name],
            )  # fmt: skip
        elif name:
            row_of[name] = row.number
        if site := _site(row, table, residents_per_household):
            yield site


def _told_of_rows(totals: Sequence[Row], notes: Sequence[Row]) -> Iterator[str]:
    if totals:
        yield say_many("row {rows} is a total and is left out", "rows {rows} are totals and are left out",
                       len(totals), rows=_cut(listed(str(row.number) for row in totals)))  # fmt: skip
    if notes:
        yield say_many("row {rows} ({text}) looks like a remark and is left out",
                       "rows {rows} ({text}) look like remarks and are left out",
                       len(notes), rows=_cut(listed(str(row.number) for row in notes)),
                       text=shown(" ".join(filter(None, notes[0].cells))))  # fmt: skip


def _below(table: _Table, totals: Sequence[Row]) -> Sequence[Row]:
    """The rows below the last one that has a place."""
    last = max((place for place, row in enumerate(table.rows) if _has_place(row, table)), default=len(table.rows))
    return [row for row in table.rows[last + 1 :] if row not in totals]


def _has_place(row: Row, table: _Table) -> bool:
    return any(_NUMBER.fullmatch(table.cell(row, axis).replace(",", "")) for axis in ("x_m", "y_m"))


def _is_note(row: Row) -> bool:
    """True for what people write below a table, such as who made it: no numbers, and a colon or only one cell."""
    filled = [text for cell in row.cells if (text := unicodedata.normalize("NFKC", cell).strip())]
    if any(_NUMBER.fullmatch(text.replace(",", "")) for text in filled):
        return False
    return any(":" in text for text in filled) or (len(filled) == 1 and not any(map(str.isdigit, filled[0])))


def _is_total(row: Row, table: _Table) -> bool:
    nowhere = not (table.cell(row, "x_m") or table.cell(row, "y_m"))
    return nowhere and any(_plain(cell) in TOTALS for cell in row.cells)


def _site(row: Row, table: _Table, residents_per_household: float) -> Site | None:
    """One row as a site; None if a number of it cannot be read."""
    name = table.cell(row, "site")
    if not name:
        table.object_to(row, marked("{column} is empty; give it a name"), column=table.heading("site"))
    x_m, y_m = (_number(row, axis, table, -FARTHEST_M, FARTHEST_M) for axis in ("x_m", "y_m"))
    if x_m is not None and y_m is not None:
        table.points[row.number] = (x_m, y_m)
    word = table.cell(row, "kind")
    kind = KINDS.get(_plain(word), "")
    in_the_street = kind == "street"
    households = 0.0 if in_the_street and not table.cell(row, "households") else _people(row, "households", table)
    if table.cell(row, "residents"):
        residents = _people(row, "residents", table)
    else:
        residents = None if households is None else round(households * residents_per_household)
        table.derived["residents"] += bool(households)
    if word and not kind:
        table.object_to(
            row, marked("{column} = {value} must be building or street{hint}"),
            column=table.heading("kind"), value=shown(word), hint=suggest(word, ["building", "street"]),
        )  # fmt: skip
    elif not kind:
        kind = "building" if households else "street"
        table.derived["kind"] += 1
    if x_m is None or y_m is None or households is None or residents is None:
        return None
    return Site(name, x_m, y_m, int(households), int(residents), kind, _grid(row, table, kind))


def _people(row: Row, name: str, table: _Table) -> float | None:
    return _number(row, name, table, 0.0, MOST_PEOPLE, whole=True)


def _number(row: Row, name: str, table: _Table, low: float, high: float, whole: bool = False) -> float | None:
    """The number of a column; None, with the problem added, if it is none or out of range."""
    text, column = table.cell(row, name), table.heading(name)
    if table.columns[name] in row.merged:
        table.object_to(row, marked("{column} is merged with the row above; give each row its own"), column=column)
        return None
    if not text:
        table.object_to(row, marked("{column} is empty; write a number"), column=column)
        return None
    bare = text.replace(",", "") if _THOUSANDS.fullmatch(text) else text
    number = float(bare) if _NUMBER.fullmatch(bare) else None
    if number is None or (whole and abs(number) < MOST_PEOPLE and not number.is_integer()):
        within = _WITHIN.findall(text)
        hint = (
            say("; if {number} is meant, write it alone", number=within[0])
            if number is None and len(within) == 1
            else ""
        )
        message = marked("{column} = {value} must be a whole number{hint}") if whole else marked(
            "{column} = {value} must be a number{hint}"
        )  # fmt: skip
        table.object_to(row, message, column=column, value=shown(text), hint=hint)
        return None
    if not low <= number <= high:
        table.object_to(
            row, marked("{column} = {value} must lie in [{low:g}, {high:g}]"),
            column=column, value=text[:60], low=low, high=high,
        )  # fmt: skip
        return None
    return number


def _grid(row: Row, table: _Table, kind: str) -> str:
    """The grid that the file names; a building without one where others have theirs is a problem."""
    grid = table.cell(row, "grid")
    if table.wants_grids and not grid and kind == "building":
        message = marked("{column} is empty; every building belongs to a grid")
        table.object_to(row, message, column=table.heading("grid"))
    return grid


# The list as a whole ------------------------------------------------------------------------------------------------
def _wanting(sites: Sequence[Site], file: str) -> Iterator[str]:
    if not any(site.households for site in sites):
        yield say("{file}: no site has households", file=file)
    elif not any(site.residents for site in sites):
        yield say("{file}: no site has residents", file=file)


def _check_places(table: _Table, crs: Crs) -> None:
    """Object to coordinates that are not what the scenario takes them for, and to single rows far from all others."""
    points = list(table.points.values())
    if not points:
        return
    x, y = table.heading("x_m"), table.heading("y_m")
    headed_as_degrees = _plain(x) in HEADINGS["lon"]
    middle = (median(along for along, _ in points), median(up for _, up in points))
    near = [point for point in points if not _is_astray(point, middle)]
    if 2 * len(near) > len(points) and (crs != "metres" or headed_as_degrees or are_degrees(near)):
        points = near
        for row in table.rows:
            for axis, name in enumerate(("x_m", "y_m")):
                if row.number in table.points and _is_astray(table.points[row.number], middle, (axis,)):
                    table.object_to(
                        row, marked("{column} = {value} lies far from all other rows, which are near {middle:g}"),
                        column=table.heading(name), value=table.cell(row, name), middle=middle[axis],
                    )  # fmt: skip
    if message := _against(points, crs, headed_as_degrees):
        table.problems.append(say(message, file=table.file, x=x, y=y, **_ranges(points)))


def _is_astray(point: Point, middle: Point, axes: Sequence[int] = (0, 1)) -> bool:
    """True for what is too far from the middle to be in degrees of the same place."""
    return any(abs(point[axis] - middle[axis]) > WIDEST_DEGREES / 2.0 for axis in axes)


def _projected(sites: Sequence[Site], table: _Table, crs: Literal["wgs84", "gcj02"]) -> list[Site]:
    """The same in metres."""
    points = to_metres([(site.x_m, site.y_m) for site in sites], crs)
    table.remarks.derived.append(
        say("degrees ({crs}) are projected to metres around the middle of the sites", crs=NAMES_OF_DEGREES[crs])
    )
    return [site._replace(x_m=x_m, y_m=y_m) for site, (x_m, y_m) in zip(sites, points, strict=True)]


def _against(points: Sequence[Point], crs: Crs, headed_as_degrees: bool) -> str:
    """What is to be said against coordinates that are not what the scenario takes them for; empty if they are."""
    if not may_be_degrees(points) and are_degrees([(y, x) for x, y in points]):
        return marked(
            "{file}: {x} from {x_low:g} to {x_high:g} and {y} from {y_low:g} to {y_high:g} are latitude and longitude, "
            "the wrong way round; exchange their headings"
        )
    if crs == "metres" and (headed_as_degrees or are_degrees(points)):
        return marked(
            "{file}: {x} from {x_low:g} to {x_high:g} and {y} from {y_low:g} to {y_high:g} are degrees and not metres; "
            "say of what kind: --crs gcj02 (Chinese maps) or --crs wgs84 (GPS, OpenStreetMap) on the command line, or "
            'sites_crs = "gcj02" or "wgs84" under [territory] in the scenario file'
        )
    if crs != "metres" and not may_be_degrees(points):
        return marked(
            "{file}: {x} from {x_low:g} to {x_high:g} and {y} from {y_low:g} to {y_high:g} are not degrees of one "
            'place; set territory.sites_crs to "metres"'
        )
    return ""


def _ranges(points: Sequence[Point]) -> dict[str, float]:
    along, up = zip(*points, strict=True)
    return {"x_low": min(along), "x_high": max(along), "y_low": min(up), "y_high": max(up)}


def _in_grids(sites: list[Site], table: _Table, social_grids: Literal["file", "cut"]) -> list[Site]:
    """The sites with the grids of the file, or without any if new ones are to be cut."""
    column = table.heading("grid")
    named = [site.grid for site in sites]
    if not any(named):
        table.remarks.taken.append(say("{column} is empty in every row", column=column))
        return sites
    if social_grids == "cut":
        table.remarks.taken.append(say('{column} is not read: territory.social_grids = "cut"', column=column))
        return [site._replace(grid="") for site in sites]
    points = [(site.x_m, site.y_m) for site in sites]
    grids = completed(points, named)
    table.remarks.taken += _told_of_grids(points, named, grids)
    return [site._replace(grid=grid) for site, grid in zip(sites, grids, strict=True)]


def _told_of_grids(points: Sequence[Point], named: Sequence[str], grids: Sequence[str]) -> Iterator[str]:
    yield say_many(
        "its {count} social grid is taken as it is; territory.households_per_social_grid changes nothing",
        "its {count} social grids are taken as they are; territory.households_per_social_grid changes nothing",
        len(set(grids)),
    )  # fmt: skip
    if without := named.count(""):
        yield say_many(
            "{count} spot without a grid belongs to the nearest grid",
            "{count} spots without a grid belong to the nearest grid", without,
        )  # fmt: skip
    if apart := list(in_pieces(points, grids)):
        yield say_many(
            "{count} grid lies in more than one piece: {grids}",
            "{count} grids lie in more than one piece: {grids}",
            len(apart), grids=_cut(listed(apart)),
        )  # fmt: skip


def _derived(table: _Table, residents_per_household: float) -> Iterator[str]:
    """What a file does not say and was worked out."""
    if count := table.derived["residents"]:
        yield say_many(
            "residents of {count} site are its households × {size:g} (territory.residents_per_household)",
            "residents of {count} sites are their households × {size:g} (territory.residents_per_household)",
            count, size=residents_per_household,
        )  # fmt: skip
    if count := table.derived["kind"]:
        yield say_many(
            "{count} site of no kind is a building if it has households, and else a spot in the street",
            "{count} sites of no kind are buildings if they have households, and else spots in the street",
            count,
        )  # fmt: skip
