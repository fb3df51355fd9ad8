"""Where each plan stands: the levels of a lever, by labels that tell them apart.

Layer: experiments.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from experiments.findings.runs import Findings
from experiments.studies.form import Lever
from experiments.studies.plans import label_of

BINS = 4
"""A lever that takes any value is cut into so many equal parts."""
FEWEST_DIGITS, MOST_DIGITS = 4, 17


def levels_of(findings: Findings, lever: Lever) -> pd.Series:
    """The level at which each plan stands, as an ordered category by plan; a range is cut into equal parts."""
    settings = findings.plans.set_index("plan")[lever.name]
    if lever.ranged:
        return _binned(settings.astype(float))
    values = [level.name for level in lever.levels] or [label_of(value) for value in lever.values]
    codes = [values.index(setting) for setting in settings.tolist()]
    return pd.Series(pd.Categorical.from_codes(codes, distinct_labels(values), ordered=True), index=settings.index)


def _binned(settings: pd.Series) -> pd.Series:
    """Numbers in equal parts of their range; a single number is the only level."""
    edges = np.unique(np.linspace(settings.min(), settings.max(), BINS + 1))
    if len(edges) == 1:
        return pd.Series(pd.Categorical(distinct_labels(edges.tolist()) * len(settings)), index=settings.index)
    ends = distinct_labels(edges.tolist())
    labels = [f"{low} – {high}" for low, high in itertools.pairwise(ends)]
    return pd.cut(settings, edges.tolist(), labels=labels, include_lowest=True)


def distinct_labels(values: Sequence[Any]) -> list[str]:
    """Values in a few digits each, with as many more as it takes to tell them apart."""
    for digits in range(FEWEST_DIGITS, MOST_DIGITS + 1):
        labels = [short_label(value, digits) for value in values]
        if len(set(labels)) == len(set(values)):
            break
    return labels


def short_label(value: Any, digits: int = FEWEST_DIGITS) -> str:
    """A word as it is, a number in so many digits, all of those before the point."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return str(value)
    if abs(value) < 1e4:
        return f"{value:,.{digits}g}"
    return f"{value:,.{digits - FEWEST_DIGITS}f}"
