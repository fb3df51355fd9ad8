"""Whether compiled arithmetic gives the same bits as Python's on this machine.

Layer: sim.  It need not: a compiler may fuse a multiplication with an addition, a system have another logarithm.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba.extending import get_cython_function_address
from scipy.special import gammaincinv

from sim import closed_forms
from sim.compiled.compiling import entrance, forms
from sim.compiled.memory import call

COUNT = 4_000


@entrance
def _compiled(key, gamma_address, found):
    for i in range(len(key)):
        u = forms.draw(key[i], i % 31, 1 + i % 7)
        v = forms.draw(key[i], 31, 1 + i % 3)
        x = 100.0 * v
        found[i, 0], found[i, 1] = u, forms.exponential(u, x)
        found[i, 2] = forms.tries_until_success(u, v)
        found[i, 3] = forms.lognormal(u, x / 50.0 - 1.0, v)
        found[i, 4] = forms.slowness(x, v, 30.0)
        found[i, 5] = forms.pace(i, 1 + i % 9, 1.0 + x, v, u, v)
        found[i, 6] = forms.distance_m(x, u, v, 1000.0 * u)
        found[i, 7] = forms.round_comes_h(x, u, 1.0 + 30.0 * v, 1 + i % 5, 4.0 + u)
        found[i, 8] = (1000.0 * u - x) % (0.5 + v)
        found[i, 9] = (1000.0 * u) // 24.0
        found[i, 10] = call(gamma_address, 1.0 / (0.1 + v), u)
        found[i, 11] = forms.search_h(x, 2000.0 * u, 500.0 + v)


def _by_python(key: list[int], found: np.ndarray) -> None:
    shapes, quantiles = np.empty(len(key)), np.empty(len(key))
    for i, one in enumerate(key):
        u = closed_forms.draw(one, i % 31, 1 + i % 7)
        v = closed_forms.draw(one, 31, 1 + i % 3)
        x = 100.0 * v
        shapes[i], quantiles[i] = 1.0 / (0.1 + v), u
        found[i] = (
            u, closed_forms.exponential(u, x), closed_forms.tries_until_success(u, v),
            closed_forms.lognormal(u, x / 50.0 - 1.0, v), closed_forms.slowness(x, v, 30.0),
            closed_forms.pace(i, 1 + i % 9, 1.0 + x, v, u, v), closed_forms.distance_m(x, u, v, 1000.0 * u),
            closed_forms.round_comes_h(x, u, 1.0 + 30.0 * v, 1 + i % 5, 4.0 + u), (1000.0 * u - x) % (0.5 + v),
            (1000.0 * u) // 24.0, 0.0, closed_forms.search_h(x, 2000.0 * u, 500.0 + v),
        )  # fmt: skip
    found[:, 10] = gammaincinv(shapes, quantiles)


def reckons_as_python() -> bool:
    """Compare every closed form on thousands of values; 0.1 s."""
    key = np.arange(1, COUNT + 1, dtype=np.uint64) * np.uint64(closed_forms.MIX_1)
    compiled, by_python = np.empty((COUNT, 12)), np.empty((COUNT, 12))
    address: Any = get_cython_function_address("scipy.special.cython_special", "gammaincinv")
    _compiled(key, address, compiled)
    _by_python(key.tolist(), by_python)
    return bool(np.array_equal(compiled, by_python))
