"""Curves of a sizing: service against cost, and what the number of grids does, each with its band.

Layer: experiments.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import FuncFormatter, MaxNLocator

from experiments.showing.study_pictures import short
from experiments.showing.style import BLUE, GREY, VERMILION, canvas, head
from experiments.sizing.answering import Sized
from languages.speaking import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BAND = (0.05, 0.95)


def service_against_cost(sized: Sized) -> Figure:
    """Problem-hours of every plan over what it costs; the frontier with the band of nine tenths of the sets."""
    runs, best = sized.runs, sized.best
    whole = [plan for plan in range(len(runs.question.plans)) if runs.done[plan].all()]
    hours, cost = runs.hours_a_year, runs.cost
    figure, axes = canvas(9.0, 5.2)
    ax = axes[0, 0]
    steps = [step.plan for step in sized.choice.frontier]
    _band(ax, cost[steps], hours[steps])
    ax.scatter(cost[whole], np.nanmean(hours[whole], axis=1), s=22, color=GREY, linewidths=0, label=say("a plan"), zorder=3)
    ax.plot(cost[steps], np.nanmean(hours[steps], axis=1), "o-", color=BLUE, markersize=5, label=say("cheapest for what it does"),
            zorder=4)  # fmt: skip
    ax.scatter(cost[best], np.nanmean(hours[best]), s=130, marker="*", color=VERMILION, label=say("recommended"), zorder=5)
    _axes(ax, say("yuan a year"))
    head(figure, say("What more money buys"), say("problem-hours a year over cost; band: nine tenths of the sets that the figures allow"))
    return figure


def by_number_of_grids(sized: Sized) -> Figure:
    """Problem-hours and the chance to meet the targets, over the number of grids, a line for each staffing."""
    question, runs = sized.question, sized.runs
    plan = question.plans[sized.best]
    alike = [
        number for number, other in enumerate(question.plans)
        if (other.people, other.members_count, other.escalation, other.today)
        == (plan.people, plan.members_count, plan.escalation, False) and runs.done[number].any()
    ]  # fmt: skip
    alike.sort(key=lambda number: question.grids_count(question.plans[number]))
    counts = np.array([question.grids_count(question.plans[number]) for number in alike])
    figure, axes = canvas(9.0, 4.8)
    ax = axes[0, 0]
    hours = runs.hours_a_year[alike]
    _band(ax, counts, hours)
    ax.plot(counts, np.nanmean(hours, axis=1), "o-", color=BLUE, label=say("as many people in each grid as recommended"), zorder=4)
    if sized.best in alike:
        ax.scatter(question.grids_count(plan), np.nanmean(runs.hours_a_year[sized.best]), s=130, marker="*",
                   color=VERMILION, label=say("recommended"), zorder=5)  # fmt: skip
    _axes(ax, say("grids"))
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    head(figure, say("What the number of grids does"), say("problem-hours a year; band: nine tenths of the sets that the figures allow"))
    return figure


def _band(ax: Axes, along: Sequence[float] | np.ndarray, hours: np.ndarray) -> None:
    low, high = np.nanquantile(hours, BAND, axis=1)
    ax.fill_between(along, low, high, color=BLUE, alpha=0.13, linewidth=0, zorder=1)


def _axes(ax: Axes, along: str) -> None:
    ax.set_xlabel(along)
    ax.set_ylabel(say("problem-hours a year"))
    ax.set_ylim(bottom=0)
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter(FuncFormatter(lambda value, _: short(value)))
    ax.legend(frameon=False, fontsize=9)
