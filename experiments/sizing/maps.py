"""Maps of cuts: grids with their households, borders, buildings, and what they must not cross.

Layer: experiments.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.patheffects import withStroke

from experiments.showing.style import BLUE, bold, canvas, head
from experiments.sizing.cuts.cutting import Cut
from experiments.sizing.cuts.outlines import outlines
from experiments.sizing.plans import Question, in_grids
from languages.speaking import say

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TINTS = ("#CFE3F2", "#F6E3C4", "#D3EBDD", "#F3D9CC", "#E4DBEE", "#F2EFC9", "#DCE4E8")
"""Pale fills; neighbours are told apart by the line between them, and by their numbers."""
RIM = withStroke(linewidth=2.2, foreground="white")
LARGEST_DOT_PT2 = 70.0
MOST_NAMES = 120


def map_of(question: Question, cut: Cut, title: str) -> Figure:
    """One cut: each grid with its name and households, each building with a dot as large as its households."""
    of, sites = question.of, question.listed.sites
    width_m, height_m = (max(float(np.ptp(axis)), 1.0) for axis in (of.x_m, of.y_m))
    width = 9.0
    figure, axes = canvas(width, min(11.0, max(4.2, (width - 0.6) * height_m / width_m + 1.6)))
    ax = axes[0, 0]
    grounds = outlines(of, cut.grid_of)
    for number, ground in enumerate(grounds):
        _fill(ax, ground, TINTS[number % len(TINTS)])
    _barriers(ax, question)
    _buildings(ax, question)
    named = in_grids(sites, cut)
    households = np.bincount(cut.grid_of, [site.households for site in sites])
    names = {grid: site.grid for grid, site in zip(cut.grid_of, named, strict=True)}
    for number, ground in enumerate(grounds):
        middle = ground.representative_point()
        text = say("{grid}: {households:,}", grid=names[number], households=int(households[number]))
        ax.annotate(text, (middle.x, middle.y), ha="center", va="center", fontsize=11, fontweight=bold(text),
                    color="#222222", path_effects=[RIM], zorder=5, parse_math=False)  # fmt: skip
    _scale(ax, width_m)
    ax.set_aspect("equal")
    ax.axis("off")
    head(
        figure, title, say("number of the grid: its households · dots: buildings by households · dark lines: barriers")
    )
    return figure


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
    if len(listed.sites) <= MOST_NAMES:
        for site in listed.sites:
            ax.annotate(site.site, (site.x_m, site.y_m), (0, -6), textcoords="offset points", ha="center", va="top",
                        fontsize=5.0, color="#555555", zorder=4, parse_math=False)  # fmt: skip


def _scale(ax: Axes, width_m: float) -> None:
    """A round length and the north, under the map."""
    step = 10 ** np.floor(np.log10(max(width_m / 4, 1.0)))
    length = max(k for k in (1, 2, 5) if k * step <= max(width_m / 4, 1.0)) * step
    low, left = ax.get_ylim()[0], ax.get_xlim()[0]
    ax.plot([left, left + length], [low, low], color="#222222", linewidth=3, solid_capstyle="butt", clip_on=False)
    text = say("{length:g} km", length=length / 1000) if length >= 1000 else say("{length:g} m", length=length)
    ax.annotate(say("{length} · north is up", length=text), (left + length, low), (8, 0), textcoords="offset points",
                va="center", fontsize=9)  # fmt: skip
