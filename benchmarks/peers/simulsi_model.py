"""One run of the study as a SimulSI model, for its `Experiment`.

SimulSI reckons the seed of a replication itself; so that its runs are those of the others, the seed is one more axis
of the grid here, and every scenario has one replication. Its workers are forked: they start with all that the main
process has imported.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from simulsi.core.model import Model
from simulsi.experiments import Experiment

from benchmarks.peers.batch_run_model import CASEWORK_SHARES, HOUSEHOLDS, SEEDS, Mishap, Rows, one_run, scenario_of

if TYPE_CHECKING:
    from pathlib import Path

    from simulsi.core.model import Params
    from simulsi.core.simulation import Simulation


def build(sim: Simulation, params: Params, mishap: Mishap | None) -> None:
    """Do the whole run while the model is built: no events are left for SimulSI's own clock."""
    scenario = scenario_of(params.days, params.households, params.casework_share)
    for name, value in one_run(scenario, params.seed, mishap).items():
        sim.metrics.set(name, value)


def run(days: int, workers: int, mishap: Mishap | None, checkpoint: Path | None = None) -> Rows:
    """The factorial, through an Experiment; with a checkpoint, it is also told to go on when a run raises."""
    model = Model(
        partial(build, mishap=mishap), name="study", duration=1.0,
        parameters={"days": days, "households": HOUSEHOLDS[0], "casework_share": CASEWORK_SHARES[0], "seed": SEEDS[0]},
    )  # fmt: skip
    experiment = Experiment(model, replications=1, workers=workers, on_error="record" if checkpoint else "raise")
    experiment.grid({"households": HOUSEHOLDS, "casework_share": CASEWORK_SHARES, "seed": SEEDS})
    told = experiment.run(checkpoint=checkpoint)
    return {
        (record.parameters["households"], record.parameters["casework_share"], record.parameters["seed"]): {
            name: value for name, value in record.metrics.items() if not name.startswith("sim.")
        }
        for record in told.records
        if record.status == "ok"
    }
