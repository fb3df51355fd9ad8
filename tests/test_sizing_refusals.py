"""Files that cannot be read as a community are refused in a line for each problem, in both languages; anything at all is read or refused."""

from __future__ import annotations

import json
import os
import re
import time
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from planners_files import (
    ESTATE,
    HEAD,
    IN_DEGREES,
    LON_LAT,
    PLAIN,
    RIVER,
    ROWS,
    bomb,
    bomb_that_lies,
    buildings,
    changed,
    collection,
    csv_of,
    degrees,
    feature,
    problems,
    read,
    repacked,
    shape,
    square,
    workbook,
    zipped,
)

from experiments.sizing.inputs.reading import MOST_SITES, read_community
from languages.speaking import speak
from scenarios.wording import ScenarioError

HEAVY = os.environ.get("VERIFY") == "heavy"


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
