"""Writing files: whole or not at all, and numbers as JSON has them.

Layer: experiments.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

INTERRUPTED = "Query interrupted"
"""What DuckDB says, as a RuntimeError, of a Ctrl-C that came while it worked."""


def finite(content: Any) -> Any:
    """The same with null for every number that is not finite, and lists for tuples."""
    if isinstance(content, float):
        return content if math.isfinite(content) else None
    if isinstance(content, Mapping):
        return {key: finite(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [finite(value) for value in content]
    return content


class StorageError(ValueError):
    """The folder cannot be written, or must not be replaced; one line that says why."""


FORMAT = "(FORMAT parquet, COMPRESSION zstd)"


def quoted(path: Path) -> str:
    """A file's name as SQL wants it."""
    return "'" + str(path).replace("'", "''") + "'"


def write_whole(file: Path, text: str) -> None:
    """Write a text to a temporary name, then give it its own: it appears whole or not at all."""
    aside = file.with_name(f".{file.name}.part")
    aside.write_text(text, encoding="utf-8")
    os.replace(aside, file)


@contextmanager
def database() -> Iterator[DuckDBPyConnection]:
    """A database in memory, for reading and writing Parquet.

    A Ctrl-C that comes while it works, and that DuckDB turns into an error of its own, is raised as a Ctrl-C.
    """
    import duckdb

    with duckdb.connect() as connection:
        try:
            yield connection
        except (duckdb.InterruptException, RuntimeError) as error:
            if isinstance(error, duckdb.InterruptException) or str(error) == INTERRUPTED:
                raise KeyboardInterrupt from None
            raise
