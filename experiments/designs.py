"""From a study file to what is to be run: plans, worlds, and a scenario for every pair of them.

Layer: experiments.
"""

from __future__ import annotations

import csv
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from scipy.stats import qmc

from experiments.ensembles import EnsembleError, read_ensemble
from experiments.study import Constraint, Lever, StudyError, StudyFile, Uncertain, read_study
from scenarios.loading import OVERRIDE, Family, Scenario, ScenarioError, parse_override
from scenarios.parameters import walk
from scenarios.schema import Parameters
from scenarios.wording import MOST_PROBLEMS, shown, suggest
from sim.run import check_rules

MOST_PLANS, MOST_SCENARIOS = 20_000, 200_000
LARGEST_LIST_BYTES = 20_000_000
BETWEEN = " · "
"""Between the levels in the name of a plan, in the order of the levers."""
DERIVED = ("staff_total", "social_grids_count")
"""What a constraint may name beside the paths of parameters."""

type Changes = dict[str, Any]


def flat(changes: Mapping[str, Any], prefix: str = "") -> Changes:
    """Nested tables as dotted paths, so that what comes later replaces single values and not whole tables."""
    found: Changes = {}
    for key, value in changes.items():
        path = f"{prefix}{key}"
        found |= flat(value, f"{path}.") if isinstance(value, Mapping) and value else {path: value}
    return found


class PlanPoint(NamedTuple):
    """One plan: what it is called, how each lever stands, which parameters it changes, and of which scenario."""

    index: int
    name: str
    settings: dict[str, Any]
    changes: Changes
    base: str = ""
    """Empty: the base of the study."""


class World(NamedTuple):
    """One draw of everything that nobody knows."""

    index: int
    changes: Changes


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
    _hashes: dict[tuple[int, int], str] = field(default_factory=dict, repr=False)

    def scenario(self, plan: PlanPoint, world: World) -> Scenario:
        """The base under a plan in a world.

        Raises StudyError, with a line that names plan and world, if the two do not make a scenario.
        """
        try:
            return self.families[plan.base].load(flat(self.file.set) | world.changes | plan.changes)
        except ScenarioError as error:
            place = f'plan "{plan.name}"' + (f", world {world.index}" if world.changes else "")
            raise StudyError(f"{self.path.name}: {place}: {line}" for line in _lines(error)) from None

    def point(self, plan: PlanPoint, world: World) -> str:
        """The hash of the scenario that a plan makes in a world; StudyError if it is none that can be run."""
        pair = plan.index, world.index
        if pair not in self._hashes:
            scenario = self.scenario(plan, world)
            try:
                check_rules(scenario)
            except ValueError as error:
                raise StudyError([f'{self.path.name}: plan "{plan.name}": {error}']) from None
            self._hashes[pair] = scenario.hash
        return self._hashes[pair]

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


def make_study(file: StudyFile, path: Path) -> Study:
    """Make the plans and worlds of a study; what it names by file lies beside `path`.

    Raises StudyError, with one line for each problem of its base, its plans and its worlds.
    """
    families = {name: _family(name or file.base, path, "" if name else "base: ") for name in
                dict.fromkeys(["", *(plan.base for plan in file.plans)])}  # fmt: skip
    try:
        base = families[""].load(file.set)
    except ScenarioError as error:
        raise StudyError(f"{path.name}: base: {line}" for line in _lines(error)) from None
    if base.abstract:
        raise StudyError([f"{path.name}: base = {shown(file.base)} is a base that other scenarios extend, not one"])
    known = {parameter: value for parameter, _, _, value in walk(base.parameters)}
    if problems := list(_unknown_paths(file, known, path.name)):
        raise StudyError(problems)
    drawn = _drawn_plans(file, path, known)
    if len({plan.name for plan in drawn}) < len(drawn):
        raise StudyError([f"{path.name}: two plans have the same name; name their levels or values apart"])
    kept = [plan for plan in drawn if _allowed(plan, file, families, path)]
    if not kept:
        raise StudyError([f"{path.name}: constraints: none of the {len(drawn)} plans is allowed by them"])
    plans = tuple(plan._replace(index=index) for index, plan in enumerate(kept))
    drawn_worlds = _allowed_worlds(file, path, known) if file.ensemble else _drawn_worlds(file, known)
    worlds = tuple(World(index, changes) for index, changes in enumerate(drawn_worlds))
    if len(plans) * len(worlds) > MOST_SCENARIOS:
        raise StudyError([
            f"{path.name}: {len(plans)} plans in {len(worlds)} worlds are {len(plans) * len(worlds):,} scenarios; "
            f"the most is {MOST_SCENARIOS:,}"
        ])  # fmt: skip
    study = Study(path.stem, file, path, families, plans, worlds, len(drawn) - len(kept))
    _try(study)
    return study


