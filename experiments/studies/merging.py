"""Joining the folders of one study that was run in parts.

Layer: experiments.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from experiments.running.files import StorageError
from experiments.studies.folder import Results, alone, make_folder, write_parquet
from languages.speaking import marked, say

WORDS = {
    "study": marked("study"), "identity": marked("code"), "base": marked("base"), "base_hash": marked("base"),
    "file": marked("study file"), "design_hash": marked("list of plans or of worlds"),
}  # fmt: skip
"""What parts of one study have in common, and what it is called."""


def merge(folders: Sequence[Path], out: Path) -> dict[str, Any]:
    """Join the runs of several folders of one study in another; those that are in two of them go in once.

    A run that failed in one part and not in another goes in as the one that did not.
    Raises StorageError if the folders do not belong together, or `out` holds something else.
    """
    parts = [Results(folder) for folder in folders]
    for part in parts:
        _refuse_stranger(part, parts[0], f"{part.folder}: ")
    try:
        make_folder(out)
    except OSError as error:
        raise StorageError(
            say("--out: {out} cannot be written: {reason}; name another folder", out=out, reason=error.strerror)
        ) from None
    with alone(out):
        there = [Results(out)] if (out / "study.json").exists() else []
        for before in there:
            _refuse_stranger(before, parts[0], f"--out: {out}: ")
        _describe_as([*there, *parts], out)
        joined = Results(out)
        joined.runs.mkdir(parents=True, exist_ok=True)
        for part in parts:
            _take_over(part, joined)
        joint = {"runs_count": len(joined), "failed_count": len(joined.failed_keys()), "checksum": joined.checksum()}
    return {"study": joined.about["study"], **joint, "folder": str(out)}


def _refuse_stranger(part: Results, first: Results, place: str) -> None:
    """Raises StorageError unless two folders hold the same study, run by the same code."""
    only = say("only parts of the same study, run by the same code, can be merged")
    for what, word in WORDS.items():
        if part.about.get(what) != first.about.get(what):
            raise StorageError(say(
                "{place}its {word} is not that of {folder}; {only}", place=place, word=say(word), folder=first.folder,
                only=only,
            ))  # fmt: skip
    if not part.described("points").equals(first.described("points")):
        raise StorageError(say(
            "{place}its plans make other scenarios than those of {folder}; {only}", place=place, folder=first.folder,
            only=only,
        ))  # fmt: skip
    mine, others = (_kept_of(results) for results in (part, first))
    if mine is None or mine != others:
        raise StorageError(say(
            "{place}of its runs was kept what was not of those of {folder}, or less; {only}", place=place,
            folder=first.folder, only=only,
        ))  # fmt: skip


def _kept_of(part: Results) -> Any:
    """What is kept of the runs of a folder, as far as its study says so."""
    return part.about.get("kept", {}).get(part.about["identity"])


def _describe_as(parts: Sequence[Results], out: Path) -> None:
    """What the folder holds, as the part says that asks for most: a stopping rule only ever asks for more."""
    most = max(parts, key=lambda part: len(part.described("wanted")))
    if most.folder.resolve() != out.resolve():
        for name in ("plans.parquet", "worlds.parquet", "points.parquet", "wanted.parquet", "study.json"):
            shutil.copyfile(most.folder / name, out / name)


def _take_over(part: Results, joined: Results) -> None:
    """Write the runs of a part that are not there, or failed there; when they are read, the better of two counts."""
    table, there = part.stored(), joined.stored(["key", "error"])
    sound = set(there.loc[there["error"] == "", "key"])
    failed = set(zip(there["key"], there["error"], strict=True))
    new = table[[key not in sound and (key, error) not in failed
                 for key, error in zip(table["key"], table["error"], strict=True)]]  # fmt: skip
    if len(new):
        said = "".join(sorted(new["key"] + new["error"]))
        write_parquet(new, joined.runs / f"part-{sha256(said.encode()).hexdigest()[:16]}.parquet")
