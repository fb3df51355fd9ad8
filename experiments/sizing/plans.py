"""Plans for a community: a cut, the people of each grid, volunteers and a rule; and the scenario that each of them is.

Layer: experiments.  Every cut is a scenario file with its list of buildings, so that whoever doubts a plan can run it.
"""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import tomlkit

from experiments.running.files import write_whole
from experiments.sizing.cuts.cutting import Cut, Method, candidates, today
from experiments.sizing.cuts.cutting import cut as cut_into
from experiments.sizing.cuts.neighbourhood import Community, community
from experiments.sizing.inputs.reading import Listed
from experiments.sizing.inputs.wishes import MOST_PLANS, Wishes, staff_of
from experiments.studies.ensembles import Ensemble, read_ensemble
from experiments.studies.plans import flat
from languages.speaking import listed as listed_names
from languages.speaking import say, say_many
from scenarios.counting import extent_m2, residents_count
from scenarios.loading import Family, Scenario, load
from scenarios.sites import Site
from scenarios.wording import ScenarioError, shown

COLUMNS = ("site", "x_m", "y_m", "households", "residents", "kind", "grid")
SOURCE = "planners-list"
NOTHING: Mapping[str, Any] = MappingProxyType({})
TODAY = "today"
NAME = re.compile(rf"\s*(?P<grids>\d{{1,4}}|{TODAY})\s*[x×*]\s*\(?(?P<people>\d{{1,2}}(\+\d{{1,2}})*)\)?\s*")
"""What a plan is called: as in the table of plans, without its marks."""


class Plan(NamedTuple):
    """What may be done: which cut, and who works in its grids."""

    cut: int
    """An index into the question's cuts."""
    people: tuple[tuple[str, int], ...]
    """Of each kind of post, so many people; in each grid, or of today's plan in all of them together."""
    members_count: int
    """Party members who volunteer."""
    escalation: str
    today: bool = False
    """The plan of today: its people are those of all grids together."""

    def posts_count(self, grids_count: int) -> int:
        """Posts of all grids together."""
        return sum(count for _, count in self.people) * (1 if self.today else grids_count)


@dataclass(frozen=True, eq=False)
class Question:
    """A community, what is wished of its grids, and all plans that may answer."""

    listed: Listed
    wishes: Wishes
    of: Community
    cuts: tuple[Cut, ...]
    families: tuple[Family, ...]
    """Of each cut, its scenario."""
    plans: tuple[Plan, ...]
    base: Scenario
    """Whose rules, rates and offices hold where the planner says nothing."""
    ensemble: Ensemble

    @property
    def households(self) -> int:
        """Of the whole community."""
        return sum(site.households for site in self.listed.sites)

    def grids_count(self, plan: Plan) -> int:
        """Grids of a plan."""
        return self.cuts[plan.cut].quality.grids_count

    def changes(self, plan: Plan) -> dict[str, Any]:
        """What a plan changes of its cut's scenario."""
        rule = {"rules.escalation": plan.escalation}
        return _of_people(plan) | party_of(self.base, plan.members_count) | rule

    def scenario(
        self,
        plan: Plan,
        values: Mapping[str, Any] = NOTHING,
        more: Mapping[str, Any] = NOTHING,
    ) -> Scenario:
        """A plan under a set of what nobody knows; what the planner says holds against it, and `more` against all."""
        return self.families[plan.cut].load({**values, **flat(self.wishes.set), **self.changes(plan), **more})

    def sets(self) -> list[Mapping[str, Any]]:
        """As many sets of what nobody knows as are wished, the likelier the more often."""
        places = self.ensemble.places(self.wishes.sets)
        return [self.ensemble.sets[place] for place in places]


def ask(listed: Listed, wishes: Wishes, folder: Path) -> Question:
    """Cut a community, write each cut as a scenario into a folder, and make the plans.

    Raises ScenarioError if a cut makes no scenario or there are too many plans, EnsembleError if there are no sets.
    """
    base = load(wishes.base)
    ensemble = read_ensemble(wishes.ensemble or wishes.base)
    of = community(listed.sites, listed.compounds, listed.barriers)
    households = sum(site.households for site in listed.sites)
    cuts = tuple(candidates(of, wishes.grids.numbers(households, len(listed.sites))))
    plans = tuple(_plans(cuts, wishes, base, usual_members(base, listed.sites)))
    if not plans:
        raise ScenarioError([
            say("nobody works in any grid, so there is no plan to be run; wish for people of {kinds}",
                kinds=listed_names(staff_of(base)) or say("a base whose grids have posts, such as junmen_2012"))
        ])  # fmt: skip
    if len(plans) > MOST_PLANS:
        raise ScenarioError([
            say("{plans:,} plans are too many to be run; wish for fewer than {most:,}", plans=len(plans),
                most=MOST_PLANS)
        ])  # fmt: skip
    return _question(listed, wishes, of, cuts, plans, base, ensemble, folder)


