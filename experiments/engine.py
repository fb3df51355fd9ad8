"""Many runs at once: sent in batches to the processes of this machine or of a whole cluster, collected here.

Layer: experiments.  Knows runs, not studies.  One engine (dask.distributed) from a laptop to a cluster.
"""

from __future__ import annotations

import asyncio
import logging
import math
import os
import signal
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from multiprocessing import resource_tracker
from queue import Empty, SimpleQueue
from time import monotonic, perf_counter
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from experiments.provenance import identity
from scenarios.loading import Scenario
from sim.indicators import INDICATORS
from sim.run import Outcome, simulate
from sim.territory import build_territory

if TYPE_CHECKING:
    from distributed import Client, Future

    from experiments.study import Part

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
ALONE_S = 60.0
"""So long it waits for workers to come back if all are gone."""
MOST_AREAS = 250
"""Equity is measured between the finest areas of which there are no more than these."""


class EngineError(ValueError):
    """The workers cannot be reached, or run other code; one line that says why."""


class Job(NamedTuple):
    """One run."""

    key: str
    scenario: Scenario
    seed: int


GO_ON = "what is finished is kept, and the same command continues"

type Row = dict[str, Any]
"""What is kept of a run: key, scenario, seed, error, elapsed_s, indicators, area_cases, area_hours."""


@dataclass(frozen=True)
class Work:
    """What every batch of one piece of work has in common."""

    identity: str
    """Of the code and the packages here: a worker with other ones must not answer."""
    areas_of: Scenario | None = None
    """Whose areas hours are summed over, so that plans with other grids can be compared."""
    parts: tuple[Part, ...] = ()
    """Indicators of a part of the period that are kept beside them."""
    measure: Callable[[Outcome], Row] | None = None
    """What else is to be kept of an outcome; a function of a module, so that it can be sent."""


def slim(scenario: Scenario) -> Scenario:
    """A scenario without the reasons for its values: all that a run needs, a quarter of the size."""
    return replace(scenario, provenance={})


def run_batch(jobs: Sequence[Job], work: Work) -> list[Row]:
    """Run some jobs, one after the other; a run that raises becomes a row that says so."""
    if identity() != work.identity:
        raise EngineError(f"a worker runs other code or other packages ({identity()}, not {work.identity})")
    return [_run(job, work) for job in jobs]


def _run(job: Job, work: Work) -> Row:
    started = perf_counter()
    row: Row = {"key": job.key, "scenario": job.scenario.hash, "seed": job.seed, "error": "", "indicators": {}}
    try:
        outcome = simulate(job.scenario, job.seed)
        row["indicators"] = dict(outcome.indicators)
        row["indicators"] |= {part.name: part_of(outcome, job.scenario, part) for part in work.parts}
        row |= hours_by_area(outcome, work.areas_of) if work.areas_of else {}
        row |= work.measure(outcome) if work.measure else {}
    except Exception as error:  # whatever a run raises is recorded, and must not stop the others
        row["error"] = _said(error)
    row["elapsed_s"] = perf_counter() - started
    return row


def part_of(outcome: Outcome, scenario: Scenario, part: Part) -> float:
    """An indicator of what was filed in a part of the run, as it stood at the end of the run."""
    start = scenario.parameters.period.start
    first_h, last_h = ((day - start).days * 24.0 for day in (part.start, part.end))
    return INDICATORS[part.indicator].of(outcome.record.filed_between(first_h, last_h + 24.0))


def _said(error: BaseException) -> str:
    """An error in one line of bounded length."""
    text = " ".join(f"{type(error).__name__}: {error}".split())
    return text if len(text) <= 300 else text[:299] + "…"


def hours_by_area(outcome: Outcome, base: Scenario) -> Row:
    """Solved incidents, and hours from their occurrence to their end, in each area of the base."""
    areas, _ = areas_of(base)
    cases = outcome.cases
    if len(outcome.territory.site_x_m) != len(areas):  # another place: its areas are not those of the base
        return {}
    end_h = cases["closed_h"].to_numpy()
    solved = ~np.isnan(end_h)
    where = areas[cases["site"].to_numpy()[solved]]
    hours = (end_h - cases["occurred_h"].to_numpy())[solved]
    count = int(areas.max()) + 1
    return {
        "area_cases": np.bincount(where, minlength=count).astype(float).tolist(),
        "area_hours": np.bincount(where, hours, count).tolist(),
    }


