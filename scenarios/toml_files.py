"""Reading TOML as people write it: in any usual encoding, with Chinese signs and all else that is wrong named.

Layer: scenarios.  Knows nothing of what a file means but of what kind it is.
"""

from __future__ import annotations

import codecs
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from languages.speaking import marked, say
from scenarios.wording import ScenarioError

LARGEST_FILE_BYTES = 1_000_000
TABLES = (".csv", ".xlsx", ".xls", ".tsv", ".txt")
LONGEST_REASON = 200
FULL_WIDTH_SPACE = "\u3000"
QUOTES = {"“": '"', "”": '"', "＂": '"', "‘": "'", "’": "'", "＇": "'"}
TYPED_IN_CHINESE = QUOTES | {
    "＝": "=", "：": "=", "，": ",", "、": ",", "。": ".", "．": ".", "－": "-", "＃": "#",
    "［": "[", "］": "]", "【": "[", "】": "]", "｛": "{", "｝": "}",
    **{chr(ord("０") + digit): str(digit) for digit in range(10)},
}  # fmt: skip
"""Signs that a Chinese keyboard writes where TOML wants others."""
_CLOSED_QUOTES = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'[^']*'")
_PLACED = re.compile(r"(.*) \(at (?:line (\d+), column (\d+)|[^()]+)\)", re.DOTALL)
STUMBLES = {
    "Invalid value": marked("there is no value to be read; text stands in quotes, and numbers have no unit"),
    "Expected newline": marked("after the value stands something else; a unit goes into the remark, a date is such as "
                               "2026-01-31, and each value has a line of its own"),
    "Invalid statement": marked('a line must be key = value, or [table]; keys have letters, digits, _ and - only'),
    "Invalid initial character": marked("a key is missing; keys have letters, digits, _ and - only"),
    "Expected '='": marked("after a key there must be = and a value"),
    "Unclosed array": marked("a list is not closed by ], or a comma is missing in it"),
    "Unclosed inline table": marked("a table is not closed by }, or a comma is missing in it"),
    "Expected ']": marked("the name of a table is not closed by ], or by ]] where it began with [["),
    "Unterminated string": marked("a text is not closed by a quotation mark"),
    "Illegal character '\\n'": marked("a text is not closed by a quotation mark in its line"),
    "Illegal character": marked("a text has a sign that cannot be seen; delete it"),
    "Found invalid character": marked("there is a sign that cannot be seen; delete it"),
    "Unescaped": marked("a text in double quotes has a backslash; write two, or put the text in single quotes"),
    "Cannot overwrite a value": marked("this key has a value already; give it once"),
    "Duplicate inline table key": marked("this key has a value already; give it once"),
    "Cannot declare": marked("this table stands there already; put its values together"),
    "Cannot mutate": marked("this table stands there already in one line; put its values together"),
    "Invalid date": marked("this is no date; write it as 2026-01-31"),
}  # fmt: skip
"""What TOML's reader stumbles over, by how its message begins."""

A_SCENARIO, A_STUDY = marked("a scenario"), marked("a study")
A_PLACE, PUBLISHED = marked("a place to be calibrated"), marked("a file of published figures")
INSTEAD = {
    A_SCENARIO: marked("{file}: is a scenario, which `run {path}` runs; what is wanted here is {wanted}"),
    A_STUDY: marked("{file}: is a study, which `sweep {path} --out DIR` runs; what is wanted here is {wanted}"),
    A_PLACE: marked("{file}: is a place, which `calibrate {path} --figures FILE` fits; what is wanted here is "
                    "{wanted}"),
    PUBLISHED: marked("{file}: is a file of published figures, which `run SCENARIO --figures {path}` shows; "
                    "what is wanted here is {wanted}"),
}  # fmt: skip
"""What is said of a file of one kind where another is wanted."""
OF_SCENARIOS = frozenset({
    "extends", "territory", "supervisors", "period", "party", "demand", "residents", "units", "categories", "rules",
    "costs",
})  # fmt: skip
"""Keys that no other kind of file has."""


