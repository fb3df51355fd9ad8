"""The bar that is shown while replications run, and lines that are said meanwhile."""

from __future__ import annotations

import io
import sys

from experiments.showing.progress import progress


class Terminal(io.StringIO):
    """Standard error as a terminal has it."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        """It is one."""
        return True


def test_a_message_has_a_line_of_its_own_above_the_bar(monkeypatch):
    terminal = Terminal()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(sys, "stderr", terminal)
    with progress("running", 4) as watcher:
        watcher(1, 4)
        watcher.say("a run failed: [brackets] and all")
        watcher(2, 4)
    (line,) = [line for line in terminal.getvalue().split("\n") if "a run failed" in line]
    # What stands before it in its line has been wiped: the last thing said to the terminal is to clear the line.
    before, _, after = line.partition("a run failed: [brackets] and all")
    assert before.endswith("\x1b[2K")
    assert after.strip() == ""
    assert "running" in terminal.getvalue()


def test_without_a_terminal_a_line_comes_every_ten_seconds(monkeypatch, capsys):
    clock = iter([0.0, *(float(second) for second in range(0, 31))])
    monkeypatch.setattr("experiments.showing.progress.perf_counter", lambda: next(clock))
    with progress("junmen_grids", 4_000) as watcher:
        for second in range(0, 31):
            watcher(second * 100, 4_000)
    assert capsys.readouterr().err.splitlines() == [
        f"junmen_grids: {done:,} of 4,000 runs, about {left} s left"
        for done, left in ((1_000, 30), (2_000, 20), (3_000, 10))
    ]


def test_without_a_terminal_only_what_is_said_is_printed(capsys):
    with progress("running", 4) as watcher:
        watcher(1, 4)
        watcher.say("a run failed")
    assert capsys.readouterr().err == "a run failed\n"
