"""Pictures of a study: what levers do, which plan is best, what service costs, who waits longer, where it goes wrong.

Layer: experiments.  Draws what `experiments.findings` has found; a picture that a study has nothing for is left out.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from experiments.findings.definitions import Counted, definitions
from experiments.findings.discovery import Discovery, discovery, features_of
from experiments.findings.effects import frontier, main_effects, pair_means, shares_of_variance
from experiments.findings.equity import equity
from experiments.findings.runs import MOST_PLANS, Findings
from experiments.findings.sensitivity import sensitivity
from experiments.showing.style import BLUE, GREEN, GREY, ORANGE, RED, canvas, head
from experiments.statistics.intervals import half_width
from experiments.studies.plans import BETWEEN
from experiments.words.numbers import shown_unit
from sim.indicators import INDICATORS

MOST_LABEL = 46
COST = "cost_yuan"


def drawings(findings: Findings) -> dict[str, Callable[[], Figure]]:
    """The pictures that a study has, by name."""
    found: dict[str, Callable[[], Figure]] = {"ranking": lambda: ranking(findings)}
    if findings.levers:
        found["effects"] = lambda: effects(findings)
    if len(findings.levers) > 1:
        found["interactions"] = lambda: interactions(findings)
    if pair := pareto_pair(findings):
        found["pareto"] = lambda: pareto(findings, pair)
    if counted := definitions(findings, findings.best):
        found["definitions"] = lambda: by_definition(findings, counted)
    if equity(findings, (findings.best,)):
        found["equity"] = lambda: between_areas(findings)
    if sensitivity(findings):
        found["sensitivity"] = lambda: unknowns(findings)
    told = discovery(findings)
    if told and told.weights:
        found["discovery"] = lambda: where_it_goes_wrong(findings, told)
    return found


def ranking(findings: Findings) -> Figure:
    """Every plan's mean of every objective with its interval, the best first."""
    top = findings.ranking.head(MOST_PLANS)
    names = [cut(name) for name in top["name"]]
    count = len(findings.objectives)
    figure, axes = canvas(max(7.5, 3.4 + 3.2 * count), 1.9 + 0.3 * len(top), 1, count, sharey=True)
    places = np.arange(len(top))
    for axis, objective in zip(axes[0], findings.objectives, strict=True):
        name = objective.indicator
        axis.errorbar(top[name], places, xerr=finite(top[f"{name} ±"]), fmt="o", color=BLUE, markersize=5, capsize=2)
        for place, chance in zip(places, top[f"{name} best"], strict=True):
            if chance >= 0.005:
                axis.annotate(f"{chance:.0%}", (1.01, place), xycoords=("axes fraction", "data"), va="center",
                              fontsize=8.5, color=GREEN if chance >= 0.5 else "#555555")  # fmt: skip
        label_numbers(axis.xaxis, axis, name, f"{objective.better} is better")
    axes[0, 0].set_yticks(places, names)
    axes[0, 0].set_ylim(len(top) - 0.5, -0.5)
    more = len(findings.ranking) - len(top)
    told = ["95 % intervals of the mean", *([names_of_levers(findings)] if findings.levers else []),
            *([f"{more} more plans are not shown"] if more else [])]  # fmt: skip
    head(figure, "Plans, the best first; on the right how probably each is the best", "; ".join(told))
    return figure


def names_of_levers(findings: Findings) -> str:
    """How the names of plans are to be read."""
    return "plans are named by " + BETWEEN.join(lever.name for lever in findings.levers)


def effects(findings: Findings) -> Figure:
    """A row for each objective, a column for each lever."""
    rows, columns = findings.objectives, findings.levers
    figure, axes = canvas(
        max(7.0, 1.2 + 2.9 * len(columns)), 0.9 + 2.5 * len(rows), len(rows), len(columns), sharey="row"
    )
    for row, objective in enumerate(rows):
        found = main_effects(findings, objective.indicator)
        for column, lever in enumerate(columns):
            axis: Axes = axes[row, column]
            here = [effect for effect in found if effect.lever == lever.name]
            axis.errorbar(range(len(here)), [effect.mean for effect in here], yerr=finite([e.half for e in here]),
                          fmt="o-", color=BLUE, capsize=2, markersize=5, linewidth=1)  # fmt: skip
            label_levels(axis, [effect.level for effect in here])
            if row == len(rows) - 1:
                axis.set_xlabel(lever.name)
            if column == 0:
                label_numbers(axis.yaxis, axis, objective.indicator)
    head(figure, "What each lever does", "means over all plans at a level, with 95 % intervals over replications")
    return figure