def ask_of_two(listed: Listed, wishes: Wishes, names: Sequence[str], folder: Path) -> Question:
    """The question which of some named plans is the better one; a name is such as "8 x 1+1+1" or "today x 1+1+1".

    Raises ScenarioError if a name is none, or a cut makes no scenario, EnsembleError if there are no sets.
    """
    base = load(wishes.base)
    ensemble = read_ensemble(wishes.ensemble or wishes.base)
    of = community(listed.sites, listed.compounds, listed.barriers)
    cuts: list[Cut] = []
    plans = []
    members = wishes.volunteers[0] if wishes.volunteers else usual_members(base, listed.sites)
    for name in names:
        cut, people = _named(name, of, base)
        if cut not in cuts:
            cuts.append(cut)
        plans.append(Plan(cuts.index(cut), people, members, wishes.escalation[0]))
    return _question(listed, wishes, of, tuple(cuts), tuple(plans), base, ensemble, folder)


def ask_of_cuts(
    listed: Listed, wishes: Wishes, of: Community, cuts: Sequence[Cut], plans: Sequence[Plan], folder: Path
) -> Question:
    """The question how some plans with cuts of one's own do; whatever is cut, each has its own folder in this one.

    Raises ScenarioError if a cut makes no scenario, EnsembleError if there are no sets.
    """
    base = load(wishes.base)
    families = []
    for number, cut in enumerate(cuts):
        (folder / f"{number}").mkdir(parents=True)
        families.append(write_cut(folder / f"{number}", listed, wishes, base, cut))
    ensemble = read_ensemble(wishes.ensemble or wishes.base)
    return Question(listed, wishes, of, tuple(cuts), tuple(families), tuple(plans), base, ensemble)


def _question(
    listed: Listed, wishes: Wishes, of: Community, cuts: tuple[Cut, ...], plans: tuple[Plan, ...], base: Scenario,
    ensemble: Ensemble, folder: Path,
) -> Question:  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    families = tuple(write_cut(folder, listed, wishes, base, cut) for cut in cuts)
    return Question(listed, wishes, of, cuts, families, plans, base, ensemble)


def _named(name: str, of: Community, base: Scenario) -> tuple[Cut, tuple[tuple[str, int], ...]]:
    """The cut and the people of a plan that is called by name. Raises ScenarioError if there is none called so."""
    kinds = list(staff_of(base))
    read = NAME.fullmatch(name)
    people = [int(count) for count in read["people"].split("+")] if read else []
    if read is None or len(people) != len(kinds):
        form = " x ".join(["8", "+".join("1" * len(kinds))])
        raise ScenarioError([
            say("--plan: {name} must be such as {form}: grids (or today), and in each so many {kinds}",
                name=shown(name), form=shown(form), kinds=listed_names(kinds))
        ])  # fmt: skip
    if read["grids"] == TODAY:
        now = today(of)
        if now is None:
            raise ScenarioError([say("--plan: {name}: the list names no grids of today", name=shown(name))])
        return now, tuple(zip(kinds, people, strict=True))
    count = int(read["grids"])
    if not 1 <= count <= len(of.names):
        raise ScenarioError([
            say("--plan: {name}: {sites} sites cannot be cut into {grids} grids", name=shown(name), sites=len(of.names),
                grids=count)
        ])  # fmt: skip
    return cut_into(of, count), tuple(zip(kinds, people, strict=True))


def usual_members(base: Scenario, sites: Sequence[Site]) -> int:
    """As many volunteers to a resident as the base has."""
    residents = residents_count(base.parameters.territory, base.sites)
    return round(base.parameters.party.members_count * sum(site.residents for site in sites) / residents)


def _plans(cuts: Sequence[Cut], wishes: Wishes, base: Scenario, usual_members: int) -> list[Plan]:
    """Every cut with every number of people, of volunteers and every rule; and the plan of today, if it is known."""
    usual = staff_of(base)
    numbers = {name: sorted(set(wishes.people_per_grid.get(name, [count]))) for name, count in usual.items()}
    staffs = [people for people in itertools.product(*numbers.values()) if any(people)]
    members = sorted(set(wishes.volunteers)) or [usual_members]
    rules = list(dict.fromkeys(wishes.escalation))
    plans = [
        Plan(cut, tuple(zip(numbers, people, strict=True)), count, rule)
        for cut, people, count, rule in itertools.product(range(len(cuts)), staffs, members, rules)
    ]
    if wishes.people_now and cuts[0].method is Method.TODAY:
        now = tuple((name, wishes.people_now.get(name, 0)) for name in usual)
        plans.insert(0, Plan(0, now, members[0], rules[0], today=True))
    return plans


