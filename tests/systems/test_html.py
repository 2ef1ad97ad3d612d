"""Notebooks show the published stages with their columns."""

# SPDX-License-Identifier: BSD-3-Clause

from sklearn.utils import estimator_html_repr

from sknac.systems import DLRPClassifier


def test_dlrp_shows_visits_and_networks():
    page = estimator_html_repr(DLRPClassifier(preset="tiny"))
    shown = page.split('<div class="sk-container"')[1].split("<script>")[0]
    first, second = "dlr2: us_pre, us_post2", "dlr4: us_pre, us_post4"
    assert shown.index(first) < shown.index(second)
    for step in ("ROICropper", "PlaneResizer", "MapScaler", "DLRClassifier"):
        assert shown.count(f"<div>{step}</div>") == 2