def _lines(error: ScenarioError) -> list[str]:
    """What is wrong with a scenario; that a study changed it is said by the study's own name."""
    return [line.removeprefix(f"{OVERRIDE}: ") for line in error.problems]


def _family(name: str, study: Path, place: str) -> Family:
    """The files of a scenario of the library, or of one beside the study."""
    beside = study.parent / name
    try:
        return Family(beside if name.endswith(".toml") and beside.is_file() else name)
    except ScenarioError as error:
        raise StudyError(f"{study.name}: {place}{line}" for line in error.problems) from None


def _try(study: Study) -> None:
    """Every plan in the first world, and every world under the first plan, must make a scenario."""
    problems: list[str] = []
    pairs = [(plan, study.worlds[0]) for plan in study.plans]
    pairs += [(study.plans[0], world) for world in study.worlds[1:]]
    for plan, world in pairs:
        try:
            study.point(plan, world)
        except StudyError as error:
            problems += error.problems
        if len(problems) > MOST_PROBLEMS:
            break
    if problems:
        raise StudyError(problems)


def _unknown_paths(file: StudyFile, known: Mapping[str, Any], name: str) -> Iterator[str]:
    """Levers, uncertain parameters and constraints that name what the base has not."""
    named = [(f'lever "{lever.name}"', lever.path) for lever in file.levers if lever.path]
    named += [("uncertain", entry.path) for entry in file.uncertain]
    for place, path in named:
        if path not in known:
            yield f"{name}: {place}: {shown(path)} is not a parameter of the base{suggest(path, known)}"
    for lever in file.levers:
        numeric = isinstance(known.get(lever.path), (int, float)) and not isinstance(known.get(lever.path), bool)
        if lever.ranged and lever.path in known and not numeric:
            yield f'{name}: lever "{lever.name}": {lever.path} is not a number, so give it values instead of a range'
    for constraint in file.constraints:
        for path in constraint.of:
            if path not in DERIVED and not isinstance(known.get(path), (int, float)):
                right = [*DERIVED, *(p for p, value in known.items() if isinstance(value, (int, float)))]
                line = f"{shown(path)} is neither a number of the base nor one of {', '.join(DERIVED)}"
                yield f'{name}: constraint "{constraint.name}": {line}{suggest(path, right)}'


def _drawn_plans(file: StudyFile, path: Path, known: Mapping[str, Any]) -> list[PlanPoint]:
    """All plans of the design, those that break a constraint among them."""
    if file.design.kind == "list":
        return _listed_plans(file, path)
    if file.design.kind == "factorial":
        return list(_crossed_plans(file, path.name))
    assert file.design.samples is not None
    count, seed = file.design.samples, np.random.default_rng(file.design.seed)
    dimensions = len(file.levers)
    sampler: qmc.QMCEngine
    if file.design.kind == "sobol":
        sampler = qmc.Sobol(dimensions, rng=seed)
    else:
        sampler = qmc.LatinHypercube(dimensions, rng=seed)
    if file.design.kind == "sobol" and count & (count - 1):
        raise StudyError([f"{path.name}: design.samples = {count} must be a power of 2 for a sobol design, such as 64"])
    points = sampler.random(count)
    return [
        _plan(index, [_at(lever, share, known) for lever, share in zip(file.levers, row, strict=True)])
        for index, row in enumerate(points)
    ]


class _Setting(NamedTuple):
    lever: str
    label: Any
    changes: Changes


def _plan(index: int, settings: Sequence[_Setting]) -> PlanPoint:
    name = BETWEEN.join(_short(setting.label) for setting in settings)
    changes = {path: value for setting in settings for path, value in setting.changes.items()}
    return PlanPoint(index, name, {setting.lever: setting.label for setting in settings}, changes)


def _short(label: Any) -> str:
    if isinstance(label, bool) or not isinstance(label, (int, float)):
        return str(label)
    return f"{label:,}" if isinstance(label, int) else f"{label:,.6g}"


def _settings(lever: Lever) -> list[_Setting]:
    """Every level of a lever that has levels."""
    if lever.levels:
        return [_Setting(lever.name, level.name, flat(level.set)) for level in lever.levels]
    labels = [value if isinstance(value, (int, float, str)) else shown(value) for value in lever.values]
    return [_Setting(lever.name, label, {lever.path: value}) for label, value in zip(labels, lever.values, strict=True)]


