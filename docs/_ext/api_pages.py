"""What the pages of the API say: names, methods, and where the guides use them."""

# SPDX-License-Identifier: BSD-3-Clause

import dataclasses
import functools
import importlib
import inspect
import itertools
import pkgutil
import re
from collections import Counter, defaultdict
from pathlib import Path

import sknac

_DOCS = Path(__file__).parents[1]
_DOORS = ["cohort.planes", "nets.split"]  # for developers: modules
_ROLE = re.compile(
    r":(?:py:)?(?:class|func|meth|attr|exc|obj):`(?:[^`<]*<)?[~!]?([\w.]+)"
)
_UNDERLINE = re.compile(r"([=~^-])\1+")
_MAX_LINKS = 4
_MAX_INHERITED = 16


def packages():
    """List the packages that have public names, doors for developers included."""
    names = [module.name for module in pkgutil.iter_modules(sknac.__path__)]
    found = {
        n: importlib.import_module(f"sknac.{n}") for n in sorted([*names, *_DOORS])
    }
    return {name: package for name, package in found.items() if package.__all__}


@functools.cache
def public_names():
    """List every public name with its package."""
    names = ["sknac.show_versions"]
    for name, package in packages().items():
        names += [f"sknac.{name}.{member}" for member in package.__all__]
    return names


def api_page():
    """List every public name, package by package."""
    lines = ["API reference", "=============", ""]
    lines += [".. currentmodule:: sknac", "", ".. autosummary::"]
    lines += ["   :toctree: generated", "", "   show_versions", ""]
    for name, package in packages().items():
        title = f"sknac.{name}"
        lines += [title, "-" * len(title), "", package.__doc__.splitlines()[0], ""]
        lines += [f".. currentmodule:: {title}", "", ".. autosummary::"]
        lines += ["   :toctree: generated", "", *map("   {}".format, package.__all__)]
        lines.append("")
    return "\n".join(lines)


def sections(text):
    """Yield each section of a page as its title and its lines."""
    lines = text.splitlines()
    title, start = "", 0
    for at, (line, below) in enumerate(itertools.pairwise([*lines, ""])):
        if line.strip() and _UNDERLINE.fullmatch(below) and len(below) >= len(line):
            yield title, "\n".join(lines[start:at])
            title, start = line.strip(), at + 2
    yield title, "\n".join(lines[start:])


@functools.cache
def guide_uses():
    """Map each public name to the sections that link to it, as (page, section)."""
    uses = defaultdict(list)
    for page in sorted([*_DOCS.glob("guide/**/*.rst"), *_DOCS.glob("formats/*.rst")]):
        place = page.relative_to(_DOCS).with_suffix("").as_posix()
        for title, body in sections(page.read_text(encoding="utf-8")):
            for target in dict.fromkeys(_ROLE.findall(body)):
                name = _public_part(target)
                if name and (place, title) not in uses[name]:
                    uses[name].append((place, title))
    return dict(uses)


def _public_part(target):
    """Find the public name that a link goes to: a class for its method."""
    parts = target.split(".")
    for end in range(len(parts), 1, -1):
        name = ".".join(parts[:end])
        if name in public_names():
            return name
    return None


def guide_line(fullname):
    """Write the line that leads from a name to the guides, best page first."""
    uses = guide_uses().get(fullname, [])
    pages = Counter(page for page, _ in uses)
    # One section of each page, from the page that says most of it.
    first = dict(reversed(uses))
    best = sorted(first, key=lambda page: -pages[page])[:_MAX_LINKS]
    links = [_section_link(page, first[page].replace("`", "")) for page in best]
    return f"In the guide: {'; '.join(links)}." if links else ""


@functools.cache
def _page_title(page):
    text = (_DOCS / f"{page}.rst").read_text(encoding="utf-8")
    return next(title for title, _ in sections(text) if title).replace("`", "")


def _section_link(page, title):
    """Link a section, with the title of its page before its own."""
    above = _page_title(page)
    shown = above if title == above else f"{above}: {title}"
    return f":ref:`{shown} <{page}:{title}>`"


def _thing(fullname):
    package, name = fullname.rsplit(".", 1)
    return getattr(importlib.import_module(package), name)


def _definer(thing, member):
    """Find the class that says what a member is; an override may leave it unsaid."""
    written = [k for k in inspect.getmro(thing) if member in vars(k)]
    told = [k for k in written if getattr(vars(k)[member], "__doc__", None)]
    return next(iter([*told, *written]), None)