def read_toml(
    path: Path, wanted: str = "", remarks: list[str] | None = None,
    too_large: str = marked("{file}: is larger than 1 MB"),
) -> dict[str, Any]:  # fmt: skip
    """A TOML file of the kind that is wanted, as far as that can be told; its encoding, if not UTF-8, is remarked.

    Raises ScenarioError, with one line that names the file.
    """
    text = ""
    try:
        if path.is_dir():
            raise ScenarioError([say("{file}: is a folder; name a file", file=path.name)])
        if path.stat().st_size > LARGEST_FILE_BYTES:
            raise ScenarioError([say(too_large, file=path.name)])
        if path.name.lower().endswith(TABLES):
            raise ScenarioError([a_table(path.name)])
        text, encoding = decoded(path.read_bytes())
        if remarks is not None:
            remarks += read_as(path.name, encoding)
        raw = tomllib.loads(text.replace("\r\n", "\n").replace("\r", "\n"))
        if problem := in_place_of(wanted or is_instead(raw), raw, path):
            raise ScenarioError([problem])
        return raw
    except UnicodeDecodeError:
        problem = say("{file}: is not UTF-8 text, nor GB18030; save it as UTF-8", file=path.name)
    except tomllib.TOMLDecodeError as error:
        problem = _stumbled(text, error, path.name)
    except RecursionError:
        problem = say("{file}: is nested too deeply", file=path.name)
    except OSError as error:
        problem = say("{file}: cannot be read: {reason}", file=path.name, reason=error.strerror)
    except ScenarioError:
        raise
    except ValueError as error:  # a number that Python will not read, such as one of ten thousand digits
        problem = say("{file}: cannot be read: {reason}", file=path.name, reason=one_line(error))
    raise ScenarioError([problem])


def a_table(name: str) -> str:
    """What is said of a CSV or a workbook where a TOML file is wanted."""
    return say("{file}: is a table; what is wanted here is a TOML file. A scenario names its list of buildings by "
               "sites_file, a study its list of plans by design.file", file=name)  # fmt: skip


def is_instead(raw: Mapping[str, Any]) -> str:
    """Of what kind a file is, as far as its keys tell; empty: they do not."""
    if "design" in raw and raw.keys() & {"levers", "plans", "objectives"}:
        return A_STUDY
    if raw.keys() >= {"plans", "targets", "unknown"}:
        return A_PLACE
    if "figure" in raw:
        return PUBLISHED
    return A_SCENARIO if raw.keys() & OF_SCENARIOS else ""


def in_place_of(wanted: str, raw: Mapping[str, Any], path: Path) -> str:
    """What is said if a file is clearly of another kind than the one that is wanted; empty: it is not."""
    kind = is_instead(raw)
    if kind in ("", wanted):
        return ""
    return say(INSTEAD[kind], file=path.name, path=path, wanted=say(wanted))


def decoded(raw: bytes) -> tuple[str, str]:
    """The text of a file, and what it is encoded in: UTF-8 (with a byte order mark or without), UTF-16 or GB18030.

    Raises UnicodeDecodeError if it is neither.
    """
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return raw.decode("utf-16"), "UTF-16"
    try:
        return raw.decode("utf-8-sig"), "UTF-8"
    except UnicodeDecodeError:
        return raw.decode("gb18030"), "GB18030"


def read_as(name: str, encoding: str) -> Iterator[str]:
    """What is said of a file that is not in UTF-8."""
    if encoding != "UTF-8":
        yield say("{file}: is read as {encoding}", file=name, encoding=encoding)


def typed_in_chinese(line: str) -> str:
    """The first sign of a Chinese keyboard that stands in a line outside quotations and remarks; empty: none."""
    bare = _CLOSED_QUOTES.sub("", line)
    opened = min((bare.index(sign) for sign in "\"'#" if sign in bare), default=len(bare))
    found = [sign for sign in bare[:opened] if sign in TYPED_IN_CHINESE or sign == FULL_WIDTH_SPACE]
    if not found and bare[opened : opened + 1] in ('"', "'"):  # a quotation that was meant to end in a Chinese sign
        found = [sign for sign in bare[opened:] if sign in QUOTES]
    return found[0] if found else ""


def one_line(error: Exception) -> str:
    """What a library says is wrong; if that is long its beginning and its end, where the line stands."""
    text = " ".join(str(error).split())
    return text if len(text) <= LONGEST_REASON else f"{text[: LONGEST_REASON - 40]} … {text[-37:]}"


def _stumbled(text: str, error: Exception, name: str) -> str:
    """What is wrong with a file that is not TOML, and where."""
    found = _PLACED.fullmatch(str(error))
    what, line, column = found.groups() if found else (str(error), None, None)
    words = next((say(words) for begins, words in STUMBLES.items() if what.startswith(begins)), one_line(error))
    if line is None:
        return say("{file}: is not valid TOML at its end: {what}", file=name, what=words)
    lines = text.splitlines()
    sign = typed_in_chinese(lines[int(line) - 1]) if int(line) <= len(lines) else ""
    if sign == FULL_WIDTH_SPACE:
        return say("{file}: line {line} has a Chinese space; write an ordinary one in its place", file=name, line=line)
    if sign:
        return say("{file}: line {line} has the Chinese sign {sign}; write {right} in its place",
                   file=name, line=line, sign=sign, right=TYPED_IN_CHINESE[sign])  # fmt: skip
    return say("{file}: is not valid TOML in line {line}, column {column}: {what}",
               file=name, line=line, column=column, what=words)  # fmt: skip
