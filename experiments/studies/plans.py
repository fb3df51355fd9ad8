"""The plans of a study: drawn from its levers, crossed, or listed.

Layer: experiments.
"""

from __future__ import annotations

import csv
import itertools
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy import stats
from scipy.stats import qmc

from experiments.studies.form import Lever, StudyError, StudyFile
from experiments.studies.wholes import HALF, is_whole, nearest_whole, whole_ends
from languages.speaking import listed, say
from scenarios.loading import ScenarioError, parse_override
from scenarios.wording import MOST_PROBLEMS, shown

MOST_PLANS = 20_000
LARGEST_LIST_BYTES = 20_000_000
BETWEEN = " · "
"""Between the levels in the name of a plan, in the order of the levers."""

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

    number: int
    name: str
    settings: dict[str, Any]
    changes: Changes
    base: str = ""
    """Empty: the base of the study."""


def drawn_plans(file: StudyFile, path: Path, known: Mapping[str, Any]) -> list[PlanPoint]:
    """All plans of the design, those that break a constraint among them."""
    if file.design.kind == "list":
        return _listed_plans(file, path)
    if file.design.kind == "factorial":
        return list(_crossed_plans(file, path.name))
    return _sampled_plans(file, path.name, known)


def _sampled_plans(file: StudyFile, name: str, known: Mapping[str, Any]) -> list[PlanPoint]:
    """Points of the space of levers; those that come to the same settings (whole numbers, levels) are one plan."""
    count, seed = file.design.samples or 0, np.random.default_rng(file.design.seed)
    if file.design.kind == "sobol" and count & (count - 1):
        raise StudyError([say(
            "{file}: design.samples = {count} must be a power of 2 for a sobol design, such as 64", file=name,
            count=count,
        )])  # fmt: skip
    sampler = (qmc.Sobol if file.design.kind == "sobol" else qmc.LatinHypercube)(len(file.levers), rng=seed)
    plans: dict[tuple[Any, ...], PlanPoint] = {}
    names: set[str] = set()
    for row in sampler.random(count):
        settings = [_at(lever, share, known) for lever, share in zip(file.levers, row, strict=True)]
        labels = tuple(setting.label for setting in settings)
        if labels in plans:
            continue
        plan = _plan(len(plans), settings)
        if plan.name in names:  # they differ in a digit that a short name does not show
            plan = plan._replace(name=BETWEEN.join(map(str, labels)))
        plans[labels] = plan
        names.add(plan.name)
    return list(plans.values())


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


def paths_of(lever: Lever) -> set[str]:
    """The parameters that a lever moves."""
    return {lever.path} if lever.path else {path for level in lever.levels for path in flat(level.set)}


def _settings(lever: Lever) -> list[_Setting]:
    """Every level of a lever that has levels."""
    if lever.levels:
        return [_Setting(lever.name, level.name, flat(level.set)) for level in lever.levels]
    labels = [label_of(value) for value in lever.values]
    return [_Setting(lever.name, label, {lever.path: value}) for label, value in zip(labels, lever.values, strict=True)]


def label_of(value: Any) -> Any:
    """What a value is called: a number or a word as it is, a list as it is written."""
    return value if isinstance(value, (int, float, str)) else shown(value)


def _at(lever: Lever, share: float, known: Mapping[str, Any]) -> _Setting:
    """Where a lever stands at a share (0-1) of its range or of its levels."""
    if not lever.ranged:
        levels = _settings(lever)
        return levels[min(int(share * len(levels)), len(levels) - 1)]
    low, high = float(lever.low or 0.0), float(lever.high or 0.0)
    whole = is_whole(known[lever.path])
    ends = whole_ends(low, high)
    if whole:
        low, high = ends[0] - HALF, ends[1] + HALF
    value = float(stats.loguniform(low, high).ppf(share) if lever.scale == "log" else low + share * (high - low))
    setting = nearest_whole(np.array([value]), *ends)[0] if whole else value
    return _Setting(lever.name, setting, {lever.path: setting})


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
            raise StudyError([say(
                "{file}: design.zip: {levers} must have as many levels as each other", file=name, levers=listed(group),
            )])  # fmt: skip
        groups.append(list(zip(*(levers[member] for member in group), strict=True)) if lever in zipped
                      else [(setting,) for setting in settings])  # fmt: skip
    total = int(np.prod([len(group) for group in groups], dtype=float))
    if total > MOST_PLANS:
        raise StudyError([say(
            "{file}: the levers make {count:,} plans; the most is {most:,}", file=name, count=total, most=MOST_PLANS,
        )])  # fmt: skip
    for index, parts in enumerate(itertools.product(*groups)):
        yield _plan(index, [setting for part in parts for setting in part])


def _listed_plans(file: StudyFile, path: Path) -> list[PlanPoint]:
    plans = [(plan.name, flat(plan.set), plan.base) for plan in file.plans]
    if file.design.file:
        plans += [(name, changes, "") for name, changes in _plans_of_csv(file.design.file, path)]
    if len(plans) > MOST_PLANS:
        raise StudyError([say(
            "{file}: lists {count:,} plans; the most is {most:,}", file=path.name, count=len(plans), most=MOST_PLANS,
        )])  # fmt: skip
    return [PlanPoint(index, name, {}, changes, base) for index, (name, changes, base) in enumerate(plans)]


def _plans_of_csv(name: str, study: Path) -> list[tuple[str, Changes]]:
    """Plans from a CSV: a column `name`, and one for each parameter that is changed; an empty cell changes nothing."""
    path = study.parent / name
    if Path(name).name != name or "\\" in name or name.startswith("."):
        raise StudyError([say(
            "{file}: design.file = {name} must be a bare file name; it lies beside the study", file=study.name,
            name=shown(name),
        )])  # fmt: skip
    try:
        if path.stat().st_size > LARGEST_LIST_BYTES:
            raise StudyError([say("{file}: is larger than 20 MB", file=path.name)])
        rows = list(csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines()))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = getattr(error, "strerror", None) or say("is not UTF-8 text with commas")
        raise StudyError([say(
            "{file}: design.file = {name} cannot be read: {reason}", file=study.name, name=shown(name), reason=reason,
        )]) from None  # fmt: skip
    plans, problems = [], []
    for line, row in enumerate(rows, 2):
        plan = (row.pop("name", "") or "").strip()
        if not plan:
            problems.append(
                say("{file}:{line}: has no name; there must be a column called name", file=path.name, line=line)
            )
            continue
        try:
            cells = [(key, value) for key, value in row.items() if key and isinstance(value, str) and value.strip()]
            plans.append((plan, dict(parse_override(f"{key}={value}") for key, value in cells)))
        except ScenarioError as error:
            problems += [f"{path.name}:{line}: {problem}" for problem in error.problems]
    if problems:
        raise StudyError(problems[:MOST_PROBLEMS])
    return plans
