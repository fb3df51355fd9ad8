"""Sweeps that are disturbed: workers and main processes killed, Ctrl-C, schedulers lost."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import CancelledError
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import duckdb
import pytest
from conftest import STUDY, variant

from experiments.running.engine import Engine, engine
from experiments.running.files import INTERRUPTED, database
from experiments.running.jobs import EngineError, Job, Work, slim
from experiments.running.provenance import identity
from experiments.studies import sweeping
from experiments.studies.design import load_study
from experiments.studies.folder import Results, open_results
from experiments.studies.sweeping import sweep

ROOT = Path(__file__).resolve().parent.parent
COMMAND = [sys.executable, str(ROOT / "run_experiment.py")]
ONCE = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}


def test_what_is_finished_is_written_while_the_next_batch_is_waited_for(study, tmp_path):
    """An engine whose second batch never comes until the first is on the disk."""
    results = open_results(study, tmp_path / "out")

    class Slow:
        def run(self, jobs, count, work):
            rows = [{"key": job.key, "scenario": job.scenario.hash, "seed": job.seed, "error": "", "elapsed_s": 0.1,
                     "indicators": {}} for job in jobs]  # fmt: skip
            results._written_s = time.perf_counter()
            yield rows[:3]
            assert not results.any_stored
            deadline = time.monotonic() + 20
            while not results.any_stored:
                assert time.monotonic() < deadline
                time.sleep(0.2)
                yield []
            assert len(results.keys()) == 3
            yield rows[3:]

    @contextmanager
    def start():
        yield Slow()

    assert sweep(study, results, start).done == 16


def slow(outcome):
    time.sleep(2.5)
    return {}


def test_the_engine_looks_up_while_a_run_takes_long(study, two_workers):
    job = Job("a" * 24, slim(study.scenario(study.plans[0], study.worlds[0])), 1)
    batches = list(two_workers.run([job], 1, Work(identity(), measure=slow)))
    assert batches[:-1] == [[]] * len(batches[:-1])
    assert len(batches) >= 3
    assert len(batches[-1]) == 1


def killed_once(marker, outcome):
    if outcome.seed == 3 and not marker.exists():
        marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return {}


def test_a_worker_that_is_killed_loses_nothing(study, whole, start, tmp_path, monkeypatch):
    marker = tmp_path / "killed"
    work = replace(sweeping.work_of(study), measure=partial(killed_once, marker))
    monkeypatch.setattr(sweeping, "work_of", lambda study: work)
    told = sweep(study, open_results(study, tmp_path / "out"), start)
    assert marker.exists()
    assert (told.done, told.failed) == (16, 0)
    assert Results(tmp_path / "out").checksum() == whole.checksum()


def killed(deadly, outcome):
    if outcome.scenario_hash == deadly and outcome.seed == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return {}


def test_a_run_that_kills_every_worker_is_found_out_and_the_rest_is_kept(study, start, tmp_path, monkeypatch):
    deadly = study.point(study.plans[1], study.worlds[0])
    monkeypatch.setattr(sweeping, "work_of", lambda study: Work(identity(), measure=partial(killed, deadly)))
    said: list = []
    told = sweep(study, open_results(study, tmp_path / "out"), start, on_failure=said.append)
    assert (told.done, told.failed) == (16, 1)
    assert [(row["scenario"], row["seed"]) for row in said] == [(deadly, 2)]
    assert said[0]["error"].startswith("WorkerDied")


REPLICATIONS, RUNS = 4000, 16_000
"""By far more than are made before the first part is written, whatever the engine: there is a rest to be broken off."""


def begun(folder: Path, *words: str) -> subprocess.Popen:
    """A sweep in a process group of its own, when some of it is stored."""
    file = folder / "small.toml"
    file.write_text(STUDY.replace("count = 4", f"count = {REPLICATIONS}"))
    process = subprocess.Popen(
        [*COMMAND, "sweep", str(file), "--out", str(folder / "out"), *(words or ("--workers", "1"))],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )  # fmt: skip
    deadline = time.monotonic() + 90
    while not list(folder.glob("out/runs/*/part-*")) and time.monotonic() < deadline:
        time.sleep(0.1)
    return process


def test_ctrl_c_on_the_whole_group_keeps_what_is_finished_and_says_how_to_go_on(tmp_path):
    process = begun(tmp_path)
    os.killpg(process.pid, signal.SIGINT)
    stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == 130
    assert stderr == "interrupted: what is finished is kept; the same command continues\n"
    assert "Traceback" not in stdout
    assert 0 < len(Results(tmp_path / "out")) < RUNS


def test_a_main_process_that_is_killed_leaves_nothing_running_and_whole_parts(tmp_path):
    process = begun(tmp_path)
    os.kill(process.pid, signal.SIGKILL)
    process.wait(timeout=20)
    kept = len(Results(tmp_path / "out"))
    assert kept > 0
    deadline = time.monotonic() + 20
    while (left := in_group(process.pid)) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert not left
    (tmp_path / "small.toml").write_text(STUDY)
    study = load_study(tmp_path / "small.toml")
    assert sweep(study, open_results(study, tmp_path / "out"), lambda: engine(1)).before > 0


@pytest.fixture
def cluster():
    """A scheduler and a worker of their own, as they are started by hand."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    dask = [sys.executable, "-m", "dask"]
    words = [["scheduler", "--host", "127.0.0.1", "--port", address.rpartition(":")[2], "--no-dashboard", "--no-jupyter"],
             ["worker", address, "--nthreads", "1", "--no-nanny", "--no-dashboard"]]  # fmt: skip
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": ROOT}
    processes = [subprocess.Popen([*dask, *each], **quiet) for each in words]
    yield address, *processes
    for process in processes:
        process.kill()
        process.wait(timeout=10)


