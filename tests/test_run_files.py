"""The tables of a run for a spreadsheet: Chinese whole, formulas never, and the list of buildings read again as sites."""

from __future__ import annotations

import csv
import datetime
from pathlib import Path

import openpyxl
import pytest

from experiments.commands.one_run import result_of
from experiments.running.files import StorageError
from experiments.running.replications import run_replications
from experiments.showing import run_files
from experiments.showing.run_files import Table, write_csv, write_tables, write_workbook
from languages.speaking import ENGLISH, speak
from scenarios.loading import load
from scenarios.sites import read_sites

DANGEROUS = ["=1+1", "+86", "-1栋", "@x", "＝1+1", "\tx"]


@pytest.fixture(scope="module")
def run():
    done = run_replications(load("nanhu", {"period.days": 2}), [1, 2])
    return result_of(done, None, 1.0), done


@pytest.fixture
def tables(run, tmp_path) -> Path:
    write_tables(tmp_path / "tables", *run)
    return tmp_path / "tables"


def rows_of(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as opened:
        return list(csv.DictReader(opened))


def sheets_of(file: Path) -> dict[str, list[tuple]]:
    return {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in openpyxl.load_workbook(file)}


def test_what_is_written(tables):
    assert {file.name for file in tables.iterdir()} == {"buildings.csv", "indicators_for_excel.csv", "run.xlsx"}
    assert all(file.read_bytes().startswith(b"\xef\xbb\xbf") for file in tables.glob("*.csv"))


def test_every_indicator_has_a_row_with_shares_in_percent(run, tables):
    result, _ = run
    rows = {row["identifier"]: row for row in rows_of(tables / "indicators_for_excel.csv")}
    assert list(rows) == list(result["indicators"])
    unseen = rows["unseen_share"]
    assert (unseen["name"], unseen["unit"]) == ("never found", "%")
    assert float(unseen["mean"]) == pytest.approx(100 * result["indicators"]["unseen_share"]["mean"])
    assert unseen["meaning"] == result["indicators"]["unseen_share"]["definition"]


def test_what_nobody_knows_stands_beside_what_is_only_chance(run, tmp_path):
    result, done = run
    known = {**result, "unknowns": {"ranges": {"unseen_share": [0.2, 0.7]}}}
    write_tables(tmp_path / "tables", known, done)
    rows = {row["identifier"]: row for row in rows_of(tmp_path / "tables" / "indicators_for_excel.csv")}
    of = "what nobody knows, from", "what nobody knows, to"
    assert [rows["unseen_share"][heading] for heading in of] == ["20.0", "70.0"]
    assert [rows["filed_count"][heading] for heading in of] == ["", ""]


def test_without_published_figures_their_sheet_says_why(run, tables):
    result, _ = run
    assert not result["figures"]
    assert [row[0] for row in sheets_of(tables / "run.xlsx")["figures"][1:]] == [result["figures_note"]]


def test_every_building_has_a_row_with_the_grids_that_the_case_table_names(run, tables):
    _, done = run
    outcome, rows = done.first, rows_of(tables / "buildings.csv")
    assert [row["site"] for row in rows] == [site.site for site in done.scenario.sites]
    assert sum(int(row["residents"]) for row in rows) == outcome.territory.residents_count
    assert [row["number (as in cases.parquet)"] for row in rows] == [str(number) for number in range(len(rows))]
    for case in outcome.cases.itertuples():
        assert rows[case.site]["grid"] == str(case.grid)
        assert float(rows[case.site]["x_m"]) == pytest.approx(case.x_m, abs=0.05)


def test_drawn_sites_are_called_by_their_numbers(tmp_path):
    done = run_replications(load("junmen_2012", {"period.days": 1}), [1])
    write_tables(tmp_path / "tables", result_of(done, None, 1.0), done)
    rows = rows_of(tmp_path / "tables" / "buildings.csv")
    assert [row["site"] for row in rows] == [str(number) for number in range(len(rows))]
    assert {row["kind"] for row in rows if row["households"] == "0"} == {"street"}


def test_the_list_of_buildings_is_read_again_as_the_sites_of_a_scenario(run, tables):
    _, done = run
    sites = read_sites(tables / "buildings.csv", 2.8).sites
    assert [site[3:6] for site in sites] == [site[3:6] for site in done.scenario.sites]
    assert [site.grid for site in sites] == list(map(str, done.first.territory.social.grid_of))


def test_the_workbook_has_five_sheets_whose_first_row_stays_in_sight(run, tables):
    result, _ = run
    book = openpyxl.load_workbook(tables / "run.xlsx")
    assert book.sheetnames == ["answer", "indicators", "figures", "units", "buildings"]
    assert all(sheet.freeze_panes == "A2" and sheet["B1"].font.bold for sheet in book)
    sheets = sheets_of(tables / "run.xlsx")
    assert [row[1] for row in sheets["answer"][1:]][: len(result["answer"])] == result["answer"]
    assert all(heading for rows in sheets.values() for heading in rows[0])
    assert ("from", datetime.datetime(2015, 1, 1)) in sheets["answer"]
    assert len(sheets["buildings"]) == 101


def test_the_published_figures_stand_beside_the_run(tmp_path):
    done = run_replications(load("junmen_2012", {"period.days": 2}), [1, 2])
    result = result_of(done, None, 1.0)
    write_tables(tmp_path / "tables", result, done)
    rows = sheets_of(tmp_path / "tables" / "run.xlsx")["figures"]
    assert [row[0] for row in rows[1:]] == [figure["id"] for figure in result["figures"]]
    assert len(rows) > 3


def test_headings_and_sheets_are_in_the_language_that_is_spoken(run, tmp_path):
    speak("zh")
    try:
        write_tables(tmp_path / "tables", *run)
        buildings = (tmp_path / "tables" / "buildings.csv").read_text(encoding="utf-8-sig").splitlines()[0]
    finally:
        speak(ENGLISH)
    assert "网格" in buildings.split(",")
    assert len(sheets_of(tmp_path / "tables" / "run.xlsx")) == 5


@pytest.mark.parametrize("text", DANGEROUS)
def test_a_text_is_never_a_formula(text, tmp_path):
    table = Table("names", ["name", "amount"], [(text, -1.5)])
    write_csv(tmp_path / "names.csv", table)
    assert rows_of(tmp_path / "names.csv") == [{"name": f"'{text}", "amount": "-1.5"}]
    write_workbook(tmp_path / "names.xlsx", [table])
    cell = openpyxl.load_workbook(tmp_path / "names.xlsx")["names"]["A2"]
    assert (cell.value, cell.data_type, cell.quotePrefix) == (text, "s", True)


def test_what_no_workbook_may_hold_is_left_out(tmp_path):
    write_workbook(tmp_path / "x.xlsx", [Table("x", ["name"], [("楼\x00\x0b栋",), ("长" * 40_000,)])])
    assert [len(row[0]) for row in sheets_of(tmp_path / "x.xlsx")["x"]] == [4, 2, 32_767]


def test_a_workbook_says_where_the_other_buildings_are(run, tmp_path, monkeypatch):
    monkeypatch.setattr(run_files, "MOST_BUILDINGS", 10)
    write_tables(tmp_path / "tables", *run)
    assert sheets_of(tmp_path / "tables" / "run.xlsx")["buildings"][11][1] == "90 more are in buildings.csv"
    assert len(rows_of(tmp_path / "tables" / "buildings.csv")) == 100


def test_a_folder_that_cannot_be_written_is_said_in_one_line(run, tmp_path):
    (tmp_path / "tables").write_text("in the way")
    with pytest.raises(StorageError, match="tables cannot be written: File exists"):
        write_tables(tmp_path / "tables", *run)
