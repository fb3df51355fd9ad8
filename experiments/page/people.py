"""The people of a city, as the page moves them: beats and rounds as closed forms of the hours on duty.

Layer: experiments.

Where a supervisor walks follows from the hours that the post has walked (Eq. 15, 16), and those from its errands,
which stand among the steps; at which door a grid's people are follows from the hours on duty (Eq. 37). So nothing is
noted hour by hour.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from experiments.page.naming import in_each_language
from experiments.words.names import worded
from sim.agents.grid_teams import GridPost

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from sim.city import City
    from sim.working_time import WorkingTime

type Columns = dict[str, NDArray[np.generic]]


def units_of(city: City) -> list[dict[str, Any]]:
    """Every unit in the order in which steps number them: its kind (by number), level, people and areas."""
    place_of = {name: place for place, name in enumerate(city.params.units)}
    return [
        {"kind": place_of[unit.name], "level": int(unit.level), "people": unit.people, "areas": list(unit.areas)}
        for unit in city.units
    ]  # fmt: skip


def unit_kinds(city: City) -> list[dict[str, Any]]:
    """What the scenario says of each kind of unit: its name, and for which categories it is competent."""
    place_of = {name: place for place, name in enumerate(city.params.categories)}
    return [
        {"name": in_each_language(worded, name), "categories": [place_of[category] for category in data.categories]}
        for name, data in city.params.units.items()
    ]


def people_columns(city: City) -> Columns:
    """Beats, rounds and hours on duty as columns.

    `visit_*`: the cells of each beat's round in turn and when in it each is entered, beat after beat from
    `beat_visits_first` on. `round_*`: who goes from door to door, and, area after area from `round_areas_first` on,
    how many households the round has passed when it comes there. `span_*`: hours on duty, roster after roster from
    `roster_spans_first` on; of each beat and unit its roster by number.
    """
    rosters = _Rosters(city.params.period.days * 24.0)
    of_units = np.array([rosters.number(unit.hours) for unit in city.units], np.int16)
    return {**_beats(city, rosters), **_rounds(city), "unit_roster": of_units, **rosters.columns()}


class _Rosters:
    """Hours on duty, each pattern once."""

    def __init__(self, end_h: float) -> None:
        self._end_h = end_h
        self._known: list[WorkingTime] = []

    def number(self, hours: WorkingTime) -> int:
        if hours not in self._known:
            self._known.append(hours)
        return self._known.index(hours)

    def columns(self) -> Columns:
        spans = [[(o, c) for o, c in zip(*hours.spans[:2], strict=True) if o < self._end_h] for hours in self._known]
        opens_h, closes_h = np.array([span for one in spans for span in one], np.float64).reshape(-1, 2).T
        return {
            "roster_spans_first": _firsts(spans), "span_opens_h": opens_h.copy(), "span_closes_h": closes_h.copy(),
        }  # fmt: skip


def _beats(city: City, rosters: _Rosters) -> Columns:
    beats = city.patrol.beats
    visits = [list(beat.visits) for beat in beats]
    x_m, y_m = np.array(city.territory.cell_middles, np.float32).T
    return {
        "beat_visits_first": _firsts(visits),
        "visit_cell": np.array([cell for one in visits for cell, _ in one], np.int32),
        "visit_entered_h": np.array([at_h for one in visits for _, at_h in one], np.float64),
        "beat_cycle_h": np.array([beat.cycle_h for beat in beats], np.float64),
        "beat_head_start_h": np.array([beat.head_start_h for beat in beats], np.float64),
        "beat_people": np.array([len(beat.supervisors) for beat in beats], np.int16),
        "beat_roster": np.full(len(beats), rosters.number(city.patrol.hours), np.int16),
        "cell_x_m": x_m.copy(), "cell_y_m": y_m.copy(),
    }  # fmt: skip


def _rounds(city: City) -> Columns:
    rounds = [(number, unit) for number, unit in enumerate(city.units)
              if isinstance(unit, GridPost) and unit.makes_rounds]  # fmt: skip
    areas = [unit.areas for _, unit in rounds]
    return {
        "round_unit": np.array([number for number, _ in rounds], np.int32),
        "round_areas_first": _firsts(areas),
        "round_area": np.array([area for one in areas for area in one], np.int32),
        "round_before": np.array([unit.passed_before(area) for _, unit in rounds for area in unit.areas], np.float32),
        "round_households": np.array([unit.households for _, unit in rounds], np.float32),
        "round_visits_per_h": np.array([unit.visits_per_h for _, unit in rounds], np.float64),
    }  # fmt: skip


def doors(city: City) -> Columns:
    """Where a round of the social grid reaches each site: households passed before it, and households in it."""
    reached = [city.door_of(site) for site in range(len(city.territory.site_x_m))]
    before, inside = np.array(reached, np.float32).reshape(-1, 2).T
    return {"site_door_before": before.copy(), "site_door_inside": inside.copy()}


def _firsts(parts: Sequence[Sequence[Any]]) -> NDArray[np.int32]:
    """Where each part begins in all of them one after the other, and where the last ends."""
    return np.cumsum([0, *map(len, parts)]).astype(np.int32)
