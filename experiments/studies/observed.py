"""Whether a plan lies where anybody has looked: sizes, staffing and hours that a place was observed under.

Layer: experiments.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from scenarios.counting import areas_count
from scenarios.loading import Scenario
from scenarios.parameters import walk


class Unobserved(NamedTuple):
    """A size, a number of people or hours that no figure was observed under."""

    path: str
    observed: Any
    here: Any


def unobserved(first: Scenario, other: Scenario) -> tuple[Unobserved, ...]:
    """What a plan has otherwise than the place that was observed: there its value is published, here it is not."""
    before, after = _on_duty(first), _on_duty(other)
    found = []
    for path, section, name, _ in walk(first.parameters):
        published = first.sources[first.provenance[path].source].kind == "published"
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
