"""What the ROC display draws."""

# SPDX-License-Identifier: BSD-3-Clause

import matplotlib as mpl
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import (
    RepeatedStratifiedKFold,
    StratifiedKFold,
    cross_validate,
)

mpl.use("Agg")

import matplotlib.pyplot as plt

from sknac.metrics import (
    RocCIDisplay,
    corrected_resampled_ttest,
    cv_auc_ci,
    delong_test,
)

pytestmark = pytest.mark.mpl


@pytest.fixture(autouse=True)
def _close_figures():
    """Close every figure after a test."""
    yield
    plt.close("all")


def draw(tied, scores=None, **kwargs):
    """Draw scores of the tied data with few resamples."""
    y, a, b = tied
    scores = {"DLR-2": a, "DLR-4": b} if scores is None else scores
    kwargs = {"pos_label": "response", "n_resamples": 20, "random_state": 0} | kwargs
    return RocCIDisplay.from_predictions(y, scores, **kwargs)


def test_legend_tells_auc_interval_count_and_positive_class(tied):
    shown = draw(tied)
    texts = [t.get_text() for t in shown.ax_.get_legend().get_texts()]
    auc = shown.curves["DLR-2"].auc
    assert texts[0] == (
        f"DLR-2: AUC {auc.estimate:.2f} [{auc.low:.2f}, {auc.high:.2f}]\n"
        "n = 42, 21 positive (response)"
    )
    assert len(texts) == 2


def test_curves_differ_in_colour_and_dashes(tied):
    lines = draw(tied).lines_
    assert lines[0].get_color() != lines[1].get_color()
    assert lines[0].get_linestyle() != lines[1].get_linestyle()


def test_second_display_on_the_same_axes_goes_on_with_styles(tied):
    first = draw(tied, tied[1], name="DLR-2")
    second = draw(tied, tied[2], name="DLR-4", ax=first.ax_)
    assert second.ax_ is first.ax_
    assert second.lines_[0].get_linestyle() != first.lines_[0].get_linestyle()
    assert len(second.ax_.get_legend().get_texts()) == 2
    assert second.chance_line_ is None  # one diagonal is enough


def test_band_and_diagonal_can_be_left_out(tied):
    shown = draw(tied, plot_band=False, plot_chance_level=False)
    assert shown.bands_ == []
    assert len(shown.ax_.lines) == 2


def test_styling_goes_through_kwargs(tied):
    shown = draw(tied, line_kwargs={"color": "k"}, band_kwargs={"alpha": 0.3})
    assert shown.lines_[0].get_color() == "k"
    assert shown.bands_[0].get_alpha() == 0.3
    assert shown.figure_ is shown.ax_.figure


def legend_title(shown):
    """Return the title of the legend."""
    return shown.ax_.get_legend().get_title().get_text()


def test_two_models_are_compared_by_delong(tied):
    y, a, b = tied
    shown = draw(tied)
    assert shown.tests["DLR-2", "DLR-4"] == delong_test(y, a, b, pos_label="response")
    pvalue = shown.tests["DLR-2", "DLR-4"].pvalue
    assert legend_title(shown) == f"DeLong: DLR-2 vs DLR-4: p = {pvalue:.3f}"
    assert legend_title(draw(tied, compare=None)) == ""


def test_several_comparisons_are_adjusted(tied):
    _, a, b = tied
    scores = {"DLR-2": a, "DLR-4": b + 2 * np.sin(np.arange(42))}
    pairs = [("DLR-2", "DLR-4"), ("DLR-4", "DLR-2")]
    shown = draw(tied, scores, compare=pairs)
    raw = shown.tests[pairs[0]].pvalue
    assert 0.001 < raw < 0.5
    assert legend_title(shown).splitlines() == [
        "DeLong, Holm-adjusted:",
        f"DLR-2 vs DLR-4: p = {2 * raw:.3f}",
        f"DLR-4 vs DLR-2: p = {2 * raw:.3f}",
    ]


@pytest.mark.filterwarnings("ignore:The area .* lies below 0.5")
def test_three_models_are_compared_only_when_asked(tied):
    _, a, b = tied
    assert draw(tied, {"a": a, "b": b, "c": -a}).tests == {}


def test_second_display_keeps_the_comparison_of_the_first(tied):
    first = draw(tied)
    title = legend_title(first)
    draw(tied, {"other": tied[1]}, ax=first.ax_)
    assert legend_title(first) == title


def test_unknown_model_to_compare_is_named(tied):
    with pytest.raises(ValueError, match=r"compare must be one of .* got 'DLR-9'"):
        draw(tied, compare=[("DLR-2", "DLR-9")])


@pytest.fixture(scope="module")
def table():
    """Two columns that say something of 60 labels, and the labels."""
    rng = np.random.default_rng(5)
    y = np.repeat(["non-response", "response"], 30)
    X = np.repeat([[0.0, 0.0], [1.0, 0.4]], 30, axis=0) + rng.normal(size=(60, 2))
    return X, y


@pytest.mark.parametrize("pos_label", ["response", "non-response"])
def test_estimators_scores_are_drawn(table, pos_label):
    X, y = table
    model = LogisticRegression().fit(X, y)
    shown = RocCIDisplay.from_estimator(
        model, X, y, pos_label=pos_label, n_resamples=20
    )
    curve = shown.curves["LogisticRegression"]
    score = model.decision_function(X)
    # Turning the classes and the scores round leaves the area as it is.
    assert curve.auc.estimate == pytest.approx(roc_auc_score(y == "response", score))
    assert curve.pos_label == pos_label


