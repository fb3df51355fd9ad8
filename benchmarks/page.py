"""How fast the page is: frames it draws, a lever until its history is on screen, the first paint, the size of a replay.

    python -m benchmarks.page            a minute
    python -m benchmarks.page --json     the same, for machines
    python -m benchmarks.page --quick    a few seconds: one turn of each, Junmen only
    python -m benchmarks.page --write-docs    and put the table into docs/performance.md

The page is served as `demo` serves it, by a process of its own, and seen by a Chromium without a screen and without a
graphics card. Such a browser never shows more than 60 frames a second, so the time of one drawing is measured too, its
pixels included: at hours drawn at random, all that `Stage.draw` does.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.pages import ROOT, put_into_page
from experiments.page.replay import write_replay
from experiments.page.runs import Asked

JUNMEN, CITY = "junmen_2012", "changning_2005q4"
LEVERS = {JUNMEN: "units.grid_manager.people", CITY: "supervisors.count"}
REPLAYED_DAYS = {JUNMEN: {}, CITY: {"period.days": 30}}
SPEED_H_PER_S, DRAWINGS = 24.0, 200
ROUNDED = 0.98
"""A browser that shows 60 frames a second shows 59.9."""
MESA = {"NUMBA_DISABLE_JIT": "1"}
"""In its environment a process takes the Mesa model."""
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip
PORT = 8930

IN_THE_MIDDLE = """
const { stage } = await import('page/main.js');
document.getElementById('people').checked = true;
stage.player.pause();
stage.seek(stage.player.end / 2);
"""
PLAYED = f"""async ([speed, seconds]) => {{ {IN_THE_MIDDLE}
  const draw = stage.draw;
  let drawn = 0, frames = 0, before = 0;
  stage.draw = (hour) => {{ drawn++; draw.call(stage, hour); }};
  stage.player.speed = speed;
  stage.player.play();
  const began = await new Promise(requestAnimationFrame);
  let now = began;
  while (now - began < 1000 * seconds) {{
    before = drawn;
    now = await new Promise(requestAnimationFrame);
    if (drawn > before) frames++;
  }}
  stage.player.pause();
  delete stage.draw;
  return frames / ((now - began) / 1000);
}}"""
DRAWN = f"""async (count) => {{ {IN_THE_MIDDLE}
  let chance = 1;
  const times = [];
  for (let turn = 0; turn < count; turn++) {{
    chance = (chance * 48271) % 2147483647;
    const hour = (stage.player.end * chance) / 2147483647, began = performance.now();
    stage.draw(hour);
    for (const map of stage.shown) map.context.getImageData(0, 0, 1, 1);
    times.push(performance.now() - began);
  }}
  return times;
}}"""
CHANGED = """([id, value]) => new Promise((done) => {
  const input = document.getElementById(id), began = performance.now();
  new MutationObserver((_, all) => {
    all.disconnect();
    requestAnimationFrame(() => done(performance.now() - began));
  }).observe(document.body, { attributeFilter: ['data-ready'] });
  input.value = value ?? Number(input.value) + 1;
  input.dispatchEvent(new Event('change'));
})"""
PAINTED = """() => new Promise((done) => new PerformanceObserver((all) => {
  for (const { name, startTime } of all.getEntries()) if (name === 'first-contentful-paint') done(startTime);
}).observe({ type: 'paint', buffered: true }))"""


class Measured(NamedTuple):
    """A figure, and what is asked of it."""

    what: str
    value: float
    unit: str
    asked: float | None = None
    at_least: bool = False

    @property
    def met(self) -> bool | None:
        """Whether it is as asked; None: nothing is."""
        if self.asked is None:
            return None
        return self.value >= ROUNDED * self.asked if self.at_least else self.value < self.asked


class Effort(NamedTuple):
    """How often, and how long."""

    turns: int
    play_s: float
    drawings: int
    scenarios: tuple[str, ...]


WHOLE, QUICK = Effort(5, 3.0, DRAWINGS, (JUNMEN, CITY)), Effort(1, 0.3, 10, (JUNMEN,))


def main() -> None:
    """Measure everything, print the table."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--json", action="store_true", help="print JSON")
    arguments.add_argument("--quick", action="store_true", help="a first look")
    arguments.add_argument("--write-docs", action="store_true", help="put the table into docs/performance.md")
    given = arguments.parse_args()
    found = measured(QUICK if given.quick else WHOLE)
    print(json.dumps([{**each._asdict(), "met": each.met} for each in found], indent=1) if given.json else table(found))
    if given.write_docs:
        put_into_page("page", table(found) + "\n")


