"""Sphinx settings; the API page is written from each package's ``__all__``."""

import importlib
import pkgutil
from pathlib import Path

import sknac

project = "sknac"
author = "the sknac developers"
copyright = f"2026, {author}"
release = version = sknac.__version__
extensions = [
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "sphinx_gallery.gen_gallery",
]
autosummary_generate = True
autodoc_typehints = "none"
numpydoc_show_class_members = False
exclude_patterns = ["_build", "changes/*", "**/GALLERY_HEADER.rst"]
# `make docs` shows the examples' code; `make gallery` runs them, two at a time.
sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "examples",
    "plot_gallery": "False",
    "parallel": 2,
    "abort_on_example_error": False,
    "within_subsection_order": "FileNameSortKey",
    "capture_repr": ("_repr_html_",),
    "download_all_examples": False,
    "show_memory": False,
}
suppress_warnings = ["ref.ref"]  # docstrings inherited from scikit-learn
html_title = "sknac"
html_theme = "pydata_sphinx_theme"
html_theme_options = {"navbar_align": "left", "show_toc_level": 2}
html_sidebars = {"index": [], "quickstart": []}


def api_page():
    """List every public name, package by package."""
    lines = ["API reference", "=============", ""]
    lines += [".. currentmodule:: sknac", "", ".. autosummary::"]
    lines += ["   :toctree: generated", "", "   show_versions", ""]
    names = [module.name for module in pkgutil.iter_modules(sknac.__path__)]
    # Doors for developers are modules.
    for name in sorted([*names, "cohort.planes", "nets.split"]):
        package = importlib.import_module(f"sknac.{name}")
        if not package.__all__:  # what the packages share among themselves
            continue
        title = f"sknac.{name}"
        lines += [title, "-" * len(title), "", package.__doc__.splitlines()[0], ""]
        lines += [f".. currentmodule:: {title}", "", ".. autosummary::"]
        lines += ["   :toctree: generated", "", *map("   {}".format, package.__all__)]
        lines.append("")
    return "\n".join(lines)


# Sphinx looks for pages before any of its events: write this one now.
Path(__file__).with_name("api.rst").write_text(api_page())
