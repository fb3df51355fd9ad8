"""The report of a study: what it says, that it stands alone, and how it looks in a browser."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from experiments.findings.definitions import Family, definitions
from experiments.findings.discovery import discovery
from experiments.findings.effects import frontier, main_effects, shares_of_variance
from experiments.findings.equity import equity
from experiments.findings.runs import read_findings
from experiments.findings.sensitivity import Method, noise_shares, sensitivity
from experiments.running.engine import engine
from experiments.running.files import StorageError
from experiments.showing.report import FONT_GOES_HERE, contents, draw_figure, figure_names, with_its_font, write_report
from experiments.statistics.inequality import gini
from experiments.studies.design import load_study
from experiments.studies.folder import open_results
from experiments.studies.querying import ask
from experiments.studies.sweeping import sweep
from experiments.words.findings import rule_in_words
from languages.speaking import ENGLISH, speak
from sim.indicators import INDICATORS

STUDY = """
title = "Grids & ladders <in small>"
question = "网格多大, which ladder?"
base = "junmen_2012"
[set]
"period.days" = 15
[design]
kind = "factorial"
[[levers]]
name = "grid"
path = "territory.households_per_social_grid"
values = [300.0, 1000.0]
[[levers]]
name = "rule"
path = "rules.escalation"
values = ["ladder", "direct"]
[[uncertain]]
path = "demand.scale"
distribution = "uniform"
low = 1.0
high = 4.0
why = "x"
[[uncertain]]
path = "units.grid_manager.settle_prob"
distribution = "uniform"
low = 0.5
high = 1.0
why = "x"
[worlds]
method = "sobol"
draws = 4
[replications]
count = 2
[[objectives]]
indicator = "solved_share_of_raised"
better = "high"
[[objectives]]
indicator = "cost_yuan"
better = "low"
[target]
indicator = "solved_share_of_raised"
below = 0.8
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    where = tmp_path_factory.mktemp("report")
    (where / "small.toml").write_text(STUDY)
    study = load_study(where / "small.toml")
    sweep(study, open_results(study, where / "out"), lambda: engine(2))
    return where / "out"


@pytest.fixture(scope="module")
def findings(folder):
    return read_findings(folder)


@pytest.fixture(scope="module")
def page(folder) -> str:
    return write_report(folder).read_text(encoding="utf-8")


def test_a_world_is_the_mean_of_its_seeds(findings):
    table = findings.table("solved_share_of_raised")
    assert table.shape == (16, 4)
    runs = findings.runs
    one = runs[(runs["plan"] == 2) & (runs["world"] == 5)]["solved_share_of_raised"]
    assert len(one) == 2
    assert table.loc[5, 2] == pytest.approx(one.mean())


def test_effects_are_means_over_the_plans_at_a_level(findings):
    effects = {(entry.lever, entry.level): entry for entry in main_effects(findings, "cost_yuan")}
    assert set(effects) == {("grid", "300"), ("grid", "1,000"), ("rule", "ladder"), ("rule", "direct")}
    having = findings.plans.loc[findings.plans["grid"] == 300.0, "plan"]
    assert effects["grid", "300"].mean == pytest.approx(findings.table("cost_yuan")[having].mean().mean())


def test_shares_of_variance_are_those_of_a_balanced_analysis(findings):
    """Worked again by hand: in a balanced factorial the sums of squares add up."""
    shares = {entry.levers: entry.share for entry in shares_of_variance(findings, "solved_share_of_raised")}
    assert sum(shares.values()) == pytest.approx(1.0)
    runs = findings.runs.merge(findings.plans, on="plan")
    values = runs["solved_share_of_raised"]
    total = ((values - values.mean()) ** 2).sum()
    by_rule = runs.groupby("rule")["solved_share_of_raised"].transform("mean")
    assert shares["rule",] == pytest.approx(((by_rule - values.mean()) ** 2).sum() / total)


def test_the_best_plan_stands_first(findings):
    table = findings.table("solved_share_of_raised").mean()
    assert findings.best == table.idxmax()
    assert findings.ranking["solved_share_of_raised_best"].sum() == pytest.approx(1.0)


