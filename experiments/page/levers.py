"""The levers of the page: what a city may choose, with unit, range and a plain name, as a scenario has it.

Layer: experiments.  Unit, range and choices come from the schema; which of its levers stand here, and what they are
called in plain words, is said here.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, get_args

from experiments.page.naming import in_each_language
from experiments.running.provenance import set_by_hand
from experiments.words.names import worded
from languages.speaking import LANGUAGES, marked, say
from scenarios.parameters import walk
from sim.incidents import Level
from sim.rules.dispatch import DISPATCH_RULES
from sim.rules.escalation import ESCALATION_RULES
from sim.rules.patrol import PATROL_RULES
from sim.rules.queueing import QUEUE_RULES
from sim.rules.reporting import REPORTING_RULES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from pydantic.fields import FieldInfo

    from scenarios.loading import Scenario

THEMES = {
    "grids": marked("Grids"), "staff": marked("Staff"), "patrol": marked("Patrol"), "crews": marked("Who handles"),
    "party": marked("Party members"), "ladder": marked("The ladder"), "queues": marked("Queues"),
    "residents": marked("What is known"), "run": marked("The run"),
}  # fmt: skip
PLAIN = (
    ("territory.households_per_social_grid", "grids", marked("households in a grid")),
    ("territory.cell_area_m2", "grids", marked("area of a cell")),
    ("supervisors.count", "staff", marked("supervisors")),
    ("supervision_centre.operators_count", "staff", marked("operators who take and file")),
    ("command_centre.operators_count", "staff", marked("operators who dispatch")),
    ("rules.patrol", "patrol", marked("how beats are walked")),
    ("supervisors.hours", "patrol", marked("hours of the patrol")),
    ("supervisors.task_per_day", "patrol", marked("finds asked of a post in a day")),
    ("units.*.people", "crews", marked("{unit}: people")),
    ("units.*.hours", "crews", marked("{unit}: hours")),
    ("rules.dispatch", "crews", marked("which of several units gets a case")),
    ("party.members_count", "party", marked("members who volunteer")),
    ("party.weekly_h", "party", marked("hours that each gives")),
    ("rules.escalation", "ladder", marked("where a case goes, and where next")),
    ("escalation.grid_limit_h", "ladder", marked("longest wait in the grid")),
    ("escalation.community_limit_h", "ladder", marked("longest wait in the community")),
    ("escalation.subdistrict_limit_h", "ladder", marked("longest wait in the subdistrict")),
    ("escalation.attempts_max", "ladder", marked("attempts before it climbs")),
    ("units.*.queue_rule", "queues", marked("{unit}: who is served next")),
    ("rules.reporting", "residents", marked("who reports")),
    ("residents.channels.*.share", "residents", marked("would-be reporters: by {unit}")),
    ("local_knowledge.whole_grid_share", "residents",
     marked("κ: how much each colleague must know (0: a share, 1: all)")),
    ("period.days", "run", marked("length of the run")),
)  # fmt: skip
"""Paths of the schema (a star: of every unit or channel), the theme that each belongs to, and what people call it."""
IN_EACH_GRID = marked("{unit}: people in each grid")
CHOICES = {
    "cyclic": marked("round after round"), "hot_spot_weighted": marked("more often where more happens"),
    "district_first": marked("small beats where much happens"),
    "community_first": marked("community by community"), "cooperative": marked("with the neighbours' borders"),
    "random": marked("anywhere, at random"),
    "ladder": marked("rung by rung"), "by_severity": marked("by severity"), "direct": marked("straight to the top"),
    "none": marked("stays where it is"),
    "trusting": marked("more, the more they trust"), "steady": marked("always equally many"),
    "silent": marked("nobody"),
    "least_loaded": marked("the one with least to do"), "nearest": marked("the nearest"),
    "first_listed": marked("the first listed"),
    "first_come": marked("who came first"), "earliest_deadline": marked("whose deadline is next"),
    "most_severe": marked("the gravest first"),
}  # fmt: skip
RULES: Mapping[str, Collection[str]] = {
    "rules.patrol": PATROL_RULES, "rules.escalation": ESCALATION_RULES, "rules.dispatch": DISPATCH_RULES,
    "rules.reporting": REPORTING_RULES, "units.*.queue_rule": QUEUE_RULES,
}  # fmt: skip
PATROLS_ONLY = frozenset(("territory.cell_area_m2", "rules.patrol", "supervisors.hours", "supervisors.task_per_day"))
"""What changes nothing where nobody patrols."""


def levers(scenario: Scenario) -> list[dict[str, Any]]:
    """The levers that do something in a scenario, theme by theme; `value` is what the scenario has."""
    there = {path: (section, name, value) for path, section, name, value in walk(scenario.parameters)}
    rows = []
    for pattern, theme, plain in PLAIN:
        for path in (path for path in there if fnmatchcase(path, pattern) and _does_something(path, scenario)):
            section, name, value = there[path]
            field, science = section.model_fields[name], section.science(name)
            rows.append({
                "path": path, "theme": in_each_language(say, THEMES[theme]), "name": _named(plain, path, scenario),
                "about": in_each_language(say, str(field.description)), "symbol": science.symbol,
                "unit": in_each_language(say, "" if science.span is None or science.unit == "1" else science.unit),
                "value": value, "kind": _kind(field, pattern),
                "range": science.span, "choices": list(_choices(field, pattern)),
            })  # fmt: skip
    return rows


def _does_something(path: str, scenario: Scenario) -> bool:
    """Whether moving it can change anything in this scenario."""
    params = scenario.parameters
    if path in PATROLS_ONLY:
        return params.supervisors.count > 0
    if path.startswith("party."):
        return params.party.members_count > 0 or path == "party.members_count"
    if path == "territory.households_per_social_grid":
        return any(unit.level == "grid" for unit in params.units.values())
    if path.startswith("escalation.") and path.endswith("_limit_h"):
        levels = [Level.of(unit.level) for unit in params.units.values()]
        own = Level.of(path.removeprefix("escalation.").removesuffix("_limit_h"))
        return own in levels and max(levels) > own
    if path == "rules.dispatch":
        return len(params.units) > 1
    if path.startswith("local_knowledge."):
        return any(unit.level == "grid" for unit in params.units.values())
    if path == "rules.reporting" or path.startswith("residents."):
        return bool(params.residents.channels)
    return True


def _named(plain: str, path: str, scenario: Scenario) -> dict[str, str]:
    unit = path.split(".")[-2]
    if path.endswith(".people"):
        data = scenario.parameters.units[unit]
        plain = IN_EACH_GRID if (data.level, data.people_basis) == ("grid", "per_area") else plain
    return in_each_language(lambda text: say(text, unit=worded(unit)) if "{unit}" in text else say(text), plain)


def moved(scenario: Scenario) -> list[dict[str, Any]]:
    """What was set on top of a scenario's file, in words: name and value in each language."""
    rows = []
    for path, value in set_by_hand(scenario).items():
        plain = next((plain for pattern, _, plain in PLAIN if fnmatchcase(path, pattern)), None)
        name = _named(plain, path, scenario) if plain else dict.fromkeys(LANGUAGES, path)
        rows.append({"path": path, "name": name, "value": in_each_language(_in_words, str(value))})
    return rows


def _in_words(value: str) -> str:
    return say(CHOICES[value]) if value in CHOICES else value


def _kind(field: FieldInfo, pattern: str) -> str:
    """What may be put in: whole, real, choice, or text."""
    if pattern in RULES or get_args(field.annotation):
        return "choice"
    return "whole" if field.annotation is int else "real" if field.annotation is float else "text"


def _choices(field: FieldInfo, pattern: str) -> Iterator[dict[str, Any]]:
    for name in RULES.get(pattern) or get_args(field.annotation):
        yield {"value": name, "name": in_each_language(_in_words, name)}
