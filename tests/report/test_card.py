"""The card says what was said, and nothing else."""

# SPDX-License-Identifier: BSD-3-Clause

import html

import numpy as np
import pytest

from sknac.report import StudyReport


def test_one_limit_need_not_be_a_list(new, scored):
    report = new(limits="Few patients.")
    assert report._about.limits == ("Few patients.",)


def test_model_card_says_what_is_known(cascade, study, new):
    report = new(data="Two hospitals.", seeds={"split": 7}, limits=["Few patients."])
    report.add_estimator("DLRP", cascade, study.X, study.y, pos_label="response")
    card = report.to_dict()["model_card"]
    assert card["data"] == "Two hospitals."
    assert card["intended_use"] == "Not stated."
    assert card["seeds"] == {"split": 7, "report (bands)": 0}
    assert "Few patients." in card["limits"]
    assert card["settings"]["DLRP"]["DLRP"]["all"]["DLR-2__weight"] == "0.8"
    assert "scikit-learn" in card["versions"]
    page = html.unescape(report.to_html())
    for text in ("Two hospitals.", "Few patients.", "split: 7", "Not stated."):
        assert text in page


@pytest.mark.parametrize("seeds", [[1, 2], 7, "7", np.array([1])])
def test_seeds_have_names(seeds):
    with pytest.raises(ValueError, match="seeds must be a dictionary, such as"):
        StudyReport("t", synthetic=True, seeds=seeds)
