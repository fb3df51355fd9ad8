"""Reading a scenario file: TOML in, a tree of plain values and the reasons for each out.

Layer: scenarios.  Knows the form of a file, not what the parameters mean.
"""

from __future__ import annotations

import csv
import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from scenarios.wording import ScenarioError, shown, suggest

METADATA = ("title", "question", "place", "extends", "abstract")
REASONS = ("source", "why")
LARGEST_FILE_BYTES, LARGEST_LIST_BYTES = 1_000_000, 20_000_000
DEEPEST = 8
LONGEST_REASON = 200
_NAME = re.compile(r"[\w-]{1,60}")
SITE_COLUMNS = ("site", "x_m", "y_m", "households", "residents", "kind")

type Tree = dict[str, Any]


class Given(NamedTuple):
    """One value that a file gives, and why."""

    path: str
    value: Any
    source: str
    why: str


class Site(NamedTuple):
    """One building or street spot of a real community."""

    site: str
    x_m: float
    y_m: float
    households: int
    residents: int
    kind: str


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
    problems: list[str] = field(default_factory=list)


def read_file(path: Path) -> ScenarioFile:
    """Read one scenario file; what is wrong with its form is listed in `problems`.

    Raises ScenarioError if there is no reading it at all: no such file, too large, not UTF-8, not TOML.
    """
    raw = _parse(path)
    file = ScenarioFile(path.stem, path)
    for key, kind in (("title", str), ("question", str), ("place", str), ("abstract", bool)):
        if key in raw and not isinstance(raw[key], kind):
            wanted = "text" if kind is str else "true or false"
            file.problems.append(f"{path.name}: {key} = {shown(raw[key])} must be {wanted}")
        elif key in raw:
            setattr(file, key, raw[key])
    extends = raw.get("extends", [])
    extends = [extends] if isinstance(extends, str) else extends
    if isinstance(extends, list) and all(isinstance(parent, str) for parent in extends):
        file.extends = tuple(extends)
    else:
        file.problems.append(f"{path.name}: extends must be the name of a scenario, or a list of names")
    tables = {key: value for key, value in raw.items() if key not in METADATA}
    file.given = list(_given(tables, "", "", "", file, 1))
    return file


def _parse(path: Path) -> Tree:
    try:
        if path.stat().st_size > LARGEST_FILE_BYTES:
            raise ScenarioError([f"{path.name}: is larger than 1 MB; a scenario says only what differs"])
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError:
        raise ScenarioError([f"{path.name}: is not UTF-8 text; save it as UTF-8"]) from None
    except tomllib.TOMLDecodeError as error:
        raise ScenarioError([f"{path.name}: is not valid TOML: {one_line(error)}"]) from None
    except RecursionError:
        raise ScenarioError([f"{path.name}: is nested too deeply; parameters lie at most {DEEPEST} deep"]) from None
    except ValueError as error:  # a number that Python will not read, such as one of ten thousand digits
        raise ScenarioError([f"{path.name}: cannot be read: {one_line(error)}"]) from None
    except OSError as error:
        raise ScenarioError([f"{path}: cannot be read: {error.strerror}"]) from None


def _given(table: Tree, prefix: str, source: str, why: str, file: ScenarioFile, depth: int) -> Iterator[Given]:
    """Every value below a table, with the nearest source and reason; what lacks one is a problem."""
    if depth > DEEPEST:
        file.problems.append(f"{file.path.name}: {prefix.rstrip('.')} is nested too deeply")
        return
    source, why = (_text(table, key, old, prefix, file) for key, old in zip(REASONS, (source, why), strict=True))
    for key, value in table.items():
        path = f"{prefix}{key}"
        if key in REASONS:
            continue
        if not _NAME.fullmatch(key):
            file.problems.append(
                f"{file.path.name}: {shown(path)}: a name is made of at most 60 letters, digits, _ and - only"
            )
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
        file.problems.append(f"{file.path.name}: {path}.{extra} is not one of value, source, why")
    source, why = (_text(entry, key, old, f"{path}.", file) for key, old in zip(REASONS, (source, why), strict=True))
    for key, text in zip(REASONS, (source, why), strict=True):
        if not text:
            form = '{ value = …, source = "…", why = "…" }'
            file.problems.append(f"{file.path.name}: {path} has no {key}; write {form}, or give its table a {key}")
    yield Given(path, as_tuple(entry["value"]), source, why)


