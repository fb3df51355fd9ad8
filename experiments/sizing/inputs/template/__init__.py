"""A community to begin with: a synthetic Nanhu, commented wishes, and the questions to ask the street office.

Layer: experiments.
"""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import numpy as np

from experiments.running.files import StorageError, write_whole
from languages.speaking import marked, say, spoken
from scenarios.lineage import LIBRARY
from scenarios.site_columns import written_heading
from scenarios.sites import Site, read_sites
from sim.partition import bisect_into

HERE = Path(__file__).parent
LIST = LIBRARY / "nanhu_buildings.csv"
BYTE_ORDER_MARK = "\ufeff"
"""So that Excel opens Chinese whole."""
COMPOUNDS, GRIDS_OF_TODAY = 6, 7
RESIDENTS_PER_HOUSEHOLD = 2.8
"""Of the list, which gives residents itself: nothing is derived by it."""
HEADINGS = ("site", "x_m", "y_m", "households", "residents", "kind", "compound", "grid")
KINDS = {"building": marked("building"), "street": marked("street")}


def write_template(folder: Path) -> list[Path]:
    """Write the list, the wishes, a road and the questions, in the language that is spoken; the files.

    Raises StorageError if one of them is there already, or the folder cannot be written.
    """
    language = spoken() if (HERE / f"wishes.{spoken()}.toml").is_file() else "en"
    texts = {
        "nanhu.csv": BYTE_ORDER_MARK + _list(),
        "nanhu.toml": (HERE / f"wishes.{language}.toml").read_text(encoding="utf-8"),
        "roads.geojson": json.dumps(_road(), ensure_ascii=False, indent=1) + "\n",
        "questions.md": (HERE / f"questions.{language}.md").read_text(encoding="utf-8"),
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if there := [name for name in texts if (folder / name).exists()]:
            problem = say("--template: {file} is there already; name another folder", file=folder / there[0])
            raise StorageError(problem)
        for name, text in texts.items():
            write_whole(folder / name, text)
    except OSError as error:
        reason = error.strerror or str(error)
        problem = say("--template: {folder} cannot be written: {reason}", folder=folder, reason=reason)
        raise StorageError(problem) from None
    return [folder / name for name in texts]


def _sites() -> list[Site]:
    return list(read_sites(LIST, RESIDENTS_PER_HOUSEHOLD).sites or ())


def _list() -> str:
    """The synthetic buildings of the library, with compounds and with grids of today."""
    sites = _sites()
    x_m, y_m = np.array([site.x_m for site in sites]), np.array([site.y_m for site in sites])
    households = np.maximum([site.households for site in sites], 0.1)
    compound_of, grid_of = (
        bisect_into(x_m, y_m, weights, count)
        for weights, count in ((np.ones(len(sites)), COMPOUNDS), (households, GRIDS_OF_TODAY))
    )
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([written_heading(heading) for heading in HEADINGS])
    for number, (site, compound, grid) in enumerate(zip(sites, compound_of, grid_of, strict=True), 1):
        at_home = site.kind == "building"
        writer.writerow([
            say("building {number} (synthetic)", number=number) if at_home
            else say("street spot {number} (synthetic)", number=number),
            f"{site.x_m:.1f}", f"{site.y_m:.1f}", site.households, site.residents, say(KINDS[site.kind]),
            say("compound {number}", number=compound + 1) if at_home else "",
            say("grid {number}", number=grid + 1),
        ])  # fmt: skip
    return out.getvalue()


def _road() -> dict[str, object]:
    """A main road from south to north through the middle, between the buildings."""
    sites = _sites()
    xs = np.unique([site.x_m for site in sites])
    inner = xs[(xs > np.quantile(xs, 0.3)) & (xs < np.quantile(xs, 0.7))]
    gap = int(np.argmax(np.diff(inner)))
    x_m = round(float(inner[gap] + inner[gap + 1]) / 2.0, 1)
    south, north = min(site.y_m for site in sites) - 50.0, max(site.y_m for site in sites) + 50.0
    return {
        "type": "FeatureCollection",
        "features": [{
            "type": "Feature", "properties": {"name": say("main road (synthetic)")},
            "geometry": {"type": "LineString", "coordinates": [[x_m, round(south, 1)], [x_m, round(north, 1)]]},
        }],
    }  # fmt: skip
