"""What a newcomer adds: what is still missing is asked for, with the place; and what CONTRIBUTING.md shows works."""

from __future__ import annotations

import ast
import importlib
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
import test_indicators
import test_rules
from baseline import read

from experiments.findings.definitions import FAMILIES
from experiments.published.figures import FIGURES, Figure, figures, read_figures
from experiments.running.parts import FILED, OF_PARTS, OF_WHOLE_RUNS
from scenarios.loading import load, sources
from sim.indicators import INDICATORS, Indicator, compute
from sim.run import simulate

ROOT = Path(__file__).resolve().parent.parent
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text()
MODEL = (ROOT / "sim" / "MODEL.md").read_text()

# A rule ----------------------------------------------------------------------------------------------------------
SECTION = {"patrol": "7.5", "reporting": "7.5", "dispatch": "7.7", "escalation": "7.7", "queueing": "7.8"}


def unnamed(kind: str, name: str, document: str = MODEL) -> str:
    """What to add to the model document for a rule; empty if it names it."""
    if f"`{name}`" in document:
        return ""
    place = f"§{SECTION[kind]}" if kind in SECTION else "§7"
    return f'sim/rules/{kind}.py, rule "{name}": say in sim/MODEL.md, {place}, what it does, with its name in backquotes: `{name}`'


@pytest.mark.parametrize(("kind", "name"), [
    pytest.param(kind, name, id=f"{kind}: {name}") for kind, rules in test_rules.dicts_of_rules() for name in rules
])  # fmt: skip
def test_the_model_document_names_every_rule(kind, name):
    assert not (line := unnamed(kind, name)), line


def test_a_newcomer_is_told_where_the_model_document_names_a_rule():
    assert "§7.7, what it does, with its name in backquotes: `unheard`" in unnamed("escalation", "unheard")
    assert not unnamed("escalation", "unheard", "… and `unheard` (too late: stay)")


# An indicator ----------------------------------------------------------------------------------------------------
RECORDED = frozenset.intersection(*(frozenset(record["indicators"]) for record in read()[1]))
OF_A_FAMILY = re.compile(r"(?P<family>on_time_share|closing_share)_of_|\w+_to_closed_(working_)?mean_h$")


def missing(name: str, indicator: Indicator) -> Iterator[str]:
    """What an indicator still lacks: what to add, and where."""
    where = f'sim/indicators.py, indicator "{name}"'
    if not indicator.unit:
        yield f"{where}: give it its unit there (incidents, cases, share, h, yuan, …)"
    if not indicator.definition:
        yield f"{where}: say there what it counts, of what: its definition"
    if name not in test_indicators.EXPECTED:
        yield f"{where}: add its value on the eight incidents of ROWS, worked by hand, to EXPECTED in tests/test_indicators.py"
    if (name in OF_PARTS) + (name in OF_WHOLE_RUNS) != 1:
        yield (
            f"{where}: say in experiments/running/parts.py what belongs to a part of a run (OF_PARTS: what occurred, was found "
            "or was filed in it), or why it can only be told of whole runs (OF_WHOLE_RUNS)"
        )
    if OF_A_FAMILY.match(name) and not any(name in family for family in FAMILIES.values()):
        yield f"{where}: it counts what others count otherwise; add it to its family in FAMILIES of experiments/findings/definitions.py"
    if name not in RECORDED:
        yield f"{where}: run `make baseline`, since the histories of tests/baseline.jsonl hold every indicator"


@pytest.mark.parametrize("name", INDICATORS)
def test_an_indicator_has_all_that_belongs_to_it(name):
    assert not (lines := list(missing(name, INDICATORS[name]))), "\n".join(lines)


def test_nothing_is_left_behind_by_an_indicator_that_has_gone():
    """Or been renamed: wherever indicators are listed, only those that there are."""
    listed = {
        "EXPECTED in tests/test_indicators.py": {*test_indicators.EXPECTED},
        "experiments/running/parts.py": {*OF_PARTS, *OF_WHOLE_RUNS},
        "FAMILIES in experiments/findings/definitions.py": {name for family in FAMILIES.values() for name in family},
        "tests/baseline.jsonl (make baseline)": {*RECORDED},
    }
    assert {where: gone for where, names in listed.items() if (gone := sorted(names - INDICATORS.keys()))} == {}


