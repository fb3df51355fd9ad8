"""What a planner takes home: the chosen grids as GeoJSON for QGIS, CSV and Excel, and the plan as a scenario.

Layer: experiments.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import shapely
import tomlkit

from experiments.running.files import StorageError, write_whole
from experiments.showing.run_files import KINDS, Table, write_csv, write_workbook
from experiments.showing.sizing_tables import beside_table, grids_table
from experiments.sizing.answering import Sized
from experiments.sizing.cuts.outlines import outlines
from experiments.sizing.plans import in_grids, plan_as_scenario, sites_as_csv
from experiments.words.sizing import answer_in_words, cautions_in_words, key_to_plans, turned_in_words
from languages.speaking import say
from scenarios.projecting import Point
from scenarios.site_columns import written_heading

BUILDINGS = ("site", "x_m", "y_m", "households", "residents", "kind", "grid", "compound")
"""The columns of the list of buildings."""
SITES = "plan_sites.csv"
"""The list that the scenario of the plan reads; `plan.csv` is for people, in the order of their own list."""
CENTIMETRES, DEGREES = 2, 7
"""Decimals of coordinates: about a centimetre."""


def write_plan(folder: Path, sized: Sized, result: Mapping[str, Any]) -> None:
    """Write the recommended plan for QGIS, for Excel, and for `run`.

    Raises StorageError if the disk does not take it.
    """
    buildings = _buildings(sized)
    try:
        write_whole(folder / "plan_grids.geojson", _json(_grids(sized, result)))
        write_whole(folder / "plan_buildings.geojson", _json(_sites(sized)))
        write_csv(folder / "plan.csv", buildings)
        write_workbook(folder / "plan.xlsx", [_answer(result), _plans(result), _work(result), buildings])
        question, plan = sized.question, sized.question.plans[sized.best]
        write_whole(folder / SITES, sites_as_csv(in_grids(question.listed.sites, question.cuts[plan.cut])))
        write_whole(folder / "plan.toml", tomlkit.dumps(plan_as_scenario(question, plan, SITES)))
    except OSError as error:
        reason = error.strerror or str(error)
        raise StorageError(say("--out: {target} cannot be written: {reason}", target=folder, reason=reason)) from None


def _json(features: Sequence[Mapping[str, Any]]) -> str:
    return json.dumps({"type": "FeatureCollection", "features": list(features)}, ensure_ascii=False)


def _grids(sized: Sized, result: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Each grid with its ground, its households, its people and its work."""
    question = sized.question
    plan = question.plans[sized.best]
    cut = question.cuts[plan.cut]
    work = {grid["name"]: grid for grid in result["grids"]}
    names = {grid: site.grid for grid, site in zip(cut.grid_of, in_grids(question.listed.sites, cut), strict=True)}
    people = {} if plan.today else dict(plan.people)
    return [
        {
            "type": "Feature", "geometry": _placed(sized, shapely.geometry.mapping(ground)),
            "properties": {"grid": names[number], **people, **work[names[number]]},
        }
        for number, ground in enumerate(outlines(question.of, cut.grid_of, question.listed.barriers))
    ]  # fmt: skip


def _sites(sized: Sized) -> list[dict[str, Any]]:
    """Each building with its grid: its outline where that is known, otherwise a point."""
    question = sized.question
    listed, cut = question.listed, question.cuts[question.plans[sized.best].cut]
    features = []
    for site, outline, compound in zip(in_grids(listed.sites, cut), listed.footprints, listed.compounds, strict=True):
        shape = shapely.Polygon(outline) if len(outline) > 2 else shapely.Point(site.x_m, site.y_m)
        told = site._asdict() | ({"compound": compound} if compound else {})
        features.append(
            {"type": "Feature", "geometry": _placed(sized, shapely.geometry.mapping(shape)), "properties": told}
        )
    return features


def _placed(sized: Sized, geometry: Mapping[str, Any]) -> dict[str, Any]:
    """A geometry in degrees by GPS, as GeoJSON wants it; in metres if the list is in metres."""
    back = sized.question.listed.back

    def place(at: Any) -> Any:
        if at and isinstance(at[0], (int, float)):
            x, y = _degrees(back, (at[0], at[1])) if back else (round(at[0], CENTIMETRES), round(at[1], CENTIMETRES))
            return [x, y]
        return [place(part) for part in at]

    return {"type": geometry["type"], "coordinates": place(geometry["coordinates"])}


def _degrees(back: Any, point: Point) -> Point:
    lon, lat = back([point])[0]
    return round(lon, DEGREES), round(lat, DEGREES)


def _buildings(sized: Sized) -> Table:
    question = sized.question
    listed, cut = question.listed, question.cuts[question.plans[sized.best].cut]
    rows = [
        (site.site, site.x_m, site.y_m, site.households, site.residents, say(KINDS[site.kind]), site.grid, compound)
        for site, compound in zip(in_grids(listed.sites, cut), listed.compounds, strict=True)
    ]
    return Table(say("buildings"), [written_heading(heading) for heading in BUILDINGS], rows)


def _answer(result: Mapping[str, Any]) -> Table:
    lines = [*answer_in_words(result), *turned_in_words(result), *cautions_in_words(result), key_to_plans(result)]
    return Table(say("answer"), [result["community"]], [(line,) for line in lines], 110)


def _plans(result: Mapping[str, Any]) -> Table:
    return _as_sheet(say("plans"), beside_table(result, True))


def _work(result: Mapping[str, Any]) -> Table:
    return _as_sheet(say("grids"), grids_table(result))


def _as_sheet(name: str, table: Any) -> Table:
    """A table of the screen as a sheet: what is a number there is one here."""
    columns = [[_as_cell(str(cell)) for cell in column.cells] for column in table.columns]
    return Table(name, [str(column.header) for column in table.columns], list(zip(*columns, strict=True)))


def _as_cell(text: str) -> str | float:
    try:
        return float(text.replace(",", ""))
    except ValueError:
        return text