def _text(table: Tree, key: str, inherited: str, prefix: str, file: ScenarioFile) -> str:
    text = table.get(key, inherited)
    if isinstance(text, str):
        return text.strip()
    file.problems.append(f"{file.path.name}: {prefix}{key} = {shown(text)} must be text")
    return inherited


def is_path(text: str) -> bool:
    """True for names joined by dots."""
    return all(_NAME.fullmatch(name) for name in text.split("."))


def as_tuple(value: Any) -> Any:
    """Lists as tuples, all the way down: a scenario is frozen. Numbers and arrays of numpy become Python's."""
    value = value.tolist() if hasattr(value, "tolist") else value
    return tuple(as_tuple(item) for item in value) if isinstance(value, (list, tuple)) else value


def read_sites(path: Path) -> tuple[Site, ...]:
    """Read a community's sites from a CSV with the columns site, x_m, y_m, households, residents, kind.

    Raises ScenarioError with every problem of every row.
    """
    try:
        if path.stat().st_size > LARGEST_LIST_BYTES:
            raise ScenarioError([f"{path.name}: is larger than 20 MB; a line to each building or spot is enough"])
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ScenarioError([f"{path.name}: is not UTF-8 text; save it as UTF-8"]) from None
    except OSError as error:
        raise ScenarioError([f"{path.name}: cannot be read: {error.strerror}"]) from None
    problems: list[str] = []
    sites = list(_rows(text, path.name, problems))
    twice = [name for name, count in Counter(site.site for site in sites).items() if count > 1]
    problems += [f"{path.name}: site {shown(name)} stands there more than once" for name in twice]
    for people in ("households", "residents"):
        if not problems and not any(getattr(site, people) for site in sites):
            problems.append(f"{path.name}: no site has {people}")
    if problems:
        raise ScenarioError(problems)
    return tuple(sites)


def _rows(text: str, name: str, problems: list[str]) -> Iterator[Site]:
    """The rows that can be read; why the others cannot is added to the problems."""
    rows = csv.DictReader(text.splitlines())
    try:
        if tuple(rows.fieldnames or ()) != SITE_COLUMNS:
            raise ScenarioError([f"{name}: its first line must be {','.join(SITE_COLUMNS)}"])
        for row in rows:
            if site := _site(row, f"{name}:{rows.line_num}", problems):
                yield site
    except csv.Error as error:
        problems.append(f"{name}: cannot be read: {one_line(error)}")


def _site(row: Mapping[str, str | None], place: str, problems: list[str]) -> Site | None:
    numbers: dict[str, float] = {}
    site = (row["site"] or "").strip()
    if not site:
        problems.append(f"{place}: site is empty; give it a name")
    for name, whole in (("x_m", False), ("y_m", False), ("households", True), ("residents", True)):
        text = (row[name] or "").strip()
        try:
            numbers[name] = int(text) if whole else float(text)
        except ValueError:
            problems.append(f"{place}: {name} = {shown(text)} must be a {'whole ' if whole else ''}number")
            continue
        low, high = (0.0, 1e6) if whole else (-1e7, 1e7)
        if not low <= numbers[name] <= high:
            problems.append(f"{place}: {name} = {text} must lie in [{low:g}, {high:g}]")
    kind = (row["kind"] or "").strip()
    if kind not in ("building", "street"):
        problems.append(
            f"{place}: kind = {shown(kind)} must be building or street{suggest(kind, ['building', 'street'])}"
        )
    if len(numbers) < 4:
        return None
    households, residents = int(numbers["households"]), int(numbers["residents"])
    return Site(site, numbers["x_m"], numbers["y_m"], households, residents, kind)


def one_line(error: Exception) -> str:
    """What a library says is wrong; if that is long its beginning and its end, where the line stands."""
    text = " ".join(str(error).split())
    return text if len(text) <= LONGEST_REASON else f"{text[: LONGEST_REASON - 40]} … {text[-37:]}"
