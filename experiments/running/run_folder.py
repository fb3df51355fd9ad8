"""Keeping what came out: Parquet, CSV, JSON, a manifest and pictures in one folder, all of it or nothing.

Layer: experiments.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.running.files import FORMAT, StorageError, database, quoted
from languages.speaking import say

if TYPE_CHECKING:
    import pandas as pd

    from sim.run import Outcome


MADE_BY = "run_experiment.py"
OURS = {"cases.parquet", "daily.parquet", "indicators.csv", "indicators.json", "manifest.json", "pictures", "tables"}
TABLES = ("cases", "daily")


class Store:
    """Writes into a folder beside the target; only `finish` lets the target appear.

    An empty target, or one with nothing but an earlier run of ours in it, is replaced; any other is refused.
    """

    def __init__(self, target: str | Path) -> None:
        """Make the folder beside the target, so that whatever is in the way is known before a run starts.

        Raises StorageError if the target must not be replaced or cannot be written.
        """
        self.target = Path(target).resolve()
        self._made: list[Path] = []
        try:
            _refuse_foreign(self.target)
            self._make_parents()
            self.folder = self.target.parent / f".{self.target.name}.{os.getpid()}.part"
            self.folder.mkdir()
            (self.folder / "parts").mkdir()
            (self.folder / "pictures").mkdir()
        except OSError as error:
            self._remove_parents()
            reason = error.strerror or str(error)
            raise StorageError(
                say("--out: {target} cannot be written: {reason}; name another folder", target=target, reason=reason)
            ) from None

    @property
    def pictures(self) -> Path:
        """Where the pictures go."""
        return self.folder / "pictures"

    def add(self, outcome: Outcome) -> None:
        """Write one replication's tables away, so that no other than the first stays in memory.

        Ctrl-C in the middle leaves this replication out, and the earlier ones as they are.
        Raises StorageError if the disk does not take it; then nothing is left behind.
        """
        with self._in_one_line():
            for name in TABLES:
                self._write_part(getattr(outcome, name), name, outcome.seed)

    def finish(self, runs: pd.DataFrame, result: Mapping[str, Any], manifest: Mapping[str, Any]) -> None:
        """Join the replications, write the rest, and put the folder in its place at once.

        Raises StorageError if the disk does not take it; then nothing is left behind.
        """
        with self._in_one_line():
            for name in TABLES:
                self._join_parts(name, [int(seed) for seed in runs.index])
            shutil.rmtree(self.folder / "parts")
            runs.to_csv(self.folder / "indicators.csv")
            for name, content in (("indicators", result), ("manifest", {"made_by": MADE_BY, **manifest})):
                text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False, default=str)
                (self.folder / f"{name}.json").write_text(text + "\n", encoding="utf-8")
            self._swap()

    @contextmanager
    def _in_one_line(self) -> Iterator[None]:
        """What the disk refuses is said in one line, and nothing half-written stays."""
        import duckdb

        try:
            yield
        except (OSError, duckdb.Error) as error:
            self.discard()
            reason = getattr(error, "strerror", None) or str(error).splitlines()[0]
            raise StorageError(
                say("--out: {target} cannot be written: {reason}", target=self.target, reason=reason)
            ) from None
        except StorageError:
            self.discard()
            raise

    def discard(self) -> None:
        """Take the folder away with all that was written, and the folders that were made for it."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self._remove_parents()

    def _write_part(self, table: pd.DataFrame, name: str, seed: int) -> None:
        with database() as connection:
            connection.register("rows_of_one_seed", table)
            file = self.folder / "parts" / f"{name}-{seed}.parquet"
            rows = f"SELECT {int(seed)} AS seed, * FROM rows_of_one_seed"
            connection.execute(f"COPY ({rows}) TO {quoted(file)} {FORMAT}")

    def _join_parts(self, name: str, seeds: list[int]) -> None:
        parts = ", ".join(quoted(self.folder / "parts" / f"{name}-{seed}.parquet") for seed in seeds)
        with database() as connection:
            connection.execute(
                f"COPY (SELECT * FROM read_parquet([{parts}])) TO {quoted(self.folder / f'{name}.parquet')} {FORMAT}"
            )

    def _swap(self) -> None:
        """Two renames: the earlier run, if any, steps aside, the new one takes its place."""
        aside = self.folder.with_suffix(".old")
        _refuse_foreign(self.target)
        replaces = self.target.exists()
        if replaces:
            self.target.rename(aside)
        try:
            self.folder.rename(self.target)
        except OSError:
            if replaces:
                aside.rename(self.target)
            raise
        shutil.rmtree(aside, ignore_errors=True)

    def _make_parents(self) -> None:
        missing = [folder for folder in self.target.parents if not folder.exists()]
        for folder in reversed(missing):
            folder.mkdir()
            self._made.append(folder)

    def _remove_parents(self) -> None:
        for folder in reversed(self._made):
            try:
                folder.rmdir()
            except OSError:
                return


def _refuse_foreign(target: Path) -> None:
    """Raises StorageError unless the target is absent, empty, or holds an earlier run and nothing else."""
    if not target.exists():
        return
    if not target.is_dir():
        raise StorageError(say("--out: {target} is a file; name a folder", target=target))
    there = {entry.name for entry in target.iterdir()}
    foreign = sorted(there - OURS)
    if foreign:
        raise StorageError(say(
            "--out: {target} holds {name}, which is not ours; name a new or an empty folder", target=target,
            name=foreign[0],
        ))  # fmt: skip
    if there and not _is_ours(target / "manifest.json"):
        raise StorageError(
            say("--out: {target} is not empty and holds no run of ours; name a new or an empty folder", target=target)
        )


def read_manifest(folder: Path) -> dict[str, Any]:
    """What a folder says of the run in it. Raises StorageError if it holds no run of ours."""
    file = folder / "manifest.json"
    if not _is_ours(file):
        raise StorageError(say("{folder}: holds no run; `run NAME --out {folder}` writes one", folder=folder))
    manifest: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return manifest


def _is_ours(manifest: Path) -> bool:
    try:
        content = json.loads(manifest.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(content, dict) and content.get("made_by") == MADE_BY
