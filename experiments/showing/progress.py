"""How far something is, on standard error: a bar with the time left, or a line now and then where there is no terminal.

Layer: experiments.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import TYPE_CHECKING

from experiments.words.numbers import waiting_in_words
from languages.speaking import say

if TYPE_CHECKING:
    from rich.progress import Progress


EVERY_S = 10.0
"""Without a terminal, a line is written so often; what ends sooner writes none."""


class Watcher:
    """Who is told how far something is: a bar, or whoever reads standard error, a line every ten seconds."""

    def __init__(self, bar: Progress | None = None, name: str = "", total: int = 0) -> None:
        """Watch a bar that is shown, or write lines, from now on."""
        self._bar, self._name = bar, name
        self._task = bar.add_task(name, total=total, left="") if bar else None
        self._started_s = self._told_s = perf_counter()

    def __call__(self, done: int, total: int) -> None:
        """So much is done now, of so much."""
        now_s = perf_counter()
        if not done:
            self._started_s = now_s
        left_s = (now_s - self._started_s) / max(done, 1) * (total - done)
        left = say("about {time} left", time=waiting_in_words(left_s)) if done else ""
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=done, total=total, left=left)
        elif now_s - self._told_s >= EVERY_S and done < total:
            self._told_s = now_s
            far = say("{name}: {done:,} of {total:,} runs", name=self._name, done=done, total=total)
            self.say(say("{far}, {left}", far=far, left=left) if left else far)

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
        yield Watcher(name=name)
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (
        SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
        TextColumn("{task.fields[left]}"),
    )  # fmt: skip
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        yield Watcher(bar, name, total)
