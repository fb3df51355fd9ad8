"""A community that was sent, read as `size` reads one, and what of it the page shows.

Layer: experiments.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from experiments.page.community.asking import Given
from experiments.page.community.wishing import plain_wishes
from experiments.page.runs import FILES, Here, RefusedError
from experiments.running.files import StorageError, finite
from experiments.sizing.cuts.cutting import Cut, today
from experiments.sizing.cuts.neighbourhood import Community, community
from experiments.sizing.inputs.given import notes_on, read_with
from experiments.sizing.inputs.reading import Listed
from experiments.sizing.inputs.template import write_template
from experiments.sizing.inputs.wishes import A_WISH, Wishes, checked_wishes, usual_wishes
from experiments.studies.ensembles import ensemble_names
from experiments.studies.plans import flat
from languages.speaking import listed as listed_names
from languages.speaking import say, spoken
from scenarios.loading import load
from scenarios.reading import as_tuple
from scenarios.toml_files import read_toml
from scenarios.wording import ScenarioError, shown

STEMS = {"file": "list", "barriers": "barriers", "compounds": "compounds", "wishes_file": "wishes"}
AROUND = ("barriers", "compounds")
"""What files that were sent are called here, whatever their names."""
MOST_SITES = 2_000
"""Of more the cuts and runs take longer than anybody waits in a browser."""
LONGEST_TEXT = 100
CENTIMETRES = 2


class Read(NamedTuple):
    """A community, and what is wished of it."""

    listed: Listed
    wishes: Wishes
    notes: tuple[str, ...]
    """What is to be said of how it was read."""
    of: Community


def read_sent(given: Given, folder: Path, most_sites: int | None = None) -> Read:
    """Read what was sent, by way of a folder. Raises ValueError with a line for each problem."""
    names, paths = {}, {}
    for kind, stem in STEMS.items():
        if sent := getattr(given, kind):
            paths[kind] = folder / f"{stem}{sent.suffix}"
            paths[kind].write_bytes(sent.content)
            names[paths[kind].name] = sent.name
    raw, unsent = given.wishes, list[str]()
    try:
        if given.wishes_file:
            raw, unsent = _of_a_file(paths["wishes_file"], given)
        wishes = wished(raw)
        listed = read_with(wishes, paths["file"], given.crs, paths.get("barriers"), paths.get("compounds"))
    except ScenarioError as error:
        raise ScenarioError(_called(error.every, names)) from None
    if most_sites is not None and len(listed.sites) > most_sites:
        raise ScenarioError([
            say("{file}: has {count:,} buildings; the page takes {most:,} at most: `python run_experiment.py size` "
                "takes more", file=given.file.name, count=len(listed.sites), most=most_sites)
        ])  # fmt: skip
    of = community(listed.sites, listed.compounds, listed.barriers)
    remarks = tuple(_called(listed.remarks, names))
    listed = listed._replace(file=given.file.name, remarks=remarks)
    return Read(listed, wishes, (*notes_on(listed, wishes), *_called(unsent, names)), of)


def _of_a_file(path: Path, given: Given) -> tuple[dict[str, Any], list[str]]:
    """What a file of wishes says, without the files that it names; and which of those were not sent along."""
    raw = read_toml(path, A_WISH)
    named = {kind: raw.pop(kind) for kind in AROUND if kind in raw}
    return raw, [
        say("{file}: names {name}; send that along if it is to count", file=path.name, name=shown(name))
        for kind, name in named.items() if name and not getattr(given, kind)
    ]  # fmt: skip


def _called(lines: Iterable[str], names: Mapping[str, str]) -> list[str]:
    """Lines with the names that files were sent under, in place of those that they have here."""
    found = list(lines)
    for here, sent in names.items():
        found = [line.replace(here, sent) for line in found]
    return found


def wished(raw: Mapping[str, Any] | None) -> Wishes:
    """What is wished; nothing of it leads to a file of this machine. Raises ScenarioError."""
    if raw is None:
        return usual_wishes()
    wishes = checked_wishes(raw, "wishes")
    problems = [
        say("wishes: {key}: a request names no files; it sends them", key=key)
        for key in AROUND if getattr(wishes, key)
    ]  # fmt: skip
    if wishes.ensemble and wishes.ensemble not in ensemble_names():
        problems.append(say("wishes: ensemble = {name} must be one of {known}", name=shown(wishes.ensemble),
                            known=listed_names(ensemble_names())))  # fmt: skip
    problems += _unset(wishes)
    if len(wishes.community) > LONGEST_TEXT or not wishes.community.isprintable():
        problems.append(say("wishes: community = {name} must be one line of at most {most} signs",
                            name=shown(wishes.community), most=LONGEST_TEXT))  # fmt: skip
    if problems:
        raise ScenarioError(problems)
    return wishes


def _unset(wishes: Wishes) -> list[str]:
    """What of `set` names a file, or cannot be set in the base."""
    changes = flat(wishes.set)
    if there := FILES & changes.keys():
        return [say("{path}: which files are read cannot be changed in the page", path=path) for path in sorted(there)]
    try:
        load(wishes.base, {path: as_tuple(value) for path, value in changes.items()})
    except ScenarioError as error:
        return [f"wishes: {getattr(problem, 'what', problem)}" for problem in error.problems]
    return []


@contextmanager
def refusing(folder: Path) -> Iterator[None]:
    """Whatever is wrong with what was sent is refused in words that name no place of this machine."""
    try:
        yield
    except RecursionError:
        raise RefusedError(say("what was sent is nested too deeply")) from None
    except (StorageError, OSError):
        raise RefusedError(say("this machine's disk does not take what is to be written")) from None
    except ValueError as error:
        problems = getattr(error, "problems", None) or str(error).splitlines()
        raise RefusedError(*(str(each).replace(f"{folder}", "…") for each in problems)) from None


def tell(here: Here, content: Mapping[str, Any], end: str = "") -> None:
    """Tell an object as JSON."""
    here.tell((json.dumps(finite(content), ensure_ascii=False, allow_nan=False) + end).encode())


def read(here: Here, given: Given) -> None:
    """Tell what the list and the wishes are read as. Raises RefusedError."""
    with refusing(here.folder):
        tell(here, as_read(read_sent(given, here.folder)))


def example(here: Here) -> None:
    """Tell a synthetic community to begin with, as a request may send it. Raises RefusedError."""
    with refusing(here.folder):
        files = {file.name: file for file in write_template(here.folder)}
        sent = {"file": "nanhu.csv", "wishes_file": "nanhu.toml", "barriers": "roads.geojson"}
        tell(here, {
            key: {"name": name, "content": base64.b64encode(files[name].read_bytes()).decode()}
            for key, name in sent.items()
        } | {"language": spoken()})  # fmt: skip


def as_read(found: Read) -> dict[str, Any]:
    """A community as the page shows it before anything is cut."""
    listed, now = found.listed, today(found.of)
    return {
        "title": found.wishes.community or Path(listed.file).stem, "file": listed.file, "crs": listed.crs,
        "sites": [
            {"name": site.site, "x_m": round(site.x_m, CENTIMETRES), "y_m": round(site.y_m, CENTIMETRES),
             "households": site.households, "residents": site.residents, "kind": site.kind, "compound": compound,
             "outline": _points(outline)}
            for site, compound, outline in zip(listed.sites, listed.compounds, listed.footprints, strict=True)
        ],
        "barriers": [_points(line) for line in listed.barriers],
        "households": sum(site.households for site in listed.sites),
        "residents": sum(site.residents for site in listed.sites),
        "today": None if now is None else {"grid_of": list(now.grid_of), "grids": names_of(found, now)},
        "most_sites": MOST_SITES,
        "wishes": plain_wishes(found.wishes, listed.sites),
        "given": found.wishes.model_dump(mode="json", exclude_defaults=True, exclude_none=True),
        "notes": list(found.notes),
    }  # fmt: skip


def names_of(found: Read, cut: Cut) -> list[str]:
    """What the grids of a cut are called: those of today by their names, if it is today's, others by their numbers."""
    now = today(found.of)
    if now is not None and now.grid_of == cut.grid_of:
        of_row = found.of.in_rows(found.of.today)
        return [name for _, name in sorted(set(zip(cut.grid_of, of_row, strict=True)))]
    return [str(grid + 1) for grid in range(max(cut.grid_of) + 1)]


def _points(line: Iterable[tuple[float, float]]) -> list[list[float]]:
    return [[round(x, CENTIMETRES), round(y, CENTIMETRES)] for x, y in line]
