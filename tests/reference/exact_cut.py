"""The most equal cut into contiguous grids, by mixed-integer programming: for a few buildings only.

Grids are connected by a flow: in each grid one building is the root and sends out flow, of which every other one keeps
some; flow passes only between neighbours of the grid. Shirabe 2009 (Districting modeling with exact contiguity
constraints). Solved by HiGHS through scipy.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array

MOST_BUILDINGS = 25


class Exact(NamedTuple):
    """What is known of the best."""

    deviation: float | None
    """The largest deviation of the best cut that was found, relative to the mean; None: none was found in time."""
    bound: float
    """No cut has a smaller one (or smaller than what was good enough)."""


def most_equal(households, links, grids_count, good_enough=0.0, limit_s=60.0) -> Exact:
    """The smallest largest deviation of any contiguous cut: households (n,), links (m, 2).

    A cut that is good enough ends the search. Raises ValueError above 25 buildings.
    """
    n, k = len(households), grids_count
    if n > MOST_BUILDINGS:
        raise ValueError(f"{n} buildings are too many; at most {MOST_BUILDINGS}")
    ideal = sum(households) / k
    arcs = [(int(a), int(b)) for a, b in links] + [(int(b), int(a)) for a, b in links]
    x = np.arange(n * k).reshape(n, k)
    root = x + n * k
    flow = 2 * n * k + np.arange(len(arcs) * k).reshape(len(arcs), k)
    t = 2 * n * k + len(arcs) * k
    rows = []  # coefficients, low, high
    for v in range(n):
        rows.append(({x[v, g]: 1 for g in range(k)}, 1, 1))
    for g in range(k):
        rows.append(({root[v, g]: 1 for v in range(n)}, 1, 1))
        size = {x[v, g]: households[v] / ideal for v in range(n)}
        rows += [({**size, t: -1.0}, -np.inf, 1.0), ({**size, t: 1.0}, 1.0, np.inf)]
        for v in range(n):
            rows.append(({root[v, g]: 1, x[v, g]: -1}, -np.inf, 0))
            kept = {flow[i, g]: (1 if b == v else -1) for i, (a, b) in enumerate(arcs) if v in (a, b)}
            rows.append(({**kept, x[v, g]: -1, root[v, g]: n}, 0, np.inf))
        for i, (a, b) in enumerate(arcs):
            rows.append(({flow[i, g]: 1, x[a, g]: -(n - 1)}, -np.inf, 0))
            rows.append(({flow[i, g]: 1, x[b, g]: -(n - 1)}, -np.inf, 0))
    entries = [(r, c, value) for r, (row, _, _) in enumerate(rows) for c, value in row.items()]
    r, c, values = zip(*entries, strict=True)
    matrix = coo_array((values, (r, c)), shape=(len(rows), t + 1)).tocsr()
    low, high = np.zeros(t + 1), np.ones(t + 1)
    high[flow.ravel()], high[t], low[t] = n - 1, k, good_enough
    for v in range(n):  # grids have no names: building v is in one of the first v + 1
        high[x[v, v + 1 :]] = 0
    whole = np.zeros(t + 1)
    whole[: 2 * n * k] = 1
    objective = np.zeros(t + 1)
    objective[t] = 1
    found = milp(
        objective, integrality=whole, bounds=Bounds(low, high),
        constraints=LinearConstraint(matrix, [row[1] for row in rows], [row[2] for row in rows]),
        options={"time_limit": limit_s},
    )  # fmt: skip
    if found.x is None:
        return Exact(None, np.inf if found.status == 2 else float(found.mip_dual_bound or 0.0))
    grid_of = found.x[: n * k].reshape(n, k).argmax(axis=1)
    sizes = np.bincount(grid_of, households, minlength=k)
    return Exact(float(np.abs(sizes / ideal - 1.0).max()), float(found.mip_dual_bound))
