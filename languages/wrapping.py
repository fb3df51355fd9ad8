"""Lines of a text, measured as they look: a Chinese character is as wide as two letters.

Layer: languages.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

import click

from languages.speaking import say

COMMAND_COLUMN = 30
JOIN = r"(?<=[\u3000-\u9fff\uff00-\uffef]) (?=[\u3000-\u9fff\uff00-\uffef])"
"""A space between two Chinese characters: what is left of a line's end."""
HYPHEN = r"(?<=[0-9A-Za-z]-)(?=[0-9A-Za-z])"
NEVER_FIRST = frozenset("，。；：、！？）》」』”’…%/")
"""Signs that stay with what stands before them."""
NEVER_LAST = frozenset("（《「『“‘/")
"""Signs that stay with what stands behind them."""
ALONE = 6
"""Columns of a last word that would look lost in a line of its own."""


def width(text: str) -> int:
    """How many columns a text takes."""
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 0 if unicodedata.combining(sign) else 1
               for sign in text)  # fmt: skip


def wrapped(text: str, columns: int, hyphens: bool = False) -> list[str]:
    """The lines of a text; paragraphs that begin with a backspace are left as they are, as click has it.

    With `hyphens` a word may go on in the next line after one.
    """
    indent = text[: len(text) - len(text.lstrip(" "))]
    if indent:
        return [f"{indent}{line}" for line in wrapped(text.lstrip(" "), columns - len(indent), hyphens)]
    lines: list[str] = []
    for number, paragraph in enumerate(text.split("\n\n")):
        lines += [""] if number else []
        if paragraph.startswith("\b\n"):
            lines += paragraph.removeprefix("\b\n").splitlines()
        else:
            lines += _lines(re.sub(JOIN, "", " ".join(paragraph.split())), columns, hyphens)
    return lines


def _lines(text: str, columns: int, hyphens: bool) -> list[str]:
    lines: list[list[str]] = []
    for piece in pieces_of(text, hyphens):
        if lines and width("".join(lines[-1]) + piece.rstrip()) <= columns:
            lines[-1].append(piece)
        else:
            lines.append([piece.lstrip()])
    if len(lines) > 1:
        _keep_company(lines[-2], lines[-1], columns)
    return ["".join(line).rstrip() for line in lines if "".join(line).strip()]


def _keep_company(before: list[str], last: list[str], columns: int) -> None:
    """Give a short word that stands alone in the last line the word before it."""
    alone = len(last) == 1 and width(last[0].rstrip()) <= ALONE
    if alone and len(before) > 1 and width(before[-1] + last[0].rstrip()) <= columns:
        last.insert(0, before.pop())


def pieces_of(text: str, hyphens: bool = False) -> list[str]:
    """What must stay together: words of letters, Chinese characters with the signs and numbers that belong to them."""
    if hyphens:
        return [piece for part in re.split(HYPHEN, text) for piece in pieces_of(part)]
    pieces: list[str] = []
    for sign in text:
        wide = unicodedata.east_asian_width(sign) in "WF"
        last = pieces[-1] if pieces else " "
        counted = wide and last[-1] == " " and last[-2:-1].isdigit()
        of_one_word = not wide and last[-1] != " " and width(last[-1]) == 1
        if pieces and (sign in NEVER_FIRST or sign == " " or last[-1] in NEVER_LAST or counted or of_one_word):
            pieces[-1] += sign
        else:
            pieces.append(sign)
    return pieces


class WideFormatter(click.HelpFormatter):
    """Help whose lines are measured as they look: a Chinese character is as wide as two letters."""

    def write_heading(self, heading: str) -> None:
        """Write what stands above options or commands."""
        self.write(f"{' ' * self.current_indent}{heading}{say(': ').rstrip()}\n")

    def write_text(self, text: str) -> None:
        """Write a paragraph."""
        for line in wrapped(text, self.width - self.current_indent):
            self.write(f"{' ' * self.current_indent}{line}\n")

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = COMMAND_COLUMN, col_spacing: int = 2) -> None:
        """Write names and what they are, side by side."""
        rows = list(rows)
        column = min(max((width(name) for name, _ in rows), default=0), col_max) + col_spacing
        margin = " " * self.current_indent
        for name, about in rows:
            lines = wrapped(about, max(self.width - self.current_indent - column, 10)) or [""]
            if width(name) > column - col_spacing:
                self.write(f"{margin}{name}\n")
            else:
                self.write(f"{margin}{name}{' ' * (column - width(name))}{lines.pop(0)}\n")
            for line in lines:
                self.write(f"{margin}{' ' * column}{line}\n")
