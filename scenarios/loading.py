"""Loading a scenario: its parents, its changes, its overrides, its sites; and saying what is wrong with them.

Layer: scenarios.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from scenarios.checking import inconsistencies
from scenarios.parameters import Section, is_section, walk
from scenarios.reading import Given, ScenarioFile, Site, Tree, as_tuple, read_file, read_sites
from scenarios.schema import Parameters
from scenarios.wording import ScenarioError, complaint, paths_of, section_in, shown, suggest

LIBRARY = Path(__file__).parent / "library"
SOURCES = Path(__file__).parent / "sources.toml"
OVERRIDE = "--set"


class Source(NamedTuple):
    """Where a value comes from."""

    kind: str
    """published, standard, definition, assumption or calibrated."""
    text: str


class Provenance(NamedTuple):
    """Why a parameter has its value."""

    source: str
    """A key of sources.toml, or "override"."""
    why: str
    origin: str
    """The file that gave it, "default", or "--set"."""


class Change(NamedTuple):
    """One difference between a scenario and its parents."""

    path: str
    old: Any
    """None: the parent has no such parameter."""
    new: Any
    why: str
    source: str


@dataclass(frozen=True, eq=False)
class Scenario:
    """What is to be run: every parameter, and why it has its value."""

    name: str
    title: str
    question: str
    place: str
    parameters: Parameters
    provenance: Mapping[str, Provenance]
    parents: tuple[str, ...] = ()
    abstract: bool = False
    sites: tuple[Site, ...] | None = None
    path: Path | None = None

    @cached_property
    def hash(self) -> str:
        """Sixteen hexadecimal digits that are equal if and only if all values are; words do not count."""
        values = self.parameters.model_dump(mode="json")
        text = json.dumps([values, self.sites], sort_keys=True, separators=(",", ":"))
        return sha256(text.encode()).hexdigest()[:16]


def names() -> list[str]:
    """The scenarios of the library that can be run."""
    return [name for name in _library() if not read_file(LIBRARY / f"{name}.toml").abstract]


@lru_cache(maxsize=1)
def sources() -> dict[str, Source]:
    """Every source that a parameter may name."""
    entries = tomllib.loads(SOURCES.read_text(encoding="utf-8"))
    return {key: Source(entry["kind"], entry["text"]) for key, entry in entries.items()}


def load(name_or_path: str | Path, overrides: Mapping[str, object] | None = None) -> Scenario:
    """Load a scenario of the library by name, or any by the path of its file.

    `overrides` are dotted paths of parameters with the values they are to have.
    Raises ScenarioError, with one line for each problem of the file, its parents and the overrides.
    """
    path = _find(name_or_path)
    lineage = _lineage(path, ())
    file = lineage[-1]
    given = [(g, f.path.name) for f in lineage for g in f.given]
    given += [
        (Given(key, as_tuple(value), "override", "override"), OVERRIDE) for key, value in (overrides or {}).items()
    ]
    problems = [problem for f in lineage for problem in f.problems]
    problems += [
        f"{origin}: {g.path} has the source {g.source!r}, which is not in sources.toml{suggest(g.source, sources())}"
        for g, origin in given
        if origin != OVERRIDE and g.source and g.source not in sources()
    ]
    tree, origins = _merge(given, problems)
    parameters = _validate(tree, origins, problems)
    if problems or parameters is None:
        raise ScenarioError(problems)
    sites = _sites(parameters, lineage, origins)
    if not file.abstract:
        _check(parameters, sites, origins, file)
    provenance = _provenance(parameters, given)
    ancestors = tuple(f.name for f in reversed(lineage[:-1]))
    return Scenario(
        file.name, file.title, file.question, file.place, parameters, provenance, ancestors, file.abstract, sites, path
    )


def changes(scenario: Scenario) -> list[Change]:
    """What a scenario changes from its parents (or, without any, from the schema's defaults)."""
    file = read_file(scenario.path) if scenario.path else None
    own = [file.path.name if file else "", OVERRIDE]
    before: dict[str, Any] = {path: value for path, _, _, value in walk(Parameters())}
    for parent in file.extends if file else ():
        values = load(_find(parent, beside=file.path.parent) if file else parent)
        before |= {path: value for path, _, _, value in walk(values.parameters)}
    return [
        Change(path, before.get(path), value, scenario.provenance[path].why, scenario.provenance[path].source)
        for path, _, _, value in walk(scenario.parameters)
        if scenario.provenance[path].origin in own and before.get(path) != value
    ]


def parse_override(text: str) -> tuple[str, object]:
    """Read one `path=value` of the command line; the value as TOML writes it, or a bare word.

    Raises ScenarioError if there is no path or no value.
    """
    path, equals, value = (part.strip() for part in text.partition("="))
    if not (path and equals and value):
        raise ScenarioError([f"{OVERRIDE}: {text!r} must be path=value, such as supervisors.count=314"])
    try:
        return path, as_tuple(tomllib.loads(f"value = {value}")["value"])
    except (tomllib.TOMLDecodeError, ValueError, RecursionError):
        return path, value


def json_schema() -> dict[str, Any]:
    """A JSON Schema of scenario files, for editors: a value stands bare, or with its source and why."""
    schema = Parameters.model_json_schema()
    for definition in [schema, *schema["$defs"].values()]:
        for name, field in definition.get("properties", {}).items():
            if "science" in field:
                definition["properties"][name] = _explained_schema(field)
        definition.pop("required", None)
        if definition is not schema:
            definition["properties"] |= {"source": {"type": "string"}, "why": {"type": "string"}}
    text = {"type": "string"}
    schema["properties"] |= {
        "title": text, "question": text, "place": text, "abstract": {"type": "boolean"},
        "extends": {"anyOf": [text, {"type": "array", "items": text}]},
    }  # fmt: skip
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "Scenario"}


