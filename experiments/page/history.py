"""The history of a run, as the page plays it: everything that happened in it, as columns in one compressed body.

Layer: experiments.

The body is gzip around: four bytes that say what it is, the version and the length of the header (each 4 bytes, little
endian), the header (JSON), and the columns one after the other, each little endian and at a multiple of 8 bytes.
`static/history.js` reads the same.
"""

from __future__ import annotations

import gzip
import json
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from experiments.page.levers import moved
from experiments.page.naming import in_each_language
from experiments.page.people import doors, people_columns, unit_kinds, units_of
from experiments.showing.run_maps import borders, frame_of, grid_names
from experiments.words.names import worded
from languages.speaking import say
from sim.incidents import Deed, Finder, Level, Named, Severity, Stage
from sim.run import watch

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from scenarios.loading import Scenario
    from sim.record import Record
    from sim.run import ModelEngine, Outcome
    from sim.steps import Steps
    from sim.territory import Partition, Territory

MAGIC, VERSION = b"GRID", 2
HEAD = struct.Struct("<4sII")
ALIGNED, QUICKLY = 8, 1
"""Browsers want a column of eight-byte numbers at a multiple of eight bytes; to pack best takes longer than a run."""
TIMES = ("occurred_h", "found_h", "filed_h", "due_h", "dispatched_h", "handled_h", "remedied_h", "closed_h", "gone_h",
         "worsens_h")  # fmt: skip
CODES = ("severity", "stage", "level", "found_by")
COUNTS = ("returns", "reworks", "extensions", "escalations", "duplicates", "hung", "gone_on_arrival")
ENDS = [stage for stage in Stage if stage.ended]
ENUMS: Mapping[str, type[Named]] = {"severities": Severity, "stages": Stage, "levels": Level, "finders": Finder}
NUMBERED: Mapping[str, type[Named]] = {"stage_labels": Stage, "deed_labels": Deed}


class HistoryError(ValueError):
    """A body is no history, or one of another version."""


@dataclass(frozen=True, eq=False)
class History:
    """What the page knows of a run."""

    header: dict[str, Any]
    """What was run, names in every language, and the ground's measures."""
    columns: dict[str, NDArray[np.generic]]
    """Arrays by name: those of sites begin with `site_`, `outline_m` is drawn, all others are of incidents."""


def history_of(scenario: Scenario, seed: int, engine: ModelEngine = "auto") -> History:
    """Run a scenario to its end, and keep what the page plays.

    Raises ValueError if it cannot be run.
    """
    outcome, steps, city = watch(scenario, seed, engine)
    known_by = [data.grid for data in scenario.parameters.categories.values()]
    partition = _partition(outcome, known_by)
    header = {
        **_about(scenario, seed, outcome), "unit_kinds": unit_kinds(city), "units": units_of(city),
        "ground": _ground(scenario, outcome.territory, partition),
    }  # fmt: skip
    columns = {
        **_sites(outcome.territory), **doors(city), **_outline(outcome.territory, partition), **people_columns(city),
        **_incidents(outcome.record, steps), **_steps(outcome.record, steps),
    }  # fmt: skip
    return History(header, columns)


def _about(scenario: Scenario, seed: int, outcome: Outcome) -> dict[str, Any]:
    params = scenario.parameters
    return {
        "scenario": scenario.name, "hash": scenario.hash, "seed": seed,
        **{key: in_each_language(say, getattr(scenario, key)) for key in ("title", "place", "question")},
        "moved": moved(scenario), "start": params.period.start.isoformat(), "hours": outcome.record.end_h,
        "categories": [
            {"name": in_each_language(worded, name), "domain": data.domain}
            for name, data in params.categories.items()
        ],
        **{key: [in_each_language(worded, each.label) for each in enum] for key, enum in ENUMS.items()},
        **{key: {each.label: int(each) for each in enum} for key, enum in NUMBERED.items()},
        "patrol_in_order": params.rules.patrol != "random", "has_centre": params.supervision_centre.operators_count > 0,
        "errands_h": {
            "find": params.supervisors.report_h, "verify": params.supervisors.verify_h,
            "check": params.supervisors.check_h,
        },
    }  # fmt: skip


def _partition(outcome: Outcome, known_by: Sequence[str]) -> Partition:
    """The grids by which the more incidents are known."""
    by_cell = np.array([kind == "cell" for kind in known_by])[outcome.record.category]
    ground = outcome.territory
    return ground.cells if 2 * by_cell.sum() >= len(by_cell) else ground.social


