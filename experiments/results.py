"""The folder of a study: its runs as Parquet parts, its plans and worlds, and what code made them.

Layer: experiments.

    DIR/study.json                what was asked, and by which code it was answered
    DIR/plans.parquet             plan, name, and a column a lever
    DIR/worlds.parquet            world, and a column an uncertain parameter
    DIR/points.parquet            plan, world, scenario: which scenario a plan makes of the base in a world
    DIR/runs/IDENTITY/*.parquet   a row a run; IDENTITY is that of the code and the packages
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from time import perf_counter
from typing import Any

import duckdb
import pandas as pd

from experiments.designs import Study
from experiments.engine import Row
from experiments.provenance import code_hash, identity, versions
from experiments.storage import FORMAT, StorageError, quoted, write_whole
from sim.indicators import INDICATORS

MADE_BY = "run_experiment.py sweep"
PART_EVERY_S = 3.0
"""What a crash of the main process may lose at most, in seconds of work."""
MOST_ROWS_IN_PART = 2_000
NOT_RESULTS = ("elapsed_s",)
"""Columns that differ between two sweeps of equal results."""
KEYS = ("key", "scenario", "seed", "error", "elapsed_s")
AREAS = ("area_cases", "area_hours")


class Results:
    """One study's folder; `with` it, no other process writes there."""

    def __init__(self, folder: str | Path) -> None:
        """Take a folder that a sweep has made.

        Raises StorageError if there is none.
        """
        self.folder = Path(folder)
        self.about = _about(self.folder)
        self.runs = self.folder / "runs" / self.about["identity"]
        self._rows: list[Row] = []
        self._written_s = perf_counter()

    def __len__(self) -> int:
        """Runs that are stored, failed ones among them."""
        return len(self.keys())

    def keys(self) -> set[str]:
        """The keys of all runs that are stored."""
        if not self._parts():
            return set()
        with duckdb.connect() as connection:
            return {key for (key,) in connection.execute(f"SELECT DISTINCT key FROM {self._read()}").fetchall()}

    def failed_keys(self) -> set[str]:
        """The keys of runs that raised."""
        table = self.table(["key", "error"])
        return set(table.loc[table["error"] != "", "key"])

    def table(self, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """All runs, a row each, in the order of their keys; of a run that was tried again, the better one."""
        if not self._parts():
            return pd.DataFrame(columns=[*KEYS, *INDICATORS])
        chosen = ", ".join(f'"{name}"' for name in columns) if columns else "*"
        with duckdb.connect() as connection:
            return connection.execute(f"SELECT {chosen} FROM ({self.unique()}) ORDER BY key").df()

    def unique(self) -> str:
        """The SQL of all runs, each once."""
        return f"SELECT DISTINCT ON (key) * FROM {self._read()} ORDER BY key, error"

    def checksum(self) -> str:
        """Sixteen hexadecimal digits of all results; when and how fast they were made does not count."""
        if not self._parts():
            return sha256(b"").hexdigest()[:16]
        left = ", ".join(NOT_RESULTS)
        rows = f"SELECT * EXCLUDE ({left}) FROM ({self.unique()})"
        with duckdb.connect() as connection:
            columns = sorted(row[0] for row in connection.execute(f"DESCRIBE {rows}").fetchall())
            listed = ", ".join(f'CAST("{name}" AS VARCHAR)' for name in columns)
            digest = sha256(" ".join(columns).encode())
            lines = connection.execute(f"SELECT concat_ws('|', {listed}) FROM ({rows}) ORDER BY key")
            while some := lines.fetchmany(10_000):
                digest.update("\n".join(line for (line,) in some).encode())
        return digest.hexdigest()[:16]

    def add(self, rows: Iterable[Row]) -> None:
        """Take finished runs; now and then they are written away as one more part."""
        self._rows += rows
        if perf_counter() - self._written_s > PART_EVERY_S or len(self._rows) >= MOST_ROWS_IN_PART:
            self.flush()

    def flush(self) -> None:
        """Write away what has been taken; the part appears whole or not at all."""
        if self._rows:
            table = pd.DataFrame([flat_row(row) for row in self._rows])
            name = sha256("".join(sorted(table["key"])).encode()).hexdigest()[:16]
            write_parquet(table, self.runs / f"part-{name}.parquet")
            self._rows = []
        self._written_s = perf_counter()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Nobody else writes into this folder meanwhile; what is taken and not yet written is, in the end.

        Raises StorageError if somebody does.
        """
        with (self.folder / ".lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                line = f"{self.folder} is being written by another sweep; wait for it, or name another folder"
                raise StorageError(line) from None
            for left in self.folder.rglob(".*.part"):
                left.unlink(missing_ok=True)
            try:
                yield
            finally:
                self.flush()

    def _parts(self) -> list[Path]:
        return sorted(self.runs.glob("part-*.parquet"))

    def _read(self) -> str:
        parts = ", ".join(quoted(part) for part in self._parts())
        return f"read_parquet([{parts}], union_by_name=true)"


def flat_row(row: Row) -> dict[str, Any]:
    """A row as a table wants it: a column an indicator."""
    return {**{key: row[key] for key in KEYS}, **row["indicators"], **{key: row.get(key) for key in AREAS}}


def write_parquet(table: pd.DataFrame, file: Path) -> None:
    """Write a table to a temporary name, then give it its own.

    Raises StorageError if the disk does not take it.
    """
    aside = file.with_name(f".{file.name}.part")
    try:
        with duckdb.connect() as connection:
            connection.register("rows_to_write", table)
            connection.execute(f"COPY (SELECT * FROM rows_to_write) TO {quoted(aside)} {FORMAT}")
        os.replace(aside, file)
    except (OSError, duckdb.Error) as error:
        aside.unlink(missing_ok=True)
        raise StorageError(f"{file}: cannot be written: {str(error).splitlines()[0]}") from None


def open_results(study: Study, folder: str | Path, new_code: bool = False) -> Results:
    """The folder of a study: made if absent, taken up again if it is this study's and this code's.

    Raises StorageError if the folder holds something else, or runs of other code (unless `new_code`, which
    starts beside them), or cannot be written.
    """
    folder = Path(folder)
    if folder.is_file():
        raise StorageError(f"--out: {folder} is a file; name a folder")
    there = (folder / "study.json").exists()
    if not there and folder.exists() and any(entry.name != ".lock" for entry in folder.iterdir()):
        raise StorageError(f"--out: {folder} is not empty and holds no study; name a new or an empty folder")
    if there:
        before = _about(folder)
        if before["study"] != study.name:
            raise StorageError(f"--out: {folder} holds the study {before['study']}; name another folder")
        if before["identity"] != identity() and not new_code:
            raise StorageError(
                f"--out: the runs in {folder} were made by other code or packages ({_differences(before)}); "
                "go back to those, or give --new-code to start beside them"
            )
    try:
        (folder / "runs" / identity()).mkdir(parents=True, exist_ok=True)
        _describe(study, folder)
    except OSError as error:
        raise StorageError(f"--out: {folder} cannot be written: {error.strerror}; name another folder") from None
    return Results(folder)


def _describe(study: Study, folder: Path) -> None:
    """Plans and worlds as tables, and what was asked."""
    write_parquet(pd.DataFrame([{"plan": p.index, "name": p.name, **p.settings} for p in study.plans]).convert_dtypes(),
                  folder / "plans.parquet")  # fmt: skip
    write_parquet(pd.DataFrame([{"world": w.index, **w.changes} for w in study.worlds]), folder / "worlds.parquet")
    text = json.dumps({
        "made_by": MADE_BY, "study": study.name, "identity": identity(), "code": code_hash(), "versions": versions(),
        "base": study.base.name, "base_hash": study.base.hash, "plans_count": len(study.plans),
        "worlds_count": len(study.worlds), "left_out_count": study.left_out,
        "file": study.file.model_dump(mode="json", exclude_unset=True),
    }, indent=2, ensure_ascii=False, default=str)  # fmt: skip
    write_whole(folder / "study.json", text + "\n")


def write_points(folder: Path, points: Sequence[tuple[int, int, str]]) -> None:
    """Which scenario each plan makes in each world."""
    write_parquet(pd.DataFrame(points, columns=["plan", "world", "scenario"]), folder / "points.parquet")


def _about(folder: Path) -> dict[str, Any]:
    try:
        content = json.loads((folder / "study.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        content = None
    if not isinstance(content, dict) or content.get("made_by") != MADE_BY:
        raise StorageError(f"{folder}: holds no study; `sweep STUDY --out {folder}` makes one")
    return content


def _differences(before: Mapping[str, Any]) -> str:
    """What has changed since, in a few words."""
    told = [f"code {before['code']}, now {code_hash()}"] if before["code"] != code_hash() else []
    now = versions()
    for package, version in before["versions"].items():
        if now.get(package) != version:
            told.append(f"{package} {version}, now {now.get(package, 'absent')}")
    return "; ".join(told[:3])


def merge(folders: Sequence[Path], out: Path) -> dict[str, Any]:
    """Join the runs of several folders of one study in another; those that are in two of them go in once.

    Raises StorageError if the folders do not belong together, or `out` holds something else.
    """
    parts = [Results(folder) for folder in folders]
    first = parts[0].about
    for part in parts[1:]:
        for what in ("study", "identity", "base_hash", "file"):
            if part.about[what] != first[what]:
                line = f"{part.folder}: its {WORDS[what]} is not that of {parts[0].folder}"
                raise StorageError(f"{line}; only parts of the same study, run by the same code, can be merged")
    if out.exists() and any(out.iterdir()) and (_about(out)["study"], _about(out)["identity"]) != (
        first["study"], first["identity"]
    ):  # fmt: skip
        raise StorageError(f"--out: {out} holds something else; name a new or an empty folder")
    (out / "runs" / first["identity"]).mkdir(parents=True, exist_ok=True)
    if not out.samefile(parts[0].folder):
        for name in ("plans", "worlds", "points"):
            shutil.copyfile(parts[0].folder / f"{name}.parquet", out / f"{name}.parquet")
    write_whole(out / "study.json", (parts[0].folder / "study.json").read_text(encoding="utf-8"))
    joined = Results(out)
    with joined.alone():
        for part in parts:
            table, there = part.table(), joined.keys()
            new = table[~table["key"].isin(there)]
            if len(new):
                digest = sha256("".join(new["key"]).encode()).hexdigest()[:16]
                write_parquet(new, joined.runs / f"part-{digest}.parquet")
    return {"study": first["study"], "runs_count": len(joined), "checksum": joined.checksum(), "folder": str(out)}


WORDS = {"study": "study", "identity": "code", "base_hash": "base", "file": "study file"}
