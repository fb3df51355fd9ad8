"""Lists of sites and scenario files as people have them: each is opened, and what was derived is said; or it is refused in lines."""

from __future__ import annotations

import shutil
from math import dist
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from calling import called

from languages.speaking import speak
from scenarios.counting import areas_count, extent_m2
from scenarios.loading import Family, ScenarioError, Source, load, sources
from scenarios.projecting import bd09_of_gcj02, from_bd09, from_gcj02, to_gcj02
from scenarios.site_grids import in_pieces
from scenarios.sites import Listing, Site, read_sites
from sim.run import simulate
from sim.territory import build_territory

FILES = Path(__file__).with_name("site_files")
DEGREES = {"degrees_wgs84.csv": "wgs84", "degrees_gcj02.csv": "gcj02"}
SITES = (
    Site("1号楼", 20.5, 15.0, 44, 123, "building"), Site("2号楼", 80.0, 18.0, 36, 98, "building"),
    Site("3号楼", 140.0, 22.5, 52, 140, "building"), Site("4号楼", 200.0, 30.0, 48, 131, "building"),
    Site("5号楼", 25.0, 95.0, 60, 171, "building"), Site("6号楼", 85.5, 100.0, 40, 112, "building"),
    Site("7号楼", 150.0, 110.0, 1200, 3360, "building"), Site("8号楼", 210.0, 120.0, 44, 120, "building"),
    Site("路口甲", 110.0, 60.0, 0, 0, "street"), Site("路口乙", 180.0, 70.0, 0, 0, "street"),
)  # fmt: skip
DERIVED = tuple(site._replace(residents=round(site.households * 2.8)) for site in SITES)
"""Where the file does not tell residents."""
GRIDS = [f"第{number}网格" for number in "一一二二一一三二一二"]
"""The spots in the street belong to the nearest grid."""
RESIDENTS = "residents of 8 sites are their households × 2.8 (territory.residents_per_household)"
KINDS = "10 sites of no kind are buildings if they have households, and else spots in the street"
NEAREST = "2 spots without a grid belong to the nearest grid"


def taken(count: int) -> str:
    return f"its {count} social grids are taken as they are; territory.households_per_social_grid changes nothing"


def projected(crs: str) -> str:
    return f"degrees ({crs}) are projected to metres around the middle of the sites"


def in_grids(grids: list[str]) -> tuple[Site, ...]:
    return tuple(site._replace(grid=grid) for site, grid in zip(SITES, grids, strict=True))


OPENED = {
    "plain.csv": (SITES, []),
    "any_order.csv": (SITES, ["columns that the model does not read: remark, built"]),
    "chinese_headings.csv": (SITES, []),
    "headings_with_units.csv": (SITES, ["columns that the model does not read: 序号"]),
    "without_kind.csv": (SITES, [KINDS]),
    "without_residents.csv": (DERIVED, [RESIDENTS]),
    "only_households.csv": (DERIVED, [f"{RESIDENTS}; {KINDS}"]),
    "floats_and_thousands.csv": (SITES, []),
    "full_width.csv": (SITES, []),
    "blank_lines.csv": (SITES, []),
    "semicolons.csv": (SITES, []),
    "tabs.tsv": (SITES, []),
    "byte_order_mark.csv": (SITES, []),
    "gb18030.csv": (SITES, ["is read as GB18030"]),
    "crlf.csv": (SITES, []),
    "unicode_text.txt": (SITES, ["is read as UTF-16"]),
    "title_and_total.csv": (SITES, ["rows 1, 2 stand above the headings and are left out; "
                                    "row 14 is a total and is left out"]),
    "signed.csv": (SITES, ["columns that the model does not read: 备注; row 12 is a total and is left out; "
                           "rows 13, 14 (\"制表人：张三 日期：2026年3月\") look like remarks and are left out"]),
    "total_in_english.csv": (SITES, ["row 12 is a total and is left out"]),
    "survey_coordinates.csv": (tuple(site._replace(x_m=40_421_000 + site.x_m, y_m=2_885_000 + site.y_m) for site in SITES), []),
    "grids.csv": (in_grids(GRIDS), [taken(3)]),
    "grids_of_buildings_only.csv": (in_grids(GRIDS), [f"{taken(3)}; {NEAREST}"]),
    "grid_in_pieces.csv": (in_grids(list("1221122222")), [KINDS, f"{taken(2)}; 1 grid lies in more than one piece: 1"]),
    "empty_grid_column.csv": (SITES, ["grid is empty in every row"]),
    "plain.xlsx": (SITES, []),
    "title_and_total.xlsx": (SITES, ["row 1 stands above the headings and is left out; row 14 is a total and is left out"]),
    "two_sheets.xlsx": (SITES, ['is read from the sheet "楼栋" only']),
    "merged_grids.xlsx": (tuple(in_grids(GRIDS)[place] for place in (0, 1, 4, 5, 2, 3, 7, 6, 8, 9)), [f"{taken(3)}; {NEAREST}"]),
    "degrees_wgs84.csv": (in_grids(GRIDS), [projected("WGS 84"), f"{taken(3)}; {NEAREST}"]),
    "degrees_gcj02.csv": (SITES, [projected("GCJ-02")]),
}  # fmt: skip
"""What is read, and what is said of it."""

