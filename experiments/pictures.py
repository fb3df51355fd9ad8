"""Pictures of one run, drawn from its saved tables.

Layer: experiments.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib as mpl

mpl.use("Agg")

import matplotlib.dates as mdates
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.collections import LineCollection
from scipy.spatial import ConvexHull, QhullError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from sim.territory import Partition, Territory

SEEN, UNSEEN, DARK = "#0072B2", "#D55E00", "#2b3a4a"
SOLVED = {"solved on the spot": "#009E73", "solved in the grid": "#56B4E9", "filed and closed": "#0072B2"}
OTHER = {"still open, or rejected": "#999999", "found, but gone before filing": "#CCCCCC"}
MOST_POINTS = 4000
FEWEST_CASES = 5
MOST_CELL_LINES = 4000


def draw_all(
    folder: Path, title: str, cases: pd.DataFrame, daily: pd.DataFrame, ground: Territory, kinds: Sequence[str]
) -> None:
    """Draw every picture into a folder as PNG. `kinds` are the partitions in use, "cell" or "social"."""
    sns.set_theme(style="whitegrid", context="notebook", font_scale=0.95)
    for name, figure in {
        "funnel": funnel(title, cases),
        "daily": filed_and_backlog(title, daily),
        "hours": hours_to_close(title, cases),
        "map": territory_map(title, cases, ground, kinds),
    }.items():
        figure.savefig(folder / f"{name}.png", dpi=150, bbox_inches="tight", metadata={"Software": None})
        plt.close(figure)


def funnel(title: str, cases: pd.DataFrame) -> Any:
    """The iceberg: what occurred, what was found, what became of it; what nobody saw hangs below the water."""
    total = len(cases)
    steps = _fates(cases)
    found = int(cases.found_h.notna().sum())
    figure, axes = plt.subplots(figsize=(9.5, 5.6))
    bars = [("occurred", {"never seen": total - found, "found": found}), ("found", steps)]
    colours = {"found": SEEN, "never seen": UNSEEN, **SOLVED, **OTHER}
    for x, (_, parts) in enumerate(bars):
        bottom = 0.0
        for part, count in parts.items():
            low = -count if part == "never seen" else bottom
            axes.bar(x, count, bottom=low, width=0.55, color=colours[part], edgecolor="white")
            _label_part(
                axes, x, low + count / 2, f"{part}\n{count:,} ({count / max(total, 1):.0%})", count / max(total, 1)
            )
            bottom = bottom if part == "never seen" else bottom + count
    axes.axhline(0, color=DARK, linewidth=1.4)
    axes.text(
        1.97,
        0,
        " what the\n statistics know\n\n what nobody\n has seen",
        va="center",
        ha="left",
        color=DARK,
        fontsize=10,
    )
    axes.set_xlim(-0.5, 2.4)
    axes.set_xticks([0, 1], ["all that occurred", "what became of it"])
    axes.yaxis.set_major_formatter(lambda value, _: f"{abs(value):,.0f}")
    axes.set_ylabel("incidents")
    axes.set_title(f"{title}\nOf {total:,} incidents, {found / max(total, 1):.0%} were ever found", loc="left")
    axes.grid(visible=False, axis="x")
    sns.despine(figure, left=True, bottom=True)
    return figure


def _fates(cases: pd.DataFrame) -> dict[str, int]:
    found = cases[cases.found_h.notna()]
    by_stage = found.stage.astype(str).value_counts()
    fates = {
        "filed and closed": int(by_stage.get("closed", 0)),
        "solved in the grid": int(by_stage.get("solved_in_grid", 0)),
        "solved on the spot": int(by_stage.get("solved_on_the_spot", 0)),
        "found, but gone before filing": int(by_stage.get("vanished", 0)),
    }
    fates["still open, or rejected"] = len(found) - sum(fates.values())
    return {name: count for name, count in fates.items() if count}


def _label_part(axes: Axes, x: float, y: float, text: str, share: float) -> None:
    """Write inside a part if it is tall enough, otherwise beside it."""
    if share >= 0.07:
        axes.text(x, y, text, ha="center", va="center", color="white", fontsize=9.5, fontweight="bold")
    elif share >= 0.004:
        axes.annotate(text.replace("\n", ": "), (x + 0.28, y), (x + 0.32, y), va="center", fontsize=8.5, color=DARK)


def filed_and_backlog(title: str, daily: pd.DataFrame) -> Any:
    """Each day's finds, filings and closings, and what is open at its end."""
    figure, (above, below) = plt.subplots(2, 1, figsize=(9.5, 6), sharex=True, height_ratios=[3, 2])
    smooth = 7 if len(daily) >= 28 else 1
    for name, colour, label in (
        ("found", "#999999", "found"),
        ("filed", SEEN, "filed"),
        ("closed", "#009E73", "closed"),
    ):
        above.plot(daily.date, daily[name], color=colour, alpha=0.25 if smooth > 1 else 1.0, linewidth=1)
        if smooth > 1:
            above.plot(
                daily.date, daily[name].rolling(smooth, center=True, min_periods=4).mean(), color=colour, linewidth=2
            )
        above.plot([], [], color=colour, label=label)
    above.set_ylabel("incidents a day")
    above.set_ylim(bottom=0)
    above.legend(loc="upper right", ncols=3, frameon=True)
    note = "; thick: mean of seven days" if smooth > 1 else ""
    above.set_title(f"{title}\nFound, filed and closed each day{note}", loc="left")
    below.fill_between(daily.date, daily.backlog, step="mid", color=SEEN, alpha=0.35)
    below.plot(daily.date, daily.backlog, color=SEEN, linewidth=1, drawstyle="steps-mid")
    below.set_ylabel("open at midnight")
    below.set_ylim(bottom=0)
    locator = mdates.AutoDateLocator(minticks=4, maxticks=10)
    below.xaxis.set_major_locator(locator)
    below.xaxis.set_major_formatter(mdates.ConciseDateFormatter(locator))
    figure.align_ylabels()
    figure.tight_layout()
    return figure


