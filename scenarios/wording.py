"""How errors in a scenario are worded: one line each, with the place, the value, and what would be right.

Layer: scenarios.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, time
from difflib import get_close_matches
from typing import Any, Literal, Self, get_args, get_origin

from languages.speaking import listed, marked, say, say_many
from scenarios.parameters import OutOfRangeError, Section, is_section

LONGEST_VALUE = 60
LONGEST_WORD = 200
NO_SIGN = "\N{REPLACEMENT CHARACTER}"
MOST_PROBLEMS = 50
"""More than these are counted rather than listed: nobody reads them, and a suggestion for each takes long."""
TYPES = {
    int: marked("{path} = {value} must be a whole number"),
    float: marked("{path} = {value} must be a finite number"),
    str: marked("{path} = {value} must be text"),
    bool: marked("{path} = {value} must be true or false"),
}
A_DATE = marked("{path} = {value} must be a date such as 2005-10-01")
LISTS = {
    (True, True): marked("{path} = {value} must be a list of {length} numbers"),
    (True, False): marked("{path} = {value} must be a list of numbers"),
    (False, True): marked("{path} = {value} must be a list of {length} names"),
    (False, False): marked("{path} = {value} must be a list of names"),
}
"""Whether of numbers, and whether of a given length."""


class Problem(str):
    """One line that says where something is wrong, and what."""

    where: str
    """The file, or the option, that gave it."""
    what: str
    path: str
    """The parameter that it is about; empty: none."""

    def __new__(cls, where: str, what: str, path: str = "") -> Self:
        """The line `where: what`."""
        problem = super().__new__(cls, f"{where}: {what}")
        problem.where, problem.what, problem.path = where, what, path
        return problem


class ScenarioError(ValueError):
    """A scenario cannot be loaded; `problems` has one line for each reason."""

    def __init__(self, problems: Iterable[str]) -> None:
        """Keep the problems, each once, in order; of very many, the first."""
        self.every = list(dict.fromkeys(problems))
        self.problems = self.every[:MOST_PROBLEMS]
        if more := len(self.every) - len(self.problems):
            self.problems.append(say_many("and {count} more problem", "and {count} more problems", more))
        super().__init__("\n".join(self.problems))


def suggest(word: str, right: Iterable[str]) -> str:
    """A question that names the nearest right word, or nothing if none is near."""
    near = get_close_matches(word[:LONGEST_WORD], list(right), n=1, cutoff=0.6)
    return say("; did you mean {word}?", word=near[0]) if near else ""


def shown(value: object) -> str:
    """A value as it would stand in the file, in one line, cut if it is long; signs that steer a terminal are not."""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = plain(value) if isinstance(value, (tuple, list, date, time)) else repr(value)
    text = f'"{value}"' if isinstance(value, str) else text
    text = "".join(sign if sign.isprintable() else NO_SIGN for sign in " ".join(text.split()))
    return text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 1] + "…"


def plain(value: object) -> str:
    """A value as a reader wants it in a table."""
    if isinstance(value, (tuple, list)):
        return "[" + ", ".join(plain(item) for item in value) + "]"
    return f"{value:g}" if isinstance(value, float) else str(value)


def complaint(path: str, section: type[Section], name: str, error: Mapping[str, Any]) -> str:
    """What is wrong with one value of one parameter, in a line without the file's name."""
    value = error["input"]
    if error["type"] == "value_error":
        reason = error["ctx"]["error"]
        if isinstance(reason, OutOfRangeError):
            return f"{path} = {shown(value)} {reason}"
        return say("{path} = {value} is not right: {reason}", path=path, value=shown(value), reason=reason)
    annotation = section.model_fields[name].annotation
    if get_origin(annotation) is Literal:
        choices = [str(choice) for choice in get_args(annotation)]
        return say(
            "{path} = {value} must be one of {choices}{hint}",
            path=path, value=shown(value), choices=listed(choices), hint=suggest(str(value), choices),
        )  # fmt: skip
    if get_origin(annotation) is tuple:
        context = error.get("ctx", {})
        length = context.get("min_length", context.get("max_length"))
        return say(LISTS[get_args(annotation)[0] is float, bool(length)], path=path, value=shown(value), length=length)
    return say(
        next((words for kind, words in TYPES.items() if kind is annotation), A_DATE), path=path, value=shown(value)
    )


def paths_of(section: type[Section], keys: dict[str, Sequence[str]], prefix: str = "") -> list[str]:
    """Every dotted path that a section admits; `keys` gives the names in use under each dictionary."""
    paths = []
    for name, field in section.model_fields.items():
        path = f"{prefix}{name}"
        inner = section_in(field.annotation)
        if not is_section(field):
            paths.append(path)
        elif inner and get_origin(field.annotation) is dict:
            for key in keys.get(path, ()):
                paths += paths_of(inner, keys, f"{path}.{key}.")
        elif inner:
            paths += paths_of(inner, keys, f"{path}.")
    return paths


def section_in(annotation: Any) -> type[Section] | None:
    """The section that a field holds, or holds by name; None if it holds a plain value."""
    candidates = [annotation, *get_args(annotation)]
    return next((c for c in candidates if isinstance(c, type) and issubclass(c, Section)), None)
