"""The mean curve of folds and its band."""

import numpy as np
import pytest
from sklearn.metrics import roc_curve
from statsmodels.stats.proportion import proportion_confint

from sknac.metrics._cv_auc import cv_auc_of
from sknac.metrics._cv_roc import cv_roc_of, mean_curve
from sknac.utils._folds import read_folds
from sknac.utils._sample import check_sample


@pytest.fixture
def study(rng):
    """Return a sample of 60, its scores in the order of five folds, and those."""
    sample, folds = (
        check_sample(np.tile([0, 1], 30)),
        read_folds(np.arange(60) // 12, 60),
    )
    score = np.round(rng.normal(size=60) + sample.positive, 1)
    return sample, score[folds.row], folds


def curve(study, **settings):
    return cv_roc_of(*study, 0.95, n_resamples=50, random_state=0, **settings)


def test_the_area_below_the_mean_curve_is_the_mean_of_areas(study):
    found = curve(study)
    area = np.trapezoid(found.tpr, found.fpr)
    assert area == pytest.approx(np.mean(found.auc.by_fold))
    assert found.auc == cv_auc_of(*study, 0.95)
    assert (found.fpr[0], found.tpr[0], found.fpr[-1], found.tpr[-1]) == (0, 0, 1, 1)
    assert (np.diff(found.tpr) >= 0).all()


def test_one_curve_is_its_own_mean(study):
    sample, score, folds = study
    rows = folds.parts[0]
    own = roc_curve(sample.positive[rows], score[rows], drop_intermediate=False)[:2]
    at, mean = mean_curve((own, own))
    assert np.trapezoid(mean, at) == pytest.approx(np.trapezoid(own[1], own[0]))
    assert set(zip(own[0], own[1], strict=True)) <= set(zip(at, mean, strict=True)) | {
        (x, y) for x, y in zip(*own, strict=True) if (own[0] == x).sum() > 2
    }


def test_moving_a_fold_moves_nothing(study):
    sample, score, folds = study
    with pytest.warns(UserWarning, match="another scale"):
        moved = curve((sample, score + 9.0 * (folds.fold == 1), folds))
    still = curve(study)
    np.testing.assert_array_equal(moved.tpr, still.tpr)
    np.testing.assert_array_equal(moved.band_low, still.band_low)


def test_the_band_is_open_and_begins_where_folds_can_tell(study):
    found = curve(study)
    table = found.to_frame()
    # Six negatives in each fold: below two of them nothing is said.
    assert table.low[table.fpr < 2 / 6 - 1e-9].isna().all()
    held = table[table.fpr >= 2 / 6]
    assert (held.low <= held.tpr).all()
    assert (held.tpr <= held.high).all()
    assert (held.high - held.low)[:-1].min() > 0.05
    assert (held.low.iloc[-1], held.high.iloc[-1]) == (1, 1)


def test_copies_of_patients_do_not_narrow_the_band(study):
    sample, score, _ = study
    once = curve(study)
    y, groups = np.repeat(sample.positive, 3), np.repeat(np.arange(60), 3)
    many = read_folds(np.repeat(np.arange(60) // 12, 3), 180)
    copied = curve((check_sample(y, groups=groups), np.repeat(score, 3), many))
    wide = [np.nanmean(c.band_high - c.band_low) for c in (once, copied)]
    assert wide[1] == pytest.approx(wide[0], rel=0.15)  # 50 resamples


def test_the_repr_says_that_it_is_cross_validated(study):
    assert "5 folds" in repr(curve(study))
    assert "by_fold" in curve(study).to_dict()


def test_the_band_knows_that_the_negatives_vary_too(study):
    found = curve(study)
    size = 30 / found.auc.inflation  # what the positives alone would give
    low, high = proportion_confint(found.band_tpr * size, size, method="wilson")
    assert np.nanmax(found.band_high - found.band_low - (high - low)) > 0.02
