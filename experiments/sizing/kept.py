"""Runs that are kept from one call to the next: other wishes, or a Ctrl-C, cost no run twice.

Layer: experiments.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pandas as pd
from pyarrow import ArrowException

from experiments.running.files import StorageError
from experiments.running.provenance import identity
from languages.speaking import say

FILE = "runs.parquet"
IDENTITY, SCENARIO, SEED = "identity", "scenario", "seed"

type Values = Mapping[str, float]


class Kept:
    """What is known of runs, by the hash of their scenario and their seed; of other code nothing is known."""

    def __init__(self, folder: Path) -> None:
        """Read what a folder keeps; a file that cannot be read is as none."""
        self.file = folder / FILE
        self._values: dict[tuple[str, int], Values] = {}
        try:
            table = pd.read_parquet(self.file)
        except (OSError, ValueError, KeyError, ArrowException):
            return
        if {IDENTITY, SCENARIO, SEED} <= set(table.columns):
            table = table[table[IDENTITY] == identity()].drop(columns=IDENTITY)
            for row in table.to_dict("records"):
                self._values[str(row.pop(SCENARIO)), int(row.pop(SEED))] = row

    def of(self, scenario: str, seed: int, wanted: set[str]) -> Values | None:
        """The values of a run, if all that are wanted are known."""
        found = self._values.get((scenario, seed))
        return found if found is not None and wanted <= found.keys() else None

    def put(self, scenario: str, seed: int, values: Values) -> None:
        """Keep the values of a run."""
        self._values[scenario, seed] = {**self._values.get((scenario, seed), {}), **values}

    def write(self) -> None:
        """Write everything that is known; the file appears whole or not at all.

        Raises StorageError if the disk does not take it.
        """
        rows = [{SCENARIO: scenario, SEED: seed, **values} for (scenario, seed), values in self._values.items()]
        aside = self.file.with_name(f".{self.file.name}.part")
        try:
            pd.DataFrame(rows).assign(**{IDENTITY: identity()}).to_parquet(aside, compression="zstd")
            os.replace(aside, self.file)
        except OSError as error:
            problem = say("--out: {folder} cannot be written: {reason}", folder=self.file.parent, reason=error.strerror)
            raise StorageError(problem) from None