def _at(lever: Lever, share: float, known: Mapping[str, Any]) -> _Setting:
    """Where a lever stands at a share (0-1) of its range or of its levels."""
    if not lever.ranged:
        levels = _settings(lever)
        return levels[min(int(share * len(levels)), len(levels) - 1)]
    assert lever.low is not None
    assert lever.high is not None
    if lever.scale == "log":
        value = float(stats.loguniform(lever.low, lever.high).ppf(share))
    else:
        value = lever.low + share * (lever.high - lever.low)
    value = _of_kind(value, known[lever.path])
    return _Setting(lever.name, value, {lever.path: value})


def _of_kind(value: float, like: Any) -> Any:
    """A number as the parameter wants it: whole if it is whole in the base."""
    return round(value) if isinstance(like, int) else float(value)


def _crossed_plans(file: StudyFile, name: str) -> Iterator[PlanPoint]:
    """Every combination of levels; zipped levers move together."""
    levers = {lever.name: _settings(lever) for lever in file.levers}
    groups: list[list[tuple[_Setting, ...]]] = []
    zipped = {lever: tuple(group) for group in file.design.zip for lever in group}
    for lever, settings in levers.items():
        group = zipped.get(lever, (lever,))
        if group[0] != lever and lever in zipped:
            continue
        lengths = {len(levers[member]) for member in group}
        if len(lengths) > 1:
            raise StudyError([f"{name}: design.zip: {', '.join(group)} must have as many levels as each other"])
        groups.append(list(zip(*(levers[member] for member in group), strict=True)) if lever in zipped
                      else [(setting,) for setting in settings])  # fmt: skip
    total = int(np.prod([len(group) for group in groups], dtype=float))
    if total > MOST_PLANS:
        raise StudyError([f"{name}: the levers make {total:,} plans; the most is {MOST_PLANS:,}"])
    for index, parts in enumerate(itertools.product(*groups)):
        yield _plan(index, [setting for part in parts for setting in part])


def _listed_plans(file: StudyFile, path: Path) -> list[PlanPoint]:
    plans = [(plan.name, flat(plan.set), plan.base) for plan in file.plans]
    if file.design.file:
        plans += [(name, changes, "") for name, changes in _plans_of_csv(file.design.file, path)]
    if len(plans) > MOST_PLANS:
        raise StudyError([f"{path.name}: lists {len(plans):,} plans; the most is {MOST_PLANS:,}"])
    return [PlanPoint(index, name, {}, changes, base) for index, (name, changes, base) in enumerate(plans)]


def _plans_of_csv(name: str, study: Path) -> list[tuple[str, Changes]]:
    """Plans from a CSV: a column `name`, and one for each parameter that is changed; an empty cell changes nothing."""
    path = study.parent / name
    if Path(name).name != name or "\\" in name or name.startswith("."):
        raise StudyError(
            [f"{study.name}: design.file = {shown(name)} must be a bare file name; it lies beside the study"]
        )
    try:
        if path.stat().st_size > LARGEST_LIST_BYTES:
            raise StudyError([f"{path.name}: is larger than 20 MB"])
        rows = list(csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines()))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = getattr(error, "strerror", None) or "is not UTF-8 text with commas"
        raise StudyError([f"{study.name}: design.file = {shown(name)} cannot be read: {reason}"]) from None
    plans, problems = [], []
    for line, row in enumerate(rows, 2):
        plan = (row.pop("name", "") or "").strip()
        if not plan:
            problems.append(f"{path.name}:{line}: has no name; there must be a column called name")
            continue
        try:
            cells = [(key, value) for key, value in row.items() if key and isinstance(value, str) and value.strip()]
            plans.append((plan, dict(parse_override(f"{key}={value}") for key, value in cells)))
        except ScenarioError as error:
            problems += [f"{path.name}:{line}: {problem}" for problem in error.problems]
    if problems:
        raise StudyError(problems[:MOST_PROBLEMS])
    return plans


def _allowed(plan: PlanPoint, file: StudyFile, families: Mapping[str, Family], path: Path) -> bool:
    """True if a plan breaks no constraint."""
    if not file.constraints:
        return True
    try:
        parameters = families[plan.base].load(flat(file.set) | plan.changes).parameters
    except ScenarioError as error:
        raise StudyError(f'{path.name}: plan "{plan.name}": {line}' for line in _lines(error)) from None
    return all(_within(constraint, parameters) for constraint in file.constraints)


def _within(constraint: Constraint, parameters: Parameters) -> bool:
    values = {path: value for path, _, _, value in walk(parameters)}
    values |= {"staff_total": staff_total(parameters), "social_grids_count": _areas(parameters)["grid"]}
    total = sum(values[path] for path in constraint.of)
    low = -np.inf if constraint.at_least is None else constraint.at_least
    return bool(low <= total <= (np.inf if constraint.at_most is None else constraint.at_most))


