"""Many runs at once: sent in batches to the processes of this machine or of a whole cluster, collected here.

Layer: experiments.  Knows runs, not studies.  Processes of this machine are forked; those of a cluster are reached by
dask.distributed.
"""

from __future__ import annotations

import asyncio
import logging
import math
import os
from collections.abc import Iterable, Iterator
from concurrent.futures import CancelledError
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from dataclasses import replace
from itertools import islice
from queue import Empty, SimpleQueue
from time import monotonic
from typing import TYPE_CHECKING

from experiments.running.jobs import EngineError, Job, Work, run_batch, said
from experiments.running.measures import Row
from experiments.running.pool import Pool
from languages.speaking import marked, say
from sim.compiled import readiness
from sim.run import ModelEngine

if TYPE_CHECKING:
    from distributed import Client, Future


BATCH_S = 1.0
"""A batch should take about so long: long beside the cost of sending it, short beside what is lost with a worker."""
MOST_IN_BATCH = 64
AHEAD = 3
"""Batches on the way for each worker: one at work, and what keeps it busy meanwhile."""
LOUD = ("client", "comm", "core", "nanny", "scheduler", "utils", "worker")
"""Parts of distributed that log what is said here in one line."""
CONNECT_S = 10.0
TICK_S = 1.0
"""So long the engine waits for a batch before it looks up, and lets its caller do so."""
FETCH_S = 10.0
"""So long it waits for the rows of a finished batch before it looks whether there is anybody to send them."""
WORTH_LOADING = 16
"""For so many runs the compiled engine is fetched at once."""
WORTH_COMPILING_S = 30.0
"""If so much is left to do, the compiled engine is made meanwhile."""
ALONE_S = 60.0
"""So long it waits for workers to come back if all are gone."""


GO_ON = marked("what is finished is kept, and the same command continues")
LOST = marked("the scheduler was lost; what is finished is kept, and the same command continues")
BROKEN_OFF = (OSError, RuntimeError, CancelledError)
"""What distributed raises if the scheduler goes while it is spoken to."""


class Engine:
    """Workers that run batches; `with` it, they stop at the end."""

    def __init__(self, client: Client | Pool, workers: int, model_engine: ModelEngine = "auto") -> None:
        """Take a client that is connected; `model_engine` is the one that every run is asked to take."""
        self.client = client
        self.workers = workers
        self.model_engine = model_engine
        self._seen_s = monotonic()
        """When a worker was last heard of."""

    def run(self, jobs: Iterable[Job], count: int, work: Work) -> Iterator[list[Row]]:
        """The rows of `count` jobs, a batch at a time, as they finish; jobs are asked for when they can be sent.

        While nothing finishes it gives an empty list every second, so that the caller can put away what it has.
        A batch whose worker dies comes to its turn again at the end, its runs one by one, and the one that kills its
        worker becomes a row that says so.
        Raises EngineError if the workers run other code, or the scheduler or all workers are lost.
        """
        work = replace(work, engine=self.model_engine)
        if self.model_engine == "compiled" or (self.model_engine == "auto" and count >= WORTH_LOADING):
            readiness.load()  # before the workers are forked: they have it then
        waiting, self._seen_s = iter(jobs), monotonic()
        left, size = count, 1
        on_the_way: dict[Future, list[Job]] = {}
        finished: SimpleQueue[Future] = SimpleQueue()
        suspects: list[Job] = []
        alone = False

        def send(batch: list[Job]) -> None:
            try:
                future = self.client.submit(run_batch, batch, work, pure=False)
            except BROKEN_OFF:
                raise EngineError(say(LOST)) from None
            on_the_way[future] = batch
            future.add_done_callback(finished.put)

        def send_more() -> None:
            nonlocal left
            while left > 0 and len(on_the_way) < AHEAD * self.workers:
                # Towards the end batches shrink, so that no worker is left alone with a large one.
                batch = list(islice(waiting, min(size, math.ceil(left / (2 * self.workers)))))
                left -= len(batch)
                send(batch)

        try:
            send_more()
            while on_the_way:
                future = self._next(finished)
                if future is None:
                    yield []
                    continue
                rows, again = self._rows_of(future, on_the_way.pop(future), alone)
                suspects += again
                if rows:
                    each_s = sum(row["elapsed_s"] for row in rows) / len(rows)
                    size = max(1, min(MOST_IN_BATCH, round(BATCH_S / max(each_s, 1e-6))))
                    if self.model_engine == "auto" and each_s * left / self.workers > WORTH_COMPILING_S:
                        readiness.compile_beside()
                    yield rows
                send_more()
                if suspects and not on_the_way:  # whatever dies now has itself to blame
                    alone = True
                    send([suspects.pop()])
        finally:
            self._cancel(list(on_the_way))

    def _next(self, finished: SimpleQueue[Future]) -> Future | None:
        """The next batch that has finished; None: none for a while, and there are workers.

        Raises EngineError if there have been none for too long.
        """
        try:
            future = finished.get(timeout=TICK_S)
            self._seen_s = monotonic()
            return future
        except Empty:
            self._look_for_workers()
        return None

    def _look_for_workers(self) -> None:
        """Raises EngineError if there have been none for too long."""
        if self._has_workers():
            self._seen_s = monotonic()
        elif monotonic() - self._seen_s > ALONE_S:
            raise EngineError(
                say("all workers have been gone for {seconds:.0f} s; {go_on}", seconds=ALONE_S, go_on=say(GO_ON))
            )

    def _has_workers(self) -> bool:
        """True if any worker is there; a scheduler that does not answer has none."""
        try:
            return bool(self.client.nthreads())
        except (OSError, RuntimeError, ValueError, TypeError, AttributeError):
            # While distributed reconnects, what stands for the scheduler is closed, or is None.
            return False

    def _cancel(self, futures: list[Future]) -> None:
        """Nobody waits for these any more; if the scheduler is gone, they are so already."""
        if futures and self.client.status == "running":
            with suppress(*BROKEN_OFF):  # it may go in this very moment
                self.client.cancel(futures, force=True)

    def _fetched(self, future: Future) -> list[Row]:
        """The rows of a batch that finished well; if they were lost with their worker, another makes them again."""
        while True:
            try:
                rows: list[Row] = future.result(timeout=FETCH_S)
                return rows
            except TimeoutError:
                self._look_for_workers()
            except BROKEN_OFF:  # the scheduler went while they were on their way
                raise EngineError(say(LOST)) from None

    def _rows_of(self, future: Future, batch: list[Job], alone: bool) -> tuple[list[Row], list[Job]]:
        """The rows of a batch, and the jobs that must be tried alone: their workers may have died of another batch."""
        if future.cancelled():
            raise EngineError(say(LOST))
        error = future.exception()
        if error is None:
            return self._fetched(future), []
        if isinstance(error, EngineError):
            raise error
        if not _died(error):
            raise EngineError(say("a batch came back with {error}", error=said(error))) from None
        if not alone:
            return [], batch
        (job,) = batch
        reason = say("WorkerDied: every worker that began this run died; does it need too much memory?")
        row = {"key": job.key, "scenario": job.scenario.hash, "seed": job.seed, "error": reason, "indicators": {}}
        return [{**row, "elapsed_s": 0.0}], []


