"""Pictures of a study: what levers do, which plan is best, what service costs, who waits longer, where it goes wrong.

Layer: experiments.  Draws what `experiments.findings` has found; a picture that a study has nothing for is left out.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from experiments.findings.definitions import Counted, Family, definitions
from experiments.findings.discovery import Discovery, binned, discovery, mean_crossed
from experiments.findings.effects import frontier, main_effects, pair_means, strongest_pair
from experiments.findings.equity import equity
from experiments.findings.runs import MOST_PLANS, Findings
from experiments.findings.sensitivity import Method, sensitivity
from experiments.showing.style import BLUE, GREEN, GREY, ORANGE, VERMILION, canvas, cut, head, width_of
from experiments.statistics.intervals import half_width, possible
from experiments.studies.form import Objective
from experiments.words import findings as words
from experiments.words.findings import FAMILIES, names_of_levers
from experiments.words.numbers import in_percent, with_unit
from languages.speaking import say, say_many, spoken
from sim.indicators import INDICATORS, most_of

MOST_LABEL = 46
COST = "cost_yuan"


def drawings(findings: Findings) -> dict[str, Callable[[], Figure]]:
    """The pictures that a study has, by name; one for which no run has a value is left out."""
    found: dict[str, Callable[[], Figure]] = {}
    if findings.ranking[[objective.indicator for objective in findings.objectives]].notna().any(axis=None):
        found["ranking"] = lambda: ranking(findings)
    having = [objective for objective in findings.objectives if main_effects(findings, objective.indicator)]
    if having:
        found["effects"] = lambda: effects(findings, having)
    if having and len(findings.levers) > 1:
        found["interactions"] = lambda: interactions(findings, having)
    if pair := pareto_pair(findings):
        found["pareto"] = lambda: pareto(findings, pair)
    if families := definitions(findings, findings.best):
        found["definitions"] = lambda: by_definition(findings, families)
    if equity(findings, (findings.best,)):
        found["equity"] = lambda: between_areas(findings)
    if any(entry.indices for entry in sensitivity(findings)):
        found["sensitivity"] = lambda: unknowns(findings)
    crossing = discovery(findings)
    if crossing and crossing.weights:
        found["discovery"] = lambda: where_it_goes_wrong(crossing)
    return found


def ranking(findings: Findings) -> Figure:
    """Every plan's mean of every objective with its interval, the best first."""
    top = findings.ranking.head(MOST_PLANS)
    names = [cut(name, MOST_LABEL) for name in top["name"]]
    count = len(findings.objectives)
    figure, axes = canvas(max(7.5, 3.4 + 3.2 * count), 1.9 + 0.3 * len(top), 1, count, sharey=True)
    places = np.arange(len(top))
    for axis, objective in zip(axes[0], findings.objectives, strict=True):
        name = objective.indicator
        bars = bars_of(top[name], top[f"{name}_half"], name)
        axis.errorbar(top[name], places, xerr=bars, fmt="o", color=BLUE, markersize=5, capsize=2)
        for place, chance in zip(places, top[f"{name}_best"], strict=True):
            if chance >= 0.005:
                axis.annotate(in_percent(chance), (1.01, place), xycoords=("axes fraction", "data"), va="center",
                              fontsize=8.5, color=GREEN if chance >= 0.5 else "#555555")  # fmt: skip
        label_numbers(axis.xaxis, name, say(words.BETTER[objective.better]))
    axes[0, 0].set_yticks(places, names)
    axes[0, 0].set_ylim(len(top) - 0.5, -0.5)
    more = len(findings.ranking) - len(top)
    notes = [say("95 % intervals of the mean")]
    if findings.levers:
        notes.append(names_of_levers(findings))
    if more:
        notes.append(say_many("{count:,} more plan not shown", "{count:,} more plans not shown", more))
    head(figure, say("Plans, the best first; on the right how probably each is the best"), say("; ").join(notes))
    return figure