def _ground(scenario: Scenario, ground: Territory, partition: Partition) -> dict[str, Any]:
    frame = frame_of(ground, partition)
    named = [site.site for site in scenario.sites or ()]
    return {
        "kind": partition.kind, "frame_m": [frame.x0, frame.y0, frame.x1, frame.y1],
        "columns": partition.columns, "rows": partition.rows, "site_names": named,
        "grid_names": [] if partition.columns else list(grid_names(partition)),
        "grids_count": partition.count,
    }  # fmt: skip


def _sites(ground: Territory) -> dict[str, NDArray[np.generic]]:
    return {
        "site_x_m": ground.site_x_m.astype(np.float32), "site_y_m": ground.site_y_m.astype(np.float32),
        "site_households": ground.site_households.astype(np.float32),
        "site_cell": ground.cells.of_site.astype(np.int32), "site_social": ground.social.of_site.astype(np.int32),
        "site_community": ground.community.astype(np.int32), "site_subdistrict": ground.subdistrict.astype(np.int32),
    }  # fmt: skip


def _outline(ground: Territory, partition: Partition) -> dict[str, NDArray[np.generic]]:
    """Lines between grids of whole buildings, four numbers each; those of square cells follow from their number."""
    lines = [] if partition.columns else borders(ground, partition)
    return {"outline_m": np.array(lines, dtype=np.float32).reshape(-1)}


def _incidents(record: Record, steps: Steps) -> dict[str, NDArray[np.generic]]:
    return {
        **{name: np.asarray(getattr(record, name), dtype=np.float64) for name in TIMES},
        "ended_h": ended_h(record, steps),
        "site": record.site.astype(np.int32), "category": record.category.astype(np.int16),
        **{name: getattr(record, name).astype(np.int8) for name in CODES},
        **{name: getattr(record, name).astype(np.int16) for name in COUNTS},
        "came_back_of": record.came_back_of.astype(np.int32),
    }  # fmt: skip


def ended_h(record: Record, steps: Steps) -> NDArray[np.float64]:
    """When each came to its end; NaN: it is still open, or stands unseen."""
    ended = np.full(len(record.stage), np.nan)
    is_end = np.isin(steps.what, ENDS)
    ended[steps.incident[is_end]] = steps.time_h[is_end]
    return ended


def _steps(record: Record, steps: Steps) -> dict[str, NDArray[np.generic]]:
    """The steps of all that somebody has found: what goes unseen has none but its going."""
    kept = record.found[steps.incident]
    return {
        "step_h": steps.time_h[kept], "step_incident": steps.incident[kept].astype(np.int32),
        "step_what": steps.what[kept].astype(np.int8), "step_who": steps.who[kept].astype(np.int32),
        "step_until_h": steps.until_h[kept],
    }  # fmt: skip


def encode(history: History) -> bytes:
    """The history as one body; the same history is the same bytes."""
    columns = {name: values.astype(values.dtype.newbyteorder("<")) for name, values in history.columns.items()}
    listed = [{"name": name, "type": values.dtype.str[1:], "length": len(values)} for name, values in columns.items()]
    header = json.dumps({**history.header, "columns": listed}, ensure_ascii=False).encode()
    header += b" " * (-(HEAD.size + len(header)) % ALIGNED)
    parts = [HEAD.pack(MAGIC, VERSION, len(header)), header]
    for values in columns.values():
        parts += [values.tobytes(), bytes(-values.nbytes % ALIGNED)]
    return gzip.compress(b"".join(parts), QUICKLY, mtime=0)


def decode(body: bytes) -> History:
    """The history in a body. Raises HistoryError if it is none."""
    try:
        plain = gzip.decompress(body)
        magic, version, header_bytes = HEAD.unpack_from(plain)
        if (magic, version) != (MAGIC, VERSION):
            raise HistoryError(say("this is no history of version {version}", version=VERSION))
        header = json.loads(plain[HEAD.size : HEAD.size + header_bytes])
        columns = dict(_columns(plain, HEAD.size + header_bytes, header.pop("columns")))
    except (OSError, EOFError, struct.error, KeyError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise HistoryError(say("this is no history of version {version}", version=VERSION)) from error
    return History(header, columns)


def _columns(
    plain: bytes, at: int, listed: list[dict[str, Any]]
) -> Iterator[tuple[str, NDArray[np.generic]]]:  # fmt: skip
    for column in listed:
        values = np.frombuffer(plain, np.dtype(f"<{column['type']}"), column["length"], at)
        yield column["name"], values
        at += values.nbytes + -values.nbytes % ALIGNED
