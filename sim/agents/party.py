"""Party members: residents who keep their eyes open and settle small problems, found through the party's tree.

Layer: sim.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import networkx as nx
import numpy as np
from scipy.spatial import cKDTree

from sim.agents.residents import Resident
from sim.closed_forms import WEEK_H
from sim.incidents import Chance, Finder, Level, Severity, Stage
from sim.partition import apportion, bisect_into
from sim.randomness import Luck, draw_column
from sim.territory import STREET_WEIGHT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from scenarios.people import Party as PartyData
    from sim.demand import Arrivals
    from sim.incidents import Category, Incident, Noticed
    from sim.territory import Territory
    from sim.world import World

type Node = tuple[str, int]


class PartyMember(Resident):
    """A resident who volunteers: notices more, and settles small problems within weekly hours."""

    def __init__(self, world: World, grid: int, weekly_h: float) -> None:
        """Live in a social grid, and have so many hours a week to give."""
        super().__init__(world, grid, 1.0)
        self.weekly_h = weekly_h
        self.knows_places_m = world.params.local_knowledge.place_precision_m
        self._week = -1
        self._given_h = 0.0

    def hours_left(self, now_h: float) -> float:
        """Hours this member still has to give this week."""
        given_h = self._given_h if int(now_h // WEEK_H) == self._week else 0.0
        return self.weekly_h - given_h

    def give(self, hours: float, now_h: float) -> None:
        """Promise hours of this week."""
        left_h = self.hours_left(now_h)
        self._week = int(now_h // WEEK_H)
        self._given_h = self.weekly_h - left_h + hours

    def notice(self, incident: Incident, _: float) -> Chance | None:
        """Come across an incident near home: pass it on to whoever can settle it."""
        self.world.found(incident, Finder.PARTY_MEMBER)
        incident.told_place(self.knows_places_m)
        self.world.hand_on(incident)
        return None


@dataclass(frozen=True, eq=False)
class Organisation:
    """Committee → branches → groups → members, over the sites of one territory; shared by all its runs."""

    tree: nx.DiGraph
    group_of: NDArray[np.int64]
    """(S,) the group that each site belongs to."""
    homes: list[tuple[int, int]]
    """Site and group of each member."""
    _members_below: dict[Node, list[int]] = field(default_factory=dict, repr=False)

    def asked_in_turn(self, group: int) -> tuple[list[int], ...]:
        """Who is asked, by number: first the members of a group, then all of its branch, then the whole committee."""
        branch = next(self.tree.predecessors(("group", group)))
        committee = next(self.tree.predecessors(branch))
        return tuple(self._below(node) for node in (("group", group), branch, committee))

    def _below(self, node: Node) -> list[int]:
        """The members under a node of the tree, lowest number first."""
        if node not in self._members_below:
            below = nx.descendants(self.tree, node)
            self._members_below[node] = sorted(number for kind, number in below if kind == "member")
        return self._members_below[node]


@lru_cache(maxsize=16)
def organise(ground: Territory, members_count: int, branches_count: int, groups_count: int) -> Organisation:
    """Divide the sites among branches and groups; a member belongs to the group of the home."""
    tree = nx.DiGraph()
    weights, x_m, y_m = ground.site_households + STREET_WEIGHT, ground.site_x_m, ground.site_y_m
    branch = bisect_into(x_m, y_m, weights, branches_count)
    inside = [np.flatnonzero(branch == number) for number in range(branches_count)]
    sums = [float(weights[sites].sum()) for sites in inside]
    groups = apportion(sums, groups_count, caps=[len(sites) for sites in inside])
    group_of = np.zeros(len(x_m), dtype=np.int64)
    first = 0
    for number, (sites, count) in enumerate(zip(inside, groups, strict=True)):
        group_of[sites] = first + bisect_into(x_m[sites], y_m[sites], weights[sites], count)
        tree.add_edge(("committee", 0), ("branch", number))
        tree.add_edges_from((("branch", number), ("group", g)) for g in range(first, first + count))
        first += count
    homes = [(site, int(group_of[site])) for site in homes_of(ground, members_count)]
    tree.add_edges_from((("group", group), ("member", n)) for n, (_, group) in enumerate(homes))
    return Organisation(tree, group_of, homes)


def homes_of(ground: Territory, members_count: int) -> list[int]:
    """The site of each member's home, drawn by households: the territory's luck, whatever the run and the groups.

    More members are the same ones and some more.
    """
    cumulative = np.cumsum(ground.site_households + STREET_WEIGHT)
    dice = ground.streams("members")
    sites: list[int] = np.searchsorted(cumulative, dice.random(members_count) * cumulative[-1], side="right").tolist()
    return sites


@lru_cache(maxsize=16)
def members_near(ground: Territory, members_count: int, sight_m: float) -> list[NDArray[np.int64]]:
    """For each site, the members who live within sight of it."""
    places = np.column_stack([ground.site_x_m, ground.site_y_m])
    homes = cKDTree(places[homes_of(ground, members_count)])
    return [np.array(sorted(near), dtype=np.int64) for near in homes.query_ball_point(places, sight_m)]


class Notices(NamedTuple):
    """What party members will notice near home: arrays with an entry for each such incident."""

    number: NDArray[np.int64]
    """Of the incident."""
    noticed_h: NDArray[np.float64]
    member: NDArray[np.int64]
    """Who notices, by number."""


class Party:
    """The members of one run, and whom of them to ask."""

    def __init__(self, world: World, ground: Territory, data: PartyData) -> None:
        """Let the members live where the organisation has them."""
        self.world, self.data = world, data
        self.members: list[PartyMember] = []
        if not data.members_count:
            return
        self.organisation = organise(ground, data.members_count, data.branches_count, data.groups_count)
        homes = self.organisation.homes
        self.members = [PartyMember(world, ground.social.grid_of[site], data.weekly_h) for site, _ in homes]
        self._near = members_near(ground, data.members_count, data.sight_m)
        self._near_count = np.array([len(near) for near in self._near])

    def watch(self, notices: Notices, noticed: Noticed) -> None:
        """Note in `noticed` which incidents a member who lives near will notice, when, and who."""
        for number, noticed_h, member in zip(*(column.tolist() for column in notices), strict=True):
            notice = self.members[member].notice
            noticed.setdefault(number, []).append(Chance(noticed_h, Finder.PARTY_MEMBER, notice))

    def notices(self, arrivals: Arrivals, categories: Sequence[Category]) -> Notices:
        """Every incident that a member who lives near will notice; none without members.

        Rule:    noticed with chance 1 - (1 - min(1, α × salience))^members within sight of the site.  (Eq. 24)
        """
        if not self.members:
            return Notices(np.zeros(0, dtype=np.int64), np.zeros(0), np.zeros(0, dtype=np.int64))
        each = np.minimum(1.0, self.data.attention * np.array([c.data.salience_prob for c in categories]))
        prob = 1.0 - (1.0 - each[arrivals.category]) ** self._near_count[arrivals.site]
        seen = np.flatnonzero(draw_column(arrivals.key, Luck.MEMBER_NOTICES) < prob)
        keys, sites = arrivals.key[seen], arrivals.site[seen]
        delays = -self.data.notice_delay_mean_h * np.log1p(-draw_column(keys, Luck.MEMBER_DELAY))
        turns = (draw_column(keys, Luck.MEMBER) * self._near_count[sites]).astype(np.int64)
        near = [self._near[site][turn] for site, turn in zip(sites.tolist(), turns.tolist(), strict=True)]
        return Notices(seen, arrivals.occurred_h[seen] + delays, np.array(near, dtype=np.int64))

    def try_to_settle(self, incident: Incident) -> bool:
        """Ask for a volunteer: the site's group first, then its branch, then the whole committee.

        Returns whether somebody has taken the incident on. Each incident is brought here once, and only
        if it is minor and of a kind that volunteers can settle.
        """
        minor = incident.severity_at(self.world.now_h) == Severity.MINOR
        if incident.offered or not minor or not self.members or incident.category.data.volunteer_prob <= 0.0:
            return False
        incident.offered = True
        work_h = incident.category.work_h(incident.luck(Luck.WORK))
        if work_h > self.data.weekly_h:  # more than anybody gives in a week: no use asking around
            return False
        group = int(self.organisation.group_of[incident.site])
        for steps, members in enumerate(self.organisation.asked_in_turn(group)):
            asked = (self.members[number] for number in members)
            best = max(asked, key=lambda member: member.hours_left(self.world.now_h), default=None)
            if best and best.hours_left(self.world.now_h) >= work_h:
                best.give(work_h, self.world.now_h)
                incident.level = Level.GRID if steps < 2 else Level.COMMUNITY
                incident.dispatched_h = self.world.now_h
                incident.due_h = incident.category.due_h(self.world.now_h)
                incident.set_out_for(self.world.now_h)
                self.world.enter(incident, Stage.HANDLING)
                done_h = self.world.now_h + steps * self.data.step_up_delay_h + work_h
                self.world.at(done_h, self.finish, incident)
                return True
        return False

    def finish(self, incident: Incident) -> None:
        """A volunteer has done what could be done: it is settled, or others must try."""
        if incident.luck(Luck.VOLUNTEER) < incident.category.data.volunteer_prob:
            incident.handle(self.world.now_h)
            self.world.solved_in_grid(incident)
        else:
            incident.level = incident.dispatched_h = incident.due_h = None
            self.world.enter(incident, Stage.FOUND)
            self.world.hand_on(incident)
