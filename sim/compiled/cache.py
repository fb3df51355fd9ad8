"""Where what is compiled is kept: a folder named by the code, of the user's own, wherever the checkout lies.

Layer: sim.
"""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from functools import lru_cache
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from platform import python_version

from platformdirs import user_cache_path

HERE = Path(__file__).parent
COMPILED_FROM = (
    *sorted(HERE.rglob("*.py")), *(HERE.parent / name for name in ("closed_forms.py", "incidents.py", "randomness.py")),
)  # fmt: skip
"""The files from which the kernel is compiled, and whose numbers stand in it."""


@lru_cache(maxsize=1)
def cache_folder() -> Path | None:
    """Where what is compiled from this very code is kept, by this very numba; None: nowhere may be written.

    A folder of the user's own, wherever the checkout lies: what is loaded from it is run.
    """
    told = sha256()
    for file in COMPILED_FROM:
        told.update(file.name.encode() + b"\0" + file.read_bytes())
    for package in ("numba", "llvmlite", "numpy"):
        with suppress(PackageNotFoundError):
            told.update(f"{package} {version(package)}".encode())
    name = f"{told.hexdigest()[:20]}-py{python_version()}"
    own_temporary = Path(tempfile.gettempdir()) / f"grid-governance-{_user()}"
    for parent in (user_cache_path("grid-governance", appauthor=False), own_temporary):
        with suppress(OSError):
            folder = parent / "compiled" / name
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            tempfile.TemporaryFile(dir=folder).close()
            if _is_own(parent):
                return folder
    return None


def _user() -> str:
    return str(os.getuid()) if hasattr(os, "getuid") else os.environ.get("USERNAME", "user")


def _is_own(folder: Path) -> bool:
    """Whether nobody else may have put anything there."""
    if not hasattr(os, "getuid"):
        return True
    found = folder.stat()
    return found.st_uid == os.getuid() and not found.st_mode & 0o022
