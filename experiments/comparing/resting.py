"""On what a difference between plans rests: how it is spread before the figures and under them, and what carries it.

Layer: experiments.  Before the figures: parameters are drawn from their priors; under them: from what they allow.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr

from experiments.comparing.comparing import Comparison
from experiments.statistics.agreement import Agreement
from scenarios.counting import areas_count
from scenarios.loading import Scenario, sources
from scenarios.parameters import walk
from sim.indicators import INDICATORS

LEAST_NARROWED = 0.25
"""A difference whose range the figures narrow by less is assumed, not measured."""
LEAST_CARRIED = 0.3
"""An unknown carries a difference if the ranks of both are correlated as much."""
MOST_CARRIERS = 3
FEWEST = 8
"""Of fewer sets no range is given."""
RANGE = [0.05, 0.95]


class Carrier(NamedTuple):
    """An unknown on which a difference hangs."""

    path: str
    correlation: float
    """Spearman's, between its value and the difference, over the sets."""


class Rest(NamedTuple):
    """What a difference from the first plan rests on.

    The difference is over the first plan's value (of shares: as it is), so that it is not taken for known only because
    the figures tell how much happens.
    """

    indicator: str
    before: tuple[float, float]
    """Between which nine tenths of the differences lie, parameters drawn from their priors."""
    under: tuple[float, float]
    """The same under the published figures."""
    agreed_before: Agreement
    agreed_under: Agreement
    carriers: tuple[Carrier, ...]

    @property
    def narrowed(self) -> float:
        """By what share the figures have narrowed the range; below 0: they have widened it."""
        width = self.before[1] - self.before[0]
        return 1.0 - (self.under[1] - self.under[0]) / width if width else 0.0

    @property
    def measured(self) -> bool:
        """Whether the figures say something of it."""
        return self.narrowed >= LEAST_NARROWED


class Unobserved(NamedTuple):
    """A size, a number of people or hours that no figure was observed under."""

    path: str
    observed: Any
    here: Any


class Rests(NamedTuple):
    """What a comparison over an ensemble rests on."""

    of_plans: tuple[tuple[Rest, ...], ...]
    """For each plan but the first; empty if nothing is known of what was possible before the figures."""
    unobserved: tuple[tuple[Unobserved, ...], ...]


def rests_of(under: Comparison, before: Comparison, plan: int, sets: Mapping[int, Mapping[str, Any]]) -> list[Rest]:
    """What every difference of a plan rests on, in the order of the indicators; `sets` by seed, those of `under`."""
    found = []
    for name in under.differences:
        apart, earlier = (_over_first(comparison, name, plan) for comparison in (under, before))
        if min((~np.isnan(apart)).sum(), (~np.isnan(earlier)).sum()) < FEWEST:
            continue
        if not (np.nan_to_num(apart).any() or np.nan_to_num(earlier).any()):
            continue
        values = [sets[seed] for seed in under.seeds]
        found.append(
            Rest(
                name, _range(earlier), _range(apart), before.agreement(name, plan), under.agreement(name, plan),
                carriers(apart, values),
            )
        )  # fmt: skip
    return found


def _over_first(comparison: Comparison, name: str, plan: int) -> NDArray[np.float64]:
    """The differences from the first plan, over its value unless they are differences of shares."""
    apart = comparison.apart(name, plan)
    if INDICATORS[name].unit == "share":
        return apart
    first = np.abs(comparison.values[name][:, 0])
    return np.divide(apart, first, out=np.full(len(apart), np.nan), where=first > 0.0)


def _range(apart: NDArray[np.float64]) -> tuple[float, float]:
    low, high = np.nanquantile(apart, RANGE)
    return float(low), float(high)


def carriers(apart: NDArray[np.float64], sets: Sequence[Mapping[str, Any]]) -> tuple[Carrier, ...]:
    """The unknowns on which a difference hangs most, by rank correlation over the sets."""
    told = ~np.isnan(apart)
    found = []
    for path in sets[0]:
        values = np.array([float(one[path]) for one in sets])[told]
        if len(np.unique(values)) > 1 and len(np.unique(apart[told])) > 1:
            found.append(Carrier(path, float(spearmanr(values, apart[told]).statistic)))
    found.sort(key=lambda carrier: -abs(carrier.correlation))
    return tuple(carrier for carrier in found[:MOST_CARRIERS] if abs(carrier.correlation) >= LEAST_CARRIED)


def unobserved(first: Scenario, other: Scenario) -> tuple[Unobserved, ...]:
    """What a plan has otherwise than the place that was observed: there its value is published, here it is not."""
    before, after = _on_duty(first), _on_duty(other)
    found = []
    for path, section, name, _ in walk(first.parameters):
        published = sources()[first.provenance[path].source].kind == "published"
        lever = section.science(name).role == "lever"
        if published and lever and path in after and after[path] != before[path]:
            found.append(Unobserved(path, before[path], after[path]))
    return tuple(found)


def _on_duty(scenario: Scenario) -> dict[str, Any]:
    """The value of every parameter; people of a unit as all of them together, however they are given."""
    values = {path: value for path, _, _, value in walk(scenario.parameters)}
    areas = areas_count(scenario.parameters.territory, scenario.sites)
    for name, unit in scenario.parameters.units.items():
        values[f"units.{name}.people"] = unit.people * (areas[unit.level] if unit.people_basis == "per_area" else 1)
    return values
