"""A community sized for the page: the recommendation, the plans beside it on the map, and the files to be taken home.

Layer: experiments.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import shapely

from experiments.page.community.asking import Given
from experiments.page.community.reading import CENTIMETRES, MOST_SITES, Read, names_of, read_sent, refusing, tell
from experiments.page.community.telling import LINE, Telling
from experiments.page.runs import Here
from experiments.running.engine import engine, processors
from experiments.running.files import finite
from experiments.showing.sizing_tables import plans_beside
from experiments.sizing.answering import Sized, as_plain, households_of
from experiments.sizing.answering import size as size_question
from experiments.sizing.cuts.outlines import outlines
from experiments.sizing.exports import write_plan
from experiments.sizing.plans import Plan, ask
from experiments.sizing.report import write_report
from experiments.words.pilots import pilot_of_sizing_in_words
from experiments.words.sizing import (
    against_today_in_words,
    answer_in_words,
    cautions_in_words,
    key_to_plans,
    plan_in_words,
    price_in_words,
    read_as_in_words,
    short_plan,
    sureness_in_words,
    turned_in_words,
    weakest_in_words,
)

WORKERS = 2
HOME = ("report.html", "plan.xlsx", "plan.csv", "plan_grids.geojson", "plan_buildings.geojson", "plan.toml",
        "plan_sites.csv")  # fmt: skip
"""What a planner takes home."""


def size(here: Here, given: Given) -> None:
    """Size what was sent; tell how far it is, and in the end the answer. Raises RefusedError."""
    with refusing(here.folder):
        found = read_sent(given, here.folder, MOST_SITES)
        Telling(here, "cuts")
        question = ask(found.listed, found.wishes, here.folder / "cuts")
        with engine(min(WORKERS, processors())) as workers:
            sized = size_question(question, workers, here.folder, given.seed, lambda stage: Telling(here, stage))
        Telling(here, "files")
        result: dict[str, Any] = finite(as_plain(sized))
        write_plan(here.folder, sized, result)
        write_report(here.folder, sized, result)
        tell(here, {"answer": as_answered(found, sized, result, here.folder)}, LINE)


def as_answered(found: Read, sized: Sized, result: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """The answer as the page shows it, with all that the command finds as `result`."""
    beside = plans_beside(result)
    cuts = list(dict.fromkeys(plan["cut"] for plan, _ in beside))
    return {
        "title": result["community"], "says": answer_in_words(result),
        "sureness": sureness_in_words(result), "rests_on": weakest_in_words(result),
        "further": [*against_today_in_words(result), *turned_in_words(result), *cautions_in_words(result)],
        "pilot": pilot_of_sizing_in_words(result), "read_as": read_as_in_words(result), "notes": list(found.notes),
        "key": key_to_plans(result),
        "plans": [_plan(sized.question.plans[plan["number"]], plan, role, result, cuts) for plan, role in beside],
        "maps": [_map(found, sized, cut) for cut in cuts],
        "result": result,
        "files": {name: base64.b64encode((folder / name).read_bytes()).decode() for name in HOME},
    }  # fmt: skip


def _plan(plan: Plan, told: Mapping[str, Any], role: str, result: Mapping[str, Any], cuts: list[int]) -> dict[str, Any]:
    """A plan of the table; `map` is the place of its cut among the maps."""
    step = next((step for step in result["frontier"] if step["plan"] == told["number"]), None)
    return {
        **told, "role": role, "name": short_plan(told, result), "says": plan_in_words(told, result),
        "right_at": step and {"from_yuan": step["from_yuan"], "to_yuan": step["to_yuan"], "says": price_in_words(step)},
        "map": cuts.index(plan.cut),
    }  # fmt: skip


def _map(found: Read, sized: Sized, number: int) -> dict[str, Any]:
    question = sized.question
    cut = question.cuts[number]
    return {
        "grid_of": list(cut.grid_of), "grids": names_of(found, cut), "households": households_of(question, cut),
        "outlines": [rings_of(ground) for ground in outlines(question.of, cut.grid_of, question.listed.barriers)],
    }  # fmt: skip


def rings_of(ground: shapely.Geometry) -> list[list[list[list[float]]]]:
    """Polygons of a ground, each its outer ring and then its holes, m."""
    return [
        [_rounded(ring) for ring in (part.exterior, *part.interiors)]
        for part in shapely.get_parts(ground) if part.geom_type == "Polygon"
    ]  # fmt: skip


def _rounded(ring: shapely.Geometry) -> list[list[float]]:
    rounded: list[list[float]] = shapely.get_coordinates(ring).round(CENTIMETRES).tolist()
    return rounded