NOT_METRES = (
    "are degrees and not metres; say of what kind: --crs gcj02 (Amap, Tencent), --crs bd09 (Baidu) or --crs wgs84 (GPS, OpenStreetMap) "
    "on the command line, or sites_crs under [territory] in the scenario file"
)
REFUSED = {
    "missing_column.csv": [": has no column households (it may also be called 户数); its columns are 楼栋, X坐标, Y坐标, 人口"],
    "empty.csv": [": is empty; it needs a row of headings, and a row to each site"],
    "only_headings.csv": [": has no row below its headings; it needs a row to each site"],
    "no_headings.csv": [': has no row of headings such as site, x_m, y_m, households; its first row is "1号楼, 20.5, 15, 44, 123, 住宅"'],
    "twice.csv": [':5: site = "1号楼" stands in row 2 already; give each site a name of its own'],
    "negative.csv": [":3: households = -36 must lie in [0, 1e+06]", ":3: residents = -98 must lie in [0, 1e+06]"],
    "about_300.csv": [
        ':5: 户数 = "30-40" must be a whole number', ':6: 户数 = "60.5" must be a whole number',
        ':6: 人口 = "一百" must be a whole number; if 100 is meant, write it alone',
    ],
    "many_problems.csv": [
        ":2: 楼栋 is empty; give it a name", ":3: X坐标 is empty; write a number",
        ':3: Y坐标 = "15?" must be a number; if 15 is meant, write it alone',
        ":4: X坐标 = 1000000000.0 must lie in [-1e+08, 1e+08]", ":4: 户数 is empty; write a number",
        ':4: 类型 = "商铺" must be building or street',
    ],
    "everything_at_once.csv": [
        ':5: 楼栋 = "1号楼" stands in row 2 already; give each site a name of its own',
        ':8: 楼栋 = "2号楼" stands in row 3 already; give each site a name of its own',
        ":6: 经度 = 1193.0015 lies far from all other rows, which are near 119.302",
        ":9: 纬度 = 2.60806 lies far from all other rows, which are near 26.0804",
        f": 经度 from 119.3 to 119.303 and 纬度 from 26.0801 to 26.0812 {NOT_METRES}",
    ],
    "grids_with_gap.csv": [f":{row}: 网格 is empty; every building belongs to a grid" for row in (3, 6)],
    "nobody.csv": [": no site has households"],
    "merged_households.xlsx": [":3: 户数 is merged with the row above; give each row its own"],
    "no_workbook.xlsx": [": is no workbook that can be read; open it in Excel or WPS, and save it again as .xlsx"],
    "old_workbook.xls": [": is a workbook of the old kind (.xls); save it as .xlsx or CSV"],
    "no_encoding.csv": [": is not UTF-8 text, nor GB18030; save it as UTF-8"],
    "degrees_wgs84.csv": [f": 经度 from 119.3 to 119.302 and 纬度 from 26.0801 to 26.0811 {NOT_METRES}"],
    "degrees_gcj02.csv": [f": lon from 119.305 to 119.307 and lat from 26.077 to 26.078 {NOT_METRES}"],
    "degrees_called_x_and_y.csv": [f": x_m from 119.3 to 119.302 and y_m from 26.0801 to 26.0811 {NOT_METRES}"],
    "latitude_first.csv": [": x_m from 26.0801 to 26.0811 and y_m from 119.3 to 119.302 are latitude and longitude, "
                           "the wrong way round; exchange their headings"],
}  # fmt: skip
"""Every line of what is said against a file, without its name."""


