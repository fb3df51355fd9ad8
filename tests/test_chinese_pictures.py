"""Pictures in Chinese: drawn on a machine without a Chinese font, and text in an SVG is text."""

from __future__ import annotations

import dataclasses
import logging
import warnings

import numpy as np
import pytest
from matplotlib import font_manager

from experiments.showing.report import svg
from experiments.showing.run_maps import territory_map
from experiments.showing.study_pictures import in_a_box, short
from experiments.showing.style import CHINESE, FONTS, bold, canvas, cut, head, sheet, width_of
from languages.speaking import speak
from scenarios.loading import load
from sim.run import simulate

TITLE = "从未被发现的占三成，积压在增加：“军门”社区（虚拟）"


@pytest.fixture(autouse=True)
def strictly():
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        yield


@pytest.fixture(autouse=True)
def logged(caplog):
    caplog.set_level(logging.WARNING)
    yield caplog
    assert not [record.getMessage() for record in caplog.records if record.name.startswith("matplotlib")]


def drawn(text: str, **how: object) -> np.ndarray:
    """The pixels of a text."""
    figure = sheet(4, 1)
    figure.text(0.05, 0.5, text, fontsize=20, **how)
    figure.canvas.draw()
    return np.asarray(figure.canvas.buffer_rgba()).copy()


def test_our_font_has_every_character_of_gb2312():
    rows = [bytes((row, cell)) for row in range(0xB0, 0xF8) for cell in range(0xA1, 0xFF)]
    wanted = {ord(char) for row in rows for char in row.decode("gb2312", "ignore")}
    wanted |= set(map(ord, "，。；：、（）《》？！％"))
    assert len(wanted) == 6763 + 12
    assert wanted <= set(font_manager.get_font(CHINESE).get_charmap())
    assert CHINESE.stat().st_size < 3e6


@pytest.mark.parametrize("weight", ["normal", "bold"])
def test_characters_are_drawn_and_are_no_boxes(weight):
    pixels = [drawn(char, weight=weight) for char in "网格楼鬻（"]
    blank = drawn("")
    assert all((one != blank).any() for one in pixels)
    assert all((one != other).any() for place, one in enumerate(pixels) for other in pixels[:place])


def test_a_title_in_chinese_is_drawn_without_a_warning(tmp_path):
    figure, ((ax,),) = canvas(8, 4)
    ax.set(xlabel="小时", ylabel="案件数")
    head(figure, TITLE, "种子 1 · 60 天")
    figure.savefig(tmp_path / "title.png")


def test_a_character_that_no_font_has_is_drawn_as_something_without_a_warning():
    assert (drawn("𠮷楼") != drawn("楼")).any()


def test_latin_is_drawn_as_ever():
    assert FONTS["font.family"][0] == "DejaVu Sans"
    assert (drawn("Where it goes wrong: 92.0 %") == drawn("Where it goes wrong: 92.0 %", family="DejaVu Sans")).all()


def test_an_svg_holds_the_text_and_names_chinese_fonts_after_the_latin_one():
    figure, _ = canvas(8, 4)
    head(figure, TITLE, "run")
    page = svg(figure, "made_up")
    assert TITLE in page
    fonts = page[page.index("font-family:") :].split(";")[0]
    assert fonts.index("DejaVu Sans") < fonts.index("Noto Sans SC") < fonts.index("Microsoft YaHei")


@pytest.fixture(scope="module")
def outcome():
    return simulate(load("nanhu", {"period.days": 5}), 1)


def labels_of(figure) -> list[list[tuple[str, object]]]:
    """For each map, the texts within it and where they stand."""
    figure.canvas.draw()
    renderer = figure.canvas.get_renderer()
    return [[(text.get_text(), text.get_window_extent(renderer)) for text in ax.texts if not text.get_in_layout()]
            for ax in figure.axes]  # fmt: skip


def test_a_map_shows_the_numbers_of_grids_and_the_names_of_buildings_where_they_fit(outcome):
    ground = outcome.territory
    names = [f"南湖花园{site}栋" for site in range(len(ground.site_x_m))]
    figure = territory_map(outcome.cases, ground, {"services": "social"}, TITLE, names)
    for shown in labels_of(figure):
        texts = [text for text, _ in shown]
        assert {str(grid) for grid in range(ground.social.count)} <= set(texts)
        assert 20 < len(set(names) & set(texts)) < len(names)
        assert not any(box.overlaps(other) for place, (_, box) in enumerate(shown) for _, other in shown[:place])


def test_a_grid_with_a_name_shows_it(outcome):
    ground = outcome.territory
    named = dataclasses.replace(ground.social, names=tuple(f"第{grid}网格" for grid in range(ground.social.count)))
    figure = territory_map(outcome.cases, dataclasses.replace(ground, social=named), {"services": "social"}, "run")
    assert {text for text, _ in labels_of(figure)[0]} == set(named.names)


def test_a_map_of_cells_shows_no_labels(outcome):
    figure = territory_map(outcome.cases, outcome.territory, {}, "run", ["楼"])
    assert labels_of(figure) == [[], []]


def test_what_stands_out_has_one_weight_throughout():
    assert [bold(text) for text in ("33 % were never found", "33 % 的问题从未被发现")] == ["bold", "normal"]


def test_a_long_name_is_cut_by_its_width():
    assert width_of("1栋") == 3
    assert cut("1栋", 3) == "1栋"
    assert cut("军门社区1号楼", 8) == "军门社…"
    assert cut("a long name", 8) == "a long …"


@pytest.fixture
def in_chinese():
    speak("zh")
    yield
    speak("en")


@pytest.mark.usefixtures("in_chinese")
@pytest.mark.parametrize(("value", "amount"), [(250_000.0, "25"), (1.25e6, "125"), (2.5e9, "250,000")])
def test_large_numbers_are_shown_by_ten_thousands(value, amount):
    assert short(value).startswith(f"{amount} ")
    assert in_a_box(value).startswith(f"{amount} ")


def test_large_numbers_in_english_are_as_ever():
    assert (short(1.25e6), short(2.5e9), in_a_box(25_000.0)) == ("1.25 M", "2.5 bn", "25k")
