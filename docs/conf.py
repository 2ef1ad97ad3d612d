"""Sphinx settings; pages are built from a copy, into which code writes some of them."""

# ruff: noqa: E402

import sys
from pathlib import Path

import sknac

_DOCS = Path(__file__).parent
_ROOT = _DOCS.parent
sys.path.insert(0, str(_DOCS / "_ext"))
sys.dont_write_bytecode = True  # nothing is written beside the pages

import access
import api_pages
import inventories
import release_notes
import sources
from numpydoc.xref import DEFAULT_LINKS

project = "sknac"
author = "the sknac developers"
copyright = f"2026, {author}"
release = version = sknac.__version__
extensions = [
    "matplotlib.sphinxext.plot_directive",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosectionlabel",
    "sphinx.ext.autosummary",
    "sphinx.ext.intersphinx",
    "sphinx.ext.mathjax",
    "sphinx_gallery.gen_gallery",
]
templates_path = [str(_DOCS / "_templates")]
exclude_patterns = ["_build", "changes/*", "**/GALLERY_HEADER.rst"]
default_role = "py:obj"  # `QUSMapper` links, `margin_mm` is code
smartquotes = False  # settings such as "auto" can be copied
autosectionlabel_prefix_document = True
autosummary_generate = True
autosummary_context = {"words": api_pages.Words()}
autodoc_typehints = "none"
toc_object_entries_show_parents = "hide"
numpydoc_show_class_members = False  # the template lists them
numpydoc_xref_param_type = True
DEFAULT_LINKS.clear()  # types link; float and str need no link, None no colour
numpydoc_xref_ignore = "all"
numpydoc_xref_aliases = {
    **{name.rsplit(".", 1)[-1]: name for name in api_pages.public_names()},
    "array-like": "numpy.typing.ArrayLike",
    "array_like": "numpy.typing.ArrayLike",
    "sequence": "collections.abc.Sequence",
    "iterable": "collections.abc.Iterable",
    "generator": "collections.abc.Generator",
    "DataFrame": "pandas.DataFrame",
    "Series": "pandas.Series",
    "ndarray": "numpy.ndarray",
    "RandomState": "numpy.random.RandomState",
    "Pipeline": "sklearn.pipeline.Pipeline",
    "Bunch": "sklearn.utils.Bunch",
    "Axes": "matplotlib.axes.Axes",
    "Figure": "matplotlib.figure.Figure",
}
# A guide's picture is `.. plot::` with `:alt:`: its code is shown, and run by tests.
plot_include_source = True
plot_pre_code = ""
plot_formats = [("png", 120)]
plot_html_show_formats = False
plot_html_show_source_link = False
plot_rcparams = {
    "figure.figsize": (7, 3.5),
    "figure.constrained_layout.use": True,
    "font.size": 9,
}
plot_apply_rcparams = True
# `make docs` shows the examples' code; `make gallery` runs them, two at a time.
sphinx_gallery_conf = {
    "examples_dirs": str(_ROOT / "examples"),
    "gallery_dirs": "examples",
    "backreferences_dir": "generated/backreferences",
    "doc_module": ("sknac",),
    "inspect_global_variables": False,
    "plot_gallery": "False",
    "parallel": 2,
    "abort_on_example_error": False,
    "within_subsection_order": "gallery_order.place",
    "capture_repr": ("_repr_html_",),
    "download_all_examples": False,
    "show_memory": False,
    "remove_config_comments": True,
    "write_computation_times": False,
}
suppress_warnings = [
    "autosectionlabel.*",  # two sections of one name: links go to the first
    "ref.ref",  # docstrings inherited from scikit-learn
]
html_title = "sknac"
html_theme = "pydata_sphinx_theme"
html_theme_options = {"navbar_align": "left", "show_toc_level": 2}
# Pages without pages below them need no list of those.
_ALONE = ["index", "quickstart", "results", "refusals", "choices", "glossary"]
html_sidebars = {page: [] for page in [*_ALONE, "reproduce", "release_notes"]}
html_static_path = ["_static"]
html_css_files = ["sknac.css"]


def setup(app):
    """Build from a copy beside the output, with the pages that code writes."""
    before = sources.files_of(_DOCS)
    copy = sources.sources_of(app.outdir)
    sources.copy_sources(_DOCS, copy)
    sources.drop_pages(copy / "examples", sources.examples_of(_ROOT / "examples"))
    sources.drop_pages(copy / "generated", set(api_pages.public_names()))
    sources.write_page(copy / "api.rst", api_pages.api_page())
    sources.write_page(copy / "release_notes.rst", release_notes.page(_ROOT))
    app.srcdir = copy
    lists = inventories.mapping(copy.with_name("inventories"))
    app.config["intersphinx_mapping"] = lists
    app.connect("missing-reference", api_pages.resolve_bare_name)
    app.connect("html-page-context", access.name_sidebar, priority=900)  # theme's: 500
    app.connect(
        "build-finished",
        lambda app, error: sources.check_nothing_written(_DOCS, before),
    )