def read(name: str, residents_per_household: float = 2.8) -> Listing:
    return read_sites(FILES / name, residents_per_household, DEGREES.get(name, "metres"))


def test_every_file_is_tried():
    assert {path.name for path in FILES.iterdir()} == OPENED.keys() | REFUSED.keys() | {"here.toml"}


@pytest.mark.parametrize(
    ("name", "sites", "said"), [(name, *expected) for name, expected in OPENED.items()], ids=OPENED
)
def test_a_list_is_opened_and_what_was_derived_is_said(name, sites, said):
    found = read(name)
    assert found.remarks == tuple(f"{name}: {line}" for line in said)
    if name in DEGREES:
        assert [site[3:] for site in found.sites] == [site[3:] for site in sites]
        for first, other in zip(found.sites, sites, strict=True):
            ways = [
                (dist(first[1:3], far[1:3]), dist(other[1:3], to[1:3]))
                for far, to in zip(found.sites, sites, strict=True)
            ]
            assert all(way == pytest.approx(expected, abs=0.02) for way, expected in ways)
    else:
        assert found.sites == sites


@pytest.mark.parametrize(("name", "lines"), REFUSED.items(), ids=REFUSED)
def test_a_list_is_refused_in_a_line_for_each_problem(name, lines):
    with pytest.raises(ScenarioError) as caught:
        read_sites(FILES / name, 2.8)
    assert caught.value.problems == [f"{name}{line}" for line in lines]


# Scenarios with lists -----------------------------------------------------------------------------------------------
REASONS = 'source = "definition"\nwhy = "a test"\n'
PARTY = f"[party]\n{REASONS}members_count = 20\nbranches_count = 1\ngroups_count = 2\n"


def place(folder: Path, name: str = "plain.csv", more: str = "area_km2 = 0.08\n", after: str = "") -> Path:
    """A scenario that is of a list."""
    shutil.copy(FILES / name, folder)
    path = folder / "here.toml"
    crs = DEGREES.get(name, "metres")
    path.write_text(
        f'extends = "junmen_2012"\n[territory]\n{REASONS}sites_file = "{name}"\nsites_crs = "{crs}"\n{more}\n{PARTY}{after}'
    )
    return path


def problems_of(path: Path, overrides: dict[str, object] | None = None) -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        load(path, overrides)
    return caught.value.problems


@pytest.mark.parametrize("name", OPENED)
def test_a_scenario_of_every_list_runs(name, tmp_path):
    scenario = load(place(tmp_path, name), {"period.days": 5})
    outcome = simulate(scenario, 1, "mesa")
    assert scenario.remarks == read(name, 3.2).remarks
    assert len(outcome.cases) > 0
    assert outcome.territory.residents_count == sum(site.residents for site in scenario.sites)
    assert outcome.territory.social.count == areas_count(scenario.parameters.territory, scenario.sites)["grid"]


def test_the_template_is_what_it_was():
    nanhu = load("nanhu")
    assert (nanhu.hash, nanhu.remarks, len(nanhu.sites)) == ("7a123a139324b919", (), 100)


def test_how_a_list_is_written_does_not_change_the_scenario(tmp_path):
    hashes = set()
    for name in ("plain.csv", "plain.xlsx", "gb18030.csv", "full_width.csv"):
        folder = tmp_path / name
        folder.mkdir()
        shutil.copy(FILES / name, folder / "sites.csv")
        (folder / "here.toml").write_text(
            f'extends = "junmen_2012"\n[territory]\n{REASONS}sites_file = "sites.csv"\narea_km2 = 0.08\n{PARTY}'
        )
        hashes.add(load(folder / "here.toml").hash)
    assert len(hashes) == 1


