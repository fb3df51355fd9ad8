"""How many grids each side of a barrier gets, and which sides must share one.

Layer: experiments.  Pure; no chance.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from experiments.sizing.cuts.neighbourhood import Community, Ints
from sim.partition import apportion


class Shares(NamedTuple):
    """Sides of barriers in groups; no grid lies in two groups."""

    group_of: Ints
    """(sites,)"""
    grids: tuple[int, ...]
    """Of each group, one at least."""


class _Group(NamedTuple):
    sides: frozenset[int]
    households: int
    sites: int


def shares(of: Community, grids_count: int, tolerance: float) -> Shares:
    """Groups of as few sides as let whole grids be equal within the tolerance on average, and the grids of each.

    Rule:    each side alone, if there are enough grids. Grids are shared out by households. While some group's grids
             would be off by more than the tolerance, the one that is off by most is joined to the neighbour with which
             the rest is off by least.
    Raises ValueError if there are fewer sites than grids.
    """
    households = np.bincount(of.side_of, of.households).astype(int).tolist()
    sites = np.bincount(of.side_of).tolist()
    groups = [_Group(frozenset([side]), *both) for side, both in enumerate(zip(households, sites, strict=True))]
    between = {(int(a), int(b)) for a, b in of.side_of[of.across].tolist()}
    while len(groups) > 1:
        off = _deviations(groups, grids_count)
        if off is not None and max(off) <= tolerance:
            break
        # too many sides: the smallest first
        worst = int(np.argmax(off)) if off else min(range(len(groups)), key=lambda place: groups[place].households)
        joined = [
            _joined(groups, worst, other) for other in range(len(groups))
            if other != worst and _touch(groups[worst], groups[other], between)
        ]  # fmt: skip
        groups = min(joined, key=lambda after: _worth(after, grids_count))
    by_side = {side: place for place, group in enumerate(groups) for side in group.sides}
    group_of = np.array([by_side[side] for side in of.side_of.tolist()], dtype=np.int64)
    return Shares(group_of, tuple(_grids(groups, grids_count)))


def _grids(groups: list[_Group], grids_count: int) -> list[int]:
    weights = [float(group.households) for group in groups]
    return apportion(weights, grids_count, [group.sites for group in groups])


def _deviations(groups: list[_Group], grids_count: int) -> list[float] | None:
    """By how much the grids of each group are off, relative to the mean of all; None if there are too many groups."""
    if len(groups) > grids_count:
        return None
    ideal = sum(group.households for group in groups) / grids_count
    given = _grids(groups, grids_count)
    return [abs(group.households / count / ideal - 1.0) for group, count in zip(groups, given, strict=True)]


def _worth(groups: list[_Group], grids_count: int) -> tuple[float, int]:
    """What groups are chosen by: how far off they are, and if there are too many, whether small ones are joined."""
    off = _deviations(groups, grids_count)
    last = groups[-1]
    return (max(off), last.households) if off else (0.0, last.households)


def _joined(groups: list[_Group], one: int, other: int) -> list[_Group]:
    a, b = groups[one], groups[other]
    kept = [group for place, group in enumerate(groups) if place not in (one, other)]
    return [*kept, _Group(a.sides | b.sides, a.households + b.households, a.sites + b.sites)]


def _touch(one: _Group, other: _Group, between: set[tuple[int, int]]) -> bool:
    return any((a in one.sides and b in other.sides) or (b in one.sides and a in other.sides) for a, b in between)
