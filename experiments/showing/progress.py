"""A progress bar with the time left, on standard error; nothing when nobody watches.

Layer: experiments.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import TYPE_CHECKING

from experiments.words.numbers import waiting_in_words

if TYPE_CHECKING:
    from rich.progress import Progress


class Watcher:
    """Who is told how far something is; without a bar, nobody is, and only what is said is printed."""

    def __init__(self, bar: Progress | None = None, name: str = "", total: int = 0) -> None:
        """Watch a bar that is shown, from now on."""
        self._bar = bar
        self._task = bar.add_task(name, total=total, left="") if bar else None
        self._started_s = perf_counter()

    def __call__(self, done: int, total: int) -> None:
        """So much is done now, of so much."""
        if self._bar is not None and self._task is not None:
            left_s = (perf_counter() - self._started_s) / max(done, 1) * (total - done)
            left = f"about {waiting_in_words(left_s)} left" if done else ""
            self._bar.update(self._task, completed=done, total=total, left=left)

    def say(self, line: str) -> None:
        """Say something in a line of its own: above the bar, where there is one."""
        if self._bar is None:
            sys.stderr.write(f"{line}\n")
            return
        from rich.text import Text

        self._bar.console.print(Text(line), soft_wrap=True)


@contextmanager
def progress(name: str, total: int) -> Iterator[Watcher]:
    """Hand out who is to be told whenever a replication has finished."""
    if not sys.stderr.isatty():
        yield Watcher()
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (
        SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
        TextColumn("{task.fields[left]}"),
    )  # fmt: skip
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        yield Watcher(bar, name, total)
