"""The sites of a real community, from a list as people have it.

Layer: scenarios.  What is wrong is said row by row, all of it at once; what was derived or left out is said too.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from math import dist
from pathlib import Path
from statistics import median
from typing import Literal, NamedTuple

from languages.speaking import listed, marked, say, say_many
from scenarios.projecting import WIDEST_DEGREES, Crs, Degrees, Plane, Point, are_degrees, may_be_degrees, plane_of
from scenarios.site_columns import HEADINGS, Remarks, Table, Taken, cut, headed, plain
from scenarios.site_grids import completed, in_pieces
from scenarios.site_numbers import number_of, perhaps_meant, taken_from
from scenarios.site_tables import SEPARATORS, Row, read_sheets
from scenarios.wording import ScenarioError, shown, suggest

KINDS = {
    "building": "building", "楼栋": "building", "住宅": "building", "住宅楼": "building", "居民楼": "building",
    "street": "street", "街面": "street", "道路": "street", "街面点位": "street", "街道": "street",
}  # fmt: skip
TOTALS = frozenset({"合计", "总计", "小计", "共计", "本页小计", "total", "totals", "sum"})
FARTHEST_M, MOST_PEOPLE = 1e8, 1e6
MOST_TOLD = 3
"""Of numbers that were taken out of their cells; the others are counted."""
NAMES_OF_DEGREES: Mapping[Degrees, str] = {"wgs84": "WGS 84", "gcj02": "GCJ-02", "bd09": "BD-09"}
LATITUDES_OF_CHINA, LEAST_LONGITUDE_OF_CHINA = (18.0, 54.0), 73.0
"""Nobody lives so far east of Greenwich as China lies north, and so far north as it lies east."""


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


class Found(NamedTuple):
    """What a table says of its sites, one after the other; grids as they are named there."""

    sites: list[Site]
    """In metres."""
    rows: list[int]
    """In which row each stands."""
    compounds: list[str]
    """In which compound each lies; empty: none is named."""
    plane: Plane | None
    """Where metres lie in degrees; None: the table is in metres itself."""


def read_sites(
    path: Path, residents_per_household: float, crs: Crs = "metres", social_grids: Literal["file", "cut"] = "file"
) -> Listing:
    """Read a community's sites; columns may stand in any order, and be called as in `HEADINGS`.

    Raises ScenarioError with every problem of every row.
    """
    remarks = Remarks()
    table = headed(read_sheets(path, remarks.left_out), path.name, crs, remarks)
    table.wants_grids = social_grids == "file" and any(table.cell(row, "grid") for row in table.rows)
    sites = found_in(table, residents_per_household, crs).sites
    if "grid" in table.columns:
        sites = _in_grids(sites, table, social_grids)
    return Listing(tuple(sites), tuple(remarks.lines(path.name)))


def found_in(table: Table, residents_per_household: float, crs: Crs) -> Found:
    """The sites of a table; what was derived or left out goes to its remarks.

    Raises ScenarioError with every problem of every row, and those that the table has already.
    """
    rows = _rows_of_sites(table)
    found, row_of = [], dict[str, int]()
    for row, name in zip(rows, _names(rows, table), strict=True):
        if name and row_of.setdefault(name, row.number) != row.number:
            table.object_to(
                row, marked("{column} = {value} stands in row {row} already; give each site a name of its own"),
                column=table.heading("site"), value=shown(name), row=row_of[name],
            )  # fmt: skip
        if site := _site(row, name, table, residents_per_household):
            found.append((row, site))
    sites = [site for _, site in found]
    if not table.problems:
        table.problems += _wanting(sites, table.file)
    _check_places(table, crs)
    if table.problems:
        raise ScenarioError(table.problems)
    plane = None
    if crs != "metres":
        plane, sites = _projected(sites, table, crs)
    table.remarks.derived += _derived(table, residents_per_household)
    compounds = [table.cell(row, "compound") for row, _ in found]
    return Found(sites, [row.number for row, _ in found], compounds, plane)


# Rows -------------------------------------------------------------------------------------------------------------
def _rows_of_sites(table: Table) -> list[Row]:
    """The rows but for totals, and for what people write below a table."""
    totals = [row for row in table.rows if _is_total(row, table)]
    left_out = {row.number for row in totals}
    notes = [row for row in _below(table, left_out) if _is_note(row)]
    table.remarks.left_out += _told_of_rows(totals, notes)
    left_out |= {row.number for row in notes}
    return [row for row in table.rows if row.number not in left_out]


def _names(rows: Sequence[Row], table: Table) -> list[str]:
    """What the site of each row is called: with its compound, if several compounds have a site of that name."""
    names = [table.cell(row, "site") for row in rows]
    compounds = [table.cell(row, "compound") for row in rows]
    many = Counter(name for name, _ in set(zip(names, compounds, strict=True)) if name)
    longer = [f"{compound} {name}".strip() if many[name] > 1 else name
              for name, compound in zip(names, compounds, strict=True)]  # fmt: skip
    if changed := [new for new, name in zip(longer, names, strict=True) if new != name]:
        table.remarks.derived.append(
            say_many("{column} is the same in several compounds: {count} site is called with its own, such as {name}",
                     "{column} is the same in several compounds: {count} sites are called with theirs, such as {name}",
                     len(changed), column=table.heading("site"), name=shown(changed[0]))
        )  # fmt: skip
    return longer


def _told_of_rows(totals: Sequence[Row], notes: Sequence[Row]) -> Iterator[str]:
    if totals:
        yield say_many("row {rows} is a total and is left out", "rows {rows} are totals and are left out",
                       len(totals), rows=cut(listed(str(row.number) for row in totals)))  # fmt: skip
    if notes:
        yield say_many("row {rows} ({text}) looks like a remark and is left out",
                       "rows {rows} ({text}) look like remarks and are left out",
                       len(notes), rows=cut(listed(str(row.number) for row in notes)),
                       text=shown(" ".join(filter(None, notes[0].cells))))  # fmt: skip


def _below(table: Table, left_out: Collection[int]) -> Sequence[Row]:
    """The rows below the last one that has a place."""
    last = max((place for place, row in enumerate(table.rows) if _has_place(row, table)), default=len(table.rows))
    return [row for row in table.rows[last + 1 :] if row.number not in left_out]


def _has_place(row: Row, table: Table) -> bool:
    return any(number_of(table.cell(row, axis)) is not None for axis in ("x_m", "y_m"))


def _is_note(row: Row) -> bool:
    """True for what people write below a table, such as who made it: no numbers, and a colon or only one cell."""
    filled = [text for cell in row.cells if (text := unicodedata.normalize("NFKC", cell).strip())]
    if any(number_of(text) is not None for text in filled):
        return False
    return any(":" in text for text in filled) or (len(filled) == 1 and not any(map(str.isdigit, filled[0])))


def _is_total(row: Row, table: Table) -> bool:
    nowhere = not (table.cell(row, "x_m") or table.cell(row, "y_m"))
    return nowhere and any(plain(cell) in TOTALS for cell in row.cells)


def _site(row: Row, name: str, table: Table, residents_per_household: float) -> Site | None:
    """One row as a site; None if a number of it cannot be read."""
    filled = list(filter(None, row.cells))
    if table.is_text and len(filled) == 1 and any(sign in filled[0] for sign in SEPARATORS):
        message = marked("{value} is separated by other signs than the headings; write all rows with the same")
        table.object_to(row, message, value=shown(filled[0]))
        return None
    if table.is_text and any(row.cells[len(table.headings) :]):
        table.object_to(
            row, marked("has {cells} cells, and there are {headings} headings; write a comma within a cell in "
                        "quotation marks, or leave it out"), cells=len(row.cells), headings=len(table.headings),
        )  # fmt: skip
    if not name:
        table.object_to(row, marked("{column} is empty; give it a name"), column=table.heading("site"))
    x_m, y_m = (_number(row, axis, table, -FARTHEST_M, FARTHEST_M) for axis in ("x_m", "y_m"))
    if x_m is not None and y_m is not None:
        table.points[row.number] = (x_m, y_m)
    word = table.cell(row, "kind")
    kind = KINDS.get(plain(word), "")
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


def _people(row: Row, name: str, table: Table) -> float | None:
    return _number(row, name, table, 0.0, MOST_PEOPLE, whole=True)


def _number(row: Row, name: str, table: Table, low: float, high: float, whole: bool = False) -> float | None:
    """The number of a column; None, with the problem added, if it is none or out of range."""
    text, column = table.cell(row, name), table.heading(name)
    if table.columns[name] in row.merged:
        table.object_to(row, marked("{column} is merged with the row above; give each row its own"), column=column)
        return None
    if not text:
        table.object_to(row, marked("{column} is empty; write a number"), column=column)
        return None
    if text.startswith(("=", "#")):
        message = marked("{column} = {value} is a formula whose value the file does not keep; open it in Excel or WPS "
                         "and save it, or write the number") if text[0] == "=" else marked(
            "{column} = {value} is what a broken formula shows; write the number"
        )  # fmt: skip
        table.object_to(row, message, column=column, value=shown(text))
        return None
    number = number_of(text)
    if number is None and whole and (number := taken_from(text)) is not None:
        table.numbers_taken.append(Taken(row.number, column, text, number))
    if number is None or (whole and abs(number) < MOST_PEOPLE and not number.is_integer()):
        meant = perhaps_meant(text) if number is None else ""
        hint = say("; if {number} is meant, write it alone", number=meant) if meant else ""
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


def _grid(row: Row, table: Table, kind: str) -> str:
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


def _check_places(table: Table, crs: Crs) -> None:
    """Object to coordinates that are not what the scenario takes them for, and to single rows far from all others."""
    points = list(table.points.values())
    if not points:
        return
    x, y = table.heading("x_m"), table.heading("y_m")
    headed_as_degrees = plain(x) in HEADINGS["lon"]
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
        farthest = max(table.points, key=lambda row: dist(table.points[row], middle))
        table.problems.append(say(message, file=table.file, x=x, y=y, farthest=farthest, **_ranges(points)))


def _is_astray(point: Point, middle: Point, axes: Sequence[int] = (0, 1)) -> bool:
    """True for what is too far from the middle to be in degrees of the same place."""
    return any(abs(point[axis] - middle[axis]) > WIDEST_DEGREES / 2.0 for axis in axes)


def _projected(sites: Sequence[Site], table: Table, crs: Degrees) -> tuple[Plane, list[Site]]:
    """The same in metres, and the plane on which they lie."""
    degrees = [(site.x_m, site.y_m) for site in sites]
    plane = plane_of(degrees, crs)
    table.remarks.derived.append(
        say("degrees ({crs}) are projected to metres around the middle of the sites", crs=NAMES_OF_DEGREES[crs])
    )
    points = plane.metres(degrees, crs)
    return plane, [site._replace(x_m=x_m, y_m=y_m) for site, (x_m, y_m) in zip(sites, points, strict=True)]


def _against(points: Sequence[Point], crs: Crs, headed_as_degrees: bool) -> str:
    """What is to be said against coordinates that are not what the scenario takes them for; empty if they are."""
    if _are_swapped(points):
        return marked(
            "{file}: {x} from {x_low:g} to {x_high:g} and {y} from {y_low:g} to {y_high:g} are latitude and longitude, "
            "the wrong way round; exchange their headings"
        )
    if crs == "metres" and (headed_as_degrees or are_degrees(points)):
        return marked(
            "{file}: {x} from {x_low:g} to {x_high:g} and {y} from {y_low:g} to {y_high:g} are degrees and not metres; "
            "say of what kind: --crs gcj02 (Amap, Tencent), --crs bd09 (Baidu) or --crs wgs84 (GPS, OpenStreetMap) on "
            "the command line, or sites_crs under [territory] in the scenario file"
        )
    if crs != "metres" and not may_be_degrees(points):
        if all(abs(x) <= 180.0 and abs(y) <= 90.0 for x, y in points):
            return marked(
                "{file}: {x} from {x_low:g} to {x_high:g} and {y} from {y_low:g} to {y_high:g} are degrees of more "
                "than one place; the row farthest from all others is {farthest}"
            )
        return marked(
            "{file}: {x} from {x_low:g} to {x_high:g} and {y} from {y_low:g} to {y_high:g} are not degrees of one "
            'place; if they are metres, leave --crs out, and set territory.sites_crs to "metres"'
        )
    return ""


def _are_swapped(points: Sequence[Point]) -> bool:
    """True for latitudes and longitudes: those that can be nothing else, or would lie far out at sea."""
    low, high = LATITUDES_OF_CHINA
    lies_at_sea = all(low <= x <= high and y >= LEAST_LONGITUDE_OF_CHINA for x, y in points)
    return are_degrees([(y, x) for x, y in points]) and (lies_at_sea or not may_be_degrees(points))


def _ranges(points: Sequence[Point]) -> dict[str, float]:
    along, up = zip(*points, strict=True)
    return {"x_low": min(along), "x_high": max(along), "y_low": min(up), "y_high": max(up)}


def _in_grids(sites: list[Site], table: Table, social_grids: Literal["file", "cut"]) -> list[Site]:
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
    yield from told_of_pieces(points, grids)


def told_of_pieces(points: Sequence[Point], grids: Sequence[str]) -> Iterator[str]:
    """What is said of grids that lie in pieces."""
    if apart := list(in_pieces(points, grids)):
        yield say_many(
            "{count} grid lies in more than one piece: {grids}",
            "{count} grids lie in more than one piece: {grids}",
            len(apart), grids=cut(listed(apart)),
        )  # fmt: skip


def _derived(table: Table, residents_per_household: float) -> Iterator[str]:
    """What a file does not say, or not quite, and was worked out."""
    if taken := table.numbers_taken:
        numbers = [
            say("{column} of row {row}, {text}, is taken as {number:g}",
                column=one.column, row=one.row, text=shown(one.text), number=one.number)
            for one in taken[:MOST_TOLD]
        ]  # fmt: skip
        if (more := len(taken) - MOST_TOLD) > 0:
            numbers.append(say_many("and so is {count} more", "and so are {count} more", more))
        yield listed(numbers)
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
