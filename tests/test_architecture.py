"""Layers, the one door for chance, units in names, equations that exist, and what the model must not do."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MODEL_FILES = sorted([*(ROOT / "sim").rglob("*.py"), *(ROOT / "scenarios").rglob("*.py")])
SIM_FILES = [path for path in MODEL_FILES if path.is_relative_to(ROOT / "sim")]
ALL_FILES = [
    *MODEL_FILES,
    *(ROOT / "experiments").rglob("*.py"),
    *(ROOT / "calibration").rglob("*.py"),
    ROOT / "run_experiment.py",
]
LONGEST_FILE, LONGEST_FUNCTION = 500, 60


def names_called(path: Path) -> set[str]:
    calls = (node.func for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call))
    return {ast.unparse(function) for function in calls}


def test_imports_run_one_way():
    linter = Path(sys.executable).with_name("lint-imports")
    told = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout


def sim_imports(path: Path) -> set[str]:
    """The modules of the model that a file imports anywhere: for its types only, or within a function, too."""
    named: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            named |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = "." * node.level + (node.module or "")
            assert not node.level, f"{path.name}: {base} is a relative import"
            named |= {base} | {f"{base}.{alias.name}" for alias in node.names}
    return named & SIM_MODULES.keys()


SIM_MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path for path in SIM_FILES
}
BLIND_TO_THE_MODEL = [
    name for name in SIM_MODULES
    if name.startswith("sim.agents.") or name in ("sim.ladder", "sim.case_log", "sim.incidents", "sim.indicators")
]  # fmt: skip
BY_VERBS = [name for name in SIM_MODULES if name.startswith("sim.agents.") or name == "sim.ladder"]


@pytest.mark.parametrize(("module", "forbidden"), [
    *[pytest.param(module, "sim.model", id=f"{module}: not the model") for module in BLIND_TO_THE_MODEL],
    pytest.param("sim.incidents", "sim.agents", id="a case knows no agent"),
    pytest.param("sim.calendar", "sim.incidents", id="the calendar knows no case"),
    pytest.param("sim.world", "sim.agents", id="the world is no agent's"),
])  # fmt: skip
def test_a_module_does_not_know(module, forbidden):
    assert not [name for name in sim_imports(SIM_MODULES[module]) if f"{name}.".startswith(f"{forbidden}.")]


def test_nothing_in_the_model_goes_round_in_a_circle():
    """Modules are taken away whose imports have all been taken away: what is left goes round."""
    left = {name: sim_imports(path) - {name} for name, path in SIM_MODULES.items()}
    assert sum(map(len, left.values())) > 60
    while free := [name for name, needs in left.items() if not needs & left.keys()]:
        for name in free:
            del left[name]
    assert left == {}


def reaching(code: str) -> list[str]:
    """Where code reaches for the model, or through the world for what belongs to somebody else."""
    found = []
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Attribute):
            whole = ast.unparse(node)
            through = re.fullmatch(r"(?:self\.)?world\.(?!params\b)\w+\.\w+", whole)
            if through or "model" in whole.split("."):
                found.append(whole)
    return found


@pytest.mark.parametrize("module", BY_VERBS)
def test_an_agent_says_one_verb_of_the_world_at_a_time(module):
    assert reaching(SIM_MODULES[module].read_text()) == []


@pytest.mark.parametrize(
    "code", ["self.model.ended(case)", "unit.model.now_h", "self.world.patrol.post_of(3)", "world.log.enter(a)"]
)
def test_reaching_through_is_seen(code):
    assert reaching(code)
    assert not reaching("self.world.post_of(3).check(case); world.params.rules.dispatch; self.world.now_h")


def test_nothing_imports_the_command_line():
    assert not [path for path in ALL_FILES if re.search(r"^\s*(import|from) run_experiment", path.read_text(), re.M)]


@pytest.mark.parametrize("path", SIM_FILES, ids=lambda path: path.name)
def test_the_model_opens_no_file_and_prints_nothing(path):
    forbidden = {"open", "print", "input", "exec", "eval", "Path"}
    if path.name != "cache.py":  # where what is compiled is kept
        assert not names_called(path) & forbidden


@pytest.mark.parametrize("path", MODEL_FILES, ids=lambda path: path.name)
def test_chance_has_one_door(path):
    text = path.read_text()
    if path.name != "randomness.py":
        assert not re.search(
            r"np\.random\.(?!Generator\b)|default_rng|^import random|random\.seed|self\.rng|self\.random\.\w+\(",
            text,
            re.M,
        )


@pytest.mark.parametrize("path", ALL_FILES, ids=lambda path: path.name)
def test_files_and_functions_stay_short(path):
    text = path.read_text()
    assert len(text.splitlines()) <= LONGEST_FILE
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            assert (node.end_lineno or 0) - node.lineno < LONGEST_FUNCTION, f"{path.name}: {node.name}"


@pytest.mark.parametrize("path", ALL_FILES, ids=lambda path: path.name)
def test_every_module_says_what_it_is_and_in_which_layer(path):
    doc = ast.get_docstring(ast.parse(path.read_text()))
    assert doc
    if path.name != "run_experiment.py":
        assert f"Layer: {path.relative_to(ROOT).parts[0]}." in doc


def test_every_equation_cited_in_the_code_stands_in_the_model_document_and_back():
    document = (ROOT / "sim" / "MODEL.md").read_text()
    defined = {int(number) for number in re.findall(r"\*\*Eq\. (\d+)\*\*", document)}
    cited = {int(number) for path in SIM_FILES for number in re.findall(r"\(Eq\. (\d+)\)", path.read_text())}
    assert defined == cited == set(range(1, max(defined) + 1))


def test_every_parameter_is_read_by_the_model():
    """A parameter that no line of the model reads changes nothing."""
    from scenarios.parameters import Section, is_section
    from scenarios.schema import Parameters
    from scenarios.wording import section_in

    asked = [ROOT / "scenarios" / name for name in ("counting.py", "labour.py")]  # what the model asks there
    code = "".join(path.read_text() for path in [*SIM_FILES, *asked])
    read_by_loading = {"sites_file", "sites_crs", "social_grids"}

    def check(section: type[Section]) -> None:
        for name, field in section.model_fields.items():
            inner = section_in(field.annotation)
            if is_section(field) and inner:
                check(inner)
            elif name not in read_by_loading:
                assert re.search(rf"\.{name}\b", code), f"{section.__name__}.{name} is read nowhere in sim"

    check(Parameters)


def test_no_function_of_the_model_takes_what_it_does_not_use():
    """But for rules: all of a kind are called alike."""
    linter = Path(sys.executable).with_name("ruff")
    looked_at = [path for path in MODEL_FILES if path.parent.name != "rules"]
    told = subprocess.run(
        [linter, "check", "--select", "ARG", *looked_at], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert told.returncode == 0, told.stdout


def test_no_path_of_a_machine_and_no_stub_is_left():
    # Spelled in pieces, so that this file does not name them either.
    paths = re.compile("/ro" + "ot/|/wo" + "rk/|/ho" + "me/|C:\\\\")
    for path in ALL_FILES:
        text = path.read_text()
        assert not paths.search(text), path.name
        assert not re.search(r"raise NotImplementedError|TODO|FIXME", text), path.name
