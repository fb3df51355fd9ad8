"""The values that a calibration hands over: of its sets, and of the central one.

Layer: calibration.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from calibration.fitting.calibrating import Calibrated
from experiments.studies.wholes import is_whole


def times(values: Mapping[str, Any], factors: Mapping[str, str]) -> dict[str, Any]:
    """Values with some multiplied by others, as a place hands them over; what is whole stays whole."""
    multiplied = dict(values)
    for path, other in factors.items():
        if path in multiplied:
            product = values[path] * values[other]
            multiplied[path] = round(product) if is_whole(values[path]) else product
    return multiplied


def central_values(found: Calibrated, plan: str, factors: Mapping[str, str]) -> dict[str, Any]:
    """The values of the central set under a plan, to three digits; not all of them need be the scenario's."""
    values = times(found.sets.changes[found.central.place], factors)
    central = {path: values[path] for path in found.place.unknown_in(plan)}
    return {path: float(f"{value:.3g}") if isinstance(value, float) else value for path, value in central.items()}
