"""Where things go wrong: a small tree over levers and unknowns that finds where a line is crossed.

Layer: experiments.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any, NamedTuple

import pandas as pd

from experiments.findings.effects import _short
from experiments.findings.runs import Findings

DEEPEST_TREE, LEAST_LEAF = 3, 0.05


class Box(NamedTuple):
    """A part of the space of levers and unknowns where things go wrong."""

    rule: str
    density: float
    """Share of its runs that cross the line."""
    coverage: float
    """Share of all runs that cross the line which are in it."""
    runs_count: int


class Discovery(NamedTuple):
    """Where an indicator crosses its line."""

    line: str
    share: float
    boxes: tuple[Box, ...]
    weights: tuple[tuple[str, float], ...]
    """What matters for it, the most important first; sums to 1."""
    crossed: pd.Series
    """Of each run, whether it crosses the line."""


@lru_cache(maxsize=32)
def discovery(findings: Findings) -> Discovery | None:
    """A small tree over levers and unknowns: where the target's line is crossed. None: there is no target."""
    target = findings.file.target
    if target is None:
        return None
    values = findings.runs[target.indicator]
    crossed = (values < target.below) if target.below is not None else (values > target.above)
    line = f"{target.indicator} {'below' if target.below is not None else 'above'} "
    line += f"{target.below if target.below is not None else target.above:g}"
    share = float(crossed.mean())
    features = features_of(findings)
    if share in (0.0, 1.0) or features.empty:
        return Discovery(line, share, (), (), crossed)
    from sklearn.tree import DecisionTreeClassifier

    tree = DecisionTreeClassifier(max_depth=DEEPEST_TREE, min_samples_leaf=LEAST_LEAF, random_state=0)
    tree.fit(features.to_numpy(float), crossed.to_numpy())
    boxes = _boxes(tree.tree_, list(features.columns), int(crossed.sum()))
    weights = sorted(zip(features.columns, tree.feature_importances_, strict=True), key=lambda item: -item[1])
    told = tuple((name, float(weight)) for name, weight in weights if weight > 0.0)
    return Discovery(line, share, boxes, told, crossed)


def features_of(findings: Findings) -> pd.DataFrame:
    """Of every run, where its levers and unknowns stood, as numbers; words become a column each."""
    columns: dict[str, Any] = {}
    plans, worlds = findings.plans.set_index("plan"), findings.worlds.set_index("world")
    plans = plans.rename(columns={"name": "plan"}) if not findings.levers else plans.drop(columns="name")
    for source, key in ((plans, "plan"), (worlds, "world")):
        for name in source.columns:
            values = findings.runs[key].map(source[name])
            if pd.api.types.is_numeric_dtype(values):
                columns[name] = values.astype(float)
            else:
                columns |= {f"{name} = {word}": (values == word).astype(float) for word in sorted(values.unique())}
    frame = pd.DataFrame(columns)
    return frame.loc[:, frame.nunique() > 1]


def _boxes(tree: Any, names: list[str], crossed_count: int) -> tuple[Box, ...]:
    """The leaves where most runs cross the line, the fullest first."""
    boxes = []

    def descend(node: int, bounds: dict[str, tuple[float, float]]) -> None:
        if tree.children_left[node] == -1:
            density = float(tree.value[node][0][1] / tree.value[node][0].sum())
            count = int(tree.n_node_samples[node])
            if density >= 0.5:
                boxes.append(Box(_rule(bounds), density, density * count / crossed_count, count))
            return
        name, at = names[tree.feature[node]], float(tree.threshold[node])
        low, high = bounds.get(name, (-math.inf, math.inf))
        descend(tree.children_left[node], {**bounds, name: (low, min(high, at))})
        descend(tree.children_right[node], {**bounds, name: (max(low, at), high)})

    descend(0, {})
    return tuple(sorted(boxes, key=lambda box: -box.coverage))


def _rule(bounds: dict[str, tuple[float, float]]) -> str:
    """The sides of a box in words."""
    sides = []
    for name, (low, high) in bounds.items():
        if " = " in name:
            sides.append(name if low > 0.0 else name.replace(" = ", " is not "))
        elif math.isfinite(low) and math.isfinite(high):
            sides.append(f"{_short(low)} < {name} ≤ {_short(high)}")
        else:
            sides.append(f"{name} > {_short(low)}" if math.isfinite(low) else f"{name} ≤ {_short(high)}")
    return " and ".join(sides) or "everywhere"
