"""What is said about a scenario and a run, as plain objects for JSON, tables and the manifest.

Layer: experiments.  Imports neither pandas nor the model at the top: `show` uses it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from experiments.running.files import finite
from experiments.running.provenance import set_by_hand
from scenarios.loading import LIBRARY, OVERRIDE, Scenario, changes
from scenarios.parameters import walk

if TYPE_CHECKING:
    from experiments.findings.unknowns import Unknowns
    from experiments.running.replications import Replications


def parameter_rows(scenario: Scenario) -> list[dict[str, Any]]:
    """Every resolved parameter with what it carries."""
    rows = []
    for path, section, name, value in walk(scenario.parameters):
        science, known = section.science(name), scenario.provenance[path]
        rows.append({
            "path": path, "value": _plain(value), "unit": science.unit, "symbol": science.symbol, "role": science.role,
            "about": section.model_fields[name].description, "source": known.source, "kind": _kind(scenario, path),
            "why": known.why, "origin": known.origin,
        })  # fmt: skip
    return rows


def change_rows(scenario: Scenario) -> list[dict[str, Any]]:
    """What the scenario changes from its parent."""
    return [{**change._asdict(), "old": _plain(change.old), "new": _plain(change.new)} for change in changes(scenario)]


def description(scenario: Scenario) -> dict[str, Any]:
    """What `show --json` prints."""
    rows = parameter_rows(scenario)
    used = sorted({row["source"] for row in rows})
    return {
        "scenario": scenario.name,
        "scenario_hash": scenario.hash,
        "title": scenario.title,
        "question": scenario.question,
        "place": scenario.place,
        "parents": list(scenario.parents),
        "abstract": scenario.abstract,
        "parameters": rows,
        "changes": change_rows(scenario),
        "sources": {key: scenario.sources[key]._asdict() for key in used},
    }


def assumptions(scenario: Scenario) -> dict[str, Any]:
    """How many parameters rest on what, and the assumed values that the files give, the scenario's own first."""
    rows = parameter_rows(scenario)
    counts = Counter(row["kind"] for row in rows)
    order = {f"{name}.toml": place for place, name in enumerate((scenario.name, *scenario.parents))}
    given = [row for row in rows if row["kind"] == "assumption" and row["origin"] != "default"]
    given.sort(key=lambda row: order.get(row["origin"], -1))
    keys = ("path", "value", "unit", "source", "why", "origin")
    return {
        "counts": dict(sorted(counts.items(), key=lambda item: (-item[1], item[0]))),
        "given": [{key: row[key] for key in keys} for row in given],
    }


def result(
    done: Replications, figures: Sequence[Mapping[str, Any]], reason: str, assumed: Mapping[str, Any],
    unknowns: Unknowns | None, elapsed_s: float,
) -> dict[str, Any]:  # fmt: skip
    """What `run --json` prints; elapsed_s is all that differs between two equal commands."""
    from experiments.running.meaning import without_meaning
    from experiments.running.plan_facts import facts_of
    from experiments.running.replications import summarise, summarise_units
    from experiments.words.runs import answer_in_words
    from sim.indicators import INDICATORS

    without = without_meaning(done.scenario.parameters)
    indicators = {
        name: {
            **(summary._asdict() | ({"mean": None, "lo": None, "hi": None} if name in without else {})),
            "has_meaning": name not in without, "unit": INDICATORS[name].unit,
            "definition": INDICATORS[name].definition,
        }
        for name, summary in summarise(done.indicators).items()
    }  # fmt: skip
    if done.first is None:
        raise RuntimeError("no replication has finished")
    found = finite({
        "scenario": done.scenario.name, "scenario_hash": done.scenario.hash, "place": done.scenario.place,
        "asked": _asked(done.scenario), "called": _called(done.scenario),
        "plan": facts_of(done.scenario, done.first.territory).as_plain(), "seeds": done.seeds,
        "days": done.scenario.parameters.period.days, "replications": len(done.seeds), "indicators": indicators,
        "units": [unit._asdict() for unit in summarise_units(done)],
        "unknowns": unknowns.as_plain() if unknowns else None,
        "figures": list(figures), "figures_note": reason, "assumptions": assumed, "interrupted": done.interrupted,
        "elapsed_s": round(elapsed_s, 3),
    })  # fmt: skip
    return {"answer": answer_in_words(found), **found}


def _asked(scenario: Scenario) -> str:
    """What a command calls the scenario: its name in the library, or the path of its file, and what was set by hand."""
    given = "".join(
        f" --set {path}={_plain(value)}" for path, value in set_by_hand(scenario).items() if path != "period.days"
    )  # fmt: skip
    return f"{_called(scenario)}{given}"


def _called(scenario: Scenario) -> str:
    return str(scenario.path) if scenario.path and scenario.path.parent != LIBRARY else scenario.name


def manifest(done: Replications, command: Sequence[str], elapsed_s: float) -> dict[str, Any]:
    """What somebody needs to make this folder again."""
    from experiments.running.provenance import code_hash, versions

    scenario = done.scenario
    return finite({
        "scenario": scenario.name, "scenario_hash": scenario.hash, "title": scenario.title,
        "parents": list(scenario.parents),
        "parameters": {path: _plain(value) for path, _, _, value in walk(scenario.parameters)},
        "overrides": {path: _plain(value) for path, value in set_by_hand(scenario).items()},
        "seeds": done.seeds, "interrupted": done.interrupted, "versions": versions(), "code_hash": code_hash(),
        "engines": done.engines,
        "started_at": (datetime.now(UTC) - timedelta(seconds=elapsed_s)).isoformat(timespec="seconds"),
        "elapsed_s": elapsed_s, "command": list(command), "pictures_show_seed": done.seeds[0],
    })  # fmt: skip


def _kind(scenario: Scenario, path: str) -> str:
    """On what a value rests; what the command line sets is neither published nor assumed."""
    known = scenario.provenance[path]
    return "given by --set" if known.origin == OVERRIDE else scenario.sources[known.source].kind


def _plain(value: Any) -> Any:
    """As JSON has it."""
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return value.isoformat() if hasattr(value, "isoformat") else value
