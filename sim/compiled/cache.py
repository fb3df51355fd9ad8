"""Where what is compiled is kept: a folder named by the code, of the user's own, wherever the checkout lies.

Layer: sim.
"""

from __future__ import annotations

import os
import platform
import shutil
import tempfile
from contextlib import suppress
from functools import lru_cache
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from platformdirs import user_cache_path

HERE = Path(__file__).parent
COMPILED_FROM = (
    *sorted(HERE.rglob("*.py")), *(HERE.parent / name for name in ("closed_forms.py", "incidents.py", "randomness.py")),
)  # fmt: skip
"""The files from which the kernel is compiled, and whose numbers stand in it."""


MOST_OTHERS = 16
"""So many checkouts may be worked on in turn; each takes half a megabyte."""


@lru_cache(maxsize=1)
def cache_folder() -> Path | None:
    """Where what is compiled from this very code is kept, for this machine; None: nowhere may be written.

    A folder of the user's own, that nobody else may write: what is loaded from it is run.
    """
    own_temporary = Path(tempfile.gettempdir()) / f"grid-governance-{_user()}"
    for parent in (user_cache_path("grid-governance", appauthor=False), own_temporary):
        with suppress(OSError):
            folder = parent
            for name in ("", "compiled", _named_by_the_code()):
                folder = folder / name
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                if not _is_own(folder):
                    raise PermissionError(folder)
            tempfile.TemporaryFile(dir=folder).close()
            return folder
    return None


def forget_the_oldest(folder: Path) -> None:
    """Of what stands beside a folder, for other code, keep what was used last."""
    with suppress(OSError):
        others = [one for one in folder.parent.glob("*-py*") if one != folder]
        for old in sorted(others, key=lambda one: one.stat().st_mtime, reverse=True)[MOST_OTHERS:]:
            shutil.rmtree(old, ignore_errors=True)


def _named_by_the_code() -> str:
    """Digits that change with the code, with what compiles it, and with the machine that it is compiled for."""
    told = sha256()
    for file in COMPILED_FROM:
        told.update(file.name.encode() + b"\0" + file.read_bytes())
    for package in ("numba", "llvmlite", "numpy", "scipy"):
        with suppress(PackageNotFoundError):
            told.update(f"{package} {version(package)}".encode())
    told.update(" ".join([platform.machine(), *platform.libc_ver(), *_processor()]).encode())
    return f"{told.hexdigest()[:20]}-py{platform.python_version()}"


def _processor() -> list[str]:
    """What the processor is and can do, as far as the system tells."""
    with suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return sorted({line for line in lines if line.startswith(("model name", "flags", "Features"))})
    return [platform.processor()]


def _user() -> str:
    return str(os.getuid()) if hasattr(os, "getuid") else os.environ.get("USERNAME", "user")


def _is_own(folder: Path) -> bool:
    """Whether nobody else may have put anything there; what is ours and open to others is closed."""
    if not hasattr(os, "getuid"):
        return True
    if folder.stat().st_uid != os.getuid():
        return False
    if folder.stat().st_mode & 0o022:
        folder.chmod(0o700)
    return True
