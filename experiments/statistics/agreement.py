"""How many sets of an ensemble agree on the sign of a difference.

Layer: experiments.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

NEARLY_ALL, MOST = 0.95, 0.75
"""Share of an ensemble's sets from which a difference is said to hold for nearly all of them, or for most."""
AGREEMENT = f"all: every set agrees on the sign, nearly all: {NEARLY_ALL:.0%} of them, most: {MOST:.0%}, some: fewer"


def agreement(differences: Iterable[float]) -> tuple[float, str]:
    """In what share of the sets a plan has more than another, ties halved; and in words, for how many a sign holds."""
    apart = np.array([difference for difference in differences if not math.isnan(difference)])
    if not len(apart):
        return math.nan, "undefined"
    if not apart.any():
        return 0.5, "the same in all sets"
    more = float((apart > 0).mean() + 0.5 * (apart == 0).mean())
    share = max(more, 1.0 - more)
    many = "all" if share == 1.0 else "nearly all" if share >= NEARLY_ALL else "most" if share >= MOST else "some"
    return more, f"{'more' if more >= 0.5 else 'less'} in {many} sets"