def interactions(findings: Findings) -> Figure:
    """For each objective, the two levers that matter most together."""
    count = len(findings.objectives)
    rows = math.ceil(count / 2)
    figure, axes = canvas(9.4, 0.8 + 3.6 * rows, rows, min(2, count))
    for spare in axes.flat[count:]:
        spare.set_visible(False)
    for axis, objective in zip(axes.flat, findings.objectives, strict=False):
        first, second = strongest_pair(findings, objective.indicator)
        means = pair_means(findings, objective.indicator, first, second)
        percent = INDICATORS[objective.indicator].unit == "share"
        means = means * (100 if percent else 1)
        colours = "viridis" if objective.better == "high" else "viridis_r"
        few = means.size <= 36
        words = means.map(in_a_box).to_numpy() if few else False
        sns.heatmap(means, ax=axis, cmap=colours, annot=words, fmt="", linewidths=0.5, cbar=not few,
                    annot_kws={"fontsize": 8.5})  # fmt: skip
        axis.set_title(label_of(objective.indicator), fontsize=10, fontweight="normal")
        label_levels(axis, [str(level) for level in means.columns], middle=0.5)
        axis.tick_params(axis="y", rotation=0)
    head(figure, "Levers together", "mean at each pair of levels; for every objective the pair that interacts most")
    return figure


def strongest_pair(findings: Findings, indicator: str) -> tuple[str, str]:
    """The two levers whose interaction explains most."""
    pairs = [(name, share) for name, share in shares_of_variance(findings, indicator) if " × " in name]
    if not pairs:
        return findings.levers[0].name, findings.levers[1].name
    first, _, second = max(pairs, key=lambda pair: pair[1])[0].partition(" × ")
    return first, second


def pareto_pair(findings: Findings) -> tuple[str, str] | None:
    """What is set against what: the first objective against the second, or against the cost if there is only one."""
    names = [objective.indicator for objective in findings.objectives]
    if len(names) < 2 and COST in findings.runs and COST not in names:
        names.append(COST)
    return (names[1], names[0]) if len(names) > 1 else None


def pareto(findings: Findings, pair: tuple[str, str]) -> Figure:
    """Service against cost: the plans that no other beats in both, and the others."""
    ways = {objective.indicator: objective.better for objective in findings.objectives} | {COST: "low"}
    tables = [findings.table(name) for name in pair]
    points = np.column_stack([table.mean().to_numpy() for table in tables])
    halves = np.column_stack([[half_width(column) for column in table.to_numpy().T] for table in tables])
    best = frontier(points, (ways[pair[0]], ways[pair[1]]))
    figure, axes = canvas(9.4, 5.2)
    axis: Axes = axes[0, 0]
    for chosen, colour, label in ((~best, GREY, "beaten in both by another plan"), (best, RED, "not beaten in both")):
        xs, ys = points[chosen].T
        axis.errorbar(xs, ys, xerr=finite(halves[chosen, 0]), yerr=finite(halves[chosen, 1]), fmt="o", color=colour,
                      label=label, markersize=5, elinewidth=0.8)  # fmt: skip
    order = np.argsort(points[best, 0])
    axis.plot(*points[best][order].T, color=RED, linewidth=0.8, alpha=0.6)
    names = findings.plans["name"][best].to_numpy()[order]
    for number, (point, name) in enumerate(zip(points[best][order][:MOST_PLANS], names, strict=False), 1):
        axis.annotate(str(number), point, xytext=(0, 6), textcoords="offset points", fontsize=8.5, ha="center")
        axis.plot([], [], " ", label=f"{number}  {cut(str(name))}")
    label_numbers(axis.xaxis, axis, pair[0], f"{ways[pair[0]]} is better")
    label_numbers(axis.yaxis, axis, pair[1], f"{ways[pair[1]]} is better")
    axis.legend(frameon=False, fontsize=8.5, loc="upper left", bbox_to_anchor=(1.01, 1.0), handlelength=1.0)
    told = f"; {names_of_levers(findings)}" if findings.levers else ""
    title = "What better service costs" if pair[0].startswith("cost") else "Two aims at once"
    head(figure, title, f"each point a plan, with 95 % intervals of both means{told}")
    return figure


