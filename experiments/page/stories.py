"""Reading guided stories, one TOML file for each; `stories/README.md` says how they are written.

Layer: experiments.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from experiments.page.story import Against, Part, Step, Story, Words, where
from experiments.page.story_checks import wrong_plans, wrong_words
from experiments.running.forms import rule_in_words
from languages.speaking import listed, say
from scenarios.reading import as_tuple
from scenarios.toml_files import read_toml
from scenarios.wording import ScenarioError, shown, suggest

STORIES = Path(__file__).parent / "stories"
LARGEST_BYTES = 32 * 1024


class StoryError(ValueError):
    """Stories that cannot be told; `problems` has one line for each reason."""

    def __init__(self, problems: Sequence[str]) -> None:
        """With every problem."""
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


def stories(folder: Path = STORIES) -> dict[str, Story]:
    """Every story of a folder by the name of its file, in their order. Raises StoryError with every problem."""
    read: dict[str, Story] = {}
    problems: list[str] = []
    for path in sorted(folder.glob("*.toml")):
        try:
            read[path.stem] = read_story(path)
        except StoryError as error:
            problems += error.problems
    taken: dict[int, str] = {}
    for name, story in read.items():
        if (other := taken.setdefault(story.order, name)) != name:
            problems.append(_line(f"{name}.toml", "order", say("= {order} is that of {other} too; give each its own",
                                                             order=story.order, other=f"{other}.toml")))  # fmt: skip
    if problems:
        raise StoryError(problems)
    return dict(sorted(read.items(), key=lambda item: item[1].order))


def read_story(path: Path) -> Story:
    """The story of a file. Raises StoryError with every problem, each in one line."""
    name = path.name
    try:
        if path.resolve().parent != path.parent.resolve():
            raise StoryError([say("{file}: leads to another folder; put the file itself here", file=name)])
        if path.stat().st_size > LARGEST_BYTES:
            raise StoryError([say("{file}: is larger than {most} KB", file=name, most=LARGEST_BYTES // 1024)])
        raw = read_toml(path)
        story = Story.model_validate({key: as_tuple(value) for key, value in raw.items()})
    except ScenarioError as error:
        raise StoryError(error.problems) from None
    except OSError as error:
        raise StoryError([say("{file}: cannot be read: {reason}", file=name, reason=error.strerror)]) from None
    except ValidationError as error:
        raise StoryError([_worded(name, dict(one)) for one in error.errors(include_url=False)]) from None
    if problems := [_line(name, place, what) for place, what in (*wrong_words(story), *wrong_plans(story))]:
        raise StoryError(problems)
    return story


def as_plain(told: Mapping[str, Story]) -> list[dict[str, Any]]:
    """Stories as the server hands them to the page: JSON, in their order; what has no value is left out."""
    plain = [{"name": name, **story.model_dump(mode="json", exclude_none=True)} for name, story in told.items()]
    for story in plain:
        if "against" in story:
            story["against"]["scenario"] = story["against"]["scenario"] or story["scenario"]
    return plain


def _line(file: str, place: str, what: str) -> str:
    """One line; what begins with the value that stands there is joined to its key."""
    return f"{file}: {place}{'' if what.startswith('= ') else ':'} {what}"


def _worded(file: str, error: Mapping[str, Any]) -> str:
    """One of pydantic's errors in our words."""
    *above, key = error["loc"]
    place = where(error["loc"])
    if error["type"] == "missing":
        return _line(file, place, say("is missing"))
    if error["type"] == "extra_forbidden":
        known = _keys_of(above)
        return _line(file, place, say("is not known{hint} (there are {known})", hint=suggest(str(key), known),
                                      known=listed(known)))  # fmt: skip
    if error["type"] == "value_error":
        return _line(file, place, str(error["ctx"]["error"]))
    return _line(file, place, f"= {shown(error['input'])} {rule_in_words(error)}")


def _keys_of(above: Sequence[str | int]) -> list[str]:
    """What stands in the table that a key is in."""
    if above and above[-1] in ("text", "title", "plan"):
        return list(Words.model_fields)
    part: type[Part] = Step if above[:1] == ["steps"] else Against if above[:1] == ["against"] else Story
    return list(part.model_fields)
