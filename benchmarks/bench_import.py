"""Time `import sknac` beyond scikit-learn and pandas, in fresh interpreters.

Run: ``python benchmarks/bench_import.py``. The goal is 0.2 s.
"""

# SPDX-License-Identifier: BSD-3-Clause

import statistics
import subprocess
import sys

_CODE = """
import time
start = time.perf_counter()
import sklearn.base, sklearn.model_selection, pandas
peers = time.perf_counter()
import {package}
print(peers - start, time.perf_counter() - peers)
"""
_PACKAGES = ("sknac", "sknac.cohort", "sknac.qus", "sknac.metrics", "sknac.decision")


def main(n_runs=7):
    """Print the median seconds of each import."""
    print(f"{'package':16} {'scikit-learn + pandas':>22} {'beyond':>8}  (seconds)")
    for package in _PACKAGES:
        code = _CODE.format(package=package)
        runs = [
            subprocess.run(
                [sys.executable, "-c", code], capture_output=True, text=True, check=True
            ).stdout.split()
            for _ in range(n_runs)
        ]
        peers, own = (
            statistics.median(map(float, column)) for column in zip(*runs, strict=True)
        )
        print(f"{package:16} {peers:22.3f} {own:8.3f}")


if __name__ == "__main__":
    main()
