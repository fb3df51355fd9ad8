"""What is compiled is kept: where, for which code, for how long, and when it is fetched."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sim.compiled import cache, readiness

pytest.importorskip("numba")


@pytest.mark.usefixtures("compiled_engine")
def test_what_is_kept_is_named_by_the_code_and_lies_outside_the_checkout():
    folder = cache.cache_folder()
    assert folder is not None
    assert (folder / "state").read_text() == readiness.State.READY
    assert not folder.is_relative_to(Path(__file__).parent.parent)


def test_other_code_is_kept_elsewhere(tmp_path, monkeypatch):
    before = cache.cache_folder()
    other = tmp_path / "kernel.py"
    other.write_text("x = 1\n")
    cache.cache_folder.cache_clear()
    monkeypatch.setattr(cache, "COMPILED_FROM", (*cache.COMPILED_FROM, other))
    try:
        assert cache.cache_folder() != before
    finally:
        cache.cache_folder.cache_clear()


def test_of_what_is_kept_for_other_code_the_oldest_is_forgotten(tmp_path):
    (tmp_path / "of somebody else").mkdir()
    for number in range(cache.MOST_OTHERS + 3):
        folder = tmp_path / f"{number}-py3"
        folder.mkdir()
        os.utime(folder, (1e9 + number, 1e9 + number))
    cache.forget_the_oldest(tmp_path / "0-py3")
    left = {folder.name for folder in tmp_path.iterdir()}
    assert left == {"of somebody else", "0-py3", *(f"{number}-py3" for number in range(3, cache.MOST_OTHERS + 3))}


def in_a_process(code: str, home: Path) -> list[str]:
    told = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "XDG_CACHE_HOME": str(home)},
    )
    return told.stdout.split()


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="there are no owners here")
def test_a_folder_that_others_may_write_is_closed_and_one_of_others_is_not_used(tmp_path, monkeypatch):
    code = "import os; os.umask(0o002); from sim.compiled.cache import cache_folder; print(cache_folder())"
    (folder,) = in_a_process(code, tmp_path)
    for place in (Path(folder), Path(folder).parent, Path(folder).parent.parent):
        assert place.is_relative_to(tmp_path)
        assert not place.stat().st_mode & 0o022
    monkeypatch.setattr(os, "getuid", lambda: 12345)
    assert not cache._is_own(tmp_path)


@pytest.mark.usefixtures("compiled_engine")
def test_what_is_kept_and_damaged_is_thrown_away_and_the_mesa_model_serves(tmp_path):
    folder = cache.cache_folder()
    copy = tmp_path / "grid-governance" / "compiled" / folder.name
    shutil.copytree(folder, copy)
    for file in copy.glob("running.run*.nbi"):
        file.write_bytes(file.read_bytes()[:100])
    code = ("from sim.compiled import readiness; print(readiness.state().name, readiness.load(), readiness.state().name);"
            "from sim.compiled.readiness import _kept, cache_folder; print(_kept(cache_folder()))")  # fmt: skip
    assert in_a_process(code, tmp_path) == ["READY", "False", "BROKEN", "None"]


def test_two_that_compile_at_once_do_not_get_in_each_others_way(monkeypatch, tmp_path):
    """Who comes second leaves it to the first, or waits for it if it was asked to."""
    from filelock import FileLock

    folder = tmp_path / "of this code"
    folder.mkdir()
    monkeypatch.setattr(readiness, "_known", None)
    monkeypatch.setattr(readiness, "cache_folder", lambda: folder)
    with FileLock(folder / "compiling"):
        assert not readiness.compile_now()
    monkeypatch.setattr(readiness, "_compiled", lambda: readiness.State.OTHER_MATHS)
    assert not readiness.compile_now(waiting_s=5.0)
    assert (folder / "state").read_text() == readiness.State.OTHER_MATHS


def test_a_run_does_not_import_numba_before_it_is_worth_it():
    code = (
        "import sys; from scenarios.loading import load; from sim.run import simulate;"
        "o = simulate(load('junmen_2012', {'period.days': 2}), 1); print(o.engine, 'numba' in sys.modules)"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert told == ["mesa", "False"]