def _explained_schema(field: dict[str, Any]) -> dict[str, Any]:
    described: dict[str, Any] = {
        key: field[key] for key in ("description", "unit", "symbol", "role", "source") if key in field
    }
    value = {key: item for key, item in field.items() if key not in {*described, "science", "default"}}
    explained = {
        "type": "object",
        "properties": {"value": value, "source": {"type": "string"}, "why": {"type": "string", "minLength": 1}},
        "required": ["value"],
        "additionalProperties": False,
    }
    return {**described, "anyOf": [value, explained]}


def _library() -> list[str]:
    return sorted(path.stem for path in LIBRARY.glob("*.toml"))


def _find(name_or_path: str | Path, beside: Path | None = None) -> Path:
    """The file of a scenario: a path as given, or a name beside its child or in the library."""
    text = str(name_or_path)
    if text.endswith(".toml") or "/" in text or "\\" in text:
        path = Path(text) if beside is None else beside / text
        if not path.is_file():
            raise ScenarioError([f"{text}: there is no such file"])
        return path
    for folder in (beside, LIBRARY):
        if folder and (folder / f"{text}.toml").is_file():
            return folder / f"{text}.toml"
    known = ", ".join(names())
    raise ScenarioError([f"{text}: there is no such scenario{suggest(text, _library())} (there are {known})"])


def _lineage(path: Path, children: tuple[Path, ...]) -> list[ScenarioFile]:
    """A file and all it extends, those first whose values give way."""
    if path.resolve() in children:
        chain = " → ".join(child.stem for child in (*children, path))
        raise ScenarioError([f"{path.name}: extends itself: {chain}"])
    if len(children) > 20:
        raise ScenarioError([f"{path.name}: is more than 20 files away from the scenario asked for"])
    file = read_file(path)
    lineage: list[ScenarioFile] = []
    for parent in file.extends:
        try:
            found = _find(parent, beside=path.parent)
        except ScenarioError as error:
            raise ScenarioError([f"{path.name}: extends {problem}" for problem in error.problems]) from None
        lineage += _lineage(found, (*children, path.resolve()))
    return [*lineage, file]


def _merge(given: Sequence[tuple[Given, str]], problems: list[str]) -> tuple[Tree, dict[str, str]]:
    """One tree of values, later ones replacing earlier ones; and which file each came from."""
    tree: Tree = {}
    origins: dict[str, str] = {}
    for (path, value, _, _), origin in given:
        *tables, name = path.split(".")
        node = tree
        for table in tables:
            below = node.setdefault(table, {})
            if not isinstance(below, dict):
                problems.append(f"{origin}: {path} is not a parameter: {table} is a value, not a table")
                break
            node = below
        else:
            node[name] = value
            origins[path] = origin
    return tree, origins


