"""How the kernel is compiled, and where what was compiled is kept.

Layer: sim.
"""

from __future__ import annotations

from inspect import getmembers, isfunction
from types import FunctionType, ModuleType

from numba import njit

from sim import closed_forms

entrance = njit(cache=True, nogil=True, error_model="numpy")
"""What Python calls."""
compiled = njit(nogil=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True, _nrt=False)
"""What only compiled functions call."""


def _compiled_forms() -> ModuleType:
    """The closed forms once more, compiled: each sees the others as compiled ones."""
    again = ModuleType("compiled_forms")
    vars(again).update(vars(closed_forms))
    for name, form in getmembers(closed_forms, isfunction):
        if form.__module__ == closed_forms.__name__:
            setattr(again, name, compiled(FunctionType(form.__code__, vars(again), name, form.__defaults__)))
    return again


forms = _compiled_forms()
