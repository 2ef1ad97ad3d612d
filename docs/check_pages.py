"""Open built pages in a browser and name what is wider than the window.

``python docs/check_pages.py build/docs`` looks at each page at 1280 and 390 pixels;
patterns after it choose pages (``guide/*.html``). It needs a Chromium that is
installed, and playwright (``.[test]``).
"""

# SPDX-License-Identifier: BSD-3-Clause

import shutil
import sys
from pathlib import Path

WIDTHS = (1280, 390)
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


def main(site, *patterns):
    """Print what is too wide; return the exit status."""
    from playwright.sync_api import sync_playwright

    site, browser = Path(site).resolve(), shutil.which("chromium")
    if browser is None:
        print("no chromium is installed; nothing was looked at")
        return 0
    patterns = patterns or ("**/*.html",)
    found = {path for pattern in patterns for path in site.glob(pattern)}
    pages = sorted(p for p in found if "_static" not in p.parts)
    wide = 0
    with sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        for width in WIDTHS:
            page = chromium.new_page(viewport={"width": width, "height": 900})
            page.route("http*://**", lambda route: route.abort())
            for path in pages:
                page.goto(path.as_uri(), wait_until="domcontentloaded")
                for what in page.evaluate(_WIDER):
                    wide += 1
                    print(f"{path.relative_to(site)} at {width} px: {what}")
        chromium.close()
    print(f"{len(pages)} pages at {WIDTHS} px: {wide} too wide")
    return 1 if wide else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
