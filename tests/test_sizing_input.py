"""A community as a planner has it is read, and what was made of it is said."""

from __future__ import annotations

import json
import pickle
import random

import pytest
from planners_files import (
    AS_GPS,
    ESTATE,
    HEAD,
    IN_DEGREES,
    KINDS,
    PLAIN,
    PROJECTED,
    RESIDENTS,
    RIVER,
    ROWS,
    buildings,
    changed,
    collection,
    csv_of,
    degrees,
    feature,
    on_chinese_maps,
    read,
    shape,
    square,
    ways,
    workbook,
)
from pyproj import Transformer

from experiments.sizing.cuts.neighbourhood import community
from experiments.sizing.inputs.reading import read_community
from scenarios.projecting import bd09_of_gcj02, to_gcj02
from scenarios.site_numbers import number_of, perhaps_meant, taken_from
from scenarios.sites import read_sites


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
