"""Which code was run, with which packages; and what a run is known by.

Layer: experiments.
"""

from __future__ import annotations

import json
from functools import lru_cache
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from platform import python_version
from typing import Any

from scenarios.loading import OVERRIDE, Scenario
from scenarios.parameters import walk

OF_THE_MODEL = ("mesa", "numpy", "pandas", "scipy", "networkx", "pydantic", "chinesecalendar")
PACKAGES = (*OF_THE_MODEL, "dask", "distributed", "duckdb", "matplotlib", "salib", "scikit-learn", "seaborn")
ROOT = Path(__file__).resolve().parents[2]


MODEL = ("scenarios", "sim")
"""The folders whose code a run depends on."""


@lru_cache(maxsize=4)
def code_hash(folders: tuple[str, ...] = MODEL) -> str:
    """Sixteen hexadecimal digits that change with the code of whole folders; of the model, unless others are named."""
    digest = sha256()
    for folder in folders:
        for file in sorted((ROOT / folder).rglob("*.py")):
            digest.update(file.relative_to(ROOT).as_posix().encode())
            digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def versions() -> dict[str, str]:
    """Python, the packages of the model, and those that run, keep and show its results."""
    found = {"python": python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


@lru_cache(maxsize=1)
def identity() -> str:
    """Sixteen hexadecimal digits that change with the model's code and packages, on which its results may depend."""
    used = {name: found for name, found in versions().items() if name in ("python", *OF_THE_MODEL)}
    return sha256(json.dumps([code_hash(), used]).encode()).hexdigest()[:16]


def set_by_hand(scenario: Scenario) -> dict[str, Any]:
    """The parameters that were set on top of a scenario's file, with their values."""
    return {
        path: value for path, _, _, value in walk(scenario.parameters) if scenario.provenance[path].origin == OVERRIDE
    }  # fmt: skip


def run_key(scenario_hash: str, seed: int) -> str:
    """What a run is known by: its scenario, its seed, the code and the packages."""
    return sha256(f"{scenario_hash} {seed} {identity()}".encode()).hexdigest()[:24]
