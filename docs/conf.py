"""Sphinx settings."""

from sknac import __version__

project = "sknac"
author = "the sknac developers"
copyright = f"2026, {author}"
release = version = __version__
extensions = [
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.doctest",
    "sphinx.ext.mathjax",
]
autosummary_generate = True
autodoc_typehints = "none"
numpydoc_show_class_members = False
exclude_patterns = ["_build", "changes/*"]
html_theme = "alabaster"
html_theme_options = {"description": "Response to chemotherapy from ultrasound"}
nitpicky = False
