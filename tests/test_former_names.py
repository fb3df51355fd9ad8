"""An indicator that has another name now: whoever names it as it was is told the present name in the line that refuses it."""

from __future__ import annotations

import json
import sys

import pytest
from conftest import STUDY

from calibration.fitting.places import PLACES, PlaceError, read_place
from experiments.findings.runs import read_findings
from experiments.published.figures import FIGURES, FigureError, read_figures
from experiments.running.files import StorageError
from experiments.studies.design import load_study
from experiments.studies.form import StudyError
from experiments.studies.querying import ask
from run_experiment import main
from sim.indicators import FORMER_NAMES

SAYS = "is no indicator; it is called {} now"


@pytest.fixture(params=FORMER_NAMES.items(), ids=FORMER_NAMES)
def names(request) -> tuple[str, str]:
    return request.param


@pytest.mark.parametrize(("line", "place"), [
    pytest.param('indicator = "solved_share_of_raised"', "objectives", id="objective"),
    pytest.param('"filed_count", ', "outcomes", id="outcome"),
    pytest.param("count = 4", "replications.widths", id="width"),
    pytest.param('better = "high"', "target", id="target"),
])  # fmt: skip
def test_a_study_is_told(tmp_path, names, line, place):
    former, now = names
    wrong = {
        "objectives": f'indicator = "{former}"', "outcomes": f'"{former}", ',
        "replications.widths": f'rule = "narrow"\ncount = 4\nwidths = {{ {former} = 1.0 }}\nat_most = 8',
        "target": f'better = "high"\n[target]\nindicator = "{former}"\nbelow = 3.0',
    }[place]  # fmt: skip
    (tmp_path / "small.toml").write_text(STUDY.replace(line, wrong))
    with pytest.raises(StudyError) as error:
        load_study(tmp_path / "small.toml")
    assert f'small.toml: {place}: "{former}" {SAYS.format(now)}' in error.value.problems


def test_a_published_figure_is_told(tmp_path, names):
    former, now = names
    file = tmp_path / "figures.toml"
    file.write_text(FIGURES.read_text().replace('quantity = "solved_count"', f'quantity = "{former}"'))
    with pytest.raises(FigureError, match=f'"{former}", which {SAYS.format(now)}'):
        read_figures(file)


def test_a_ratio_of_a_place_is_told(tmp_path, names):
    former, now = names
    file = tmp_path / "junmen.toml"
    file.write_text(
        (PLACES / "junmen.toml").read_text().replace('indicator = "solved_count"', f'indicator = "{former}"')
    )
    with pytest.raises(PlaceError, match=f'ratios: "{former}" {SAYS.format(now)}'):
        read_place(file)


def test_the_command_line_is_told(names, capsys, monkeypatch):
    former, now = names
    monkeypatch.setattr(sys, "argv", ["run_experiment.py", "compare", "junmen_2012", "nanhu", "--indicator", former])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 2
    assert capsys.readouterr().err == f"--indicator: {former} {SAYS.format(now)}\n"


def test_a_query_is_told(whole, names):
    former, now = names
    with pytest.raises(StorageError, match=f"; it is called {now} now$"):
        ask(whole.folder, f"SELECT {former} FROM results")
    with pytest.raises(StorageError, match="filed_cuont") as error:
        ask(whole.folder, f"SELECT filed_cuont FROM (SELECT 1 AS {former})")
    assert "is called" not in str(error.value)


def test_a_report_on_results_that_were_swept_under_the_former_name_is_told(whole, names, tmp_path):
    former, now = names
    about = json.loads((whole.folder / "study.json").read_text())
    about["file"]["objectives"][0]["indicator"] = former
    (tmp_path / "study.json").write_text(json.dumps(about))
    with pytest.raises(StorageError, match=f'{tmp_path.name}: objectives: "{former}" {SAYS.format(now)}; sweep'):
        read_findings(tmp_path)
