"""Standard output for people: as wide as the terminal, and tables without lines.

Layer: experiments.
"""

from __future__ import annotations

import sys
from typing import NamedTuple

from rich.console import Console, JustifyMethod
from rich.table import Table

WIDTH_OF_A_FILE = 132
"""Columns when the output goes to a file or a pipe."""


class Column(NamedTuple):
    """One column of a table: its heading, where its cells stand, and whether its words may go on in the next line."""

    heading: str
    justify: JustifyMethod = "left"
    wraps: bool = False


def left(heading: str, *, wraps: bool = False) -> Column:
    """A column of words."""
    return Column(heading, "left", wraps)


def right(heading: str, *, wraps: bool = False) -> Column:
    """A column of numbers."""
    return Column(heading, "right", wraps)


def console() -> Console:
    """Standard output: as wide as the terminal, or as a wide page."""
    return Console(highlight=False) if sys.stdout.isatty() else Console(highlight=False, width=WIDTH_OF_A_FILE)


def plain_table(title: str, *columns: Column) -> Table:
    """A table without lines; only columns that say so may go on in the next line."""
    table = Table(
        title=title or None, title_justify="left", title_style="bold", box=None, pad_edge=False, padding=(0, 2, 0, 0)
    )
    for heading, justify, wraps in columns:
        table.add_column(heading, justify=justify, no_wrap=not wraps, overflow="fold", header_style="dim")
    return table
