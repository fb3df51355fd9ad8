"""Degrees to metres and back: longitude and latitude of GPS, or as Chinese maps shift them, on the plane of a place.

Layer: scenarios.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import atan2, cos, hypot, pi, sin, sqrt
from typing import Any, Literal

type Point = tuple[float, float]
type Degrees = Literal["wgs84", "gcj02", "bd09"]
type Crs = Literal["metres", "wgs84", "gcj02", "bd09"]

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


@dataclass(frozen=True)
class Plane:
    """A plane in metres, east and north of a middle in degrees of WGS 84.

    Rule:    transverse Mercator of WGS 84 around that middle, so that within twenty kilometres of it no distance is
             out by more than 1 in 100,000.
    """

    middle_lon: float
    middle_lat: float

    def metres(self, points: Sequence[Point], crs: Degrees = "wgs84") -> list[Point]:
        """Degrees as metres; what Chinese maps have shifted is shifted back first."""
        return [(round(x_m, PLACES_AFTER_THE_POINT), round(y_m, PLACES_AFTER_THE_POINT)) for x_m, y_m in
                (self._transformer.transform(*TO_WGS84[crs](*point)) for point in points)]  # fmt: skip

    def wgs84(self, points: Sequence[Point]) -> list[Point]:
        """Metres as longitude and latitude of WGS 84."""
        return [self._transformer.transform(*point, direction="INVERSE") for point in points]

    @cached_property
    def _transformer(self) -> Any:
        from pyproj import Transformer  # only whoever has degrees waits for it

        middle = f"+lat_0={self.middle_lat!r} +lon_0={self.middle_lon!r}"
        plane = f"+proj=tmerc {middle} +k=1 +x_0=0 +y_0=0 +datum=WGS84 +units=m"
        return Transformer.from_crs("EPSG:4326", plane, always_xy=True)

    def __getstate__(self) -> Mapping[str, float]:
        """The middle alone: what transforms is made again where it is wanted."""
        return {"middle_lon": self.middle_lon, "middle_lat": self.middle_lat}


def plane_of(points: Sequence[Point], crs: Degrees) -> Plane:
    """The plane around the middle of points in degrees."""
    true = [TO_WGS84[crs](*point) for point in points]
    return Plane(*((min(along) + max(along)) / 2.0 for along in zip(*true, strict=True)))


def from_gcj02(lon: float, lat: float) -> Point:
    """Where a point of a Chinese map (GCJ-02) lies by GPS (WGS 84).

    Rule:    the point whose shifted place it is, by going back and forth; exact to a millimetre for the published
             formula, which itself meets the maps to about a metre or two.
    """
    return _undone(to_gcj02, lon, lat)


def from_bd09(lon: float, lat: float) -> Point:
    """Where a point of Baidu's map (BD-09) lies by GPS (WGS 84): back to GCJ-02 likewise, and from there."""
    return from_gcj02(*_undone(bd09_of_gcj02, lon, lat))


def _undone(shift: Callable[[float, float], Point], lon: float, lat: float) -> Point:
    """The point that a shift brings to where this one lies."""
    true_lon, true_lat = lon, lat
    for _ in range(TIMES_BACK):
        there_lon, there_lat = shift(true_lon, true_lat)
        true_lon, true_lat = true_lon + lon - there_lon, true_lat + lat - there_lat
    return true_lon, true_lat


def bd09_of_gcj02(lon: float, lat: float) -> Point:
    """Where a point of a Chinese map is drawn on Baidu's, which shifts it once more.

    Source:  the formula as it was published, and is used, by coordtransform and others; Baidu's own is not public.
    """
    turns = pi * 3000.0 / 180.0
    far = hypot(lon, lat) + 0.00002 * sin(lat * turns)
    angle = atan2(lat, lon) + 0.000003 * cos(lon * turns)
    return far * cos(angle) + 0.0065, far * sin(angle) + 0.006


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


TO_WGS84: Mapping[Degrees, Callable[[float, float], Point]] = {
    "wgs84": lambda lon, lat: (lon, lat), "gcj02": from_gcj02, "bd09": from_bd09,
}  # fmt: skip
"""From degrees of each kind to those of GPS."""
