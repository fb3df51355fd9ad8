"""Pictures of a run for planners, drawn from its tables; titles say what is seen.

Layer: experiments.  Reads the case table, the daily series and the territory of an outcome; never a live model.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd
import seaborn as sns
from matplotlib.artist import Artist
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, MaxNLocator

from experiments.running.interrupts import Interrupts
from experiments.showing.run_maps import territory_map
from experiments.showing.style import BLUE, DPI, GREEN, GREY, ORANGE, SKY, VERMILION, WATER, bold, canvas, head
from experiments.statistics.trend import trend_of
from experiments.words.names import worded
from experiments.words.numbers import hours_in_words
from experiments.words.runs import days_in_words, medians_in_words, percent, pictured_in_words, unseen_in_words
from languages.speaking import marked, say

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from scenarios.loading import Scenario
    from sim.run import Outcome

LEAST_CASES = 5


class Segment(NamedTuple):
    """One part of a bar of the iceberg."""

    label: str
    incidents: int
    colour: str


def drawings(outcome: Outcome, scenario: Scenario) -> dict[str, Callable[[], Figure]]:
    """Every picture of one run, by name."""
    grids = {name: category.grid for name, category in scenario.parameters.categories.items()}
    names = [site.site for site in scenario.sites or ()]
    period = scenario.parameters.period
    run = pictured_in_words(scenario.title, outcome.seed, period.days, period.start)
    return {
        "funnel": lambda: funnel(outcome.cases, run),
        "daily_filed_and_backlog": lambda: daily_filed_and_backlog(outcome.daily, run),
        "hours_to_close": lambda: hours_to_close(outcome.cases, run),
        "territory_map": lambda: territory_map(outcome.cases, outcome.territory, grids, run, names),
    }


def draw_all(outcome: Outcome, scenario: Scenario, folder: Path) -> list[Path]:
    """Draw every picture of one run as PNG files, each whole or not at all.

    Raises KeyboardInterrupt if a Ctrl-C comes; what is drawn by then stays.
    """
    paths: list[Path] = []
    with Interrupts() as interrupts:
        for name, draw in drawings(outcome, scenario).items():
            interrupts.heed()
            figure, file = draw(), folder / f"{name}.png"
            with interrupts.later():
                figure.savefig(file, dpi=DPI)
                paths.append(file)
    return paths


# The iceberg ---------------------------------------------------------------------------------------------------
def funnel(cases: pd.DataFrame, run: str) -> Figure:
    """The iceberg: what was closed, filed and found stands above the water; what nobody found below it."""
    rows = iceberg(cases)
    total = len(cases)
    figure, ((ax,),) = canvas(11, 6.8)
    ax.axhspan(2.52, 3.54, color=WATER, zorder=0)
    ax.axhline(2.52, color=SKY, linewidth=2.5)
    for y, (name, segments) in enumerate(rows.items()):
        _bar(ax, y, name, segments, total)
    ax.set(ylim=(len(rows) - 0.4, -0.65), xlim=(-0.81 * total, 0.81 * total) if total else (-1, 1))
    surface = say("above this line: what the city can know")
    ax.text(0.80 * total, 2.58, surface, ha="right", va="top", fontsize=9.5, color=BLUE)
    ax.axis("off")
    unseen = sum(segment.incidents for segment in rows["Never found"])
    of = say("{run} · incidents and their share of all that occurred", run=run)
    head(figure, unseen_in_words(unseen, total), of)
    return figure


def iceberg(cases: pd.DataFrame) -> dict[str, list[Segment]]:
    """The rows of the iceberg from its tip to its foot; the parts of each row add up to it."""
    stage, found, filed = cases["stage"].astype(str), cases["found_h"].notna(), cases["filed_h"].notna()
    closed = filed & (stage == "closed")
    spot, in_grid = stage == "solved_on_the_spot", (stage == "solved_in_grid") & ~filed
    dropped = found & ~filed & ~spot & ~in_grid
    gone = ~found & (stage == "vanished")

    def part(label: str, mask: pd.Series, colour: str) -> Segment:
        return Segment(label, int(mask.sum()), colour)

    return {
        marked("Closed"): [part(marked("filed and closed"), closed, GREEN)],
        marked("Filed"): [
            part(marked("closed"), closed, GREEN),
            part(marked("still open or gone"), filed & ~closed, VERMILION),
        ],
        marked("Found"): [
            part(marked("filed"), filed, BLUE),
            part(marked("solved on the spot"), spot & ~filed, ORANGE),
            part(marked("settled in the grid, not filed"), in_grid, SKY),
            part(marked("other"), dropped, VERMILION),
        ],
        marked("Never found"): [
            part(marked("went away unseen"), gone, GREY),
            part(marked("still there, unseen"), ~found & ~gone, "#4D4D4D"),
        ],
        marked("Occurred"): [part(marked("found"), found, BLUE), part(marked("never found"), ~found, GREY)],
    }


def _bar(ax: Axes, y: int, name: str, segments: list[Segment], total: int) -> None:
    """One row, centred, with its parts; counts and shares beneath it."""
    count = sum(segment.incidents for segment in segments)
    left = -count / 2
    for segment in segments:
        ax.barh(y, segment.incidents, left=left, height=0.46, color=segment.colour, edgecolor="white", linewidth=0.8)
        left += segment.incidents
    ax.text(-0.80 * total, y, say(name), ha="left", va="center", fontsize=13, fontweight=bold(say(name)))
    ax.text(0.80 * total, y, f"{count:,}  ({percent(count, total)})", ha="right", va="center", fontsize=12)
    shown = [segment for segment in segments if segment.incidents and len(segments) > 1]
    _captions(ax, y, shown, total)


def _captions(ax: Axes, y: int, segments: list[Segment], total: int) -> None:
    """The parts in words under the bar, side by side, each with a square of its colour."""
    from matplotlib.offsetbox import AnnotationBbox, HPacker, TextArea

    words: list[Artist] = []
    for segment in segments:
        words.append(TextArea("■", textprops={"color": segment.colour, "fontsize": 9}))
        text = say("{part} {count:,} ({share})", part=say(segment.label), count=segment.incidents,
                   share=percent(segment.incidents, total))  # fmt: skip
        words.append(TextArea(f"{text}   ", textprops={"fontsize": 9, "color": "#333333"}))
    if words:
        box = HPacker(children=words, align="baseline", pad=0, sep=3)
        ax.add_artist(AnnotationBbox(box, (0, y + 0.36), frameon=False, box_alignment=(0.5, 0.5)))


# The days ------------------------------------------------------------------------------------------------------
def daily_filed_and_backlog(daily: pd.DataFrame, run: str) -> Figure:
    """Found and filed on each day, and the cases open at its end."""
    window = 7 if len(daily) <= 400 else 28
    figure, ((top,), (bottom,)) = canvas(11, 6.8, rows=2, sharex=True, height_ratios=[3, 2])
    dates = pd.to_datetime(daily["date"])
    for name, colour in (("found", ORANGE), ("filed", BLUE)):
        top.plot(dates, daily[name], color=colour, linewidth=0.7, alpha=0.35)
        smooth = daily[name].rolling(window, center=True, min_periods=max(1, window // 2)).mean()
        label = say("{name} ({mean:,.1f} a day)", name=worded(name), mean=daily[name].mean())
        top.plot(dates, smooth, color=colour, linewidth=2.2, label=label)
    top.set(ylabel=say("incidents a day"), ylim=(0, None))
    top.set_title(
        say("thin: each day; thick: mean of {count} days", count=window), loc="left", fontsize=9.5, fontweight="normal"
    )
    top.legend(loc="lower right", bbox_to_anchor=(1, 1.0), ncols=2, frameon=False, borderaxespad=0.2)
    bottom.fill_between(dates, daily["backlog"], color=VERMILION, alpha=0.25, linewidth=0)
    bottom.plot(dates, daily["backlog"], color=VERMILION, linewidth=1.4)
    bottom.set(
        ylabel=say("open cases\nat the end of the day"), ylim=(0, max(1.0, float(daily["backlog"].max()) * 1.08))
    )
    if len(daily) > 1:
        bottom.set_xlim(dates.iloc[0], dates.iloc[-1])
    else:  # a line through one day is no line
        for line in (*top.lines, *bottom.lines):
            line.set_marker("o")
        bottom.set_xlim(dates.iloc[0] - pd.Timedelta(days=1), dates.iloc[0] + pd.Timedelta(days=1))
    locator = AutoDateLocator(maxticks=10)
    bottom.xaxis.set_major_locator(locator)
    bottom.xaxis.set_major_formatter(_date_formatter(locator))
    bottom.set_xlabel(say("{first:%Y-%m-%d} to {last:%Y-%m-%d}", first=dates.iloc[0], last=dates.iloc[-1]))
    bottom.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    backlog = trend_of(daily["backlog"].to_numpy(dtype=float))
    head(figure, days_in_words(daily["found"].mean(), daily["filed"].mean(), backlog), run)
    return figure


def _date_formatter(locator: AutoDateLocator) -> ConciseDateFormatter:
    """Dates that say only what is new, in months as the language writes them."""
    month, day_of_month = say("%b"), say("%b-%d")
    return ConciseDateFormatter(
        locator, formats=["%Y", month, "%d", "%H:%M", "%H:%M", "%S.%f"],
        zero_formats=["", "%Y", month, day_of_month, "%H:%M", "%H:%M"], show_offset=False,
    )  # fmt: skip


# The hours -----------------------------------------------------------------------------------------------------
HOW_LONG = marked("cases that were filed: filing to closing")
IN_GRID = marked("settled in the grid without filing: finding to the end")


def hours_to_close(cases: pd.DataFrame, run: str) -> Figure:
    """How long each class takes, on a log scale; the medians in words at the right."""
    hours = hours_by_class(cases)
    if hours.empty:
        figure, ((ax,),) = canvas(11, 3.0)
        ax.axis("off")
        head(figure, say("No class has {count} closed cases: there is nothing to draw", count=LEAST_CASES), run)
        return figure
    order = _order(hours)
    figure, ((ax,),) = canvas(11, 1.9 + 0.42 * len(order))
    sns.boxplot(
        hours, x="hours", y="row", hue="how", order=order, hue_order=[HOW_LONG, IN_GRID], dodge=False, log_scale=True,
        palette={HOW_LONG: SKY, IN_GRID: ORANGE}, whis=(5, 95), showfliers=False, width=0.62, linewidth=1.0, ax=ax,
    )  # fmt: skip
    medians = hours.groupby("row")["hours"].agg(["median", "size"])
    for y, row in enumerate(order):
        text = say("{time}  (n = {count:,})", time=hours_in_words(medians["median"][row]), count=medians["size"][row])
        ax.text(1.012, y, text, transform=ax.get_yaxis_transform(), va="center", fontsize=9.5)
    median = say("median")
    ax.text(1.012, 1.012, median, transform=ax.transAxes, va="bottom", fontsize=9.5, fontweight=bold(median))
    _hour_ticks(ax)
    ax.set(xlabel=say("time, continuous clock, log scale"), ylabel="")
    hues = [hue for hue in (HOW_LONG, IN_GRID) if hue in set(hours["how"])]
    handles = [Patch(facecolor={HOW_LONG: SKY, IN_GRID: ORANGE}[hue], edgecolor="#444444", label=say(hue))
               for hue in hues]  # fmt: skip
    ax.legend(handles=handles, loc="lower left", bbox_to_anchor=(0, 1.0), ncols=2, frameon=False, borderaxespad=0.2)
    head(figure, _title_of(hours), say("{run} · box: middle half; whiskers: 5 to 95 % of cases", run=run))
    return figure


def hours_by_class(cases: pd.DataFrame) -> pd.DataFrame:
    """One row a solved case (category, how, hours, row of the picture); only rows with enough of them."""
    stage, filed = cases["stage"].astype(str), cases["filed_h"].notna()
    ways = [
        (HOW_LONG, filed & (stage == "closed"), "filed_h"),
        (IN_GRID, ~filed & (stage == "solved_in_grid"), "found_h"),
    ]
    parts = [
        pd.DataFrame({"category": cases["category"].astype(str)[mask], "how": how,
                      "hours": (cases["closed_h"] - cases[since])[mask].clip(lower=1 / 60)})
        for how, mask, since in ways
    ]  # fmt: skip
    hours = pd.concat(parts, ignore_index=True)
    counts = hours.groupby(["category", "how"])["hours"].transform("size")
    hours = hours[counts >= LEAST_CASES].reset_index(drop=True)
    hours["row"] = [
        say("{name}, in the grid", name=worded(category)) if how == IN_GRID else worded(category)
        for category, how in zip(hours["category"], hours["how"], strict=True)
    ]
    return hours


def _order(hours: pd.DataFrame) -> list[str]:
    """The rows by median: first what was filed, then what was settled in the grid."""
    medians = hours.groupby(["how", "row"])["hours"].median().sort_values()
    return [row for how in (HOW_LONG, IN_GRID) for other, row in medians.index if other == how]


TICKS_H = {
    1 / 60: marked("1 min"), 0.1: marked("6 min"), 0.5: marked("30 min"), 1: marked("1 h"), 4: marked("4 h"),
    8: marked("8 h"), 24: marked("1 day"), 72: marked("3 days"), 168: marked("1 week"), 720: marked("30 days"),
    2160: marked("90 days"), 8760: marked("1 year"),
}  # fmt: skip


def _hour_ticks(ax: Axes) -> None:
    """Ticks in the words of a calendar."""
    lowest, highest = ax.get_xlim()
    ticks = [tick for tick in TICKS_H if lowest <= tick <= highest]
    ax.set_xticks(ticks)
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: _hours(value)))
    ax.xaxis.set_minor_locator(MaxNLocator(1))
    ax.xaxis.minorticks_off()


def _hours(value: float) -> str:
    """The words of a tick."""
    return say(TICKS_H[value]) if value in TICKS_H else say("{hours:g} h", hours=value)


def _title_of(hours: pd.DataFrame) -> str:
    """The quickest and the slowest box."""
    medians = hours.groupby(["category", "how"])["hours"].median().sort_values()
    (quick, _), (slow, _) = medians.index[0], medians.index[-1]
    return medians_in_words((quick, float(medians.iloc[0])), (slow, float(medians.iloc[-1])))
