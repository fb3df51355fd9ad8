"""Asking the results of a study with SQL.

Layer: experiments.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from experiments.running.files import StorageError, database, quoted
from experiments.studies.folder import AREAS, KEYS, Results
from languages.speaking import say
from sim.indicators import FORMER_NAMES, suggest_indicator


@contextmanager
def _tables(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database with the tables runs, plans, worlds, points, wanted and results; it reaches nothing else.

    Raises StorageError if the folder holds no study, or nothing has been run.
    """
    results = Results(folder)
    if not len(results):
        raise StorageError(say("{folder}: nothing has been run yet; `sweep` runs it", folder=folder))
    with database() as connection:
        connection.execute(f"CREATE TABLE runs AS {results.unique(wanted=False)}")
        for name in ("plans", "worlds", "points", "wanted"):
            connection.execute(f"CREATE TABLE {name} AS FROM read_parquet({quoted(folder / f'{name}.parquet')})")
        connection.execute(
            f"CREATE VIEW results AS SELECT plans.*, worlds.*, {_columns(results)} FROM wanted JOIN plans USING (plan) "
            "JOIN worlds USING (world) JOIN runs USING (key) WHERE runs.error = ''"
        )
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        yield connection


def _columns(results: Results) -> str:
    """The columns of runs that the study wants among its results: all, unless it names outcomes."""
    file = results.about["file"]
    if not file.get("outcomes"):
        return "runs.*"
    parts = [part["name"] for part in file.get("parts", [])]
    names = (name.replace('"', '""') for name in (*KEYS, *file["outcomes"], *parts, *AREAS))
    return ", ".join(f'runs."{name}"' for name in names)


def ask(folder: Path, sql: str) -> tuple[list[str], list[tuple[Any, ...]]]:
    """The columns and rows of a query.

    Raises StorageError, in one line, if it is no query that DuckDB can answer.
    """
    with _tables(folder) as connection:
        try:
            found = connection.execute(sql)
            columns = [column[0] for column in found.description or ()]
            return columns, found.fetchall()
        except duckdb.InterruptException:
            raise
        except duckdb.Error as error:
            said = " ".join(str(error).split("LINE 1")[0].split())
            renamed = (suggest_indicator(former) for former in FORMER_NAMES if f'column "{former}" not' in said)
            raise StorageError(
                say("query: DuckDB cannot answer this: {reason}", reason=f"{said[:300]}{''.join(renamed)}")
            ) from None
