"""Notebooks show the published stages and their weights."""

# SPDX-License-Identifier: BSD-3-Clause

from sklearn.utils import estimator_html_repr

from sknac.systems import DLRPClassifier


def test_dlrp_shows_visits_weights_and_networks():
    page = estimator_html_repr(DLRPClassifier(preset="tiny"))
    shown = page.split('<div class="sk-container"')[1].split("<script>")[0]
    order = ["dlr2: us_pre, us_post2", "weight 0.8", "non-response: stop, else go on"]
    order += ["dlr4: us_pre, us_post4", "weight 0.2"]
    places = [shown.index(words) for words in order]
    assert places == sorted(places)
    for step in ("ROICropper", "PlaneResizer", "MapScaler", "DLRClassifier"):
        assert shown.count(f"<div>{step}</div>") == 2
