"""Loading a scenario: its parents, its changes, its overrides, its sites; and saying what is wrong with them.

Layer: scenarios.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from languages.speaking import listed, marked, say
from scenarios.checking import area_of_elsewhere, idle_grid_size, inconsistencies, unmet_surges
from scenarios.editing import json_schema
from scenarios.lineage import LIBRARY, find, is_file, lineage, names, parents
from scenarios.parameters import changed, walk
from scenarios.reading import Given, ScenarioFile, Source, as_tuple, is_path, read_file
from scenarios.schema import Parameters
from scenarios.sites import Listing, Site, read_sites
from scenarios.toml_files import TYPED_IN_CHINESE, typed_in_chinese
from scenarios.validating import blame, merge, validate
from scenarios.wording import Problem, ScenarioError, shown, suggest

__all__ = [
    "LIBRARY",
    "OVERRIDE",
    "Change",
    "Provenance",
    "Scenario",
    "ScenarioError",
    "Site",
    "Source",
    "changes",
    "json_schema",
    "load",
    "names",
    "parse_override",
    "sources",
]

SOURCES = Path(__file__).parent / "sources.toml"
OVERRIDE = "--set"
OVERRIDDEN = "override"
"""The source, and the reason, of a value that the caller gives."""
MOST_NAMED = 5
NO_LISTING = Listing(None, ())


class Provenance(NamedTuple):
    """Why a parameter has its value."""

    source: str
    """A key of the scenario's sources, or "override"."""
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
    own_sources: Mapping[str, Source] = field(default_factory=dict)
    """Sources that its files bring themselves."""
    remarks: tuple[str, ...] = ()
    """What was derived, left out or taken otherwise than it stands there, in sentences."""

    @cached_property
    def sources(self) -> Mapping[str, Source]:
        """Every source that its parameters may name."""
        return {**sources(), **self.own_sources}

    @cached_property
    def hash(self) -> str:
        """Sixteen hexadecimal digits that are equal if and only if all values are; words do not count.

        How a list of sites was read does not count either: the sites do.
        """
        values = self.parameters.model_dump(mode="json", exclude={"territory": {"sites_crs", "social_grids"}})
        sites = self.sites and [site if site.grid else site[:-1] for site in self.sites]
        text = json.dumps([values, sites], sort_keys=True, separators=(",", ":"))
        return sha256(text.encode()).hexdigest()[:16]


@lru_cache(maxsize=1)
def sources() -> dict[str, Source]:
    """Every source that a parameter may name."""
    entries = tomllib.loads(SOURCES.read_text(encoding="utf-8"))
    return {key: Source(entry["kind"], entry["text"]) for key, entry in entries.items()}


