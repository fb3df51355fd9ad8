"""Everything that people read is in the catalogues, and says the same there."""

from __future__ import annotations

import ast
import io
import re
import string
from datetime import date, datetime, time

import pytest
from babel.messages.mofile import write_mo
from calling import called
from pydantic import ValidationError

from calibration import checks, levers
from calibration.fitting import places
from experiments.published.figures import Figure
from experiments.running.forms import RULES, rule_in_words
from experiments.running.parts import Form
from experiments.studies import form as studies
from experiments.words.names import INDICATOR_NAMES, indicator
from languages.__main__ import catalogue_of, file_of
from languages.asking import language_of
from languages.collecting import PYTHON, ROOT, SAID, collected
from languages.speaking import ENGLISH, LANGUAGES, say, say_many, speak, spoken, wished
from languages.wrapping import width, wrapped
from sim.indicators import INDICATORS

OTHERS = [name for name in LANGUAGES if name != ENGLISH]
SILENT = ("sim/compiled/", "languages/__main__.py", "languages/collecting.py")
"""Nobody reads what these say: the compiled engine, and the tool of whoever keeps the catalogues."""
SENTENCE = re.compile(r"[A-Za-z]{2,}[,;:]? [a-z]{2,}")
NEVER_SHOWN = frozenset({"AssertionError", "KeyError", "NotImplementedError", "RuntimeError", "TypeError"})


@pytest.fixture(autouse=True)
def _in_english():
    yield
    speak(ENGLISH)


def fields(message):
    return sorted((name, spec) for _, name, spec, _ in string.Formatter().parse(message) if name is not None)


def pairs(catalogue):
    """Message and translation, of plurals the form for many."""
    for entry in catalogue:
        if entry.id:
            many = not isinstance(entry.id, str)
            yield (entry.id[-1], entry.string[-1]) if many else (entry.id, entry.string)


@pytest.mark.parametrize("language", OTHERS)
def test_everything_that_is_said_is_translated(language):
    catalogue = catalogue_of(language)
    known = {entry.id if isinstance(entry.id, str) else entry.id[0]: entry for entry in catalogue if entry.id}
    missing = []
    for entry in collected():
        if not entry.id:
            continue
        key = entry.id if isinstance(entry.id, str) else entry.id[0]
        found = known.get(key)
        if found is None or not (found.string if isinstance(found.string, str) else all(found.string)) or found.fuzzy:
            missing.append(key)
    assert not missing, f"{len(missing)}; `python -m languages --missing` lists them: {missing[:5]}"


@pytest.mark.parametrize("language", OTHERS)
def test_a_translation_names_the_same_values_in_the_same_form(language):
    catalogue = catalogue_of(language)
    differ = [(said, put) for said, put in pairs(catalogue) if "{" in said and fields(said) != fields(put)]
    assert not differ, differ[:3]


@pytest.mark.parametrize("language", OTHERS)
def test_commands_and_options_stand_in_translations_as_they_are(language):
    """What somebody would type or look up is the same in every language."""
    typed = re.compile(r"--[a-z][a-z-]+|`[^`{}]*`|run_experiment\.py")
    differ = [(said, put) for said, put in pairs(catalogue_of(language))
              if sorted(typed.findall(said)) != sorted(typed.findall(put))]  # fmt: skip
    assert not differ, differ[:3]


@pytest.mark.parametrize("language", OTHERS)
def test_what_is_compiled_is_the_catalogue_that_people_edit(language):
    out = io.BytesIO()
    write_mo(out, catalogue_of(language))
    assert file_of(language).with_suffix(".mo").read_bytes() == out.getvalue(), "run `python -m languages`"


def unsaid(tree):
    """Sentences of a module that nobody translates: line and text."""
    said = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            if name in SAID or name in NEVER_SHOWN:
                said.update(
                    id(part)
                    for argument in [*node.args, *(k.value for k in node.keywords)]
                    for part in ast.walk(argument)
                    if name in NEVER_SHOWN or not isinstance(part, ast.JoinedStr)
                )
            for given in node.keywords:
                if given.arg in ("help", "description", "metavar"):
                    said.update(id(part) for part in ast.walk(given.value))
        elif isinstance(node, ast.Dict):
            said.update(map(id, node.keys))
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            said.add(id(node.value))  # docstrings, of attributes too
        elif isinstance(node, ast.JoinedStr):
            text = "".join(part.value for part in node.values if isinstance(part, ast.Constant))
            said.update(id(part) for part in node.values)
            if SENTENCE.search(text) and id(node) not in said:
                yield node.lineno, text
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said and (
            SENTENCE.search(node.value)
        ):  # fmt: skip
            yield node.lineno, node.value


