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
from languages.speaking import say, say_many

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BAND = (0.05, 0.95)


def service_against_cost(sized: Sized) -> Figure:
    """Problem-hours of every plan over what it costs; the frontier with the band of nine tenths of the sets."""
    runs, best = sized.runs, sized.best
    hours, mean, cost = runs.hours_a_year, runs.expected_hours, runs.cost
    figure, axes = canvas(9.0, 5.2)
    ax = axes[0, 0]
    steps = [step.plan for step in sized.choice.frontier]
    _band(ax, cost[steps], hours[steps])
    ax.scatter(cost, mean, s=22, color=GREY, linewidths=0, label=say("a plan"), zorder=3)
    ax.plot(cost[steps], mean[steps], "o-", color=BLUE, markersize=5, label=say("cheapest for what it does"),
            zorder=4)  # fmt: skip
    ax.scatter(cost[best], mean[best], s=130, marker="*", color=VERMILION, label=say("recommended"), zorder=5)
    _axes(ax, say("yuan a year"))
    head(
        figure,
        say("What more money buys"),
        say("problem-hours a year over cost; band: nine tenths of the sets that the figures allow"),
    )
    return figure


def by_number_of_grids(sized: Sized) -> Figure:
    """Problem-hours over the number of grids: of each number the plan with about as many posts as the recommended."""
    question, runs = sized.question, sized.runs
    best = question.plans[sized.best]
    alike = _with_as_many_posts(sized)
    counts = np.array([question.grids_count(question.plans[number]) for number in alike])
    figure, axes = canvas(9.0, 4.8)
    ax = axes[0, 0]
    _band(ax, counts, runs.hours_a_year[alike])
    for number, count in zip(alike, counts, strict=True):
        posts = say_many("{count} post", "{count} posts", question.plans[number].posts_count(int(count)))
        ax.annotate(posts, (count, runs.expected_hours[number]), (0, 8), textcoords="offset points", ha="center",
                    fontsize=8, color="#555555")  # fmt: skip
    ax.plot(
        counts, runs.expected_hours[alike], "o-", color=BLUE, label=say("about as many posts as recommended"), zorder=4
    )
    ax.scatter(question.grids_count(best), runs.expected_hours[sized.best], s=130, marker="*", color=VERMILION,
               label=say("recommended"), zorder=5)  # fmt: skip
    _axes(ax, say("grids"))
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    head(
        figure,
        say("What the number of grids does"),
        say("problem-hours a year; band: nine tenths of the sets that the figures allow"),
    )
    return figure


def _with_as_many_posts(sized: Sized) -> list[int]:
    """Of each number of grids the plan whose posts are nearest to the recommended one's; of equals the better."""
    question, runs = sized.question, sized.runs
    best = question.plans[sized.best]
    posts = best.posts_count(question.grids_count(best))

    def nearness(number: int) -> tuple[bool, int, float]:
        plan = question.plans[number]
        otherwise = (plan.members_count, plan.escalation) != (best.members_count, best.escalation)
        return otherwise, abs(plan.posts_count(question.grids_count(plan)) - posts), float(runs.expected_hours[number])

    numbers = [number for number, plan in enumerate(question.plans) if not plan.today]
    counts = sorted({question.grids_count(question.plans[number]) for number in numbers})
    return [
        min((number for number in numbers if question.grids_count(question.plans[number]) == count), key=nearness)
        for count in counts
    ]


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