def test_a_frontier_holds_what_nothing_beats():
    points = np.array([[1.0, 1.0], [2.0, 2.0], [3.0, 2.0], [3.0, 1.0], [1.0, 1.0]])
    assert frontier(points, ("low", "high")).tolist() == [True, True, False, False, True]


def test_equity_is_the_gini_of_hours_between_areas_less_what_is_chance(findings):
    """Over the worlds, each the mean of its seeds, one left out at a time."""
    (entry,) = equity(findings, (findings.best,))
    rows = findings.runs[findings.runs["plan"] == findings.best]
    by_world = [
        np.array([np.vstack(rows[rows["world"] == world][name]).mean(axis=0) for name in ("area_cases", "area_hours")])
        for world in range(16)
    ]  # fmt: skip
    of_all = sum(by_world)
    plain = gini(of_all[1] / of_all[0], of_all[0])
    without = [gini((of_all - one)[1] / (of_all - one)[0], (of_all - one)[0]) for one in by_world]
    assert entry.gini == pytest.approx(16 * plain - 15 * np.mean(without))
    assert 0.0 <= entry.gini_lo < entry.gini < entry.gini_hi
    assert entry.areas_count == 8


def test_the_seeds_share_of_the_variance():
    chance = np.random.default_rng(3)
    worlds = chance.normal(0.0, 2.0, (4000, 1))
    of_run, of_mean = noise_shares(worlds + chance.normal(0.0, 1.0, (4000, 4)), common=False)
    assert of_run == pytest.approx(1.0 / 5.0, abs=0.02)
    assert of_mean == pytest.approx(0.25 / 4.25, abs=0.01)


def test_what_a_common_seed_does_to_all_worlds_alike_is_no_noise():
    """It shifts every world by the same, so no index moves; seeds of a world's own would disturb them."""
    chance = np.random.default_rng(4)
    values = chance.normal(0.0, 2.0, (4000, 1)) + chance.normal(0.0, 1.0, (4000, 4)) + np.array([0.0, 30.0, -20.0, 9.0])
    of_run, of_mean = noise_shares(values, common=True)
    assert of_run == pytest.approx(1.0 / 5.0, abs=0.02)
    assert of_mean == pytest.approx(0.25 / 4.25, abs=0.01)
    assert noise_shares(values, common=False)[0] > 0.9


def test_sensitivity_says_how_much_is_only_the_seed(findings):
    indices = [entry.indices for entry in sensitivity(findings)]
    assert [entry.method for entry in indices] == [Method.SOBOL] * len(indices)
    assert indices[0].names == ("demand.scale", "units.grid_manager.settle_prob")
    assert 0.0 < indices[0].noise_of_mean <= indices[0].noise_of_run <= 1.0


def test_discovery_finds_where_a_line_is_crossed(findings):
    told = discovery(findings)
    crossed = findings.runs["solved_share_of_raised"] < 0.8
    assert told.share == pytest.approx(crossed.mean())
    assert all(box.density >= 0.5 for box in told.boxes)
    most = told.features.of[told.weights[0][0]]
    assert most.name in [side.feature.name for side in told.boxes[0].sides]
    assert most.name in rule_in_words(told.boxes[0])
    assert sum(box.coverage for box in told.boxes) <= 1.0 + 1e-9


def test_the_page_stands_alone_and_is_small(page, folder):
    assert len(page.encode()) < 1_500_000
    assert not re.findall(r"""(?:src|href)\s*=\s*["'](?!#|data:)|@import|url\((?!#|data:)""", page)
    assert "<script" not in page
    assert page == write_report(folder, folder.parent / "again.html").read_text(encoding="utf-8")


def test_the_page_says_everything_and_escapes_what_it_is_told(page):
    for heading in ("Design", "Plans", "What the levers do", "Service and cost", "Indicators under every definition", "Equity", "Sensitivity to what nobody knows",
                    "Where it goes wrong", "Definitions", "Provenance", "What STRESS-ABS and TRACE ask for"):  # fmt: skip
        assert f">{heading}</h2>" in page
    assert "<h1>Grids &amp; ladders &lt;in small&gt;</h1>" in page
    assert "网格多大" in page
    assert "missing: a report cannot know" in page


