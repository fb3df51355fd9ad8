"""Residents: who sees an incident near home, whether they report it, and what that does to their trust.

Layer: sim.
"""

from __future__ import annotations

from math import pi
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from mesa.discrete_space import FixedAgent

from sim.closed_forms import trust_after_failure, trust_after_success
from sim.incidents import Chance, Finder
from sim.randomness import Luck, draw_column
from sim.rules import find_rule
from sim.rules.reporting import REPORTING_RULES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from sim.demand import Arrivals
    from sim.incidents import Category, Incident, Noticed
    from sim.territory import Territory
    from sim.world import World


class Resident(FixedAgent):
    """A resident (or several alike, who live side by side): sees, decides whether to report, learns.

    Reports only; what becomes of the report is the centre's business.
    """

    def __init__(self, world: World, grid: int, stands_for: float) -> None:
        """Live in a social grid, and stand for so many residents."""
        super().__init__(world)
        self.world, self.data = world, world.params.residents
        self.stands_for = stands_for
        self.trust = self.data.trust_initial
        self.cell = world.cell("social", grid)

    def would_report(self, incident: Incident) -> bool:
        """Decide whether to report what is seen."""
        salience = incident.category.data.salience_prob
        prob = self.world.reporting_rule(salience, self.trust, self.data.trust_initial)
        return incident.luck(Luck.REPORT) < prob

    def meet(self, incident: Incident, _: float) -> Chance | None:
        """The time has come to report an incident that nobody has dealt with yet, or to let it be."""
        if self.would_report(incident):
            incident.reporter = self
            self.world.found(incident, Finder.RESIDENT)
            incident.told_place(self.world.told_precision_m(incident))
            self.world.report(incident)
        return None

    def report_again(self, incident: Incident) -> None:
        """The time has come to report an incident that others have found already."""
        if not incident.stage.ended and self.would_report(incident):
            self.world.report_again(incident)

    def hear(self, *, solved_in_time: bool) -> None:
        """An own report has ended, and trust moves; of those this agent stands for, one has had the experience.

        Rule:    trust + gain × (1 - trust) / k, or trust × (1 - loss / k).  (Eq. 17)
        """
        data, before = self.data, self.trust
        if solved_in_time:
            self.trust = trust_after_success(before, data.trust_gain, self.stands_for)
        else:
            self.trust = trust_after_failure(before, data.trust_loss, self.stands_for)
        self.world.trust_moved(self.trust - before)


class Sightings(NamedTuple):
    """Who might report an incident: arrays with an entry for each that has a witness."""

    number: NDArray[np.int64]
    """Of the incident."""
    heard_h: NDArray[np.float64]
    """When that would be heard."""
    precision_m: NDArray[np.float64]
    """How precisely the channel tells the place."""
    resident: NDArray[np.int64]
    """Who that is, by number."""


