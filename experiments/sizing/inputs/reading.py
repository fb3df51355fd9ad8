"""A community as a planner has it: a list of buildings or a map of them, and if there are any, barriers and compounds.

Layer: experiments.  Every problem of every file is said in one go, and what was derived, left out or taken is said too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from math import dist
from operator import itemgetter
from pathlib import Path
from statistics import median
from typing import NamedTuple

import shapely

from experiments.sizing.inputs.geojson import Features, is_geojson, read_features
from experiments.sizing.inputs.surroundings import (
    AREAS,
    compounds_at,
    lines_of,
    moved,
    on_plane,
    outline_of,
    read_barriers,
    read_compounds,
)
from languages.speaking import say, say_many
from scenarios.projecting import Crs, Point
from scenarios.site_columns import HEADINGS, Remarks, Table, headed, plain
from scenarios.site_tables import Row, Sheet, read_sheets
from scenarios.sites import Found, Site, found_in, told_of_pieces
from scenarios.wording import ScenarioError, shown

type Outline = tuple[Point, ...]

MOST_SITES = 20_000
"""More take longer to be cut into every number of grids than anybody waits."""
MOST_LINES, MOST_LINES_OF_OTHERS = 20, 10
"""So many lines are shown of what is wrong with the list, and with each other file."""
FARTHEST_M = 50_000.0
"""No community is so wide: a site farther from the middle of all has a wrong coordinate."""
ASTRAY_M, ASTRAY = 3_000.0, 10.0
"""A site farther from the middle than that, and so many times what is usual, may be an exclave: it is told, no more."""


class Listed(NamedTuple):
    """What a planner's files say of a community."""

    file: str
    """Name of the list, without its folder."""
    sites: tuple[Site, ...]
    """In metres, in the order of their rows; `grid` is today's, or empty."""
    compounds: tuple[str, ...]
    """(sites,): the compound in which each lies; empty: none."""
    barriers: tuple[Outline, ...]
    """Line strings on the same plane, m."""
    footprints: tuple[Outline, ...]
    """(sites,): the outline of each building, m; empty: only a point is known."""
    remarks: tuple[str, ...]
    """What was derived, left out, or taken as it stands."""
    crs: Crs
    """What the coordinates of the list are."""
    back: Callable[[Sequence[Point]], list[Point]] | None
    """From metres to longitude and latitude of WGS 84; None: the list is in metres, and nobody knows where."""


class _Buildings(NamedTuple):
    """What the list alone says."""

    found: Found
    footprints: tuple[Outline, ...]
    remarks: list[str]
    crs: Crs


def read_community(
    path: Path, residents_per_household: float, crs: Crs = "metres", *,
    barriers: Path | None = None, compounds: Path | None = None,
) -> Listed:  # fmt: skip
    """Read a list of buildings (CSV, xlsx or GeoJSON) and, where there are any, barriers and compounds (GeoJSON).

    `crs` is what the coordinates of all the files are; where it is "metres", degrees of a map of buildings are WGS 84,
    and so are those of what lies around. Raises ScenarioError with every problem of every file; of many of one file
    with the first.
    """
    problems: list[str] = []

    def tried[G, T](read: Callable[[G], T], given: G | None, most: int = MOST_LINES_OF_OTHERS) -> T | None:
        """What can be read of what is given; None if nothing is, or if it has problems, which are added."""
        try:
            return None if given is None else read(given)
        except ScenarioError as error:
            problems.extend(_first(error.every, most))
            return None

    buildings = tried(lambda file: _buildings(file, residents_per_household, crs), path, MOST_LINES)
    crs_of_all = buildings.crs if buildings else crs
    lines = tried(lambda file: read_barriers(file, crs_of_all), barriers)
    areas = tried(lambda file: read_compounds(file, crs_of_all), compounds)
    if buildings is None or problems:
        raise ScenarioError(problems)
    sites, plane = buildings.found.sites, buildings.found.plane
    points = [(site.x_m, site.y_m) for site in sites]
    near = tried(lambda features: on_plane(features, points, plane, path.name), lines)
    within = tried(lambda features: compounds_at(features, points, plane, path.name), areas)
    if problems:
        raise ScenarioError(problems)
    labels = buildings.found.compounds
    if within:
        labels = [area or label for area, label in zip(within, labels, strict=True)]
    return Listed(
        path.name, tuple(sites), tuple(labels), lines_of(near or ()), buildings.footprints,
        (*buildings.remarks, *_told(path.name, sites, labels), *_told_of_files(lines, areas)),
        buildings.crs, plane.wgs84 if plane else None,
    )  # fmt: skip


# Buildings ------------------------------------------------------------------------------------------------------------
def _buildings(path: Path, residents_per_household: float, crs: Crs) -> _Buildings:
    """The sites of the list, and how far apart they lie; raises ScenarioError with every problem of every row."""
    remarks = Remarks()
    shapes: Features | None = None
    if is_geojson(path):
        shapes = read_features(path, crs, ("Point", *AREAS))
        crs = shapes.crs
        remarks.left_out += shapes.remarks
        if shapes.unsaid:
            remarks.taken.append(
                say("its degrees are taken as WGS 84, as is usual in GeoJSON; if they are of a Chinese map, say "
                    "--crs gcj02 (Amap, Tencent) or --crs bd09 (Baidu)")
            )  # fmt: skip
        sheets = [_sheet(shapes)]
    else:
        sheets = read_sheets(path, remarks.left_out)
    table = headed(sheets, path.name, crs, remarks)
    if len(table.rows) > MOST_SITES:
        raise ScenarioError([
            say("{file}: has {count:,} rows; more than {most:,} buildings cannot be cut in reasonable time: take one "
                "community, or some of them", file=path.name, count=len(table.rows), most=MOST_SITES)
        ])  # fmt: skip
    table.problems += shapes.problems if shapes else []
    found = found_in(table, residents_per_household, crs)
    _check_spread(found, table)
    footprints = _footprints(shapes, found) if shapes else [()] * len(found.sites)
    return _Buildings(found, tuple(footprints), list(remarks.lines(path.name)), crs)


