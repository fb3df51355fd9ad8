"""Runs that the page asks for: each in a process of its own, which is gone when its history is made.

Layer: experiments.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import signal
import sys
from collections.abc import Mapping
from contextlib import suppress
from multiprocessing import forkserver
from threading import Event
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple

from languages.speaking import ENGLISH, say, speak
from scenarios.counting import expected_incidents
from scenarios.loading import load
from scenarios.wording import ScenarioError

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from scenarios.loading import Scenario

AT_ONCE = 2
MOST_WAITING = 64
"""More runs than these do not even wait for their turn."""
LONGEST_S = 60.0
LOOK_UP_S = 0.1
"""So often whoever waits for a run looks whether somebody still wants it."""
MOST_INCIDENTS = 1_000_000
"""More do not fit into a browser."""
FILES = ("territory.sites_file",)
"""Parameters that name a file: no page may say which are read."""
CONTEXT = multiprocessing.get_context("spawn") if sys.platform == "win32" else multiprocessing.get_context("forkserver")
"""A fork server has every library loaded, and neither threads nor connections of the server."""


class Asked(NamedTuple):
    """Which history is asked for."""

    scenario: str
    """A name of the library, or the path of a file."""
    overrides: Mapping[str, object]
    seed: int
    language: str = ENGLISH
    """In which is said what is wrong with it."""


class RefusedError(ValueError):
    """What cannot be had, and why: one line for each problem."""

    status = 422
    """Of HTTP."""

    def __init__(self, *problems: str) -> None:
        """With every problem."""
        super().__init__("\n".join(problems))
        self.problems = problems


class TooLongError(RefusedError):
    """The run was ended."""

    status = 503


class TooBusyError(RefusedError):
    """Too many others are waiting."""

    status = 503


def wanted(asked: Asked) -> Scenario:
    """The scenario that is asked for. Raises RefusedError with every problem."""
    for path in set(FILES) & asked.overrides.keys():
        raise RefusedError(say("{path}: which files are read cannot be changed in the page", path=path))
    try:
        scenario = load(asked.scenario, asked.overrides)
    except ScenarioError as error:
        raise RefusedError(*error.problems) from None
    if scenario.abstract:
        raise RefusedError(say(
            "{name}: is a base that other scenarios extend and cannot be run; `list` shows those that can",
            name=asked.scenario,
        ))  # fmt: skip
    expected = expected_incidents(scenario.parameters, scenario.sites)
    if expected > MOST_INCIDENTS:
        raise RefusedError(say(
            "about {expected:,.0f} incidents would occur, and the page can show {most:,}; take fewer days",
            expected=expected, most=MOST_INCIDENTS,
        ))  # fmt: skip
    return scenario


def made(asked: Asked) -> bytes:
    """The history that is asked for, as the page reads it. Raises RefusedError if it cannot be had."""
    from experiments.page.history import encode, history_of

    scenario = wanted(asked)
    try:
        return encode(history_of(scenario, asked.seed))
    except ValueError as error:
        raise RefusedError(*str(error).splitlines()) from None


class Runs:
    """Makes histories, some at once, the others in turn."""

    def __init__(self, longest_s: float = LONGEST_S) -> None:
        """A run that takes longer is ended."""
        self._longest_s = longest_s
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._unfinished = 0
        if sys.platform != "win32":
            CONTEXT.set_forkserver_preload(["experiments.page.at_hand"])
            forkserver.ensure_running()  # it loads the libraries now, and nobody waits for them

    async def history(self, asked: Asked) -> bytes:
        """The history that is asked for; whoever cancels this ends its run.

        Raises RefusedError if it cannot be had, TooLongError if it was ended, TooBusyError if too many wait already.
        """
        if self._unfinished >= MOST_WAITING:
            raise TooBusyError(say("too many runs are waiting; ask again in a moment"))
        self._unfinished += 1
        given_up = Event()
        try:
            async with self._turns:
                return await asyncio.to_thread(self._in_its_process, asked, given_up)
        finally:
            given_up.set()
            self._unfinished -= 1

    def _in_its_process(self, asked: Asked, given_up: Event) -> bytes:
        """Have a process make the history; it is gone when this returns."""
        ours, theirs = CONTEXT.Pipe(duplex=False)
        process = CONTEXT.Process(target=_work, args=(asked, theirs), daemon=True)
        process.start()
        theirs.close()
        try:
            with ours:
                return self._answer(ours, given_up)
        finally:
            process.kill()
            process.join()

    def _answer(self, connection: Connection, given_up: Event) -> bytes:
        """What a process sends back, in time or never."""
        until_s = monotonic() + self._longest_s
        while not connection.poll(LOOK_UP_S):
            if given_up.is_set() or monotonic() > until_s:
                raise TooLongError(say("the run took longer than {seconds:g} s and was ended; take fewer days",
                                  seconds=self._longest_s))  # fmt: skip
        try:
            answer: bytes | tuple[str, ...] = connection.recv()
        except EOFError:
            raise RefusedError(say("the run broke off")) from None
        if isinstance(answer, tuple):
            raise RefusedError(*answer)
        return answer


def _work(asked: Asked, connection: Connection) -> None:
    """What a process does: make one history, or say why there is none."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C is for the server, which ends us
    speak(asked.language)
    try:
        answer: bytes | tuple[str, ...] = made(asked)
    except RefusedError as refused:
        answer = tuple(map(str, refused.problems))  # a problem may carry more, which does not travel
    with suppress(BrokenPipeError):
        connection.send(answer)
