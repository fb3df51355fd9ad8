"""The folder of a study: its runs as Parquet parts, its plans and worlds, and what code made them.

Layer: experiments.

    DIR/study.json                what was asked, and by which code it was answered
    DIR/plans.parquet             plan, name, and a column a lever
    DIR/worlds.parquet            world, and a column an uncertain parameter
    DIR/points.parquet            plan, world, scenario: which scenario a plan makes of the base in a world
    DIR/wanted.parquet            plan, world, seed, key: the runs that the study asks for
    DIR/runs/IDENTITY/*.parquet   a row a run; IDENTITY is that of the code and the packages

The results of a study are its wanted runs. Others that are stored (of more replications than are asked for now,
of a lever's earlier values) stay, so that they need not be run again, and count for nothing.
"""

from __future__ import annotations

import json
import math
import os
import platform
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from hashlib import sha256
from itertools import chain
from operator import itemgetter
from pathlib import Path
from time import perf_counter
from typing import Any

import duckdb
import pandas as pd
from filelock import FileLock, Timeout

from experiments.running.files import FORMAT, StorageError, database, quoted, write_whole
from experiments.running.measures import Row, areas_of
from experiments.running.provenance import code_hash, identity, versions
from experiments.studies.design import Study, before_the_figures
from experiments.studies.observed import unobserved
from experiments.studies.reading import STUDIES
from languages.speaking import say
from sim.indicators import INDICATORS

BEFORE = "before_the_figures"
"""In a study's folder, the folder of the same plans under what was thought possible before the figures."""
MADE_BY = "run_experiment.py sweep"
PART_EVERY_S = 3.0
"""What a crash of the main process may lose at most, in seconds of work."""
MOST_ROWS_IN_PART = 2_000
NOT_RESULTS = ("elapsed_s",)
"""Columns that differ between two sweeps of equal results."""
UNDEFINED = "∅"
KEYS = ("key", "scenario", "seed", "error", "elapsed_s")
AREAS = ("area_cases", "area_hours")


