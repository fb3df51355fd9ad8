"""Residents: who sees an incident near home, whether they report it, and what that does to their trust.

Layer: sim.
"""

from __future__ import annotations

from math import pi
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from mesa.discrete_space import FixedAgent
from scipy.spatial import cKDTree

from sim.incidents import Chance, Finder
from sim.randomness import Luck, draw_column
from sim.rules import find_rule
from sim.rules.reporting import REPORTING_RULES

if TYPE_CHECKING:
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
            self.trust += data.trust_gain * (1.0 - self.trust) / self.stands_for
        else:
            self.trust -= data.trust_loss * self.trust / self.stands_for
        self.world.trust_moved(self.trust - before)


class Witness(NamedTuple):
    """Who might report an incident."""

    heard_h: float
    """When that would be heard."""
    precision_m: float
    """How precisely the channel tells the place."""
    resident: Resident


class Neighbourhood:
    """All residents, and who of them is the witness of what."""

    def __init__(self, world: World, ground: Territory) -> None:
        """Settle the residents at their sites, one agent for every so many of them."""
        data = world.params.residents
        self.world, self.ground, self.data = world, ground, data
        self.rule = find_rule(REPORTING_RULES, world.params.rules.reporting, "rules.reporting")
        self._channels = [(channel, world.roster(channel.hours)) for channel in data.channels.values()]
        self._up_to = np.cumsum(ground.site_residents)
        total = float(self._up_to[-1])
        count = max(1, round(total / data.residents_per_agent))
        self._stands_for = total / count
        places = (np.arange(count) + 0.5) * self._stands_for
        homes = np.searchsorted(self._up_to, places, side="right").tolist() if total > 0.0 else []
        self.residents = [Resident(world, ground.social.grid_of[site], max(1.0, self._stands_for)) for site in homes]
        self.trust_sum = sum(resident.trust for resident in self.residents)
        self._homes = np.flatnonzero(ground.site_residents > 0.0)
        self._witness: dict[int, Witness] = {}
        """By number of the incident."""

    @property
    def trust_mean(self) -> float:
        """Mean trust of all residents, 0-1; not a number where nobody lives."""
        return self.trust_sum / len(self.residents) if self.residents else float("nan")

    def trust_moved(self, by: float) -> None:
        """The trust of one agent is another now."""
        self.trust_sum += by

    def watch(self, arrivals: Arrivals, categories: list[Category], noticed: Noticed) -> None:
        """Note in `noticed` the witness of every incident that somebody might report, and when they would.

        The witness is a resident near a point drawn within sight of the incident; it does not depend on how
        many residents one agent stands for.
        """
        if not self.residents:
            return
        trust_initial = self.data.trust_initial
        most = np.array([self.rule(c.data.salience_prob, 1.0, trust_initial) for c in categories])
        seen = np.flatnonzero(draw_column(arrivals.key, Luck.REPORT) < most[arrivals.category])
        if not len(seen):
            return
        keys = arrivals.key[seen]
        witnesses = self._witnesses(keys, arrivals.site[seen])
        delays = -self.data.report_delay_mean_h * np.log1p(-draw_column(keys, Luck.NOTICE_DELAY))
        noticed_h = (arrivals.occurred_h[seen] + delays).tolist()
        channels = draw_column(keys, Luck.CHANNEL).tolist()
        for number, witness, notice_h, u in zip(seen.tolist(), witnesses, noticed_h, channels, strict=True):
            heard = self._heard(notice_h, u)
            if heard:
                resident = self.residents[witness]
                self._witness[number] = Witness(*heard, resident)
                noticed.setdefault(number, []).append(Chance(heard[0], Finder.RESIDENT, resident.meet))

    def _witnesses(self, keys: np.ndarray, sites: np.ndarray) -> list[int]:
        ground, reach = self.ground, self.data.sight_m
        away = reach * np.sqrt(draw_column(keys, Luck.WITNESS_DISTANCE))
        direction = 2.0 * pi * draw_column(keys, Luck.WITNESS_DIRECTION)
        points = np.column_stack(
            [ground.site_x_m[sites] + away * np.cos(direction), ground.site_y_m[sites] + away * np.sin(direction)]
        )
        homes = np.column_stack([ground.site_x_m[self._homes], ground.site_y_m[self._homes]])
        home = self._homes[cKDTree(homes).query(points)[1]]
        inside = (draw_column(keys, Luck.WITNESS) - 1.0) * ground.site_residents[home]
        agent = ((self._up_to[home] + inside) / self._stands_for).astype(np.int64)
        return np.clip(agent, 0, len(self.residents) - 1).tolist()

    def _heard(self, notice_h: float, u: float) -> tuple[float, float] | None:
        """When a report is heard on its channel, and how precisely it tells the place; None: no channel suits."""
        for channel, hours in self._channels:
            u -= channel.share
            if u < 0.0:
                return hours.after(hours.opening(notice_h), channel.delay_h), channel.place_precision_m
        return None

    def told_precision_m(self, incident: Incident) -> float:
        """How precisely the witness's report tells the place."""
        return self._witness[incident.number].precision_m

    def expect_duplicate(self, incident: Incident) -> None:
        """Somebody else was faster; the witness does not know that, and may still report what is still there."""
        witness = self._witness.get(incident.number)
        if not witness or witness.resident is incident.reporter:
            return
        if self.world.now_h <= witness.heard_h < incident.gone_h:
            self.world.at(witness.heard_h, witness.resident.report_again, incident)