def measured(effort: Effort) -> list[Measured]:
    """Every figure."""
    with sync_playwright() as playwright:
        chromium = shutil.which("chromium") or shutil.which("chromium-browser")
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        with served({}) as address:
            found = [*paints(browser, address, effort), *frames(browser, address, effort)]
            found += levers(browser, address, effort, "compiled", {JUNMEN: 1.0, CITY: 1.0})
        with served(MESA) as address:
            found += levers(browser, address, effort, "Mesa", {JUNMEN: 1.0, CITY: 4.0})
        browser.close()
    return [*found, *replays(effort)]


@contextmanager
def served(environment: Mapping[str, str]) -> Iterator[str]:
    """Where a server in a process of its own serves, as somebody who calls `demo` has it."""
    command = [sys.executable, "run_experiment.py", "demo", JUNMEN, "--no-open", "--port", str(PORT)]
    running = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **environment}, stdout=subprocess.PIPE, text=True)
    try:
        told = running.stdout.readline() if running.stdout else ""
        yield re.findall(r"http://[\d.:]+/", told)[0]
    finally:
        running.terminate()
        running.wait()


@contextmanager
def opened(browser: Browser, address: str, scenario: str = JUNMEN) -> Iterator[Page]:
    """The page with a scenario in it."""
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    page = context.new_page()
    page.goto(address)
    page.wait_for_selector("body[data-ready]")
    if scenario != JUNMEN:
        page.evaluate(CHANGED, ["scenario", scenario])
    yield page
    context.close()


def frames(browser: Browser, address: str, effort: Effort) -> Iterator[Measured]:
    """Frames a second while it plays, and what a drawing takes; alone, and with a plan beside it."""
    asked = {JUNMEN: 60.0, CITY: 30.0}
    for scenario in effort.scenarios:
        with opened(browser, address, scenario) as page:
            for sides in ("alone", "two plans"):
                if sides == "two plans":
                    page.evaluate(CHANGED, ["against", "="])
                    page.evaluate(CHANGED, [f"lever:{LEVERS[scenario]}:value", None])
                name = f"{scenario}, {sides}"
                shown = page.evaluate(PLAYED, [SPEED_H_PER_S, effort.play_s])
                yield Measured(f"{name}: frames shown", shown, "/s", asked[scenario], at_least=True)
                each_ms = median(page.evaluate(DRAWN, effort.drawings))
                yield Measured(f"{name}: a drawing", each_ms, "ms")
                yield Measured(f"{name}: frames it could draw", 1000.0 / each_ms, "/s", asked[scenario], at_least=True)


def levers(
    browser: Browser, address: str, effort: Effort, engine: str, asked_s: Mapping[str, float]
) -> Iterator[Measured]:  # fmt: skip
    """From a moved lever to its history on screen."""
    for scenario in effort.scenarios:
        with opened(browser, address, scenario) as page:
            lever = [f"lever:{LEVERS[scenario]}:value", None]
            times = [page.evaluate(CHANGED, lever) / 1000.0 for _ in range(effort.turns)]
        yield Measured(f"{scenario}, {engine}: lever to history", median(times), "s", asked_s[scenario])


def paints(browser: Browser, address: str, effort: Effort) -> Iterator[Measured]:
    """From asking for the page to the first that is seen of it, nothing kept from before."""
    times = []
    for _ in range(effort.turns):
        with opened(browser, address) as page:
            times.append(page.evaluate(PAINTED) / 1000.0)
    yield Measured("first paint", median(times), "s", 0.5)


def replays(effort: Effort) -> Iterator[Measured]:
    """The size of a replay."""
    largest: dict[str, Any] = {JUNMEN: 6.0, CITY: 12.0}
    with tempfile.TemporaryDirectory() as folder:
        for scenario in effort.scenarios:
            days = REPLAYED_DAYS[scenario]
            size = write_replay(Asked(scenario, days, 1), Path(folder) / "replay.html")
            name = f"{scenario}{', 30 days' if days else ''}: replay"
            yield Measured(name, size / 1e6, "MB", largest[scenario])


def table(found: list[Measured]) -> str:
    """What is asked beside what is measured."""
    lines = ["| | asked | measured | |", "|---|---:|---:|---|"]
    for each in found:
        asked = "" if each.asked is None else f"{'≥' if each.at_least else '<'} {each.asked:.3g} {each.unit}"
        verdict = {None: "", True: "yes", False: "NO"}[each.met]
        value = f"{each.value:.0f}" if each.value >= 100.0 else f"{each.value:.3g}"
        lines.append(f"| {each.what} | {asked} | {value} {each.unit} | {verdict} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
