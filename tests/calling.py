"""The command line, called in this process: half a second sooner than in one of its own, and the same otherwise."""

from __future__ import annotations

import sys
from contextlib import chdir, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

import run_experiment
from experiments.published.figures import read_figures


class Called(NamedTuple):
    """How a command ended, and what it said."""

    returncode: int
    stdout: str
    stderr: str


def called(folder: Path, *words: str) -> Called:
    """Run a command in a folder; what is no quiet end (a traceback) is raised."""
    read_figures.cache_clear()  # it remembers files by their names, which are the same in each test's folder
    out, err = StringIO(), StringIO()
    with (
        chdir(folder),
        patch.object(sys, "argv", ["run_experiment.py", *words]),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        try:
            run_experiment.main()
        except SystemExit as end:
            return Called(int(end.code or 0), out.getvalue(), err.getvalue())
    raise AssertionError("a command ends with a status")