def _of_people(plan: Plan) -> dict[str, Any]:
    basis = "total" if plan.today else "per_area"
    return {
        f"units.{name}.{key}": value
        for name, count in plan.people for key, value in (("people", count), ("people_basis", basis))
    }  # fmt: skip


def party_of(base: Scenario, members_count: int) -> dict[str, int]:
    """Members, and as many branches and groups to a member as the base has."""
    party = base.parameters.party
    per_member = [count / max(1, party.members_count) for count in (party.branches_count, party.groups_count)]
    branches, groups = (max(1, round(members_count * each)) for each in per_member)
    return {"party.members_count": members_count, "party.branches_count": branches, "party.groups_count": groups}


# A cut as a scenario ----------------------------------------------------------------------------------------------
def write_cut(folder: Path, listed: Listed, wishes: Wishes, base: Scenario, cut: Cut) -> Family:
    """Write a cut as a scenario with its list of buildings; what it is called says how many grids it has.

    Raises ScenarioError if it makes none.
    """
    name = f"{cut.quality.grids_count}_grids" + ("_of_today" if cut.method is Method.TODAY else "")
    write_whole(folder / f"{name}.csv", sites_as_csv(in_grids(listed.sites, cut)))
    write_whole(folder / f"{name}.toml", tomlkit.dumps(_as_scenario(f"{name}.csv", listed, wishes, base, cut)))
    return Family(folder / f"{name}.toml")


def in_grids(sites: Sequence[Site], cut: Cut) -> list[Site]:
    """The sites with the grids of a cut: those of today keep their names, others have numbers."""
    if cut.method is Method.TODAY and all(site.grid for site in sites):
        return list(sites)
    return [site._replace(grid=str(grid + 1)) for site, grid in zip(sites, cut.grid_of, strict=True)]


def sites_as_csv(sites: Sequence[Site]) -> str:
    """A list of sites as a scenario reads it; in what order they are given changes nothing."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(tuple(site) for site in sorted(sites, key=lambda site: (site.x_m, site.y_m, site)))
    return out.getvalue()


def _as_scenario(sites_file: str, listed: Listed, wishes: Wishes, base: Scenario, cut: Cut) -> dict[str, Any]:
    """What the file of a cut says: all that the planner has said, and nothing else."""
    name, count = wishes.community or Path(listed.file).stem, cut.quality.grids_count
    scenario: dict[str, Any] = {
        "title": say_many("{name}: {count:,} grid", "{name}: {count:,} grids", count, name=name),
        "question": say("How many grids, and how many people in each?"), "place": name, "extends": base.name,
        "sources": {SOURCE: {"kind": "assumption", "text": say("what the planner said of the community")}},
    }  # fmt: skip
    told: dict[str, Any] = {
        "period.days": wishes.days, "territory.sites_file": sites_file,
        "territory.area_km2": round(extent_m2(listed.sites) / 1e6, 4), "territory.communities_count": 1,
        "territory.subdistricts_count": 1, **party_of(base, usual_members(base, listed.sites)),
        **{f"units.{unit}.people": count for unit, count in wishes.people_above.items()},
        **{f"units.{unit}.wage_yuan_per_month": wage for unit, wage in wishes.wages_yuan_per_month.items()},
    }  # fmt: skip
    if wishes.start is not None:
        told["period.start"] = wishes.start
    if wishes.residents_per_household is not None:
        told["territory.residents_per_household"] = wishes.residents_per_household
    _put(scenario, told | flat(wishes.set), say("from the planner's list and wishes"))
    return scenario


def plan_as_scenario(question: Question, plan: Plan, sites_file: str) -> dict[str, Any]:
    """What the file of a plan says: its cut's scenario, and what the plan changes."""
    scenario = _as_scenario(sites_file, question.listed, question.wishes, question.base, question.cuts[plan.cut])
    _put(scenario, question.changes(plan), say("the plan"))
    return scenario


def _put(scenario: dict[str, Any], values: Mapping[str, Any], why: str) -> None:
    """Put values into the sections of a scenario's file, by their paths."""
    for path, value in values.items():
        *sections, key = path.split(".")
        place = scenario
        for section in sections:
            place = place.setdefault(section, {})
        place.update({key: value, "source": SOURCE, "why": why})