def test_in_chinese_indicators_have_names_and_their_identifiers_stand_where_they_are_looked_up(folder):
    speak("zh")
    try:
        page = write_report(folder, folder.parent / "zh.html").read_text(encoding="utf-8")
    finally:
        speak(ENGLISH)
    text = re.sub(r"<(style|code)\b.*?</\1>|<[^>]+>", " ", page, flags=re.DOTALL)
    assert not set(INDICATORS) & set(re.findall(r"\w+", text))
    assert "<td>上报解决率<br><code>solved_<wbr>share_<wbr>of_<wbr>raised</code></td>" in page
    assert not re.findall(r"\d %", text)
    assert not re.findall(r"[\u4e00-\u9fff] [\u4e00-\u9fff]+率", text)


def test_every_number_of_the_summary_comes_from_the_runs(findings):
    short = contents(findings)["answer"][0]
    best = findings.ranking.iloc[0]
    assert best["name"] in short
    assert f"{best['solved_share_of_raised'] * 100:.1f}" in short


def test_a_picture_can_be_made_again_and_says_from_which_runs(folder, findings):
    names = figure_names(folder)
    assert names == [
        "ranking", "effects", "interactions", "pareto", "definitions", "equity", "sensitivity", "discovery",
    ]  # fmt: skip
    told = draw_figure(folder, "pareto")
    assert sorted(told["keys"]) == sorted(findings.runs["key"])
    first = Path(told["svg"]).read_bytes()
    assert Path(told["png"]).read_bytes().startswith(b"\x89PNG")
    assert json.loads(Path(told["list"]).read_text())["keys"] == told["keys"]
    assert Path(draw_figure(folder, "pareto")["svg"]).read_bytes() == first
    with pytest.raises(StorageError, match="did you mean pareto"):
        draw_figure(folder, "paretto")


def test_results_can_be_asked_with_sql(folder, findings):
    columns, rows = ask(
        folder, "SELECT rule, count(*) AS runs, avg(cost_yuan) FROM results GROUP BY rule ORDER BY rule"
    )
    assert columns[:2] == ["rule", "runs"]
    assert [(rule, runs) for rule, runs, _ in rows] == [("direct", 64), ("ladder", 64)]
    assert rows[0][2] == pytest.approx(findings.table("cost_yuan")[[1, 3]].mean().mean())


@pytest.mark.parametrize(
    "sql",
    [
        pytest.param("SELEC 1", id="syntax"),
        pytest.param("SELECT nothing FROM runs", id="no such column"),
        pytest.param("SELECT * FROM read_csv('/etc/passwd')", id="another file"),
        pytest.param("COPY runs TO '/tmp/stolen.csv'", id="writing"),
        pytest.param("INSTALL httpfs", id="extension"),
    ],
)
def test_a_query_that_reaches_out_or_is_none_is_refused_in_one_line(folder, sql):
    with pytest.raises(StorageError) as caught:
        ask(folder, sql)
    assert str(caught.value).startswith("query: ")
    assert "\n" not in str(caught.value)


def test_a_list_of_plans_without_unknowns_has_a_report_too(tmp_path):
    plans = (
        '[design]\nkind = "list"\n[[plans]]\nname = "a"\n[[plans]]\nname = "b"\nset = {"rules.escalation" = "direct"}\n'
    )
    text = 'title = "t"\nquestion = "q"\nbase = "junmen_2012"\n[set]\n"period.days" = 5\n' + plans
    text += '[replications]\ncount = 3\n[[objectives]]\nindicator = "filed_count"\nbetter = "low"\n'
    (tmp_path / "two.toml").write_text(text)
    study = load_study(tmp_path / "two.toml")
    sweep(study, open_results(study, tmp_path / "out"), lambda: engine(1))
    assert figure_names(tmp_path / "out") == ["ranking", "pareto", "definitions", "equity"]
    # The best plan files nothing, but what it solves in the grid is on time, or not, by two definitions.
    assert "The study has no uncertain parameters" in write_report(tmp_path / "out").read_text()


