"""Whether a calibration may be given as an answer.

Layer: calibration.
"""

from __future__ import annotations

import numpy as np

from calibration.fitting.calibrating import Calibrated
from calibration.fitting.doubts import Doubt, Worry
from calibration.fitting.posterior import EVEN_SD, LEAST_EFFECTIVE

MOST_APART = 0.3
"""Prior standard deviations by which the means of the posterior's two samples may differ."""
LEAST_INSIDE = 0.8
"""Share of the unseen worlds that an emulator's 95 % intervals must hold."""


def doubts(found: Calibrated) -> list[Doubt]:
    """Why the posterior must not be given as an answer; empty if it may."""
    doubted = found.coverage.doubts()
    if found.prior.effective_count < LEAST_EFFECTIVE:
        doubted.append(Doubt(Worry.FEW_DRAWS, numbers={"draws": found.prior.effective_count}))
    if apart(found) > MOST_APART:
        doubted.append(Doubt(Worry.APART, numbers={"apart": apart(found)}))
    doubted += [
        Doubt(Worry.EMULATOR, column, {"share": error.inside}, plan)
        for (column, plan), error in found.errors.items() if error.inside < LEAST_INSIDE
    ]  # fmt: skip
    if found.sampled.effective_count < 10 * len(found.paths):
        doubted.append(Doubt(Worry.SHORT_CHAIN, numbers={"draws": found.sampled.effective_count}))
    return doubted


def apart(found: Calibrated) -> float:
    """How far the chain's means and those of weighted prior draws lie apart at most, in prior standard deviations."""
    means = found.sampled.shares.mean(axis=0) - found.prior.weights @ found.prior.shares
    return float(np.abs(means).max() / EVEN_SD)
