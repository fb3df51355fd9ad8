"""Pictures of a calibration: what the figures narrowed, what they foretell, how good emulators and intervals are.

Layer: calibration.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy import stats

from calibration.checks import Dependence
from calibration.fitting.calibrating import Calibrated
from calibration.fitting.emulators import Error
from calibration.fitting.foretelling import Foretold
from calibration.words import knowledge_in_words
from experiments.findings.definitions import Counted, Family
from experiments.showing.style import DPI, sheet
from experiments.words.findings import FAMILIES
from experiments.words.numbers import with_unit
from languages.speaking import ENGLISH, LANGUAGES, say, speaking, spoken
from sim.indicators import INDICATORS

PRIOR, POSTERIOR, PUBLISHED = "0.75", "#1f6f8b", "#c0392b"
COLUMNS = 3
BINS = 24


def pictures_of(page: Path, kind: str) -> tuple[Path, str]:
    """Where the pictures of a page lie, made if it is not there, and how the page calls that; by language."""
    called = in_language(Path("pictures")) / kind
    folder = page.parent / called
    folder.mkdir(parents=True, exist_ok=True)
    return folder, called.as_posix()


def in_language(folder: Path) -> Path:
    """Where of a folder of pictures those in the language that is spoken lie: English in it, others one below."""
    return folder if spoken() == ENGLISH else folder / spoken()


def draw_all(found: Calibrated, folder: Path) -> None:
    """Every picture of a calibration in every language, as PNG: a page in another needs no calibrating."""
    for language in LANGUAGES:
        with speaking(language):
            _draw(found, in_language(folder))


def _draw(found: Calibrated, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    pictures = {
        "parameters": parameters, "figures": lambda f: figures(f.foretold), "emulators": emulators,
        "coverage": covering, "trade_offs": trading,
    }  # fmt: skip
    for name, draw in pictures.items():
        draw(found).savefig(folder / f"{name}.png", dpi=DPI)


def parameters(found: Calibrated) -> Figure:
    """Prior against posterior, a panel for each parameter."""
    rows = math.ceil(len(found.paths) / COLUMNS)
    figure = sheet(11, 2.3 * rows + 0.4)
    axes = figure.subplots(rows, COLUMNS, squeeze=False).ravel()
    for axis in axes[len(found.paths) :]:
        axis.remove()
    shapes = {entry.path: entry.distribution for entry in found.place.file.unknown}
    for axis, parameter in zip(axes, found.identified, strict=False):
        before, after = found.prior_values[parameter.path], found.values[parameter.path]
        log = shapes[parameter.path] in ("loguniform", "lognormal")
        edges = np.linspace(before.min(), before.max(), BINS)
        edges = np.geomspace(before.min(), before.max(), BINS) if log else edges
        axis.hist(before, edges, weights=np.full(len(before), 1 / len(before)), color=PRIOR, label=say("prior"))
        axis.hist(after, edges, weights=np.full(len(after), 1 / len(after)), histtype="step", color=POSTERIOR,
                  linewidth=1.8, label=say("posterior"))  # fmt: skip
        if log:
            axis.set_xscale("log")
            axis.xaxis.set_major_formatter("{x:g}")
            axis.xaxis.set_minor_formatter("{x:g}")
            ticks = _round_ticks(before.min(), before.max())
            axis.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
            axis.set_xticks([], minor=True)
        spread = say("{knowledge} ({percent:.0f} % of the prior's spread)", percent=100 * parameter.ratio,
                     knowledge=knowledge_in_words(parameter._asdict()))  # fmt: skip
        axis.set_title(f"{parameter.path}\n{spread}", fontsize=8)
        axis.tick_params(labelsize=8)
        axis.set_yticks([])
        sns.despine(ax=axis, left=True)
    axes[0].legend(fontsize=8, frameon=False)
    return figure


def _round_ticks(low: float, high: float, most: int = 4) -> list[float]:
    """A few round numbers between two, evenly spread on a log scale."""
    steps = [
        m * 10.0**e for e in range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1) for m in (1, 2, 5)
    ]
    inside = [step for step in steps if low <= step <= high]
    if len(inside) < 2:
        return [float(f"{value:.2g}") for value in np.geomspace(low, high, 3)]
    return inside[:: math.ceil(len(inside) / most)]


def figures(foretold: Sequence[Foretold]) -> Figure:
    """What was published against what is foretold, each as a share of what is in the middle."""
    figure = sheet(9, 0.62 * len(foretold) + 1.3)
    axis = figure.subplots()
    places = np.arange(len(foretold))[::-1]
    for place, entry in zip(places, foretold, strict=True):
        by = entry.middle or 1.0
        alpha = 0.4 if entry.target.use == "predict" else 0.8
        axis.plot([entry.low / by, entry.high / by], [place] * 2, color=POSTERIOR, linewidth=5, alpha=alpha,
                  solid_capstyle="butt")  # fmt: skip
        _mark(axis, entry, by, place)
    names = [
        say("{figure} (not fitted)", figure=entry.figure.id) if entry.target.use == "predict" else entry.figure.id
        for entry in foretold
    ]
    axis.set_yticks(places, names, fontsize=8)
    axis.set_xlabel(say("as a multiple of the predicted median; bar: 90 % interval, red: published"), fontsize=8)
    axis.axvline(1.0, color="0.8", zorder=0)
    axis.set_ylim(-0.7, len(foretold) - 0.3)
    sns.despine(ax=axis, left=True)
    return figure


def _mark(axis: Axes, entry: Foretold, by: float, place: float) -> None:
    """The published number, or its range; an open end is an arrow."""
    low, high = entry.figure.bounds
    if low == high and low is not None:
        axis.plot([low / by], [place], "o", color=PUBLISHED, markersize=6)
        return
    ends = [bound / by for bound in (low, high) if bound is not None]
    if len(ends) == 2:
        axis.plot(ends, [place] * 2, color=PUBLISHED, linewidth=2, marker="|", markersize=10)
        return
    reach = 0.06 if low is not None else -0.06
    axis.annotate("", (ends[0] + reach, place), (ends[0], place), arrowprops={"arrowstyle": "->", "color": PUBLISHED})
    axis.plot(ends, [place], "|", color=PUBLISHED, markersize=12)


def emulators(found: Calibrated) -> Figure:
    """What emulators say against runs that they have not seen, a panel for each."""
    shares, tables = found.unseen
    names = list(found.errors)
    rows = math.ceil(len(names) / COLUMNS)
    figure = sheet(11, 3.6 * rows)
    axes = figure.subplots(rows, COLUMNS, squeeze=False).ravel()
    for axis in axes[len(names) :]:
        axis.remove()
    for axis, name in zip(axes, names, strict=False):
        predicted, values, error = found.emulators[name].predict(shares), tables[name].mean(axis=1), found.errors[name]
        half = 1.96 * np.sqrt(predicted.doubt_var + predicted.seed_var / tables[name].shape[1])
        axis.errorbar(predicted.mean, values, xerr=half, fmt=".", color=POSTERIOR, ecolor="0.8", elinewidth=1)
        ends = [
            np.nanmin([predicted.mean.min(), np.nanmin(values)]),
            np.nanmax([predicted.mean.max(), np.nanmax(values)]),
        ]
        axis.plot(ends, ends, color="0.4", linewidth=0.8)
        axis.set_title("\n".join([*map(say, name), _held(error)]), fontsize=8)
        axis.set_xlabel(say("emulator, 95 %"), fontsize=8)
        axis.set_ylabel(say("mean of the runs"), fontsize=8)
        axis.tick_params(labelsize=7)
        axis.locator_params(nbins=5)
        sns.despine(ax=axis)
    return figure


def _held(error: Error) -> str:
    """What an emulator explains of runs that it has not seen, and how many of them its intervals hold."""
    of = {"explained": 100 * error.explained, "inside": 100 * error.inside}
    if error.explained >= 0:
        return say("explains {explained:.1f} %, 95 % hold {inside:.0f} %", **of)
    return say("worlds differ by chance only, 95 % hold {inside:.0f} %", **of)


def covering(found: Calibrated) -> Figure:
    """Ranks of known truths in their posteriors, and how many of them 50 % and 90 % intervals hold."""
    coverage = found.coverage
    figure = sheet(11, 0.33 * len(coverage.names) + 2.2)
    left, right = figure.subplots(1, 2, width_ratios=[1, 1.4])
    counts, edges = np.histogram(coverage.ranks.ravel(), bins=10, range=(0, 1))
    expected = coverage.ranks.size / 10
    band = stats.binom.ppf([0.025, 0.975], coverage.ranks.size, 0.1)
    left.axhspan(*band, color="0.9")
    left.axhline(expected, color="0.6", linewidth=0.8)
    left.bar(edges[:-1], counts, width=0.1, align="edge", color=POSTERIOR, edgecolor="white")
    left.set_xlabel(say("where the truth lies in its posterior"), fontsize=8)
    left.set_ylabel(say("of {count} (truths × quantities)", count=coverage.ranks.size), fontsize=8)
    left.set_title(say("Ranks of {count} truths; even if all is well", count=coverage.truths), fontsize=9)
    places = np.arange(len(coverage.names))[::-1]
    for level, shares, mark in ((0.5, coverage.inside_50, "o"), (0.9, coverage.inside_90, "s")):
        low, high = stats.binom.ppf([0.025, 0.975], coverage.truths, level) / coverage.truths
        right.axvspan(low, high, color="0.9")
        right.axvline(level, color="0.6", linewidth=0.8)
        right.plot(shares, places, mark, color=POSTERIOR, label=say("{level:.0f} % interval", level=100 * level))
    right.set_yticks(places, coverage.names, fontsize=8)
    right.set_xlim(0.2, 1.02)
    right.set_xlabel(say("share of the truths inside; grey: where chance leaves it in 95 of 100 cases"), fontsize=8)
    right.legend(fontsize=8, frameon=False, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)
    for axis in (left, right):
        axis.tick_params(labelsize=8)
        sns.despine(ax=axis)
    return figure


def trading(found: Calibrated) -> Figure:
    """Rank correlations of the parameters in the posterior."""
    frame = pd.DataFrame(found.values).corr(method="spearman")
    short = [path.removeprefix("categories.").removeprefix("units.") for path in frame.columns]
    size = 0.5 * len(short) + 2.4
    figure = sheet(size + 1.2, size)
    axis = figure.subplots()
    # A parameter that is the same in all draws has no correlation.
    sns.heatmap(
        frame.to_numpy(), vmin=-1, vmax=1, cmap="vlag", annot=True, fmt=".1f", square=True, cbar=False, ax=axis,
        xticklabels=short, yticklabels=short, annot_kws={"fontsize": 7}, linewidths=0.5,
        mask=np.triu(np.ones(frame.shape, dtype=bool)),
    )  # fmt: skip
    axis.tick_params(labelsize=8)
    axis.set_xticklabels(axis.get_xticklabels(), rotation=40, ha="right")
    axis.set_yticklabels(axis.get_yticklabels(), rotation=0)
    axis.set_title(say("Which parameters the figures tie together"), fontsize=9)
    return figure


def draw_definitions(counted: Mapping[str, Mapping[Family, list[Counted]]], file: Path) -> None:
    """The same runs counted by every definition: a row for each plan, a panel for each family."""
    figure = sheet(10, 2.5 * len(counted) + 0.4)
    rows = figure.subplots(len(counted), max(map(len, counted.values())), squeeze=False, sharex="col")
    for row, (plan, families) in zip(rows, counted.items(), strict=True):
        _define(row, plan, families)
    figure.savefig(file, dpi=DPI)


def _define(axes: Sequence[Axes], plan: str, families: Mapping[Family, list[Counted]]) -> None:
    """The row of a plan: one axis for each family of definitions."""
    for axis, (family, entries) in zip(axes, families.items(), strict=False):
        share = INDICATORS[entries[0].indicator].unit == "share"
        by = 100.0 if share else 1.0
        places = np.arange(len(entries))[::-1]
        axis.hlines(places, by * min(e.mean for e in entries), [by * e.mean for e in entries], color="0.8", linewidth=2)
        axis.plot([by * e.mean for e in entries], places, "o", color=POSTERIOR)
        for place, entry in zip(places, entries, strict=True):
            axis.annotate(f"{by * entry.mean:.1f}", (by * entry.mean, place), xytext=(0, 7),
                          textcoords="offset points", ha="center", fontsize=8)  # fmt: skip
        axis.set_yticks(places, [_in_short(entry.indicator) for entry in entries])
        axis.set_ylim(-0.6, len(entries) - 0.3)
        axis.margins(x=0.15)
        name = with_unit(say(FAMILIES[family]), "share" if share else "h")
        axis.set_title(f"{say(plan)}\n{name}", fontsize=9)
        axis.tick_params(labelsize=8)
        sns.despine(ax=axis, left=True)


def _in_short(indicator: str) -> str:
    """An indicator beside an axis that says what it is a share or a mean of."""
    return indicator.replace("_share", "").replace("_mean_h", "") if spoken() == ENGLISH else say(indicator)


def draw_sensitivity(dependence: Dependence, most: int, file: Path) -> None:
    """Shares of the variance that the parameters which matter most explain alone, and what chance would do."""
    table = dependence.table.head(most)
    figure = sheet(9, 0.3 * len(table) + 1.2)
    axis = figure.subplots()
    places = np.arange(len(table))[::-1]
    axis.barh(places, 100 * table["share"], xerr=100 * table["half"], color=POSTERIOR, ecolor="0.5", height=0.6)
    axis.axvline(100 * dependence.chance, color=PUBLISHED, linewidth=0.8)
    axis.set_yticks(places, table["path"], fontsize=8)
    axis.set_xlim(left=0)
    alone = say("share of the variance of the difference that it explains alone, %; red line: the largest by chance")
    axis.set_xlabel(alone, fontsize=8)
    axis.set_title(say(dependence.name), fontsize=9)
    axis.tick_params(labelsize=8)
    sns.despine(ax=axis)
    figure.savefig(file, dpi=DPI)
