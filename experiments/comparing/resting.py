"""On what a comparison over an ensemble rests, and whether its plans were ever observed.

Layer: experiments.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from experiments.comparing.comparing import Comparison
from experiments.statistics.resting import Differences, Rest, rest_of
from experiments.studies.observed import Unobserved
from sim.indicators import INDICATORS


class Rests(NamedTuple):
    """What a comparison over an ensemble rests on."""

    of_plans: tuple[tuple[Rest, ...], ...]
    """For each plan but the first; empty if nothing is known of what was possible before the figures."""
    unobserved: tuple[tuple[Unobserved, ...], ...]


def rests_of(under: Comparison, before: Comparison, plan: int, sets: Mapping[int, Mapping[str, Any]]) -> list[Rest]:
    """What every difference of a plan rests on, in the order of the indicators; `sets` by seed, those of `under`."""
    values = [sets[seed] for seed in under.seeds]
    found = (
        rest_of(name, INDICATORS[name].unit, _differences(under, name, plan), _differences(before, name, plan), values)
        for name in under.differences
    )
    return [rest for rest in found if rest]


def _differences(comparison: Comparison, name: str, plan: int) -> Differences:
    return Differences(comparison.apart(name, plan), comparison.values[name][:, 0])