def hours_to_close(title: str, cases: pd.DataFrame) -> Any:
    """Hours from finding to the end by class, on a logarithmic scale: median, quartiles, and the tenth at each end."""
    ended = cases[cases.stage.isin(["closed", "solved_in_grid"])]
    hours = (ended.closed_h - ended.found_h).clip(lower=0.02)
    table = pd.DataFrame({"category": ended.category.astype(str).str.replace("_", " "), "hours": hours})
    counts = table.category.value_counts()
    table = table[table.category.isin(counts.index[counts >= FEWEST_CASES])]
    figure, axes = plt.subplots(figsize=(9.5, 1.6 + 0.5 * max(table.category.nunique(), 3)))
    if table.empty:
        axes.text(0.5, 0.5, "too few cases were closed to show", ha="center", transform=axes.transAxes)
        axes.set_axis_off()
        return figure
    medians = table.groupby("category").hours.median().sort_values()
    sns.boxplot(
        table, x="hours", y="category", order=medians.index, whis=(10, 90), showfliers=False, color="#8fbbda",
        linewidth=1.1, width=0.6, ax=axes,
    )  # fmt: skip
    axes.set_xscale("log")
    axes.set_xlim(left=max(0.05, table.hours.quantile(0.005)), right=table.hours.max() * 6)
    for row, (category, median) in enumerate(medians.items()):
        axes.text(
            0.995, row, f"median {_duration(median)} · {counts[category]:,} cases", ha="right", va="center", fontsize=9,
            color=DARK, transform=axes.get_yaxis_transform(), bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5},
        )  # fmt: skip
    ticks = [(1 / 6, "10 min"), (1, "1 h"), (4, "4 h"), (24, "1 day"), (168, "1 week"), (720, "1 month")]
    low, high = axes.get_xlim()
    shown = [(hours, label) for hours, label in ticks if low <= hours <= high]
    axes.set_xticks([hours for hours, _ in shown], [label for _, label in shown])
    axes.minorticks_off()
    axes.set(xlabel="from finding to the end, all hours counted (box: quartiles; whiskers: 10 % to 90 %)", ylabel="")
    axes.set_title(f"{title}\nHow long until it is dealt with (filed and closed, or settled in the grid)", loc="left")
    sns.despine(figure, left=True)
    return figure


def _duration(hours: float) -> str:
    if hours < 1:
        return f"{hours * 60:.0f} min"
    return f"{hours:.1f} h" if hours < 48 else f"{hours / 24:.1f} days"


