"""How the kernel is compiled, and where what was compiled is kept.

Layer: sim.
"""

from __future__ import annotations

from collections.abc import Callable
from inspect import getmembers, isfunction
from tempfile import TemporaryFile
from types import FunctionType, ModuleType
from typing import Any

import numba

from sim import closed_forms
from sim.compiled import interpreted
from sim.compiled.cache import cache_folder


class Kept:
    """Tells numba where to keep what it compiles, and when that holds no longer: in a folder named by the code.

    In numba's own place the folder is named by where the checkout lies, and a function is known by its own file alone.
    """

    @classmethod
    def from_function(cls, function: Callable[..., Any], _file: str) -> Kept | None:
        """None: there is nowhere to keep it."""
        return cls(function) if cache_folder() else None

    def __init__(self, function: Callable[..., Any]) -> None:
        """Keep this function."""
        self._line = function.__code__.co_firstlineno

    def get_cache_path(self) -> str:
        """The folder."""
        return str(cache_folder())

    def get_source_stamp(self) -> str:
        """What the code is known by: the name of the folder."""
        folder = cache_folder()
        return folder.name if folder else ""

    def get_disambiguator(self) -> str:
        """What tells functions of the same name apart."""
        return str(self._line)

    def ensure_cache_path(self) -> None:
        """Raises OSError if the folder cannot be written."""
        TemporaryFile(dir=self.get_cache_path()).close()


def entrance[**P, R](function: Callable[P, R]) -> Callable[P, R]:
    """What Python calls: compiled when it is first called, or loaded if it has been before."""
    if numba.config.DISABLE_JIT:
        return interpreted.entrance(function)
    others = numba.config.CACHE_LOCATOR_CLASSES
    numba.config.CACHE_LOCATOR_CLASSES = f"{Kept.__module__}.{Kept.__name__}"
    try:
        return numba.njit(cache=cache_folder() is not None, nogil=True, error_model="numpy")(function)
    finally:
        numba.config.CACHE_LOCATOR_CLASSES = others


compiled = numba.njit(nogil=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True, _nrt=False)
"""What only compiled functions call."""


def _compiled_forms() -> ModuleType:
    """The closed forms once more, compiled: each sees the others as compiled ones."""
    again = ModuleType("compiled_forms")
    vars(again).update(vars(closed_forms))
    for name, form in getmembers(closed_forms, isfunction):
        if form.__module__ == closed_forms.__name__:
            own = FunctionType(form.__code__, vars(again), name, form.__defaults__)
            setattr(again, name, interpreted.form(own) if numba.config.DISABLE_JIT else compiled(own))
    return again


forms = _compiled_forms()