@pytest.mark.parametrize(("name", "indicator", "told"), [
    pytest.param("unheard_count", Indicator("", "", float), [
        "give it its unit", "its definition", "EXPECTED in tests/test_indicators.py", "experiments/running/parts.py", "make baseline",
    ], id="nothing but a function"),
    pytest.param("on_time_share_of_found", Indicator("share", "on time, of all found", float), [
        "EXPECTED", "OF_WHOLE_RUNS", "FAMILIES of experiments/findings/definitions.py", "make baseline",
    ], id="a further denominator"),
    pytest.param("occurred_to_closed_mean_h", Indicator("h", "occurrence to closing", float), [
        "EXPECTED", "OF_WHOLE_RUNS", "FAMILIES of experiments/findings/definitions.py", "make baseline",
    ], id="a further clock"),
])  # fmt: skip
def test_a_newcomer_is_told_what_an_indicator_lacks_and_where_to_add_it(name, indicator, told):
    lines = list(missing(name, indicator))
    assert len(lines) == len(told)
    for line, part in zip(lines, told, strict=True):
        assert line.startswith(f'sim/indicators.py, indicator "{name}": ')
        assert part in line


# A published figure ----------------------------------------------------------------------------------------------
UNDATED = {
    "dongcheng-before-hours": "before the grid", "dongcheng-before-hours-office": "before the grid",
    "dongcheng-before-volume": "before the grid", "dongcheng-2015-closing": "from the start to the end of 2015",
    "dongcheng-2015-public": "from the start to the end of 2015", "dongcheng-2015-volume": "near 2015",
    "dongcheng-2015-hours": "near 2015", "dongcheng-2015-hours-office": "near 2015",
}  # fmt: skip
"""Figures held against whole runs, since their source gives no days: what it says instead."""


def undocumented(figure: Figure) -> Iterator[str]:
    """What a figure that is shipped still lacks: what to add, and where."""
    where = f'experiments/published/figures.toml, figure "{figure.id}"'
    if figure.quantity and not figure.start:
        if figure.quantity.endswith("_count"):
            yield f"{where}: give start and end; more is counted in a longer run"
        elif figure.id not in UNDATED:
            yield f"{where}: give start and end; if the source gives no days, say in UNDATED of tests/test_contributing.py what it says"
    for source in figure.source.split(", "):
        if source not in ("thesis", "press", *sources()):
            yield f'{where}: its source "{source}" is none; give thesis, press, or a key of scenarios/sources.toml (and add it there)'
    for name in ("place", "published", "definition"):
        if not getattr(figure, name).strip():
            yield f"{where}: {name} is empty"


def test_published_figures_have_dates_and_sources_that_are_known():
    assert not (lines := [line for figure in figures() for line in undocumented(figure)]), "\n".join(lines)


def test_undated_figures_are_figures_without_days():
    assert UNDATED.keys() <= {figure.id for figure in figures() if not figure.start}


@pytest.mark.parametrize(("changes", "told"), [
    pytest.param({"start": None, "end": None}, "give start and end; more is counted", id="a count without days"),
    pytest.param({"start": None, "end": None, "quantity": "unseen_share", "unit": "share", "value": 0.5}, "say in UNDATED", id="a share without days"),
    pytest.param({"source": "thesis, hearsay"}, 'its source "hearsay" is none', id="a source that nobody knows"),
    pytest.param({"source": ""}, 'its source "" is none', id="no source"),
    pytest.param({"definition": " "}, "definition is empty", id="no definition"),
])  # fmt: skip
def test_a_newcomer_is_told_what_a_figure_lacks(changes, told):
    (line,) = undocumented(figures()[0].model_copy(update={"id": "ours", **changes}))
    assert line.startswith('experiments/published/figures.toml, figure "ours": ')
    assert told in line


# A language ------------------------------------------------------------------------------------------------------
SILENT = (
    *(f"experiments/{wing}" for wing in ("statistics", "running", "published", "studies", "findings", "comparing", "economics", "sizing")),
    "calibration/fitting", "calibration/answers.py", "calibration/checks.py", "calibration/keeping.py",
)  # fmt: skip
"""Folders and files that calculate, and so know no sentence."""
CUTS = {"startswith", "endswith", "removeprefix", "removesuffix", "split", "rsplit", "partition", "rpartition", "replace", "find",
        "rfind", "index", "rindex"}  # fmt: skip
SEARCHES = {"match", "fullmatch", "search", "sub", "split", "findall", "finditer", "compile"}
WORD, PROSE = re.compile(r"[^\W\d_]+"), re.compile(r"(?=.*[^\W\d_]).*\s", re.DOTALL)
FOREIGN = {
    ("experiments/running/files.py", "Query interrupted"): "what DuckDB makes of a Ctrl-C",
    ("experiments/running/forms.py", "Input should be"): "pydantic's words for a type that has no word of ours",
    ("experiments/running/forms.py", "Value should"): "the same",
    ("experiments/studies/querying.py", "LINE 1"): "DuckDB's error: what follows repeats the query",
    ("experiments/studies/querying.py", 'column "…" not'): "DuckDB's error: the column that it does not find",
    ("experiments/studies/folder.py", "run_experiment.py sweep"): "a mark that the program writes into its own files",
}
"""Literals that may be compared or cut, and why: words that are not ours."""


