"""Processes of this machine that work for the engine: forked from this one, so that they have at hand what it has.

Layer: experiments.  What the engine asks of a cluster's client, and no more: submit, cancel, whether workers are there.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import sys
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from multiprocessing import resource_tracker
from threading import Thread
from time import sleep
from typing import TYPE_CHECKING, Any

from experiments.running.jobs import EngineError
from languages.speaking import say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

LOOK_UP_S = 1.0
"""So often a worker looks whether whom it works for is still there."""
HOW_TO_START = "fork" if sys.platform == "linux" else "spawn"
"""A fork has every library loaded already; elsewhere than on Linux system libraries do not bear it."""


class Pool:
    """Some processes; where one dies, what was on the way is lost, and others take their place."""

    status = "running"

    def __init__(self, workers: int) -> None:
        """Nothing is started before there is something to do."""
        self._workers = workers
        self._executor: ProcessPoolExecutor | None = None

    def __enter__(self) -> Pool:
        """The pool."""
        return self

    def __exit__(self, *reason: object) -> None:
        """Nobody waits for what is still on the way."""
        self._stop()

    def submit[T](self, function: Callable[..., T], *args: Any, pure: bool = False) -> Future[T]:  # noqa: ARG002
        """Let a worker call a function; if a worker dies meanwhile, the call comes back with BrokenProcessPool.

        `pure` is for a cluster, which does not call again what it has called with the same arguments if it is told so.
        """
        try:
            return self._ready().submit(function, *args)
        except BrokenProcessPool:
            self._stop()
            return self._ready().submit(function, *args)

    def nthreads(self) -> dict[str, int]:
        """Workers; they are there whenever they are wanted."""
        return {"here": self._workers}

    def cancel(self, futures: Iterable[Future[Any]], *, force: bool = False) -> None:
        """Nobody waits for these any more; with `force` what is at work is broken off too."""
        for future in futures:
            future.cancel()
        if force:
            self._stop()

    def _ready(self) -> ProcessPoolExecutor:
        if self._executor is None:
            gc.collect()
            gc.freeze()  # what is there now is shared with the workers, and stays so: no rubbish is looked for in it
            try:
                self._executor = _started(self._workers)
            finally:
                gc.unfreeze()
        return self._executor

    def _stop(self) -> None:
        executor, self._executor = self._executor, None
        if executor is None:
            return
        processes = list((executor._processes or {}).values())  # no public way leads to them in Python 3.12
        executor.shutdown(wait=False, cancel_futures=True)
        for process in processes:
            with suppress(OSError, ValueError):
                process.terminate()
        for process in processes:
            process.join()


def _started(workers: int) -> ProcessPoolExecutor:
    """Processes that wait for work; EngineError if there are none to be had."""
    context = multiprocessing.get_context(HOW_TO_START)
    executor = ProcessPoolExecutor(workers, context, _begin, (os.getpid(),))
    try:
        with _deaf_to_ctrl_c():
            executor.submit(os.getpid)  # they are started by the first call
    except OSError as error:
        executor.shutdown(wait=False)
        raise EngineError(
            say("no processes can be started ({reason}); try fewer --workers", reason=error.strerror or error)
        ) from None
    return executor


@contextmanager
def _deaf_to_ctrl_c() -> Iterator[None]:
    """A Ctrl-C goes to the whole group of processes: whatever is started here is not to hear it, now or later.

    Threads and processes inherit what is blocked; one that comes meanwhile reaches us afterwards.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    resource_tracker.ensure_running()  # when it starts it unblocks, and would undo this in the thread that wants it
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin(parent: int) -> None:
    """A worker is deaf to Ctrl-C, which goes to the whole group, and does not outlive whom it works for."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        sleep(LOOK_UP_S)
    os._exit(1)