@pytest.mark.parametrize(
    ("more", "line"),
    [
        pytest.param("", "here.toml: territory.area_km2 = 0.16 (junmen_2012.toml) is another place's; the sites of plain.csv span "
                     "about 0.05 km²: give area_km2 where sites_file is given", id="the parent's"),
        pytest.param("area_km2 = 8.0", "here.toml: territory.area_km2 = 8 does not fit the sites of plain.csv, which span about 0.05 km²",
                     id="hectares"),
        pytest.param("area_km2 = 0.012", "here.toml: territory.area_km2 = 0.012 does not fit the sites of plain.csv, which span about 0.05 km²",
                     id="too small"),
    ],
)  # fmt: skip
def test_an_area_must_be_that_of_the_sites(more, line, tmp_path):
    assert problems_of(place(tmp_path, more=more)) == [line]


def test_sites_from_the_command_line_want_their_area_from_there_too(tmp_path):
    path = place(tmp_path)
    shutil.copy(FILES / "grids.csv", tmp_path)
    assert problems_of(path, {"territory.sites_file": "grids.csv"}) == [
        "--set: territory.area_km2 = 0.08 (here.toml) is another place's; the sites of grids.csv span about 0.05 km²: "
        "give area_km2 where sites_file is given"
    ]
    assert load(path, {"territory.sites_file": "grids.csv", "territory.area_km2": 0.07}).sites == in_grids(GRIDS)
    child = tmp_path / "child.toml"
    child.write_text(f'extends = "here"\n[territory]\n{REASONS}cell_area_m2 = 5000.0\n')
    assert load(child).sites == SITES


def test_what_sites_span_is_their_hull_with_a_margin():
    def at(*points: tuple[float, float]) -> float:
        return extent_m2([Site(str(point), *point, 1, 3, "building") for point in points])

    margin = np.pi * 50.0**2
    assert at((5.0, 5.0)) == at((5.0, 5.0), (5.0, 5.0)) == pytest.approx(margin)
    assert at((0.0, 0.0), (100.0, 0.0), (300.0, 0.0)) == pytest.approx(2 * 300.0 * 50.0 + margin)
    square = [(0.0, 0.0), (200.0, 0.0), (200.0, 200.0), (0.0, 200.0), (100.0, 50.0), (0.0, 100.0)]
    assert at(*square) == pytest.approx(200.0**2 + 800.0 * 50.0 + margin)


# Grids of today -------------------------------------------------------------------------------------------------------
def test_the_cut_of_today_is_taken_as_it_is(tmp_path):
    scenario = load(place(tmp_path, "grids.csv", "area_km2 = 0.08\ncommunities_count = 2\n"))
    ground = build_territory(scenario.parameters.territory, scenario.sites)
    named = [ground.social.names[grid] for grid in ground.social.of_site]
    assert named == GRIDS
    assert sorted(ground.social.names) == sorted(set(GRIDS))
    assert ground.social.households.tolist() == [
        sum(site.households for site in scenario.sites if site.grid == name) for name in ground.social.names
    ]
    assert sorted(ground.social.community.tolist()) == ground.social.community.tolist()
    assert [ground.social.community[grid] for grid in ground.social.of_site] == ground.community.tolist()
    assert int(ground.community.max()) + 1 == 2


def test_a_planner_may_ask_for_the_cut_of_today_or_a_new_one(tmp_path):
    path = place(tmp_path, "grids.csv")
    new = load(path, {"territory.social_grids": "cut", "territory.households_per_social_grid": 500.0})
    assert (new.sites, new.remarks) == (SITES, ('grids.csv: 网格 is not read: territory.social_grids = "cut"',))
    assert build_territory(new.parameters.territory, new.sites).social.count == 3
    assert new.hash != load(path).hash
    family = Family(path)
    assert family.load({"period.days": 3}).sites == in_grids(GRIDS)
    for way in (family.load, family._read):
        with pytest.raises(ScenarioError) as caught:
            way({"territory.households_per_social_grid": 500.0})
        assert caught.value.problems == [
            "--set: territory.households_per_social_grid = 500 changes nothing: grids.csv names the grid of each building; "
            'set territory.social_grids to "cut" for new grids'
        ]
    assert problems_of(path, {"territory.communities_count": 4}) == [
        "--set: territory.communities_count = 4 must be at most 3, the grids that the list of sites names"
    ]


