"""What the findings of a study come to, in sentences.

Layer: experiments.
"""

from __future__ import annotations

from collections.abc import Mapping

from experiments.findings.definitions import Counted
from experiments.words.numbers import number
from sim.indicators import INDICATORS


def how_far(found: Mapping[str, list[Counted]]) -> str:
    """How far the same service moves by its definition alone, in one sentence; empty if nothing can be told."""
    told = []
    for family, counted in found.items():
        unit = INDICATORS[counted[0].indicator].unit
        low, high = min(entry.mean for entry in counted), max(entry.mean for entry in counted)
        ends = f"from {number(low, unit)} to {number(high, unit)}"
        if unit == "share":
            told.append(f"the {family} goes {ends} % ({number(high - low, unit)} points)")
        else:
            told.append(f"the {family} go {ends}")
    return f"By the definition alone, in the same runs, {'; '.join(told)}." if told else ""
