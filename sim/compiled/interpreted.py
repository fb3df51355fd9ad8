"""The kernel as plain Python, where numba is told not to compile (NUMBA_DISABLE_JIT=1): for debuggers, and for mutants.

Layer: sim.  The same histories, two hundred times slower: half as fast as the Mesa model. Records become objects when
they are first asked for; those that a history changes are put back into their arrays when the kernel comes back. Whole
numbers have no end here, and to divide by zero is an error: what the compiled kernel does there is for the tests that
compare engines.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from functools import lru_cache, wraps
from typing import Any

import numpy as np

from sim.compiled.layout import ARRAYS

NEVER_CHANGED = frozenset(("below", "categories", "cells", "crew_units", "crews", "grid_rounds", "groups", "noticed",
                           "passings", "rounds", "sites", "spans", "starts", "visits", "witnesses"))  # fmt: skip
"""Arrays that no history changes."""
_kept: dict[tuple[str, int], list[Any]] = {}
"""Of these, the records, by name and by where they lie."""
MOST_KEPT = 256


def _records(array: np.ndarray, beside: tuple[str, ...] = ()) -> list[Any]:
    """Objects with the fields of the records, and others `beside` these; what is nested is a list."""
    kind, names = _kind(array.dtype, beside), array.dtype.names or ()
    records = []
    for values in array.tolist():
        record = kind()
        for name, value in zip(names, values, strict=True):
            setattr(record, name, value.tolist() if isinstance(value, np.ndarray) else value)
        records.append(record)
    return records


@lru_cache(maxsize=64)
def _kind(of: np.dtype, beside: tuple[str, ...]) -> type[Any]:
    return type("Record", (), {"__slots__": (*(of.names or ()), *beside)})


def _put_back(records: Sequence[Any], array: np.ndarray) -> None:
    names = array.dtype.names or ()
    array[:] = [tuple(getattr(record, name) for name in names) for record in records]


def _at_address(array: str, world: Any) -> np.ndarray:
    kind, room = ARRAYS[array], getattr(world, f"{array}_room")
    place = (ctypes.c_byte * (max(room, 1) * kind.itemsize)).from_address(getattr(world, f"{array}_at"))
    return np.frombuffer(place, kind)


def _kept_records(array: str, world: Any) -> list[Any]:
    known_by = array, getattr(world, f"{array}_at")
    if array not in NEVER_CHANGED:
        return _records(_at_address(array, world))
    if known_by not in _kept:
        _kept[known_by] = _records(_at_address(array, world))
    return _kept[known_by]


def _forget_what_lay_there(world: Any) -> None:
    """A history begins, perhaps in the memory of one that is over."""
    if len(_kept) > MOST_KEPT:
        _kept.clear()
    for array in NEVER_CHANGED:
        _kept.pop((array, getattr(world, f"{array}_at")), None)


def accessor(array: str, fault: int) -> Callable[[Any, int], Any]:
    """The record of an array at an index: `(world, index) -> record`; an index outside is noted as `fault`."""
    how_many = f"{array}_room"

    def at(world: Any, index: int) -> Any:
        if array not in world.loaded:
            world.loaded[array] = _kept_records(array, world)
        if not 0 <= index < getattr(world, how_many):
            world.fault, world.fault_index = fault, index
            index = 0
        return world.loaded[array][index]

    return at


def call(address: int, x: float, y: float) -> float:
    """Call the function of two numbers that stands at an address."""
    number = ctypes.c_double
    return float(ctypes.CFUNCTYPE(number, number, number)(address)(x, y))


def entrance[R](function: Callable[..., R]) -> Callable[..., R]:
    """What Python calls with a world, or with an array of records first: these hold afterwards what has happened."""

    @wraps(function)
    def enter(first: Any, *others: Any) -> R:
        if not isinstance(first, np.void):
            records = _records(first)
            result = function(records, *others)
            _put_back(records, first)
            return result
        (world,) = _records(np.array([first]), beside=("loaded",))
        world.loaded = {}
        if world.day == 0:
            _forget_what_lay_there(world)
        result = function(world, *others)
        for name, loaded in world.loaded.items():
            if name not in NEVER_CHANGED:
                _put_back(loaded, _at_address(name, world))
        for name in first.dtype.names or ():
            first[name] = getattr(world, name)
        return result

    return enter


def form[R](function: Callable[..., R]) -> Callable[..., R]:
    """A closed form, which reckons with Python's numbers: those of numpy cannot hold what it multiplies."""

    @wraps(function)
    def reckon(*arguments: Any) -> R:
        return function(*(each.item() if isinstance(each, np.generic) else each for each in arguments))

    return reckon
