"""Asking the results of a study with SQL.

Layer: experiments.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb

from experiments.results import Results
from experiments.storage import StorageError, quoted


def connect(folder: Path) -> duckdb.DuckDBPyConnection:
    """A database in memory with the tables runs, plans, worlds, points and results; it can reach nothing else.

    Raises StorageError if the folder holds no study, or nothing has been run.
    """
    results = Results(folder)
    if not len(results):
        raise StorageError(f"{folder}: nothing has been run yet; `sweep` runs it")
    connection = duckdb.connect()
    connection.execute(f"CREATE TABLE runs AS {results.unique()}")
    for name in ("plans", "worlds", "points"):
        connection.execute(f"CREATE TABLE {name} AS FROM read_parquet({quoted(folder / f'{name}.parquet')})")
    connection.execute(
        "CREATE VIEW results AS SELECT plans.*, worlds.*, runs.* FROM points JOIN plans USING (plan) "
        "JOIN worlds USING (world) JOIN runs USING (scenario) WHERE runs.error = ''"
    )
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection


def ask(folder: Path, sql: str) -> tuple[list[str], list[tuple[Any, ...]]]:
    """The columns and rows of a query.

    Raises StorageError, in one line, if it is no query that DuckDB can answer.
    """
    with connect(folder) as connection:
        try:
            found = connection.execute(sql)
            columns = [column[0] for column in found.description or ()]
            return columns, found.fetchall()
        except duckdb.Error as error:
            said = " ".join(str(error).split("LINE 1")[0].split())
            raise StorageError(f"query: {said[:300]}") from None
