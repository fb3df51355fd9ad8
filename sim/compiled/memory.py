"""The one place where memory is touched by its address: how compiled code comes to a record of an array.

Layer: sim.  Why addresses: a kernel that is handed its thirty arrays as numba arrays takes three times as long to
compile and runs at a seventh of the speed (on a prototype): every call hands on six numbers for each.
Why it is safe: no address is reckoned with that has not been checked against the room of its array. An index outside is
noted as a fault, the first record is given instead, and the history ends with an error (`sim.compiled.history`).
What is nested in a record (a number for each level, stage, or kind of grid) is indexed by codes that the plan has set.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic
from numba.np.numpy_support import from_dtype

from sim.compiled import interpreted
from sim.compiled.layout import ARRAYS, WORLD

I64 = ir.IntType(64)
BYTES = ir.IntType(8).as_pointer()
OUT_OF_BOUNDS = 3
"""Faults up to this one are the kernel's; from here on each stands for an array, in the order of `ARRAYS`."""


PLACES: Any = WORLD.fields


def accessor(array: str) -> Any:
    """What gives the kernel the record of an array at an index: `(world, index) -> record`."""
    fault = OUT_OF_BOUNDS + list(ARRAYS).index(array)
    return interpreted.accessor(array, fault) if numba.config.DISABLE_JIT else _compiled_accessor(array, fault)


def _compiled_accessor(array: str, fault: int) -> Any:
    record, world, size = from_dtype(ARRAYS[array]), from_dtype(WORLD), ARRAYS[array].itemsize

    @intrinsic  # type: ignore[untyped-decorator]
    def at(_context: Any, _w: Any, index: Any) -> Any:
        if not isinstance(index, types.Integer):
            return None

        def generate(context: Any, builder: Any, _signature: Any, args: Any) -> Any:
            def field(name: str) -> Any:
                offset = ir.Constant(I64, PLACES[name][1])
                place = builder.gep(builder.bitcast(args[0], BYTES), [offset])
                return builder.bitcast(place, I64.as_pointer())

            index, room = args[1], builder.load(field(f"{array}_room"))
            outside = builder.icmp_unsigned(">=", index, room)
            with builder.if_then(outside, likely=False):
                builder.store(ir.Constant(I64, fault), field("fault"))
                builder.store(index, field("fault_index"))
            inside = builder.select(outside, ir.Constant(I64, 0), index)
            place = builder.add(builder.load(field(f"{array}_at")), builder.mul(inside, ir.Constant(I64, size)))
            return builder.inttoptr(place, context.get_value_type(record))

        return record(world, types.int64), generate

    return at


@intrinsic  # type: ignore[untyped-decorator]
def _compiled_call(_context: Any, _address: Any, _x: Any, _y: Any) -> Any:
    """Call the function of two numbers that stands at an address."""

    def generate(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        number = ir.DoubleType()
        function = ir.FunctionType(number, [number, number])
        return builder.call(builder.inttoptr(args[0], function.as_pointer()), args[1:])

    return types.float64(types.int64, types.float64, types.float64), generate


call: Any = interpreted.call if numba.config.DISABLE_JIT else _compiled_call


def address_of(array: np.ndarray) -> int:
    """Where an array begins; it must lie in one piece."""
    assert array.flags.c_contiguous
    return int(array.ctypes.data)
