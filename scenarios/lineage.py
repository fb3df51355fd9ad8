"""Finding a scenario's file, and the files that it extends.

Layer: scenarios.
"""

from __future__ import annotations

from pathlib import Path

from languages.speaking import listed, say
from scenarios.reading import SOURCES_BESIDE, ScenarioFile, read_file
from scenarios.toml_files import A_SCENARIO, INSTEAD, TABLES
from scenarios.wording import ScenarioError, suggest

LIBRARY = Path(__file__).parent / "library"
FARTHEST = 20
LEAST_TITLE = 2
"""A title is looked for by so many characters at least."""
LONGEST_SHARED = 12
MOST_SUGGESTED = 3


def library() -> list[str]:
    """Every name of the library, those that cannot be run among them."""
    return sorted(path.stem for path in LIBRARY.glob("*.toml"))


def names() -> list[str]:
    """The scenarios of the library that can be run."""
    return [name for name in library() if not read_file(LIBRARY / f"{name}.toml").abstract]


def find(name_or_path: str | Path, beside: Path | None = None) -> Path:
    """The file of a scenario: a path as given, or a name beside its child or in the library."""
    text = str(name_or_path)
    place = Path(text) if beside is None else beside / text
    if text.lower().endswith(TABLES):
        raise ScenarioError([
            say('{name}: is a list and not a scenario; a scenario is a TOML file that names it: sites_file = "{file}"',
                name=_cut(text), file=_cut(place.name))
        ])  # fmt: skip
    if text.endswith(".toml") or "/" in text or "\\" in text:
        if is_folder(place):
            raise _folder(text, place)
        if not is_file(place):
            near = suggest(place.stem, library())
            raise ScenarioError([say("{name}: there is no such file{hint}", name=_cut(text), hint=near)])
        return place
    for folder in (beside, LIBRARY):
        if folder and is_file(folder / f"{text}.toml"):
            return folder / f"{text}.toml"
    if text and is_folder(place):
        raise _folder(text, place)
    near, titled = suggest(text, library()), _by_title(text)
    hint = near or titled if text.isascii() and text.isidentifier() else titled or near
    raise ScenarioError([
        in_one_word(text) or say("{name}: there is no such scenario{hint} (there are {known})",
                                 name=_cut(text), hint=hint, known=listed(names()))
    ])  # fmt: skip


def in_one_word(text: str) -> str:
    """What is said of a name with its options in one pair of quotes; empty: it is not that."""
    if " -" not in text.strip():
        return ""
    return say("{name}: the name and its options stand in one pair of quotes; leave the quotes out", name=_cut(text))


def named_scenario(text: str, wanted: str) -> str:
    """What is said if a scenario of the library is named where another kind of file is wanted; empty: it is none."""
    if text not in library():
        return ""
    return say(INSTEAD[A_SCENARIO], file=text, path=text, wanted=say(wanted))


def _by_title(text: str) -> str:
    """A question that names the scenarios whose title or place has a text in it, in English or as it is spoken."""
    wanted = text.casefold().strip()
    files = [read_file(LIBRARY / f"{name}.toml") for name in names()] if len(wanted) >= LEAST_TITLE else []
    found = [
        say("{name} ({title})", name=file.name, title=say(file.title)) for file in files
        if any(wanted in said.casefold() or (said and said.casefold() in wanted)
               for words in (file.title, file.place) for said in (words, say(words)))
    ] or _by_signs(wanted, files)  # fmt: skip
    return say("; did you mean {word}?", word=listed(found[:MOST_SUGGESTED])) if found else ""


def _by_signs(wanted: str, files: list[ScenarioFile]) -> list[str]:
    """The scenarios whose title and place share the longest run of characters with a text: two at least, no ASCII."""
    parts = {
        size: [wanted[first : first + size] for first in range(len(wanted) - size + 1)]
        for size in range(min(len(wanted), LONGEST_SHARED), LEAST_TITLE - 1, -1)
    }
    for size in parts:
        wide = [part for part in parts[size] if not any(sign.isascii() for sign in part)]
        found = [
            say("{name} ({title})", name=file.name, title=say(file.title)) for file in files
            if any(part in f"{say(file.title)} {say(file.place)}" for part in wide)
        ]  # fmt: skip
        if found:
            return found
    return []


def _folder(text: str, folder: Path) -> ScenarioError:
    """What is said of a folder that is given in place of a scenario."""
    inside = [path.name for path in sorted(folder.glob("*.toml")) if path.name != SOURCES_BESIDE]
    if not inside:
        return ScenarioError([say("{name}: is a folder; a scenario is one file, and none lies in it", name=_cut(text))])
    return ScenarioError([
        say("{name}: is a folder; a scenario is one file, such as {file}",
            name=_cut(text), file=_cut(str(Path(text) / inside[0])))
    ])  # fmt: skip


def lineage(path: Path, children: tuple[Path, ...] = ()) -> list[ScenarioFile]:
    """A file and all it extends, those first whose values give way; each once, where it first stands."""
    if path.resolve() in children:
        chain = " → ".join(child.stem for child in (*children, path))
        raise ScenarioError([say("{file}: extends itself: {chain}", file=path.name, chain=chain)])
    if len(children) > FARTHEST:
        raise ScenarioError([
            say("{file}: is more than {most} files away from the scenario asked for", file=path.name, most=FARTHEST)
        ])  # fmt: skip
    file = read_file(path)
    ancestors, problems = _ancestors(file, (*children, path.resolve()))
    if problems:
        raise ScenarioError([*problems, *file.problems])
    return [*ancestors, file]


def parents(file: ScenarioFile) -> list[ScenarioFile]:
    """All that a file extends, without itself; the file has been loaded, so they are there."""
    return lineage(file.path)[:-1]


def _ancestors(file: ScenarioFile, children: tuple[Path, ...]) -> tuple[list[ScenarioFile], list[str]]:
    """The files before a file, and why some of them cannot be read."""
    ancestors: list[ScenarioFile] = []
    problems: list[str] = []
    for parent in file.extends:
        try:
            found = find(parent, beside=file.path.parent)
        except ScenarioError as error:
            problems += [
                say("{file}: extends {problem}", file=file.path.name, problem=problem) for problem in error.problems
            ]
            continue
        try:
            seen = {ancestor.path.resolve() for ancestor in ancestors}
            ancestors += [older for older in lineage(found, children) if older.path.resolve() not in seen]
        except ScenarioError as error:
            problems += error.problems
    return ancestors, problems


def is_folder(path: Path) -> bool:
    """True if there is such a folder and it may be looked at."""
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def is_file(path: Path) -> bool:
    """True if there is such a file and it may be looked at."""
    try:
        return path.is_file()
    except (OSError, ValueError):  # a name too long, or a folder that may not be entered
        return False


def _cut(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 200 else text[:199] + "…"