class Results:
    """One study's folder; `with` it, no other process writes there."""

    def __init__(self, folder: str | Path) -> None:
        """Take a folder that a sweep has made.

        Raises StorageError if there is none.
        """
        self.folder = Path(folder)
        self.about = about(self.folder)
        self.runs = self.folder / "runs" / self.about["identity"]
        self._rows: list[Row] = []
        self._written_s = perf_counter()

    def __len__(self) -> int:
        """Wanted runs that are stored, failed ones among them."""
        return len(self.table(["key"]))

    def keys(self) -> set[str]:
        """The keys of all runs that are stored, wanted or not."""
        return set(self.stored(["key"])["key"])

    def failed_keys(self) -> set[str]:
        """The keys of wanted runs that raised."""
        table = self.table(["key", "error"])
        return set(table.loc[table["error"] != "", "key"])

    def table(self, columns: Sequence[str] = ()) -> pd.DataFrame:
        """The wanted runs, a row each, in the order of their keys; of a run that was tried again, the better one."""
        return self._chosen(columns, wanted=True)

    def stored(self, columns: Sequence[str] = ()) -> pd.DataFrame:
        """The same of all runs, those among them that are not wanted any more."""
        return self._chosen(columns, wanted=False)

    def _chosen(self, columns: Sequence[str], wanted: bool) -> pd.DataFrame:
        if not self.any_stored or (wanted and not self.has("wanted")):
            return pd.DataFrame(columns=list(columns) or [*KEYS, *INDICATORS, *AREAS])
        names = ", ".join(f'"{name}"' for name in columns) or "*"
        with database() as connection:
            return connection.execute(f"SELECT {names} FROM ({self.unique(wanted)}) ORDER BY key").df()

    def unique(self, wanted: bool = True) -> str:
        """The SQL of the wanted runs, or of all, each once."""
        asked = f"WHERE key IN (SELECT key FROM read_parquet({quoted(self._file('wanted'))})) " if wanted else ""
        return f"SELECT DISTINCT ON (key) * FROM {self._read()} {asked}ORDER BY key, error"

    def has(self, name: str) -> bool:
        """True if the table plans, worlds, points or wanted is there."""
        return self._file(name).exists()

    def described(self, name: str) -> pd.DataFrame:
        """The table plans, worlds, points or wanted.

        Raises StorageError if no sweep has written it.
        """
        if not self.has(name):
            raise StorageError(say(
                "{folder}: has no {name}.parquet; `sweep` runs the study and writes it", folder=self.folder, name=name,
            ))  # fmt: skip
        with database() as connection:
            return connection.execute(f"FROM read_parquet({quoted(self._file(name))})").df()

    def checksum(self) -> str:
        """Sixteen hexadecimal digits of the wanted runs; when and how fast they were made does not count."""
        if not self.any_stored or not self.has("wanted"):
            return sha256(b"").hexdigest()[:16]
        left = ", ".join(NOT_RESULTS)
        rows = f"SELECT * EXCLUDE ({left}) FROM ({self.unique()})"
        with database() as connection:
            columns = sorted(row[0] for row in connection.execute(f"DESCRIBE {rows}").fetchall())
            listed = ", ".join(f"coalesce(CAST(\"{name}\" AS VARCHAR), '{UNDEFINED}')" for name in columns)
            digest = sha256(" ".join(columns).encode())
            lines = connection.execute(f"SELECT concat_ws('|', {listed}) FROM ({rows}) ORDER BY key")
            while some := lines.fetchmany(10_000):
                digest.update("".join(f"{line}\n" for (line,) in some).encode())
        return digest.hexdigest()[:16]

    def want(self, runs: Iterable[tuple[int, int, int, str]]) -> None:
        """Write down which runs the study asks for: plan, world, seed and key."""
        write_parquet(pd.DataFrame(sorted(runs), columns=["plan", "world", "seed", "key"]), self._file("wanted"))

    def point(self, points: Iterable[tuple[int, int, str]]) -> None:
        """Write down which scenario each plan makes in each world."""
        write_parquet(pd.DataFrame(points, columns=["plan", "world", "scenario"]), self._file("points"))

    def conclude(self, conclusion: Mapping[str, Any]) -> None:
        """Write down what a stopping rule has come to: settled, survivors, unmet."""
        self.about = {**about(self.folder), **conclusion}
        _write_about(self.folder, self.about)

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
        with alone(self.folder):
            try:
                yield
            finally:
                self.flush()

    @property
    def any_stored(self) -> bool:
        """True if any run is stored that was made by this code."""
        return bool(self._parts())

    def _file(self, name: str) -> Path:
        return self.folder / f"{name}.parquet"

    def _parts(self) -> list[Path]:
        return sorted(self.runs.glob("part-*.parquet"))

    def _read(self) -> str:
        parts = ", ".join(quoted(part) for part in self._parts())
        return f"read_parquet([{parts}], union_by_name=true)"


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Nobody else writes into a folder meanwhile; StorageError if somebody does."""
    try:
        with FileLock(folder / ".lock", blocking=False):
            # Of this folder only: one within it (what was possible before the figures) has a lock of its own.
            for left_over in chain.from_iterable(
                folder.glob(f"{where}.*.part") for where in ("", "runs/*/", "figures/")
            ):
                left_over.unlink(missing_ok=True)
            yield
    except Timeout:
        raise StorageError(
            say("{folder} is being written by another sweep; wait for it, or name another folder", folder=folder)
        ) from None


def flat_row(row: Row) -> dict[str, Any]:
    """A row as a table wants it: a column an indicator."""
    indicators = {**dict.fromkeys(INDICATORS, math.nan), **row["indicators"]}  # a run that failed has the columns too
    return {**{key: row[key] for key in KEYS}, **indicators, **{key: row.get(key) for key in AREAS}}


def write_parquet(table: pd.DataFrame, file: Path) -> None:
    """Write a table to a temporary name, then give it its own.

    Raises StorageError if the disk does not take it.
    """
    aside = file.with_name(f".{file.name}.part")
    try:
        with database() as connection:
            connection.register("rows_to_write", table)
            connection.execute(f"COPY (SELECT * FROM rows_to_write) TO {quoted(aside)} {FORMAT}")
        os.replace(aside, file)
    except (OSError, duckdb.Error) as error:
        aside.unlink(missing_ok=True)
        raise StorageError(
            say("{file}: cannot be written: {reason}", file=file, reason=str(error).splitlines()[0])
        ) from None


def open_results(study: Study, folder: str | Path, new_code: bool | None = False) -> Results:
    """The folder of a study: made if absent, taken up again if it is this study's and this code's.

    Raises StorageError if the folder holds something else, or runs of other code (unless `new_code`, which
    starts beside them; None: whoever asks has no such choice), or is being written, or cannot be.
    """
    folder = Path(folder)
    try:
        make_folder(folder)
        with alone(folder):
            take_up(study, folder, new_code)
    except OSError as error:
        raise StorageError(say(
            "--out: {folder} cannot be written: {reason}; name another folder", folder=folder, reason=error.strerror,
        )) from None  # fmt: skip
    return Results(folder)


def make_folder(folder: Path) -> None:
    """A folder for a study, unless it is there.

    Raises StorageError if something else is there, or OSError.
    """
    if folder.is_file():
        raise StorageError(say("--out: {folder} is a file; name a folder", folder=folder))
    if folder.exists() and not (folder / "study.json").exists():
        foreign = [entry.name for entry in folder.iterdir() if entry.name not in BEFORE_A_STUDY]
        if any(not name.startswith(".") or not name.endswith(".part") for name in foreign):
            raise StorageError(
                say("--out: {folder} is not empty and holds no study; name a new or an empty folder", folder=folder)
            )
    folder.mkdir(parents=True, exist_ok=True)


BEFORE_A_STUDY = {".lock", "runs", "plans.parquet", "worlds.parquet"}
"""What a sweep may leave that was killed before it had said which study it runs."""


def take_up(study: Study, folder: Path, new_code: bool | None = False) -> None:
    """Make a folder that nobody else writes in this study's, if it may be.

    Raises StorageError if it holds another study, or runs beside which those of this one cannot stand.
    """
    before = about(folder) if (folder / "study.json").exists() else {}
    for what in ("study", "base"):
        now = study.name if what == "study" else study.base.name
        if before and before[what] != now:
            raise StorageError(say(
                "--out: {folder} holds the study {there} of the base {base_there}, not {study} of {base}; name another "
                "folder", folder=folder, there=before["study"], base_there=before["base"], study=study.name,
                base=study.base.name,
            ))  # fmt: skip
    if before and before["identity"] != identity() and not new_code:
        otherwise = say("name another folder") if new_code is None else say("give --new-code to start beside them")
        raise StorageError(say(
            "--out: the runs in {folder} were made by other code or packages ({differences}); go back to those, or "
            "{otherwise}", folder=folder, differences=_differences(before), otherwise=otherwise,
        ))  # fmt: skip
    kept = _kept(study)
    if any((folder / "runs" / identity()).glob("part-*.parquet")):
        _refuse_others(before.get("kept", {}).get(identity()), kept, folder)
    (folder / "runs" / identity()).mkdir(parents=True, exist_ok=True)
    _describe(study, folder, before, kept)


def _kept(study: Study) -> dict[str, Any]:
    """What is kept of every run beside the indicators, in so far as the study says so."""
    areas = sha256(areas_of(study.base).of_site.tobytes()).hexdigest()[:16]
    parts = [part.model_dump(mode="json", exclude={"only"}) for part in study.file.parts]
    return {"areas": areas, "parts": sorted(parts, key=itemgetter("name"))}


def _refuse_others(stored: Mapping[str, Any] | None, kept: Mapping[str, Any], folder: Path) -> None:
    """Raises StorageError if less was kept of the stored runs, or something else."""
    if stored is None:
        why = say("of its runs an earlier version has kept less")
    elif stored["areas"] != kept["areas"]:
        why = say("the areas of the base, between which equity is measured, were others; the study's [set] moves them")
    elif stored["parts"] != kept["parts"]:
        why = say("its runs were made with other [[parts]]")
    else:
        return
    raise StorageError(say("--out: {folder}: {why}; name another folder", folder=folder, why=why))


def _describe(study: Study, folder: Path, before: Mapping[str, Any], kept: Mapping[str, Any]) -> None:
    """Plans and worlds as tables, and what was asked; what follows from another question is put away."""
    earlier = before_the_figures(study)
    now = {
        "made_by": MADE_BY, "study": study.name, "identity": identity(), "code": code_hash(), "versions": versions(),
        "base": study.base.name, "base_hash": study.base.hash, "design_hash": _design_hash(study),
        "areas": areas_of(study.base).kind, "plans_count": len(study.plans), "worlds_count": len(study.worlds),
        "left_out_count": study.left_out, "ensemble_doubt": study.ensemble.doubt if study.ensemble else "",
        "unobserved": _unobserved(study) if study.ensemble else {},
        "before_hash": _design_hash(earlier) if earlier else "",
        "file": study.file.model_dump(mode="json", exclude_unset=True),
    }  # fmt: skip
    same = all(before.get(name) == value for name, value in json.loads(_json(now)).items())
    if not same:
        for name in ("points", "wanted"):
            (folder / f"{name}.parquet").unlink(missing_ok=True)
    plans = pd.DataFrame([{"plan": plan.number, "name": plan.name, **plan.settings} for plan in study.plans])
    write_parquet(plans.convert_dtypes(), folder / "plans.parquet")
    write_parquet(pd.DataFrame([{"world": w.number, **w.changes} for w in study.worlds]), folder / "worlds.parquet")
    here = {
        "path": study.name if study.path.parent == STUDIES else str(study.path),
        "machine": say("{machine}, {count} cores", machine=platform.machine(), count=os.cpu_count()),
    }
    content = {**here, **before} if same else {**now, **here}
    _write_about(folder, {**content, "kept": {**before.get("kept", {}), identity(): kept}})


def _unobserved(study: Study) -> dict[str, Any]:
    """By plan: what it has otherwise than the place that was observed, as plain lists."""
    found = {str(plan.number): unobserved(study.base, study.scenario(plan, study.worlds[0])) for plan in study.plans}
    return {number: [list(each) for each in entries] for number, entries in found.items() if entries}


def _design_hash(study: Study) -> str:
    """Changes with the plans and worlds, those among them that stand in files of their own."""
    plans = [(plan.name, plan.base, plan.changes) for plan in study.plans]
    return sha256(_json([plans, [world.changes for world in study.worlds]]).encode()).hexdigest()[:16]


def _write_about(folder: Path, content: Mapping[str, Any]) -> None:
    write_whole(folder / "study.json", _json(content) + "\n")


def _json(content: Any) -> str:
    return json.dumps(content, indent=2, ensure_ascii=False, default=str)


def about(folder: Path) -> dict[str, Any]:
    """What a study's folder says of itself; StorageError if it is none."""
    try:
        content = json.loads((folder / "study.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        content = None
    if not isinstance(content, dict) or content.get("made_by") != MADE_BY:
        raise StorageError(say("{folder}: holds no study; `sweep STUDY --out {folder}` makes one", folder=folder))
    return content


def _differences(before: Mapping[str, Any]) -> str:
    """What has changed since, in a few words."""
    changed = []
    if before["code"] != code_hash():
        changed.append(say("code {before}, now {now}", before=before["code"], now=code_hash()))
    now = versions()
    for package, version in before["versions"].items():
        if now.get(package) != version:
            here = now.get(package) or say("absent")
            changed.append(say("{package} {before}, now {now}", package=package, before=version, now=here))
    return "; ".join(changed[:3])
