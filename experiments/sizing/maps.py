"""Maps of cuts: grids with their households, borders, buildings, and what they must not cross.

Layer: experiments.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import shapely
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.transforms import Bbox

from experiments.showing.run_maps import BOX, Label, write_labels
from experiments.showing.style import BLUE, bold, canvas, head
from experiments.sizing.cuts.cutting import Cut
from experiments.sizing.cuts.outlines import outlines
from experiments.sizing.plans import Question, in_grids
from languages.speaking import say

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from scenarios.sites import Site

TINTS = ("#CFE3F2", "#F6E3C4", "#D3EBDD", "#F3D9CC", "#E4DBEE", "#F2EFC9", "#DCE4E8")
"""Pale fills; neighbours are told apart by the line between them, and by their numbers."""
LARGEST_DOT_PT2 = 70.0
MOST_NAMES = 400
WIDTH = 9.0
"""Of a map, inches."""


def map_of(question: Question, cut: Cut, title: str) -> Figure:
    """One cut: each grid with its name and households, each building with a dot as large as its households."""
    of, sites = question.of, question.listed.sites
    width_m, height_m = (max(float(np.ptp(axis)), 1.0) for axis in (of.x_m, of.y_m))
    figure, axes = canvas(WIDTH, min(11.0, max(4.2, (WIDTH - 0.6) * height_m / width_m + 1.6)))
    ax = axes[0, 0]
    grounds = outlines(of, cut.grid_of, question.listed.barriers)
    for number, ground in enumerate(grounds):
        _fill(ax, ground, TINTS[number % len(TINTS)])
    _barriers(ax, question)
    _buildings(ax, question)
    _scale(ax, width_m)
    ax.set_aspect("equal")
    ax.axis("off")
    told = say("number of the grid: its households · dots: buildings by households · dark lines: barriers")
    head(figure, title, told)
    figure.draw_without_rendering()  # only then it is known how much room there is
    frame = Bbox.from_extents(ax.get_xlim()[0], ax.get_ylim()[0], ax.get_xlim()[1], ax.get_ylim()[1])
    write_labels(figure, ax, frame, [*_of_grids(sites, cut, grounds), *_of_buildings(sites)], BOX)
    return figure


def _of_grids(sites: Sequence[Site], cut: Cut, grounds: Sequence[shapely.Geometry]) -> list[Label]:
    """Each grid's name and households, in its middle."""
    named = in_grids(sites, cut)
    households = np.bincount(cut.grid_of, [site.households for site in sites])
    names = {grid: site.grid for grid, site in zip(cut.grid_of, named, strict=True)}
    labels = []
    for number, ground in enumerate(grounds):
        text = say("{grid}: {households:,}", grid=names[number], households=int(households[number]))
        middle = ground.representative_point()
        labels.append(Label(text, middle.x, middle.y, 11.0, "#222222", bold(text), (0.0, 10.0, -10.0, 20.0, -20.0)))
    return labels


def _of_buildings(sites: Sequence[Site]) -> list[Label]:
    """The name of each building beside its dot, the largest first; none if there are too many."""
    if len(sites) > MOST_NAMES:
        return []
    return [
        Label(site.site, site.x_m, site.y_m, 5.5, "#444444", "normal", (-7.0, 7.0))
        for site in sorted(sites, key=lambda site: -site.households) if site.households
    ]  # fmt: skip


def _fill(ax: Axes, ground: shapely.Geometry, colour: str) -> None:
    rings = [np.asarray(part.exterior.coords) for part in shapely.get_parts(ground) if part.geom_type == "Polygon"]
    ax.add_collection(PolyCollection(rings, facecolors=colour, edgecolors="#5A6470", linewidths=1.4, zorder=1))
    ax.autoscale_view()


def _barriers(ax: Axes, question: Question) -> None:
    lines = [np.asarray(line) for line in question.listed.barriers]
    ax.add_collection(LineCollection(lines, colors="#333333", linewidths=2.6, zorder=2), autolim=False)


def _buildings(ax: Axes, question: Question) -> None:
    """Footprints where they are known, and a dot on each building."""
    listed = question.listed
    shapes = [np.asarray(outline) for outline in listed.footprints if len(outline)]
    ax.add_collection(PolyCollection(shapes, facecolors="#FFFFFFB0", edgecolors="#777777", linewidths=0.6, zorder=3),
                      autolim=False)  # fmt: skip
    households = np.array([site.households for site in listed.sites], dtype=float)
    area = np.maximum(4.0, LARGEST_DOT_PT2 * households / max(1.0, households.max()))
    x_m, y_m = zip(*((site.x_m, site.y_m) for site in listed.sites), strict=True)
    ax.scatter(x_m, y_m, s=area, color=BLUE, alpha=0.75, linewidths=0, zorder=4)


def _scale(ax: Axes, width_m: float) -> None:
    """A round length and the north, under the map."""
    step = 10 ** np.floor(np.log10(max(width_m / 4, 1.0)))
    length = max(k for k in (1, 2, 5) if k * step <= max(width_m / 4, 1.0)) * step
    low, left = ax.get_ylim()[0], ax.get_xlim()[0]
    ax.plot([left, left + length], [low, low], color="#222222", linewidth=3, solid_capstyle="butt", clip_on=False)
    text = say("{length:g} km", length=length / 1000) if length >= 1000 else say("{length:g} m", length=length)
    ax.annotate(say("{length} · north is up", length=text), (left + length, low), (8, 0), textcoords="offset points",
                va="center", fontsize=9)  # fmt: skip