def is_for_machines(text):
    return bool(re.search(r"\b(SELECT|FROM|COPY|ORDER BY|CREATE|PRAGMA)\b", text)) or "://" in text


NO_SENTENCES = {
    "scenarios/reading.py": ["at line (\\d+)"],
    # What only a programmer can bring about, and names of streams of chance.
    "sim/calendar.py": ["cannot enter an event"], "sim/partition.py": ["cannot share", "cannot make"],
    "sim/territory.py": ["hot spots", "places in a cell"],
    "experiments/sizing/cuts/cutting.py": ["cannot cut"], "experiments/sizing/cuts/neighbourhood.py": ["no site has households", " labels of"],
    "experiments/sizing/cuts/quality.py": ["grid  of"],
    # Values and keys that are said where they are shown.
    "sim/rules/escalation.py": ["too severe", "too late", "attempts used up"],
    "experiments/showing/describing.py": ["given by --set"], "experiments/showing/run_pictures.py": ["Never found"],
    "calibration/checks.py": [" before the figures", "What do the sets say", "Which of all that", "as it was"],
    # What libraries say, and what files and other programs are made of.
    "experiments/running/files.py": ["Query interrupted", "(FORMAT parquet"],
    "experiments/running/forms.py": ["Value should", "Input should be", "must be"],
    "experiments/showing/report.py": ["/* the font */"], "experiments/showing/lettering.py": ["@font-face"],
    "experiments/page/shell.py": ["@font-face", "default-src", "img-src"],
    "experiments/showing/style.py": ["Glyph", "findfont"], "experiments/studies/ensembles.py": ["# in doubt: "],
    "experiments/studies/folder.py": ["run_experiment.py sweep"], "experiments/studies/querying.py": ["SET "],
    "calibration/keeping.py": ["in doubt: "],
    # What indicators are called in English only: elsewhere they have the names of their identifiers.
    "experiments/words/names.py": [*INDICATOR_NAMES.values()],
}  # fmt: skip
"""Beginnings of texts that look like sentences for people and are none, by file."""
DRAWN_AT = re.compile(r"(upper|lower|center) (left|right|center)|(offset points|axes fraction)")
"""Where matplotlib puts something."""


def test_no_sentence_is_left_that_only_english_has():
    found = []
    for folder in PYTHON:
        for file in sorted((ROOT / folder).rglob("*.py")):
            name = file.relative_to(ROOT).as_posix()
            if name.startswith(SILENT):
                continue
            found += [
                f"{name}:{line}: {text[:70]}"
                for line, text in unsaid(ast.parse(file.read_text(encoding="utf-8")))
                if not is_for_machines(text)
                and not DRAWN_AT.fullmatch(text)
                and not text.startswith(tuple(NO_SENTENCES.get(name, ["\0"])))
            ]
    assert not found, "\n".join(["", *found])


def test_the_finder_of_unsaid_sentences_finds_them():
    text = 'def f(n):\n    """Not me, I am a docstring."""\n    raise ValueError(f"{n} must be a number")\n\nX = "this is shown"\n'
    assert [line for line, _ in unsaid(ast.parse(text))] == [3, 5]
    assert not list(unsaid(ast.parse('say("{n} must be a number", n=1)\nmarked("this is shown")')))


@pytest.mark.parametrize(("environment", "expected"), [
    ({}, "en"), ({"LANG": "zh_CN.UTF-8"}, "zh"), ({"LANG": "de_DE.UTF-8"}, "en"), ({"LANG": "C"}, "en"),
    ({"LC_ALL": "zh_TW", "LANG": "en_US"}, "zh"), ({"LC_ALL": "C.UTF-8", "LANG": "zh_CN"}, "en"),
    ({"LANGUAGE": "de:zh:en", "LANG": "en_US"}, "zh"), ({"LANG": "zh"}, "zh"), ({"LANG": "zh-Hans-CN"}, "zh"),
])  # fmt: skip
def test_the_environment_says_which_language(environment, expected):
    assert wished(environment) == expected