def started(address: str):
    """The engine when its scheduler and its worker answer."""

    @contextmanager
    def given():
        deadline = time.monotonic() + 40
        while True:
            try:
                with engine(scheduler=address) as running:
                    yield running
                return
            except EngineError as error:
                if "reached" not in str(error) and "has no workers" not in str(error):
                    raise
                assert time.monotonic() < deadline
                time.sleep(0.5)

    return given


@pytest.mark.parametrize(("lost", "said"), [
    pytest.param("scheduler", "the scheduler was lost; what is finished is kept", id="scheduler"),
    pytest.param("worker", "all workers have been gone for 2 s; what is finished is kept", id="worker"),
])  # fmt: skip
def test_a_scheduler_or_all_workers_that_are_lost_end_the_sweep_in_one_line(cluster, lost, said, tmp_path, monkeypatch):
    monkeypatch.setattr("experiments.running.engine.ALONE_S", 2.0)
    address, scheduler, worker = cluster
    study = variant(tmp_path, ("count = 4", "count = 60"))
    results = open_results(study, tmp_path / "out")

    def strike(told):
        if told.done:
            (scheduler if lost == "scheduler" else worker).kill()

    with pytest.raises(EngineError, match=said):
        sweep(study, results, started(address), on_progress=strike)
    assert 0 < len(results) < 240


@pytest.mark.parametrize("error", [ConnectionResetError("reset"), CancelledError()], ids=["reset", "cancelled"])
@pytest.mark.parametrize("where", ["submit", "result"])
def test_a_scheduler_that_is_lost_while_it_is_spoken_to_is_told_in_one_line(where, error, study):
    """A stand-in for distributed's client, whose line breaks off while a batch is sent or its rows are fetched."""

    def broken(*_, **__):
        raise error

    class Finished:
        cancelled = exception = staticmethod(lambda: None)
        result = staticmethod(broken)

        def add_done_callback(self, told):
            told(self)

    class Broken:
        status = "running"
        submit = staticmethod(broken if where == "submit" else lambda *_, **__: Finished())
        cancel = staticmethod(broken)

    job = Job("a" * 24, slim(study.scenario(study.plans[0], study.worlds[0])), 1)
    with pytest.raises(EngineError, match=r"^the scheduler was lost; what is finished is kept"):
        list(Engine(Broken(), 1).run([job], 1, Work(identity())))


def test_rows_that_died_with_the_last_worker_are_not_waited_for_for_ever(study, monkeypatch):
    """The batch has finished, its rows were still with the worker, and nobody is left to make them again."""
    monkeypatch.setattr("experiments.running.engine.ALONE_S", 0.05)

    class Finished:
        cancelled = exception = staticmethod(lambda: None)

        def result(self, timeout):
            time.sleep(0.03)
            raise TimeoutError

        def add_done_callback(self, told):
            told(self)

    class Deserted:
        status = "running"
        submit = staticmethod(lambda *_, **__: Finished())
        cancel = staticmethod(lambda *_, **__: None)
        nthreads = staticmethod(dict)

    job = Job("a" * 24, slim(study.scenario(study.plans[0], study.worlds[0])), 1)
    with pytest.raises(EngineError, match="all workers have been gone for 0 s"):
        list(Engine(Deserted(), 1).run([job], 1, Work(identity())))


def test_a_scheduler_that_is_lost_is_told_in_one_line_on_the_command_line(cluster, tmp_path):
    address, scheduler, _ = cluster
    with started(address)():
        process = begun(tmp_path, "--scheduler", address)
    scheduler.kill()
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 2
    assert stderr == "the scheduler was lost; what is finished is kept, and the same command continues\n"


@pytest.mark.parametrize("address", ["tls://127.0.0.1:1", "foo://x", "nonsense"])
def test_an_address_that_is_none_is_refused_in_one_line_and_at_once(tmp_path, address):
    words = ["sweep", "junmen_grids", "--out", str(tmp_path / "out"), "--scheduler", address]
    told = subprocess.run([*COMMAND, *words], capture_output=True, text=True, timeout=60, check=False)
    assert told.returncode == 2
    assert re.fullmatch(rf"--scheduler: {address} cannot be reached: .+\n", told.stderr)


def in_group(leader: int) -> list[str]:
    told = subprocess.run(["ps", "-o", "pid=", "-s", str(leader)], capture_output=True, text=True, check=False)
    return told.stdout.split()


PRESSED = """
import os, signal, threading
from experiments.running.files import database

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
try:
    with database() as connection:
        threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
        connection.execute("SELECT sum(a.range * b.range) FROM range(50_000) a, range(20_000) b").fetchall()
except KeyboardInterrupt:
    print("a Ctrl-C")
"""


def test_ctrl_c_in_the_middle_of_a_query_is_a_ctrl_c():
    """DuckDB makes an error of its own of it, by its version and by where it comes; or goes on to the query's end."""
    told = subprocess.run([sys.executable, "-c", PRESSED], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert told.stdout == "a Ctrl-C\n", told.stderr
    for error in (RuntimeError(INTERRUPTED), duckdb.InterruptException(INTERRUPTED)):
        with pytest.raises(KeyboardInterrupt), database():
            raise error
    with pytest.raises(RuntimeError, match="another"), database():
        raise RuntimeError("another")
