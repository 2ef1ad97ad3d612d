"""Open built pages in a browser and name what is wider than the window.

``python docs/check_pages.py build/docs`` looks at each page at 1280 and 390 pixels;
patterns after it choose pages (``guide/*.html``). It needs a Chromium that is
installed, and playwright (``.[test]``).
"""

# SPDX-License-Identifier: BSD-3-Clause

import contextlib
import importlib.util
import shutil
import sys
from pathlib import Path

WIDTHS = (1280, 390)
_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Elements that reach beyond the window, and are not within one that scrolls.
_WIDER = """() => {
  const room = document.documentElement.clientWidth;
  const scrolls = e => {
    for (let p = e.parentElement; p && p !== document.body; p = p.parentElement) {
      const how = getComputedStyle(p);
      if (/(auto|scroll|hidden|clip)/.test(how.overflowX)
          && p.getBoundingClientRect().right <= room + 1) return true;
      if (how.visibility === 'hidden' || how.position === 'fixed') return true;
    }
    return false;
  };
  const found = [];
  if (document.documentElement.scrollWidth > room + 1)
    found.push(`the page is ${document.documentElement.scrollWidth} px wide`);
  if (room > 1000)
    for (const e of document.querySelectorAll('.bd-article pre'))
      if (e.scrollWidth > e.clientWidth + 1)
        found.push(`code of ${e.scrollWidth} px in ${e.clientWidth}: `
          + e.textContent.split('\\n').reduce((a, b) => a.length > b.length ? a : b));
  for (const e of document.querySelectorAll('.bd-article *, .bd-sidebar-secondary *')) {
    const box = e.getBoundingClientRect();
    const hidden = getComputedStyle(e).visibility === 'hidden' || box.width === 0;
    if (!hidden && box.right > room + 1 && !scrolls(e))
      found.push(`${e.tagName.toLowerCase()}.${e.className}: `
        + (e.textContent || '').trim().slice(0, 50));
  }
  return found.slice(0, 5);
}"""


@contextlib.contextmanager
def opened():
    """Yield a browser; None, and a word on it, where none is installed."""
    found = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if found is None or importlib.util.find_spec("playwright") is None:
        missing = "browser" if found is None else "playwright"
        print(f"no {missing} is installed; nothing was looked at")
        yield None
        return
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


def chosen(site, patterns):
    """List the pages of a site that are meant, without parts of the theme."""
    site = Path(site).resolve()
    found = {path for pattern in patterns for path in site.glob(pattern)}
    return sorted(p for p in found if "_static" not in p.parts)


def too_wide(page, path):
    """Yield each window and what of a page is wider than it."""
    page.set_viewport_size({"width": WIDTHS[0], "height": 900})
    page.goto(path.as_uri())
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        for what in page.evaluate(_WIDER):
            yield width, what


def main(site, *patterns):
    """Print what is too wide; return the exit status."""
    pages, wide = chosen(site, patterns or ("**/*.html",)), 0
    with opened() as browser:
        if browser is None:
            return 0
        # Pages of the API are many and alike: without scripts they take half as long.
        plain = browser.new_context(offline=True, java_script_enabled=False).new_page()
        page = browser.new_context(offline=True).new_page()
        for path in pages:
            of_api = path.parent.name == "generated"
            for width, what in too_wide(plain if of_api else page, path):
                wide += 1
                print(f"{path.relative_to(Path(site).resolve())} at {width} px: {what}")
    print(f"{len(pages)} pages at {WIDTHS} px: {wide} too wide")
    return 1 if wide or not pages else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