def effects(findings: Findings, rows: Sequence[Objective]) -> Figure:
    """A row for each of some objectives, a column for each lever."""
    columns = findings.levers
    figure, axes = canvas(
        max(7.0, 1.2 + 2.9 * len(columns)), 0.9 + 2.5 * len(rows), len(rows), len(columns), sharey="row"
    )
    for row, objective in enumerate(rows):
        found = main_effects(findings, objective.indicator)
        for column, lever in enumerate(columns):
            axis: Axes = axes[row, column]
            here = [effect for effect in found if effect.lever == lever.name]
            means = [effect.mean for effect in here]
            bars = bars_of(means, [effect.half for effect in here], objective.indicator)
            axis.errorbar(range(len(here)), means, yerr=bars, fmt="o-", color=BLUE, capsize=2, markersize=5,
                          linewidth=1)  # fmt: skip
            label_levels(axis, [effect.level for effect in here])
            if row == len(rows) - 1:
                axis.set_xlabel(lever.name)
            if column == 0:
                label_numbers(axis.yaxis, objective.indicator)
    over = say("means over all plans at a level, with 95 % intervals over replications")
    head(figure, say("What each lever does"), over)
    return figure


def interactions(findings: Findings, objectives: Sequence[Objective]) -> Figure:
    """For each of some objectives, the two levers that matter most together."""
    count = len(objectives)
    rows = math.ceil(count / 2)
    figure, axes = canvas(9.4, 0.8 + 3.6 * rows, rows, min(2, count))
    for spare in axes.flat[count:]:
        spare.set_visible(False)
    for axis, objective in zip(axes.flat, objectives, strict=False):
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
    pairs = say("mean at each pair of levels; for every objective the pair that interacts most")
    head(figure, say("Levers together"), pairs)
    return figure


def pareto_pair(findings: Findings) -> tuple[str, str] | None:
    """What is set against what: the first objective against the second, or against the cost if there is only one.

    None if there is nothing to set it against, or no plan has a value of both.
    """
    names = [objective.indicator for objective in findings.objectives]
    if len(names) < 2 and COST in findings.runs and COST not in names:
        names.append(COST)
    if len(names) < 2 or not np.logical_and(*(findings.table(name).notna().any() for name in names[:2])).any():
        return None
    return names[1], names[0]


def pareto(findings: Findings, pair: tuple[str, str]) -> Figure:
    """Service against cost: the plans that no other beats in both, and the others."""
    ways = {objective.indicator: objective.better for objective in findings.objectives} | {COST: "low"}
    tables = [findings.table(name) for name in pair]
    points = np.column_stack([table.mean().to_numpy() for table in tables])
    halves = np.column_stack([[half_width(column) for column in table.to_numpy().T] for table in tables])
    best = frontier(points, (ways[pair[0]], ways[pair[1]]))
    beaten = ~best & ~np.isnan(points).any(axis=1)
    figure, axes = canvas(9.4, 5.2)
    axis: Axes = axes[0, 0]
    for chosen, colour, label in (
        (beaten, GREY, say("beaten in both by another plan")),
        (best, VERMILION, say("not beaten in both")),
    ):
        xs, ys = points[chosen].T
        across, up = (bars_of(points[chosen, side], halves[chosen, side], pair[side]) for side in (0, 1))
        axis.errorbar(xs, ys, xerr=across, yerr=up, fmt="o", color=colour, label=label, markersize=5, elinewidth=0.8)
    order = np.argsort(points[best, 0])
    axis.plot(*points[best][order].T, color=VERMILION, linewidth=0.8, alpha=0.6)
    names = findings.plans["name"][best].to_numpy()[order]
    for number, (point, name) in enumerate(zip(points[best][order][:MOST_PLANS], names, strict=False), 1):
        axis.annotate(str(number), point, xytext=(0, 6), textcoords="offset points", fontsize=8.5, ha="center")
        axis.plot([], [], " ", label=f"{number}  {cut(str(name), MOST_LABEL)}")
    label_numbers(axis.xaxis, pair[0], say(words.BETTER[ways[pair[0]]]))
    label_numbers(axis.yaxis, pair[1], say(words.BETTER[ways[pair[1]]]))
    axis.margins(y=0.12)  # a point's number stands above it, and must not stand over the head
    axis.legend(frameon=False, fontsize=8.5, loc="upper left", bbox_to_anchor=(1.01, 1.0), handlelength=1.0)
    title = say("What better service costs") if INDICATORS[pair[0]].unit == "yuan" else say("Two aims at once")
    notes = [say("each point a plan, with 95 % intervals of both means")]
    if findings.levers:
        notes.append(names_of_levers(findings))
    head(figure, title, say("; ").join(notes))
    return figure