def by_definition(findings: Findings, found: dict[str, list[Counted]]) -> Figure:
    """A panel for each family of definitions, a dot with its interval for each of them; the best plan."""
    heights = [len(counted) for counted in found.values()]
    figure, axes = canvas(8.4, 1.0 + sum(0.75 + 0.3 * count for count in heights), len(found), 1,
                          gridspec_kw={"height_ratios": [0.6 + 0.3 * count for count in heights]})  # fmt: skip
    for axis, (family, counted) in zip(axes[:, 0], found.items(), strict=True):
        places = np.arange(len(counted))
        axis.errorbar([entry.mean for entry in counted], places, xerr=finite([entry.half for entry in counted]),
                      fmt="o", color=BLUE, markersize=5, capsize=2)  # fmt: skip
        axis.set_yticks(places, [entry.indicator for entry in counted])
        axis.set_ylim(len(counted) - 0.5, -0.5)
        label_numbers(axis.xaxis, axis, counted[0].indicator)
        unit = INDICATORS[counted[0].indicator].unit
        axis.set_xlabel(f"{family}, {shown_unit(unit)}" if unit == "share" else family)
    head(figure, "The same service by every definition", f"{cut(findings.name(findings.best), 90)}; 95 % intervals")
    return figure


def between_areas(findings: Findings) -> Figure:
    """Gini coefficient of the hours between areas, plan by plan, in the order of the ranking."""
    found = equity(findings, tuple(findings.ranking["plan"].head(MOST_PLANS)))
    figure, axes = canvas(8.4, 1.9 + 0.3 * len(found))
    axis: Axes = axes[0, 0]
    places = np.arange(len(found))
    middles = np.array([entry.gini for entry in found])
    ends = np.array([[entry.gini - entry.gini_lo, entry.gini_hi - entry.gini] for entry in found]).T
    axis.errorbar(middles, places, xerr=ends, fmt="o", color=ORANGE, capsize=2, markersize=5)
    axis.set_yticks(places, [cut(findings.name(entry.plan)) for entry in found])
    axis.set_ylim(len(found) - 0.5, -0.5)
    axis.set_xlim(left=0.0)
    axis.set_xlabel("Gini of the mean hours between areas (0: all the same)")
    head(figure, "Who waits longer", f"between {found[0].areas_count} areas, the same for all plans · best plan first")
    return figure


def unknowns(findings: Findings) -> Figure:
    """Sensitivity indices, a panel for each outcome, with the share that is only seed noise."""
    found = sensitivity(findings)
    figure, axes = canvas(9.0, 1.0 + len(found) * (1.0 + 0.32 * len(found[0].names)), len(found), 1)
    for axis, told in zip(axes[:, 0], found, strict=True):
        places = np.arange(len(told.names))
        axis.barh(places - 0.18, told.first, 0.34, xerr=finite(told.first_half), color=BLUE, label=FIRST[told.method],
                  error_kw={"elinewidth": 0.8})  # fmt: skip
        if not all(map(math.isnan, told.total)):
            axis.barh(places + 0.18, told.total, 0.34, color=ORANGE, label=SECOND[told.method])
        if told.method != "Morris" and not math.isnan(told.noise_of_mean):
            axis.axvline(told.noise_of_mean, color=GREY, linestyle="--", label="seed noise")
        axis.set_yticks(places, told.names)
        axis.invert_yaxis()
        axis.set_title(cut(told.outcome, 90), fontsize=9.5, fontweight="normal", loc="left")
        if axis is axes[0, 0]:
            axis.legend(frameon=False, fontsize=8.5, loc="upper left", bbox_to_anchor=(1.01, 1.0))
    head(figure, "What depends on what nobody knows", f"{found[0].method}, {len(findings.worlds):,} worlds")
    return figure


