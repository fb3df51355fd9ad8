"""Every parameter of the schema is a knob that turns something: nudged where it is active, the history changes."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache
from hashlib import sha256
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from scenarios.loading import ScenarioError, load
from scenarios.parameters import Section, is_section, walk
from scenarios.schema import Parameters
from scenarios.wording import section_in
from sim.rules.dispatch import DISPATCH_RULES
from sim.rules.escalation import ESCALATION_RULES
from sim.rules.patrol import PATROL_RULES
from sim.rules.queueing import QUEUE_RULES
from sim.rules.reporting import REPORTING_RULES
from sim.run import Outcome, simulate

LENGTH_DAYS = {
    "junmen_2012": 120, "nanhu": 60, "changning_learning": 12, "dongcheng_before": 60, "expo_2010": 20,
    "junmen_leaders": 60, "junmen_pooled": 60, "dongcheng_2010": 3, "dongcheng_2015": 2,
    str(Path(__file__).with_name("site_files") / "here.toml"): 60,
}  # fmt: skip
"""The scenarios in which a knob is tried, the quick ones first, and how long each is run: the library's, and one of a
list of sites that is in degrees and names grids."""

WORDS = {
    "public_holidays": ["none", "china"], "grid": ["social", "cell"], "basis": ["per_1000_residents", "per_km2"],
    "domain": ["social", "event"], "deadline_clock": ["continuous", "office"], "work_distribution": ["gamma", "lognormal"],
    "level": ["community", "subdistrict", "district"], "people_basis": ["total", "per_area"],
    "max_severity": ["minor", "ordinary", "prominent", "major"],
    "escalation": list(ESCALATION_RULES), "patrol": list(PATROL_RULES), "reporting": list(REPORTING_RULES),
    "dispatch": list(DISPATCH_RULES), "queue_rule": list(QUEUE_RULES),
    "hours": ["10:00-11:00 workdays", "03:00-04:00 daily"], "profile": ["even"],
    "sites_file": [""], "sites_crs": ["gcj02"], "social_grids": ["cut"], "working_grid_shape": ["strips", "blocks"],
}  # fmt: skip
"""What a parameter that is a word may be turned to."""


def knobs(section: type[Section] = Parameters) -> Iterator[tuple[type[Section], str]]:
    """Every parameter of the schema: the section that declares it, and its name."""
    for name, field in section.model_fields.items():
        inner = section_in(field.annotation)
        if is_section(field) and inner:
            yield from knobs(inner)
        else:
            yield section, name


KNOBS = list(dict.fromkeys(knobs()))


def nudged(section: type[Section], name: str, value: object) -> list[object]:
    """Other values for a knob, all within its range: a little more or less first, then its ends."""
    if isinstance(value, date):
        return [value + timedelta(days=1), value - timedelta(days=182)]
    if isinstance(value, str):
        return [word for word in WORDS.get(name, []) if word != value]
    if isinstance(value, tuple):
        return list(_other_tuples(name, value))
    low, high = section.science(name).span
    near = [value * 1.3, value * 0.7, value + 0.1] if isinstance(value, float) else [value + 1, value - 1, value + 7]
    return [other for other in (*near, low, high) if low <= other <= high and other != value]


def _other_tuples(name: str, value: tuple) -> Iterator[tuple]:
    if name == "severity_shares":
        yield (0.5, 0.2, 0.2, 0.1)
    elif name == "severity_weights":
        yield (value[0] + 1.0, *value[1:])
    elif name == "categories":
        yield value[:-1]
    else:
        yield (*value[:9], *(weight + 1.0 for weight in value[9:]))


COMPILED = importlib.util.find_spec("numba") is not None


@pytest.fixture(autouse=True)
def both_engines(compiled_engine) -> None:
    """A knob turns the same in both engines."""


@cache
def history(scenario: str, path: str = "", value: object = None) -> str:
    """Everything that a run shows, as a digest; the same run is done once."""
    changes = {"period.days": LENGTH_DAYS[scenario]} | ({path: value} if path else {})
    loaded = load(scenario, changes)
    found = digest(simulate(loaded, 3, "mesa"))
    if COMPILED:
        assert digest(simulate(loaded, 3, "compiled")) == found, "the engines differ"
    return found


def digest(outcome: Outcome) -> str:
    rows = pd.util.hash_pandas_object(outcome.cases, index=False).to_numpy()
    return sha256(rows.tobytes() + np.array(list(outcome.indicators.values())).tobytes()).hexdigest()


def places_of(section: type[Section], name: str) -> Iterator[tuple[str, str, object]]:
    """Where the library has this knob: scenario, path, value."""
    for scenario in LENGTH_DAYS:
        for path, declared_by, known_as, value in walk(load(scenario).parameters):
            if (declared_by, known_as) == (section, name):
                yield scenario, path, value


@pytest.mark.parametrize(("section", "name"), KNOBS, ids=lambda part: part if isinstance(part, str) else part.__name__)
def test_a_knob_turns_something(section, name):
    tried = []
    for scenario, path, value in places_of(section, name):
        for other in nudged(section, name, value):
            try:
                changed = history(scenario, path, other) != history(scenario)
            except ScenarioError:
                continue  # this value does not fit the rest of the scenario
            if changed:
                return
            tried.append(f"{scenario}: {path} = {other}")
    pytest.fail(f"nothing changes: {'; '.join(tried[:8]) or 'no scenario of the library has it'}")
