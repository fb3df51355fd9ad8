"""The model against its blind double: written twice from sim/MODEL.md, the two must agree in distribution.

Each replication draws another city (`territory.seed`) and another run in both, so that nothing but the distribution is
shared. Means over the replications may differ by as much as chance allows (four standard errors, widened as Student's t
asks for few replications: one false alarm in 16,000 comparisons) and by a small bias that the double's ticks of two
minutes can make. VERIFY=heavy makes many more replications.
"""

from __future__ import annotations

import os
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from reference.double import Case, Double
from scipy.stats import norm
from scipy.stats import t as student

from scenarios.loading import load
from sim.agents.centres import SupervisionCentre
from sim.model import GovernanceModel
from sim.run import simulate

SCENARIOS = Path(__file__).parent / "reference"
HEAVY = os.environ.get("VERIFY") == "heavy"
DOUBLES, MODELS = (80, 400) if HEAVY else (10, 30)
STANDARD_ERRORS = 4.0
TICK_BIAS_H = 0.07
"""The double loses up to one tick (two minutes) wherever a case is handed back: two such steps from finding to end."""
NAMES = ("quiet", "busy", "social")
ENGINE = "compiled" if find_spec("numba") else "mesa"
"""Both give the same histories, to the last bit: tests/test_compiled.py."""
COUNTED = ("returns", "reworks", "extensions", "escalations", "attempts", "duplicates")
LEVELS = ("grid", "community", "subdistrict", "district")


def measures(cases: pd.DataFrame) -> dict[str, float]:
    """What is compared: counts, shares, hours."""
    found = cases[cases.found_h.notna()]
    filed = cases[cases.filed_h.notna()]
    solved = cases[cases.closed_h.notna()]
    closed = filed[filed.closed_h.notna()]
    spot = solved.stage == "solved_on_the_spot"
    lasted_h = (solved.closed_h - solved.found_h).to_numpy()
    filed_h = (closed.closed_h - closed.filed_h).to_numpy()
    out = {
        "occurred_count": len(cases),
        "came_back_count": int(cases.came_back.sum()),
        "found_count": len(found),
        "filed_count": len(filed),
        "closed_count": len(closed),
        "solved_count": len(solved),
        **{f"{name}_count": int((cases.stage == name).sum()) for name in ("vanished", "rejected", "solved_in_grid")},
        "on_the_spot_share_of_found": float((found.stage == "solved_on_the_spot").mean()),
        "on_time_share_of_closed": float((closed.handled_h <= closed.due_h + 1e-6).mean()),
        **{f"{who}_share_of_found": float((found.found_by == who).mean()) for who in ("supervisor", "resident")},
        **{f"{name}_share_of_solved": float(((solved.level == name) & ~spot).mean()) for name in LEVELS},
        **{f"{name}_per_found": float(found[name].mean()) for name in COUNTED},
        "occurred_to_found_mean_h": float((found.found_h - found.occurred_h).mean()),
        "hung_per_found": float(found.hung.mean()),
        "found_to_filed_mean_h": float((filed.filed_h - filed.found_h).mean()),
        "filed_to_dispatched_mean_h": float((filed.dispatched_h - filed.filed_h).mean()),
        "handled_to_closed_mean_h": float((closed.closed_h - closed.handled_h).mean()),
        "found_to_closed_mean_h": float(lasted_h.mean()),
        "filed_to_closed_mean_h": float(filed_h.mean()),
    }
    for share, name in ((0.5, "median"), (0.9, "p90")):
        out[f"found_to_closed_{name}_h"] = float(np.quantile(lasted_h, share))
        out[f"filed_to_closed_{name}_h"] = float(np.quantile(filed_h, share))
    return out


def bias(name: str) -> float:
    """What the length of a tick may add to a measure."""
    return TICK_BIAS_H if name.endswith("_h") else 0.0


COLUMNS = [name for name in Case.__dataclass_fields__ if name not in ("site", "unit")]


@lru_cache
def doubles(scenario: str) -> pd.DataFrame:
    rows = []
    for i in range(DOUBLES):
        cases = Double(load(SCENARIOS / f"{scenario}.toml", {"territory.seed": 5000 + i}), 5000 + i).run()
        rows.append(measures(pd.DataFrame({name: [getattr(case, name) for case in cases] for name in COLUMNS})))
    return pd.DataFrame(rows)


@lru_cache
def models(scenario: str, changed: tuple[tuple[str, float], ...] = ()) -> pd.DataFrame:
    rows = []
    for i in range(MODELS):
        loaded = load(SCENARIOS / f"{scenario}.toml", {"territory.seed": 1 + i, **dict(changed)})
        cases = simulate(loaded, 1 + i, engine=ENGINE).cases
        cases["came_back"] = cases["came_back_of"] >= 0
        rows.append(measures(cases.astype({"level": str, "stage": str, "found_by": str})))
    return pd.DataFrame(rows)


