"""A building in another grid: what that changes, on the same incidents, and whether it is more than chance.

Layer: experiments.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from experiments.page.community.answers import WORKERS, rings_of
from experiments.page.community.asking import Change, Given, Staffed
from experiments.page.community.reading import MOST_SITES, Read, names_of, read_sent, refusing, tell
from experiments.page.runs import Here
from experiments.running.engine import engine, processors
from experiments.sizing.answering import FURTHER, households_of
from experiments.sizing.cuts.cutting import Cut, by_hand
from experiments.sizing.cuts.neighbourhood import Floats
from experiments.sizing.cuts.outlines import outlines
from experiments.sizing.cuts.quality import pieces_of
from experiments.sizing.inputs.wishes import USUAL_HOUSEHOLDS, Wishes, staff_of
from experiments.sizing.kept import Kept, Values
from experiments.sizing.pilot import INDIFFERENT
from experiments.sizing.plans import Plan, Question, ask_of_cuts
from experiments.sizing.running import Run, values_of
from experiments.statistics.agreement import agreement
from experiments.statistics.intervals import Difference, difference, never_differ
from experiments.words.community import intervals_in_words, measure_in_words, verdict_in_words, warnings_in_words
from languages.speaking import listed, say
from scenarios.counting import expected_incidents
from scenarios.loading import load
from scenarios.wording import ScenarioError, shown
from sim.indicators import INDICATORS, YEAR_H
from sim.rules.escalation import ESCALATION_RULES

LOW, HIGH = "low", "high"
MEASURES: Mapping[str, str | None] = {
    "problem_hours": LOW, "unseen_share": LOW, "remedied_share_of_occurred": HIGH, "found_count": None,
    "on_time_share_of_solved": HIGH, "in_grid_share_of_solved": HIGH, "cost_yuan_per_year": LOW,
}  # fmt: skip
"""What is set side by side, and which way is better; more that is found is that, or more that stands to be found."""
BY_THE_YEAR = ("problem_hours", "found_count")
"""What grows with the length of a run."""
MET = "targets_met"
INCIDENTS = 330_000
"""So many are run in all: a few seconds on one processor, whatever the size of the community."""
FEWEST_PAIRS, MOST_PAIRS = 16, 80


class Sides(NamedTuple):
    """What the pairs came to before and after: measure → (pairs,)."""

    before: Mapping[str, Floats]
    after: Mapping[str, Floats]


def effect(here: Here, given: Given, change: Change) -> None:
    """Tell what a moved building changes. Raises RefusedError."""
    with refusing(here.folder):
        found = read_sent(given, here.folder, MOST_SITES)
        question = _asked(here, found, change)
        pairs_count = pairs_for(question)
        found_sides = _sides(here, question, pairs_count, given.seed)
        tell(here, as_told(found, question, found_sides, pairs_count))


def _asked(here: Here, found: Read, change: Change) -> Question:
    """The question of two plans; of one, if nothing is moved. Raises ScenarioError."""
    check(found, change)
    grids = list(dict.fromkeys([change.plan.grid_of, change.moved]))
    cuts = [by_hand(found.of, grid_of) for grid_of in grids]
    plans = [_staffed(change.plan, number, found.wishes) for number in range(len(cuts))]
    return ask_of_cuts(found.listed, found.wishes, found.of, cuts, plans, here.folder / "cuts")


def check(found: Read, change: Change) -> None:
    """Raise ScenarioError unless a change is one of this community's, and of people that there are."""
    plan, count = change.plan, len(found.listed.sites)
    if len(plan.grid_of) != count:
        raise ScenarioError([say("plan.grid_of has {count:,} buildings and the list {wanted:,}",
                                 count=len(plan.grid_of), wanted=count)])  # fmt: skip
    if set(plan.grid_of) != set(range(max(plan.grid_of) + 1)):
        raise ScenarioError([say("plan.grid_of: grids are numbered from 0 on, and each has a building")])
    kinds = staff_of(load(found.wishes.base))
    problems = [
        say("plan.people: {name} is no post of {base} (there are {known})", name=shown(name), base=found.wishes.base,
            known=listed(kinds))
        for name in plan.people if name not in kinds
    ]  # fmt: skip
    if not any(plan.people.values()):
        problems.append(say("plan.people: there must be somebody"))
    if plan.escalation not in ESCALATION_RULES:
        problems.append(say("plan.escalation = {rule} must be one of {known}", rule=shown(plan.escalation),
                            known=listed(sorted(ESCALATION_RULES))))  # fmt: skip
    if problems:
        raise ScenarioError(problems)


def _staffed(plan: Staffed, cut: int, wishes: Wishes) -> Plan:
    people = tuple((kind, plan.people.get(kind, 0)) for kind in staff_of(load(wishes.base)))
    return Plan(cut, people, plan.members_count, plan.escalation, plan.today)


def pairs_for(question: Question) -> int:
    """How many pairs are run, by how much occurs: the same for the same community, on any machine."""
    usual = question.scenario(question.plans[0], question.sets()[0])
    expected = 2.0 * expected_incidents(usual.parameters, usual.sites)
    return int(np.clip(INCIDENTS / max(expected, 1.0), FEWEST_PAIRS, MOST_PAIRS))


