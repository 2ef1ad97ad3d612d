"""Count scikit-learn's estimator checks for the decision and clinical classifiers.

Beside each meta-estimator stands scikit-learn's own TunedThresholdClassifierCV with
the same base: only checks that it fails too may fail here. Run:

    python benchmarks/count_decision_checks.py
"""

# SPDX-License-Identifier: BSD-3-Clause

import warnings

from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import TunedThresholdClassifierCV
from sklearn.svm import LinearSVC
from sklearn.utils.estimator_checks import check_estimator

from sknac.clinical import StepwiseLogisticRegression
from sknac.decision import StagedClassifier, WeightedYoudenThreshold


def estimators():
    """Yield name, estimator and the scikit-learn peer with the same base."""
    every = slice(None)
    for base in (LogisticRegression(), LinearSVC()):
        name, peer = type(base).__name__, TunedThresholdClassifierCV(base)
        yield f"TunedThresholdClassifierCV({name})", peer, peer
        yield f"WeightedYoudenThreshold({name})", WeightedYoudenThreshold(base), peer
        stages = [("first", base, every), ("second", base, every)]
        yield f"StagedClassifier(2 x {name})", StagedClassifier(stages), peer
        tuned = WeightedYoudenThreshold(base)
        stages = [("first", tuned, every), ("second", tuned, every)]
        label = f"StagedClassifier(2 x WeightedYoudenThreshold({name}))"
        yield label, StagedClassifier(stages), peer
    base = LogisticRegression()
    peer = TunedThresholdClassifierCV(base)
    yield "LogisticRegression", base, peer
    yield "StepwiseLogisticRegression", StepwiseLogisticRegression(), peer


def run(estimator):
    """Return the sets of checks that passed, failed and were skipped."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        results = check_estimator(estimator, on_fail=None, on_skip=None)
    found = {"passed": [], "failed": [], "skipped": []}
    for result in results:
        found[result["status"]].append(result["check_name"])
    return found


def main():
    """Print the table."""
    known = {}
    print(f"{'estimator':64s} passed failed skipped  beyond the peer")
    for name, estimator, peer in estimators():
        peer_key = repr(peer)
        if peer_key not in known:
            known[peer_key] = run(peer)
        found = known[peer_key] if estimator is peer else run(estimator)
        beyond = sorted(set(found["failed"]) - set(known[peer_key]["failed"]))
        counts = " ".join(f"{len(found[key]):6d}" for key in found)
        print(f"{name:64s} {counts}   {', '.join(beyond) or 'none'}", flush=True)
    for key, found in known.items():
        print(f"\n{key} fails: {', '.join(found['failed']) or 'none'}")


if __name__ == "__main__":
    main()