def disagreements(model: pd.DataFrame, double: pd.DataFrame) -> list[str]:
    """One line for every measure whose means differ by more than chance and the ticks allow (Welch)."""
    tail = norm.sf(STANDARD_ERRORS)
    lines = []
    for name in model:
        a, b = model[name].dropna(), double[name].dropna()
        parts = [a.var() / len(a), b.var() / len(b)]
        error = float(np.sqrt(sum(parts)))
        degrees = error**4 / (parts[0] ** 2 / (len(a) - 1) + parts[1] ** 2 / (len(b) - 1)) if error else 1.0
        allowed = student.isf(tail, degrees) * error + bias(name)
        difference = b.mean() - a.mean()
        if not abs(difference) <= allowed + 1e-12:
            lines.append(f"{name}: model {a.mean():.4g}, double {b.mean():.4g}, allowed ±{allowed:.2g}")
    return lines


@pytest.mark.usefixtures("compiled_engine")
@pytest.mark.parametrize("scenario", NAMES)
def test_the_model_and_its_blind_double_agree(scenario):
    assert disagreements(models(scenario), doubles(scenario)) == []


@pytest.mark.usefixtures("compiled_engine")
@pytest.mark.parametrize(
    ("changed", "seen_in"),
    [
        ({"command_centre.misdispatch_prob": 0.25}, "returns_per_found"),
        ({"units.street_crews.people": 1}, "found_to_closed_mean_h"),
        ({"supervisors.errand_h_per_km": 0.0}, "found_count"),
    ],
)
def test_a_model_that_differs_is_caught(changed, seen_in):
    lines = disagreements(models("busy", tuple(changed.items())), doubles("busy"))
    assert any(line.startswith(f"{seen_in}:") for line in lines)


WRONG_UNIT, DISPUTED = 0.25, 0.6
MANY_BORDERS = {
    "command_centre.misdispatch_prob": WRONG_UNIT, "command_centre.boundary_dispute_prob": DISPUTED,
    "command_centre.return_delay_h": 1.0, "territory.boundary_width_m": 60.0,
}  # fmt: skip
RUNS_OF_CLIMBERS = 6


def returns_after_filing_in_the_model(seed: int) -> list[int]:
    """Of cases near a border that have climbed out of the grid: how often they went astray after they were filed."""
    scenario = load(SCENARIOS / "social.toml", {"territory.seed": seed, **MANY_BORDERS})
    at_filing: dict[object, int] = {}
    file = SupervisionCentre.file

    def noted(centre, incident):
        if incident.escalations and centre.world.near_border(incident):
            at_filing[incident] = incident.returns
        file(centre, incident)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SupervisionCentre, "file", noted)
        model = GovernanceModel(scenario, seed)
        model.run_for(scenario.parameters.period.days * 24)
    return [case.returns - before for case, before in at_filing.items() if case.unit or case.closed_h]


class Watching(Double):
    """The double, with a note of how often a case had gone astray when it was filed."""

    def file(self, case: Case, now_h: float) -> None:
        near = case.site.near_cell if self.p.categories[case.category].grid == "cell" else case.site.near_social
        if case.escalations and near:
            self.at_filing[case] = case.returns
        super().file(case, now_h)


def returns_after_filing_in_the_double(seed: int) -> list[int]:
    double = Watching(load(SCENARIOS / "social.toml", {"territory.seed": seed, **MANY_BORDERS}), seed)
    double.at_filing = {}
    double.run()
    return [case.returns - before for case, before in double.at_filing.items() if case.unit or case.closed_h > 0.0]


@pytest.mark.parametrize("returns_of", [returns_after_filing_in_the_model, returns_after_filing_in_the_double])
def test_whose_place_it_is_has_been_settled_when_a_case_climbs_out_of_the_grid(returns_of):
    """Of Eq. 19 only p_m is left at first; once astray, a case comes back with a new number for the whole of it."""
    returns = np.array([count for seed in range(RUNS_OF_CLIMBERS) for count in returns_of(seed)])
    either = 1.0 - (1.0 - WRONG_UNIT) * (1.0 - DISPUTED)
    for drawn, expected in ((returns > 0, WRONG_UNIT), (returns[returns > 0] > 1, either)):
        error = (expected * (1.0 - expected) / len(drawn)) ** 0.5
        assert error < abs(either - WRONG_UNIT) / 8.0, "too few to tell"
        assert abs(drawn.mean() - expected) < STANDARD_ERRORS * error
