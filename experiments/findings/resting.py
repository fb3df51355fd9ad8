"""On what the answer of a study over an ensemble rests.

Layer: experiments.
"""

from __future__ import annotations

from typing import NamedTuple

from experiments.findings.runs import Findings, read_findings
from experiments.running.files import StorageError
from experiments.statistics.resting import Differences, Rest, rest_of
from experiments.studies.folder import BEFORE, Results
from experiments.studies.observed import Unobserved
from sim.indicators import INDICATORS


class Resting(NamedTuple):
    """On what it rests that one plan is better than another."""

    plan: int
    against: int
    rests: tuple[Rest, ...]
    """For each objective that differs, and of which enough is known."""


def before_of(findings: Findings) -> Findings | None:
    """The same plans before the figures; None if they were not run, not to their end, or if those there are others."""
    folder = findings.folder / BEFORE
    try:
        before = read_findings(folder)
        complete = set(Results(folder).described("wanted")["key"]) <= Results(folder).keys()
    except StorageError:
        return None
    here = (findings.about[name] for name in ("before_hash", "base_hash", "identity"))
    there = (before.about[name] for name in ("design_hash", "base_hash", "identity"))
    return before if complete and tuple(here) == tuple(there) else None


def resting(findings: Findings) -> tuple[Resting, ...] | None:
    """On what it rests that the best plan is better than the first, and than the next best.

    None if it cannot be said: the study has no ensemble, or the plans were not run before the figures.
    """
    before = before_of(findings) if findings.file.ensemble else None
    if before is None:
        return None
    ranked = [int(plan) for plan in findings.ranking["plan"]]
    others = dict.fromkeys(plan for plan in (int(findings.plans["plan"].iloc[0]), *ranked[1:2]) if plan != ranked[0])
    return tuple(Resting(ranked[0], other, _rests(findings, before, ranked[0], other)) for other in others)


def _rests(under: Findings, before: Findings, plan: int, other: int) -> tuple[Rest, ...]:
    worlds = under.worlds.set_index("world")
    found = []
    for objective in under.objectives:
        name = objective.indicator
        table = under.table(name)
        sets = worlds.loc[table.index.get_level_values("world")].to_dict("records")
        unit = INDICATORS[name].unit
        found.append(rest_of(name, unit, _differences(under, name, plan, other),
                             _differences(before, name, plan, other), sets))  # fmt: skip
    return tuple(rest for rest in found if rest)


def _differences(findings: Findings, name: str, plan: int, other: int) -> Differences:
    table = findings.table(name)
    first = table[other].to_numpy(dtype=float)
    return Differences(table[plan].to_numpy(dtype=float) - first, first)


def unobserved_by_plan(findings: Findings) -> dict[int, tuple[Unobserved, ...]]:
    """By plan: sizes, staffing and hours that no figure was observed under."""
    kept = findings.about.get("unobserved", {})
    return {int(plan): tuple(Unobserved(*entry) for entry in entries) for plan, entries in kept.items()}