def test_every_definition_is_that_of_the_best_plan(findings):
    found = definitions(findings, findings.best)
    table = findings.table("on_time_share_of_closed")[findings.best]
    entry = {entry.indicator: entry for entry in found[Family.ON_TIME]}["on_time_share_of_closed"]
    assert entry.mean == pytest.approx(table.mean())
    assert list(found) == [Family.ON_TIME, Family.CLOSING, Family.HOURS]


def test_machine_areas_and_path_are_those_of_the_sweep(folder, page):
    """So the page is the same wherever it is written, and says how to run a file that is not in the library."""
    about = json.loads((folder / "study.json").read_text())
    assert about["areas"] == "social_grid"
    assert "between the 8 social grids of the base" in page
    assert f"<td>{about['machine']};" in page
    assert "small.toml --out DIR" in page


OVERLAPS = """() => {
  const told = [];
  for (const svg of document.querySelectorAll('figure svg')) {
    const boxes = [...svg.querySelectorAll('text')].filter(t => t.textContent.trim())
      .map(t => [t.textContent, t.getBoundingClientRect(), svg.getBoundingClientRect()]);
    for (const [text, box, frame] of boxes)
      if (box.right > frame.right + 1 || box.left < frame.left - 1) told.push(text + ' leaves its picture');
    for (let i = 0; i < boxes.length; i++) for (let j = i + 1; j < boxes.length; j++) {
      const [a, b] = [boxes[i][1], boxes[j][1]];
      const slanted = a.height > 40 || b.height > 40;
      const w = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const h = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (!slanted && w > 3 && h > 3) told.push(boxes[i][0] + ' covers ' + boxes[j][0]);
    }
  }
  return told;
}"""


@pytest.fixture(scope="module")
def browser():
    sync_api = pytest.importorskip("playwright.sync_api")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if not chromium:
        pytest.skip("there is no chromium; apt-get install chromium")
    flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
             "--disable-component-update", "--disable-sync"]  # fmt: skip
    with sync_api.sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=flags)
        yield running
        running.close()


@pytest.mark.parametrize("width", [1200, 800, 400])
def test_the_page_reads_well_in_a_browser(browser, folder, page, width):
    view = browser.new_page(viewport={"width": width, "height": 900})
    said: list[str] = []
    view.on("console", lambda message: said.append(message.text))
    view.on("request", lambda request: said.append(request.url) if not request.url.startswith("file:") else None)
    view.goto((folder / "report.html").resolve().as_uri())
    assert said == []
    assert view.evaluate("document.documentElement.scrollWidth") <= width
    assert view.evaluate(OVERLAPS) == []
    view.close()


def test_frames_of_the_findings_are_those_of_the_folder(findings):
    assert isinstance(findings.plans, pd.DataFrame)
    assert list(findings.plans.columns) == ["plan", "name", "grid", "rule"]
    assert list(findings.worlds.columns) == ["world", "demand.scale", "units.grid_manager.settle_prob"]


def test_a_page_brings_along_the_chinese_characters_that_it_shows():
    """Before a Latin font, since browsers are late with what stands after one; and nothing where there are none."""
    page = f"<style>{FONT_GOES_HERE}</style><svg>"
    text = "<text style=\"font-family: 'DejaVu Sans', 'Noto Sans SC GB2312'\">"
    chinese = with_its_font(f"{page}{text}网格</text>{text}grid</text>")
    assert "url(data:font/woff;base64," in chinese
    assert (
        chinese.count("'Noto Sans SC GB2312', 'DejaVu Sans'")
        == chinese.count("'DejaVu Sans', 'Noto Sans SC GB2312'")
        == 1
    )
    assert with_its_font(f"{page}网格") == with_its_font(f"{page}网格")
    assert len(with_its_font(f"{page}网格")) < len(with_its_font(f"{page}网格治理，按期结案率"))
    assert with_its_font(f"{page}grid") == f"{page}grid".replace(FONT_GOES_HERE, "")