class Family:
    """A scenario's file and all that it extends, read once: its variants then load in a few milliseconds each."""

    def __init__(self, name_or_path: str | Path) -> None:
        """Read a scenario of the library by name, or any by the path of its file.

        Raises ScenarioError if there is none, or if one of its files cannot be read.
        """
        self.path = find(name_or_path)
        self.files = lineage(self.path)
        self._own_sources = {key: source for file in self.files for key, source in file.sources.items()}
        self._listings: dict[tuple[object, ...], Listing] = {}
        self._unchanged: Scenario | None = None

    def load(self, overrides: Mapping[str, object] | None = None) -> Scenario:
        """The scenario with some parameters changed: dotted paths with the values they are to have.

        Raises ScenarioError, with one line for each problem of the files and the overrides.
        """
        if overrides and not self.files[-1].abstract and (derived := self._derived(overrides)):
            return derived
        return self._read(overrides or {})

    def _derived(self, overrides: Mapping[str, object]) -> Scenario | None:
        """The same, from the scenario as it is: only what changes is looked at anew. None: something is not right."""
        problems: list[str] = []
        given = list(_overriding(overrides, problems))
        try:
            base = self._unchanged = self._unchanged or self._read({})
            parameters = changed(base.parameters, {one.path: one.value for one in given})
            sites = self._listing(parameters, {}).sites
        except (ScenarioError, ValidationError, KeyError):
            return None
        if problems or sites is not base.sites or any(inconsistencies(parameters, sites)):
            return None
        if any(idle_grid_size(parameters, sites, [one.path for one in given])):
            return None
        if any(unmet_surges(parameters, [*_given_by(self.files), *((one, OVERRIDE) for one in given)])):
            return None
        ours = {one.path: Provenance(one.source, one.why, OVERRIDE) for one in given}
        return replace(base, parameters=parameters, provenance={**base.provenance, **ours})

    def _read(self, overrides: Mapping[str, object]) -> Scenario:
        file = self.files[-1]
        problems = [problem for f in self.files for problem in f.problems]
        given = _given_by(self.files)
        problems += _unknown_sources(given, self._own_sources)
        problems += _taken_names(self.files)
        given += [(g, OVERRIDE) for g in _overriding(overrides, problems)]
        tree, origins = merge(given, problems)
        parameters = validate(tree, origins, problems)
        if problems or parameters is None:
            raise ScenarioError(problems)
        listing = self._listing(parameters, origins)
        sites = listing.sites
        if not file.abstract:
            _check(parameters, sites, origins, file, given)
        ancestors = tuple(f.name for f in reversed(self.files[:-1]))
        return Scenario(
            file.name, file.title, file.question, file.place, parameters, _provenance(parameters, given), ancestors,
            file.abstract, sites, self.path, self._own_sources,
            (*(remark for f in self.files for remark in f.remarks), *listing.remarks),
        )  # fmt: skip

    def _listing(self, parameters: Parameters, origins: Mapping[str, str]) -> Listing:
        """The sites of a real community, from a list beside the file that names it."""
        ground = parameters.territory
        if not ground.sites_file:
            return NO_LISTING
        asked = (ground.sites_file, ground.residents_per_household, ground.sites_crs, ground.social_grids)
        if asked not in self._listings:
            path = _beside(ground.sites_file, self.files, origins["territory.sites_file"])
            self._listings[asked] = read_sites(path, *asked[1:])
        return self._listings[asked]


def load(name_or_path: str | Path, overrides: Mapping[str, object] | None = None) -> Scenario:
    """Load a scenario of the library by name, or any by the path of its file.

    `overrides` are dotted paths of parameters with the values they are to have.
    Raises ScenarioError, with one line for each problem of the file, its parents and the overrides.
    """
    return Family(name_or_path).load(overrides)


def changes(scenario: Scenario) -> list[Change]:
    """What a scenario changes from its parents (or, without any, from the schema's defaults)."""
    file = read_file(scenario.path) if scenario.path else None
    own = [file.path.name if file else "", OVERRIDE]
    given = _given_by(parents(file)) if file else []
    parameters = validate(merge(given, [])[0], {}, [])  # None: a parent that is abstract, and not yet complete
    before: dict[str, Any] = {g.path: g.value for g, _ in given}
    before |= {
        path: value for path, _, _, value in walk(parameters or Parameters()) if parameters or path not in before
    }
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
    sign = typed_in_chinese(text)
    if sign and sign in (path if equals else text):
        raise _in_chinese(text, sign)
    if not (path and equals and value):
        raise ScenarioError([
            say("{option}: {text} must be path=value, such as supervisors.count=314", option=OVERRIDE, text=shown(text))
        ])  # fmt: skip
    try:
        read = tomllib.loads(f"value = {value}")
    except (ValueError, RecursionError):
        if sign:
            raise _in_chinese(text, sign) from None
        return path, value
    return path, as_tuple(read["value"]) if read.keys() == {"value"} else value


def _in_chinese(text: str, sign: str) -> ScenarioError:
    """What is said of a sign of a Chinese keyboard on the command line."""
    return ScenarioError([
        say("{option}: {text} has the Chinese sign {sign}; write {right} in its place",
            option=OVERRIDE, text=shown(text), sign=sign, right=TYPED_IN_CHINESE.get(sign, '" "'))
    ])  # fmt: skip


def _given_by(files: Sequence[ScenarioFile]) -> list[tuple[Given, str]]:
    return [(given, file.path.name) for file in files for given in file.given]


