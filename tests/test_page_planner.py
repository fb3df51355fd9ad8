"""My community in a browser: a planner drops a list, is told a plan, drags a building, and takes the files home."""

from __future__ import annotations

import io
import json

import pytest
from browsing import opened
from openpyxl import load_workbook
from planners_files import HEAD, IN_DEGREES, csv_of, workbook
from serving import Served, wait_until

from languages.speaking import LANGUAGES

ROWS = [[f"{n}号楼", 40.0 * (n % 6), 50.0 * (n // 6), 40 + n] for n in range(24)]
SIZED = "body[data-community=sized]"


@pytest.fixture(scope="module")
def served():
    there = Served()
    yield there
    there.end()


def put(view, key, *values):
    """Fill in a wish, as somebody who types it."""
    for place, value in enumerate(values):
        field = view.locator(f"[data-key='{key}'] input").nth(place)
        field.fill(str(value))
        field.dispatch_event("change")


def listed(view, served, name="楼栋.xlsx", content=None):
    """The page with a list that was chosen."""
    opened(view, f"http://127.0.0.1:{served.port}/")
    view.click("#to_community")
    view.set_input_files(
        "#list_file", {"name": name, "mimeType": "", "buffer": workbook(HEAD, *ROWS) if content is None else content}
    )


def sized(view, served):
    """The page with a small community that was sized under few sets."""
    listed(view, served)
    view.wait_for_selector("body[data-community=read]")
    view.evaluate("for (const each of document.querySelectorAll('.asked details')) each.open = true")
    put(view, "grids.counts", 2, 3)
    put(view, "people_per_grid.grid_assistant", 1)
    put(view, "people_per_grid.grid_overseer", 0)
    put(view, "sets", 4)
    put(view, "days", 30)
    view.click("#size_it")
    view.wait_for_selector(SIZED, timeout=120_000)


@pytest.mark.parametrize("expected", [["422 (Unprocessable Entity)"]])
def test_a_list_that_cannot_be_read_is_refused_in_words_and_another_can_follow(view, served):
    listed(view, served, "楼栋.csv", csv_of(HEAD, ["1号楼", 1, 2, "many"], ["2号楼", 3, 4, 50]))
    view.wait_for_selector("body[data-community=refused]")
    assert "many" in view.inner_text(".steps_in .refusal")
    view.set_input_files("#list_file", {"name": "楼栋.csv", "mimeType": "", "buffer": csv_of(HEAD, *ROWS)})
    view.wait_for_selector("body[data-community=read]")
    assert view.inner_text(".steps_in .refusal") == ""
    assert view.inner_text(".about p") == "24 buildings, 1,236 households"


@pytest.mark.parametrize("expected", [["400 (Bad Request)", "422 (Unprocessable Entity)"]])
def test_a_wish_that_cannot_be_is_refused_beside_it(view, served):
    listed(view, served)
    view.wait_for_selector("body[data-community=read]")
    put(view, "people_per_grid.grid_overseer", "none")
    view.click("#size_it")
    refusal = view.locator("[data-key='people_per_grid.grid_overseer'] .refusal")
    wait_until(lambda: refusal.inner_text())
    assert "none" in refusal.inner_text()
    assert view.is_enabled("#size_it")


def test_a_list_in_degrees_of_chinese_maps_is_read_as_such(view, served):
    opened(view, f"http://127.0.0.1:{served.port}/")
    view.click("#to_community")
    view.select_option("#crs", "gcj02")
    view.set_input_files("#list_file", {"name": "a.csv", "mimeType": "", "buffer": csv_of(HEAD, *IN_DEGREES)})
    view.wait_for_selector("body[data-community=read]")
    assert view.locator(".building").count() == len(IN_DEGREES)


def test_a_planner_is_told_a_plan_drags_a_building_and_takes_the_files_home(view, served):
    sized(view, served)
    rows = view.locator(".told_plans tbody tr")
    assert rows.count() >= 2
    assert "chosen" in rows.first.get_attribute("class")
    assert "It rests on three assumptions above all" in view.inner_text(".told_plans")
    # a building is dragged to where another grid's are
    buildings, other = view.locator(".building"), view.locator(".building").nth(23)
    grids = [each.get_attribute("fill") for each in buildings.all()]
    assert len(set(grids)) >= 2
    here = next(place for place, grid in enumerate(grids) if grid != grids[23])
    start, end = buildings.nth(here).bounding_box(), other.bounding_box()
    view.mouse.move(start["x"] + 3, start["y"] + 3)
    view.mouse.down()
    view.mouse.move(end["x"] + 4, end["y"] + 4, steps=4)
    view.mouse.up()
    wait_until(lambda: view.get_attribute("body", "data-effect"), 60)
    assert "pairs of the same incidents" in view.inner_text(".effect .first")
    assert view.locator(".building.moved").count() == 1
    assert view.locator(".effect tbody tr").count() >= 7
    # by the keyboard: go to a building, choose its grid; that is undone again
    view.focus(".building[tabindex='0']")
    view.keyboard.press("ArrowRight")
    view.keyboard.press("Enter")
    assert view.evaluate("document.activeElement.tagName") == "SELECT"
    view.locator(".effect select").select_option(index=0)
    wait_until(
        lambda: (
            "pairs of the same incidents" in (view.inner_text(".effect") or "")
            or "nothing changes" in view.inner_text(".effect")
        ),
        60,
    )
    view.click("text=Back to the plan")
    assert view.locator(".building.moved").count() == 0
    # home
    names = [each.get_attribute("download") for each in view.locator(".home a").all()]
    assert {"report.html", "plan.xlsx", "plan_grids.geojson"} <= set(names)
    with view.expect_download() as loading:
        view.click(".home a[download='plan.xlsx']")
    with open(loading.value.path(), "rb") as file:
        assert load_workbook(io.BytesIO(file.read())).worksheets
    with view.expect_download() as loading:
        view.click(".home a[download='plan_grids.geojson']")
    with open(loading.value.path(), encoding="utf-8") as file:
        assert json.load(file)["features"]
    # the language is changed, and nothing is lost
    view.click("[data-language=zh]")
    assert view.locator(".told_plans tbody tr").count() == rows.count()
    assert view.input_value("[data-key=days] input") == "30"
    assert view.input_value("[data-key='grids.counts'] input >> nth=0") == "2"
    assert view.input_value("[data-key='grids.households'] input >> nth=0") == ""
    wait_until(lambda: "24 栋楼" in view.inner_text(".about"))
    view.click("#to_city")
    assert view.is_visible("#map")
    view.click("#to_community")
    assert view.locator(".building").count() == 24


def test_a_border_is_pushed_over_the_buildings_beside_it_and_who_goes_back_sees_the_plan(view, served):
    sized(view, served)
    view.locator(".building").nth(0).click()
    now = int(view.input_value(".effect select"))
    view.select_option(".effect select", index=1 - now)
    view.click("text=Back to the plan")
    assert view.locator(".building.moved").count() == 0
    view.wait_for_timeout(2500)
    assert view.locator(".building.moved").count() == 0
    assert "pairs of the same incidents" not in view.inner_text(".effect")
    grids = [each.get_attribute("fill") for each in view.locator(".building").all()]
    boxes = [each.bounding_box() for each in view.locator(".building").all()]
    a, b = next((x, x + 1) for x in range(23) if x % 6 != 5 and grids[x] != grids[x + 1])
    start, end = boxes[a], boxes[b]
    view.mouse.move(
        (start["x"] * 2 + end["x"]) / 3 + 4, start["y"] + 4
    )  # on the ground of the first, beside its border
    view.mouse.down()
    view.mouse.move(end["x"] + 4, end["y"] + 4, steps=6)
    view.mouse.up()
    wait_until(lambda: view.get_attribute("body", "data-effect"), 60)
    now = [each.get_attribute("fill") for each in view.locator(".building").all()]
    assert now[b] == grids[a]
    assert view.locator(".building.moved").count() >= 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_example_can_be_tried_and_work_that_is_stopped_is_over(view, served, language):
    opened(view, f"http://127.0.0.1:{served.port}/")
    view.click(f"[data-language={language}]")
    view.click("#to_community")
    view.click("#try_example")
    view.wait_for_selector("body[data-community=read]")
    assert view.locator(".building").count() == 100
    assert view.locator(".barrier").count() > 0
    view.click("#size_it")
    view.wait_for_selector(".progress progress")
    view.click("#stop_sizing")
    wait_until(lambda: view.locator(".progress").count() == 0)
    assert view.inner_text(".steps_in .refusal") == ""
