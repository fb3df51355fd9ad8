"""Where things go wrong: a small tree over levers and unknowns that finds where a line is crossed.

Layer: experiments.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import pandas as pd

from experiments.findings.levels import distinct_labels
from experiments.findings.runs import Findings
from experiments.studies.form import Target

DEEPEST_TREE, LEAST_LEAF = 3, 0.05
MOST_STEPS = 8
"""A feature with more values is cut into so many equal parts."""


class Feature(NamedTuple):
    """Something in which runs differ: a lever or an unknown that is a number, or one word that it may be."""

    name: str
    word: str | None = None
    """None: it is a number; else the feature is 1 where the lever or the unknown is this word, and 0 elsewhere."""


class Side(NamedTuple):
    """Between which values a feature lies in a box: low < value ≤ high, infinite where it is open."""

    feature: Feature
    low: float
    high: float


class Box(NamedTuple):
    """A part of the space of levers and unknowns where things go wrong."""

    sides: tuple[Side, ...]
    """By what the part is bounded; none: it is the whole space."""
    density: float
    """Share of its runs that cross the line."""
    coverage: float
    """Share of all runs that cross the line which are in it."""
    runs_count: int


@dataclass(frozen=True, eq=False)
class Features:
    """Where levers and unknowns stood in every run, as numbers."""

    of: tuple[Feature, ...]
    table: pd.DataFrame
    """A row a run, a column for each feature, by its number in `of`."""


class Discovery(NamedTuple):
    """Where an indicator crosses its line, among the runs that define it."""

    target: Target
    share: float
    """Of those runs, how many cross it; not a number if there are none."""
    undefined_count: int
    """Runs that leave the indicator undefined: they are on neither side."""
    boxes: tuple[Box, ...]
    weights: tuple[tuple[int, float], ...]
    """What matters for it (the number of a feature, and how much), the most important first; sums to 1."""
    features: Features
    crossed: pd.Series
    """Of each run that defines the indicator, whether it crosses the line."""


@lru_cache(maxsize=32)
def discovery(findings: Findings) -> Discovery | None:
    """A small tree over levers and unknowns: where the target's line is crossed. None: there is no target."""
    target = findings.file.target
    if target is None:
        return None
    values = findings.runs[target.indicator].dropna()
    crossed = (values < target.below) if target.below is not None else (values > target.above)
    share = float(crossed.mean()) if len(crossed) else math.nan
    features = features_of(findings, values.index)
    undefined = len(findings.runs) - len(values)
    if not 0.0 < share < 1.0 or not features.of:
        return Discovery(target, share, undefined, (), (), features, crossed)
    from sklearn.tree import DecisionTreeClassifier

    tree = DecisionTreeClassifier(max_depth=DEEPEST_TREE, min_samples_leaf=LEAST_LEAF, random_state=0)
    tree.fit(features.table.to_numpy(float), crossed.to_numpy())
    boxes = _boxes(tree.tree_, features.of, int(crossed.sum()))
    weights = sorted(enumerate(tree.feature_importances_.tolist()), key=lambda entry: -entry[1])
    return Discovery(
        target, share, undefined, boxes, tuple(entry for entry in weights if entry[1] > 0.0), features, crossed
    )


def features_of(findings: Findings, runs: pd.Index) -> Features:
    """Where levers and unknowns stood in some of the runs, as numbers; words become a feature each."""
    columns: dict[Feature, pd.Series] = {}
    chosen = findings.runs.loc[runs]
    plans, worlds = findings.plans.set_index("plan"), findings.worlds.set_index("world")
    plans = plans.rename(columns={"name": "plan"}) if not findings.levers else plans.drop(columns="name")
    for source, key in ((plans, "plan"), (worlds, "world")):
        for name in source.columns:
            values = chosen[key].map(source[name])
            if pd.api.types.is_numeric_dtype(values):
                columns[Feature(name)] = values.astype(float)
            else:
                words = sorted(map(str, values.unique()))
                columns |= {Feature(name, word): (values.astype(str) == word).astype(float) for word in words}
    varying = {feature: values for feature, values in columns.items() if values.nunique() > 1}
    return Features(tuple(varying), pd.DataFrame(dict(enumerate(varying.values())), index=runs))


def _boxes(tree: Any, features: Sequence[Feature], crossed_count: int) -> tuple[Box, ...]:
    """The leaves where most runs cross the line, the fullest first."""
    boxes = []

    def descend(node: int, bounds: dict[int, tuple[float, float]]) -> None:
        if tree.children_left[node] == -1:
            density = float(tree.value[node][0][1] / tree.value[node][0].sum())
            count = int(tree.n_node_samples[node])
            if density >= 0.5:
                sides = tuple(Side(features[number], *ends) for number, ends in bounds.items())
                boxes.append(Box(sides, density, density * count / crossed_count, count))
            return
        number, at = int(tree.feature[node]), float(tree.threshold[node])
        low, high = bounds.get(number, (-math.inf, math.inf))
        descend(tree.children_left[node], {**bounds, number: (low, min(high, at))})
        descend(tree.children_right[node], {**bounds, number: (max(low, at), high)})

    descend(0, {})
    return tuple(sorted(boxes, key=lambda box: -box.coverage))


def binned(values: pd.Series, feature: Feature) -> pd.Series:
    """A feature in a few steps, by labels: its own values if they are few; a word's are 0 and 1."""
    if feature.word is not None:
        return values
    if values.nunique() <= MOST_STEPS:
        kinds = pd.Categorical(values, ordered=True)
        return pd.Series(kinds.rename_categories(distinct_labels(kinds.categories.tolist())), index=values.index)
    parts = pd.cut(values, MOST_STEPS)
    ends = distinct_labels([parts.cat.categories[0].left, *(part.right for part in parts.cat.categories)])
    return parts.cat.rename_categories([f"{low} – {high}" for low, high in itertools.pairwise(ends)])


def mean_crossed(found: Discovery, first: pd.Series, second: pd.Series) -> pd.DataFrame:
    """Share of runs across the line, in percent, by two binned features: rows by the first, columns by the second."""
    table = pd.DataFrame({"y": first, "x": second, "crossed": found.crossed.astype(float) * 100})
    return table.pivot_table(index="y", columns="x", values="crossed", observed=False)