def _sides(here: Here, question: Question, pairs_count: int, seed: int) -> Sides:
    """Run both plans on the same incidents: under each set once, and if there are more pairs than sets, again."""
    sets = question.sets()
    turns = range(pairs_count)
    wanted = [
        Run(question.scenario(plan, sets[turn % len(sets)]), seed + turn % len(sets) + FURTHER * (turn // len(sets)))
        for plan in question.plans for turn in turns
    ]  # fmt: skip
    with engine(min(WORKERS, processors())) as workers:
        values = values_of(wanted, question.wishes, workers, Kept(here.folder), lambda done, of: None)
    return Sides(_measured(question, values[:pairs_count]), _measured(question, values[-pairs_count:]))


def _measured(question: Question, values: Sequence[Values]) -> dict[str, Floats]:
    """The measures of one side: (pairs,) each, those that grow with time by the year."""
    wishes = question.wishes
    a_year = YEAR_H / (24.0 * wishes.days)
    keys = [*dict.fromkeys([*MEASURES, *(target.key for target in wishes.targets)])]
    columns = {key: np.array([row[key] for row in values], dtype=float) for key in keys}
    found = {key: column * (a_year if key in BY_THE_YEAR else 1.0) for key, column in columns.items()}
    if wishes.targets:
        short = [target.shortfall(columns[target.key]) for target in wishes.targets]
        found[MET] = np.all([each == 0.0 for each in short], axis=0).astype(float)
    return found


# What is told ---------------------------------------------------------------------------------------------------------
def as_told(found: Read, question: Question, sides: Sides, pairs_count: int) -> dict[str, Any]:
    """What a change comes to, as the page shows it."""
    before, after = question.cuts[0], question.cuts[-1]
    measures = _compared(question, sides)
    moved = [
        site.site for site, one, other in zip(found.listed.sites, before.grid_of, after.grid_of, strict=True)
        if one != other
    ]  # fmt: skip
    names = names_of(found, before)
    households = [_households(question, cut, len(names)) for cut in (before, after)]
    return {
        "says": verdict_in_words(measures, pairs_count, moved, INDIFFERENT), "about": intervals_in_words(pairs_count),
        "verdict": measures[0]["verdict"],
        "pairs": pairs_count, "sets": len(question.sets()), "measures": measures, "moved": moved, "grids": names,
        "households": {"before": households[0], "after": households[1]},
        "warnings": _warnings(question, before, after, names, households[1]),
        "outlines": [rings_of(ground) for ground in outlines(question.of, after.grid_of, question.listed.barriers)],
    }  # fmt: skip


def _compared(question: Question, sides: Sides) -> list[dict[str, Any]]:
    """Every measure before and after; intervals hold together for all that differ."""
    tables = {key: np.column_stack([sides.before[key], sides.after[key]]) for key in sides.before}
    differing = [key for key, table in tables.items() if not never_differ(table)]
    days = {target.key: target.days for target in question.wishes.targets}
    ways = {target.key: LOW if target.at_least is None else HIGH for target in question.wishes.targets}
    return [
        _measure(key, table, difference(table[:, 0], table[:, 1], max(1, len(differing))), days.get(key),
                 MEASURES.get(key, ways.get(key, HIGH)))
        for key, table in tables.items()
    ]  # fmt: skip


def _measure(
    key: str, table: Floats, apart: Difference | None, days: float | None, better: str | None
) -> dict[str, Any]:  # fmt: skip
    means = [float(column[~np.isnan(column)].mean()) if not np.isnan(column).all() else None for column in table.T]
    return {
        "key": key, "name": measure_in_words(key, days, a_year=key in BY_THE_YEAR),
        "unit": INDICATORS[key].unit if key in INDICATORS else "share", "better": better,
        "before": means[0], "after": means[1],
        "relative": apart.mean / means[0] if apart and means[0] else None,
        "difference": apart and {"mean": apart.mean, "lo": apart.lo, "hi": apart.hi, "pairs": apart.pairs,
                                 "clear": apart.clear, "needed": apart.needed},
        "more_share": agreement(table[:, 1] - table[:, 0]).more_share, "verdict": _verdict(apart, better),
    }  # fmt: skip


def _verdict(apart: Difference | None, better: str | None) -> str:
    """What a difference is: better, worse, differs (neither is better), not_clear, same or undefined."""
    if apart is None:
        return "undefined"
    if apart.mean == apart.lo == apart.hi == 0.0:
        return "same"
    if not apart.clear:
        return "not_clear"
    if better is None:
        return "differs"
    return "better" if (apart.mean < 0.0) == (better == LOW) else "worse"


def _households(question: Question, cut: Cut, count: int) -> list[int]:
    held = households_of(question, cut)
    return held + [0] * (count - len(held))


def _warnings(
    question: Question, before: Cut, after: Cut, names: Sequence[str], households: Sequence[int]
) -> list[str]:  # fmt: skip
    """Grids that fall apart or are empty, and those that were changed and are of another size than is wished."""
    was, now = pieces_of(question.of, before.grid_of), pieces_of(question.of, after.grid_of)
    apart = [names[grid] for grid, pieces in now.items() if pieces > max(1, was.get(grid, 1))]
    used = set(after.grid_of)
    empty = [name for grid, name in enumerate(names) if grid not in used]
    low, high = question.wishes.grids.households or USUAL_HOUSEHOLDS
    changed = {grid for pair in zip(before.grid_of, after.grid_of, strict=True) if pair[0] != pair[1] for grid in pair}
    outside = [
        (names[grid], households[grid], low, high) for grid in sorted(changed & used)
        if not question.wishes.grids.counts and not low <= households[grid] <= high
    ]  # fmt: skip
    return warnings_in_words(apart, empty, outside)
