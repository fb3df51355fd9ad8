"""What a pilot foretells: the widths that the report will have."""

from __future__ import annotations

import numpy as np
import pytest

from experiments.statistics.intervals import half_width, quantile
from experiments.studies.design import Study, make_study
from experiments.studies.form import StudyFile
from experiments.studies.piloting import widths
from experiments.studies.reading import STUDIES
from experiments.studies.sweeping import Block, blocks

WORLDS, SEEDS = 16, 20


def study(own_seeds: bool = False, unknown: bool = True) -> Study:
    file = {
        "title": "t", "question": "q", "base": "junmen_2012", "design": {"kind": "list"},
        "plans": [{"name": "a"}, {"name": "b", "set": {"rules.escalation": "direct"}}],
        "replications": {"count": SEEDS, "own_seeds": own_seeds},
        "objectives": [{"indicator": "filed_count", "better": "low"}],
    }  # fmt: skip
    if unknown:
        low_high = {"distribution": "uniform", "low": 1.0, "high": 4.0, "why": "x"}
        file |= {"uncertain": [{"path": "demand.scale", **low_high}], "worlds": {"draws": WORLDS}}
    return make_study(StudyFile.model_validate(file), STUDIES / "made.toml")


def runs_of(some: list[Block], noise: float, chance: np.random.Generator) -> list[tuple[int, Block, dict[str, float]]]:
    """Both plans in some worlds, which differ by a standard deviation of 10; plan 1 lies 3 higher."""
    worlds = chance.normal(100.0, 10.0, WORLDS)
    luck = {block: chance.normal(0.0, noise) for block in some}
    return [
        (plan, block, {"filed_count": worlds[block.world] + luck[block] + 3.0 * plan + chance.normal(0.0, 1.0)})
        for block in some for plan in (0, 1)
    ]  # fmt: skip


@pytest.mark.parametrize(
    "own_seeds", [pytest.param(False, id="common seeds"), pytest.param(True, id="seeds of its own")]
)
def test_with_unknowns_the_worlds_are_what_is_counted(own_seeds):
    """Twenty seeds in each of sixteen worlds are sixteen values to the report, and so to the pilot."""
    made, chance = study(own_seeds), np.random.default_rng(5)
    foretold = [widths(made, runs_of(blocks(made, 2), 30.0, chance))["filed_count"]["half_width"] for _ in range(60)]
    found = []
    for _ in range(60):
        values = np.zeros(WORLDS)
        for plan, block, indicators in runs_of(blocks(made, SEEDS), 30.0, chance):
            values[block.world] += indicators["filed_count"] / SEEDS * (plan == 0)
        found.append(half_width(values))
    assert np.mean(foretold) == pytest.approx(np.mean(found), rel=0.1)


def test_without_unknowns_replications_are_counted():
    made = study(unknown=False)
    some = [Block(0, seed) for seed in range(6)]
    told = widths(made, [(plan, block, {"filed_count": block.seed + 5.0 * plan}) for block in some for plan in (0, 1)])
    spread = np.std(range(6), ddof=1)
    assert told["filed_count"]["half_width"] == pytest.approx(quantile(SEEDS) * spread / np.sqrt(SEEDS))
    assert told["filed_count"]["half_width_of_difference"] == 0.0
