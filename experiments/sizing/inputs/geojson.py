"""GeoJSON as people have it: features with their shapes and what is written at them, or what is wrong with each.

Layer: experiments.  Knows nothing of buildings; shapes come in the coordinates of the file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import shapely

from experiments.sizing.cuts.neighbourhood import Shape
from languages.speaking import listed, marked, say, say_many
from scenarios.projecting import Crs, Point, may_be_degrees
from scenarios.site_tables import cell_text, raw_of, text_of
from scenarios.sites import FARTHEST_M
from scenarios.wording import ScenarioError, shown

TOO_LARGE = marked("{file}: is larger than 20 MB; cut out what lies around the buildings")
SUFFIXES = (".geojson", ".json")
DEPTHS = {"Point": 0, "LineString": 1, "MultiLineString": 2, "Polygon": 2, "MultiPolygon": 3}
"""The geometries that are read, and how many lists stand around a point of each."""
COLLECTIONS = {"FeatureCollection": "features", "GeometryCollection": "geometries"}
"""What holds others, and under which name."""
LEAST_POINTS = {"LineString": 2, "MultiLineString": 2, "Polygon": 3, "MultiPolygon": 3}
"""Different points that a line or an outline has at least."""
AS_GPS = frozenset({4326, 4490, 4979})
"""EPSG codes of longitude and latitude that are those of GPS, CGCS2000 (4490) within a few centimetres."""
MOST_NAMED = 5
_CRS84, _EPSG = (
    re.compile(r"CRS:?84$", re.IGNORECASE),
    re.compile(r"EPSG[:/]+(?:[\d.]*[:/]+)?(\d{1,6})$", re.IGNORECASE),
)


class Feature(NamedTuple):
    """One thing of a file."""

    number: int
    """From 1, as the file counts its features."""
    properties: Mapping[str, str]
    shape: Shape
    """A Point, LineString, MultiLineString, Polygon or MultiPolygon."""

    @property
    def points(self) -> list[Point]:
        """All its points."""
        return [(x, y) for x, y in shapely.get_coordinates(self.shape).tolist()]


@dataclass
class Features:
    """The features of a file that can be read, what is to be said of them, and what is wrong with the others."""

    file: str
    crs: Crs = "metres"
    """In what their coordinates are."""
    unsaid: bool = False
    """Whether degrees are taken as those of GPS because nobody said what they are."""
    features: list[Feature] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    closed: list[int] = field(default_factory=list)
    """Numbers of features whose outline had to be closed."""
    mended: list[int] = field(default_factory=list)
    """Numbers of features whose outline crossed itself."""

    def object_to(self, number: int, message: str, **values: object) -> None:
        """Say what is wrong with a feature: `message` is said with its place first."""
        self.problems.append(f"{self.file}:{number}: {say(message, **values)}")


class WrongError(ValueError):
    """A geometry cannot be read; says why."""


def is_geojson(path: Path) -> bool:
    """True for what calls itself JSON, and for what looks like it whatever it is called."""
    if path.suffix.lower() in SUFFIXES:
        return True
    try:
        with path.open("rb") as opened:
            return opened.read(100).removeprefix(b"\xef\xbb\xbf").lstrip().startswith((b"{", b"[{"))
    except OSError:
        return False


def read_features(path: Path, crs: Crs, wanted: Sequence[str]) -> Features:
    """The features of a file that are of the kinds wanted, such as "Point"; in degrees of `crs`, or as the file says.

    Rule:    degrees are those of GPS, as the standard has it, unless `crs` says otherwise; what the file says is in
             another projection is taken to those of GPS by PROJ. Metres are only what cannot be degrees.
    Source:  RFC 7946; for the member crs, The GeoJSON Format Specification 2008.
    Raises ScenarioError if there is no reading it at all; what is wrong with single features is in `problems`.
    """
    found = Features(path.name)
    text = text_of(raw_of(path, TOO_LARGE), path.name, found.remarks)
    try:
        content = _json(text, path.name)
        things = list(_things(content))
        found.features += filter(
            None, (_feature(number, thing, wanted, found) for number, thing in enumerate(things, 1))
        )
    except RecursionError:
        raise ScenarioError([say("{file}: is nested too deeply", file=path.name)]) from None
    if isinstance(content, dict) and _kind(content) not in {*COLLECTIONS, *DEPTHS, "Feature"}:
        problem = say('{file}: is JSON but no GeoJSON, which begins with {begins}',
                      file=path.name, begins='{"type": "FeatureCollection", "features": [')  # fmt: skip
        raise ScenarioError([problem])
    if not things:
        raise ScenarioError([say("{file}: has no features; it needs one to each thing on the map", file=path.name)])
    if not found.features:
        raise ScenarioError(found.problems)
    found.remarks += _told_of(found)
    _place(found, content.get("crs") if isinstance(content, dict) else None, crs)
    return found


# JSON -----------------------------------------------------------------------------------------------------------------
def _json(text: str, file: str) -> Any:
    try:
        # whole numbers too are read as floats: of ten thousand digits Python reads none
        return json.loads(text, parse_int=float)
    except json.JSONDecodeError as error:
        problem = say("{file}: is no JSON from line {line}, column {column} on; export it again, or mend it there",
                      file=file, line=error.lineno, column=error.colno)  # fmt: skip
        raise ScenarioError([problem]) from None


def _kind(thing: Any) -> str:
    """The type of a thing, as it says itself; empty: it says none."""
    kind = thing.get("type") if isinstance(thing, dict) else None
    return kind if isinstance(kind, str) else ""


def _things(content: Any) -> Iterator[Any]:
    """The features of a collection, of a list, or one that stands alone; a bare geometry is one too."""
    if isinstance(content, list):
        for each in content:
            yield from _things(each) if isinstance(each, dict) else [each]
    elif _kind(content) in COLLECTIONS:
        inner = content.get(COLLECTIONS[_kind(content)])
        yield from inner if isinstance(inner, list) else ()
    else:
        yield content


def _feature(number: int, thing: Any, wanted: Sequence[str], found: Features) -> Feature | None:
    """A feature of a kind that is wanted; None, with the problem added, if it is none."""
    bare = _kind(thing) in DEPTHS
    if not bare and _kind(thing) != "Feature":
        found.object_to(number, marked("is no feature; write type, properties and geometry"))
        return None
    geometry = thing if bare else thing.get("geometry")
    if not isinstance(geometry, dict):
        found.object_to(number, marked("has no geometry; draw it, or delete it"))
        return None
    kind = _kind(geometry)
    if kind not in wanted:
        found.object_to(number, marked("is a {kind}; what is wanted here is {wanted}"),
                        kind=shown(geometry.get("type")), wanted=listed(wanted))  # fmt: skip
        return None
    try:
        shape = _shape(kind, geometry.get("coordinates"), number, found)
    except WrongError as error:
        found.problems.append(f"{found.file}:{number}: {error}")
        return None
    properties = thing.get("properties")
    properties = properties if isinstance(properties, dict) else {}
    return Feature(number, {_plain(key): _plain(value) for key, value in properties.items()}, shape)


def _plain(value: Any) -> str:
    """What a property says, if that is one thing; half a character is none."""
    text = "" if isinstance(value, (dict, list)) else cell_text(value)
    return text.encode("utf-8", "replace").decode()


# Geometries -------------------------------------------------------------------------------------------------------
def _shape(kind: str, coordinates: Any, number: int, found: Features) -> Shape:
    """A geometry in two dimensions, closed, and mended where it crosses itself. Raises WrongError."""
    points = _nested(coordinates, DEPTHS[kind])
    if kind == "Point":
        return shapely.Point(points)
    lines = {1: [points], 2: points}.get(DEPTHS[kind]) or [ring for rings in points for ring in rings]
    if any(len(set(line)) < LEAST_POINTS[kind] for line in lines):
        raise WrongError(say("has too few points for a {kind}; draw it again", kind=kind))
    if kind == "LineString":
        return shapely.LineString(points)
    if kind == "MultiLineString":
        return shapely.MultiLineString(points)
    if any(line[0] != line[-1] for line in lines):
        found.closed.append(number)
    shape = _area([points] if kind == "Polygon" else points, number, found)
    if not shape.area:
        raise WrongError(say("has an outline without an area; draw it again"))
    return shape


def _area(polygons: Sequence[Sequence[Sequence[Point]]], number: int, found: Features) -> Shape:
    """What polygons cover together."""
    shapes = np.array([shapely.Polygon(rings[0], rings[1:]) for rings in polygons])
    if not shapely.is_valid(shapes).all():
        found.mended.append(number)
    parts = shapely.get_parts(shapely.make_valid(shapes))
    return shapely.union_all(parts[shapely.area(parts) > 0.0])


def _nested(coordinates: Any, depth: int) -> Any:
    """Coordinates as points within so many lists. Raises WrongError."""
    if depth == 0:
        return _point(coordinates)
    if not isinstance(coordinates, list) or not coordinates:
        raise WrongError(say("has coordinates = {value} that are not nested as its type wants it; export it again",
                             value=shown(coordinates)))  # fmt: skip
    return [_nested(each, depth - 1) for each in coordinates]


def _point(position: Any) -> Point:
    """The first two numbers of a position; a height is nothing to us. Raises WrongError."""
    is_one = isinstance(position, list) and len(position) >= 2 and all(
        isinstance(each, float) and abs(each) <= FARTHEST_M for each in position[:2]
    )  # fmt: skip
    if not is_one:
        raise WrongError(say("has coordinates = {value} where two numbers up to {most:g} must stand; export it again",
                             value=shown(position), most=FARTHEST_M))  # fmt: skip
    return position[0], position[1]


def _told_of(found: Features) -> Iterator[str]:
    if numbers := _numbers(found.closed):
        yield say("outlines that were open are closed: {numbers}", numbers=numbers)
    if numbers := _numbers(found.mended):
        yield say("outlines that cross themselves are mended: {numbers}", numbers=numbers)


def _numbers(numbers: Sequence[int]) -> str:
    """The first few of them; empty if there are none."""
    different = list(dict.fromkeys(numbers))
    return listed([*map(str, different[:MOST_NAMED]), *(["…"] if len(different) > MOST_NAMED else [])])


# Coordinates ------------------------------------------------------------------------------------------------------
def _place(found: Features, member: Any, crs: Crs) -> None:
    """Find out in what the coordinates are, and bring those of another projection to degrees."""
    code = _code_of(member, found)
    if code is not None and code not in AS_GPS:
        _to_degrees(found, code)
    elif crs == "metres":
        found.unsaid = may_be_degrees([point for feature in found.features for point in feature.points])
        found.crs = "wgs84" if found.unsaid else "metres"
    else:
        found.crs = crs


def _code_of(member: Any, found: Features) -> int | None:
    """The EPSG code of a member `crs`; that of WGS 84 if there is none; None, with the problem added, if it is odd."""
    if member is None:
        return 4326
    properties = member.get("properties") if isinstance(member, dict) else None
    name = properties.get("name") if isinstance(properties, dict) else None
    text = name if isinstance(name, str) else ""
    if _CRS84.search(text):
        return 4326
    if code := _EPSG.search(text):
        return int(code[1])
    found.problems.append(say("{file}: crs = {value} is not known; export it in WGS 84 (EPSG:4326)",
                              file=found.file, value=shown(name)))  # fmt: skip
    return None


def _to_degrees(found: Features, code: int) -> None:
    """The features of a projection that is known by its EPSG code in degrees of GPS."""
    from pyproj import Transformer
    from pyproj.exceptions import ProjError

    try:
        transformer = Transformer.from_crs(code, 4326, always_xy=True)
    except ProjError:
        found.problems.append(say("{file}: crs = {value} is not known; export it in WGS 84 (EPSG:4326)",
                                  file=found.file, value=f"EPSG:{code}"))  # fmt: skip
        found.crs = "wgs84"
        return

    def moved(points: Any) -> Any:
        return np.column_stack(transformer.transform(*points.T))

    features = [feature._replace(shape=shapely.transform(feature.shape, moved)) for feature in found.features]
    wrong = [each.number for each in features if not all(map(isfinite, shapely.get_coordinates(each.shape).ravel()))]
    if wrong:
        found.problems.append(
            say_many("{file}:{row}: has coordinates that do not lie in EPSG:{code}; export it in WGS 84 (EPSG:4326)",
                     "{file}:{row}: has coordinates that do not lie in EPSG:{code}, and so have others; "
                     "export it in WGS 84 (EPSG:4326)", len(wrong), file=found.file, row=wrong[0], code=code)
        )  # fmt: skip
    found.features, found.crs = features, "wgs84"
    found.remarks.append(say("is brought from EPSG:{code} to WGS 84", code=code))
