"""A client's connection: whoever does not ask, or does not take what it asked for, is let go, and others are served.

Layer: experiments.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from languages.speaking import say

LOG = logging.getLogger(__name__)
PATIENCE_S = 10.0
"""So long a connection may be open without asking for anything."""
TAKEN_S = 30.0
"""So long an answer may take to be read: one of the largest takes a browser of this machine less than a second."""
MOST_CONNECTIONS = 256
MOST_ARRIVING_BYTES = MOST_HELD_BYTES = 256 * 2**20
"""Of requests that have arrived in part, and of answers that have been read in part, in all."""
TOLD = "told"
"""In a request's scope: the log says already what became of it."""


class Connection(H11Protocol):
    """What comes from one client, and goes to it.

    Where there is too much of something, whoever has kept the server waiting for longest makes way.
    """

    def __init__(self, *arguments: Any, **more: Any) -> None:
        """With what uvicorn hands over."""
        super().__init__(*arguments, **more)
        self._waits_since_s = self._held_since_s = 0.0
        self._arrived_bytes = 0
        self._asks: asyncio.TimerHandle | None = None
        self._reads: asyncio.TimerHandle | None = None

    @property
    def _is_idle(self) -> bool:
        """Whether no request of it is being answered."""
        return self.cycle is None or self.cycle.response_complete

    @property
    def _awaited(self) -> bool:
        """Whether something is to come from it, and nothing from us."""
        return self._is_idle or self.cycle.more_body

    @property
    def _held_bytes(self) -> int:
        """What it has not read yet."""
        return self.transport.get_write_buffer_size()

    def _others(self) -> list[Connection]:
        return [each for each in self.connections if isinstance(each, Connection) and each is not self]

    # What it asks -----------------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Somebody is there."""
        super().connection_made(transport)
        self._wait()
        awaited = [each for each in self._others() if each._awaited]
        excess = len(self.connections) - MOST_CONNECTIONS
        _make_room(excess, awaited, lambda each: 1, lambda each: each._waits_since_s)

    def _wait(self) -> None:
        """From now on a request is awaited, and all of its head: signs that come now and then are none."""
        self._arrived_bytes = 0
        self._waits_since_s = self.loop.time()
        _cancel(self._asks)
        self._asks = self.loop.call_later(PATIENCE_S, self._has_not_asked)

    def _has_not_asked(self) -> None:
        if self._held_bytes:
            self._wait()  # it may still be reading
        elif self._is_idle:
            self.let_go(say("the request did not arrive within {seconds:g} s", seconds=PATIENCE_S))

    def data_received(self, data: bytes) -> None:
        """Part of a request has arrived."""
        self._arrived_bytes += len(data)
        super().data_received(data)
        awaited = [each for each in self._others() if each._awaited]
        excess = self._arrived_bytes + sum(each._arrived_bytes for each in awaited) - MOST_ARRIVING_BYTES
        _make_room(excess, awaited, lambda each: each._arrived_bytes, lambda each: each._waits_since_s)

    def on_response_complete(self) -> None:
        """The next request may come."""
        self._wait()
        super().on_response_complete()

    def send_400_response(self, msg: str) -> None:
        """What is no HTTP is answered in a line, unless an answer has begun before that shows."""
        if self.conn.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            self.let_go(msg)
            return
        self._tell(400, msg)
        if not self._is_idle:
            self.cycle.disconnected = True  # what answers it goes on to nobody
            self.cycle.message_event.set()
        super().send_400_response(msg)

    # What it reads ----------------------------------------------------------------------------------------------------

    def pause_writing(self) -> None:
        """It does not read as fast as it is answered."""
        super().pause_writing()
        self._held_since_s = self.loop.time()
        _cancel(self._reads)
        self._reads = self.loop.call_later(TAKEN_S, self._has_not_read)
        reading = [each for each in self._others() if each._held_bytes]
        excess = self._held_bytes + sum(each._held_bytes for each in reading) - MOST_HELD_BYTES
        _make_room(excess, reading, lambda each: each._held_bytes, lambda each: each._held_since_s)

    def resume_writing(self) -> None:
        """Nearly all has been read."""
        super().resume_writing()
        _cancel(self._reads)

    def _has_not_read(self) -> None:
        self.let_go(say("the answer was not read within {seconds:g} s", seconds=TAKEN_S))

    # Its end ----------------------------------------------------------------------------------------------------------

    def connection_lost(self, exc: Exception | None) -> None:
        """Nobody is there any more."""
        _cancel(self._asks)
        _cancel(self._reads)
        super().connection_lost(exc)

    def let_go(self, why: str) -> None:
        """End it, and say so, unless it has never said anything: browsers open connections to have them."""
        if not self._is_idle or self._held_bytes or self.conn.trailing_data[0]:
            self._tell(408, why)
        self.connections.discard(self)
        self.transport.abort()

    def _tell(self, status: int, why: str) -> None:
        LOG.warning("%s: %s", status, why)
        if not self._is_idle:
            self.scope[TOLD] = True  # type: ignore[literal-required]


def _make_room(
    excess: int, among: Iterable[Connection], size: Callable[[Connection], int], since: Callable[[Connection], float]
) -> None:
    """Let go of those who have been there for longest, until there is no more than there may be."""
    for each in sorted(among, key=since) if excess > 0 else ():
        if excess <= 0:
            return
        excess -= size(each)
        each.let_go(say("there are too many others"))


def _cancel(timer: asyncio.TimerHandle | None) -> None:
    if timer:
        timer.cancel()
