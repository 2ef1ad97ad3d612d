import numpy as np
import pytest
from scipy import stats
from scipy.ndimage import gaussian_filter

from sknac.features._statistics import check_names, contrast, describe, roughness

WHOLE = np.ones((40, 50), bool)


@pytest.fixture
def image():
    return np.random.default_rng(0).gamma(2.0, size=(40, 50))


def test_moments_and_percentiles_are_scipys(image):
    names = ("mean", "sd", "p10", "p50", "p90", "skewness", "kurtosis")
    x = image.ravel()
    expected = [x.mean(), x.std(), *np.percentile(x, [10, 50, 90])]
    expected += [stats.skew(x), stats.kurtosis(x)]
    np.testing.assert_allclose(describe(image, WHOLE, None, names), expected)


def test_only_valid_values_inside_the_region_count(image):
    region = np.zeros_like(WHOLE)
    region[5:20, 5:20] = True
    spoilt = np.where(region, image, 1e9)
    spoilt[6, 6] = np.nan
    inside = np.delete(image[5:20, 5:20].ravel(), 16)
    assert describe(spoilt, region, None, ("mean",)) == [pytest.approx(inside.mean())]


def test_roughness_of_white_noise_is_two_over_root_pi():
    noise = np.random.default_rng(0).standard_normal((400, 400))
    found = roughness(noise, np.ones(noise.shape, bool))
    assert found == pytest.approx(2 / np.sqrt(np.pi), rel=0.01)


def test_roughness_falls_with_the_grain_and_not_with_the_scale(image):
    fine, coarse = (gaussian_filter(image, s) for s in (1.0, 3.0))
    assert roughness(fine, WHOLE) > 2 * roughness(coarse, WHOLE)
    assert roughness(7 * fine - 3, WHOLE) == pytest.approx(roughness(fine, WHOLE))


def test_roughness_of_a_checkerboard_is_two():
    board = np.indices((6, 6)).sum(0) % 2 * 1.0  # steps of 1, SD of 1/2
    assert roughness(board, np.ones((6, 6), bool)) == pytest.approx(2.0)


def test_pairs_across_a_gap_do_not_count():
    image = np.array([[0.0, 1.0, np.nan, 5.0, 7.0]])
    sd = np.std([0, 1, 5, 7])
    found = roughness(image, np.ones((1, 5), bool))
    assert found == pytest.approx((1 + 2) / 2 / sd)


def test_flat_map_has_no_texture():
    names = ("sd", "skewness", "kurtosis", "roughness")
    assert describe(np.full((40, 50), 3.0), WHOLE, None, names) == [0, 0, 0, 0]


def test_contrast_is_core_less_surroundings():
    core = np.zeros_like(WHOLE)
    core[:10] = True
    region = np.zeros_like(WHOLE)
    region[:20] = True
    image = np.where(core, 5.0, np.where(region, 2.0, 100.0))
    assert contrast(image, region, core) == 3.0
    assert np.isnan(contrast(image, core, core))


@pytest.mark.parametrize("names", [["mode"], ["p100"], ["p"], [], ["mean", "mean"]])
def test_unknown_empty_and_double_names_are_refused(names):
    with pytest.raises(ValueError, match="statistic"):
        check_names(names)