def _members(thing):
    """Yield each public member with the class that writes it."""
    for member in dir(thing):
        definer = _definer(thing, member)
        requests = member.startswith("set_") and member.endswith("_request")
        if not member.startswith("_") and definer is not None and not requests:
            yield member, definer


def own_methods(fullname):
    """List the methods that sknac writes: scikit-learn's verbs, ours, then hooks.

    A hook is what another package calls, and has a method of that name for.
    """
    thing = _thing(fullname)
    found = [
        member
        for member, definer in _members(thing)
        if definer.__module__.startswith("sknac")
        and inspect.isroutine(getattr(thing, member))
        and not isinstance(vars(definer)[member], _PROPERTY)
        and inspect.getdoc(getattr(thing, member))
    ]

    def place(member):
        if member in _VERBS:
            return _VERBS.index(member)
        return len(_VERBS) + (member in _hooks(thing))

    return sorted(found, key=place)


_PROPERTY = property | functools.cached_property
_VERBS = ["fit", "transform", "fit_transform", "predict", "predict_proba", "score"]


def _hooks(thing):
    """Name what a class has from other packages, overridden or not."""
    bases = [k for k in inspect.getmro(thing) if not k.__module__.startswith("sknac")]
    return {member for base in bases for member in vars(base)}


def own_properties(fullname):
    """List the properties that the docstring's attributes do not describe."""
    thing = _thing(fullname)
    text = inspect.getdoc(thing) or ""
    return [
        member
        for member, definer in _members(thing)
        if definer.__module__.startswith("sknac")
        and isinstance(vars(definer)[member], _PROPERTY)
        and inspect.getdoc(vars(definer)[member])
        and not re.search(rf"^{member}\b.* : ", text, re.MULTILINE)
    ]


def inherited_lines(fullname):
    """Say what comes from other packages, with links and without repeating it."""
    thing = _thing(fullname)
    if issubclass(thing, BaseException):
        return []
    found = defaultdict(list)
    for member, definer in _members(thing):
        package = definer.__module__.split(".")[0]
        if package in ("sknac", "builtins") or not callable(getattr(thing, member)):
            continue
        # The deepest public class that has it is the one with a page.
        owners = [
            k
            for k in inspect.getmro(thing)
            if k.__module__.startswith(f"{package}.")
            and hasattr(k, member)
            and not k.__name__.startswith("_")
        ]
        if owners:
            found[package].append((member, owners[-1]))
    return [_inherited(package, members) for package, members in found.items()]


def _inherited(package, members):
    """Write one line on what a package gives to a class."""
    owners = sorted({_address(owner) for _, owner in members})
    if len(members) > _MAX_INHERITED:
        links = ", ".join(f":class:`{owner}`" for owner in owners)
        return f"{len(members)} further methods come from {links}."
    links = ", ".join(
        f":meth:`{member} <{_address(owner)}.{member}>`" for member, owner in members
    )
    return f"From {_WORDS.get(package, package)}: {links}."


_WORDS = {"sklearn": "scikit-learn", "torch": "PyTorch"}


def _address(thing):
    """Write where other packages document a class: without private modules."""
    parts = [p for p in thing.__module__.split(".") if not p.startswith("_")]
    if parts[:3] == ["torch", "nn", "modules"]:
        parts = ["torch", "nn"]
    return ".".join([*parts, thing.__name__])


def resolve_bare_name(app, env, node, contnode):
    """Link a name without its package, where only one public name is called so.

    What is no public name may be a term: `pos_label` leads to the glossary.
    """
    target = node.get("reftarget", "")
    if node.get("refdomain") != "py" or not re.fullmatch(r"[A-Za-z_][\w.]*", target):
        return None
    head, *rest = target.split(".")
    found = [name for name in public_names() if name.rsplit(".", 1)[-1] == head]
    if len(found) != 1:
        return env.get_domain("std").resolve_xref(
            env, node.get("refdoc", ""), app.builder, "term", target, node, contnode
        )
    return env.get_domain("py").resolve_xref(
        env,
        node.get("refdoc", ""),
        app.builder,
        "obj",
        ".".join([*found, *rest]),
        node,
        contnode,
    )


@dataclasses.dataclass(frozen=True)
class Words:
    """What templates ask for; Sphinx can compare and keep it between builds."""

    guide_line = staticmethod(guide_line)
    inherited_lines = staticmethod(inherited_lines)
    own_methods = staticmethod(own_methods)
    own_properties = staticmethod(own_properties)
