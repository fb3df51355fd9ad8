"""Writing files: whole or not at all, and numbers as JSON has them.

Layer: experiments.
"""

from __future__ import annotations

import math
import os
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from languages.speaking import say

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

LARGEST_TOML_BYTES = 1_000_000
INTERRUPTED = "Query interrupted"
"""What DuckDB says, as a RuntimeError, of a Ctrl-C that came while it worked."""


def read_toml(path: Path) -> dict[str, Any]:
    """A TOML file in UTF-8, with or without a byte order mark.

    Raises ValueError, with one line that names the file.
    """
    try:
        if path.is_dir():
            raise ValueError(say("{file}: is a folder; name a file", file=path.name))
        if path.stat().st_size > LARGEST_TOML_BYTES:
            raise ValueError(say("{file}: is larger than 1 MB", file=path.name))
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError(say("{file}: is not UTF-8 text; save it as UTF-8", file=path.name)) from None
    except OSError as error:
        raise ValueError(say("{file}: cannot be read: {reason}", file=path.name, reason=error.strerror)) from None
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise ValueError(say("{file}: is nested too deeply", file=path.name)) from None
    except ValueError as error:
        raise ValueError(
            say("{file}: is not TOML: {reason}", file=path.name, reason=" ".join(str(error).split()))
        ) from None


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
