"""Work that the page asks for: each piece in a process of its own, which is gone when it is done, with all it left.

Layer: experiments.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import sys
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import suppress
from multiprocessing import forkserver
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory
from threading import Event
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple

from languages.speaking import ENGLISH, marked, say, speak
from scenarios.counting import expected_incidents
from scenarios.loading import load
from scenarios.wording import ScenarioError

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

    from scenarios.loading import Scenario

AT_ONCE = 2
MOST_WAITING = 64
"""More runs than these do not even wait for their turn."""
LONGEST_S = 60.0
TOO_LONG = marked("the run took longer than {seconds:g} s and was ended; take fewer days")
FOLDER = "grid_page_"
"""How the folders begin in which work is done; each is gone with its process."""
LOOK_UP_S = 0.1
"""So often whoever waits for a run looks whether somebody still wants it."""
MOST_INCIDENTS = 1_000_000
"""More do not fit into a browser."""
FILES = frozenset({"territory.sites_file"})
"""Parameters that name a file: no page may say which are read."""
CONTEXT = multiprocessing.get_context("spawn") if sys.platform == "win32" else multiprocessing.get_context("forkserver")
"""A fork server has every library loaded, and neither threads nor connections of the server."""


class Here(NamedTuple):
    """What a piece of work has at hand."""

    tell: Callable[[bytes], None]
    """Tells whoever asked for it."""
    folder: Path
    """Its own, and gone afterwards."""


type Task = tuple[Callable[..., None], tuple[object, ...], str]
"""What is done, with what, and in which language it is told."""


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
    for path in (path for path in FILES if _sets(asked.overrides, path)):
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


def _sets(changes: Mapping[str, object], path: str) -> bool:
    """Whether changes set a parameter: by its path, or in tables within tables."""
    return path in changes or any(
        isinstance(inside, Mapping) and path.startswith(f"{name}.") and _sets(inside, path.removeprefix(f"{name}."))
        for name, inside in changes.items()
    )


def made(asked: Asked) -> bytes:
    """The history that is asked for, as the page reads it. Raises RefusedError if it cannot be had."""
    from experiments.page.history import encode, history_of

    scenario = wanted(asked)
    try:
        return encode(history_of(scenario, asked.seed))
    except ValueError as error:
        raise RefusedError(*str(error).splitlines()) from None


def history(here: Here, asked: Asked) -> None:
    """Tell the history that is asked for. Raises as `made`."""
    here.tell(made(asked))


class Runs:
    """Does what is asked for, some at once, the others in turn."""

    def __init__(
        self, longest_s: float = LONGEST_S, at_once: int = AT_ONCE, most_waiting: int = MOST_WAITING,
        too_long: str = TOO_LONG,
    ) -> None:  # fmt: skip
        """What takes longer is ended, and `too_long` said of it."""
        self._longest_s, self._too_long = longest_s, too_long
        self._turns = asyncio.Semaphore(at_once)
        self._unfinished, self._most = 0, most_waiting

    async def whole(self, work: Callable[..., None], *arguments: object, language: str = ENGLISH) -> bytes:
        """All that a piece of work tells; whoever cancels this ends it. Raises as `parts`."""
        return b"".join([part async for part in self.parts(work, *arguments, language=language)])

    async def parts(
        self, work: Callable[..., None], *arguments: object, language: str = ENGLISH
    ) -> AsyncGenerator[bytes]:  # fmt: skip
        """What a piece of work tells, as it does; whoever leaves this ends the work.

        `work` is a function of a module, called with what it has `Here`, and the arguments; it speaks the language.
        Raises RefusedError if it cannot be done, TooLongError if it was ended, TooBusyError if too many wait already.
        """
        if self._unfinished >= self._most:
            raise TooBusyError(say("too many runs are waiting; ask again in a moment"))
        self._unfinished += 1
        given_up, told = Event(), asyncio.Queue[bytes | None]()
        loop = asyncio.get_running_loop()

        def tell(part: bytes | None) -> None:
            with suppress(RuntimeError):  # the server has ended
                loop.call_soon_threadsafe(told.put_nowait, part)

        def over(working: asyncio.Future[None]) -> None:
            self._turns.release()  # only now that its process is gone
            if not working.cancelled():
                working.exception()  # whoever has left does not ask for it

        try:
            await self._turns.acquire()
            task = (work, arguments, language)
            working = asyncio.ensure_future(asyncio.to_thread(self._in_its_process, task, given_up, tell))
            working.add_done_callback(over)
            while (part := await told.get()) is not None:
                yield part
            await working
        finally:
            given_up.set()
            self._unfinished -= 1

    def _in_its_process(self, task: Task, given_up: Event, tell: Callable[[bytes | None], None]) -> None:
        """Have a process work in a folder; both are gone when this returns, and so is whatever the process started."""
        try:
            with TemporaryDirectory(prefix=FOLDER, ignore_cleanup_errors=True) as folder:
                ours, theirs = CONTEXT.Pipe(duplex=False)
                process = CONTEXT.Process(target=_work, args=(task, Path(folder), theirs))
                process.start()
                theirs.close()
                try:
                    with ours:
                        self._pass_on(ours, given_up, tell)
                finally:
                    _end(process)
        finally:
            tell(None)

    def _pass_on(self, connection: Connection, given_up: Event, tell: Callable[[bytes | None], None]) -> None:
        """What a process sends, in time or never."""
        until_s = monotonic() + self._longest_s
        while True:
            if given_up.is_set() or monotonic() > until_s:
                raise TooLongError(say(self._too_long, seconds=self._longest_s))
            if not connection.poll(LOOK_UP_S):
                continue
            try:
                sent: bytes | tuple[str, ...] | None = connection.recv()
            except EOFError:
                raise RefusedError(say("the run broke off")) from None
            if sent is None:
                return
            if isinstance(sent, tuple):
                raise RefusedError(*sent)
            tell(sent)


def preload(*modules: str) -> None:
    """Have the libraries of modules loaded where processes come from, now, so that nobody waits for them."""
    if sys.platform != "win32":
        CONTEXT.set_forkserver_preload([*modules])
        forkserver.ensure_running()


def _end(process: BaseProcess) -> None:
    """End a process and whatever it started."""
    if process.pid and hasattr(os, "killpg"):
        with suppress(ProcessLookupError, PermissionError):  # it has ended, or has not begun
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.join()


def _work(task: Task, folder: Path, connection: Connection) -> None:
    """What a process does: one piece of work, or say why it cannot."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C is for the server, which ends us
    if hasattr(os, "setpgid"):
        os.setpgid(0, 0)  # whatever is started here ends with us

    def send(part: bytes | tuple[str, ...] | None) -> None:
        try:
            connection.send(part)
        except BrokenPipeError:  # the server was killed, and nobody else is there to tidy up
            rmtree(folder, ignore_errors=True)
            sys.exit(1)

    work, arguments, language = task
    speak(language)
    try:
        work(Here(send, folder), *arguments)
        send(None)
    except RefusedError as refused:
        send(tuple(map(str, refused.problems)))  # a problem may carry more, which does not travel
