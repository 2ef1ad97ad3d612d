"""Names for what the theme leaves without one, for those who hear the pages."""

# SPDX-License-Identifier: BSD-3-Clause

import re

_TOGGLE = re.compile(r"(<a [^>]*>)(.*?)(</a>\s*<details[^>]*>\s*<summary)>")
_TAG = re.compile(r"<[^>]+>")


def name_toggles(html):
    """Name each arrow that opens a list of pages after the page above them."""
    return _TOGGLE.sub(_named, str(html))


def _named(match):
    link, title, summary = match.groups()
    label = _TAG.sub("", title).replace('"', "&quot;")
    return f'{link}{title}{summary} aria-label="Pages of {label}">'


def name_sidebar(app, pagename, templatename, context, doctree):
    """Let the list of pages at the left have named arrows."""
    unnamed = context.get("generate_toctree_html")
    if unnamed is not None:

        def named(kind, *args, **kwargs):
            found = unnamed(kind, *args, **kwargs)
            return found if kind == "raw" else name_toggles(found)

        context["generate_toctree_html"] = named