def _sheet(shapes: Features) -> Sheet:
    """Features as rows of a table: where each lies, and what is written at it, first what has a known heading."""
    known = {heading for headings in HEADINGS.values() for heading in headings}
    keys = list(dict.fromkeys(key for feature in shapes.features for key in feature.properties))
    read = [key for key in keys if plain(key) in known]
    axes = ["x_m", "y_m"] if shapes.crs == "metres" else ["lon", "lat"]
    rows = [
        Row(feature.number, [*map(repr, _middle(feature.shape)), *(feature.properties.get(key, "") for key in read)])
        for feature in shapes.features
    ]
    return Sheet("", [Row(0, [*axes, *read, *(key for key in keys if key not in set(read))]), *rows])


def _middle(shape: object) -> Point:
    """A point within a shape: its centre of gravity if that lies in it."""
    middle = shapely.centroid(shape)
    inside = middle if shapely.covers(shape, middle) else shapely.point_on_surface(shape)
    return float(inside.x), float(inside.y)


def _footprints(shapes: Features, found: Found) -> Iterator[Outline]:
    """The outline of each site's building, of several parts that of the largest; nothing where it is a point."""
    shape_of = {feature.number: feature.shape for feature in shapes.features}
    for row in found.rows:
        parts = shapely.get_parts(moved(shape_of[row], found.plane, shapes.crs))
        largest = max(parts, key=lambda part: part.area)
        yield outline_of(largest.exterior) if largest.geom_type == "Polygon" else ()


def _check_spread(found: Found, table: Table) -> None:
    """Raise ScenarioError if the sites are no community that can be cut; tell of one that lies far from all others."""
    points = [(site.x_m, site.y_m) for site in found.sites]
    if len(found.sites) == 1:
        raise ScenarioError([say("{file}: has one site only; there is nothing to cut", file=table.file)])
    if len(set(points)) == 1:
        raise ScenarioError([
            say("{file}: all {count} sites lie at one point; give each its own coordinates",
                file=table.file, count=len(points))
        ])  # fmt: skip
    middle = (median(x for x, _ in points), median(y for _, y in points))
    ways_m = [dist(point, middle) for point in points]
    farthest = max(range(len(points)), key=lambda place: (ways_m[place], -found.rows[place]))
    values = {"site": shown(found.sites[farthest].site), "way": ways_m[farthest] / 1000.0}
    if ways_m[farthest] > FARTHEST_M:
        raise ScenarioError([
            say("{file}:{row}: {site} lies {way:.0f} km from the middle of all; correct its coordinates",
                file=table.file, row=found.rows[farthest], **values)
        ])  # fmt: skip
    if ways_m[farthest] > max(ASTRAY_M, ASTRAY * median(ways_m)):
        table.remarks.taken.append(
            say("{site} in row {row} lies {way:.1f} km from the middle of all, and half of them within {usual:.1f} km",
                row=found.rows[farthest], usual=median(ways_m) / 1000.0, **values)
        )  # fmt: skip


# What is said ---------------------------------------------------------------------------------------------------------
def _first(problems: Sequence[str], most: int) -> list[str]:
    """The first problems of a file, those of all of it before those of its rows, and how many more it has."""
    file = problems[0].split(":")[0]
    rows = [re.match(r":(\d+):", problem.removeprefix(file)) for problem in problems]
    in_order = sorted(zip([int(row[1]) if row else 0 for row in rows], problems, strict=True), key=itemgetter(0))
    problems = [problem for _, problem in in_order]
    if more := len(problems[most:]):
        problems[most:] = [say_many("{file}: … and {count:,} more problem", "{file}: … and {count:,} more problems",
                                    more, file=file)]  # fmt: skip
    return problems


def _told(file: str, sites: Sequence[Site], labels: Sequence[str]) -> Iterator[str]:
    """What is said of today's grids, and of compounds."""
    with_grids = [site for site in sites if site.grid]
    grids = [site.grid for site in with_grids]
    if grids:
        yield say_many("{file}: names {count} grid of today", "{file}: names {count} grids of today",
                       len(set(grids)), file=file)  # fmt: skip
        for clause in told_of_pieces([(site.x_m, site.y_m) for site in with_grids], grids):
            yield f"{file}: {clause}"
    if grids and (without := len(sites) - len(grids)):
        yield say_many(
            "{file}: {count} site without a grid of today belongs to the nearest one",
            "{file}: {count} sites without a grid of today belong to the nearest one", without, file=file,
        )  # fmt: skip
    if any(labels) and (without := labels.count("")):
        yield say_many("{file}: {count} site lies in no compound", "{file}: {count} sites lie in no compound",
                       without, file=file)  # fmt: skip


def _told_of_files(*files: Features | None) -> Iterator[str]:
    for features in filter(None, files):
        if features.remarks:
            yield f"{features.file}: {say('; ').join(features.remarks)}"
