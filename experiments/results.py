"""One object that says everything about a set of replications: for machines, for the manifest, for the tables.

Layer: experiments.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from experiments.replications import Replications, summarise
from scenarios.loading import Scenario, sources
from scenarios.parameters import walk
from scenarios.wording import plain
from sim.indicators import INDICATORS

ASSUMED = ("assumption", "calibrated")


def result_of(done: Replications, figures: list[Mapping[str, Any]], elapsed_s: float) -> dict[str, Any]:
    """Everything about the replications that are done; not-a-number becomes None. `figures` are already compared."""
    scenario = done.scenario
    summaries = summarise(done.indicators)
    return {
        "scenario": scenario.name,
        "title": scenario.title,
        "scenario_hash": scenario.hash,
        "days": scenario.parameters.period.days,
        "replications": len(done.seeds),
        "seeds": done.seeds,
        "interrupted": done.interrupted,
        "indicators": {
            name: {**summaries[name]._asdict(), "unit": indicator.unit, "definition": indicator.definition}
            for name, indicator in INDICATORS.items()
        },
        "figures": figures,
        "assumptions": assumptions_of(scenario),
        "elapsed_s": round(elapsed_s, 3),
    }


def assumptions_of(scenario: Scenario) -> dict[str, Any]:
    """How many parameters rest on assumptions, and those that the scenario's files set so, with their reasons."""
    kinds = {path: sources()[origin.source].kind for path, origin in scenario.provenance.items()}
    assumed = [path for path, kind in kinds.items() if kind in ASSUMED]
    values = {path: value for path, _, _, value in walk(scenario.parameters)}
    own = f"{scenario.name}.toml"
    changed = [path for path in assumed if scenario.provenance[path].origin != "default"]
    changed.sort(key=lambda path: scenario.provenance[path].origin != own)
    return {
        "scenario": scenario.name,
        "parameters_count": len(kinds),
        "assumed_count": len(assumed),
        "published_count": sum(kind in ("published", "standard") for kind in kinds.values()),
        "changed": [
            {
                "path": path,
                "shown": plain(values[path]),
                "why": scenario.provenance[path].why,
                "source": scenario.provenance[path].source,
            }
            for path in changed
        ],
    }