def _died(error: BaseException) -> bool:
    """Whether it is the worker that is gone, and not the run that has failed."""
    return isinstance(error, BrokenProcessPool) or type(error).__name__ == "KilledWorker"


@contextmanager
def engine(
    workers: int | None = None, scheduler: str | None = None, model_engine: ModelEngine = "auto"
) -> Iterator[Engine]:
    """Processes on this machine (as many as it has processors, unless told), or those of a scheduler's address.

    Raises EngineError if the scheduler cannot be reached or has no workers.
    """
    if scheduler is None:
        count = workers or processors()
        with Pool(count) as pool:
            yield Engine(pool, count, model_engine)
        return
    with _connected(scheduler) as client:
        count = sum(client.nthreads().values())
        if not count:
            raise EngineError(say(
                "--scheduler: {scheduler} has no workers; start some with `dask worker {scheduler}`",
                scheduler=scheduler,
            ))  # fmt: skip
        yield Engine(client, count, model_engine)


@contextmanager
def _connected(scheduler: str) -> Iterator[Client]:
    """A client of a scheduler; raises EngineError if it cannot be reached."""
    import dask
    from distributed import Client

    for name in ("distributed", *(f"distributed.{part}" for part in LOUD), "asyncio"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    dask.config.set({
        "distributed.comm.timeouts.connect": "10s",
        # Rows are small and batches short: nothing is ever worth spilling or stealing back and forth.
        "distributed.scheduler.work-stealing": False,
        "distributed.scheduler.worker-saturation": float(AHEAD),
    })  # fmt: skip
    with _one_line(scheduler):
        _knock_at(scheduler)
        client = Client(scheduler, timeout=CONNECT_S, set_as_default=False)
    try:
        yield client
    finally:
        client.close()


def refuse_unreachable(scheduler: str) -> None:
    """Raise EngineError if a scheduler cannot be reached: before anything is prepared for it."""
    with _one_line(scheduler):
        _knock_at(scheduler)


@contextmanager
def _one_line(scheduler: str) -> Iterator[None]:
    """Whatever distributed raises of a scheduler becomes an EngineError in one line."""
    try:
        yield
    except (OSError, ValueError, TypeError, ImportError, RuntimeError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise EngineError(
            say("--scheduler: {scheduler} cannot be reached: {reason}", scheduler=scheduler, reason=reason)
        ) from None


def _knock_at(scheduler: str) -> None:
    """Connect once and go: a client that cannot connect would stay half made, and complain when it is taken away.

    Raises what distributed raises at an address that is none, or where nobody answers.
    """
    from distributed.comm import connect
    from distributed.security import Security

    async def knock() -> None:
        comm = await connect(scheduler, timeout=CONNECT_S, **Security().get_connection_args("client"))
        await comm.close()

    asyncio.run(knock())


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
