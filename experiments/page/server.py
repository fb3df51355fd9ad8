"""The local server of the page: plain HTTP on this machine, for nobody's page but its own.

Layer: experiments.  A model is never held: each history is made in a process of its own.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import socket
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, suppress
from contextvars import copy_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from experiments.page.asking import BadRequestError, check_sender, read_asked, read_body, read_language
from experiments.page.community import work
from experiments.page.community.asking import LARGEST_BYTES, read_change, read_given
from experiments.page.connections import MOST_CONNECTIONS, TOLD, Connection
from experiments.page.levers import levers
from experiments.page.naming import in_each_language
from experiments.page.runs import LONGEST_S, Asked, RefusedError, Runs, history, preload, wanted
from experiments.page.shell import served_page, static_files
from experiments.page.stories import as_plain, stories
from experiments.showing.lettering import CHINESE
from languages.speaking import marked, say
from scenarios.loading import load, names
from scenarios.wording import shown

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import ASGIApp, Receive, Scope, Send

HOST = "127.0.0.1"
LOG = logging.getLogger(__name__)
OTHER_PORTS = 20
"""So many are tried after one that is taken."""
SIZING_S = 600.0
"""So long a community may be sized."""
MOST_SIZING = 4
"""Communities that are sized or wait for their turn."""
MOST_AT_ONCE = 16
"""Lists that are read or looked at, or wait for it: each is held until then."""
TOO_LONG = marked("it took longer than {seconds:g} s and was ended; wish for fewer sets or days, or for fewer plans")
MEDIA = {".js": "text/javascript", ".css": "text/css", ".json": "application/json"}
"""Not as the machine has them: on some a script is text, and browsers refuse it."""
PRELOADED = ("experiments.page.at_hand", *work.LIBRARIES)
"""Whose libraries every process finds loaded."""
HEADERS = {
    "cache-control": "no-store", "x-content-type-options": "nosniff", "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin", "x-frame-options": "DENY",
}  # fmt: skip


class OnlyOurs:
    """Lets through what was sent to this machine by its own page; whatever else is asked is answered in one line."""

    def __init__(self, app: ASGIApp, port: int) -> None:
        """Guard an application that is served at a port."""
        self._app, self._port = app, port

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check who sent it before anything of it is read."""
        if scope["type"] == "http":
            headers: dict[str, list[str]] = {}
            for name, value in scope["headers"]:
                headers.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1"))
            try:
                check_sender(headers, self._port, scope["path"])
            except BadRequestError as refused:
                await _refusal(scope, refused)(scope, receive, send)
                return
        await self._app(scope, receive, send)