def _validate(tree: Tree, origins: Mapping[str, str], problems: list[str]) -> Parameters | None:
    try:
        return Parameters.model_validate(tree)
    except ValidationError as error:
        keys = _keys_in_use(tree)
        for entry in error.errors(include_url=False):
            problems.append(_worded(dict(entry), origins, keys))
    return None


def _keys_in_use(tree: Tree) -> dict[str, list[str]]:
    """The names under each dictionary of sections, such as categories."""

    def below(*tables: str) -> list[str]:
        node: Any = tree
        for table in tables:
            node = node.get(table, {}) if isinstance(node, dict) else {}
        return list(node) if isinstance(node, dict) else []

    dictionaries = ("categories", "units", "demand.profiles", "demand.surges", "residents.channels")
    return {path: below(*path.split(".")) for path in dictionaries}


def _worded(error: dict[str, Any], origins: Mapping[str, str], keys: Mapping[str, Sequence[str]]) -> str:
    """One of pydantic's errors in our words."""
    section, path, name = _locate(error["loc"])
    origin = _origin(path, origins)
    if error["type"] == "extra_forbidden":
        return f"{origin}: {path} is not a parameter{suggest(path, paths_of(Parameters, dict(keys)))}"
    if error["type"] == "missing":
        owner = path.rpartition(".")[0]
        known = [key for dictionary, used in keys.items() if owner.startswith(f"{dictionary}.") for key in used]
        near = suggest(owner.rpartition(".")[2], [key for key in known if key != owner.rpartition(".")[2]])
        return f"{origin}: {path} is missing: every {owner.split('.')[-2]} entry must give it{near}"
    if name is None:
        return f"{origin}: {path} = {error['input']!r} must be a table of parameters"
    return f"{origin}: {complaint(path, section, name, error)}"


def _locate(loc: Sequence[str | int]) -> tuple[type[Section], str, str | None]:
    """The section that a parameter belongs to, its dotted path, and its name (None: a section itself)."""
    section: type[Section] = Parameters
    path: list[str] = []
    words = [str(part) for part in loc]
    while words:
        word = words.pop(0)
        path.append(word)
        field = section.model_fields.get(word)
        if field is None or not is_section(field):
            return section, ".".join(path), word
        section = section_in(field.annotation) or section
        if field.annotation is not section and words:
            path.append(words.pop(0))
    return section, ".".join(path), None


def _origin(path: str, origins: Mapping[str, str]) -> str:
    """The file to blame for a path: the one that gave it, or the last that gave something below it or beside it."""
    if path in origins:
        return origins[path]
    while path:
        inside = [origin for given, origin in origins.items() if given.startswith(f"{path}.")]
        if inside:
            return inside[-1]
        path = path.rpartition(".")[0]
    return "scenario"


def _sites(
    parameters: Parameters, lineage: Sequence[ScenarioFile], origins: Mapping[str, str]
) -> tuple[Site, ...] | None:
    """The sites of a real community, from a CSV beside the file that names it."""
    name = parameters.territory.sites_file
    if not name:
        return None
    origin = origins["territory.sites_file"]
    if Path(name).name != name or "\\" in name or name.startswith("."):
        rule = "must be a bare file name; the file lies beside the scenario"
        raise ScenarioError([f"{origin}: territory.sites_file = {shown(name)} {rule}"])
    folders = [file.path.parent for file in lineage if file.path.name == origin] or [lineage[-1].path.parent]
    return read_sites(folders[-1] / name)


def _check(
    parameters: Parameters, sites: tuple[Site, ...] | None, origins: Mapping[str, str], file: ScenarioFile
) -> None:
    """Raise ScenarioError with everything that does not fit together."""
    problems = []
    for path, line in inconsistencies(parameters, sites):
        origin = origins.get(path) or _origin(path, origins)
        problems.append(f"{file.path.name if origin == 'scenario' else origin}: {path} {line}")
    if problems:
        raise ScenarioError(problems)


def _provenance(parameters: Parameters, given: Sequence[tuple[Given, str]]) -> dict[str, Provenance]:
    """For every parameter, the last file that gave it, or the schema."""
    last = {g.path: Provenance(g.source, g.why, origin) for g, origin in given}
    return {
        path: last.get(path) or Provenance(section.science(name).source, "", "default")
        for path, section, name, _ in walk(parameters)
    }
