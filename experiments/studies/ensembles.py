"""Ensembles: the weighted sets of parameters that the published figures allow, as a file that any study can take.

Layer: experiments.  A CSV: a column `weight`, and one for each parameter; a row a set. Lines before these that begin
with # are remarks; one that begins with `# in doubt: ` says why the sets must not be given as an answer.
"""

from __future__ import annotations

import csv
import io
import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tomlkit

from experiments.running.files import write_whole
from languages.speaking import listed, say
from scenarios.loading import ScenarioError, parse_override
from scenarios.wording import MOST_PROBLEMS, shown, suggest

LIBRARY = Path(__file__).resolve().parents[2] / "scenarios" / "ensembles"
LARGEST_BYTES = 20_000_000
WEIGHT = "weight"
REMARK, IN_DOUBT = "#", "# in doubt: "
PRIOR = ".prior"
"""What the name of a file ends with that holds draws from the priors, beside the sets that the figures allow."""


class EnsembleError(ValueError):
    """An ensemble cannot be read; one line for each problem."""


@dataclass(frozen=True)
class Ensemble:
    """Sets of parameters that go together, each with its weight; weights sum to 1."""

    name: str
    sets: tuple[Mapping[str, Any], ...]
    weights: tuple[float, ...]
    path: Path | None = None
    doubt: str = ""
    """Why they must not be given as an answer; empty if they may."""
    first_line: int = 2
    """Of the file, on which the first set stands."""

    @property
    def warning(self) -> str:
        """In one line, that they are in doubt and why; empty if they are not."""
        if not self.doubt:
            return ""
        return say(
            "the ensemble {ensemble} is in doubt, so what follows from it is no answer: {doubt}", ensemble=self.name,
            doubt=self.doubt,
        )  # fmt: skip

    @property
    def paths(self) -> list[str]:
        """The parameters that it sets."""
        return list(self.sets[0])

    @property
    def effective_count(self) -> float:
        """As many equally weighted sets would say as much: 1 / Σ w²."""
        return 1.0 / sum(weight**2 for weight in self.weights)

    def of(self, scenario: str) -> Ensemble:
        """The same sets as their calibration wrote them for another scenario; these, if it wrote none for it.

        They lie beside this file, and have the same weights row by row.
        """
        end = PRIOR if self.name.endswith(PRIOR) else ""
        beside = self.path.with_name(f"{scenario}{end}.csv") if self.path else None
        if f"{scenario}{end}" == self.name or beside is None or not beside.is_file():
            return self
        other = read_ensemble(beside.resolve())
        return other if other.weights == self.weights else self

    def prior(self) -> Ensemble | None:
        """What was thought possible before the figures; None if its calibration has left nothing of it.

        Nor is it known if the file beside this one has other parameters: it is of another calibration.
        """
        beside = self.path.with_name(f"{self.name}{PRIOR}.csv") if self.path else None
        found = read_ensemble(beside.resolve()) if beside and beside.is_file() else None
        return found if found and set(found.paths) == set(self.paths) else None

    def places(self, most: int | None = None) -> list[int]:
        """As many places of sets as there are sets, each as often as its weight says (systematic resampling).

        Of these no more than `most`, evenly spread.
        """
        count = len(self.sets)
        steps = (np.arange(count) + 0.5) / count
        places = np.minimum(np.searchsorted(np.cumsum(self.weights), steps), count - 1).tolist()
        kept = min(most or count, count)
        return [places[number * count // kept] for number in range(kept)]

    def equally_weighted(self) -> list[Mapping[str, Any]]:
        """The sets at those places."""
        return [self.sets[place] for place in self.places()]


def ensemble_names() -> list[str]:
    """The ensembles of the library, by the scenarios that they are for."""
    return sorted(path.stem for path in LIBRARY.glob("*.csv") if not path.stem.endswith(PRIOR))


def read_ensemble(name_or_path: str | Path) -> Ensemble:
    """Read an ensemble of the library by its scenario's name, or any by the path of its file.

    Raises EnsembleError, with one line for each problem.
    """
    text = str(name_or_path)
    path = Path(text) if text.endswith(".csv") or "/" in text else LIBRARY / f"{text}.csv"
    if not path.is_file():
        hint = suggest(path.stem, ensemble_names())
        raise EnsembleError(say(
            "{text}: there is no such ensemble{hint} (there are {known}, and files *.csv)", text=shown(text), hint=hint,
            known=listed(ensemble_names()),
        ))  # fmt: skip
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise EnsembleError(say("{file}: is larger than 20 MB", file=path.name))
        lines = path.read_text(encoding="utf-8-sig").splitlines()
        remarks = list(itertools.takewhile(lambda line: line.startswith(REMARK), lines))
        names, *rows = (*csv.reader(lines[len(remarks) :]), list[str]())
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = getattr(error, "strerror", None) or say("is not UTF-8 text with commas")
        raise EnsembleError(say("{file}: cannot be read: {reason}", file=path.name, reason=reason)) from None
    if not any(rows) or WEIGHT not in names or len(names) < 2:
        raise EnsembleError(say(
            "{file}: must have a column called {column}, one for each parameter, and rows", file=path.name,
            column=WEIGHT,
        ))  # fmt: skip
    if twice := [name for name in names if names.count(name) > 1]:
        raise EnsembleError(say("{file}: has two columns called {name}", file=path.name, name=shown(twice[0])))
    first_line = len(remarks) + 2
    sets, weights = _sets_of(rows, names, path, first_line)
    total = sum(weights)
    doubt = "; ".join(remark.removeprefix(IN_DOUBT) for remark in remarks if remark.startswith(IN_DOUBT))
    return Ensemble(path.stem, tuple(sets), tuple(weight / total for weight in weights), path, doubt, first_line)


def _sets_of(
    rows: Sequence[Sequence[str]], names: Sequence[str], path: Path, first_line: int
) -> tuple[list[Mapping[str, Any]], list[float]]:
    """The sets of a file and their weights. Raises EnsembleError, with one line for each problem."""
    sets: list[Mapping[str, Any]] = []
    weights: list[float] = []
    problems: list[str] = []
    for line, cells in enumerate(rows, first_line):
        if not cells:
            continue
        try:
            if len(cells) != len(names):
                raise ValueError(say(
                    "has {cells} cells; the first line names {columns} columns", cells=len(cells), columns=len(names),
                ))  # fmt: skip
            row = dict(zip(names, cells, strict=True))
            weights.append(_weight(row.pop(WEIGHT)))
            sets.append(dict(parse_override(f"{path_}={value}") for path_, value in row.items()))
        except ScenarioError as error:
            problems += [f"{path.name}:{line}: {problem}" for problem in error.problems]
        except ValueError as error:
            problems.append(f"{path.name}:{line}: {error}")
    if not problems and sum(weights) <= 0.0:
        problems.append(say("{file}: the weights must sum to more than 0", file=path.name))
    if problems:
        raise EnsembleError("\n".join(problems[:MOST_PROBLEMS]))
    return sets, weights


def _weight(text: str | None) -> float:
    try:
        weight = float(text or "")
    except ValueError:
        weight = math.nan
    if not 0.0 <= weight < math.inf:
        raise ValueError(say("weight = {value} must be a number of at least 0", value=shown(text)))
    return weight


def write_ensemble(path: Path, sets: Sequence[Mapping[str, Any]], weights: Sequence[float], doubt: str = "") -> None:
    """Write sets and weights, and why they are in doubt if they are; the file appears whole or not at all."""
    out = io.StringIO()
    if doubt:
        out.write(f"{IN_DOUBT}{' '.join(doubt.split())}\n")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([WEIGHT, *sets[0]])
    for weight, values in zip(weights, sets, strict=True):
        writer.writerow([f"{weight:.6g}", *map(_cell, values.values())])
    write_whole(path, out.getvalue())


def _cell(value: Any) -> str:
    """A value as `parse_override` reads it: a number to six digits, anything else as TOML writes it."""
    if isinstance(value, float):
        return f"{value:.6g}"
    return tomlkit.item(list(value) if isinstance(value, tuple) else value).as_string()
