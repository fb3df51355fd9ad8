"""From values given one by one to parameters: merged, validated, and what is wrong with them in our words.

Layer: scenarios.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from pydantic import ValidationError

from languages.speaking import listed, say
from scenarios.parameters import Section, is_section
from scenarios.reading import METADATA, Given, Tree
from scenarios.schema import Parameters
from scenarios.wording import MOST_PROBLEMS, Problem, complaint, paths_of, section_in, shown, suggest

MOST_NAMES = 20
DICTIONARIES = ("categories", "units", "demand.profiles", "demand.surges", "residents.channels")


def merge(given: Sequence[tuple[Given, str]], problems: list[str]) -> tuple[Tree, dict[str, str]]:
    """One tree of values, later ones replacing earlier ones; and which file each came from."""
    tree: Tree = {}
    origins: dict[str, str] = {}
    for (path, value, _, _), origin in given:
        *tables, name = path.split(".")
        node = tree
        for table in tables:
            below = node.setdefault(table, {})
            if not isinstance(below, dict):
                what = say("{path} is not a parameter: {table} is a value, not a table", path=path, table=table)
                problems.append(Problem(origin, what, path))
                break
            node = below
        else:
            node[name] = value
            origins[path] = origin
    return tree, origins


def validate(tree: Tree, origins: Mapping[str, str], problems: list[str]) -> Parameters | None:
    """The parameters, or None with a line for each reason why not."""
    try:
        return Parameters.model_validate(tree)
    except ValidationError as error:
        keys = _keys_in_use(tree)
        errors: list[dict[str, Any]] = [dict(entry) for entry in error.errors(include_url=False)]
        if len(errors) > MOST_PROBLEMS:
            problems.append(
                say("{count} values are not right; these are the first {most}", count=len(errors), most=MOST_PROBLEMS)
            )
        for missing, entries in groupby(errors[:MOST_PROBLEMS], key=_lacking):
            if missing:
                names = [str(entry["loc"][-1]) for entry in entries]
                problems.append(_lacks(missing, names, origins, keys))
            else:
                problems.extend(_worded(entry, origins, keys) for entry in entries)
    return None


def blame(path: str, origins: Mapping[str, str]) -> str:
    """Who gave a path; else who last gave something below it or beside it; nobody: an empty word."""
    if path in origins:
        return origins[path]
    while path:
        inside = [origin for given, origin in origins.items() if given.startswith(f"{path}.")]
        if inside:
            return inside[-1]
        path = path.rpartition(".")[0]
    return ""


def _keys_in_use(tree: Tree) -> dict[str, list[str]]:
    """The names under each dictionary of sections, such as categories."""

    def below(*tables: str) -> list[str]:
        node: Any = tree
        for table in tables:
            node = node.get(table, {}) if isinstance(node, dict) else {}
        return list(node) if isinstance(node, dict) else []

    return {path: below(*path.split(".")) for path in DICTIONARIES}


def _keys_near(path: str, keys: Mapping[str, Sequence[str]]) -> dict[str, Sequence[str]]:
    """Of each dictionary the name that a path goes through, or else some names: enough to suggest what was meant."""
    return {
        table: [name for name in names if path.startswith(f"{table}.{name}.")] or names[:MOST_NAMES]
        for table, names in keys.items()
    }


def _lacking(error: Mapping[str, Any]) -> str:
    """The entry, such as units.crews, that lacks a parameter; empty for every other error."""
    return ".".join(str(part) for part in error["loc"][:-1]) if error["type"] == "missing" else ""


def _lacks(entry: str, names: Sequence[str], origins: Mapping[str, str], keys: Mapping[str, Sequence[str]]) -> Problem:
    """An entry is new and incomplete; or its name was meant to be that of another."""
    dictionary, _, name = entry.rpartition(".")
    near = suggest(name, [key for key in keys.get(dictionary, ()) if key != name])
    what = say("{entry} is new in {dictionary} and lacks {names}{hint}",
               entry=entry, dictionary=dictionary, names=listed(names), hint=near)  # fmt: skip
    return Problem(blame(entry, origins), what, entry)


def _worded(error: Mapping[str, Any], origins: Mapping[str, str], keys: Mapping[str, Sequence[str]]) -> Problem:
    """One of pydantic's errors in our words."""
    section, path, name = _locate(error["loc"])
    origin = blame(path, origins)
    if error["type"] == "extra_forbidden":
        known = paths_of(Parameters, _keys_near(path, keys))
        if "." not in path:
            known += [*(METADATA if origin.endswith(".toml") else ()), *Parameters.model_fields]
        return Problem(origin, say("{path} is not a parameter{hint}", path=path, hint=suggest(path, known)), path)
    if name is None:
        what = say("{path} = {value} must be a table of parameters", path=path, value=shown(error["input"]))
        return Problem(origin, what, path)
    return Problem(origin, complaint(path, section, name, error), path)


def _locate(loc: Sequence[str | int]) -> tuple[type[Section], str, str | None]:
    """The section that a parameter belongs to, its dotted path, and its name (None: a section itself)."""
    section: type[Section] = Parameters
    path: list[str] = []
    words: Iterator[str] = (str(part) for part in loc)
    for word in words:
        path.append(word)
        field = section.model_fields.get(word)
        if field is None or not is_section(field):
            return section, ".".join(path), word
        section = section_in(field.annotation) or section
        if field.annotation is not section:
            path.extend([key for key in [next(words, None)] if key is not None])
    return section, ".".join(path), None
