"""How many sets of an ensemble agree on the sign of a difference.

Layer: experiments.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

import numpy as np

NEARLY_ALL, MOST = 0.95, 0.75
"""Share of an ensemble's sets from which a difference is said to hold for nearly all of them, or for most."""


class Sign(StrEnum):
    """Which way a difference goes in most of the sets."""

    MORE = "more"
    LESS = "less"
    SAME = "same"
    """It is 0 in every set."""
    UNDEFINED = "undefined"
    """No set defines it."""


class Many(StrEnum):
    """For how many of the sets a sign holds."""

    ALL = "all"
    NEARLY_ALL = "nearly_all"
    MOST = "most"
    SOME = "some"


class Agreement(NamedTuple):
    """What the sets of an ensemble say of a difference."""

    more_share: float
    """Share of the sets in which there is more, ties halved; not a number if no set defines the difference."""
    sign: Sign
    many: Many

    @property
    def share(self) -> float:
        """Share of the sets that agree on the sign."""
        return max(self.more_share, 1.0 - self.more_share)

    @property
    def firm(self) -> bool:
        """Whether the sign holds in all of the sets, or nearly all."""
        return self.sign in (Sign.MORE, Sign.LESS) and self.many in (Many.ALL, Many.NEARLY_ALL)


def agreement(differences: Iterable[float]) -> Agreement:
    """In what share of the sets a plan has more than another, and for how many of them a sign holds."""
    apart = np.array([difference for difference in differences if not math.isnan(difference)])
    if not len(apart):
        return Agreement(math.nan, Sign.UNDEFINED, Many.ALL)
    if not apart.any():
        return Agreement(0.5, Sign.SAME, Many.ALL)
    more = float((apart > 0).mean() + 0.5 * (apart == 0).mean())
    share = max(more, 1.0 - more)
    many = Many.ALL if share == 1.0 else Many.NEARLY_ALL if share >= NEARLY_ALL else Many.MOST
    return Agreement(more, Sign.MORE if more >= 0.5 else Sign.LESS, many if share >= MOST else Many.SOME)
