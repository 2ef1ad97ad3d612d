"""Links to other packages' pages, where their lists can be had.

Each list is fetched once into ``build/inventories`` and is never committed; a list
that somebody put there by hand is taken as it is. Without the internet pages are the
same, but for these links. ``SKNAC_DOCS_OFFLINE=1`` does not even ask.
"""

# SPDX-License-Identifier: BSD-3-Clause

import os
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

PROJECTS = {
    "python": "https://docs.python.org/3/",
    "numpy": "https://numpy.org/doc/stable/",
    "scipy": "https://docs.scipy.org/doc/scipy/",
    "pandas": "https://pandas.pydata.org/docs/",
    "matplotlib": "https://matplotlib.org/stable/",
    "sklearn": "https://scikit-learn.org/stable/",
    "torch": "https://docs.pytorch.org/docs/stable/",
    "skorch": "https://skorch.readthedocs.io/en/stable/",
}
_FIRST_WORDS = b"# Sphinx inventory version 2"
_SECONDS = 3


def mapping(folder, projects=PROJECTS):
    """Map each project whose list is at hand to its address and that list."""
    with ThreadPoolExecutor(len(projects)) as pool:
        lists = pool.map(lambda name: _at_hand(folder, name, projects[name]), projects)
        return {
            name: (address, str(path))
            for (name, address), path in zip(projects.items(), lists, strict=True)
            if path is not None
        }


def _at_hand(folder, name, address):
    """Find or fetch one list; None where neither is possible."""
    path = Path(folder, f"{name}.inv")
    if path.exists():
        return path
    if os.environ.get("SKNAC_DOCS_OFFLINE", "0") not in ("", "0"):
        return None
    try:
        with urllib.request.urlopen(f"{address}objects.inv", timeout=_SECONDS) as page:
            found = page.read()
    except (OSError, ValueError):
        return None
    if not found.startswith(_FIRST_WORDS):  # a hotel's page to log in
        return None
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".part")
    beside.write_bytes(found)
    beside.replace(path)
    return path
