"""The saved file in a real browser: on a phone, on a desk and on paper."""

# SPDX-License-Identifier: BSD-3-Clause

import importlib
import shutil
import sys
from pathlib import Path

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
SIZES = {"phone": (390, 844), "desk": (1280, 900)}
OUTSIDE = """() => [...document.querySelectorAll("body *")].filter(
    e => !e.closest(".table") && e.getBoundingClientRect().right > innerWidth + 1
).map(e => e.outerHTML.slice(0, 80))"""
# A table wider than the screen scrolls inside its own box.
UNREACHABLE = """() => [...document.querySelectorAll(".table")].filter(
    e => e.scrollWidth > e.clientWidth && getComputedStyle(e).overflowX != "auto"
).length"""


@pytest.fixture(scope="module")
def browser(pytestconfig):
    """A headless browser; without one a skip, and a warning at the end of the run."""
    reason, found = "", next(filter(None, map(shutil.which, NAMES)), None)
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        reason = "playwright is not installed"
    if found is None:
        reason = f"no browser is installed (none of {', '.join(NAMES)})"
    if reason:
        pytestconfig.stash[pytestconfig.skipped_browser] = reason
        pytest.skip(f"THE REPORT WAS NOT OPENED IN A BROWSER: {reason}")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def saved(full, tmp_path_factory):
    """The full report, as a file."""
    return full.save(tmp_path_factory.mktemp("report"))


@pytest.fixture(params=SIZES, scope="module")
def opened(browser, saved, request):
    """The page in a window of one size, with what it complained of or asked for."""
    width, height = SIZES[request.param]
    page = browser.new_page(viewport={"width": width, "height": height})
    page.complaints, page.requests = [], []
    page.on("console", lambda message: page.complaints.append(message.text))
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.on("request", lambda request: page.requests.append(request.url))
    page.goto(saved.as_uri())
    yield page
    page.close()


def test_page_complains_of_nothing(opened):
    assert opened.complaints == []


def test_page_asks_for_nothing_but_itself(opened, saved):
    asked = [url for url in opened.requests if not url.startswith("data:")]
    assert asked == [saved.as_uri()]


def test_figures_are_shown(opened):
    widths = opened.eval_on_selector_all(
        "img", "all => all.map(e => [e.naturalWidth, e.clientWidth])"
    )
    assert len(widths) >= 8
    assert all(natural > 300 and shown > 250 for natural, shown in widths)


def test_nothing_leaves_the_page(opened):
    width = opened.evaluate("document.documentElement.scrollWidth")
    assert width <= opened.viewport_size["width"]
    assert opened.evaluate(OUTSIDE) == []
    assert opened.evaluate(UNREACHABLE) == 0


def test_main_results_and_tables_are_read(opened):
    assert opened.locator("h1").inner_text() == "A study"
    assert opened.locator("#key table").is_visible()
    text = opened.locator("#key").inner_text()
    assert "DLRP" in text
    assert "positive: response" in text
    assert opened.locator("table caption").count() == opened.locator("table").count()


def test_contents_lead_to_each_section(opened):
    links = opened.locator("nav a")
    targets = [links.nth(at).get_attribute("href") for at in range(links.count())]
    assert len(targets) > 12
    assert all(opened.locator(target).count() == 1 for target in targets)


def test_text_is_dark_on_white(opened):
    colours = opened.evaluate(
        "() => [getComputedStyle(document.body).color, "
        "getComputedStyle(document.body).backgroundColor]"
    )
    assert colours == ["rgb(28, 33, 38)", "rgb(255, 255, 255)"]


def test_dark_screens_get_light_text_and_paper_stays_white(browser, saved):
    page = browser.new_page(color_scheme="dark")
    page.goto(saved.as_uri())
    ground = "() => getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(ground) == "rgb(20, 24, 28)"
    page.emulate_media(media="print", color_scheme="dark")
    printed = page.evaluate(ground)
    page.close()
    assert printed == "rgb(255, 255, 255)"


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kind", ["full", "crossed"])
def test_page_breaks_no_rule_of_access(
    browser, request, kind, size, scheme, tmp_path, monkeypatch
):
    """WCAG 2.2, levels A and AA, as far as axe-core tells."""
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.syspath_prepend(Path(__file__).parents[2] / "docs")
    access = importlib.import_module("check_access")
    axe = access.axe_core()
    if axe is None:
        pytest.skip("axe-core is not installed")
    path = request.getfixturevalue(kind).save(tmp_path)
    width, height = SIZES[size]
    page = browser.new_page(
        viewport={"width": width, "height": height}, color_scheme=scheme
    )
    page.goto(path.as_uri())
    page.evaluate(axe)
    assert page.evaluate(access._RUN, access._RULES) == []
    page.close()


def test_page_prints_whole_tables(browser, saved):
    """On paper nothing scrolls: every table fits the width of the sheet."""
    page = browser.new_page()
    page.goto(saved.as_uri())
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 680, "height": 960})  # A4 less its margins
    wide = "all => all.filter(e => e.scrollWidth > e.clientWidth + 1).length"
    assert page.eval_on_selector_all(".table", wide) == 0
    printed = page.pdf(prefer_css_page_size=True)
    page.close()
    assert printed.startswith(b"%PDF")
    assert len(printed) > 50_000


def test_scripts_in_the_data_do_not_run(browser, study, new, tmp_path):
    evil = "<img src=x onerror=alert(1)><script>alert(1)</script>"
    report = new(evil).add_predictions(
        evil, study.y, study.X["dlr2"], pos_label="response"
    )
    page, alarms = browser.new_page(), []
    page.on("dialog", lambda dialog: (alarms.append(dialog.message), dialog.dismiss()))
    page.goto(report.save(tmp_path).as_uri())
    shown = page.locator("h1").inner_text()
    page.close()
    assert alarms == []
    assert shown == evil
