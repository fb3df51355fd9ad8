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
from pathlib import Path

from filelock import FileLock, Timeout

from sim.compiled.cache import HERE, cache_folder, forget_the_oldest

LOADING_S = 1.0
"""About what it takes to import numba and to load what is kept."""
WAITING_S = 180.0
"""So long somebody who asked for the compiled engine waits while another process compiles."""


class State(StrEnum):
    """How far the compiled engine is."""

    READY = "ready"
    NOT_COMPILED = "not compiled yet"
    NO_NUMBA = "numba cannot be imported"
    OTHER_MATHS = "its arithmetic differs from Python's on this machine"
    NOWHERE = "there is nowhere to keep what is compiled"
    TOLD_NOT_TO = "numba is told not to compile (NUMBA_DISABLE_JIT)"
    BROKEN = "it could not be compiled or loaded"


_known: State | None = None
"""What this process has found out and need not ask again."""
_loaded = False
_beside: subprocess.Popen[bytes] | None = None


def state() -> State:
    """How far the compiled engine is; cheap."""
    global _known
    if _known is None and find_spec("numba") is None:
        _known = State.NO_NUMBA
    if _known is None and os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0"):
        _known = State.TOLD_NOT_TO
    folder = cache_folder()
    if _known is None and folder is None:
        _known = State.NOWHERE
    if _known is None and folder:
        _known = _kept(folder)
    return _known or State.NOT_COMPILED


def _kept(folder: Path) -> State | None:
    """What another process has found out; None: nothing, or what it made is gone."""
    with suppress(OSError, ValueError):
        said = State((folder / "state").read_text(encoding="utf-8"))
        if said is not State.READY or any(folder.glob("running.run-*.nbc")):
            return said
    return None


def is_loaded() -> bool:
    """Whether this process has the kernel at hand."""
    return _loaded


def load() -> bool:
    """Import numba and what is kept, where it is ready; returns whether the kernel is at hand.

    If what is kept is damaged it is thrown away: another process makes it anew, and this one goes on without.
    """
    global _loaded, _known
    if not _loaded and state() is State.READY:
        try:
            import numba

            from sim.compiled import playing

            if numba.config.DISABLE_JIT:
                _known = State.TOLD_NOT_TO
                return False
            playing.warm_up()
            _loaded = True
            _note_its_use()
        except Exception:  # whatever is wrong with what is kept, the Mesa engine serves
            _known = State.BROKEN
            _forget_what_is_kept()
    return _loaded


def _note_its_use() -> None:
    folder = cache_folder()
    with suppress(OSError):
        if folder:
            os.utime(folder)


def _forget_what_is_kept() -> None:
    folder = cache_folder()
    for file in folder.glob("*.nb?") if folder else ():
        with suppress(OSError):
            file.unlink()
    if folder:
        with suppress(OSError):
            (folder / "state").unlink()


def compile_now(waiting_s: float = 0.0) -> bool:
    """Compile and keep, if that has not been done; returns whether the engine is ready. Takes about 20 s.

    What another process compiles already is left to it, after waiting so long for it.
    """
    global _known
    folder = cache_folder()
    if folder is None or state() is not State.NOT_COMPILED:
        return state() is State.READY
    with suppress(Timeout, OSError), FileLock(folder / "compiling", timeout=waiting_s):
        if state() is State.NOT_COMPILED:
            _known = _compiled()
            if _known not in (State.BROKEN, State.TOLD_NOT_TO):
                half = folder / f"state.{os.getpid()}"
                half.write_text(_known, encoding="utf-8")
                half.replace(folder / "state")
                forget_the_oldest(folder)
    return state() is State.READY


def _compiled() -> State:
    try:
        import numba

        from sim.compiled import checking, playing

        if numba.config.DISABLE_JIT:
            return State.TOLD_NOT_TO
        playing.warm_up()
        return State.READY if checking.reckons_as_python() else State.OTHER_MATHS
    except ImportError:
        return State.NO_NUMBA
    except Exception:  # a compiler has many ways to fail, a disk too: the Mesa engine serves
        return State.BROKEN


def compile_beside() -> None:
    """Let a process of its own compile, while this one goes on; it ends by itself."""
    global _beside
    if _beside is None and state() is State.NOT_COMPILED:
        with suppress(OSError):  # no process to be had: then not
            _beside = subprocess.Popen(
                [sys.executable, "-m", "sim.compiled"], cwd=HERE.parent.parent, stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip
