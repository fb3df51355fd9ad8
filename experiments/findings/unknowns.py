"""What is not known of a scenario, told by runs: where its indicators lie over the sets that the figures allow.

Layer: experiments.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from experiments.running.engine import Engine
from experiments.running.jobs import Job, Work, slim
from experiments.running.provenance import identity, set_by_hand
from experiments.statistics.resting import FEWEST, RANGE, Carrier, carriers
from experiments.studies.ensembles import LIBRARY, Ensemble, ensemble_names, read_ensemble
from scenarios.loading import Family, Scenario
from scenarios.parameters import walk

MOST_SETS = 40
"""As many sets as a first screen runs."""
HINGE = "problem_hours_per_incident"
"""What is asked of a parameter: how much this hangs on it."""


class Unknowns(NamedTuple):
    """Where the indicators of a scenario lie over sets of parameters, one history of each."""

    ensemble: str
    """What `--ensemble` calls the sets."""
    elsewhere: bool
    """The sets were calibrated to the figures of another place."""
    sets_count: int
    ranges: Mapping[str, tuple[float, float]]
    """Indicator → between which nine tenths of the sets lie; only of those that most sets define."""
    carriers: tuple[Carrier, ...]
    """Parameters on which the hours that an incident stands hang most."""
    about: Mapping[str, str]
    """What each of these is."""
    doubt: str
    """Why the sets must not be given as an answer; empty if they may."""

    def as_plain(self) -> dict[str, Any]:
        """As plain objects, for machines."""
        return {**self._asdict(), "ranges": {name: list(ends) for name, ends in self.ranges.items()},
                "carriers": [carrier._asdict() for carrier in self.carriers]}  # fmt: skip


def ensemble_for(scenario: Scenario) -> Ensemble | None:
    """The sets of the library for a scenario, or for the nearest that it extends; None if they do not fit it."""
    known = ensemble_names()
    name = next((name for name in (scenario.name, *scenario.parents) if name in known), None)
    if name is None:
        return None
    found = read_ensemble(name)
    paths = {path for path, _, _, _ in walk(scenario.parameters)}
    return found if paths.issuperset(found.paths) else None


def unknowns_of(
    scenario: Scenario, ensemble: Ensemble, elsewhere: bool, seed: int, engine: Engine,
    on_progress: Callable[[int, int], None],
) -> Unknowns | None:  # fmt: skip
    """Run a scenario under each of some sets, which give way to what was set by hand; None if too few runs finish."""
    family, overrides = Family(scenario.path or scenario.name), set_by_hand(scenario)
    places = ensemble.places(MOST_SETS)
    sets = [ensemble.sets[place] for place in places]
    jobs = [Job(str(turn), slim(family.load({**values, **overrides})), seed + turn) for turn, values in enumerate(sets)]
    rows: dict[int, Mapping[str, float]] = {}
    for batch in engine.run(iter(jobs), len(jobs), Work(identity())):
        for row in batch:
            if not row["error"]:
                rows[int(row["key"])] = row["indicators"]
        on_progress(len(rows), len(jobs))
    if len(rows) < FEWEST:
        return None
    turns = sorted(rows)
    table = pd.DataFrame([rows[turn] for turn in turns])
    told = table.columns[table.notna().mean() > 0.5]
    low, high = (table[told].quantile(end) for end in RANGE)
    found = carriers(table[HINGE].to_numpy(dtype=np.float64), [_free(sets[turn], overrides) for turn in turns])
    about = {path: str(section.model_fields[name].description) for path, section, name, _ in walk(scenario.parameters)}
    return Unknowns(
        _called(ensemble), elsewhere, len(rows), {str(name): (float(low[name]), float(high[name])) for name in told},
        found, {carrier.path: about[carrier.path] for carrier in found}, ensemble.doubt,
    )  # fmt: skip


def _called(ensemble: Ensemble) -> str:
    """What a command calls it: its name in the library, or the path of its file."""
    return ensemble.name if ensemble.path is None or ensemble.path.parent == LIBRARY else str(ensemble.path)


def _free(values: Mapping[str, Any], overrides: Mapping[str, Any]) -> dict[str, Any]:
    """What of a set was not overridden, and is a number."""
    return {path: value for path, value in values.items()
            if path not in overrides and isinstance(value, (int, float)) and not isinstance(value, bool)}  # fmt: skip
