"""`StudyReport`: what can be added, and what is refused."""

# SPDX-License-Identifier: BSD-3-Clause

import html
import subprocess
import sys

import pandas as pd
import pytest


def test_systems_keep_their_own_positive_class(study, new):
    report = new()
    for label in ("response", "non-response"):
        report.add_predictions(label, study.y, study.X["dlr2"], pos_label=label)
    one, other = report.to_dict()["systems"]
    area = one["results"]["roc"]["test"]["response"]["auc"]["estimate"]
    turned = other["results"]["roc"]["test"]["non-response"]["auc"]["estimate"]
    assert area == pytest.approx(1 - turned)
    page = report.to_html()
    assert "Positive class: non-response." in page
    assert "Positive class: response." in page


def test_data_given_are_not_changed(study, cascade, new):
    X, y = study.X.copy(), study.y.copy()
    new().add_estimator("D", cascade, study.X, study.y, pos_label="response").to_html()
    pd.testing.assert_frame_equal(study.X, X)
    pd.testing.assert_series_equal(study.y, y)


def test_import_leaves_heavy_libraries_out():
    code = (
        "import sys, sknac.report\n"
        "heavy = {'torch', 'skorch', 'lifelines', 'matplotlib', 'monai', 'captum'}\n"
        "print(heavy & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"


def test_notebook_shows_the_page_in_a_frame(bare, bare_html, new):
    shown = bare._repr_html_()
    assert shown.startswith("<iframe srcdoc=")
    assert html.unescape(shown.split('"')[1]) == bare_html
    assert "StudyReport" in new()._repr_html_()
