"""Versions of sknac and of what its numbers rest on."""

# SPDX-License-Identifier: BSD-3-Clause

import platform
from importlib.metadata import PackageNotFoundError, version

_PACKAGES = (
    "sknac",
    "numpy",
    "scipy",
    "pandas",
    "scikit-learn",
    "joblib",
    "torch",
    "skorch",
    "captum",
    "lifelines",
    "statsmodels",
    "matplotlib",
    "pillow",
    "jinja2",
)


def versions() -> dict[str, str]:
    """Collect the versions of Python and of sknac's dependencies.

    Nothing is imported, so it is quick and works in a broken installation.

    Returns
    -------
    dict of str to str
        Versions by name of the distribution.

    Examples
    --------
    >>> from sknac.utils._versions import versions
    >>> "scikit-learn" in versions()
    True
    """
    found = {"python": platform.python_version(), "platform": platform.platform()}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def show_versions() -> None:
    """Print the versions of Python, sknac and its dependencies.

    Nothing is imported, so it is quick and works in a broken installation.

    Examples
    --------
    >>> import sknac
    >>> sknac.show_versions()
    python...
    """
    for name, found in versions().items():
        print(f"{name:13} {found}")
