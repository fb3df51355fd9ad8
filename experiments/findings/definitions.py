"""The same service counted by every definition in use: how much of a figure is its denominator.

Layer: experiments.
"""

from __future__ import annotations

from typing import NamedTuple

from experiments.findings.runs import Findings
from experiments.statistics.intervals import half_width

FAMILIES = {
    "on-time share": ("on_time_share_of_filed", "on_time_share_of_due", "on_time_share_of_closed"),
    "closing share": ("closing_share_of_filed", "closing_share_of_due"),
    "mean hours": ("filed_to_closed_mean_h", "filed_to_closed_working_mean_h", "found_to_closed_mean_h"),
}
"""What is said in one word and counted in several ways."""


class Counted(NamedTuple):
    """An indicator of one plan, as one definition counts it."""

    indicator: str
    mean: float
    half: float


def definitions(findings: Findings, plan: int) -> dict[str, list[Counted]]:
    """Each family with what its definitions come to; without those of which fewer than two are stored and defined.

    All definitions of a family are told of the same runs: those in which every one of them is defined.
    """
    found = {}
    runs = findings.runs[findings.runs["plan"] == plan].set_index(["world", "seed"])
    for family, names in FAMILIES.items():
        told = runs[[name for name in names if name in runs]].astype(float).dropna(axis=1, how="all").dropna()
        if findings.crossed:
            told = told.groupby("world").mean()
        if told.shape[1] > 1 and len(told):
            found[family] = [
                Counted(name, float(told[name].mean()), half_width(told[name].to_numpy())) for name in told
            ]
    return found
