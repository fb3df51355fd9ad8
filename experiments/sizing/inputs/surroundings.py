"""What lies around the buildings of a community: barriers that grids do not cross, and compounds that they do not cut.

Layer: experiments.  Read from GeoJSON, and brought onto the plane of the buildings.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from experiments.sizing.cuts.neighbourhood import Shape, within_polygons
from experiments.sizing.inputs.geojson import Feature, Features, read_features
from languages.speaking import marked, say, say_many
from scenarios.projecting import Crs, Plane, Point
from scenarios.site_columns import HEADINGS, plain
from scenarios.wording import ScenarioError

NEAR_M = 2_000.0
"""What lies farther from all buildings keeps none of them apart."""
LINES, AREAS = ("LineString", "MultiLineString"), ("Polygon", "MultiPolygon")
NAMES = (*HEADINGS["compound"], *HEADINGS["site"])
"""What the name of a compound may be called, the first before the others."""


def read_barriers(path: Path, crs: Crs) -> Features:
    """Rivers, railways and wide roads of a file: lines, and areas that count by their outlines.

    Raises ScenarioError with every problem.
    """
    found = _sound(read_features(path, crs, (*LINES, *AREAS)))
    if areas := sum(feature.shape.geom_type in AREAS for feature in found.features):
        found.remarks.append(say_many("{count} area counts as a barrier by its outline",
                                      "{count} areas count as barriers by their outlines", areas))  # fmt: skip
    return found


def read_compounds(path: Path, crs: Crs) -> Features:
    """Compounds of a file: areas with names. Raises ScenarioError with every problem."""
    found = read_features(path, crs, AREAS)
    for feature in found.features:
        if not name_of(feature):
            found.object_to(feature.number, marked("has no name; give it a property name or 小区"))
    return _sound(found)


def on_plane(features: Features, points: Sequence[Point], plane: Plane | None, buildings: str) -> list[Feature]:
    """Those features that lie near the buildings at `points`, m, on their plane; None: all is in metres.

    Raises ScenarioError if none does, or they are in degrees and the buildings in metres.
    """
    if plane is None and features.crs != "metres":
        problem = say("{file}: is in degrees and {buildings} in metres; bring both into the same",
                      file=features.file, buildings=buildings)  # fmt: skip
        raise ScenarioError([problem])
    west, south, east, north = _extent(points)
    around = shapely.box(west - NEAR_M, south - NEAR_M, east + NEAR_M, north + NEAR_M)
    placed = [feature._replace(shape=moved(feature.shape, plane, features.crs)) for feature in features.features]
    near = [each for each in placed if all(map(isfinite, each.shape.bounds)) and each.shape.intersects(around)]
    if not near:
        there = [point for feature in features.features for point in feature.points]
        here = points if plane is None else plane.wgs84([(west, south), (east, north)])
        raise ScenarioError([
            say("{file}: lies nowhere near the buildings: it lies within {there}, and {buildings} within {here}; "
                "are both in the same coordinates?",
                file=features.file, there=_said(there), buildings=buildings, here=_said(here))
        ])  # fmt: skip
    if far := len(placed) - len(near):
        features.remarks.append(
            say_many("{count} feature lies more than {far:g} km from all buildings and is left out",
                     "{count} features lie more than {far:g} km from all buildings and are left out",
                     far, far=NEAR_M / 1000.0)
        )  # fmt: skip
    return near


def lines_of(features: Sequence[Feature]) -> tuple[tuple[Point, ...], ...]:
    """Lines as they are, and areas by their outlines, those of their holes too."""
    lines: list[tuple[Point, ...]] = []
    for part in shapely.get_parts([feature.shape for feature in features]):
        rings = [part.exterior, *part.interiors] if part.geom_type == "Polygon" else [part]
        lines += [outline_of(ring) for ring in rings]
    return tuple(lines)


def compounds_at(features: Features, points: Sequence[Point], plane: Plane | None, buildings: str) -> list[str]:
    """The compound in which each of the points lies, m; empty: in none. What has one name is one compound.

    Raises ScenarioError if none lies in any.
    """
    shapes: dict[str, list[Shape]] = {}
    for feature in on_plane(features, points, plane, buildings):
        shapes.setdefault(name_of(feature), []).append(feature.shape)
    labels = within_polygons(points, {name: shapely.union_all(parts) for name, parts in shapes.items()})
    if not any(labels):
        problem = say("{file}: none of the sites of {buildings} lies in a compound; are both in the same coordinates?",
                      file=features.file, buildings=buildings)  # fmt: skip
        raise ScenarioError([problem])
    return labels


def outline_of(line: Shape) -> tuple[Point, ...]:
    """The points of a line or of a ring."""
    return tuple((x, y) for x, y in shapely.get_coordinates(line).tolist())


def name_of(feature: Feature) -> str:
    """The name of a compound; empty: it has none."""
    called = {plain(key): value for key, value in feature.properties.items() if value}
    return next((called[name] for name in NAMES if name in called), "")


def moved(shape: Shape, plane: Plane | None, crs: Crs) -> Shape:
    """A shape on the plane of the buildings; as it is, if all is in metres."""
    if plane is None or crs == "metres":
        return shape

    def metres(points: Any) -> Any:
        return np.array(plane.metres(points.tolist(), crs)).reshape(-1, 2)

    return shapely.transform(shape, metres)


def _sound(found: Features) -> Features:
    if found.problems:
        raise ScenarioError(found.problems)
    return found


def _extent(points: Sequence[Point]) -> tuple[float, float, float, float]:
    """West, south, east and north."""
    along, up = zip(*points, strict=True)
    return min(along), min(up), max(along), max(up)


def _said(points: Sequence[Point]) -> str:
    """What points span, as it would stand in a file."""
    west, south, east, north = _extent(points)
    return f"x {west:g} – {east:g}, y {south:g} – {north:g}"
