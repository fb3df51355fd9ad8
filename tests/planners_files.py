"""Files as a planner has them, made in memory: lists, workbooks and maps of one community of twelve buildings."""

from __future__ import annotations

import io
import json
import struct
import zipfile
from itertools import pairwise
from math import dist
from pathlib import Path

import openpyxl
import pytest

from experiments.sizing.inputs.reading import Listed, read_community
from scenarios.projecting import Plane
from scenarios.wording import ScenarioError

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
