"""The one door through which chance enters: one seed, named streams, and each incident's own luck.

Layer: sim.  Equal seeds and equal names give equal draws, whatever else was drawn.
"""

from __future__ import annotations

from enum import IntEnum, auto
from math import exp, log, log1p
from statistics import NormalDist
from typing import TYPE_CHECKING
from zlib import crc32

import numpy as np
from scipy.special import gammaincinv

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MASK = 2**64 - 1
_GOLDEN = 0x9E3779B97F4A7C15
_MIX_1 = 0xBF58476D1CE4E5B9
_MIX_2 = 0x94D049BB133111EB
_ATTEMPTS = 1 << 20
_UNIT = 2.0**-53
_HALF = 2.0**-54
_STANDARD_NORMAL = NormalDist()

MOST_TRIES = 2.0**52
"""So many tries are as good as never: beyond, a number is not told from its neighbour."""
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


_FIRST = [(column * _ATTEMPTS + 1) * _GOLDEN & _MASK for column in range(len(Luck) + 1)]
"""Where each column's first output stands; looked up rather than multiplied anew at every draw."""


class Streams:
    """Named generators that grow from one seed."""

    def __init__(self, seed: int) -> None:
        """Keep the seed; no generator is made before it is asked for."""
        self.seed = seed

    def __call__(self, name: str, *key: str | int) -> np.random.Generator:
        """The generator of that name (and key): always a fresh one, always the same."""
        words = [crc32(str(part).encode()) for part in (name, *key)]
        return np.random.Generator(np.random.PCG64(np.random.SeedSequence(self.seed, spawn_key=words)))


def draw(key: int, column: Luck, attempt: int = 1) -> float:
    """One uniform number in (0, 1), fixed by an incident's key, the decision and the attempt.

    Rule:    output number column × 2^20 + attempt of the SplitMix64 generator that starts at `key`.  (Eq. 1)
    Source:  steele-2014
    """
    z = (key + _FIRST[column] + (attempt - 1) * _GOLDEN) & _MASK
    z = ((z ^ (z >> 30)) * _MIX_1) & _MASK
    z = ((z ^ (z >> 27)) * _MIX_2) & _MASK
    return ((z ^ (z >> 31)) >> 11) * _UNIT + _HALF


def key_when_back(key: int) -> int:
    """The key of an incident that comes back: other luck than the first time, and as much fixed by the first key."""
    return int(draw(key, Luck.KEY_WHEN_BACK) * 2.0**64) & _MASK


def draw_column(keys: NDArray[np.uint64], column: Luck) -> NDArray[np.float64]:
    """The first attempt of one decision for many incidents at once: equal to `draw` for each, to the last bit."""
    z = keys + np.uint64(_FIRST[column])
    z = (z ^ (z >> np.uint64(30))) * np.uint64(_MIX_1)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(_MIX_2)
    return ((z ^ (z >> np.uint64(31))) >> np.uint64(11)).astype(np.float64) * _UNIT + _HALF


def exponential(u: float, mean: float) -> float:
    """The quantile `u` of an exponential distribution."""
    return -mean * log1p(-u)


def tries_until_success(u: float, prob: float) -> int:
    """How many independent tries, each of success `prob` (> 0), until the first success.

    Rule:    1 + floor(ln(1 - u) / ln(1 - p)), the quantile of the geometric distribution.  (Eq. 6)
    """
    return 1 if prob >= 1.0 else 1 + int(min(log1p(-u) / log1p(-prob), MOST_TRIES))


def tries_until_success_each(u: NDArray[np.float64], prob: NDArray[np.float64]) -> NDArray[np.int64]:
    """The same for many at once; 0 where the chance of success is none.  (Eq. 6)"""
    with np.errstate(divide="ignore", over="ignore"):
        tries = np.floor(np.minimum(np.log1p(-u) / np.log1p(-prob), MOST_TRIES))
    return np.where(prob > 0.0, 1.0 + tries, 0.0).astype(np.int64)


def lognormal(u: float, mean: float, cv: float) -> float:
    """The quantile `u` of a lognormal distribution of that mean and coefficient of variation."""
    variance = log1p(cv * cv)
    return exp(log(mean) - variance / 2 + variance**0.5 * _STANDARD_NORMAL.inv_cdf(u))


def gamma(u: float, mean: float, cv: float) -> float:
    """The quantile `u` of a gamma distribution of that mean and coefficient of variation (above `LEAST_CV`)."""
    shape = 1.0 / (cv * cv)
    return float(gammaincinv(shape, u)) * mean / shape
