"""Degrees to metres: longitude and latitude of GPS, or as Chinese maps shift them, on the plane of a place.

Layer: scenarios.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import cos, pi, sin, sqrt
from typing import Literal

type Point = tuple[float, float]

WIDEST_DEGREES = 5.0
PLACES_AFTER_THE_POINT = 2
"""Centimetres: far below what the degrees tell, and above what versions of a library differ in."""
TIMES_BACK = 10
"""Each time the rest of the shift shrinks a hundredfold."""
_A, _EE = 6378245.0, 0.00669342162296594323
"""Half axis, m, and squared eccentricity of the Krasovsky ellipsoid, which the published formula uses."""
_CHINA = ((72.004, 137.8347), (0.8293, 55.8271))
"""Longitudes and latitudes within which maps are shifted."""


def may_be_degrees(points: Sequence[Point]) -> bool:
    """True for what can be longitude and latitude of one place: in their range, and close together."""
    along, up = zip(*points, strict=True)
    return (
        all(-180.0 <= x <= 180.0 and -90.0 <= y <= 90.0 for x, y in points)
        and max(along) - min(along) < WIDEST_DEGREES
        and max(up) - min(up) < WIDEST_DEGREES
    )


def are_degrees(points: Sequence[Point]) -> bool:
    """True for what is longitude and latitude rather than metres: it may be, and has fractions."""
    return may_be_degrees(points) and any(x % 1.0 or y % 1.0 for x, y in points)


def to_metres(points: Sequence[Point], crs: Literal["wgs84", "gcj02"]) -> list[Point]:
    """Longitudes and latitudes as metres east and north of the middle of them all.

    Rule:    transverse Mercator of WGS 84 around that middle, so that within twenty kilometres of it no distance is
             out by more than 1 in 100,000; what Chinese maps have shifted is shifted back first.
    """
    from pyproj import Transformer  # only whoever has degrees waits for it

    points = [from_gcj02(*point) for point in points] if crs == "gcj02" else list(points)
    middle_lon, middle_lat = ((min(along) + max(along)) / 2.0 for along in zip(*points, strict=True))
    plane = f"+proj=tmerc +lat_0={middle_lat!r} +lon_0={middle_lon!r} +k=1 +x_0=0 +y_0=0 +datum=WGS84 +units=m"
    transform = Transformer.from_crs("EPSG:4326", plane, always_xy=True).transform
    return [(round(x_m, PLACES_AFTER_THE_POINT), round(y_m, PLACES_AFTER_THE_POINT)) for x_m, y_m in
            (transform(*point) for point in points)]  # fmt: skip


def from_gcj02(lon: float, lat: float) -> Point:
    """Where a point of a Chinese map (GCJ-02) lies by GPS (WGS 84).

    Rule:    the point whose shifted place it is, by going back and forth; exact to a millimetre for the published
             formula, which itself meets the maps to about a metre or two.
    """
    true_lon, true_lat = lon, lat
    for _ in range(TIMES_BACK):
        there_lon, there_lat = to_gcj02(true_lon, true_lat)
        true_lon, true_lat = true_lon + lon - there_lon, true_lat + lat - there_lat
    return true_lon, true_lat


def to_gcj02(lon: float, lat: float) -> Point:
    """Where a point by GPS is drawn on a Chinese map; outside China at its place.

    Source:  the formula as it was published, and is used, by eviltransform and others; the law's own is not public.
    """
    (west, east), (south, north) = _CHINA
    if not (west <= lon <= east and south <= lat <= north):
        return lon, lat
    x, y, phi = lon - 105.0, lat - 35.0, lat / 180.0 * pi
    both = (20.0 * sin(6.0 * x * pi) + 20.0 * sin(2.0 * x * pi)) * 2.0 / 3.0
    up = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x)) + both
    up += (20.0 * sin(y * pi) + 40.0 * sin(y / 3.0 * pi)) * 2.0 / 3.0
    up += (160.0 * sin(y / 12.0 * pi) + 320.0 * sin(y * pi / 30.0)) * 2.0 / 3.0
    along = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x)) + both
    along += (20.0 * sin(x * pi) + 40.0 * sin(x / 3.0 * pi)) * 2.0 / 3.0
    along += (150.0 * sin(x / 12.0 * pi) + 300.0 * sin(x / 30.0 * pi)) * 2.0 / 3.0
    squared = 1.0 - _EE * sin(phi) ** 2
    up_degrees = up * 180.0 / (_A * (1.0 - _EE) / (squared * sqrt(squared)) * pi)
    along_degrees = along * 180.0 / (_A / sqrt(squared) * cos(phi) * pi)
    return lon + along_degrees, lat + up_degrees
