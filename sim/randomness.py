"""The one door through which chance enters: one seed, named streams, and each incident's own luck.

Layer: sim.  Equal seeds and equal names give equal draws, whatever else was drawn.
"""

from __future__ import annotations

from enum import IntEnum, auto
from math import log, log1p, sqrt
from typing import TYPE_CHECKING
from zlib import crc32

import numpy as np
from scipy.special import gammaincinv

from sim.closed_forms import ATTEMPTS, GOLDEN, HALF, MASK, MIX_1, MIX_2, UNIT

if TYPE_CHECKING:
    from numpy.typing import NDArray

LEAST_CV = 1e-6
"""A smaller coefficient of variation is none: its square would be lost in rounding."""


class Luck(IntEnum):
    """The decisions that chance takes about one incident: a named column each. New ones go to the end."""

    SEVERITY = auto()
    GONE = auto()
    WORSENS = auto()
    PASSES = auto()
    ON_THE_SPOT = auto()
    REPORT = auto()
    WITNESS_DISTANCE = auto()
    WITNESS_DIRECTION = auto()
    WITNESS = auto()
    NOTICE_DELAY = auto()
    CHANNEL = auto()
    HOUSEHOLD = auto()
    VISITS = auto()
    MEMBER = auto()
    MEMBER_NOTICES = auto()
    MEMBER_DELAY = auto()
    VOLUNTEER = auto()
    REJECT = auto()
    WRONG_UNIT = auto()
    WORK = auto()
    SETTLE = auto()
    EXTENSION = auto()
    CHECK = auto()
    HANG = auto()
    HANG_TIME = auto()
    TAKE_UP = auto()
    SEEN_AGAIN = auto()
    COMES_BACK = auto()
    BACK_AFTER = auto()
    KEY_WHEN_BACK = auto()


_FIRST = [(column * ATTEMPTS + 1) * GOLDEN & MASK for column in range(len(Luck) + 1)]
"""Where each column's first output stands."""


class Streams:
    """Named generators that grow from one seed."""

    def __init__(self, seed: int) -> None:
        """Keep the seed; no generator is made before it is asked for."""
        self.seed = seed

    def __call__(self, name: str, *key: str | int) -> np.random.Generator:
        """The generator of that name (and key): always a fresh one, always the same."""
        words = [crc32(str(part).encode()) for part in (name, *key)]
        return np.random.Generator(np.random.PCG64(np.random.SeedSequence(self.seed, spawn_key=words)))


def draw_column(keys: NDArray[np.uint64], column: Luck) -> NDArray[np.float64]:
    """The first attempt of one decision for many incidents at once: equal to `draw` for each, to the last bit."""
    z = keys + np.uint64(_FIRST[column])
    z = (z ^ (z >> np.uint64(30))) * np.uint64(MIX_1)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(MIX_2)
    return ((z ^ (z >> np.uint64(31))) >> np.uint64(11)).astype(np.float64) * UNIT + HALF


def lognormal_terms(mean: float, cv: float) -> tuple[float, float]:
    """Mean and standard deviation of the logarithm of a lognormal variable of that mean and variation."""
    variance = log1p(cv * cv)
    return log(mean) - variance / 2, sqrt(variance)


def gamma(u: float, mean: float, shape: float) -> float:
    """The quantile `u` of a gamma distribution of that mean and shape, 1 / cv²."""
    return float(gammaincinv(shape, u)) * mean / shape
