"""Standard output for people: as wide as the terminal, and tables without lines.

Layer: experiments.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Any, NamedTuple

from rich.cells import cell_len
from rich.console import Console, JustifyMethod, RenderableType
from rich.table import Column as RichColumn
from rich.table import Table
from rich.text import Text, TextType

from languages.speaking import ENGLISH, say, spoken
from languages.wrapping import pieces_of, wrapped

WIDTH_OF_A_FILE = 132
"""Columns when the output goes to a file or a pipe, unless COLUMNS says otherwise."""
NARROWEST, WIDEST = 60, 400
GAP = 2
"""Between columns."""
NARROWEST_WORDS = 16
"""A column of sentences is no narrower, if it has as much to say."""


class Column(NamedTuple):
    """One column of a table: its heading, where its cells stand, and whether its words may go on in the next line."""

    heading: str
    justify: JustifyMethod = "left"
    wraps: bool = False


def left(heading: str, *, wraps: bool = False) -> Column:
    """A column of words; its heading is said in the language that is spoken."""
    return Column(say(heading), "left", wraps)


def right(heading: str, *, wraps: bool = False) -> Column:
    """A column of numbers; its heading likewise."""
    return Column(say(heading), "right", wraps)


class Page(Console):
    """Standard output for people: too wide a table comes in parts, and sentences break where their language does."""

    def print(self, *objects: Any, **options: Any) -> None:
        """Print as rich does; tables and sentences so that they fit."""
        for thing in objects or ("",):
            if isinstance(thing, Table):
                for part in fitted(thing, self.width):
                    super().print(part, **options)
            elif isinstance(thing, Text) and (spoken() != ENGLISH or thing.plain.startswith(" ")):
                super().print(Text("\n".join(wrapped(thing.plain, self.width)), thing.style), **options)
            else:
                super().print(thing, **options)


def console() -> Page:
    """Standard output: as wide as the terminal, as COLUMNS says, or as a wide page."""
    if sys.stdout.isatty():
        return Page(highlight=False)
    asked = os.environ.get("COLUMNS", "")
    width = min(max(int(asked), NARROWEST), WIDEST) if asked.isdecimal() else WIDTH_OF_A_FILE
    return Page(highlight=False, width=width)


def fitted(table: Table, width: int) -> list[Table]:
    """A table, or if it needs more columns of a screen, its parts: each has the table's first column, and some more."""
    least = [_least_width(column) + GAP for column in table.columns]
    if sum(least) <= width or len(least) < 3:
        return [_laid_out(table, width)]
    parts: list[list[int]] = [[]]
    for number, needed in enumerate(least[1:], 1):
        if parts[-1] and least[0] + sum(least[other] for other in parts[-1]) + needed > width:
            parts.append([])
        parts[-1].append(number)
    if any(least[0] + sum(least[number] for number in part) > width for part in parts):
        return [_stacked(table)]
    titles = [table.title, *[None] * (len(parts) - 1)]
    return [_laid_out(_only(table, [0, *part], title), width) for part, title in zip(parts, titles, strict=True)]


def _stacked(table: Table) -> Table:
    """A table some column of which cannot stand beside the first: all others below it, each with its heading."""
    first, *others = table.columns
    stacked = _empty(table.title)
    stacked.add_column(first.header, overflow="fold", header_style="dim")
    for row in zip(*(column.cells for column in table.columns), strict=True):
        stacked.add_row(row[0])
        for column, cell in zip(others, row[1:], strict=True):
            stacked.add_row(Text.assemble((f"  {column.header}{say(': ')}", "dim"), cell))
    return stacked


def _laid_out(table: Table, width: int) -> Table:
    """The table with its columns as wide as they need be: what is left over goes to those with most to say."""
    least = [_least_width(column) for column in table.columns]
    wanted = [_whole_width(column) for column in table.columns]
    left_over = width - GAP * len(least) - sum(least)
    more = sum(wanted) - sum(least)
    if left_over < 0 or more <= left_over:
        return table
    for column, narrow, whole in zip(table.columns, least, wanted, strict=True):
        column.width = narrow + (whole - narrow) * left_over // more
        if not column.no_wrap:
            column._cells = [_broken(cell, column.width) for cell in column._cells]
    return table


def _broken(cell: RenderableType, width: int) -> RenderableType:
    """A cell in lines that break where its language does."""
    if isinstance(cell, Text):
        return Text("\n".join(wrapped(cell.plain, width, hyphens=True)), cell.style)
    return "\n".join(wrapped(cell, width, hyphens=True)) if isinstance(cell, str) else cell


def _least_width(column: RichColumn) -> int:
    """As narrow as a column can be without cutting a number, a name or a word."""
    if column.no_wrap:
        return _whole_width(column)
    pieces = (piece for text in _texts(column) for piece in pieces_of(text, hyphens=True))
    longest = max((cell_len(piece.strip()) for piece in pieces), default=0)
    return max(longest, min(NARROWEST_WORDS, _whole_width(column)))


def _whole_width(column: RichColumn) -> int:
    """As wide as its longest cell."""
    return max(map(cell_len, _texts(column)), default=0)


def _texts(column: RichColumn) -> list[str]:
    return [cell.plain if isinstance(cell, Text) else str(cell) for cell in (column.header, *column.cells)]


def _only(table: Table, columns: Sequence[int], title: TextType | None) -> Table:
    """Some columns of a table."""
    part = _empty(title)
    for number in columns:
        column = table.columns[number]
        part.add_column(column.header, justify=column.justify, no_wrap=column.no_wrap, overflow=column.overflow,
                        header_style=column.header_style)  # fmt: skip
    cells = [list(table.columns[number].cells) for number in columns]
    for row, given in zip(zip(*cells, strict=True), table.rows, strict=True):
        part.add_row(*row, style=given.style, end_section=given.end_section)
    return part


def _empty(title: TextType | None) -> Table:
    return Table(
        title=title, title_justify="left", title_style="bold", box=None, pad_edge=False, padding=(0, GAP, 0, 0)
    )


def plain_table(title: str, *columns: Column) -> Table:
    """A table without lines; only columns that say so may go on in the next line."""
    table = _empty(Text(say(title)) if title else None)  # a Text: brackets in a title are no markup
    for heading, justify, wraps in columns:
        table.add_column(heading, justify=justify, no_wrap=not wraps, overflow="fold", header_style="dim")
    return table
