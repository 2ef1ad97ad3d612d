"""Systems by cross-validation and of several cohorts say on the page what they are."""

# SPDX-License-Identifier: BSD-3-Clause

import re

import pytest


def captions(html):
    """Return the captions of tables and figures."""
    tables = re.findall("<caption>(.*?)</caption>", html)
    return tables, re.findall("<figcaption>(.*?)</figcaption>", html)


def test_every_table_and_caption_says_how_it_was_cross_validated(crossed_html):
    tables, figures = captions(crossed_html)
    assert len(tables) > 10
    assert len(figures) > 5
    *tables, checklist = tables
    assert all("ross-validated, 5 folds" in text for text in tables + figures)
    assert "TRIPOD+AI" in checklist


def test_a_cross_validated_study_has_no_test_patients(crossed, crossed_html):
    text = re.sub("<style>.*?</style>", "", crossed_html, flags=re.DOTALL)
    text = re.sub("<[^>]*>", " ", text.split('id="checklist"')[0])
    assert not re.search(r"\btest patient", text)
    assert "Test " not in text.replace("Test  ", "")
    results = crossed.to_dict()["systems"][0]["results"]
    for name in ("roc", "rates", "patients", "baseline"):
        assert list(results[name]) == ["cross-validated"]
    assert crossed.to_dict()["systems"][0]["cross_validation"] == (
        "cross-validated, 5 folds"
    )


def test_unit_of_analysis_is_that_of_the_folds(crossed, full, two_cohorts):
    assert "Nadeau and Bengio" in crossed.to_dict()["unit_of_analysis"]
    assert "DeLong" not in crossed.to_dict()["unit_of_analysis"]
    assert "Nadeau" not in full.to_dict()["unit_of_analysis"]


def test_main_results_have_a_row_per_cohort(two_cohorts_html):
    key = two_cohorts_html.split('id="key"')[1].split("</section>")[0]
    assert key.count('<th scope="row">') == 2
    for name in ("Hospital A", "Hospital B"):
        assert f"<small>{name}</small>" in key


@pytest.mark.parametrize("title", ["Area under", "Rates of the decisions", "Calibrat"])
def test_each_cohort_has_its_row_in_every_table(two_cohorts_html, title):
    tables = re.findall("<table>.*?</table>", two_cohorts_html, flags=re.DOTALL)
    (table,) = [t for t in tables if f"</b> {title}" in t]
    for name in ("Hospital A", "Hospital B"):
        assert f"<small>{name}</small>" in table


def test_each_cohort_has_its_curves(two_cohorts):
    figures = [figure["caption"] for figure in two_cohorts.to_dict()["figures"]]
    for name in ("Hospital A", "Hospital B"):
        assert f"ROC curves, patients of {name}" in figures
        assert f"Calibration of DLR-2, patients of {name}" in figures