def application(
    scenarios: Mapping[str, str], first: Mapping[str, Any], port: int, longest_s: float = LONGEST_S
) -> ASGIApp:
    """The page at `/`, and what it asks for.

    `scenarios` says by which name or path each is loaded; `first` what the page begins with: a scenario by its name,
    and beside it (`against`), if anything, a plan: a scenario and overrides.
    """
    preload(*PRELOADED)
    files, runs = static_files(), Runs(longest_s)
    page, policy = served_page()
    listed = {"scenarios": _described(scenarios), "stories": as_plain(stories()), "first": first}
    chinese = CHINESE.read_bytes()

    async def index(_: Request) -> Response:
        return HTMLResponse(page, headers={**HEADERS, "content-security-policy": policy})

    async def static(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in files:
            raise HTTPException(404)
        return Response(files[name], media_type=MEDIA[Path(name).suffix], headers=HEADERS)

    async def font(_: Request) -> Response:
        return Response(chinese, media_type="font/otf", headers={**HEADERS, "cache-control": "max-age=86400"})

    async def every_scenario(_: Request) -> Response:
        return JSONResponse(listed, headers=HEADERS)

    async def levers_of(request: Request) -> Response:
        name = request.query_params.get("scenario", "")
        if name not in scenarios:
            raise BadRequestError(404, say("{name} is none of the scenarios", name=shown(name)))
        scenario = await asyncio.to_thread(wanted, Asked(scenarios[name], {}, 0))
        return JSONResponse({"levers": levers(scenario)}, headers=HEADERS)

    async def a_history(request: Request) -> Response:
        asked = read_asked(await read_body(request), scenarios)
        body = await _unless_gone(request, runs.whole(history, asked, language=asked.language))
        return Response(body, media_type="application/octet-stream", headers=HEADERS)

    routes = [
        Route("/", index), Route("/static/{name}", static), Route("/font.otf", font),
        Route("/api/scenarios", every_scenario), Route("/api/levers", levers_of),
        Route("/api/history", a_history, methods=["POST"]), *_of_a_community(longest_s),
    ]  # fmt: skip
    app = Starlette(routes=routes, exception_handlers=_HANDLERS)
    app.router.redirect_slashes = False  # what is asked for otherwise than we name it is not here
    return OnlyOurs(app, port)


def _of_a_community(longest_s: float) -> list[Route]:
    """What a page asks about a planner's own community; see `experiments.page.community`."""
    quick = Runs(longest_s, most_waiting=MOST_AT_ONCE, too_long=TOO_LONG)
    patient = Runs(longest_s / LONGEST_S * SIZING_S, at_once=1, most_waiting=MOST_SIZING, too_long=TOO_LONG)

    async def example(request: Request) -> Response:
        language = read_language(request.query_params)
        await request.body()  # there is none; what comes next is that the client has gone
        body = await _unless_gone(request, quick.whole(work.example, language=language))
        return Response(body, media_type="application/json", headers=HEADERS)

    reader = ThreadPoolExecutor(1)

    async def aside[Found](read: Callable[[bytes], Found], body: bytes) -> Found:
        """What a large body says; it may take a second, in which others are served."""
        return await asyncio.get_running_loop().run_in_executor(reader, copy_context().run, read, body)

    async def as_read(request: Request) -> Response:
        given = await aside(read_given, await read_body(request, LARGEST_BYTES))
        body = await _unless_gone(request, quick.whole(work.read, given, language=given.language))
        return Response(body, media_type="application/json", headers=HEADERS)

    async def sized(request: Request) -> Response:
        given = await aside(read_given, await read_body(request, LARGEST_BYTES))
        parts = patient.parts(work.size, given, language=given.language)
        first = await _unless_gone(request, anext(parts))  # what is refused at once is refused as elsewhere
        lines = _lines(request.scope, first, parts)
        return StreamingResponse(lines, media_type="application/x-ndjson", headers=HEADERS)

    async def changed(request: Request) -> Response:
        given, change = await aside(read_change, await read_body(request, LARGEST_BYTES))
        body = await _unless_gone(request, quick.whole(work.effect, given, change, language=given.language))
        return Response(body, media_type="application/json", headers=HEADERS)

    answers = {"read": as_read, "size": sized, "effect": changed}
    return [
        Route("/api/community/example", example),
        *(Route(f"/api/community/{name}", answer, methods=["POST"]) for name, answer in answers.items()),
    ]


async def _lines(scope: Scope, first: bytes, parts: AsyncGenerator[bytes]) -> AsyncIterator[bytes]:
    """What is told, line by line; the last says what went wrong, if anything did."""
    try:
        async with aclosing(parts):
            yield first
            async for part in parts:
                yield part
    except RefusedError as refused:
        _log(scope, refused)
        yield json.dumps({"problems": refused.problems}, ensure_ascii=False).encode() + b"\n"
    except asyncio.CancelledError:
        _log(scope, BadRequestError(400, say("the client has gone")))
        raise


async def _unless_gone(request: Request, work: Awaitable[bytes]) -> bytes:
    """What is worked at, or an end of it as soon as nobody waits for it any more."""
    working, gone = asyncio.ensure_future(work), asyncio.ensure_future(request.receive())
    try:
        await asyncio.wait({working, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise BadRequestError(400, say("the client has gone"))
        return working.result()
    finally:
        for each in (working, gone):
            each.cancel()
        with suppress(asyncio.CancelledError, RefusedError):
            await working


def _described(scenarios: Mapping[str, str]) -> list[dict[str, Any]]:
    loaded = ((name, load(path)) for name, path in scenarios.items())
    return [
        {"name": name, "days": scenario.parameters.period.days,
         **{key: in_each_language(say, getattr(scenario, key)) for key in ("title", "place", "question")}}
        for name, scenario in loaded
    ]  # fmt: skip


def scenarios_of_library() -> dict[str, str]:
    """Every scenario that can be run, by name."""
    return {name: name for name in names() if not load(name).abstract}


def _refusal(scope: Scope, refused: RefusedError) -> Response:
    """An answer in words, and one line in the log."""
    _log(scope, refused)
    headers = {**HEADERS, "connection": "close"}  # what is still to come of it is not read
    return JSONResponse({"problems": refused.problems}, refused.status, headers)


def _log(scope: Scope, refused: RefusedError) -> None:
    if scope.get(TOLD):
        return
    problems = "; ".join(refused.problems)
    LOG.warning("%s %s %s: %s", refused.status, scope["method"], shown(scope["path"]), shown(problems))


async def _refused(request: Request, error: Any) -> Response:
    return _refusal(request.scope, error)


async def _elsewhere(request: Request, error: Any) -> Response:
    return _refusal(request.scope, BadRequestError(error.status_code, say("there is nothing of that kind here")))


async def _broken(request: Request, error: Any) -> Response:
    LOG.error("500 %s %s", request.method, shown(request.scope["path"]), exc_info=error)
    return JSONResponse({"problems": [say("something is broken here; the terminal says what")]}, 500, HEADERS)


_HANDLERS: Mapping[Any, Callable[[Request, Any], Awaitable[Response]]] = {
    RefusedError: _refused, HTTPException: _elsewhere, Exception: _broken,
}  # fmt: skip


def listen(port: int) -> socket.socket:
    """A socket at a port of this machine, or at the next that is free. Raises OSError if there is none."""
    for at in range(port, min(port + OTHER_PORTS, 2**16)):
        listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        if os.name == "posix":  # a page that is open finds the server again that was started anew
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((HOST, at))
            listening.listen(MOST_CONNECTIONS)
        except OSError:
            listening.close()
        else:
            return listening
    raise OSError(say("no port from {first} to {last} is free; name another with --port", first=port,
                      last=port + OTHER_PORTS - 1))  # fmt: skip


def server_of(app: ASGIApp) -> uvicorn.Server:
    """What serves an application until it is told to end."""
    return uvicorn.Server(uvicorn.Config(
        app, http=Connection, ws="none", access_log=False, log_level="critical", log_config=None, server_header=False,
        timeout_graceful_shutdown=0, backlog=MOST_CONNECTIONS,
    ))  # fmt: skip
