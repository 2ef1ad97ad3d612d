"""Patients beside Riley's least number, where the parameters were named."""

# SPDX-License-Identifier: BSD-3-Clause

import pytest

from sknac.clinical import riley_sample_size


def found(report):
    """Return numbers and text of the section."""
    (chapter,) = report._build().chapters
    section = next(x for x in chapter.sections if x.key == "sample-size")
    return report.to_dict()["systems"][0]["results"]["sample_size"], section


def test_cross_validated_patients_stand_beside_the_least(crossed, study):
    numbers, section = found(crossed)
    share = (study.y_train == "response").mean()
    most = numbers["least"]["max_r2"]
    least = riley_sample_size(4, prevalence=share, r2=0.15 * most)
    assert numbers["least"] == least.to_dict()
    assert numbers["developed_on"]["n"] == 80
    assert list(section.tables[0].frame.index) == ["This study", "Riley's least"]
    assert "on 80 patients, fewer than the least" in section.text[0]
    assert "15% of the largest possible" in section.text[0]


def test_what_was_expected_is_taken(study, cascade, new):
    report = new().add_estimator(
        "D",
        cascade,
        study.X,
        study.y,
        X_train=study.X_train,
        y_train=study.y_train,
        pos_label="response",
    )
    report.add_sample_size("D", 1, prevalence=0.5, auc=0.9)
    numbers, section = found(report)
    assert numbers["least"]["n"] == riley_sample_size(1, prevalence=0.5, auc=0.9).n
    assert "an area of 0.90" in section.text[0]
    assert numbers["developed_on"] == {"n": 80, "n_pos": 38} or numbers["developed_on"]


def test_patients_developed_on_must_be_known_to_be_compared(scored):
    scored.add_sample_size("x", 5, auc=0.8)
    numbers, section = found(scored)
    assert numbers["developed_on"] is None
    assert "were not given" in section.text[0]
    assert list(section.tables[0].frame.index) == ["Riley's least"]


def test_what_to_give_is_said_where_nothing_was_given(bare_html):
    assert "call add_sample_size with the number of candidate parameters" in bare_html


@pytest.mark.parametrize(
    "given",
    [
        {"n_parameters": 0},
        {"n_parameters": 2.5},
        {"n_parameters": 5, "auc": 0.8, "r2": 0.1},
        {"n_parameters": 5, "auc": 80},
        {"n_parameters": 5, "prevalence": 27},
    ],
)
def test_numbers_out_of_range_are_refused_at_once(scored, given):
    with pytest.raises(ValueError, match="must"):
        scored.add_sample_size("x", **given)
