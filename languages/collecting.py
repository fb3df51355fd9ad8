"""What there is to translate: calls in Python, sentences in TOML, words of templates, what click says itself.

Layer: languages.  For whoever keeps the catalogues; a command never needs it.
"""

from __future__ import annotations

import ast
import inspect
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import click
from babel.messages.catalog import Catalog
from babel.messages.extract import extract

from languages.speaking import DOMAIN

ROOT = Path(__file__).resolve().parents[1]
PYTHON = ("languages", "scenarios", "sim", "experiments", "calibration")
SAID: dict[str, tuple[int, ...]] = {
    "say": (0,), "marked": (0,), "say_many": (0, 1), "marked_many": (0, 1),
    "left": (0,), "right": (0,), "plain_table": (0,), "param": (1,),
    "Indicator": (1,), "_count": (1,),
}  # fmt: skip
"""Functions, and which of their arguments are for people; those of `say_many` are one and many."""
NAMED = frozenset({"help", "description"})
"""Arguments that are for people, whatever is called."""
KEYS = frozenset({"INDICATORS"})
"""Dictionaries whose keys are shown as names."""
DOCUMENTED = frozenset({"command", "group"})
"""What turns a function into a command, and its docstring into help."""
IN_TOML = frozenset({
    "title", "question", "place", "why", "text", "note", "published", "definition", "asks", "said", "name", "explained",
    "without", "meaning", "id", "doubt", "given",
})  # fmt: skip
"""Keys whose values are for people."""


class Message(NamedTuple):
    """Something that is said, and where."""

    text: str | tuple[str, str]
    """For one and for many, where that differs."""
    where: str
    line: int


def collected() -> Catalog:
    """Everything that is said, as a catalogue without translations."""
    catalogue = Catalog(domain=DOMAIN, project="grid-governance", fuzzy=False)
    for message in messages():
        catalogue.add(message.text, locations=[(message.where, message.line)])
    return catalogue


def messages() -> Iterator[Message]:
    """Everything that is said, in the order of the files."""
    for folder in PYTHON:
        for file in sorted((ROOT / folder).rglob("*.py")):
            yield from _at(file, _of_python(ast.parse(file.read_text(encoding="utf-8"))))
        for file in sorted((ROOT / folder).rglob("*.toml")):
            sentences = dict.fromkeys(_of_toml(tomllib.loads(file.read_text("utf-8"))))
            yield from _at(file, ((1, text) for text in sentences))
        for file in sorted((ROOT / folder).rglob("*.j2")):
            yield from _at(file, _of_babel("jinja2.ext:babel_extract", file, {"say": None, "say_many": (1, 2)}))
    yield from _at(ROOT / "run_experiment.py", _of_python(ast.parse((ROOT / "run_experiment.py").read_text("utf-8"))))
    for file in sorted(Path(inspect.getfile(click)).parent.glob("*.py")):
        for line, text in _of_babel("python", file, {"_": None, "ngettext": (1, 2)}):
            yield Message(text, "click", line)


type Found = Iterator[tuple[int, str | tuple[str, str]]]


def _at(file: Path, found: Found) -> Iterator[Message]:
    for line, text in found:
        yield Message(text, file.relative_to(ROOT).as_posix(), line)


def _of_babel(method: str, file: Path, keywords: Mapping[str, Any]) -> Found:
    """What Babel itself finds."""
    with file.open("rb") as opened:
        for line, text, _, _ in extract(method, opened, keywords=dict(keywords), options={"silent": "false"}):
            yield line, text if isinstance(text, str) else (text[0], text[1])


def _of_python(tree: ast.Module) -> Found:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from _of_call(node)
        elif isinstance(node, ast.FunctionDef) and any(_called(mark) in DOCUMENTED for mark in node.decorator_list):
            if text := ast.get_docstring(node):
                yield node.lineno, text
        elif isinstance(node, (ast.Assign, ast.AnnAssign)) and isinstance(node.value, ast.Dict):
            names = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(isinstance(name, ast.Name) and name.id in KEYS for name in names):
                yield from ((key.lineno, text) for key in node.value.keys if key and (text := _constant(key)))


def _of_call(call: ast.Call) -> Found:
    name = call.func.id if isinstance(call.func, ast.Name) else ""
    given = [call.args[place] for place in SAID.get(name, ()) if place < len(call.args)]
    if name in ("say_many", "marked_many") and len(given) == 2:
        one, many = map(_constant, given)
        if one and many:
            yield call.lineno, (one, many)
        return
    given += [each.value for each in call.keywords if each.arg in NAMED]
    for each in given:
        if isinstance(each, ast.JoinedStr) and name in ("say", "marked"):
            raise ValueError(f"line {each.lineno}: an f-string cannot be translated; name its values")
        if text := _constant(each):
            yield each.lineno, text


def _called(node: ast.expr) -> str:
    """The last name of what decorates."""
    node = node.func if isinstance(node, ast.Call) else node
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _constant(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _of_toml(content: Any, key: str = "", within: bool = False) -> Iterator[str]:
    """The values of the keys that are for people, and all that stands below those."""
    wanted = within or key in IN_TOML
    if isinstance(content, Mapping):
        for name, value in content.items():
            yield from _of_toml(value, name, key in ("explained", "without"))
    elif isinstance(content, Sequence) and not isinstance(content, str):
        for value in content:
            yield from _of_toml(value, key, within)
    elif isinstance(content, str) and wanted and content.strip():
        yield content


__all__ = ["Message", "collected", "messages"]
