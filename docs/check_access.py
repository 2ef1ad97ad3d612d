"""Open built pages in a browser and name what axe-core finds in them.

``python docs/check_access.py build/docs`` looks at one page of each kind, light and
dark, at 1280 and 390 pixels, by the rules of WCAG 2.2, levels A and AA; patterns after
it choose pages (``guide/*.html``). A report's folder does as well (``build/study``).
axe-core comes with axe-playwright-python (``.[test]``); ``AXE_CORE=axe.min.js`` takes
another release of it.
"""

# SPDX-License-Identifier: BSD-3-Clause

import importlib.util
import os
import sys
from pathlib import Path

from check_pages import WIDTHS, chosen, opened

SCHEMES = ("light", "dark")
KINDS = (
    *("index.html", "quickstart.html", "api.html", "glossary.html", "search.html"),
    *("guide/index.html", "guide/qus.html", "guide/statistics.html", "results.html"),
    *("generated/sknac.qus.QUSMapper.html", "generated/sknac.metrics.delong_test.html"),
    *("examples/index.html", "examples/01_data/plot_first_contact.html"),
    *("release_notes.html", "report.html"),
)
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
_RUN = """rules => axe.run({runOnly: rules, resultTypes: ['violations']}).then(
  found => found.violations.flatMap(v => v.nodes.map(
    n => `${v.id}: ${n.html.replace(/\\s+/g, ' ').slice(0, 120)}`)))"""


def axe_core():
    """Read axe-core; None where there is none."""
    given = os.environ.get("AXE_CORE")
    if given:
        return Path(given).read_text(encoding="utf-8")
    package = importlib.util.find_spec("axe_playwright_python")
    if package is None:
        return None
    folder = Path(package.submodule_search_locations[0])
    return (folder / "axe.min.js").read_text(encoding="utf-8")


def violations(browser, path, axe):
    """Yield the window and the rule that each element of a page breaks."""
    for scheme in SCHEMES:
        for width in WIDTHS:
            page = browser.new_page(
                viewport={"width": width, "height": 900}, color_scheme=scheme
            )
            page.route("http*://**", lambda route: route.abort())
            page.goto(path.as_uri())
            page.evaluate(axe)
            for what in page.evaluate(_RUN, _RULES):
                yield f"{scheme}, {width} px", what
            page.close()


def main(site, *patterns):
    """Print what breaks a rule; return the exit status."""
    axe, found = axe_core(), 0
    if axe is None:
        print("axe-playwright-python is not installed; nothing was looked at")
        return 0
    pages = chosen(site, patterns or KINDS)
    with opened() as browser:
        if browser is None:
            return 0
        for path in pages:
            for window, what in violations(browser, path, axe):
                found += 1
                print(f"{path.relative_to(Path(site).resolve())} ({window}): {what}")
    print(f"{len(pages)} pages, {SCHEMES}, {WIDTHS} px: {found} violations")
    return 1 if found or not pages else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
