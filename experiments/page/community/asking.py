"""What a request about a community must be: a list, wishes, and of an effect two cuts; all of it small, and sent along.

Layer: experiments.  No request can name a file of this machine: what it sends is all that is read.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Collection, Mapping
from pathlib import PurePosixPath
from typing import Any, NamedTuple, get_args

from experiments.page.asking import BadRequestError, parsed, read_language, read_seed
from languages.speaking import listed, say
from scenarios.projecting import Crs
from scenarios.wording import shown

LARGEST_BYTES = 8_000_000
"""Of a request: the file in it is a quarter smaller."""
LONGEST_NAME = 100
CRS: tuple[Crs, ...] = get_args(Crs.__value__)
LISTS, MAPS = (".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".geojson", ".json"), (".geojson", ".json")
"""How the names of files may end."""
A_FILE_OF_WISHES = (".toml",)
KEYS = {"file", "barriers", "compounds", "wishes", "wishes_file", "crs", "language", "seed"}
PLAN, MOVED = {"grid_of", "people", "members", "escalation", "today"}, {"grid_of"}
MOST_BUILDINGS, MOST_GRIDS = 20_000, 400
MOST_PEOPLE, MOST_MEMBERS = 100_000, 100_000


class Sent(NamedTuple):
    """A file that was sent."""

    name: str
    """As its sender calls it, in one line and without folders."""
    content: bytes

    @property
    def suffix(self) -> str:
        """How its name ends: one of those that are allowed."""
        return PurePosixPath(self.name).suffix.lower()


class Given(NamedTuple):
    """A community as it was sent."""

    file: Sent
    barriers: Sent | None
    compounds: Sent | None
    wishes: Mapping[str, Any] | None
    """None: what is usual, or what the file of wishes says."""
    wishes_file: Sent | None
    crs: Crs | None
    seed: int
    language: str


class Staffed(NamedTuple):
    """A plan as the answer gave it: each building's grid, and who works there."""

    grid_of: tuple[int, ...]
    people: Mapping[str, int]
    members_count: int
    escalation: str
    today: bool


class Change(NamedTuple):
    """A plan, and the grids of each building as somebody would have them instead."""

    plan: Staffed
    moved: tuple[int, ...]


def read_given(body: bytes) -> Given:
    """The community that a body sends. Raises BadRequestError."""
    return _given(parsed(body), KEYS)


def read_change(body: bytes) -> tuple[Given, Change]:
    """The community and the change that a body sends. Raises BadRequestError."""
    content = parsed(body)
    given = _given(content, KEYS | {"plan", "moved"})
    plan, moved = _object(content.get("plan"), "plan", PLAN), _object(content.get("moved"), "moved", MOVED)
    before, after = _grids(plan, "plan"), _grids(moved, "moved")
    if len(before) != len(after):
        raise _bad(say("moved.grid_of has {count:,} buildings and plan.grid_of {wanted:,}", count=len(after),
                       wanted=len(before)))  # fmt: skip
    if beyond := sorted(set(after) - set(before)):
        raise _bad(say("moved.grid_of: the plan has no grid {grid}", grid=beyond[0]))
    people = _object(plan.get("people"), "plan.people", None)
    counts = {name: _whole(count, f"plan.people.{shown(name)}", MOST_PEOPLE) for name, count in people.items()}
    rule, today = plan.get("escalation", "ladder"), plan.get("today", False)
    if not isinstance(rule, str) or not isinstance(today, bool):
        raise _bad(say("plan: escalation must be text, and today true or false"))
    members = _whole(plan.get("members", 0), "plan.members", MOST_MEMBERS)
    return given, Change(Staffed(before, counts, members, rule, today), after)


def _given(content: Any, keys: Collection[str]) -> Given:
    _object(content, "", keys)
    language = read_language(content)
    wishes, crs = content.get("wishes"), content.get("crs")
    if wishes is not None:
        _object(wishes, "wishes", None)
    if crs is not None and crs not in CRS:
        raise _bad(say("crs = {crs} must be one of {known}", crs=shown(crs), known=listed(CRS)))
    kinds = {"barriers": MAPS, "compounds": MAPS, "wishes_file": A_FILE_OF_WISHES}
    barriers, compounds, wishes_file = (
        None if content.get(key) is None else _sent(content[key], key, suffixes) for key, suffixes in kinds.items()
    )
    if wishes is not None and wishes_file is not None:
        raise _bad(say("wishes and wishes_file say the same thing; send one of them"))
    file = _sent(content.get("file"), "file", LISTS)
    return Given(file, barriers, compounds, wishes, wishes_file, crs, read_seed(content), language)


def _sent(content: Any, key: str, suffixes: Collection[str]) -> Sent:
    """A file. Raises BadRequestError if it is none, or is called otherwise than files of its kind."""
    _object(content, key, {"name", "content"})
    name, text = content.get("name"), content.get("content")
    if not isinstance(name, str) or not isinstance(text, str):
        raise _bad(say("{key} must be an object with a name, and the content in base64", key=key))
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable() or set(name) & set("/\\:"):
        raise _bad(say("{key}: {name} must be a file's name of at most {most} signs, without folders", key=key,
                       name=shown(name), most=LONGEST_NAME))  # fmt: skip
    if PurePosixPath(name).suffix.lower() not in suffixes:
        raise _bad(say("{key}: {name} must end in one of {known}", key=key, name=shown(name), known=listed(suffixes)))
    try:
        return Sent(name, base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        raise _bad(say("{key}: the content of {name} is no base64", key=key, name=shown(name))) from None


def _grids(content: Mapping[str, Any], key: str) -> tuple[int, ...]:
    grids = content.get("grid_of")
    if not isinstance(grids, list) or not 0 < len(grids) <= MOST_BUILDINGS:
        raise _bad(say("{key}.grid_of must be a list: the grid of each building", key=key))
    return tuple(_whole(grid, f"{key}.grid_of", MOST_GRIDS - 1) for grid in grids)


def _whole(value: Any, key: str, most: int) -> int:
    if type(value) is not int or not 0 <= value <= most:
        raise _bad(say("{key} = {value} must be a whole number in [0, {most}]", key=key, value=shown(value), most=most))
    return value


def _object(content: Any, key: str, keys: Collection[str] | None) -> Mapping[str, Any]:
    """What must be an object with these keys and no others (None: any)."""
    if not isinstance(content, dict):
        raise _bad(say("{key} must be an object", key=key or say("the body")))
    if keys is not None and (extra := sorted(content.keys() - keys)):
        raise _bad(say("{key} is not known here (there are {known})", key=shown(f"{key}.{extra[0]}".lstrip(".")),
                       known=listed(sorted(keys))))  # fmt: skip
    return content


def _bad(problem: str) -> BadRequestError:
    return BadRequestError(400, problem)