@pytest.mark.parametrize("name", ["grids.csv", "grid_in_pieces.csv"])
def test_both_engines_play_the_grids_of_today(name, tmp_path, compiled_engine):
    scenario = load(place(tmp_path, name, "area_km2 = 0.08\ncommunities_count = 2\n"), {"period.days": 30})
    one, other = simulate(scenario, 2, "mesa"), simulate(scenario, 2, "compiled")
    pd.testing.assert_frame_equal(one.cases, other.cases)
    assert len(one.cases) > 20


def test_a_grid_lies_in_pieces_where_another_lies_between():
    row = [(float(x), 0.0) for x in range(0, 60, 10)]
    assert list(in_pieces(row, list("aaabbb"))) == []
    assert list(in_pieces(row, list("aabacc"))) == ["a"]
    assert list(in_pieces(row, list("ababab"))) == ["a", "b"]
    zigzag = [(0.0, 0.0), (10.0, 4.0), (20.0, 0.0), (30.0, 4.0), (0.0, 8.0), (10.0, 12.0), (20.0, 8.0), (30.0, 12.0)]
    assert list(in_pieces(zigzag, list("aaaabbbb"))) == []


# Degrees --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("gps", "map_"), [
    pytest.param((121.5272106, 31.1774276), (121.531541859215, 31.17530398364597), id="Shanghai"),
    pytest.param((113.912316, 22.543847), (113.9171764808363, 22.540796131694766), id="Shenzhen"),
    pytest.param((116.377817, 39.911954), (116.38404722455657, 39.91334545536069), id="Beijing"),
    pytest.param((2.3522, 48.8566), (2.3522, 48.8566), id="Paris: nothing is shifted"),
])  # fmt: skip
def test_maps_are_shifted_as_published_and_shifted_back(gps, map_):
    """The pairs are those of eviltransform's own tests."""
    assert to_gcj02(*gps) == pytest.approx(map_, abs=1e-9)
    assert from_gcj02(*map_) == pytest.approx(gps, abs=1e-9)


@pytest.mark.parametrize(("map_", "baidu"), [
    pytest.param((116.404, 39.915), (116.41036949371029, 39.92133699351022), id="Beijing, as coordtransform has it"),
    pytest.param(to_gcj02(87.6168, 43.8256), None, id="Urumqi"),
    pytest.param(to_gcj02(119.3021, 26.0804), None, id="Fuzhou"),
])  # fmt: skip
def test_the_map_of_baidu_is_shifted_once_more_and_back(map_, baidu):
    shifted = bd09_of_gcj02(*map_)
    if baidu:
        assert shifted == pytest.approx(baidu, abs=1e-12)
    assert 500.0 < dist(map_, shifted) * 111_000.0 < 1_500.0
    assert from_bd09(*shifted) == pytest.approx(from_gcj02(*map_), abs=1e-11)


def test_metres_are_not_taken_for_degrees_nor_degrees_for_metres(tmp_path):
    path = place(tmp_path)
    assert problems_of(path, {"territory.sites_crs": "wgs84"}) == [
        "plain.csv: x_m from 20.5 to 210 and y_m from 15 to 120 are not degrees of one place; "
        'if they are metres, leave --crs out, and set territory.sites_crs to "metres"'
    ]
    small = tmp_path / "small.csv"
    small.write_text("site,x_m,y_m,households\na,3,4,10\nb,6,7,20\n")
    assert [site.x_m for site in read_sites(small, 2.8).sites] == [3.0, 6.0]