@pytest.mark.parametrize(("arguments", "expected"), [
    (["run", "junmen_2012", "--lang", "zh"], "zh"), (["--lang=zh", "list"], "zh"), (["list", "--lang", "xx"], "en"),
    (["--lang", "zh", "list", "--lang", "en"], "en"),
])  # fmt: skip
def test_the_command_line_says_which_language(arguments, expected, monkeypatch):
    for name in ("GRID_LANGUAGE", "LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    assert language_of(arguments) == expected


def test_what_is_said_changes_with_the_language_and_comes_back():
    speak("zh")
    assert spoken() == "zh"
    assert say("never found") != "never found"
    assert say_many("{count:,} day", "{count:,} days", 3) == "3 天"
    speak(ENGLISH)
    assert (say("never found"), say_many("{count:,} day", "{count:,} days", 1)) == ("never found", "1 day")


@pytest.mark.parametrize("language", OTHERS)
def test_an_indicator_has_one_name_in_another_language(language):
    speak(language)
    names = [indicator(name) for name in INDICATORS]
    assert names == [say(name) for name in INDICATORS]
    assert not set(names) & {*INDICATORS, *INDICATOR_NAMES.values()}
    assert len(set(names)) == len(names)


def test_chinese_lines_are_as_wide_as_they_look():
    text = "模拟从第一天零时开始，到最后一天结束；每个网格的人员、时间和费用都按情景文件计算，不另行估计。"
    lines = wrapped(text, 30)
    assert "".join(lines) == text
    assert all(width(line) <= 31 for line in lines)  # a comma may hang over
    assert not any(line[0] in "，。；、" for line in lines)
    assert wrapped("\b\nas  it is\nstays", 5) == ["as  it is", "stays"]


# What is wrong -----------------------------------------------------------------------------------------------------
WORDED_WHERE_THEY_ARISE = {"missing", "extra_forbidden", "value_error"}
FORMS = [
    form for module in (studies, places, checks, levers) for form in vars(module).values()
    if isinstance(form, type) and issubclass(form, Form)
]  # fmt: skip
IN_TOML = [
    "x", "9" * 5_000, 1, -1, 10**30, 1.5, float("inf"), True, date(2005, 10, 1), datetime(2005, 10, 1, 3), time(3), [], ["x"],
    [1] * 9, [{}], {}, {"a": 1},
]  # fmt: skip


def kinds_of(form, name, value):
    """The kinds of pydantic's errors if a value stands under a key."""
    try:
        form.model_validate({name: value})
    except ValidationError as error:
        return {each["type"] for each in error.errors(include_url=False)}
    return set()


def test_whatever_can_be_wrong_in_a_file_is_said_in_our_words():
    kinds = {
        kind for form in [*FORMS, Figure] for name, field in form.model_fields.items() for value in IN_TOML
        for kind in kinds_of(form, field.alias or name, value)
    }  # fmt: skip
    assert {"enum", "date_type", "model_type", "too_short", "tuple_type", "float_parsing"} <= kinds
    assert kinds <= RULES.keys() | WORDED_WHERE_THEY_ARISE


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_a_value_must_be_is_said_whole(language):
    speak(language)
    ctx = {"expected": "'a' or 'b'", "gt": 1, "ge": 1, "lt": 1, "le": 1, "min_length": 2, "max_length": 2}
    for kind in RULES:
        assert "{" not in rule_in_words({"type": kind, "ctx": ctx, "msg": "?"})


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("en", '--set: "party.members_count＝0" has the Chinese sign ＝; write = in its place\n'),
        ("zh", '--set: "party.members_count＝0" 里有中文标点 ＝；请改成 =\n'),
    ],
)
def test_an_equals_sign_of_a_chinese_keyboard_is_named(language, line, tmp_path):
    done = called(tmp_path, "run", "junmen_2012", "--set", "party.members_count＝0", "--lang", language)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", line)


@pytest.mark.parametrize("name", ["unseen_share", "found_count"])
def test_an_indicator_is_asked_for_by_the_name_that_is_printed(name, tmp_path):
    speak("zh")
    called_so = say(name)
    plans = ["junmen_2012", "junmen_2012 --set party.members_count=0", "--set", "period.days=3", "--replications", "2"]
    done = called(tmp_path, "compare", *plans, "--indicator", called_so, "--workers", "1", "--lang", "zh")
    assert done.returncode == 0, done.stderr
    assert called_so in done.stdout
