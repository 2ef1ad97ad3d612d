"""Count the estimator checks: run, passed, expected to fail, skipped.

Run ``python benchmarks/count_checks.py``. It runs the tests that scikit-learn's
``parametrize_with_checks`` and sknac's ``parametrize_with_cohort_checks`` make and
counts them by estimator, so that the table and the tests cannot differ. Reasons of
expected failures are printed below it.
"""

# SPDX-License-Identifier: BSD-3-Clause

import re
import sys
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
# ``test_name[Estimator(...)-check_x(...)]`` is scikit-learn's,
# ``test_name[Estimator-check_x]`` is ours.
CASE = re.compile(r"\[(?P<name>\w+)(?P<settings>\(.*\))?-(?P<check>check_\w+)")


class Counts:
    """A pytest plugin that counts checks and keeps the reasons of failures."""

    def __init__(self):
        self.table = {}
        self.reasons = {}

    def pytest_runtest_logreport(self, report):
        """Count one check, at the end of its call."""
        found = CASE.search(report.nodeid)
        if found is None or report.when != "call":
            skipped_early = found and report.when == "setup" and report.skipped
            if not skipped_early:
                return
        whose = "sknac" if found["settings"] is None else "scikit-learn"
        counts = self.table.setdefault((found["name"], whose), Counter())
        expected = hasattr(report, "wasxfail")
        kind = "expected failure" if expected else report.outcome
        counts[kind] += 1
        if expected or report.failed:
            reason = report.wasxfail if expected else "FAILED"
            self.reasons[found["name"], found["check"]] = reason


def main():
    """Run the checks and print the table."""
    counts = Counts()
    options = ["-q", "-p", "no:cacheprovider", "--no-header", "-k", "check_"]
    # The slow ones count too; what pytest itself prints is of no interest.
    options += ["-m", "slow or not slow", "--no-summary"]
    files = [
        str(path)
        for path in sorted((ROOT / "tests").rglob("test_*.py"))
        if "parametrize_with" in path.read_text()
    ]
    status = pytest.main([*options, *files], plugins=[counts])
    print(f"\n{'estimator':28}{'checks of':14}", end="")
    kinds = ("passed", "expected failure", "skipped", "failed")
    print("".join(f"{kind:>18}" for kind in ("run", *kinds)))
    for (name, whose), found in sorted(counts.table.items()):
        cells = [sum(found.values()), *(found[kind] for kind in kinds)]
        print(f"{name:28}{whose:14}" + "".join(f"{cell:18}" for cell in cells))
    for (name, check), reason in sorted(counts.reasons.items()):
        print(f"\n{name}, {check}: {reason}")
    return status


if __name__ == "__main__":
    sys.exit(main())