def test_word_classes_need_a_positive_one_in_displays_too(table):
    X, y = table
    model = LogisticRegression().fit(X, y)
    with pytest.raises(ValueError, match="pos_label is not specified"):
        RocCIDisplay.from_estimator(model, X, y)
    flags = LogisticRegression().fit(X, y == "response")
    shown = RocCIDisplay.from_estimator(flags, X, y == "response", n_resamples=20)
    assert shown.curves["LogisticRegression"].pos_label is True


def test_several_estimators_are_compared(table):
    X, y = table
    models = {"both": LogisticRegression(), "noise": LogisticRegression(C=1e-9)}
    for model in models.values():
        model.fit(X, y)
    shown = RocCIDisplay.from_estimator(
        models, X, y, pos_label="response", n_resamples=20
    )
    assert list(shown.curves) == ["both", "noise"]
    assert ("both", "noise") in shown.tests


def cross_validated(X, y, splitter):
    """Cross-validate a logistic regression and keep what the display needs."""
    kept = {"return_estimator": True, "return_indices": True}
    return cross_validate(LogisticRegression(), X, y, cv=splitter, **kept)


def of_folds(found, X, y, **settings):
    """Draw cross-validations with few resamples."""
    settings = {"pos_label": "response", "n_resamples": 20} | settings
    return RocCIDisplay.from_cv_results(found, X, y, random_state=0, **settings)


def test_folds_are_averaged_and_said_in_the_legend(table):
    X, y = table
    found = cross_validated(X, y, StratifiedKFold(5, shuffle=True, random_state=0))
    shown = of_folds(found, X, y)
    curve = shown.curves["out-of-fold"]
    assert curve.auc == cv_auc_ci(y, found, X=X, pos_label="response")
    (text,) = shown.ax_.get_legend().get_texts()
    assert text.get_text().splitlines()[1:] == [
        "cross-validated, 5 folds",
        "n = 60, 30 positive (response)",
    ]


def test_repeated_folds_count_each_patient_once(table):
    X, y = table
    repeated = RepeatedStratifiedKFold(n_splits=3, n_repeats=2, random_state=0)
    shown = of_folds(cross_validated(X, y, repeated), X, y)
    curve = shown.curves["out-of-fold"]
    assert (curve.n, curve.auc.folds) == (60, "2 x 3 folds")


def test_cross_validations_are_compared_only_when_asked_and_by_folds(table):
    X, y = table
    splitter = StratifiedKFold(5, shuffle=True, random_state=0)
    found = {
        name: cross_validated(part, y, splitter)
        for name, part in {"a": X, "b": X * [1, 0]}.items()
    }
    assert of_folds(found, X, y).tests == {}
    asked = of_folds(found, X, y, compare=[("a", "b")])
    test = asked.tests["a", "b"]
    areas = (asked.curves[name].auc.by_fold for name in "ab")
    assert test.pvalue == corrected_resampled_ttest(*areas).pvalue
    assert legend_title(asked).startswith("Corrected resampled t: a vs b: p")


def test_several_cross_validations_need_the_same_folds(table):
    X, y = table
    splitters = [
        StratifiedKFold(3, shuffle=True, random_state=seed) for seed in (0, 0, 1)
    ]
    a, b, c = (cross_validated(X, y, splitter) for splitter in splitters)
    assert list(of_folds({"a": a, "b": b}, X, y).curves) == ["a", "b"]
    with pytest.raises(ValueError, match="'c' has other folds than 'a'"):
        of_folds({"a": a, "c": c}, X, y)


def test_cross_validation_without_estimators_says_how(table):
    X, y = table
    found = cross_validate(LogisticRegression(), X, y)
    with pytest.raises(ValueError, match="return_estimator=True"):
        RocCIDisplay.from_cv_results({"a": found}, X, y)


@pytest.mark.parametrize("models", [{}, []])
def test_no_model_is_refused(tied, models):
    with pytest.raises(ValueError, match="y_score"):
        RocCIDisplay.from_predictions(tied[0], models, pos_label="response")


def test_no_estimator_is_refused(tied):
    with pytest.raises(ValueError, match="holds no model"):
        RocCIDisplay.from_estimator({}, None, tied[0], pos_label="response")


def test_lines_and_bands_are_the_numbers(tied):
    shown = draw(tied)
    for curve, line, band in zip(
        shown.curves.values(), shown.lines_, shown.bands_, strict=True
    ):
        np.testing.assert_array_equal(line.get_xydata().T, [curve.fpr, curve.tpr])
        corners = {tuple(at) for path in band.get_paths() for at in path.vertices}
        for bound in (curve.band_low, curve.band_high):
            assert corners.issuperset(zip(curve.band_fpr, bound, strict=True))


def test_legend_tells_rows_from_patients(tied):
    shown = draw(tied, tied[1], groups=np.arange(42) // 2)
    (text,) = shown.ax_.get_legend().get_texts()
    assert text.get_text().endswith("\n42 rows of 21 patients, 21 positive (response)")
