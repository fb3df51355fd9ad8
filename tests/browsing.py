"""A browser that looks at the page: whatever goes wrong in it, or would leave this machine, is an error."""

from __future__ import annotations

import shutil

import pytest

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip
OURS = ("file:", "data:", "http://127.0.0.1:", "blob:")
COUNTED = ("occurred", "found", "settled", "filed", "closed", "on_time", "open", "unseen")
LAPTOP = {"width": 1280, "height": 720}


@pytest.fixture(scope="module")
def browser():
    sync_api = pytest.importorskip("playwright.sync_api")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if not chromium:
        pytest.skip("there is no chromium; apt-get install chromium")
    with sync_api.sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield running
        running.close()


@pytest.fixture
def expected():
    """What a test expects the console to say."""
    return []


@pytest.fixture
def view(browser, expected):
    """A page with the network cut off; whatever goes wrong in it or wants to leave this machine is an error."""
    context = browser.new_context(viewport=LAPTOP, accept_downloads=True)
    page, said = context.new_page(), []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(f"{error} {error.stack}"))
    page.on("request", lambda asked: None if asked.url.startswith(OURS) else said.append(asked.url))
    yield page
    context.close()
    assert [line for line in said if not any(each in line for each in expected)] == []


def opened(view, address):
    if address.startswith("file:"):
        view.context.set_offline(True)
    view.goto(address)
    view.wait_for_selector("body[data-ready]")


def numbers(view, plan=0):
    return {name: int(view.get_attribute(f"#count_{name} b.plan_{plan}", "data-value")) for name in COUNTED}


def hour(view):
    return float(view.get_attribute("#hour", "data-hour"))


def seek(view, to):
    view.evaluate("hour => { const seek = document.getElementById('seek'); seek.step = 'any'; seek.value = hour; "
                  "seek.dispatchEvent(new Event('input')); }", to)  # fmt: skip


def on_stage(view, script, argument=None):
    """What a function of the stage (and an argument) gives."""
    return view.evaluate(f"async argument => ({script})((await import('page/main.js')).stage, argument)", argument)


def changed_to(view, act):
    """Do something that asks for another history; wait until it is on screen."""
    before = view.get_attribute("body", "data-ready")
    act()
    view.wait_for_function("before => document.body.dataset.ready !== before", arg=before)


def move_lever(view, path, value):
    """Put a value into a lever, as somebody who types it."""
    view.evaluate("([path, value]) => { const input = document.getElementById(`lever:${path}:value`); input.value = value; "
                  "input.dispatchEvent(new Event('change')); }", [path, value])  # fmt: skip
