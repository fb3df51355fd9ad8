"""Reading a scenario file: TOML in, a tree of plain values and the reasons for each out.

Layer: scenarios.  Knows the form of a file, not what the parameters mean.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from languages.speaking import listed, marked, say
from scenarios.toml_files import A_SCENARIO, read_toml
from scenarios.wording import shown

METADATA = ("title", "question", "place", "extends", "abstract", "sources")
REASONS = ("source", "why")
SOURCE_KINDS = ("published", "standard", "definition", "assumption", "calibrated")
TOO_LARGE = marked("{file}: is larger than 1 MB; a scenario says only what differs")
SOURCES_BESIDE = "sources.toml"
"""The sources of a place of one's own may stand in a file of this name beside its scenarios."""
DEEPEST = 8
_NAME = re.compile(r"[\w-]{1,60}")

type Tree = dict[str, Any]


class Given(NamedTuple):
    """One value that a file gives, and why."""

    path: str
    value: Any
    source: str
    why: str


class Source(NamedTuple):
    """Where a value comes from."""

    kind: str
    """published, standard, definition, assumption or calibrated."""
    text: str


@dataclass
class ScenarioFile:
    """One file as it was written."""

    name: str
    path: Path
    title: str = ""
    question: str = ""
    place: str = ""
    extends: tuple[str, ...] = ()
    abstract: bool = False
    given: list[Given] = field(default_factory=list)
    sources: dict[str, Source] = field(default_factory=dict)
    """Its own, and those beside it."""
    problems: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def read_file(path: Path) -> ScenarioFile:
    """Read one scenario file; what is wrong with its form is listed in `problems`.

    Raises ScenarioError if there is no reading it at all: no such file, too large, no text, not TOML, no scenario.
    """
    file = ScenarioFile(path.stem, path)
    raw = read_toml(path, A_SCENARIO, file.remarks, TOO_LARGE)
    for key, kind in (("title", str), ("question", str), ("place", str), ("abstract", bool)):
        if key in raw and not isinstance(raw[key], kind):
            message = (
                say("{file}: {key} = {value} must be text", file=path.name, key=key, value=shown(raw[key]))
                if kind is str
                else say(
                    "{file}: {key} = {value} must be true or false", file=path.name, key=key, value=shown(raw[key])
                )
            )
            file.problems.append(message)
        elif key in raw:
            setattr(file, key, raw[key])
    extends = raw.get("extends", [])
    extends = [extends] if isinstance(extends, str) else extends
    if isinstance(extends, list) and all(isinstance(parent, str) for parent in extends):
        file.extends = tuple(extends)
    else:
        file.problems.append(say("{file}: extends must be the name of a scenario, or a list of names", file=path.name))
    file.sources = _sources_beside(path, file) | dict(_sources(raw.get("sources", {}), f"{path.name}: sources.", file))
    tables = {key: value for key, value in raw.items() if key not in METADATA}
    file.given = list(_given(tables, "", "", "", file, 1))
    return file


def _sources_beside(path: Path, file: ScenarioFile) -> dict[str, Source]:
    """The sources of a file of their own, in the folder of the scenario."""
    beside = path.parent / SOURCES_BESIDE
    if not beside.is_file() or path.name == SOURCES_BESIDE:
        return {}
    return dict(_sources(read_toml(beside, "", file.remarks, TOO_LARGE), f"{SOURCES_BESIDE}: ", file))


def _sources(table: Any, place: str, file: ScenarioFile) -> Iterator[tuple[str, Source]]:
    """Every source that is as it must be; the others are problems."""
    form = '{ kind = "published", text = "…" }'
    if not isinstance(table, dict):
        file.problems.append(
            say("{file}: sources must be a table of sources; write [sources] and name = {form}",
                file=file.path.name, form=form)
        )  # fmt: skip
        return
    for name, entry in table.items():
        kind, text = (entry.get("kind"), entry.get("text")) if isinstance(entry, dict) else (None, None)
        if kind not in SOURCE_KINDS:
            problem = say("{place} has no kind that is one of {kinds}; write {form}",
                          place=f"{place}{name}", kinds=listed(SOURCE_KINDS), form=form)  # fmt: skip
            file.problems.append(problem)
        elif not isinstance(text, str) or not text.strip():
            file.problems.append(say("{place} has no text; write {form}", place=f"{place}{name}", form=form))
        else:
            yield name, Source(kind, text.strip())


def _given(table: Tree, prefix: str, source: str, why: str, file: ScenarioFile, depth: int) -> Iterator[Given]:
    """Every value below a table, with the nearest source and reason; what lacks one is a problem."""
    if depth > DEEPEST:
        file.problems.append(say("{file}: {path} is nested too deeply", file=file.path.name, path=prefix.rstrip(".")))
        return
    source, why = (_text(table, key, old, prefix, file) for key, old in zip(REASONS, (source, why), strict=True))
    for key, value in table.items():
        path = f"{prefix}{key}"
        if key in REASONS:
            continue
        if not _NAME.fullmatch(key):
            file.problems.append(
                say("{file}: {path}: a name is made of at most 60 letters, digits, _ and - only",
                    file=file.path.name, path=shown(path))
            )  # fmt: skip
        elif isinstance(value, dict) and "value" in value:
            yield from _explained(value, path, source, why, file)
        elif isinstance(value, dict):
            yield from _given(value, f"{path}.", source, why, file, depth + 1)
        elif not prefix:  # a bare value outside every table is a misspelt word, whatever its reason
            yield Given(path, as_tuple(value), "", "")
        else:
            yield from _explained({"value": value}, path, source, why, file)


def _explained(entry: Tree, path: str, source: str, why: str, file: ScenarioFile) -> Iterator[Given]:
    for extra in entry.keys() - {"value", *REASONS}:
        file.problems.append(
            say("{file}: {path} is not one of value, source, why", file=file.path.name, path=f"{path}.{extra}")
        )
    source, why = (_text(entry, key, old, f"{path}.", file) for key, old in zip(REASONS, (source, why), strict=True))
    for key, text in zip(REASONS, (source, why), strict=True):
        if not text:
            form = '{ value = …, source = "…", why = "…" }'
            file.problems.append(
                say("{file}: {path} has no {key}; write {form}, or give its table a {word}",
                    file=file.path.name, path=path, key=key, form=form, word=key)
            )  # fmt: skip
    yield Given(path, as_tuple(entry["value"]), source, why)


def _text(table: Tree, key: str, inherited: str, prefix: str, file: ScenarioFile) -> str:
    text = table.get(key, inherited)
    if isinstance(text, str):
        return text.strip()
    file.problems.append(
        say("{file}: {key} = {value} must be text", file=file.path.name, key=f"{prefix}{key}", value=shown(text))
    )
    return inherited


def is_path(text: str) -> bool:
    """True for names joined by dots."""
    return all(_NAME.fullmatch(name) for name in text.split("."))


def as_tuple(value: Any) -> Any:
    """Lists as tuples, all the way down: a scenario is frozen. Numbers and arrays of numpy become Python's."""
    value = value.tolist() if hasattr(value, "tolist") else value
    return tuple(as_tuple(item) for item in value) if isinstance(value, (list, tuple)) else value