def staff_total(parameters: Parameters) -> int:
    """Everybody on the payroll: supervisors, operators' posts, and the people of every unit in every area."""
    areas = _areas(parameters)
    units = sum(
        unit.people * (areas[unit.level] if unit.people_basis == "per_area" else 1)
        for unit in parameters.units.values()
    )
    operators = parameters.supervision_centre.operators_count + parameters.command_centre.operators_count
    return parameters.supervisors.count + operators + units


def _areas(parameters: Parameters) -> dict[str, int]:
    """How many areas each level has."""
    ground = parameters.territory
    grids = max(1, round(ground.households / ground.households_per_social_grid))
    return {
        "grid": grids, "community": ground.communities_count, "subdistrict": ground.subdistricts_count, "district": 1,
    }  # fmt: skip


def _drawn_worlds(file: StudyFile, known: Mapping[str, Any]) -> list[Changes]:
    """Every draw of the uncertain parameters; without any, the one world of the base."""
    if not file.uncertain:
        return [{}]
    columns = [_quantiles(entry, shares) for entry, shares in zip(file.uncertain, world_shares(file).T, strict=True)]
    return [
        {
            entry.path: _of_kind(value, known[entry.path]) if isinstance(value, float) else value
            for entry, value in zip(file.uncertain, row, strict=True)
        }
        for row in zip(*columns, strict=True)
    ]


def _allowed_worlds(file: StudyFile, path: Path, known: Mapping[str, Any]) -> list[Changes]:
    """The sets of an ensemble, each as often as its weight says: worlds count equally."""
    beside = path.parent / file.ensemble
    try:
        ensemble = read_ensemble(beside if file.ensemble.endswith(".csv") and beside.is_file() else file.ensemble)
    except EnsembleError as error:
        raise StudyError(f"{path.name}: ensemble: {line}" for line in str(error).splitlines()) from None
    if unknown := [name for name in ensemble.paths if name not in known]:
        raise StudyError(
            f"{path.name}: ensemble: {shown(name)} is not a parameter of the base{suggest(name, known)}"
            for name in unknown
        )
    return [dict(changes) for changes in ensemble.equally_weighted()]


def world_shares(file: StudyFile) -> NDArray[np.float64]:
    """The draws as shares of each distribution, (worlds, uncertain parameters): what SALib's methods work on."""
    dimensions, worlds = len(file.uncertain), file.worlds
    chance = np.random.default_rng(worlds.seed)
    if worlds.method == "random":
        return chance.random((worlds.draws, dimensions))
    if worlds.method == "latin_hypercube":
        return qmc.LatinHypercube(dimensions, rng=chance).random(worlds.draws)
    problem = problem_of(file)
    if worlds.method == "sobol":
        from SALib.sample import sobol

        return sobol.sample(problem, worlds.draws, calc_second_order=False, seed=worlds.seed)  # type: ignore[no-any-return]
    from SALib.sample import morris

    return morris.sample(problem, worlds.draws, num_levels=4, seed=worlds.seed)  # type: ignore[no-any-return]


def problem_of(file: StudyFile) -> dict[str, Any]:
    """What SALib calls a problem: the uncertain parameters, each by its share of its distribution."""
    return {
        "num_vars": len(file.uncertain),
        "names": [entry.path for entry in file.uncertain],
        "bounds": [[0.0, 1.0]] * len(file.uncertain),
    }


LEAST_SHARE = 1e-4
"""A draw of exactly 0 or 1 would be infinitely far out in a distribution without ends."""


def _quantiles(entry: Uncertain, shares: NDArray[np.float64]) -> list[Any]:
    """The values of a parameter at shares of its distribution."""
    if entry.distribution == "choice":
        places = np.minimum((shares * len(entry.values)).astype(int), len(entry.values) - 1)
        return [entry.values[place] for place in places]
    low = -np.inf if entry.low is None else entry.low
    high = np.inf if entry.high is None else entry.high
    inside = np.clip(shares, LEAST_SHARE, 1.0 - LEAST_SHARE)
    if entry.distribution == "uniform":
        return (low + shares * (high - low)).tolist()
    if entry.distribution == "loguniform":
        return stats.loguniform(low, high).ppf(shares).tolist()  # type: ignore[no-any-return]
    if entry.distribution == "triangular":
        return stats.triang((entry.mode - low) / (high - low), low, high - low).ppf(shares).tolist()  # type: ignore
    if entry.distribution == "normal":
        ends = (low - entry.mean) / entry.sd, (high - entry.mean) / entry.sd  # type: ignore[operator]
        return stats.truncnorm(*ends, entry.mean, entry.sd).ppf(inside).tolist()  # type: ignore[no-any-return]
    sigma = np.sqrt(np.log1p(entry.cv**2))  # type: ignore[operator]
    return stats.lognorm(sigma, scale=entry.median).ppf(inside).tolist()  # type: ignore[no-any-return]
