"""Follow every internal link and anchor of the built site; list the hosts outside.

``python docs/check_links.py build/docs`` ends with an error where a link leads
nowhere. Links to other hosts are counted and not followed.
"""

# SPDX-License-Identifier: BSD-3-Clause

import sys
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

_LINKS = {"a": "href", "link": "href", "img": "src", "script": "src", "source": "src"}


class _Page(HTMLParser):
    """What a page links to, and which anchors it has."""

    def __init__(self):
        super().__init__()
        self.links, self.anchors = [], {"", "top"}

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.anchors.update(filter(None, [attrs.get("id"), attrs.get("name")]))
        link = attrs.get(_LINKS.get(tag, ""))
        if link and "preconnect" not in (attrs.get("rel") or ""):
            self.links.append(link)


def read_site(site):
    """Read each page of a site, by its path."""
    pages = {}
    site = Path(site).resolve()
    for path in sorted(site.rglob("*.html")):
        if path.relative_to(site).parts[0] == "_static":  # parts of the theme
            continue
        pages[path] = page = _Page()
        page.feed(path.read_text(encoding="utf-8"))
    return pages


def check(site):
    """Return the links that lead nowhere, the number followed, and hosts outside."""
    pages, site = read_site(site), Path(site).resolve()
    broken, hosts, followed = [], Counter(), 0
    for path, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme in ("mailto", "data", "javascript"):
                continue
            if parts.netloc:
                hosts[parts.netloc] += 1
                continue
            followed += 1
            wrong = _wrong(site, pages, path, parts)
            if wrong:
                broken.append(f"{path.relative_to(site)}: {link} ({wrong})")
    return broken, followed, hosts


def _wrong(site, pages, path, parts):
    """Say what is wrong with a link of a page; nothing where it resolves."""
    place = unquote(parts.path)
    target = path
    if place:
        base = site if place.startswith("/") else path.parent
        target = (base / place.lstrip("/")).resolve()
    if target.is_dir():
        target /= "index.html"
    if not target.is_relative_to(site):
        return "outside the site"
    if not target.is_file():
        return "no such file"
    if target in pages and unquote(parts.fragment) not in pages[target].anchors:
        return "no such anchor"
    return None


def main(site):
    """Print what was found; return the exit status."""
    if not Path(site, "index.html").is_file():
        print(f"{site} holds no index.html; build the pages first with make docs")
        return 1
    broken, followed, hosts = check(site)
    outside = ", ".join(f"{host} ({n})" for host, n in sorted(hosts.items()))
    print(f"{followed} internal links followed, {len(broken)} lead nowhere")
    print(f"hosts outside: {outside or 'none'}")
    print("\n".join(broken))
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
