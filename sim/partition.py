"""Cutting the ground into parts: square cells, and contiguous groups of whole buildings balanced by households.

Layer: sim.  Pure functions of coordinates and weights; no chance.
"""

from __future__ import annotations

from heapq import heapify, heapreplace
from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial import cKDTree

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

NEIGHBOURS_LOOKED_AT = 8


def apportion(weights: Sequence[float], total: int, caps: Sequence[int] | None = None, least: int = 1) -> list[int]:
    """Share `total` whole things out over parts by weight, `least` to each part first and no more than its cap.

    Rule:    highest averages (Webster, Sainte-Laguë): the next goes where weight / (have + 1/2) is largest;
             ties go to the lower index.
    Raises ValueError if `total` is less than the least for all, or more than the caps allow.
    """
    caps = [total] * len(weights) if caps is None else list(caps)
    if not least * len(weights) <= total <= sum(caps):
        raise ValueError(f"cannot share {total} out over {len(weights)} parts of {least} to {max(caps)} each")
    have = [least] * len(weights)
    queue = [(-weights[i] / (have[i] + 0.5), i) for i in range(len(weights)) if have[i] < caps[i]]
    heapify(queue)
    for _ in range(total - sum(have)):
        _, i = queue[0]
        have[i] += 1
        full = have[i] >= caps[i]
        heapreplace(queue, (np.inf if full else -weights[i] / (have[i] + 0.5), i))
    return have


def bisect_into(
    x_m: NDArray[np.float64], y_m: NDArray[np.float64], weights: NDArray[np.float64], parts: int
) -> NDArray[np.int64]:
    """Group points into `parts` compact, contiguous groups of nearly equal weight; one label for each point.

    Rule:    cut across the longer side, at the point where the weights on both sides are as parts to
             parts, and go on with each side; every group keeps at least one point.  (Eq. 7)
    Source:  berger-1987
    Raises ValueError if there are fewer points than parts.
    """
    if parts > len(x_m):
        raise ValueError(f"cannot make {parts} groups of {len(x_m)} points")
    labels = np.zeros(len(x_m), dtype=np.int64)
    pending = [(np.arange(len(x_m)), parts, 0)]
    while pending:
        points, parts, first = pending.pop()
        if parts == 1:
            labels[points] = first
            continue
        low = parts // 2
        wide = np.ptp(x_m[points]) >= np.ptp(y_m[points])
        ordered = points[np.argsort((x_m if wide else y_m)[points], kind="stable")]
        reached = np.cumsum(weights[ordered])
        cut = int(np.searchsorted(reached, reached[-1] * low / parts, side="left")) + 1
        cut = min(max(cut, low), len(ordered) - (parts - low))
        pending += [(ordered[:cut], low, first), (ordered[cut:], parts - low, first + low)]
    return labels


def nearest_other(
    x_m: NDArray[np.float64], y_m: NDArray[np.float64], group: NDArray[np.int64]
) -> tuple[NDArray[np.float64], set[tuple[int, int]]]:
    """For each point, half the distance to the nearest point of another group, m; and which groups touch.

    Looks at each point's eight nearest neighbours: further away is as good as not near (infinity).
    """
    count = min(NEIGHBOURS_LOOKED_AT + 1, len(x_m))
    points = np.column_stack([x_m, y_m])
    distance, neighbour = cKDTree(points).query(points, k=count)
    distance, neighbour = distance.reshape(len(x_m), -1), neighbour.reshape(len(x_m), -1)
    other = group[neighbour] != group[:, None]
    own, others = np.broadcast_to(group[:, None], other.shape)[other], group[neighbour][other]
    # Each pair as one number, smaller group first: sorting numbers is many times quicker than sorting pairs.
    groups_count = int(group.max()) + 1
    pairs = np.unique(np.minimum(own, others) * groups_count + np.maximum(own, others))
    touching = set(zip((pairs // groups_count).tolist(), (pairs % groups_count).tolist(), strict=True))
    return np.where(other, distance, np.inf).min(axis=1) / 2.0, touching


def lattice_edges(columns: int, rows: int) -> set[tuple[int, int]]:
    """Pairs of square cells that share a side; a cell's number is row × columns + column."""
    cell = np.arange(columns * rows).reshape(rows, columns)
    across = zip(cell[:, :-1].ravel().tolist(), cell[:, 1:].ravel().tolist(), strict=True)
    down = zip(cell[:-1].ravel().tolist(), cell[1:].ravel().tolist(), strict=True)
    return {*across, *down}