def territory_map(title: str, cases: pd.DataFrame, ground: Territory, kinds: Sequence[str]) -> Any:
    """The territory with its grids, and where incidents were found and where nobody saw them."""
    figure, axes = plt.subplots(figsize=(9.5, 9.5 * min(1.1, max(0.45, ground.height_m / ground.width_m)) + 0.6))
    if "cell" in kinds:
        _draw_cells(axes, ground)
    if "social" in kinds:
        _draw_social(axes, ground, labels="cell" not in kinds)
    shown = cases.sample(MOST_POINTS, random_state=np.random.default_rng(0)) if len(cases) > MOST_POINTS else cases
    # Incidents at one site would lie on top of each other: they are laid out round it like the seeds of a sunflower.
    rank = shown.groupby("site").cumcount().to_numpy()
    turn = rank * 2.399963
    reach = min(ground.width_m, ground.height_m) / 150 * np.sqrt(rank)
    x, y = shown.x_m + reach * np.cos(turn), shown.y_m + reach * np.sin(turn)
    found = shown.found_h.notna()
    size = 9 if len(shown) > 1500 else 16
    axes.scatter(
        x[~found], y[~found], s=size, marker="x", color=UNSEEN, alpha=0.55, linewidths=0.8, label="nobody found it"
    )
    axes.scatter(x[found], y[found], s=size, color=SEEN, alpha=0.55, linewidths=0, label="found")
    _draw_scale(axes, ground)
    axes.set_aspect("equal")
    axes.set_xlim(-0.02 * ground.width_m, 1.02 * ground.width_m)
    axes.set_ylim(-0.07 * ground.height_m, 1.02 * ground.height_m)
    axes.set_axis_off()
    part = f", {len(shown):,} of {len(cases):,} shown" if len(shown) < len(cases) else f", all {len(cases):,}"
    axes.set_title(f"{title}\nIncidents{part}, over {_grids_in_words(ground, kinds)}", loc="left")
    axes.legend(loc="lower right", ncols=2, frameon=True, markerscale=1.6, bbox_to_anchor=(1.0, -0.01))
    return figure


def _grids_in_words(ground: Territory, kinds: Sequence[str]) -> str:
    words = {"cell": f"{ground.cells.count:,} cells", "social": f"{ground.social.count:,} social grids"}
    return " and ".join(words[kind] for kind in kinds)


def _draw_cells(axes: Axes, ground: Territory) -> None:
    cells = ground.cells
    across = [[(0, y), (ground.width_m, y)] for y in np.linspace(0, ground.height_m, cells.rows + 1)]
    up = [[(x, 0), (x, ground.height_m)] for x in np.linspace(0, ground.width_m, cells.columns + 1)]
    if cells.count <= MOST_CELL_LINES:
        axes.add_collection(LineCollection(across + up, colors="#b8c4ce", linewidths=0.5, zorder=0))


def _draw_social(axes: Axes, ground: Territory, *, labels: bool) -> None:
    social: Partition = ground.social
    palette = sns.color_palette("Set2", 8)
    for grid in range(social.count):
        inside = np.flatnonzero(social.of_site == grid)
        points = np.column_stack([ground.site_x_m[inside], ground.site_y_m[inside]])
        colour = palette[grid % len(palette)]
        try:
            corners = points[ConvexHull(points).vertices]
        except (QhullError, ValueError):  # one or two buildings, or all in a row
            corners = points
        axes.fill(corners[:, 0], corners[:, 1], facecolor=(*colour, 0.22), edgecolor=colour, linewidth=1.2, zorder=0)
        if labels and social.count <= 40:
            axes.text(
                social.centre_x_m[grid], social.centre_y_m[grid], f"grid {grid}", ha="center", va="center", fontsize=9,
                color=DARK, zorder=4, bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.75, "pad": 1.5},
            )  # fmt: skip


def _draw_scale(axes: Axes, ground: Territory) -> None:
    length = 10 ** np.floor(np.log10(ground.width_m / 4))
    length = max(step * length for step in (1, 2, 5) if step * length <= ground.width_m / 3)
    y = -0.035 * ground.height_m
    axes.plot([0, length], [y, y], color=DARK, linewidth=3, solid_capstyle="butt")
    axes.text(length * 1.04, y, f"{length / 1000:g} km" if length >= 1000 else f"{length:g} m", va="center", color=DARK)