class Neighbourhood:
    """All residents, and who of them is the witness of what."""

    def __init__(self, world: World, ground: Territory) -> None:
        """Settle the residents at their sites, one agent for every so many of them; agents are made as they are met."""
        data = world.params.residents
        self.world, self.ground, self.data = world, ground, data
        self.rule = find_rule(REPORTING_RULES, world.params.rules.reporting, "rules.reporting")
        self._channels = [(channel, world.roster(channel.hours)) for channel in data.channels.values()]
        self._up_to = np.cumsum(ground.site_residents)
        total = float(self._up_to[-1])
        count = max(1, round(total / data.residents_per_agent))
        self._each = total / count
        self.stands_for = max(1.0, self._each)
        self.count = count if total > 0.0 else 0
        """How many agents there are to be met."""
        self.trust_sum = self.count * data.trust_initial
        self._met: dict[int, Resident] = {}
        self._inhabited = np.flatnonzero(ground.site_residents > 0.0)
        self._precision_m: dict[int, float] = {}
        self._witness: dict[int, tuple[float, Resident]] = {}
        """By number of the incident: when its witness would be heard, and who that is."""

    def resident(self, number: int) -> Resident:
        """An agent by its number, made when it is first asked for."""
        if number not in self._met:
            site = int(np.searchsorted(self._up_to, (number + 0.5) * self._each, side="right"))
            self._met[number] = Resident(self.world, self.ground.social.grid_of[site], self.stands_for)
        return self._met[number]

    @property
    def met(self) -> Mapping[int, Resident]:
        """The agents that have been made, by number."""
        return self._met

    @property
    def trust_mean(self) -> float:
        """Mean trust of all residents, 0-1; not a number where nobody lives."""
        return self.trust_sum / self.count if self.count else float("nan")

    def trust_moved(self, by: float) -> None:
        """The trust of one agent is another now."""
        self.trust_sum += by

    def watch(self, sightings: Sightings, noticed: Noticed) -> None:
        """Note in `noticed` the witness of every incident that somebody might report, and when they would."""
        for number, heard_h, precision_m, witness in zip(*(column.tolist() for column in sightings), strict=True):
            resident = self.resident(witness)
            self._witness[number], self._precision_m[number] = (heard_h, resident), precision_m
            noticed.setdefault(number, []).append(Chance(heard_h, Finder.RESIDENT, resident.meet))

    def sightings(self, arrivals: Arrivals, categories: Sequence[Category]) -> Sightings:
        """Every incident that somebody might report; none where nobody lives.

        The witness is a resident near a point drawn within sight of the incident; it does not depend on how
        many residents one agent stands for.
        """
        most = np.array([self.rule(c.data.salience_prob, 1.0, self.data.trust_initial) for c in categories])
        seen = np.flatnonzero(draw_column(arrivals.key, Luck.REPORT) < most[arrivals.category])
        if not self.count or not len(seen):
            seen = np.zeros(0, dtype=np.int64)
            return Sightings(seen, np.zeros(0), np.zeros(0), seen)
        keys = arrivals.key[seen]
        delays = -self.data.report_delay_mean_h * np.log1p(-draw_column(keys, Luck.NOTICE_DELAY))
        heard_h, precision_m = self._heard(arrivals.occurred_h[seen] + delays, draw_column(keys, Luck.CHANNEL))
        witnesses = self._witnesses(keys, arrivals.site[seen])
        heard = ~np.isnan(heard_h)
        return Sightings(seen[heard], heard_h[heard], precision_m[heard], witnesses[heard])

    def _witnesses(self, keys: NDArray[np.uint64], sites: NDArray[np.int64]) -> NDArray[np.int64]:
        ground, reach = self.ground, self.data.sight_m
        away = reach * np.sqrt(draw_column(keys, Luck.WITNESS_DISTANCE))
        direction = 2.0 * pi * draw_column(keys, Luck.WITNESS_DIRECTION)
        points = np.column_stack(
            [ground.site_x_m[sites] + away * np.cos(direction), ground.site_y_m[sites] + away * np.sin(direction)]
        )
        home = self._inhabited[ground.homes.query(points)[1]]
        inside = (draw_column(keys, Luck.WITNESS) - 1.0) * ground.site_residents[home]
        agent = ((self._up_to[home] + inside) / self._each).astype(np.int64)
        return np.clip(agent, 0, self.count - 1)

    def _heard(
        self, noticed_h: NDArray[np.float64], u: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """When each report is heard on its channel, and how precisely it tells the place; NaN: no channel suits."""
        heard_h, precision_m = np.full(len(u), np.nan), np.full(len(u), np.nan)
        for channel, hours in self._channels:
            u = u - channel.share
            mine = (u < 0.0) & np.isnan(precision_m)
            heard_h[mine] = hours.after_each(hours.opening_each(noticed_h[mine]), channel.delay_h)
            precision_m[mine] = channel.place_precision_m
        return heard_h, precision_m

    def told_precision_m(self, incident: Incident) -> float:
        """How precisely the witness's report tells the place."""
        return self._precision_m[incident.number]

    def expect_duplicate(self, incident: Incident) -> None:
        """Somebody else was faster; the witness does not know that, and may still report what is still there."""
        heard_h, resident = self._witness.get(incident.number, (0.0, None))
        if resident is None or resident is incident.reporter:
            return
        if self.world.now_h <= heard_h < incident.gone_h:
            self.world.at(heard_h, resident.report_again, incident)
