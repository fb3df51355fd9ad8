"""Ctrl-C: it ends the work, never in the middle of putting a result away, and is never lost.

Layer: experiments.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self


class Interrupts:
    """A Ctrl-C ends the work, but never in the middle of putting a result away, and is never lost.

    An exception raised by a signal is swallowed where Python cannot pass it on (while an object is taken
    away, for instance), so that it came is remembered too; `heed` raises it then.
    """

    def __init__(self) -> None:
        """Nothing has come yet."""
        self.came = self._busy = False
        self._before: Any = None

    def __enter__(self) -> Self:
        """Watch for Ctrl-C, if this is the thread that is told of it, and unless the caller wants it ignored."""
        ignored = signal.getsignal(signal.SIGINT) is signal.SIG_IGN
        if threading.current_thread() is threading.main_thread() and not ignored:
            self._before = signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        """Let Ctrl-C do again what it did before."""
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)

    def _note(self, _number: int, _frame: object) -> None:
        self.came = True
        if not self._busy:
            raise KeyboardInterrupt

    def heed(self) -> None:
        """Raise KeyboardInterrupt if a Ctrl-C has come."""
        if self.came:
            raise KeyboardInterrupt

    @contextmanager
    def later(self) -> Iterator[None]:
        """Inside, a Ctrl-C waits until what is being put away is put away: half a result is none."""
        self._busy = True
        try:
            yield
        finally:
            self._busy = False
        self.heed()

    def hold(self) -> None:
        """From now on a Ctrl-C ends nothing; `came` tells whether there was one."""
        self._busy = True