def by_definition(findings: Findings, found: Mapping[Family, list[Counted]]) -> Figure:
    """A panel for each family of definitions, a dot with its interval for each of them; the best plan."""
    heights = [len(counted) for counted in found.values()]
    figure, axes = canvas(8.4, 1.0 + sum(0.75 + 0.3 * count for count in heights), len(found), 1,
                          gridspec_kw={"height_ratios": [0.6 + 0.3 * count for count in heights]})  # fmt: skip
    for axis, (family, entries) in zip(axes[:, 0], found.items(), strict=True):
        places = np.arange(len(entries))
        means, halves = [entry.mean for entry in entries], [entry.half for entry in entries]
        bars = bars_of(means, halves, entries[0].indicator)
        axis.errorbar(means, places, xerr=bars, fmt="o", color=BLUE, markersize=5, capsize=2)
        axis.set_yticks(places, [say(entry.indicator) for entry in entries])
        axis.set_ylim(len(entries) - 0.5, -0.5)
        label_numbers(axis.xaxis, entries[0].indicator)
        unit = INDICATORS[entries[0].indicator].unit
        name = say(FAMILIES[family])
        axis.set_xlabel(with_unit(name, unit) if unit == "share" else name)
    of = say("{plan}; 95 % intervals", plan=cut(findings.name(findings.best), 90))
    head(figure, say("The same service by every definition"), of)
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
    axis.set_yticks(places, [cut(findings.name(entry.plan), MOST_LABEL) for entry in found])
    axis.set_ylim(len(found) - 0.5, -0.5)
    axis.set_xlim(left=0.0)
    axis.set_xlabel(say("Gini of the mean hours between areas (0: all the same)"))
    areas = say("between {count} areas, the same for all plans · best plan first", count=found[0].areas_count)
    head(figure, say("Who waits longer"), areas)
    return figure


def unknowns(findings: Findings) -> Figure:
    """Sensitivity indices, a panel for each outcome that has them, with the share that is only seed noise."""
    panels = [
        (words.outcome_in_words(entry, findings), entry.indices) for entry in sensitivity(findings) if entry.indices
    ]
    names = panels[0][1].names
    figure, axes = canvas(9.0, 1.0 + len(panels) * (1.0 + 0.32 * len(names)), len(panels), 1)
    for axis, (outcome, indices) in zip(axes[:, 0], panels, strict=True):
        method, places = indices.method, np.arange(len(names))
        axis.barh(places - 0.18, indices.first, 0.34, xerr=finite(indices.first_half), color=BLUE,
                  label=say(words.FIRST_INDEX[method]), error_kw={"elinewidth": 0.8})  # fmt: skip
        if method in words.TOTAL_INDEX:
            axis.barh(places + 0.18, indices.total, 0.34, color=ORANGE, label=say(words.TOTAL_INDEX[method]))
        if method is not Method.MORRIS and not math.isnan(indices.noise_of_mean):
            axis.axvline(indices.noise_of_mean, color=GREY, linestyle="--", label=say("seed noise"))
        axis.set_yticks(places, names)
        axis.invert_yaxis()
        axis.set_title(cut(outcome, 90), fontsize=9.5, fontweight="normal", loc="left")
        if axis is axes[0, 0]:
            axis.legend(frameon=False, fontsize=8.5, loc="upper left", bbox_to_anchor=(1.01, 1.0))
    by = say_many("{method}, {count:,} world", "{method}, {count:,} worlds", len(findings.worlds),
                  method=words.METHODS[panels[0][1].method])  # fmt: skip
    head(figure, say("What depends on what nobody knows"), by)
    return figure


