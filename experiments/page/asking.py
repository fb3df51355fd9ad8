"""What a request must be before anything is done for it: from this machine's own page, small, and well formed.

Layer: experiments.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Collection, Mapping
from contextlib import suppress
from datetime import date
from typing import TYPE_CHECKING, Any

from starlette.requests import ClientDisconnect

from experiments.page.runs import Asked, RefusedError
from languages.speaking import LANGUAGES, listed, say, spoken
from scenarios.reading import as_tuple
from scenarios.wording import shown

if TYPE_CHECKING:
    from starlette.requests import Request

LARGEST_BYTES = 64 * 1024
PATIENCE_S = 10.0
"""So long a request may take to arrive."""
DEEPEST = 20
"""So deep a body may be nested."""
SEED_MAX = 2**31 - 1
WORK, OUR_SITE = "/api/", {"same-origin", "none"}
DATE = re.compile(r"\d{4}-\d\d-\d\d")
KEYS = {"scenario", "overrides", "seed", "language"}


class BadRequestError(RefusedError):
    """A request for which nothing is done."""

    def __init__(self, status: int, problem: str) -> None:
        """With its status, of HTTP."""
        super().__init__(problem)
        self.status = status


def check_sender(headers: Mapping[str, Collection[str]], port: int, path: str) -> None:
    """Raise BadRequestError unless the request was sent to this machine, and by nobody's page but ours.

    A page from elsewhere can have its own name lead to this machine: then the Host is foreign, or the Origin.
    """
    if {"content-length", "transfer-encoding"} <= headers.keys():
        raise BadRequestError(400, say("the request says in two ways how long it is"))
    hosts = {f"127.0.0.1:{port}", f"localhost:{port}"}
    if len(headers.get("host", ())) != 1 or not hosts.issuperset(headers["host"]):
        raise BadRequestError(400, say("the request is for another host"))
    if not {f"http://{host}" for host in hosts}.issuperset(headers.get("origin", ())):
        raise BadRequestError(403, say("the request comes from another page"))
    # Another page may lead here, and may have pictures of ours; it may not have anything done.
    if path.startswith(WORK) and not OUR_SITE.issuperset(headers.get("sec-fetch-site", ())):
        raise BadRequestError(403, say("the request comes from another page"))


async def read_body(request: Request, largest: int = LARGEST_BYTES) -> bytes:
    """The body. Raises BadRequestError if it is no JSON, too large, or does not arrive."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise BadRequestError(415, say("the body must be application/json"))
    body = bytearray()
    try:
        async with asyncio.timeout(PATIENCE_S):
            async for part in request.stream():
                body += part
                if len(body) > largest:
                    raise BadRequestError(413, say("the body is larger than {most:,} bytes", most=largest))
    except TimeoutError:
        raise BadRequestError(408, say("the body did not arrive within {seconds:g} s", seconds=PATIENCE_S)) from None
    except ClientDisconnect:
        raise BadRequestError(400, say("the client has gone")) from None
    return bytes(body)


def read_asked(body: bytes, scenarios: Mapping[str, str]) -> Asked:
    """Which history a body asks for; `scenarios` says by which name or path each is loaded. Raises BadRequestError."""
    content = parsed(body)
    if not isinstance(content, dict) or not content.keys() <= KEYS or "scenario" not in content:
        raise BadRequestError(400, say("the body must be an object with scenario, overrides and seed"))
    name, overrides = content["scenario"], content.get("overrides", {})
    if not isinstance(name, str) or name not in scenarios:
        raise BadRequestError(404, say("{name} is none of the scenarios", name=shown(name)))
    seed = read_seed(content)
    if not isinstance(overrides, dict):
        raise BadRequestError(400, say("overrides must be an object: path of a parameter, and value"))
    changes = {path: as_tuple(_dated(value)) for path, value in overrides.items()}
    return Asked(scenarios[name], changes, seed, read_language(content))


def _dated(value: Any) -> Any:
    """JSON has no dates: a text that is one is taken for it."""
    if isinstance(value, str) and DATE.fullmatch(value):
        with suppress(ValueError):
            return date.fromisoformat(value)
    return value


def read_seed(content: Mapping[str, Any]) -> int:
    """The seed that is asked for; 1, if none is. Raises BadRequestError."""
    seed = content.get("seed", 1)
    if type(seed) is not int or not 0 <= seed <= SEED_MAX:
        raise BadRequestError(
            400, say("seed = {seed} must be a whole number in [0, {most}]", seed=shown(seed), most=SEED_MAX)
        )
    return seed


def read_language(content: Mapping[str, Any]) -> str:
    """The language that an answer is to be in; ours, if none is named. Raises BadRequestError."""
    if not isinstance(language := content.get("language", spoken()), str) or language not in LANGUAGES:
        raise BadRequestError(400, say("language = {language} must be one of {known}", language=shown(language),
                                  known=listed(LANGUAGES)))  # fmt: skip
    return language


def parsed(body: bytes) -> Any:
    """What a body says. Raises BadRequestError if it is no JSON, or has text that cannot be written."""
    try:
        content = json.loads(body, parse_constant=_no_number)
        json.dumps(content, ensure_ascii=False).encode()  # half of a pair of surrogates is no text
    except (ValueError, RecursionError):
        raise BadRequestError(400, say("the body is no JSON")) from None
    inside = [content]
    for _ in range(DEEPEST):
        inside = [part for each in inside for part in _parts(each) if isinstance(part, (dict, list))]
    if inside:
        raise BadRequestError(400, say("what was sent is nested too deeply"))
    return content


def _parts(content: Any) -> Collection[Any]:
    if isinstance(content, dict):
        return content.values()
    return content if isinstance(content, list) else ()


def _no_number(word: str) -> float:
    raise ValueError(word)