FIRST = {"Sobol'": "alone", "Morris": "μ*: mean effect", "RBD-FAST": "alone"}
SECOND = {"Sobol'": "with all others", "Morris": "σ: it varies or interacts"}


def where_it_goes_wrong(findings: Findings, told: Discovery) -> Figure:
    """Share of runs across the line, over the two levers or unknowns that matter most for it."""
    features = features_of(findings)
    names = [name for name, _ in told.weights[:2]]
    binned = [binned_values(features[name], name) for name in names]
    if len(names) == 1:
        binned.append(pd.Series("all runs", index=features.index))
    table = pd.DataFrame({"y": binned[0], "x": binned[1], "crossed": told.crossed.astype(float) * 100})
    shares = table.pivot_table(index="y", columns="x", values="crossed", observed=False)
    figure, axes = canvas(8.4, 1.9 + 0.5 * len(shares))
    axis: Axes = axes[0, 0]
    sns.heatmap(shares, ax=axis, cmap="rocket_r", vmin=0, vmax=100, annot=True, fmt=".0f", linewidths=0.5,
                cbar_kws={"label": "% of runs"})  # fmt: skip
    axis.set_ylabel(names[0])
    axis.set_xlabel(names[1] if len(names) > 1 else "")
    axis.tick_params(axis="y", rotation=0)
    axis.tick_params(axis="x", rotation=20)
    head(figure, f"Where {told.line}", f"{told.share:.1%} of all runs; by the two things that matter most for it")
    return figure


def binned_values(values: pd.Series, name: str) -> pd.Series:
    """A feature in at most six steps: its own values if they are few."""
    if " = " in name:
        return values.map({0.0: "no", 1.0: "yes"})
    if values.nunique() <= 8:
        kinds = pd.Categorical(values, ordered=True)
        return pd.Series(kinds.rename_categories([f"{value:.4g}" for value in kinds.categories]), index=values.index)
    cut_values = pd.cut(values, 6)
    return cut_values.cat.rename_categories([f"{at.left:.3g} – {at.right:.3g}" for at in cut_values.cat.categories])


def label_of(indicator: str) -> str:
    """An indicator with its unit."""
    unit = INDICATORS[indicator].unit
    return f"{indicator}, {'%' if unit == 'share' else unit}"


def label_numbers(side: Any, axis: Axes, indicator: str, more: str = "") -> None:
    """Name an axis after an indicator; shares in percent, large numbers in short."""
    side.set_label_text(label_of(indicator) + (f"\n({more})" if more else ""))
    percent = INDICATORS[indicator].unit == "share"
    side.set_major_formatter(FuncFormatter(lambda value, _: f"{value * 100:.4g}" if percent else short(value)))
    side.set_major_locator(MaxNLocator(5))


def short(value: float) -> str:
    """A number on an axis."""
    for size, letter in ((1e9, " bn"), (1e6, " M")):
        if abs(value) >= size:
            return f"{value / size:.4g}{letter}"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def label_levels(axis: Axes, levels: Sequence[str], middle: float = 0.0) -> None:
    """Levels below an axis, slanting if they are long; the first stands at `middle`."""
    long = sum(map(len, levels)) > 24
    axis.set_xticks(np.arange(len(levels)) + middle, [cut(level, 22) for level in levels], rotation=30 if long else 0,
                    ha="right" if long else "center", rotation_mode="anchor" if long else "default",
                    fontsize=8.5)  # fmt: skip
    axis.set_xlim(middle - 0.5, len(levels) - 0.5 + middle)


def in_a_box(value: float) -> str:
    """A number that fits a box of a heat map."""
    if math.isnan(value):
        return ""
    for size, letter in ((1e6, "M"), (1e4, "k")):
        if abs(value) >= size:
            return f"{value / (size if letter == 'M' else 1e3):.3g}{letter}"
    return f"{value:.3g}" if abs(value) < 100 else f"{value:,.0f}"


def finite(halves: Any) -> np.ndarray:
    """Half-widths for error bars: none where there is no interval."""
    return np.nan_to_num(np.asarray(halves, dtype=float), nan=0.0, posinf=0.0)


def cut(text: str, most: int = MOST_LABEL) -> str:
    """A name that fits beside a picture."""
    return text if len(text) <= most else f"{text[: most - 1]}…"