def where_it_goes_wrong(found: Discovery) -> Figure:
    """Share of runs across the line, over the two levers or unknowns that matter most for it."""
    numbers = [number for number, _ in found.weights[:2]]
    steps = [step_labels(binned(found.features.table[number], found.features.of[number])) for number in numbers]
    names = [words.feature_in_words(found.features.of[number]) for number in numbers]
    if len(numbers) == 1:
        steps.append(pd.Series(say("all runs"), index=found.crossed.index))
    shares = mean_crossed(found, steps[0], steps[1])
    figure, axes = canvas(8.4, 1.9 + 0.5 * len(shares))
    axis: Axes = axes[0, 0]
    sns.heatmap(shares, ax=axis, cmap="rocket_r", vmin=0, vmax=100, annot=True, fmt=".0f", linewidths=0.5,
                cbar_kws={"label": say("% of runs")})  # fmt: skip
    axis.set_ylabel(names[0])
    axis.set_xlabel(names[1] if len(names) > 1 else "")
    axis.tick_params(axis="y", rotation=0)
    axis.tick_params(axis="x", rotation=20)
    of = say_many(
        "{percent:.1f} % of {count:,} run with a value; by the two things that matter most for it",
        "{percent:.1f} % of {count:,} runs with a value; by the two things that matter most for it",
        len(found.crossed), percent=100 * found.share,
    )  # fmt: skip
    head(figure, say("Where {line}", line=words.line_in_words(found.target)), of)
    return figure


def step_labels(values: pd.Series) -> pd.Series:
    """The steps of a feature as they are shown: a word is there or not."""
    return values.map({0.0: say("no"), 1.0: say("yes")}) if pd.api.types.is_float_dtype(values) else values


def label_of(indicator: str) -> str:
    """An indicator with its unit."""
    unit = INDICATORS[indicator].unit
    return with_unit(say(indicator), unit)


def label_numbers(side: Any, indicator: str, more: str = "") -> None:
    """Name an axis after an indicator; shares in percent, large numbers in short."""
    side.set_label_text(label_of(indicator) + (f"\n({more})" if more else ""))
    percent = INDICATORS[indicator].unit == "share"
    side.set_major_formatter(FuncFormatter(lambda value, _: f"{value * 100:.4g}" if percent else short(value)))
    side.set_major_locator(MaxNLocator(5))


def short(value: float) -> str:
    """A number on an axis."""
    if spoken() == "zh" and abs(value) >= 1e5:
        return by_ten_thousands(value, 4)
    for size, letter in ((1e9, " bn"), (1e6, " M")):
        if abs(value) >= size:
            return f"{value / size:.4g}{letter}"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def by_ten_thousands(value: float, digits: int) -> str:
    """A large number as it is said in Chinese."""
    return say("{amount:,.9g} × 10,000", amount=float(f"{value / 1e4:.{digits}g}"))


def label_levels(axis: Axes, levels: Sequence[str], middle: float = 0.0) -> None:
    """Levels below an axis, slanting if they are long; the first stands at `middle`."""
    long = sum(map(width_of, levels)) > 24
    axis.set_xticks(np.arange(len(levels)) + middle, [cut(level, 22) for level in levels], rotation=30 if long else 0,
                    ha="right" if long else "center", rotation_mode="anchor" if long else "default",
                    fontsize=8.5)  # fmt: skip
    axis.set_xlim(middle - 0.5, len(levels) - 0.5 + middle)


def in_a_box(value: float) -> str:
    """A number that fits a box of a heat map."""
    if math.isnan(value):
        return ""
    if spoken() == "zh" and abs(value) >= 1e4:
        return by_ten_thousands(value, 3)
    for size, letter in ((1e6, "M"), (1e4, "k")):
        if abs(value) >= size:
            return f"{value / (size if letter == 'M' else 1e3):.3g}{letter}"
    return f"{value:.3g}" if abs(value) < 100 else f"{value:,.0f}"


def bars_of(means: Iterable[float], halves: Iterable[float], indicator: str) -> np.ndarray:
    """How far error bars go down and up from the means of an indicator, to the ends that tables show."""
    most = most_of(indicator)
    ends = [possible(mean, half, most) if math.isfinite(mean) and math.isfinite(half) else (mean, mean)
            for mean, half in zip(means, halves, strict=True)]  # fmt: skip
    middles = np.asarray(means, dtype=float)
    low, high = np.array(ends, dtype=float).reshape(-1, 2).T
    return np.nan_to_num(np.array([middles - low, high - middles]).clip(0.0))


def finite(halves: Any) -> np.ndarray:
    """Half-widths for error bars: none where there is no interval."""
    return np.nan_to_num(np.asarray(halves, dtype=float), nan=0.0, posinf=0.0)
