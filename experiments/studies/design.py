"""From a study file to what is to be run: plans, worlds, and a scenario for every pair of them.

Layer: experiments.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from experiments.studies.constraints import DERIVED, allowed
from experiments.studies.ensembles import Ensemble, EnsembleError, read_ensemble
from experiments.studies.form import Lever, Replications, StudyError, StudyFile
from experiments.studies.plans import Changes, PlanPoint, drawn_plans, flat, paths_of
from experiments.studies.reading import problems_of, read_study
from experiments.studies.wholes import has_whole, is_whole
from experiments.studies.worlds import World, changes_at, world_shares
from languages.speaking import listed, say
from scenarios.loading import Family, Scenario, ScenarioError
from scenarios.parameters import walk
from scenarios.wording import MOST_PROBLEMS, shown, suggest
from sim.run import check_rules

MOST_SCENARIOS = 200_000


@dataclass(frozen=True)
class Study:
    """A study, ready to be run."""

    name: str
    file: StudyFile
    path: Path
    families: Mapping[str, Family] = field(repr=False)
    """The base, under the empty name, and those that plans name themselves."""
    plans: tuple[PlanPoint, ...]
    worlds: tuple[World, ...]
    left_out: int
    """Plans of the design that break a constraint."""
    ensemble: Ensemble | None = field(default=None, repr=False)
    """Whose sets are the worlds."""
    _hashes: dict[tuple[int, int], str] = field(default_factory=dict, repr=False)

    def scenario(self, plan: PlanPoint, world: World) -> Scenario:
        """The base under a plan in a world.

        Raises StudyError, with a line that names plan and world, if the two do not make a scenario.
        """
        try:
            return self.families[plan.base].load(flat(self.file.set) | self._known_in(plan, world) | plan.changes)
        except ScenarioError as error:
            place = (
                say('plan "{plan}", world {world}', plan=plan.name, world=world.number) if world.changes
                else say('plan "{plan}"', plan=plan.name)
            )  # fmt: skip
            raise StudyError(f"{self.path.name}: {place}: {line}" for line in problems_of(error)) from None

    def _known_in(self, plan: PlanPoint, world: World) -> Changes:
        """What a world says of a plan: without what is unknown in other plans only."""
        elsewhere = {entry.path for entry in self.file.uncertain if entry.only and plan.name not in entry.only}
        return {path: value for path, value in world.changes.items() if path not in elsewhere}

    def point(self, plan: PlanPoint, world: World) -> str:
        """The hash of the scenario that a plan makes in a world; StudyError if it is none that can be run."""
        pair = plan.number, world.number
        if pair not in self._hashes:
            scenario = self.scenario(plan, world)
            try:
                check_rules(scenario)
            except ValueError as error:
                place = say('plan "{plan}"', plan=plan.name)
                raise StudyError([f"{self.path.name}: {place}: {error}"]) from None
            if problems := list(self._parts_outside(scenario, plan)):
                raise StudyError(problems)
            self._hashes[pair] = scenario.hash
        return self._hashes[pair]

    def _parts_outside(self, scenario: Scenario, plan: PlanPoint) -> Iterator[str]:
        """Parts that do not lie in the run that a plan makes in some world; a plan is named if its run is its own."""
        period = scenario.parameters.period
        own = f"{say('plan "{plan}"', plan=plan.name)}: " if period != self.base.parameters.period else ""
        for part in self.file.parts:
            if not part.only or plan.name in part.only:
                yield from (f"{self.path.name}: {own}{line}" for line in part.why_outside(scenario.parameters))

    @cached_property
    def base(self) -> Scenario:
        """The base with what the study sets for all plans."""
        return self.families[""].load(self.file.set)

    @property
    def seeds_in_turn(self) -> bool:
        """True if each further replication takes the next world, rather than every world each seed."""
        return self.file.replications.rule != "fixed"


def load_study(name_or_path: str | Path, ensemble: str = "") -> Study:
    """Read a study and make its plans and worlds; an ensemble, by name or file, takes the place of its unknowns.

    Raises StudyError, with one line for each problem of the file, its base, its plans and its worlds.
    """
    file, path = read_study(name_or_path)
    if ensemble:
        raw = file.model_dump(exclude_unset=True, exclude={"uncertain", "worlds"})
        file = StudyFile.model_validate({**raw, "ensemble": ensemble})
    return make_study(file, path)


def before_the_figures(study: Study) -> Study | None:
    """The same plans in as many worlds that were thought possible before the figures, a history each.

    None if the study has no ensemble, or nothing is kept of what was possible before it.
    """
    prior = study.ensemble.prior() if study.ensemble else None
    if prior is None:
        return None
    worlds = tuple(
        World(number, dict(prior.sets[place])) for number, place in enumerate(prior.places(len(study.worlds)))
    )
    once = Replications(rule="fixed", count=1, first_seed=study.file.replications.first_seed, own_seeds=True)
    file = study.file.model_copy(update={"ensemble": prior.name, "replications": once})
    return replace(study, file=file, worlds=worlds, ensemble=prior, _hashes={})


def make_study(file: StudyFile, path: Path) -> Study:
    """Make the plans and worlds of a study; what it names by file lies beside `path`.

    Raises StudyError, with one line for each problem of its base, its plans and its worlds.
    """
    families = {name: _family(name or file.base, path, "" if name else "base: ") for name in
                dict.fromkeys(["", *(plan.base for plan in file.plans)])}  # fmt: skip
    try:
        base = families[""].load(file.set)
    except ScenarioError as error:
        raise StudyError(f"{path.name}: base: {line}" for line in problems_of(error)) from None
    if base.abstract:
        raise StudyError([say(
            "{file}: base = {base} is a base that other scenarios extend, not one", file=path.name,
            base=shown(file.base),
        )])  # fmt: skip
    known = {parameter: value for parameter, _, _, value in walk(base.parameters)}
    if problems := list(_unknown_paths(file, known, path.name)):
        raise StudyError(problems)
    drawn = drawn_plans(file, path, known)
    if len({plan.name for plan in drawn}) < len(drawn):
        raise StudyError(
            [say("{file}: two plans have the same name; name their levels or values apart", file=path.name)]
        )
    kept = [plan for plan in drawn if allowed(plan, file, families, path)]
    if not kept:
        raise StudyError(
            [say("{file}: constraints: none of the {count} plans is allowed by them", file=path.name, count=len(drawn))]
        )
    plans = tuple(plan._replace(number=number) for number, plan in enumerate(kept))
    ensemble = _ensemble(file, path, known) if file.ensemble else None
    worlds = _worlds(file, path, known, ensemble)
    if len(plans) * len(worlds) > MOST_SCENARIOS:
        raise StudyError([
            say("{file}: {plans} plans in {worlds} worlds are {scenarios:,} scenarios; the most is {most:,}",
                file=path.name, plans=len(plans), worlds=len(worlds), scenarios=len(plans) * len(worlds),
                most=MOST_SCENARIOS)
        ])  # fmt: skip
    study = Study(path.stem, file, path, families, plans, worlds, len(drawn) - len(kept), ensemble)
    _try(study)
    return study


def _family(name: str, study: Path, place: str) -> Family:
    """The files of a scenario of the library, or of one beside the study."""
    beside = study.parent / name
    try:
        return Family(beside if name.endswith(".toml") and beside.is_file() else name)
    except ScenarioError as error:
        raise StudyError(f"{study.name}: {place}{line}" for line in error.problems) from None


def _try(study: Study) -> None:
    """Every plan in the first world, and every world under the first plan, must make a scenario with all its parts.

    If worlds move the period, every plan is tried in every world: a part may lie in some of the runs only.
    """
    problems: list[str] = []
    pairs = [(plan, study.worlds[0]) for plan in study.plans]
    moved = any(path.startswith("period.") for path in study.worlds[0].changes)
    tried = study.plans if moved and study.file.parts else study.plans[:1]
    pairs += [(plan, world) for plan in tried for world in study.worlds[1:]]
    for plan, world in pairs:
        try:
            study.point(plan, world)
        except StudyError as error:
            problems += [problem for problem in error.problems if problem not in problems]
        if len(problems) > MOST_PROBLEMS:
            break
    if problems:
        raise StudyError(problems)


def _unknown_paths(file: StudyFile, known: Mapping[str, Any], name: str) -> Iterator[str]:
    """Levers, uncertain parameters and constraints that name what the base has not."""
    named = [(_lever(lever), lever.path) for lever in file.levers if lever.path]
    named += [("uncertain", entry.path) for entry in file.uncertain]
    for place, path in named:
        if path not in known:
            yield say("{file}: {place}: {path} is not a parameter of the base{hint}", file=name, place=place,
                      path=shown(path), hint=suggest(path, known))  # fmt: skip
    moved_by: dict[str, str] = {}
    for lever in file.levers:
        for path in sorted(paths_of(lever) & moved_by.keys()):
            yield say('{file}: levers "{first}" and "{second}" both move {path}; only one may', file=name,
                      first=moved_by[path], second=lever.name, path=path)  # fmt: skip
        moved_by |= dict.fromkeys(paths_of(lever), lever.name)
        numeric = isinstance(known.get(lever.path), (int, float)) and not isinstance(known.get(lever.path), bool)
        if lever.ranged and lever.path in known and not numeric:
            yield say('{file}: lever "{lever}": {path} is not a number, so give it values instead of a range',
                      file=name, lever=lever.name, path=lever.path)  # fmt: skip
    ranges = [(_lever(lever), lever.path, lever.low, lever.high) for lever in file.levers if lever.ranged]
    ranges += [("uncertain", entry.path, entry.low, entry.high) for entry in file.uncertain]
    for place, path, low, high in ranges:
        if is_whole(known.get(path)) and not has_whole(low, high):
            yield say("{file}: {place}: {path} has whole numbers, and there is none from {low:g} to {high:g}",
                      file=name, place=place, path=path, low=low, high=high)  # fmt: skip
    for constraint in file.constraints:
        for path in constraint.of:
            if path not in DERIVED and not isinstance(known.get(path), (int, float)):
                right = [*DERIVED, *(p for p, value in known.items() if isinstance(value, (int, float)))]
                yield say('{file}: constraint "{constraint}": {path} is neither a number of the base nor one of '
                          "{derived}{hint}", file=name, constraint=constraint.name, path=shown(path),
                          derived=listed(DERIVED), hint=suggest(path, right))  # fmt: skip


def _lever(lever: Lever) -> str:
    """Where in the file something is wrong: at a lever."""
    return say('lever "{lever}"', lever=lever.name)


def _worlds(file: StudyFile, path: Path, known: Mapping[str, Any], ensemble: Ensemble | None) -> tuple[World, ...]:
    """The worlds, or the one of the base; StudyError if levers move them too, or a stopping rule wants more."""
    drawn = _allowed_worlds(file, ensemble) if ensemble else _drawn_worlds(file, known)
    name, rule = path.name, file.replications
    for lever in file.levers:
        for both in sorted(paths_of(lever) & drawn[0].keys()):
            of = {"file": name, "lever": lever.name, "path": both}
            raise StudyError([
                say('{file}: lever "{lever}": {path} is in the ensemble too; it is chosen or unknown', **of)
                if file.ensemble
                else say('{file}: lever "{lever}": {path} is in uncertain too; it is chosen or unknown', **of)
            ])  # fmt: skip
    if (file.uncertain or file.ensemble) and (rule.at_most or 0) > len(drawn):
        raise StudyError([
            say("{file}: replications.at_most = {at_most} must not exceed the {worlds} worlds: under the rule {rule} "
                "each replication takes a world of its own{hint}", file=name, at_most=rule.at_most, worlds=len(drawn),
                rule=rule.rule,
                hint="" if file.ensemble else say("; give worlds.draws = {at_most}", at_most=rule.at_most))
        ])  # fmt: skip
    return tuple(World(number, changes) for number, changes in enumerate(drawn))


def _drawn_worlds(file: StudyFile, known: Mapping[str, Any]) -> list[Changes]:
    """Every draw of the uncertain parameters; without any, the one world of the base."""
    return changes_at(file.uncertain, world_shares(file), known) if file.uncertain else [{}]


def _ensemble(file: StudyFile, path: Path, known: Mapping[str, Any]) -> Ensemble:
    """The ensemble that a study names; StudyError if there is none, or it is of another kind of place."""
    beside = path.parent / file.ensemble
    try:
        ensemble = read_ensemble(beside if file.ensemble.endswith(".csv") and beside.is_file() else file.ensemble)
    except EnsembleError as error:
        raise StudyError(f"{path.name}: ensemble: {line}" for line in str(error).splitlines()) from None
    if unknown := [name for name in ensemble.paths if name not in known]:
        raise StudyError(
            say(
                "{file}: ensemble: {name} is not a parameter of the base{hint}",
                file=path.name,
                name=shown(name),
                hint=suggest(name, known),
            )
            for name in unknown
        )
    return ensemble


def _allowed_worlds(file: StudyFile, ensemble: Ensemble) -> list[Changes]:
    """The sets of an ensemble, each as often as its weight says: worlds count equally."""
    worlds = [dict(changes) for changes in ensemble.equally_weighted()]
    if file.replications.rule == "fixed":
        return worlds
    # A stopping rule may end after some of them: those must be a fair sample, whatever the order of the file.
    return [worlds[place] for place in np.random.default_rng(file.worlds.seed).permutation(len(worlds))]
