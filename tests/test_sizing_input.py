"""A community as a planner has it is read, and what was made of it is said; or it is refused in a line for each problem."""

from __future__ import annotations

import io
import json
import os
import pickle
import random
import re
import struct
import time
import zipfile
from datetime import datetime
from itertools import pairwise
from math import dist
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyproj import Transformer

from experiments.sizing.neighbourhood import community
from experiments.sizing.reading import MOST_SITES, Listed, read_community
from languages.speaking import speak
from scenarios.projecting import Plane, bd09_of_gcj02, to_gcj02
from scenarios.site_numbers import number_of, perhaps_meant, taken_from
from scenarios.sites import read_sites
from scenarios.wording import ScenarioError

HEAVY = os.environ.get("VERIFY") == "heavy"
MIDDLE = Plane(119.302, 26.0805)
HEAD = ["楼栋", "X坐标", "Y坐标", "户数"]
ROWS = [[f"{n}号楼", 100 + 60 * (n % 4), 200 + 50 * (n // 4), 40 + 3 * n] for n in range(1, 13)]
"""Twelve buildings in three rows of four, in metres."""


# Making files ---------------------------------------------------------------------------------------------------------
def csv_of(*rows: object, encoding: str = "utf-8", sign: str = ",") -> bytes:
    return "\n".join(row if isinstance(row, str) else sign.join(map(str, row)) for row in rows).encode(encoding)


def changed(row: int, **cells: object) -> list[list[object]]:
    """The twelve rows with some cells of one of them changed, by their heading."""
    rows = [list(each) for each in ROWS]
    for heading, value in cells.items():
        rows[row][HEAD.index(heading)] = value
    return rows


def workbook(*rows: object, merged: tuple[str, ...] = (), hidden: tuple[int, ...] = ()) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for cells in merged:
        book.active.merge_cells(cells)
    for number in hidden:
        book.active.row_dimensions[number].hidden = True
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def repacked(raw: bytes, **parts: bytes) -> bytes:
    """A workbook with the parts of its first sheet or of other names exchanged."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            content = parts.get(Path(entry.filename).stem, old.read(entry))
            new.writestr(entry.filename, content)
    return out.getvalue()


def bomb() -> bytes:
    """Of a hundred kilobytes, a workbook of a hundred megabytes."""
    return repacked(workbook(HEAD, *ROWS), sheet1=b"<worksheet><sheetData>" + b" " * 100_000_000)


def bomb_that_lies() -> bytes:
    """The same, but its directory says that the sheet has a thousand bytes."""
    raw = bytearray(bomb())
    true = struct.pack("<I", 100_000_000 + len(b"<worksheet><sheetData>"))
    return bytes(raw.replace(true, struct.pack("<I", 1000)))


def zipped(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        for name in names:
            packed.writestr(name, "x")
    return out.getvalue()


def feature(geometry: object, **properties: object) -> dict[str, object]:
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def collection(*features: object, **members: object) -> bytes:
    return json.dumps({"type": "FeatureCollection", "features": features, **members}, ensure_ascii=False).encode()


def shape(kind: str, coordinates: object) -> dict[str, object]:
    return {"type": kind, "coordinates": coordinates}


def degrees(*points: tuple[float, float]) -> list[list[float]]:
    return [list(point) for point in MIDDLE.wgs84(points)]


def square(x: float, y: float, half: float = 10.0) -> list[tuple[float, float]]:
    return [
        (x - half, y - half),
        (x + half, y - half),
        (x + half, y + half),
        (x - half, y + half),
        (x - half, y - half),
    ]


def buildings(kind: str = "Polygon", more: tuple[object, ...] = ()) -> list[object]:
    """The twelve buildings on a map."""
    shapes = [shape("Polygon", [degrees(*square(x, y))]) if kind == "Polygon" else shape("Point", degrees((x, y))[0])
              for _, x, y, _ in ROWS]  # fmt: skip
    return [*(feature(geometry, 楼栋=row[0], 户数=row[3]) for geometry, row in zip(shapes, ROWS, strict=True)), *more]


def read(folder: Path, name: str, raw: bytes, crs: str = "metres", **others: bytes) -> Listed:
    """What is read of a file of these bytes, beside others such as barriers="…"."""
    (folder / name).write_bytes(raw)
    for kind, content in others.items():
        (folder / f"{kind}.geojson").write_bytes(content)
    return read_community(folder / name, 2.8, crs, **{kind: folder / f"{kind}.geojson" for kind in others})


def problems(folder: Path, name: str, raw: bytes, crs: str = "metres", **others: bytes) -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        read(folder, name, raw, crs, **others)
    return caught.value.problems


PLAIN = csv_of(HEAD, *ROWS)
IN_DEGREES = [[row[0], *degrees(row[1:3])[0], row[3]] for row in ROWS]
LON_LAT = ["楼栋", "经度", "纬度", "户数"]
RIVER = feature(shape("LineString", degrees((50, 225), (400, 225))), name="河")
ESTATE = feature(shape("Polygon", [degrees(*square(130, 225, 70))]), 小区="阳光小区")
RESIDENTS = "residents of 12 sites are their households × 2.8 (territory.residents_per_household)"
KINDS = "12 sites of no kind are buildings if they have households, and else spots in the street"
PROJECTED = "degrees (WGS 84) are projected to metres around the middle of the sites"
AS_GPS = (
    "its degrees are taken as WGS 84, as is usual in GeoJSON; if they are of a Chinese map, say --crs gcj02 (Amap, Tencent) "
    "or --crs bd09 (Baidu)"
)


def on_chinese_maps(shift) -> bytes:
    return csv_of(LON_LAT, *([name, *shift(lon, lat), households] for name, lon, lat, households in IN_DEGREES))


def ways(listed: Listed) -> list[float]:
    """From each site to the next."""
    points = [(site.x_m, site.y_m) for site in listed.sites]
    return [dist(*pair) for pair in pairwise(points)]


# What is read ---------------------------------------------------------------------------------------------------------
def test_a_list_says_what_it_says(tmp_path):
    found = read(tmp_path, "list.csv", PLAIN)
    assert [(site.site, site.x_m, site.y_m, site.households) for site in found.sites] == [tuple(row) for row in ROWS]
    assert found.remarks == (f"list.csv: {RESIDENTS}; {KINDS}",)
    assert (found.file, found.crs, found.back, found.barriers) == ("list.csv", "metres", None, ())
    assert found.compounds == ("",) * 12
    assert found.footprints == ((),) * 12


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        pytest.param(csv_of(HEAD, *ROWS, encoding="gb18030"), ["is read as GB18030"], id="GB18030"),
        pytest.param(csv_of(HEAD, *ROWS, encoding="utf-16"), ["is read as UTF-16"], id="UTF-16"),
        pytest.param(csv_of(HEAD, *ROWS, encoding="utf-8-sig"), [], id="a byte order mark"),
        pytest.param(csv_of(HEAD, *ROWS, sign=";"), [], id="semicolons"),
        pytest.param(csv_of("阳光社区楼栋一览", HEAD, *ROWS, "合计,,,714"),
                     ["row 1 stands above the headings and is left out; row 15 is a total and is left out"], id="title and total"),
        pytest.param(workbook(["阳光社区楼栋一览"], HEAD, *ROWS, ["合计", None, None, "=SUM(D3:D14)"], merged=("A1:D1",)),
                     ["row 1 stands above the headings and is left out; row 15 is a total and is left out"],
                     id="title, and a total by formula"),
        pytest.param(csv_of(HEAD, *ROWS, "合计,/,—,714"), ["row 14 is a total and is left out"], id="strokes for nothing"),
        pytest.param(workbook(HEAD, *ROWS, hidden=(3, 7)), ["2 rows are hidden and read all the same: 3, 7"], id="hidden rows"),
        pytest.param(csv_of([*HEAD, "总户数"], *([*row, 1] for row in ROWS)),
                     ["户数 (column 4) is read, and not 总户数 (column 5), which would mean the same"], id="two of a meaning"),
    ],
)  # fmt: skip
def test_lists_as_people_have_them(raw, said, tmp_path):
    name = "list.xlsx" if raw.startswith(b"PK") else "list.csv"
    found = read(tmp_path, name, raw)
    assert [(site.site, site.x_m, site.y_m, site.households) for site in found.sites] == [tuple(row) for row in ROWS]
    assert found.remarks == tuple(f"{name}: {line}" for line in [*said, f"{RESIDENTS}; {KINDS}"])


def test_what_is_not_a_number_alone_is_taken_and_told(tmp_path):
    rows = [
        [f"{n}号楼", n, n, text] for n, text in enumerate(("约300", "300左右", "300户", '"大约 1,200 户"', "45"), 1)
    ]
    found = read(tmp_path, "list.csv", csv_of(HEAD, *rows))
    assert [site.households for site in found.sites] == [300, 300, 300, 1200, 45]
    assert found.remarks[0].startswith(
        'list.csv: 户数 of row 2, "约300", is taken as 300, 户数 of row 3, "300左右", is taken as 300, '
        '户数 of row 4, "300户", is taken as 300, and so is 1 more; '
    )
    assert read_sites(tmp_path / "list.csv", 2.8).sites == found.sites


@pytest.mark.parametrize(("text", "number", "taken", "meant"), [
    ("1,200", 1200, 1200, "1200"), ("1.2e3", 1200, None, ""), ("约300", None, 300, "300"), ("约 300 户左右", None, 300, "300"),
    ("300余户", None, 300, "300"), ("about 300", None, 300, "300"), ("三百二十", None, None, "320"), ("一万二千", None, None, "12000"),
    ("两百", None, None, "200"), ("十二户", None, None, "12"), ("1.2万", None, None, "12000"), ("30-40", None, None, ""),
    ("300以上", None, None, "300"), ("nan", None, None, ""), ("inf", None, None, ""), ("很多", None, None, ""),
    ("26°04′48″N", None, None, "26.08"), ("119.3°", None, None, "119.3"),
])  # fmt: skip
def test_numbers_as_people_write_them(text, number, taken, meant):
    assert (number_of(text), taken_from(text)) == (number, taken)
    assert perhaps_meant(text) == meant


def test_buildings_of_several_compounds_may_have_one_name(tmp_path):
    rows = [
        ["阳光小区" if n < 6 else "/" if n == 11 else "月光小区", f"{n % 6 + 1}号楼", *row[1:]]
        for n, row in enumerate(ROWS)
    ]
    raw = csv_of(["所属小区", "楼号", *HEAD[1:]], *rows)
    found = read(tmp_path, "list.csv", raw)
    assert found.compounds == ("阳光小区",) * 6 + ("月光小区",) * 5 + ("",)
    assert [site.site for site in found.sites][5:8] == ["阳光小区 6号楼", "月光小区 1号楼", "月光小区 2号楼"]
    assert found.sites[11].site == "6号楼"
    assert found.remarks[0].startswith(
        'list.csv: 楼号 is the same in several compounds: 11 sites are called with theirs, such as "阳光小区 1号楼"; '
    )
    assert found.remarks[1:] == ("list.csv: 1 site lies in no compound",)
    assert read_sites(tmp_path / "list.csv", 2.8).sites == found.sites


def test_a_compound_that_is_merged_over_rows_is_that_of_each(tmp_path):
    rows = ([*row, "阳光小区" if n == 0 else None] for n, row in enumerate(ROWS))
    raw = workbook([*HEAD, "小区"], *rows, merged=("E2:E6",))
    assert read(tmp_path, "list.xlsx", raw).compounds == ("阳光小区",) * 5 + ("",) * 7


@pytest.mark.parametrize(("crs", "shift"), [
    ("wgs84", lambda lon, lat: (lon, lat)), ("gcj02", to_gcj02), ("bd09", lambda lon, lat: bd09_of_gcj02(*to_gcj02(lon, lat))),
])  # fmt: skip
def test_degrees_of_every_kind_are_the_same_place(crs, shift, tmp_path):
    found = read(tmp_path, "list.csv", on_chinese_maps(shift), crs)
    assert found.crs == crs
    assert ways(found) == pytest.approx(ways(read(tmp_path, "metres.csv", PLAIN)), abs=0.02)
    back = pickle.loads(pickle.dumps(found)).back([(site.x_m, site.y_m) for site in found.sites])
    assert [place for point in back for place in point] == pytest.approx(
        [place for _, lon, lat, _ in IN_DEGREES for place in (lon, lat)], abs=2e-7
    )


@pytest.mark.parametrize("kind", ["Point", "Polygon"])
def test_a_map_is_read_as_a_list_is(kind, tmp_path):
    found = read(tmp_path, "map.geojson", collection(*buildings(kind)))
    assert [(site.site, site.households) for site in found.sites] == [(row[0], row[3]) for row in ROWS]
    assert ways(found) == pytest.approx(ways(read(tmp_path, "list.csv", PLAIN)), abs=0.02)
    assert found.remarks == (f"map.geojson: {PROJECTED}; {RESIDENTS}; {KINDS}", f"map.geojson: {AS_GPS}")
    for site, outline in zip(found.sites, found.footprints, strict=True):
        expected = square(site.x_m, site.y_m) if kind == "Polygon" else []
        assert [place for point in outline for place in point] == pytest.approx(
            [place for point in expected for place in point], abs=0.02
        )


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        pytest.param(json.dumps(buildings()).encode(), "", id="a list of features"),
        pytest.param(collection(*buildings()).replace(b"]]]}}", b"]]]}} "), "", id="blanks"),
        pytest.param(collection(*buildings(), crs={"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}), "",
                     id="WGS 84 by name"),
        pytest.param(collection(*(feature(shape("Point", [*point, 12.5]), 楼栋=name, 户数=households, 层数=6, 年代={"起": 1998})
                                  for name, *point, households in IN_DEGREES)),
                     "columns that the model does not read: 层数, 年代", id="heights and other properties"),
        pytest.param(collection(*(feature(shape("Polygon", [degrees(*square(x, y))[:4]]), 楼栋=name, 户数=households)
                                  for name, x, y, households in ROWS)),
                     "outlines that were open are closed: 1, 2, 3, 4, 5, …", id="open outlines"),
        pytest.param(collection(*buildings()[:11], feature(
            shape("Polygon", [degrees((90, 340), (110, 360), (110, 340), (90, 360), (90, 340))]), 楼栋="12号楼", 户数=76)),
                     "outlines that cross themselves are mended: 12", id="a bow tie"),
        pytest.param(collection(*buildings()[:11], feature(
            shape("MultiPolygon", [[degrees(*square(100, 350))], [degrees(*square(130, 350, 1))]]), 楼栋="12号楼", 户数=76)),
                     "", id="a building in two parts"),
    ],
)  # fmt: skip
def test_maps_as_people_have_them(raw, said, tmp_path):
    found = read(tmp_path, "map.json", raw)
    assert [(site.site, site.households) for site in found.sites] == [(row[0], row[3]) for row in ROWS]
    assert found.remarks[0].startswith(f"map.json: {said}" if said else f"map.json: {PROJECTED}")
    assert ways(found)[:10] == pytest.approx(ways(read(tmp_path, "list.csv", PLAIN))[:10], abs=0.02)


def test_a_map_may_be_in_metres_or_in_a_projection(tmp_path):
    features = [
        feature(shape("Point", [500_000 + x, 2_885_000 + y]), 楼栋=name, 户数=households)
        for name, x, y, households in ROWS
    ]
    expected = ways(read(tmp_path, "list.csv", PLAIN))
    metres = read(tmp_path, "map.geojson", collection(*features))
    assert (metres.crs, metres.back, ways(metres)) == ("metres", None, pytest.approx(expected))
    member = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4549"}}
    placed = read(tmp_path, "map.geojson", collection(*features, crs=member))
    assert (placed.crs, ways(placed)) == ("wgs84", pytest.approx(expected, rel=1e-4))
    assert placed.remarks[0] == "map.geojson: is brought from EPSG:4549 to WGS 84"
    there = Transformer.from_crs(4549, 4326, always_xy=True).transform(500_000 + ROWS[0][1], 2_885_000 + ROWS[0][2])
    assert placed.back([placed.sites[0][1:3]])[0] == pytest.approx(there, abs=2e-7)


def test_barriers_and_compounds_lie_on_the_plane_of_the_buildings(tmp_path):
    lake = feature(shape("Polygon", [degrees(*square(1000, 225, 30))]))
    far = [
        feature(shape("LineString", degrees((50_000, 0), (50_000, 100)))),
        feature(shape("LineString", [[87.6, 43.8], [87.7, 43.9]])),
    ]
    found = read(
        tmp_path,
        "map.geojson",
        collection(*buildings()),
        barriers=collection(RIVER, lake, *far),
        compounds=collection(ESTATE),
    )
    inside = [abs(row[1] - 130) <= 70 and abs(row[2] - 225) <= 70 for row in ROWS]
    assert found.compounds == tuple("阳光小区" if within else "" for within in inside)
    first = found.sites[0]
    (west, east), outline = found.barriers
    moved = [(x - ROWS[0][1] + first.x_m, y - ROWS[0][2] + first.y_m) for x, y in ((50, 225), (400, 225))]
    assert (*west, *east) == pytest.approx((*moved[0], *moved[1]), abs=0.05)
    assert len(outline) == 5
    assert found.remarks[2:] == (
        f"map.geojson: {12 - sum(inside)} sites lie in no compound",
        "barriers.geojson: 1 area counts as a barrier by its outline; 2 features lie more than 2 km from all buildings and are left out",
    )
    assert community(found.sites, found.compounds, found.barriers).sides_count == 2


def test_what_a_map_of_compounds_does_not_cover_keeps_the_compound_of_the_list(tmp_path):
    rows = [[*row, "月光小区"] for row in ROWS]
    area = feature(shape("Polygon", [square(130, 225, 70)]), name="阳光小区")
    found = read(tmp_path, "list.csv", csv_of([*HEAD, "小区"], *rows), compounds=collection(area), barriers=collection(
        feature(shape("MultiLineString", [[[50, 225], [400, 225]], [[0, 0], [1, 500]]]))
    ))  # fmt: skip
    assert set(found.compounds) == {"阳光小区", "月光小区"}
    assert found.barriers == (((50.0, 225.0), (400.0, 225.0)), ((0.0, 0.0), (1.0, 500.0)))


def test_grids_of_today_are_kept_and_may_have_gaps(tmp_path):
    rows = [[*row, "" if n == 5 else "一" if n < 6 else "二"] for n, row in enumerate(ROWS)]
    found = read(tmp_path, "list.csv", csv_of([*HEAD, "网格"], *rows))
    assert [site.grid for site in found.sites] == [row[-1] for row in rows]
    assert found.remarks[1:] == (
        "list.csv: names 2 grids of today", "list.csv: 1 site without a grid of today belongs to the nearest one",
    )  # fmt: skip


def test_one_far_from_all_others_is_told(tmp_path):
    found = read(tmp_path, "list.csv", csv_of(HEAD, *changed(4, X坐标=6_000)))
    assert (
        found.remarks[1]
        == 'list.csv: "5号楼" in row 6 lies 5.8 km from the middle of all, and half of them within 0.1 km'
    )


def test_the_order_of_rows_changes_nothing(tmp_path):
    """Of lists and of maps, in metres and in degrees: the same sites, compounds, grids and outlines."""
    rows = [[*row[:3], "约50" if n == 3 else row[3], f"{n % 3}小区", n % 2] for n, row in enumerate(ROWS)]
    features = buildings()
    shuffled, mixed = list(range(12)), random.Random(1)
    for _ in range(5):
        mixed.shuffle(shuffled)
        for order in (range(12), shuffled):
            (tmp_path / "list.csv").write_bytes(csv_of([*HEAD, "小区", "网格"], *(rows[n] for n in order)))
            (tmp_path / "map.geojson").write_bytes(collection(*(features[n] for n in order)))
            (tmp_path / "rivers.geojson").write_bytes(collection(RIVER))
            lists = read_community(tmp_path / "list.csv", 2.8)
            maps = read_community(tmp_path / "map.geojson", 2.8, barriers=tmp_path / "rivers.geojson")
            said = [
                [*sorted(zip(found.sites, found.compounds, found.footprints, strict=True)), found.barriers]
                for found in (lists, maps)
            ]
            if order == range(12):
                expected = said
        assert said == expected


# What is refused ------------------------------------------------------------------------------------------------------
BROKEN = "is no workbook that can be read; open it in Excel or WPS, and save it again as .xlsx"
COLUMNS = "its columns are 楼栋, X坐标, Y坐标"


def map_with(**changes: object) -> bytes:
    """A map with other geometries in place of those of its second feature and so on."""
    features = buildings()
    for place, geometry in enumerate(changes.values(), 1):
        features[place]["geometry"] = geometry
    return collection(*features)


def with_barrier(*features: object) -> dict[str, bytes]:
    return {"barriers": collection(*features)}


BAD = {
    # Files that are no tables
    "empty.csv": (b"", {}, [": is empty; it needs a row of headings, and a row to each site"]),
    "blank.csv": (b"\n \n,,,\n", {}, [": is empty; it needs a row of headings, and a row to each site"]),
    "headings.csv": (csv_of(HEAD), {}, [": has no row below its headings; it needs a row to each site"]),
    "web_page.csv": (b"\xef\xbb\xbf\n<html><body><table><tr><td>\xe6\xa5\xbc</td></tr></table></body></html>", {},
                     [": is a web page, whatever its name says; open it in Excel or WPS, and save it as .xlsx or CSV"]),
    "web_page.xls": (b"<TABLE border=1><tr><td>1</td></tr></TABLE>", {},
                     [": is a web page, whatever its name says; open it in Excel or WPS, and save it as .xlsx or CSV"]),
    "xml.csv": (b'<?xml version="1.0"?><kml></kml>', {}, [": is XML and no table; save the list as .xlsx or CSV"]),
    "json.csv": (b'{"buildings": [1, 2]}', {},
                 [': is JSON but no GeoJSON, which begins with {"type": "FeatureCollection", "features": [']),
    "scan.csv": (b"%PDF-1.7 ...", {}, [": is a PDF; copy the table into Excel or WPS, and save it as .xlsx or CSV"]),
    "photo.csv": (b"\x89PNG\r\n\x1a\n...", {},
                  [": is a picture; type the table into Excel or WPS, and save it as .xlsx or CSV"]),
    "packed.csv": (b"Rar!\x1a\x07", {}, [": is packed; unpack it, and name the list that is in it"]),
    "noise.csv": (b"\xff\xff\x00\x81" * 50, {}, [": is not UTF-8 text, nor GB18030; save it as UTF-8"]),
    "no_end.csv": (csv_of(HEAD) + b'\n"' + b"x" * 140_000, {}, [":2: has a cell of more than 131,072 signs; is a quotation mark not closed?"]),
    # Workbooks
    "old.xls": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500), {},
                [": is a workbook of the old kind (.xls); save it as .xlsx or CSV"]),
    "secret.xlsx": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500) + "EncryptedPackage".encode("utf-16-le"), {},
                    [": is protected by a password; save it without one"]),
    "half.xlsx": (workbook(HEAD, *ROWS)[:3000], {}, [f": {BROKEN}"]),
    "letter.xlsx": (zipped("word/document.xml", "[Content_Types].xml"), {},
                    [": is a document of Word; copy the table into Excel or WPS, and save it there"]),
    "open_document.xlsx": (zipped("mimetype", "content.xml"), {},
                           [": is a workbook of another kind (.ods); save it as .xlsx or CSV"]),
    "pictures.xlsx": (zipped("1.png"), {}, [f": {BROKEN}"]),
    "bomb.xlsx": (bomb, {}, [": is larger than 40 MB when unpacked"]),
    "bomb_that_lies.xlsx": (bomb_that_lies, {}, [f": {BROKEN}"]),
    "merged.xlsx": (repacked(workbook(HEAD, *ROWS), sheet1=b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/'
                             b'main"><sheetData/><mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells></worksheet>'), {},
                    [": merges more cells than a list has; unmerge them"]),
    "formulas.xlsx": (workbook(HEAD, *changed(2, 户数="=40+9", X坐标="=B2")), {},
                      [f':4: {column} = "{text}" is a formula whose value the file does not keep; open it in Excel or WPS and save it, '
                       "or write the number" for column, text in (("X坐标", "=B2"), ("户数", "=40+9"))]),
    "errors.xlsx": (workbook(HEAD, *changed(2, 户数="#REF!")), {},
                    [':4: 户数 = "#REF!" is what a broken formula shows; write the number']),
    "dates.xlsx": (workbook(HEAD, *changed(2, 户数=datetime(2015, 3, 5))), {},
                   [':4: 户数 = "2015-03-05 00:00:00" must be a whole number']),
    "merged_households.xlsx": (workbook(HEAD, *ROWS, merged=("D3:D4",)), {},
                               [":4: 户数 is merged with the row above; give each row its own"]),
    # Columns
    "missing_column.csv": (csv_of(HEAD[:3], *(row[:3] for row in ROWS)), {},
                           [f": has no column households (it may also be called 户数); {COLUMNS}"]),
    "missing_columns.csv": (csv_of(["楼栋", "户数"], *(row[::3] for row in ROWS)), {}, [
        ": has no column x_m (it may also be called X坐标, 经度); its columns are 楼栋, 户数",
        ": has no column y_m (it may also be called Y坐标, 纬度); its columns are 楼栋, 户数",
    ]),
    "no_headings.csv": (csv_of(*ROWS), {},
                        [': has no row of headings such as site, x_m, y_m, households; its first row is "1号楼, 160, 200, 43"']),
    # Numbers
    "negative.csv": (csv_of(HEAD, *changed(2, 户数=-5)), {}, [":4: 户数 = -5 must lie in [0, 1e+06]"]),
    "fraction.csv": (csv_of(HEAD, *changed(2, 户数=60.5)), {}, [':4: 户数 = "60.5" must be a whole number']),
    "nan.csv": (csv_of(HEAD, *changed(2, 户数="NaN", X坐标="inf")), {},
                [':4: X坐标 = "inf" must be a number', ':4: 户数 = "NaN" must be a whole number']),
    "overflow.csv": (csv_of(HEAD, *changed(2, 户数="1e999", X坐标="9" * 5000)), {},
                     [f":4: X坐标 = {'9' * 60} must lie in [-1e+08, 1e+08]", ":4: 户数 = 1e999 must lie in [0, 1e+06]"]),
    "ten_thousands.csv": (csv_of(HEAD, *changed(2, 户数="1.2万")), {},
                          [':4: 户数 = "1.2万" must be a whole number; if 12000 is meant, write it alone']),
    "characters.csv": (csv_of(HEAD, *changed(2, 户数="三百")), {},
                       [':4: 户数 = "三百" must be a whole number; if 300 is meant, write it alone']),
    "from_to.csv": (csv_of(HEAD, *changed(2, 户数="30-40")), {}, [':4: 户数 = "30-40" must be a whole number']),
    "thousands.csv": (csv_of(HEAD, *ROWS, "13号楼,100,400,1,200"), {}, [
        ":14: has 5 cells, and there are 4 headings; write a comma within a cell in quotation marks, or leave it out"]),
    "mixed_separators.csv": (csv_of(HEAD, *ROWS[:5], "6号楼;100;200;30"), {}, [
        ':7: "6号楼;100;200;30" is separated by other signs than the headings; write all rows with the same']),
    "nobody.csv": (csv_of(HEAD, *([*row[:3], 0] for row in ROWS)), {}, [": no site has households"]),
    "everything.csv": (csv_of(HEAD, *changed(2, 楼栋="1号楼", 户数="?", Y坐标="")), {}, [
        ':4: 楼栋 = "1号楼" stands in row 2 already; give each site a name of its own',
        ":4: Y坐标 is empty; write a number", ':4: 户数 = "?" must be a whole number',
    ]),
    # Names and places
    "duplicates.csv": (csv_of(HEAD, *changed(2, 楼栋="1号楼")), {},
                       [':4: 楼栋 = "1号楼" stands in row 2 already; give each site a name of its own']),
    "no_names.csv": (csv_of(HEAD, *changed(2, 楼栋="\u3000 ")), {}, [":4: 楼栋 is empty; give it a name"]),
    "swapped.csv": (csv_of(LON_LAT, *([row[0], row[2], row[1], row[3]] for row in IN_DEGREES)), {"crs": "gcj02"}, [
        ": 经度 from 26.0823 to 26.0837 and 纬度 from 119.303 to 119.305 are latitude and longitude, the wrong way round; "
        "exchange their headings"]),
    "swapped_in_the_west.csv": (csv_of(LON_LAT, ["1", 43.8256, 87.6168, 30], ["2", 43.8266, 87.6178, 30]), {"crs": "gcj02"}, [
        ": 经度 from 43.8256 to 43.8266 and 纬度 from 87.6168 to 87.6178 are latitude and longitude, the wrong way round; "
        "exchange their headings"]),
    "far_away.csv": (csv_of(HEAD, *changed(4, X坐标=900_100)), {},
                     [':6: "5号楼" lies 900 km from the middle of all; correct its coordinates']),
    "far_away_in_degrees.csv": (csv_of(LON_LAT, *IN_DEGREES[:11], ["12号楼", 110.3, 26.08, 76]), {"crs": "wgs84"},
                                [":13: 经度 = 110.3 lies far from all other rows, which are near 119.304"]),
    "two_places.csv": (csv_of(LON_LAT, *IN_DEGREES[:6], *([*row[:1], row[1] - 9, *row[2:]] for row in IN_DEGREES[6:])), {"crs": "wgs84"}, [
        ": 经度 from 110.303 to 119.305 and 纬度 from 26.0823 to 26.0837 are degrees of more than one place; "
        "the row farthest from all others is 13"]),
    "degrees.csv": (csv_of(LON_LAT, *IN_DEGREES), {}, [
        ": 经度 from 119.303 to 119.305 and 纬度 from 26.0823 to 26.0837 are degrees and not metres; say of what kind: --crs gcj02 "
        "(Amap, Tencent), --crs bd09 (Baidu) or --crs wgs84 (GPS, OpenStreetMap) on the command line, or sites_crs under [territory] in "
        "the scenario file"]),
    "metres.csv": (PLAIN, {"crs": "bd09"}, [
        ": X坐标 from 100 to 280 and Y坐标 from 200 to 350 are not degrees of one place; if they are metres, leave --crs out, and set "
        'territory.sites_crs to "metres"']),
    "one.csv": (csv_of(HEAD, ROWS[0]), {}, [": has one site only; there is nothing to cut"]),
    "one_point.csv": (csv_of(HEAD, *([row[0], 5, 5, row[3]] for row in ROWS)), {},
                      [": all 12 sites lie at one point; give each its own coordinates"]),
    # Maps
    "half.geojson": (b'{"type": "FeatureCollection",\n"features": [{]}', {},
                     [": is no JSON from line 2, column 15 on; export it again, or mend it there"]),
    "large.geojson": (lambda: b"[" + b" " * 20_000_000, {}, [": is larger than 20 MB; cut out what lies around the buildings"]),
    "deep.geojson": (b"[" * 200_000, {}, [": is nested too deeply"]),
    "no_features.geojson": (collection(), {}, [": has no features; it needs one to each thing on the map"]),
    "geometries.geojson": (map_with(
        none=None, line=shape("LineString", degrees((0, 0), (1, 1))), shallow=shape("Polygon", degrees((0, 0), (1, 1), (0, 1))),
        deep=shape("Point", [[119.3, 26.1]]), thin=shape("Polygon", [degrees((0, 0), (1, 1), (0, 0))]),
        flat=shape("Polygon", [[[119.0, 26.0], [119.5, 26.5], [120.0, 27.0], [119.0, 26.0]]]),
        odd=shape("Point", [float("nan"), 26.1]), words=shape("Point", ["119.3", "26.1"]),
    ), {}, [
        ":2: has no geometry; draw it, or delete it",
        ':3: is a "LineString"; what is wanted here is Point, Polygon, MultiPolygon',
        ":4: has coordinates = 119.302 where two numbers up to 1e+08 must stand; export it again",
        ":5: has coordinates = [[119.3, 26.1]] where two numbers up to 1e+08 must stand; export it again",
        ":6: has too few points for a Polygon; draw it again",
        ":7: has an outline without an area; draw it again",
        ":8: has coordinates = [nan, 26.1] where two numbers up to 1e+08 must stand; export it again",
        ":9: has coordinates = [119.3, 26.1] where two numbers up to 1e+08 must stand; export it again",
    ]),
    "no_names.geojson": (collection(*(feature(shape("Point", degrees(row[1:3])[0]), 户数=row[3]) for row in ROWS)), {},
                         [": has no column site (it may also be called 楼栋, 名称); its columns are lon, lat, 户数"]),
    "another_plane.geojson": (collection(*buildings(), crs={"type": "name", "properties": {"name": "urn:of:mine"}}), {},
                              [': crs = "urn:of:mine" is not known; export it in WGS 84 (EPSG:4326)']),
    "no_such_plane.geojson": (collection(*buildings(), crs={"type": "name", "properties": {"name": "EPSG:999999"}}), {},
                              [": crs = EPSG:999999 is not known; export it in WGS 84 (EPSG:4326)"]),
    # Barriers and compounds, whose lines begin with their own names
    "elsewhere.geojson": (collection(*buildings()), with_barrier(feature(shape("LineString", [[121.1, 31.2], [121.3, 31.4]]))), [
        "barriers.geojson: lies nowhere near the buildings: it lies within x 121.1 – 121.3, y 31.2 – 31.4, and elsewhere.geojson within "
        "x 119.303 – 119.305, y 26.0823 – 26.0837; are both in the same coordinates?"]),
    "barrier_in_degrees.csv": (PLAIN, with_barrier(RIVER),
                               ["barriers.geojson: is in degrees and barrier_in_degrees.csv in metres; bring both into the same"]),
    "barrier_in_metres.geojson": (collection(*buildings()), with_barrier(feature(shape("LineString", [[50, 225], [400, 225]]))),
                                  ["barriers.geojson: lies nowhere near the buildings: it lies within x 50 – 400, y 225 – 225, and "
                                   "barrier_in_metres.geojson within x 119.303 – 119.305, y 26.0823 – 26.0837; are both in the same coordinates?"]),
    "all_at_once.csv": (csv_of(HEAD, *changed(2, 户数="?")), {
        "barriers": collection(feature(shape("Point", [0, 0]))), "compounds": collection(feature(shape("Polygon", [square(0, 0)])))}, [
        ':4: 户数 = "?" must be a whole number',
        'barriers.geojson:1: is a "Point"; what is wanted here is LineString, MultiLineString, Polygon, MultiPolygon',
        "compounds.geojson:1: has no name; give it a property name or 小区",
    ]),
    "beside_compounds.csv": (PLAIN, {"compounds": collection(feature(shape("Polygon", [square(0, 0)]), name="阳光小区"))}, [
        "compounds.geojson: none of the sites of beside_compounds.csv lies in a compound; are both in the same coordinates?"]),
}  # fmt: skip
"""Files, what is given beside them, and every line of what is said; of the list itself without its name."""


def refused(folder: Path, name: str) -> tuple[list[str], list[str]]:
    """What is said of a file, and what is to be said of it."""
    raw, others, lines = BAD[name]
    said = problems(folder, name, raw() if callable(raw) else raw, **others)
    return said, [name + line if line.startswith(":") else line for line in lines]


@pytest.mark.parametrize("name", BAD)
def test_a_file_is_refused_in_a_line_for_each_problem(name, tmp_path):
    said, expected = refused(tmp_path, name)
    assert said == expected
    assert {path.name for path in tmp_path.iterdir()} <= {name, "barriers.geojson", "compounds.geojson"}


@pytest.mark.parametrize("name", BAD)
def test_what_is_refused_is_refused_in_chinese(name, tmp_path):
    speak("zh")
    try:
        said, expected = refused(tmp_path, name)
    finally:
        speak("en")
    assert len(said) == len(expected)
    for line in said:
        own = re.sub(r'"[^"]*"|“[^”]*”|--\w+ \w+|sites_crs|[\w.]+\.(csv|xlsx?|geojson)|\{.*', "", line)
        assert re.search(r"[\u4e00-\u9fff]", own)
        assert not re.search(r"[A-Za-z]{2,},? [a-z]{2,}", own)


def test_of_very_many_problems_the_first_are_said(tmp_path):
    rows = [[row[0], "", "", row[3]] for row in ROWS] + [[f"{n}号", "?", n, 30] for n in range(13, 1213)]
    said = problems(tmp_path, "list.csv", csv_of(HEAD, *rows))
    assert len(said) == 21
    assert said[0] == "list.csv:2: X坐标 is empty; write a number"
    assert said[-1] == "list.csv: … and 1,204 more problems"


def test_no_file_and_a_folder_are_refused(tmp_path):
    for name, line in (
        ("none.csv", "none.csv: there is no such file"),
        ("", f"{tmp_path.name}: is a folder; name a file"),
    ):
        with pytest.raises(ScenarioError) as caught:
            read_community(tmp_path / name, 2.8)
        assert caught.value.problems == [line]


# Much of it, and anything ---------------------------------------------------------------------------------------------
def many(count: int) -> list[list[object]]:
    return [[f"{n}号楼", n % 200 * 20.0, n // 200 * 20.0, n % 50] for n in range(count)]


@pytest.mark.parametrize("write", [csv_of, workbook])
def test_large_lists_are_read_or_refused_before_long(write, tmp_path):
    began = time.process_time()
    name = "list.csv" if write is csv_of else "list.xlsx"
    raw = write(HEAD, *many(MOST_SITES if write is csv_of else 5_000))
    assert len(read(tmp_path, name, raw).sites) == (MOST_SITES if write is csv_of else 5_000)
    if write is csv_of:
        assert problems(tmp_path, name, write(HEAD, *many(50_000))) == [
            "list.csv: has 50,000 rows; more than 20,000 buildings cannot be cut in reasonable time: take one community, or some of them"
        ]
    assert time.process_time() - began < 20.0


def examples(count: int) -> settings:
    """So many in the tests, a hundred times as many in `make verify`."""
    return settings(
        max_examples=count * 100 if HEAVY else count, deadline=None, derandomize=not HEAVY,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip


def read_or_refused(folder: Path, name: str, raw: bytes, crs: str, **others: bytes) -> None:
    try:
        found = read(folder, name, raw, crs, **others)
    except ScenarioError as error:
        lines = error.problems
    else:
        lines = list(found.remarks)
        assert len(found.sites) == len(found.compounds) == len(found.footprints) > 1
    assert lines
    assert all(line and "\n" not in line for line in lines)


CRS = st.sampled_from(["metres", "wgs84", "gcj02", "bd09"])
CELLS = st.sampled_from(
    [*HEAD, *LON_LAT, "小区", "网格", "类型", "合计", "约300", "300户", "1.5", "119.3", "26.08", "-1", "1e400", "", "/", '"', "=A1", "#N/A", "住宅"]
) | st.text(max_size=6)  # fmt: skip
GOOD = [PLAIN, collection(*buildings()), workbook(HEAD, *ROWS), csv_of(LON_LAT, *IN_DEGREES, encoding="gb18030")]
JSONS = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5)
    | st.sampled_from(["Feature", "FeatureCollection", "Point", "Polygon", "MultiPolygon", "name", "EPSG:4549"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
        st.sampled_from(["type", "features", "properties", "geometry", "coordinates", "crs", "name", "户数"]), inner, max_size=4),
    max_leaves=20,
)  # fmt: skip


@examples(60)
@given(raw=st.binary(max_size=200), crs=CRS, name=st.sampled_from(["a.csv", "a.xlsx", "a.geojson"]))
def test_any_bytes_are_read_or_refused(raw, crs, name, tmp_path_factory):
    read_or_refused(tmp_path_factory.mktemp("any"), name, raw, crs)


@examples(60)
@given(rows=st.lists(st.lists(CELLS, max_size=6), max_size=8), crs=CRS)
def test_any_cells_are_read_or_refused(rows, crs, tmp_path_factory):
    raw = csv_of(LON_LAT if crs != "metres" else HEAD, *rows, encoding="utf-16") if rows else b""
    read_or_refused(tmp_path_factory.mktemp("any"), "a.csv", raw, crs)


@examples(60)
@given(content=JSONS, geometry=JSONS, crs=CRS)
def test_any_json_is_read_or_refused(content, geometry, crs, tmp_path_factory):
    folder = tmp_path_factory.mktemp("any")
    read_or_refused(folder, "a.json", json.dumps(content).encode(), crs)
    read_or_refused(folder, "b.json", collection(*buildings(), feature(geometry, 楼栋="x", 户数=3), content), crs)
    around = {"barriers": collection(RIVER, feature(geometry)), "compounds": collection(ESTATE, content)}
    read_or_refused(folder, "c.csv", csv_of(LON_LAT, *IN_DEGREES), crs, **around)


@examples(60)
@given(
    which=st.integers(0, 3),
    cuts=st.lists(st.tuples(st.integers(0, 6_000), st.binary(max_size=3)), min_size=1, max_size=3),
    crs=CRS,
)
def test_files_with_some_bytes_changed_are_read_or_refused(which, cuts, crs, tmp_path_factory):
    raw = GOOD[which]
    for place, new in cuts:
        raw = raw[: place % len(raw)] + new + raw[place % len(raw) + len(new) :]
    read_or_refused(tmp_path_factory.mktemp("any"), ["a.csv", "a.geojson", "a.xlsx", "a.csv"][which], raw, crs)
