"""The map of a run: the grids, and the incidents that were found and those that never were.

Layer: experiments.  Reads the case table and the territory of an outcome; never a live model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.collections import LineCollection
from matplotlib.patheffects import withStroke
from matplotlib.transforms import Bbox, offset_copy
from scipy.spatial import Voronoi

from experiments.showing.style import BLUE, VERMILION, bold, canvas, head
from languages.speaking import marked, say, say_many
from sim.incidents import Level

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.text import Annotation

    from sim.territory import Partition, Territory

KINDS = {
    "cell": marked("{run} · outlines: {count:,} square cells of the city-management grid"),
    "social": marked("{run} · outlines: {count:,} social grids of whole buildings"),
}  # fmt: skip
LARGEST_DOT_PT2, SITE_PT2 = 260.0, 5.0
MANY_SITES = 1_000
"""Where there are more, the dots that mark them are smaller."""
DOT_PT = 11.0
"""A little more than the radius of the largest dot: what stands beside one keeps clear of it."""
BELOW = 0.09
"""Of the longer side: so much room is under the frame for the scale and the key."""
MOST_GRIDS, MOST_NAMES = 200, 400
"""Of more grids no numbers are shown, and of more sites no names."""
BESIDE_PT, CLEAR_OF_DOT_PT = 7.0, 4.5
"""So far under its site a name stands, or else above it, and at least so far from the rim of its dot."""
IN_GRID_PT = (0.0, 12.0, -12.0)
"""Where the name of a grid may stand, from its middle."""
MARGIN = 0.06
"""Of the longer side: so far the frame stands from the ground, whose outermost sites may lie on its rim."""
RIM: Mapping[str, Any] = {"path_effects": [withStroke(linewidth=2.0, foreground="#FFFFFFC0")]}
BOX: Mapping[str, Any] = {"bbox": {"facecolor": "#FFFFFF90", "linewidth": 0, "pad": 0.6}}
CLEAR_PT = 1.5
"""So far apart labels stand."""


class Label(NamedTuple):
    """A text on a map, and how it is written."""

    text: str
    x_m: float
    y_m: float
    size_pt: float
    colour: str
    weight: str
    offsets_pt: Sequence[float]
    """How far above its place it may stand, first where it stands best."""


def territory_map(
    cases: pd.DataFrame, territory: Territory, grids: Mapping[str, str], run: str, names: Sequence[str] = ()
) -> Figure:
    """Two maps at one scale: a dot for each site, as large as the incidents found there, or never found there.

    `grids` says for each category whether its place is known by "cell" or "social" grid; the outlines are
    those of the kind that more incidents use. Social grids are numbered, as in the case table, and sites named by
    `names`, as far as that fits.
    """
    kinds = cases["category"].astype(str).map(dict(grids))
    kind = "social" if (kinds == "social").sum() > (kinds == "cell").sum() else "cell"
    partition = territory.social if kind == "social" else territory.cells
    found = cases["found_h"].notna()
    width = 13.0
    height = min(9.0, max(4.6, (width / 2 - 0.4) * territory.height_m / territory.width_m + 1.75))
    figure, axes = canvas(width, height, columns=2)
    largest = max(1, int(cases.groupby(["site", found], observed=True).size().max())) if len(cases) else 1
    sides = (axes[0, 0], found, BLUE), (axes[0, 1], ~found, VERMILION)
    for ax, mask, colour in sides:
        _ground(ax, territory, partition)
        _dots(ax, cases[mask], colour, largest)
        told = {"count": int(cases.loc[mask, "site"].nunique()), "cases": int(mask.sum())}
        label = (
            say_many("{cases:,} found, at {count:,} site", "{cases:,} found, at {count:,} sites", **told)
            if mask is found else
            say_many("{cases:,} never found, at {count:,} site", "{cases:,} never found, at {count:,} sites", **told)
        )  # fmt: skip
        corner = frame_of(territory, partition)
        ax.annotate(label, (corner.x0, corner.y1), (0, 5), textcoords="offset points", va="bottom", fontsize=12,
                    fontweight=bold(label), color=colour)  # fmt: skip
    _scale_bar(axes[0, 0], territory)
    _size_key(axes[0, 1], territory, largest)
    title = say("Where incidents were found, and where {count:,} never were", count=int((~found).sum()))
    head(figure, title, say(KINDS[kind], run=run, count=partition.count))
    if kind == "social":
        figure.draw_without_rendering()  # only then it is known how much room there is
        for ax, mask, _ in sides:
            labels = [*_grid_labels(territory), *_site_labels(territory, names, _radii_pt(cases[mask], largest))]
            write_labels(figure, ax, frame_of(territory, partition), labels)
    return figure


def grid_names(partition: Partition) -> Sequence[str]:
    """What each grid is called: its name, where a list of sites gives one, and its number otherwise."""
    return partition.names or [str(grid) for grid in range(partition.count)]


def _grid_labels(territory: Territory) -> list[Label]:
    """The name of each social grid in its middle, the largest first; none if there are too many."""
    partition = territory.social
    if partition.count > MOST_GRIDS:
        return []
    names, middles = grid_names(partition), territory.middle_of[Level.GRID]
    order = np.argsort(-partition.households, kind="stable")
    return [
        Label(names[grid], middles[grid][0], middles[grid][1], 11.0, "#222222", bold(names[grid]), IN_GRID_PT)
        for grid in order
    ]


def _site_labels(territory: Territory, names: Sequence[str], radii_pt: Mapping[int, float]) -> list[Label]:
    """The name of each site beside its dot, that with most households first; none if there are too many."""
    if len(names) > MOST_NAMES:
        return []
    aside_pt = [max(BESIDE_PT, radii_pt.get(site, 0.0) + CLEAR_OF_DOT_PT) for site in range(len(names))]
    order = np.argsort(-territory.site_households[: len(names)], kind="stable")
    return [
        Label(names[site], territory.site_x_m[site], territory.site_y_m[site], 6.0, "#444444", "normal",
              (-aside_pt[site], aside_pt[site]))
        for site in order
    ]  # fmt: skip


def write_labels(
    figure: Figure, ax: Axes, frame_m: Bbox, labels: Sequence[Label], surround: Mapping[str, Any] = RIM
) -> None:
    """Write labels on a map, in their order, but none into an earlier one or over the frame; the layout stays.

    `surround` is what lets them be read over lines: a rim, or for an SVG, which would lose the text to it, a box.
    """
    clear, frame = CLEAR_PT * figure.dpi / 72, frame_m.transformed(ax.transData)
    taken: list[Bbox] = []
    for label in labels:
        for offset_pt in label.offsets_pt:
            text = _written(ax, label, offset_pt, surround)
            box = text.get_window_extent()
            if all(map(frame.contains, *box.get_points().T)) and not box.count_overlaps(taken):
                taken.append(box.padded(clear))
                break
            text.remove()


def _written(ax: Axes, label: Label, offset_pt: float, surround: Mapping[str, Any]) -> Annotation:
    """A label on a map, so that it is read over lines and dots."""
    text = ax.annotate(
        label.text, (label.x_m, label.y_m), (0.0, offset_pt), textcoords="offset points", fontsize=label.size_pt,
        color=label.colour, fontweight=label.weight, ha="center", va="center", zorder=6, parse_math=False, **surround,
    )  # fmt: skip
    text.set_in_layout(False)
    return text


def _ground(ax: Axes, territory: Territory, partition: Partition) -> None:
    """The outlines of the grids in a frame, and a small dot for each site, whether anything happens there or not."""
    lines = lattice(territory, partition) if partition.columns else borders(territory, partition)
    width_pt = 0.35 if partition.count > 200 else 0.9
    ax.add_collection(LineCollection(lines, colors="#9A9A9A", linewidths=width_pt, zorder=1))
    frame, longer = frame_of(territory, partition), max(territory.width_m, territory.height_m)
    xs, ys = np.array([[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]).T
    ax.plot(frame.x0 + frame.width * xs, frame.y0 + frame.height * ys, color="#555555", linewidth=1.2, zorder=1)
    area = SITE_PT2 if len(territory.site_at) < MANY_SITES else SITE_PT2 / 3
    ax.scatter(territory.site_x_m, territory.site_y_m, s=area, color="#8A8A8A", linewidths=0, zorder=1.5)
    beside = (MARGIN + 0.01) * longer  # the frame's line is whole
    ax.set(xlim=(-beside, territory.width_m + beside), aspect="equal")
    ax.set_ylim(-(MARGIN + BELOW) * longer, territory.height_m + (MARGIN + 0.02) * longer)
    ax.axis("off")


def frame_of(territory: Territory, partition: Partition) -> Bbox:
    """What the frame holds, in metres: the ground, and around grids of whole buildings a margin."""
    margin = 0.0 if partition.columns else MARGIN * max(territory.width_m, territory.height_m)
    return Bbox.from_extents(0.0, 0.0, territory.width_m, territory.height_m).padded(margin)


def lattice(territory: Territory, partition: Partition) -> list[np.ndarray]:
    """The lines between square cells."""
    xs = np.linspace(0.0, territory.width_m, partition.columns + 1)
    ys = np.linspace(0.0, territory.height_m, partition.rows + 1)
    across = [np.array([[0.0, y], [territory.width_m, y]]) for y in ys]
    return across + [np.array([[x, 0.0], [x, territory.height_m]]) for x in xs]


def borders(territory: Territory, partition: Partition) -> list[np.ndarray]:
    """The lines between social grids: the ground belongs to the nearest site, and so to that site's grid.

    The sites are mirrored at the four sides of the frame, which makes it a border of the Voronoi cells: no line
    crosses it.
    """
    frame = frame_of(territory, partition)
    points, size = np.column_stack([territory.site_x_m, territory.site_y_m]) - frame.min, np.array(frame.size)
    across, down = np.array([2 * size[0], 0.0]), np.array([0.0, 2 * size[1]])
    left, below = points * [-1, 1], points * [1, -1]
    diagram = Voronoi(np.vstack([points, left, below, left + across, below + down]))
    group = np.tile(partition.of_site, 5)
    between = group[diagram.ridge_points[:, 0]] != group[diagram.ridge_points[:, 1]]
    finite = np.array([-1 not in ends for ends in diagram.ridge_vertices])
    ends = diagram.vertices[np.array(diagram.ridge_vertices)[between & finite].reshape(-1, 2)]
    middle = ends.mean(axis=1)
    inside = ((middle > 0.0) & (middle < size)).all(axis=1)
    return list(np.clip(ends[inside], 0.0, size) + frame.min)


def _dots(ax: Axes, cases: pd.DataFrame, colour: str, largest: int) -> None:
    """One dot a site; its area grows with the incidents there."""
    sites = cases.groupby("site", observed=True).agg(x=("x_m", "first"), y=("y_m", "first"), count=("site", "size"))
    sites = sites.sort_values("count", ascending=False)
    area = _area(sites["count"].to_numpy(), largest)
    ax.scatter(sites["x"], sites["y"], s=area, color=colour, alpha=0.5, linewidths=0, zorder=2)


def _radii_pt(cases: pd.DataFrame, largest: int) -> dict[int, float]:
    """How large the dot of each site is that has one."""
    counts = cases.groupby("site", observed=True).size()
    radii = np.sqrt(_area(counts.to_numpy(), largest)) / 2  # matplotlib's area of a dot is that of the square about it
    return dict(zip(map(int, counts.index), radii.tolist(), strict=True))


def _area(count: np.ndarray, largest: int) -> np.ndarray:
    return np.maximum(LARGEST_DOT_PT2 * count / largest, 1.0)


def _scale_bar(ax: Axes, territory: Territory) -> None:
    """A round length, under the map."""
    target = territory.width_m / 4
    step = 10 ** np.floor(np.log10(target))
    length = max(k for k in (1, 2, 5) if k * step <= target) * step
    y = -(MARGIN + 0.045) * max(territory.width_m, territory.height_m)
    ax.plot([0, length], [y, y], color="#222222", linewidth=3, solid_capstyle="butt")
    text = say("{length:g} km", length=length / 1000) if length >= 1000 else say("{length:g} m", length=length)
    ax.annotate(text, (length, y), (8, 0), textcoords="offset points", va="center", fontsize=10)


def _size_key(ax: Axes, territory: Territory, largest: int) -> None:
    """What the size of a dot means, under the map."""
    y, x_pt = -(MARGIN + 0.045) * max(territory.width_m, territory.height_m), DOT_PT
    for count in sorted({max(1, largest // 10), max(1, largest // 3), largest}):
        beside = offset_copy(ax.transData, ax.get_figure(root=True), x_pt, 0, "points")
        area = _area(np.array([count]), largest)
        ax.scatter([0], [y], s=area, color="#777777", alpha=0.6, linewidths=0, transform=beside, clip_on=False)
        ax.annotate(f"{count:,}", (0, y), (x_pt + DOT_PT, 0), textcoords="offset points", va="center", fontsize=10)
        x_pt += 2 * DOT_PT + 8 * len(f"{count:,}") + 8
    ax.annotate(say("incidents at one site"), (0, y), (x_pt, 0), textcoords="offset points", va="center", fontsize=10)
