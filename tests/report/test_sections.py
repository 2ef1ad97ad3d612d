"""Sections come in order; what is undefined is a note."""

# SPDX-License-Identifier: BSD-3-Clause

import warnings

import pytest
from sklearn.exceptions import UndefinedMetricWarning

from sknac.report._sections import KINDS, without_undefined


def test_every_kind_says_what_is_missing_without_it(bare):
    (chapter,) = bare._build().chapters
    made = {section.key for section in chapter.sections}
    assert made == {"patients", "roc"}
    assert "baseline characteristics" in chapter.absent
    assert len(chapter.absent) == len(KINDS) - len(made) + 2


def test_what_is_undefined_is_noted_and_other_warnings_go_on():
    def make(system, options):
        warnings.warn("no such rate", UndefinedMetricWarning, stacklevel=1)
        warnings.warn("no such rate", UndefinedMetricWarning, stacklevel=1)
        warnings.warn("look here", UserWarning, stacklevel=1)
        return "made"

    with pytest.warns(UserWarning, match="look here"):
        made, notes = without_undefined(make, None, None)
    assert (made, notes) == ("made", ["no such rate"])


def test_note_on_rates_speaks_no_nan(new):
    y = ["response", "non-response"] * 4
    report = new().add_predictions(
        "x", y, None, decisions=["response"] * 8, pos_label="response"
    )
    html = report.to_html()
    assert "Some rates are undefined: npv (no row is predicted negative)" in html
    assert "NaN" not in html
    assert "[\N{EN DASH}, \N{EN DASH}]" not in html
