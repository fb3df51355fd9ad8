"""The replay: one file with a history inside, which opens from disk without a server.

Layer: experiments.
"""

from __future__ import annotations

import json
from pathlib import Path

from experiments.page.history import decode
from experiments.page.runs import Asked, RefusedError, made, wanted
from experiments.page.shell import page_with
from experiments.running.files import write_whole
from experiments.running.run_folder import read_manifest
from languages.speaking import say


def asked_of(scenario_or_folder: str, overrides: dict[str, object], seed: int | None) -> Asked:
    """What is to be played: a scenario, or the first run of a folder that `run --out` wrote.

    A folder keeps no history; the same scenario and seed give the same once more. Raises RefusedError if they do not.
    """
    folder = Path(scenario_or_folder)
    if not folder.is_dir():
        return Asked(scenario_or_folder, overrides, 1 if seed is None else seed)
    if overrides or seed is not None:
        raise RefusedError(
            say("{folder}: a run that is kept is played as it is; leave out --set and --seed", folder=folder)
        )
    about = read_manifest(folder)
    asked = Asked(about["scenario"], about["overrides"], about["seeds"][0])
    if wanted(asked).hash != about["scenario_hash"]:
        raise RefusedError(say("{folder}: {scenario} is another scenario now than when it was run; run it again",
                          folder=folder, scenario=about["scenario"]))  # fmt: skip
    return asked


def write_replay(asked: Asked, file: Path, against: Asked | None = None) -> int:
    """Write the file, with the plan beside it if there is one, whole or not at all; returns its bytes.

    Raises RefusedError if the run cannot be had, OSError if the file cannot be written.
    """
    bodies = [made(each) for each in (asked, against) if each]
    names = "".join(json.dumps(decode(body).header, ensure_ascii=False) for body in bodies)
    page = page_with(bodies, names)
    write_whole(file, page)
    return len(page.encode())
