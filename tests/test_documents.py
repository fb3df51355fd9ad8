"""What the documents show is true and works: every path, command line and snippet; and what is installed is all there."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
import textwrap
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import click
import pytest

from experiments.studies.design import load_study
from run_experiment import cli
from scenarios.loading import load

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = {
    str(path.relative_to(ROOT)): path
    for path in (
        ROOT / "README.md",
        ROOT / "README.zh.md",
        ROOT / "CONTRIBUTING.md",
        *sorted((ROOT / "docs").glob("*.md")),
        ROOT / "sim" / "MODEL.md",
    )
}


# Paths, commands and snippets of all documents -------------------------------------------------------------------
MADE = (
    "study.json", "plans.parquet", "worlds.parquet", "points.parquet", "wanted.parquet", "report.html", "figures/", "pictures/",
    "runs/IDENTITY/part-*.parquet", "cases.parquet", "daily.parquet", "indicators.csv", "indicators.json", "manifest.json",
    "result.json", "SCENARIO.csv", "SCENARIO_calibrated.toml", "build/bench", "sim/rules/KIND.py", "plans.csv", "mine.toml",
    "ours.toml", "fewer.toml", "lifts.toml", "results/lianhua", "lianhua.csv", "lianhua_calibrated.toml", "tables/",
    "tables/run.xlsx", "nanhu.csv", "nanhu.toml", "roads.geojson", "questions.md", "results/nanhu", "plan.xlsx", "plan.csv",
    "plan_grids.geojson", "plan_buildings.geojson", "plan.toml", "plan_sites.csv", "cuts/", "runs.parquet", "results/pilot",
    "pilot_figures.toml",
)  # fmt: skip
"""What is made by a command, or by the reader."""
PATHLIKE = re.compile(r"[\w.*-]+(?:/[\w.*-]+)*/?")
SUFFIX = re.compile(r"\.(py|md|toml|csv|json|jsonl|j2|html|png|parquet|lock)$")


def paths_named(text: str) -> Iterator[str]:
    """Paths in backquotes, and the targets of links within the project."""
    for quoted in re.findall(r"`([^`\n]+)`", text):
        if (
            PATHLIKE.fullmatch(quoted)
            and ("/" in quoted or SUFFIX.search(quoted))
            and not re.fullmatch(r"[\d/]+", quoted)
        ):
            yield quoted
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if not target.startswith(("http", "#")):
            yield target.split("#")[0]


def leads_somewhere(path: str, document: Path) -> bool:
    """Whether a path is there: from the root, beside the document, or as the name of a file that there is one of."""
    if path in MADE:
        return True
    if path.startswith(".venv"):  # made by whoever installs
        return True
    if any(path and list(place.glob(path.rstrip("/"))) for place in (ROOT, document.parent)):
        return True
    return "/" not in path and any(file.name == path for file in TRACKED)


TRACKED = [
    path for top in ("benchmarks", "calibration", "docs", "experiments", "scenarios", "sim", "tests") for path in (ROOT / top).rglob("*")
]  # fmt: skip


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_path_that_a_document_names_is_there(name):
    named = list(paths_named(DOCUMENTS[name].read_text()))
    assert len(named) > 1
    assert [path for path in named if not leads_somewhere(path, DOCUMENTS[name])] == []


def test_every_path_that_the_sources_name_is_there():
    named = re.findall(r"(?:[\w-]+/)+[\w-]+\.\w+", (ROOT / "scenarios" / "sources.toml").read_text())
    assert len(named) > 4
    assert [path for path in named if not (ROOT / path).exists()] == []


@pytest.mark.parametrize(
    "wrong", ["`experiments/figures.toml`", "[studies](docs/study.md)", "`sim/rules/weather.py`", "`nowhere.toml`"]
)
def test_a_path_that_leads_nowhere_is_seen(wrong):
    (path,) = paths_named(f"as {wrong} says")
    assert not leads_somewhere(path, ROOT / "README.md")


def commands_in(text: str) -> Iterator[list[str]]:
    """The words of each command line of ours: after `run_experiment.py`, or by itself in a line of an indented block."""
    for line in text.splitlines():
        for quoted in re.findall(r"`[^`]*?run_experiment\.py ([^`]*)`", line):
            yield shlex.split(quoted.split(" > ")[0])
        if line.startswith("    "):
            _, called, rest = line.partition("run_experiment.py ")
            if called or (line.split() and line.split()[0] in cli.commands and "=" not in line.split()[1:2]):
                yield shlex.split(rest if called else line, comments=True)


def misread(words: list[str]) -> str:
    """What the command line would say against these words; empty if it can read them."""
    try:
        if words[0] not in ("--help", "…"):
            name, command, rest = cli.resolve_command(click.Context(cli), words)
            command.make_context(name, rest)
    except click.ClickException as error:
        return error.format_message()
    return ""


COMMANDS = [(name, words) for name, path in DOCUMENTS.items() for words in commands_in(path.read_text())]


@pytest.mark.parametrize(("name", "words"), COMMANDS, ids=[f"{name}: {shlex.join(words)}" for name, words in COMMANDS])
def test_a_command_that_a_document_shows_can_be_read(name, words):
    assert misread(words) == ""


def test_commands_are_found_and_wrong_ones_seen():
    assert len(COMMANDS) > 35
    assert {"README.md", "docs/studies.md", "docs/economics.md", "docs/calibration.md", "docs/validation.md"} <= {
        name for name, _ in COMMANDS
    }
    assert "No such option" in misread(["run", "junmen_2012", "--repetitions", "3"])
    assert "No such command" in misread(["walk", "junmen_2012"])
    assert "Missing argument" in misread(["sweep", "--out", "results"])


def snippets(text: str) -> list[str]:
    """Python in indented blocks: those that begin with an import."""
    indented = re.findall(r"(?:^(?: {4}.*)?\n)+", text, re.MULTILINE)
    code = [textwrap.dedent(block).strip("\n") for block in indented]
    return [block for block in code if re.match(r"(from [\w.]+ )?import ", block)]


SNIPPETS = [(name, code) for name in ("README.md", "docs/studies.md") for code in snippets(DOCUMENTS[name].read_text())]


def test_the_python_that_documents_show_is_found():
    assert [name for name, _ in SNIPPETS] == ["README.md", "README.md", "docs/studies.md"]


@pytest.mark.parametrize(("name", "code"), SNIPPETS)
def test_the_python_that_a_document_shows_runs(name, code, whole, tmp_path, monkeypatch):
    """In a folder where the commands that the document shows before have left their results."""
    monkeypatch.chdir(tmp_path)
    if "parquet" in code:
        if name == "README.md":
            run_as_shown("dongcheng", ["--days", "3", "--replications", "2"])
        else:
            shutil.copytree(whole.folder, tmp_path / "results" / "junmen")
    names: dict[str, object] = {}
    exec(compile(code, name, "exec"), names)
    told = {
        key: value for key, value in names.items() if not key.startswith("__") and not isinstance(value, ModuleType)
    }
    for value in told.values():
        if hasattr(value, "columns"):
            assert len(value) > 0


def run_as_shown(out: str, shorter: list[str]) -> None:
    """The command of the README that writes a folder, over fewer days."""
    (words,) = (words for name, words in COMMANDS if name == "README.md" and words[0] == "run" and words[-1] == out)
    short = [word for word in words if word not in ("--days", "365")]
    subprocess.run(
        [sys.executable, ROOT / "run_experiment.py", *short, *shorter],
        check=True,
        capture_output=True,
    )


# Files that the documents show -------------------------------------------------------------------------------------
def indented(text: str, beginning: str) -> str:
    """The indented block that begins so."""
    start = text.index(f"    {beginning}")
    block = re.match(r"(?:(?: {4}.*)?\n)+", text[start:])
    assert block
    return textwrap.dedent(block[0])


def test_the_study_that_the_documentation_shows_can_be_read(tmp_path):
    (tmp_path / "shown.toml").write_text(indented((ROOT / "docs" / "studies.md").read_text(), "title    = "))
    study = load_study(tmp_path / "shown.toml")
    assert (len(study.plans), len(study.worlds)) == (6, 40)


def test_the_scenario_that_the_readme_shows_can_be_read(tmp_path):
    (tmp_path / "fewer.toml").write_text(indented((ROOT / "README.md").read_text(), "# fewer.toml"))
    assert load(str(tmp_path / "fewer.toml")).parameters.supervisors.count == 251


# What is installed -----------------------------------------------------------------------------------------------
def packed() -> dict[str, list[str]]:
    """By package: the files beside its code that go with it."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"]


def test_every_file_of_a_package_is_installed_with_it():
    left = [
        str(path.relative_to(ROOT)) for package, patterns in packed().items() for path in sorted((ROOT / package).rglob("*"))
        if path.is_file() and path.suffix not in (".py", ".pyc")
        and not any(path in (ROOT / package).glob(pattern) for pattern in patterns)
    ]  # fmt: skip
    assert not left, f"add to package-data in pyproject.toml: {', '.join(left)}"
