"""Whether the compiled engine may be used here and now; and how it comes to be, without anybody waiting for it.

Layer: sim.  Imports neither numba nor the kernel before it must.
"""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress
from enum import StrEnum
from importlib.util import find_spec

from filelock import FileLock, Timeout

from sim.compiled.cache import HERE, cache_folder

LOADING_S = 1.0
"""About what it takes to import numba and to load what is kept."""
COMPILING_S = 20.0
"""About what it takes to compile."""


class State(StrEnum):
    """How far the compiled engine is."""

    READY = "ready"
    NOT_COMPILED = "not compiled yet"
    NO_NUMBA = "numba cannot be imported"
    OTHER_MATHS = "its arithmetic differs from Python's on this machine"


_state: State | None = None
"""Once known for good."""


def state() -> State:
    """How far the compiled engine is; cheap."""
    global _state
    if _state is None and find_spec("numba") is None:
        _state = State.NO_NUMBA
    if _state is None and (folder := cache_folder()):
        with suppress(OSError, ValueError):
            _state = State((folder / "state").read_text(encoding="utf-8"))
    return _state or State.NOT_COMPILED


def is_loaded() -> bool:
    """Whether this process has the kernel at hand."""
    return _loaded


_loaded = False


def load() -> bool:
    """Import numba and what is kept, where it is ready; returns whether the kernel is at hand."""
    global _loaded, _state
    if not _loaded and state() is State.READY:
        try:
            from sim.compiled import playing

            playing.warm_up()
            _loaded = True
        except Exception:  # whatever is wrong with what is kept, the Mesa engine serves
            _state = State.NO_NUMBA
    return _loaded


def compile_now() -> bool:
    """Compile and keep, if that has not been done; returns whether the engine is ready. Takes about 20 s.

    Waits for nobody: what another process compiles already is left to it.
    """
    global _state
    folder = cache_folder()
    if folder is None or state() is not State.NOT_COMPILED:
        return state() is State.READY
    try:
        with FileLock(folder / "compiling", timeout=0):
            _state = _compiled_state()
            half = folder / f"state.{os.getpid()}"
            half.write_text(_state, encoding="utf-8")
            half.replace(folder / "state")
    except Timeout:
        return False
    return _state is State.READY


def _compiled_state() -> State:
    try:
        from sim.compiled import checking, playing
    except ImportError:
        return State.NO_NUMBA
    playing.warm_up()
    return State.READY if checking.reckons_as_python() else State.OTHER_MATHS


def compile_beside() -> None:
    """Let a process of its own compile, while this one goes on; it ends by itself."""
    global _beside
    if _beside is None and state() is State.NOT_COMPILED and cache_folder():
        _beside = subprocess.Popen(
            [sys.executable, "-m", "sim.compiled"], cwd=HERE.parent.parent, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip


_beside: subprocess.Popen[bytes] | None = None
