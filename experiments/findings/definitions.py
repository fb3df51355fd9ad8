"""The same service counted by every definition in use: how much of a figure is its denominator.

Layer: experiments.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from experiments.findings.runs import Findings
from experiments.statistics.intervals import Numbers, half_width


class Family(StrEnum):
    """What is said in one word and counted in several ways."""

    ON_TIME = "on_time_share"
    CLOSING = "closing_share"
    HOURS = "mean_hours"


FAMILIES = {
    Family.ON_TIME: (
        "on_time_share_of_filed",
        "on_time_share_of_due",
        "on_time_share_of_closed",
        "on_time_share_of_solved",
        "on_time_share_of_remedied",
    ),
    Family.CLOSING: ("closing_share_of_filed", "closing_share_of_due"),
    Family.HOURS: ("filed_to_closed_mean_h", "filed_to_closed_working_mean_h", "found_to_closed_mean_h"),
}
"""The definitions of each family."""


class Counted(NamedTuple):
    """An indicator of one plan, as one definition counts it."""

    indicator: str
    mean: float
    half: float
    runs_count: int
    """Replications in which every definition of the family is defined; the others are left out."""


def definitions(findings: Findings, plan: int) -> dict[Family, list[Counted]]:
    """Each family with what its definitions come to; without those of which fewer than two are stored and defined.

    All definitions of a family are counted in the same runs: those in which every one of them is defined.
    """
    found = {}
    runs = findings.runs[findings.runs["plan"] == plan].set_index(["world", "seed"])
    for family, names in FAMILIES.items():
        values = runs[[name for name in names if name in runs]].astype(float).dropna(axis=1, how="all").dropna()
        if findings.worlds_replicate:
            values = values.groupby("world").mean()
        if values.shape[1] > 1 and len(values):
            found[family] = [_counted(name, values[name].to_numpy()) for name in values]
    return found


def _counted(name: str, values: Numbers) -> Counted:
    return Counted(name, float(values.mean()), half_width(values), len(values))