def literals(node: ast.expr, constants: dict[str, str]) -> Iterator[str]:
    """The text of a literal, of a constant of the module, and of those in a tuple, a list or a set; "…" stands for what is put in."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        yield "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values)
    elif isinstance(node, ast.Name) and node.id in constants:
        yield constants[node.id]
    elif isinstance(node, ast.Tuple | ast.List | ast.Set):
        for element in node.elts:
            yield from literals(element, constants)


def reads_a_sentence(code: str) -> Iterator[tuple[int, str]]:
    """Where code compares, cuts or searches text by words: line and literal.

    A sentence's word is a literal with a blank, or, where text is cut or searched, a bare word. Names of files, paths and
    columns have a dot, a slash or an underscore, and keys are compared whole: they are none.
    """
    tree = ast.parse(code)
    constants = {
        target.id: node.value.value for node in tree.body if isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        for target in node.targets if isinstance(target, ast.Name)
    }  # fmt: skip
    for node in ast.walk(tree):
        looked_for: list[ast.expr] = []
        cut = False
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            of_re = isinstance(node.func.value, ast.Name) and node.func.value.id == "re" and node.func.attr in SEARCHES
            cut = of_re or node.func.attr in CUTS
            looked_for = node.args[:1] if cut else []
        elif isinstance(node, ast.Compare):
            looked_for = [node.left, *node.comparators]
        elif isinstance(node, ast.MatchValue):
            looked_for = [node.value]
        for sought in looked_for:
            for text in literals(sought, constants):
                if PROSE.match(text) or ("…" in text and " " in text) or (cut and WORD.fullmatch(text)):
                    yield sought.lineno, text


FOUND = [
    (str(path.relative_to(ROOT)), line, text)
    for place in SILENT for path in sorted((ROOT / place).rglob("*.py")) or [ROOT / place]
    for line, text in reads_a_sentence(path.read_text())
]  # fmt: skip


def test_no_calculation_reads_a_sentence():
    wrong = [
        f'{path}:{line} looks for "{text}" in a text: hand on a kind (an Enum, a key) and let experiments/words or calibration/words.py say it'
        for path, line, text in FOUND if (path, text) not in FOREIGN
    ]  # fmt: skip
    assert not wrong, "\n".join(wrong)


def test_every_exception_is_still_needed():
    assert {(path, text) for path, _, text in FOUND} == FOREIGN.keys()


@pytest.mark.parametrize("code", [
    pytest.param("verdict.startswith('more in some')", id="the beginning of a sentence"),
    pytest.param("line.endswith('unknown')", id="a word at the end"),
    pytest.param("NOTE = 'not settled'\nif text == NOTE: pass", id="a constant that is a sentence"),
    pytest.param("'in doubt' in title", id="words within"),
    pytest.param("sign in ('more', 'more in all')", id="one of several"),
    pytest.param("text.removesuffix(f', {name} too')", id="with something put in"),
    pytest.param("text.split(' of ')", id="cut at a word"),
    pytest.param("re.search(r'about \\d+', text)", id="by a pattern"),
    pytest.param("match text:\n    case 'not settled': pass", id="matched"),
    pytest.param("text != '没有 定论'", id="in Chinese"),
])  # fmt: skip
def test_reading_a_sentence_is_seen(code):
    assert len(list(reads_a_sentence(code))) == 1


@pytest.mark.parametrize("code", [
    "path.startswith('territory.')", "name.endswith('.toml')", "name.endswith('_per_day')", "kind == 'factorial'",
    "method in ('sobol', 'morris')", "text.split(',')", "name.replace('\"', '\"\"')", "'/' in text", "print('not settled')",
])  # fmt: skip
def test_names_paths_and_keys_are_no_sentences(code):
    assert list(reads_a_sentence(code)) == []


# What CONTRIBUTING.md shows --------------------------------------------------------------------------------------
def blocks(kind: str, document: str = CONTRIBUTING) -> list[tuple[str, str]]:
    """The fenced blocks of a document: the comment in the first line, and the text below it."""
    whole = re.findall(rf"^```{kind}\n(.*?)^```", document, re.DOTALL | re.MULTILINE)
    return [tuple(block.removeprefix("# ").split("\n", 1)) if block.startswith("#") else ("", block) for block in whole]


SHOWN_RULES = [block for block in blocks("python") if block[0].startswith("sim/rules/")]
SHOWN_EXAMPLES = {
    where.rpartition(" ")[2]: text for where, text in blocks("text") if where.startswith("tests/test_rules.py")
}


AS_SHOWN = "_as_shown"
"""Ends the names of what is tried here, so that it is tried as well where somebody has copied it."""


def added_to(module: ModuleType, code: str) -> dict[str, object]:
    """The names of a module with some code added at its end."""
    names = dict(vars(module))
    exec(compile(code, "CONTRIBUTING.md", "exec", dont_inherit=True, flags=0), names)
    return names


@pytest.mark.parametrize(("file", "code"), SHOWN_RULES, ids=[Path(file).stem for file, _ in SHOWN_RULES])
def test_the_rule_that_is_shown_lacks_only_its_example_and_that_one_holds(file, code, monkeypatch):
    kind, shown = Path(file).stem, re.search(r"def (\w+)", code)[1]
    name = f"{shown}{AS_SHOWN}"
    module = importlib.import_module(f"sim.rules.{kind}")
    rule = added_to(module, "from __future__ import annotations\n" + code.replace(shown, name))[name]
    (line,) = test_rules.lacking(kind, name, rule)
    test = test_rules.EXAMPLES[kind]
    assert f'pytest.param("{name}", …) in the table of {test.__name__}' in line
    assert f"`{name}`" in unnamed(kind, name)
    monkeypatch.setitem(next(rules for known, rules in test_rules.dicts_of_rules() if known == kind), name, rule)
    (example,) = eval(f"[{SHOWN_EXAMPLES[test.__name__].replace(shown, name)}]", dict(vars(test_rules)))
    assert example.values[0] == name
    test(*example.values)
    outcome = simulate(load("changning_2005q4", {"period.days": 3, f"rules.{kind}": name}), 1)
    assert outcome.indicators["found_count"] > 0


def test_both_rules_that_are_promised_are_shown():
    assert [Path(file).stem for file, _ in SHOWN_RULES] == ["patrol", "escalation"]


def test_the_indicator_that_is_shown_counts_what_is_said(monkeypatch):
    (code,) = (text for where, text in blocks("python") if where == "sim/indicators.py")
    ((shown, indicator),) = eval("{" + code + "}", vars(importlib.import_module("sim.indicators"))).items()
    assert f'`"{shown}": 1` in `EXPECTED`, and `"{shown}": FILED` in `OF_PARTS`' in CONTRIBUTING
    name = f"{shown}{AS_SHOWN}"
    monkeypatch.setitem(INDICATORS, name, indicator)
    assert compute(test_indicators.record())[name] == 1
    assert len(list(missing(name, indicator))) == 3
    monkeypatch.setitem(test_indicators.EXPECTED, name, 1)
    monkeypatch.setitem(OF_PARTS, name, FILED)
    (line,) = missing(name, indicator)
    assert "make baseline" in line


def test_the_category_that_is_shown_runs_and_is_refused_without_its_deadline_or_its_unit(tmp_path, capsys, monkeypatch):
    ((name, text),) = (block for block in blocks("toml") if block[0])
    (tmp_path / name).write_text(text)
    assert simulate(load(str(tmp_path / name), {"period.days": 10}), 1).indicators["found_count"] > 0
    for left_out, told in (
        ("deadline_h  = 8.0\n", "lacks deadline_h"),
        (text[text.index("[units") :], "has no competent unit; add it to"),
    ):
        assert left_out in text
        (tmp_path / name).write_text(text.replace(left_out, ""))
        monkeypatch.setattr("sys.argv", ["run_experiment.py", "run", str(tmp_path / name)])
        with pytest.raises(SystemExit) as end:
            importlib.import_module("run_experiment").main()
        line = capsys.readouterr().err
        assert (end.value.code, line.count("\n")) == (2, 1)
        assert line.startswith("lifts.toml: categories.lift_faults ")
        assert told in line
        assert told in " ".join(CONTRIBUTING.split())


def test_the_figure_that_is_shown_can_be_added(tmp_path):
    ((_, text),) = (block for block in blocks("toml") if not block[0])
    file = tmp_path / "figures.toml"
    file.write_text(FIGURES.read_text() + "\n" + text)
    shown = read_figures(file)[0][-1]
    assert shown.id == tomllib.loads(text)["figure"][0]["id"]
    assert list(undocumented(shown)) == []


def test_every_test_that_is_named_is_there():
    code = "".join(path.read_text() for path in (ROOT / "tests").glob("test_*.py"))
    named = set(re.findall(r"`(test_\w+)`", CONTRIBUTING))
    assert len(named) >= 4
    assert {name for name in named if f"def {name}(" not in code} == set()
