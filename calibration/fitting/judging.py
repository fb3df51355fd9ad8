"""Whether a calibration may be given as an answer.

Layer: calibration.
"""

from __future__ import annotations

import numpy as np

from calibration.fitting.calibrating import Calibrated, Emulated, key
from calibration.fitting.doubts import Doubt, Worry
from calibration.fitting.places import Place
from calibration.fitting.posterior import EVEN_SD, LEAST_EFFECTIVE

MOST_APART = 0.3
"""Prior standard deviations by which the means of the posterior's two samples may differ."""


def doubts(found: Calibrated) -> list[Doubt]:
    """Why the posterior must not be given as an answer; empty if it may."""
    doubted = found.coverage.doubts()
    if found.prior.effective_count < LEAST_EFFECTIVE:
        doubted.append(Doubt(Worry.FEW_DRAWS, numbers={"draws": found.prior.effective_count}))
    if apart(found) > MOST_APART:
        doubted.append(Doubt(Worry.APART, numbers={"apart": apart(found)}))
    doubted += [
        Doubt(Worry.EMULATOR, column, {"share": error.inside}, plan)
        for (column, plan), error in found.errors.items()
        if not error.tolerable and (column, plan) in leant_on(found.place)
    ]  # fmt: skip
    return doubted


def leant_on(place: Place) -> set[Emulated]:
    """The emulators on which a posterior rests, as figures are read or otherwise; what is foretold rests on runs."""
    otherwise = {figure for reading in place.file.readings for figure in reading.also}
    return {key(place, target) for target in place.file.targets if target.use == "fit" or target.figure in otherwise}


def apart(found: Calibrated) -> float:
    """How far the chain's means and those of weighted prior draws lie apart at most, in prior standard deviations."""
    means = found.sampled.shares.mean(axis=0) - found.prior.weights @ found.prior.shares
    return float(np.abs(means).max() / EVEN_SD)