def _unknown_sources(given: Sequence[tuple[Given, str]], own: Mapping[str, Source]) -> Iterator[str]:
    known = {**own, **sources()}
    message = (
        marked("{file}: {path} has the source {source}, which is neither among your own ({own}) nor in the project's "
               "sources.toml{hint}") if own
        else marked("{file}: {path} has the source {source}, which is not in sources.toml{hint}")
    )  # fmt: skip
    for g, origin in given:
        if g.source == OVERRIDDEN:
            yield say(
                "{file}: {path} has the source {source}, which is for the command line and calling programs only",
                file=origin, path=g.path, source=shown(g.source),
            )  # fmt: skip
        elif g.source and g.source not in known:
            yield say(message, file=origin, path=g.path, source=shown(g.source), hint=suggest(g.source, known),
                      own=listed(list(own)[:MOST_NAMED]))  # fmt: skip


def _taken_names(files: Sequence[ScenarioFile]) -> Iterator[str]:
    for file in files:
        for key, source in file.sources.items():
            if sources().get(key, source) != source:
                yield say(
                    "{file}: the source {source} is one of the project's own; give yours another name",
                    file=file.path.name, source=shown(key),
                )  # fmt: skip


def _overriding(overrides: Mapping[str, object], problems: list[str], prefix: str = "") -> Iterator[Given]:
    """Every single value of the overrides; a table changes what it names, and leaves the rest as it is."""
    for key, value in overrides.items():
        path = f"{prefix}{key}"
        if not is_path(path):
            what = say("{path} is not the path of a parameter, such as supervisors.count", path=shown(path))
            problems.append(Problem(OVERRIDE, what, path))
        elif isinstance(value, Mapping) and value:
            yield from _overriding(value, problems, f"{path}.")
        elif isinstance(value, Mapping):
            what = say("{path} = {value} changes nothing; name what is to change", path=path, value="{}")
            problems.append(Problem(OVERRIDE, what, path))
        else:
            yield Given(path, as_tuple(value), OVERRIDDEN, OVERRIDDEN)


def _beside(name: str, files: Sequence[ScenarioFile], origin: str) -> Path:
    """The list of sites that a file names."""
    if Path(name).name != name or "\\" in name or name.startswith("."):
        raise ScenarioError([
            say("{file}: territory.sites_file = {name} must be a bare file name; the file lies beside the scenario",
                file=origin, name=shown(name))
        ])  # fmt: skip
    folders = [file.path.parent for file in files if file.path.name == origin] or [files[-1].path.parent]
    if not is_file(folders[-1] / name):
        raise ScenarioError([
            say("{file}: territory.sites_file = {name} is not in {folder}",
                file=origin, name=shown(name), folder=folders[-1])
        ])  # fmt: skip
    return folders[-1] / name


def _check(
    parameters: Parameters, sites: tuple[Site, ...] | None, origins: Mapping[str, str], file: ScenarioFile,
    given: Sequence[tuple[Given, str]],
) -> None:  # fmt: skip
    """Raise ScenarioError with everything that does not fit together."""
    for path, line in area_of_elsewhere(parameters, sites, given):
        raise ScenarioError([Problem(origins["territory.sites_file"], f"{path} {line}", path)])
    asked = [path for path, origin in origins.items() if origin == OVERRIDE]
    found = list(inconsistencies(parameters, sites))
    found = found or [*idle_grid_size(parameters, sites, asked), *unmet_surges(parameters, given)]
    if not found:
        return
    overridden = OVERRIDE in origins.values() and _loads(file.path)
    raise ScenarioError(
        Problem(OVERRIDE if overridden else blame(path, origins) or file.path.name, f"{path} {line}", path)
        for path, line in found
    )


def _loads(path: Path) -> bool:
    """True if a scenario is sound as its file has it, so that what is wrong comes of an override."""
    try:
        load(path)
    except ScenarioError:
        return False
    return True


def _provenance(parameters: Parameters, given: Sequence[tuple[Given, str]]) -> dict[str, Provenance]:
    """For every parameter, the last file that gave it, or the schema."""
    last = {g.path: Provenance(g.source, g.why, origin) for g, origin in given}
    return {
        path: last.get(path) or Provenance(section.science(name).source, "", "default")
        for path, section, name, _ in walk(parameters)
    }
