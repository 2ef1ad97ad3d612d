"""Use sknac as `make wheel` installed it, away from the source tree.

    python tests/installed.py README.md

Run in an empty folder: every module is imported, the README's example is run, and a
report is written, which needs the templates that the wheel brings.
"""

# SPDX-License-Identifier: BSD-3-Clause

import importlib
import pkgutil
import re
import sys
import tempfile
from importlib.metadata import requires, version
from pathlib import Path

import sknac


def check_place(source):
    """Hold what is imported against what was installed."""
    here = Path(sknac.__file__).resolve()
    if here.is_relative_to(source.resolve()) and "site-packages" not in here.parts:
        raise AssertionError(f"sknac must come from the wheel, got {here}")
    if version("sknac") != sknac.__version__:
        raise AssertionError(f"{version('sknac')=} must be {sknac.__version__}")


def check_modules(source):
    """Import every module; all files of the source tree must be there."""
    for module in pkgutil.walk_packages(sknac.__path__, "sknac."):
        importlib.import_module(module.name)
    here = Path(sknac.__file__).parent
    missing = [
        path.relative_to(source)
        for path in (source / "sknac").rglob("*")
        if path.is_file()
        and "__pycache__" not in path.parts
        and not (here / path.relative_to(source / "sknac")).is_file()
    ]
    if missing:
        raise AssertionError(f"the wheel must hold every file, {missing} are missing")


def check_readme(readme):
    """Run the README's example."""
    (code,) = re.findall(r"```python\n(.*?)```", readme.read_text(), re.DOTALL)
    exec(compile(code, str(readme), "exec"), {})


def check_report():
    """Write a report of a few scores."""
    from sknac.report import StudyReport

    y = ["non-response", "response"] * 6
    score = [0.2, 0.7, 0.4, 0.6, 0.1, 0.9, 0.5, 0.3, 0.3, 0.8, 0.2, 0.6]
    report = StudyReport("Scores of a reader", synthetic=True, n_resamples=100)
    report.add_predictions("reader", y, score, pos_label="response")
    with tempfile.TemporaryDirectory() as folder:
        page = report.save(folder).read_text()
    if "<style" not in page:
        raise AssertionError("the report must hold its style")


if __name__ == "__main__":
    readme = Path(sys.argv[1]).resolve()
    check_place(readme.parent)
    check_modules(readme.parent)
    check_readme(readme)
    check_report()
    n = len(list(pkgutil.walk_packages(sknac.__path__, "sknac.")))
    print(
        f"sknac {sknac.__version__} as installed: {n} modules imported, "
        f"{len(requires('sknac'))} requirements, the README's example and a report"
    )
