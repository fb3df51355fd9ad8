"""Finding a scenario's file, and the files that it extends.

Layer: scenarios.
"""

from __future__ import annotations

from pathlib import Path

from scenarios.reading import ScenarioFile, read_file
from scenarios.wording import ScenarioError, suggest

LIBRARY = Path(__file__).parent / "library"
FARTHEST = 20


def library() -> list[str]:
    """Every name of the library, those that cannot be run among them."""
    return sorted(path.stem for path in LIBRARY.glob("*.toml"))


def names() -> list[str]:
    """The scenarios of the library that can be run."""
    return [name for name in library() if not read_file(LIBRARY / f"{name}.toml").abstract]


def find(name_or_path: str | Path, beside: Path | None = None) -> Path:
    """The file of a scenario: a path as given, or a name beside its child or in the library."""
    text = str(name_or_path)
    if text.endswith(".toml") or "/" in text or "\\" in text:
        path = Path(text) if beside is None else beside / text
        if not is_file(path):
            near = suggest(path.stem, library())
            raise ScenarioError([f"{_cut(text)}: there is no such file{near}"])
        return path
    for folder in (beside, LIBRARY):
        if folder and is_file(folder / f"{text}.toml"):
            return folder / f"{text}.toml"
    known = ", ".join(names())
    raise ScenarioError([f"{_cut(text)}: there is no such scenario{suggest(text, library())} (there are {known})"])


def lineage(path: Path, children: tuple[Path, ...] = ()) -> list[ScenarioFile]:
    """A file and all it extends, those first whose values give way; each once, where it first stands."""
    if path.resolve() in children:
        chain = " → ".join(child.stem for child in (*children, path))
        raise ScenarioError([f"{path.name}: extends itself: {chain}"])
    if len(children) > FARTHEST:
        raise ScenarioError([f"{path.name}: is more than {FARTHEST} files away from the scenario asked for"])
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
            problems += [f"{file.path.name}: extends {problem}" for problem in error.problems]
            continue
        try:
            seen = {ancestor.path.resolve() for ancestor in ancestors}
            ancestors += [older for older in lineage(found, children) if older.path.resolve() not in seen]
        except ScenarioError as error:
            problems += error.problems
    return ancestors, problems


def is_file(path: Path) -> bool:
    """True if there is such a file and it may be looked at."""
    try:
        return path.is_file()
    except (OSError, ValueError):  # a name too long, or a folder that may not be entered
        return False


def _cut(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 200 else text[:199] + "…"