# Scenario files as people have them -------------------------------------------------------------------------------------
STUMBLED = (
    "mine.toml: is not valid TOML in line 1, column 14: after the value stands something else; a unit goes into the remark, "
    "a date is such as 2026-01-31, and each value has a line of its own"
)
TEXT = f'title = "社区"\nextends = "junmen_2012"\n[party]\n{REASONS}weekly_h = 3.0\n'


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        pytest.param(TEXT.encode(), (), id="UTF-8"),
        pytest.param(TEXT.replace("\n", "\r\n").encode(), (), id="CRLF"),
        pytest.param(TEXT.encode("utf-8-sig"), (), id="a byte order mark"),
        pytest.param(TEXT.encode("gb18030"), ("mine.toml: is read as GB18030",), id="GB18030"),
        pytest.param(TEXT.encode("utf-16"), ("mine.toml: is read as UTF-16",), id="UTF-16"),
    ],
)
def test_a_scenario_file_is_opened_as_it_is(raw, said, tmp_path):
    (tmp_path / "mine.toml").write_bytes(raw)
    scenario = load(tmp_path / "mine.toml")
    assert (scenario.title, scenario.parameters.party.weekly_h, scenario.remarks) == ("社区", 3.0, said)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        pytest.param("title = “社区”\n", 'mine.toml: line 1 has the Chinese sign “; write " in its place', id="quotation marks"),
        pytest.param('extends = "junmen_2012"\n[party]\nwhy = ‘因为’\n', "mine.toml: line 3 has the Chinese sign ‘; write ' in its place",
                     id="single ones"),
        pytest.param('title ＝ "“社区”"\n', "mine.toml: line 1 has the Chinese sign ＝; write = in its place", id="an equals sign"),
        pytest.param("[party]\nattention = 0。08\n", "mine.toml: line 2 has the Chinese sign 。; write . in its place", id="a full stop"),
        pytest.param("a = [97，194]\n", "mine.toml: line 1 has the Chinese sign ，; write , in its place", id="a comma"),
        pytest.param('title = "社区”\n', 'mine.toml: line 1 has the Chinese sign ”; write " in its place', id="one that closes"),
        pytest.param('title： "社区"\n', "mine.toml: line 1 has the Chinese sign ：; write = in its place", id="a colon"),
        pytest.param('title =　"社区"\n', "mine.toml: line 1 has a Chinese space; write an ordinary one in its place", id="a space"),
        pytest.param('title = "社区" x # 面积，户数\n', STUMBLED, id="not those of a remark"),
        pytest.param('title = "说，好\n', "mine.toml: is not valid TOML in line 1, column 13: a text is not closed by a quotation mark in its line",
                     id="a text without an end"),
        pytest.param('title = "“社区”" 3\n', STUMBLED.replace("column 14", "column 16"),
                     id="within straight ones they may stand"),
    ],
)  # fmt: skip
def test_chinese_signs_are_named(text, line, tmp_path):
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    assert problems_of(tmp_path / "mine.toml") == [line]


def test_what_is_no_scenario_is_called_by_its_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("mine").mkdir()
    assert problems_of("mine/") == ["mine/: is a folder; a scenario is one file, and none lies in it"]
    place(Path("mine"))
    for name in ("mine/", "mine", "./mine"):
        assert problems_of(name) == [f"{name}: is a folder; a scenario is one file, such as mine/here.toml"]
    assert problems_of("mine/plain.csv") == [
        'mine/plain.csv: is a list and not a scenario; a scenario is a TOML file that names it: sites_file = "plain.csv"'
    ]
    Path("study.toml").write_text(
        'title = "s"\nbase = "junmen_2012"\n[design]\nkind = "factorial"\n[[levers]]\nname = "n"\n'
    )
    assert problems_of("study.toml") == [
        "study.toml: is a study, which `sweep study.toml --out DIR` runs; what is wanted here is a scenario"
    ]
    assert problems_of("junmen_2012 --set period.days=3") == [
        "junmen_2012 --set period.days=3: the name and its options stand in one pair of quotes; leave the quotes out"
    ]


@pytest.mark.parametrize(("language", "asked", "named"), [
    pytest.param("en", "Nanhu community", "nanhu (", id="a place in English"),
    pytest.param("zh", "军门", "junmen_2012（", id="part of a place"),
    pytest.param("zh", "福州军门社区", "junmen_2012（", id="more than a place"),
    pytest.param("zh", "南湖", "nanhu（", id="another"),
    pytest.param("zh", "长宁", "changning_2005q4（", id="a district"),
])  # fmt: skip
def test_a_scenario_is_suggested_by_its_title_or_place(language, asked, named):
    speak(language)
    try:
        assert named in problems_of(asked)[0]
    finally:
        speak("en")


# Sources of one's own ---------------------------------------------------------------------------------------------------
OWN = '[sources]\ncensus-2020 = { kind = "published", text = "The census of 2020." }\n'