def areas_of(base: Scenario) -> tuple[NDArray[np.int64], str]:
    """(sites,) the area of each site, and what they are: social grids, or the next larger of which there are few."""
    ground = build_territory(base.parameters.territory, base.sites)
    for areas, kind in ((ground.social.of_site, "social grids"), (ground.community, "communities")):
        if int(areas.max()) < MOST_AREAS:
            return areas, kind
    return ground.subdistrict, "subdistricts"


class Engine:
    """Workers that run batches; `with` it, they stop at the end."""

    def __init__(self, client: Client, workers: int) -> None:
        """Take a client that is connected."""
        self.client = client
        self.workers = workers
        self._seen_s = monotonic()
        """When a worker was last heard of."""

    def run(self, jobs: Iterable[Job], count: int, work: Work) -> Iterator[list[Row]]:
        """The rows of `count` jobs, a batch at a time, as they finish; jobs are asked for when they can be sent.

        While nothing finishes it gives an empty list every second, so that the caller can put away what it has.
        A batch whose worker dies is run again elsewhere; if its workers keep dying, its runs are tried one
        by one, and the one that kills its worker becomes a row that says so.
        Raises EngineError if the workers run other code, or the scheduler or all workers are lost.
        """
        waiting, self._seen_s = iter(jobs), monotonic()
        left, size = count, 1
        on_the_way: dict[Future, list[Job]] = {}
        finished: SimpleQueue[Future] = SimpleQueue()
        suspects: list[Job] = []
        alone = False

        def send(batch: list[Job]) -> None:
            future = self.client.submit(run_batch, batch, work, pure=False)
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
                    yield rows
                future.release()
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
            pass
        if self._has_workers():
            self._seen_s = monotonic()
        elif monotonic() - self._seen_s > ALONE_S:
            raise EngineError(f"all workers have been gone for {ALONE_S:.0f} s; {GO_ON}")
        return None

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
            self.client.cancel(futures, force=True)

    def _rows_of(self, future: Future, batch: list[Job], alone: bool) -> tuple[list[Row], list[Job]]:
        """The rows of a batch, and the jobs that must be tried alone: their workers may have died of another batch."""
        from distributed import KilledWorker

        if future.cancelled():
            raise EngineError(f"the scheduler was lost; {GO_ON}")
        error = future.exception()
        if error is None:
            return future.result(), []
        if isinstance(error, EngineError):
            raise error
        if not isinstance(error, KilledWorker):
            raise EngineError(f"a batch came back with {_said(error)}") from None
        if not alone:
            return [], batch
        (job,) = batch
        said = "WorkerDied: every worker that began this run died; does it need too much memory?"
        row = {"key": job.key, "scenario": job.scenario.hash, "seed": job.seed, "error": said, "indicators": {}}
        return [{**row, "elapsed_s": 0.0}], []


@contextmanager
def engine(workers: int | None = None, scheduler: str | None = None) -> Iterator[Engine]:
    """Processes on this machine (as many as it has processors, unless told), or those of a scheduler's address.

    Raises EngineError if the scheduler cannot be reached or has no workers.
    """
    import dask
    from distributed import Client, LocalCluster

    for name in ("distributed", *(f"distributed.{part}" for part in LOUD), "asyncio"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    dask.config.set({
        "distributed.worker.daemon": True,
        "distributed.comm.timeouts.connect": "10s",
        # Rows are small and batches short: nothing is ever worth spilling or stealing back and forth.
        "distributed.scheduler.work-stealing": False,
        "distributed.scheduler.worker-saturation": float(AHEAD),
    })  # fmt: skip
    if scheduler:
        try:
            _knock_at(scheduler)
            client = Client(scheduler, timeout=CONNECT_S, set_as_default=False)
        except (OSError, ValueError, TypeError, ImportError, RuntimeError) as error:
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise EngineError(f"--scheduler: {scheduler} cannot be reached: {reason}") from None
        try:
            count = sum(client.nthreads().values())
            if not count:
                raise EngineError(f"--scheduler: {scheduler} has no workers; start some with `dask worker {scheduler}`")
            yield Engine(client, count)
        finally:
            client.close()
        return
    count = workers or processors()
    with ExitStack() as stack:
        with _deaf_to_ctrl_c():
            cluster = stack.enter_context(LocalCluster(
                n_workers=count, threads_per_worker=1, processes=True, host="127.0.0.1",
                dashboard_address="127.0.0.1:0", silence_logs=logging.CRITICAL,
            ))  # fmt: skip
            client = stack.enter_context(Client(cluster, set_as_default=False))
        yield Engine(client, count)


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


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
