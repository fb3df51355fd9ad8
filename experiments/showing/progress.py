"""A progress bar with the time left, on standard error; nothing when nobody watches.

Layer: experiments.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter

from experiments.words.numbers import waiting_in_words


@contextmanager
def progress(name: str, total: int) -> Iterator[Callable[[int, int], None]]:
    """Hand out what is to be called with (done, total) whenever a replication has finished."""
    if not sys.stderr.isatty():
        yield lambda done, total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (
        SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
        TextColumn("{task.fields[left]}"),
    )  # fmt: skip
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(name, total=total, left="")
        started = perf_counter()

        def advance(done: int, total: int) -> None:
            left_s = (perf_counter() - started) / max(done, 1) * (total - done)
            left = f"about {waiting_in_words(left_s)} left" if done else ""
            bar.update(task, completed=done, total=total, left=left)

        yield advance