def citing(source: str, own: str = "") -> str:
    return f'extends = "junmen_2012"\n{own}[party]\nsource = "{source}"\nwhy = "a test"\nweekly_h = 3.0\n'


def test_a_place_may_cite_sources_of_its_own(tmp_path):
    (tmp_path / "mine.toml").write_text(citing("census-2020", OWN))
    scenario = load(tmp_path / "mine.toml")
    assert scenario.provenance["party.weekly_h"].source == "census-2020"
    assert scenario.sources["census-2020"] == Source("published", "The census of 2020.")
    assert scenario.sources["definition"] == sources()["definition"]
    assert "census-2020" not in sources()
    (tmp_path / "child.toml").write_text(citing("census-2020").replace("junmen_2012", "mine"))
    assert load(tmp_path / "child.toml", {"period.days": 3}).sources["census-2020"].text == "The census of 2020."
    (tmp_path / "mine.toml").write_text(citing("census-202", OWN))
    assert problems_of(tmp_path / "mine.toml") == [
        'mine.toml: party.weekly_h has the source "census-202", which is neither among your own (census-2020) nor in the '
        "project's sources.toml; did you mean census-2020?"
    ]


def test_sources_may_lie_beside(tmp_path):
    (tmp_path / "sources.toml").write_text('[yearbook]\nkind = "published"\ntext = "A yearbook."\n')
    (tmp_path / "mine.toml").write_text(citing("yearbook"))
    assert load(tmp_path / "mine.toml").sources["yearbook"].kind == "published"
    (tmp_path / "mine.toml").write_text(citing("yearbok"))
    assert problems_of(tmp_path / "mine.toml") == [
        'mine.toml: party.weekly_h has the source "yearbok", which is neither among your own (yearbook) nor in the '
        "project's sources.toml; did you mean yearbook?"
    ]


@pytest.mark.parametrize(
    ("own", "line"),
    [
        pytest.param('sources = "x"\n', "mine.toml: sources must be a table of sources; write [sources] and name = "
                     '{ kind = "published", text = "…" }', id="no table"),
        pytest.param('[sources]\na = "x"\n', "mine.toml: sources.a has no kind that is one of published, standard, definition, assumption, "
                     'calibrated; write { kind = "published", text = "…" }', id="no kind"),
        pytest.param('[sources]\na = { kind = "published" }\n', 'mine.toml: sources.a has no text; write { kind = "published", text = "…" }',
                     id="no text"),
        pytest.param('[sources]\ndefinition = { kind = "published", text = "x" }\n',
                     'mine.toml: the source "definition" is one of the project\'s own; give yours another name', id="a name that is taken"),
    ],
)  # fmt: skip
def test_sources_that_are_not_as_they_must_be_are_refused(own, line, tmp_path):
    (tmp_path / "mine.toml").write_text(citing("definition", own))
    assert problems_of(tmp_path / "mine.toml") == [line]


@pytest.mark.parametrize("name", OPENED)
def test_a_list_goes_through_run_compare_and_a_study(name, tmp_path):
    """On the command line, as whoever has it would."""
    path = place(tmp_path, name)
    (tmp_path / "study.toml").write_text(
        f'title = "t"\nquestion = "?"\nbase = "{path.name}"\n[set]\n"period.days" = 2\n[design]\nkind = "factorial"\n'
        '[[levers]]\nname = "members"\npath = "party.members_count"\nvalues = [10, 20]\n'
        '[replications]\nrule = "fixed"\ncount = 2\n[[objectives]]\nindicator = "found_count"\nbetter = "high"\n'
    )
    few = ["--replications", "2", "--workers", "1"]
    assert called(tmp_path, "run", path.name, "--days", "2", "--ensemble", "none", *few).returncode == 0
    more = f"{path.name} --set party.members_count=10"
    compared = called(tmp_path, "compare", path.name, more, "--set", "period.days=2", *few)
    assert compared.returncode == 0
    assert "B against A: " in compared.stdout
    swept = called(tmp_path, "sweep", "study.toml", "--out", "out", "--workers", "1")
    assert (swept.returncode, "4 of 4 runs" in swept.stdout) == (0, True)
