"""Texture of regions as one row per patient, against scikit-image and a loop."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from scipy.ndimage import gaussian_filter
from skimage.feature import graycomatrix, graycoprops
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import StandardScaler

from sknac.cohort import MaskOutline, Plane, PolygonOutline, Study
from sknac.datasets import make_rf_cohort
from sknac.exceptions import CohortError
from sknac.features import MapStatistics, Texture
from sknac.metrics import auc_ci
from sknac.qus import EnvelopeMapper, PowerLaw, QUSMapper, ReferencePhantom
from sknac.roi import ROIMasker
from sknac.testing import make_check_cohort

ANGLES = np.deg2rad([0, 45, 90, 135])
NAMES = ("contrast", "dissimilarity", "homogeneity", "energy", "entropy", "correlation")


def cohort_of(*planes):
    """A cohort of one patient a plane."""
    cells = pd.Series([Study([plane]) for plane in planes], dtype=object)
    cells.index = [f"P{i}" for i in range(len(planes))]
    return pd.DataFrame({"us_pre": cells})


def maps_plane(seed=0, shape=(2, 30, 40), spacing=(0.5, 0.5), blur=1.0):
    """Maps of smooth noise with a core of a third of each side."""
    rng = np.random.default_rng(seed)
    image = gaussian_filter(rng.normal(size=shape), (0, blur, blur))
    plane = Plane(image, "maps", spacing, channels=("mbf", "esd"))
    corners = np.array([(0.33, 0.33), (0.33, 0.66), (0.66, 0.66), (0.66, 0.33)])
    core = PolygonOutline(plane.grid.to_points(corners * np.subtract(shape[1:], 1)))
    return plane.replace(core=core)


def levels_of(image, values, n_levels, percents=(1.0, 99.0)):
    """Sort an image into levels by edges; written from the definition."""
    low, high = np.percentile(np.asarray(values, np.float32).astype(float), percents)
    edges = np.linspace(low, high, n_levels + 1)[1:-1]
    return np.digitize(image, edges)


def of_pairs(levels, mask, down, right, name):
    """One property from a list of pairs, by its definition."""
    pairs = []
    height, width = levels.shape
    for row, column in np.argwhere(mask):
        to = row + down, column + right
        if 0 <= to[0] < height and 0 <= to[1] < width and mask[to]:
            pairs += [
                (levels[row, column], levels[to]),
                (levels[to], levels[row, column]),
            ]
    i, j = np.transpose(pairs)
    _, counts = np.unique(pairs, axis=0, return_counts=True)
    p = counts / counts.sum()
    return {
        "contrast": ((i - j) ** 2).mean(),
        "dissimilarity": abs(i - j).mean(),
        "homogeneity": (1 / (1 + (i - j) ** 2)).mean(),
        "energy": np.sqrt((p**2).sum()),
        "entropy": -(p * np.log(p)).sum(),
        "correlation": np.corrcoef(i, j)[0, 1],
    }[name]


@pytest.mark.parametrize("n_levels", [8, 32])
def test_whole_rectangles_are_those_of_scikit_image(n_levels):
    X = cohort_of(maps_plane(0), maps_plane(1, blur=3.0))
    settings = {"regions": "roi", "properties": NAMES, "distances": [1, 2, 5]}
    found = Texture(levels=n_levels, **settings).fit_transform(X)
    images = np.stack([cell.planes[0].load() for cell in X["us_pre"]])
    for row, maps in zip(found, images, strict=True):
        expected = []
        for channel, image in enumerate(maps):
            levels = levels_of(image, images[:, channel], n_levels).astype(np.uint8)
            matrices = graycomatrix(
                levels, [1, 2, 5], ANGLES, levels=n_levels, symmetric=True, normed=True
            )
            expected += [graycoprops(matrices, name).mean(axis=1) for name in NAMES]
        np.testing.assert_allclose(row, np.concatenate(expected), 1e-12, 1e-12)


def test_regions_with_holes_are_those_of_a_loop():
    plane = maps_plane(2, shape=(2, 26, 30), spacing=(0.4, 0.6))
    image = plane.load().copy()
    image[1, ::7, ::5] = np.nan
    plane = plane.replace(image=image)
    step = Texture(properties=NAMES, distances=[1, 3], levels=6, margin_mm=2.0)
    found = step.set_output(transform="pandas").fit_transform(cohort_of(plane)).iloc[0]
    masked = ROIMasker(margin_mm=2.0).transform_plane(plane)
    core, kept = masked.core_mask(), masked.roi.to_mask(masked.grid)
    for channel, (name, image) in enumerate(
        zip(("mbf", "esd"), masked.load(), strict=True)
    ):
        valid = np.isfinite(image)
        levels = levels_of(image, image[kept & valid], 6)
        for region, mask in (("core", core), ("margin", kept & ~core)):
            for k in (1, 3):
                diagonal = round(k / np.sqrt(2))
                ways = (0, k), (diagonal, diagonal), (k, 0), (diagonal, -diagonal)
                for of in NAMES:
                    expected = np.mean(
                        [of_pairs(levels, mask & valid, *way, of) for way in ways]
                    )
                    got = found[f"us_pre__{region}_{name}_{of}_d{k}"]
                    assert got == pytest.approx(expected, abs=1e-12), (channel, of)


def test_names_run_over_regions_maps_properties_distances_angles():
    X = cohort_of(maps_plane())
    step = Texture(
        regions=["margin", "core"],
        properties=["clipped_share", "energy"],
        distances_mm=[0.5, 1.0],
        angles="apart",
        margin_mm=3.0,
    ).fit(X)
    names = step.get_feature_names_out().tolist()
    assert len(names) == len(set(names)) == 2 * 2 * (1 + 2 * 4)
    assert names[0] == "us_pre__margin_mbf_clipped_share"
    assert names[1:3] == [
        "us_pre__margin_mbf_energy_d0.5mm_a0",
        "us_pre__margin_mbf_energy_d0.5mm_a45",
    ]
    assert names[5] == "us_pre__margin_mbf_energy_d1mm_a0"
    assert names[-1] == "us_pre__core_esd_energy_d1mm_a135"
    assert step.transform(X).shape == (1, len(names))


def test_mean_is_that_of_the_angles():
    X = cohort_of(maps_plane(), maps_plane(1))
    apart = Texture(angles="apart", margin_mm=3.0).fit_transform(X)
    mean = Texture(margin_mm=3.0).fit_transform(X)
    np.testing.assert_allclose(apart.reshape(2, -1, 4).mean(axis=2), mean, rtol=1e-14)


def test_angles_tell_stripes_along_rows_from_stripes_along_depth():
    stripes = np.tile(np.arange(24) % 2.0, (24, 1))
    planes = [Plane(image, "bmode") for image in (stripes, stripes.T)]
    settings = {"regions": "roi", "properties": "contrast", "distances": [1]}
    step = Texture(levels=2, limits=(0, 100), angles="apart", **settings)
    assert step.fit_transform(cohort_of(*planes)).tolist() == [
        [1, 1, 0, 1],
        [0, 1, 1, 1],
    ]


@pytest.mark.parametrize("change", [lambda v: 3 * v + 7, lambda v: 0.01 * v - 2])
def test_unit_and_offset_of_a_map_change_nothing(change):
    plane = maps_plane()
    scaled = plane.replace(image=change(plane.load()))
    settings = {"regions": "roi", "properties": NAMES, "limits": (0, 100)}
    one, two = (
        Texture(**settings).fit_transform(cohort_of(each)) for each in (plane, scaled)
    )
    np.testing.assert_allclose(one, two, rtol=5e-3)


def test_levels_are_those_of_training_and_the_share_beyond_is_told():
    first, second = maps_plane(0), maps_plane(1)
    brighter = second.replace(image=second.load() + 1.0)
    few = [first] * 4 + [brighter]  # as chance may have it
    step = Texture(
        regions="roi", properties=["contrast", "clipped_share"], distances=[1]
    )
    step.fit(cohort_of(first))
    assert step.low_.shape == step.high_.shape == (2,)
    share = step.transform(cohort_of(first))[0, [1, 3]]
    np.testing.assert_allclose(share, 0.02, atol=0.002)
    assert step.transform(cohort_of(*few))[-1, 1] > 0.5
    with pytest.warns(UserWarning, match="beyond the limits of the training") as seen:
        far = step.transform(cohort_of(second, brighter))
    assert "in 1 of 2 planes, the first is row P1, column us_pre" in str(
        seen[0].message
    )
    values = brighter.load()[0]
    beyond = np.mean((values < step.low_[0]) | (values > step.high_[0]))
    assert far[1, 1] == beyond > 0.5
    assert far[1, 0] < far[0, 0]


def bmode(dtype, **settings):
    rng = np.random.default_rng(5)
    grey = np.clip(100 + 30 * gaussian_filter(rng.normal(size=(24, 30)), 1), 0, 255)
    return Plane(np.rint(grey).astype(dtype), "bmode", **settings)


def test_bytes_and_floats_of_one_image_are_alike():
    settings = {"regions": "roi", "properties": NAMES, "levels": 16}
    found = [
        Texture(**settings).fit_transform(cohort_of(bmode(dtype)))
        for dtype in (np.uint8, np.uint16, np.float32, np.float64)
    ]
    for other in found[1:]:
        np.testing.assert_array_equal(other, found[0])
    names = Texture(**settings).fit(cohort_of(bmode("u1"))).get_feature_names_out()
    assert names[0] == "us_pre__roi_contrast_d1"


@pytest.mark.parametrize("dtype", [np.uint8, np.float64])
def test_images_that_were_masked_count_where_they_were_kept(dtype):
    core = PolygonOutline([(1, 1), (1, 2), (1.8, 2), (1.8, 1)])
    plane = bmode(dtype, spacing_mm=(0.1, 0.1), core=core)
    masked = ROIMasker(margin_mm=0.5).transform_plane(plane)
    kept = masked.roi.to_mask(plane.grid)
    settings = {"properties": NAMES, "margin_mm": 0.5, "limits": (0, 100), "levels": 8}
    step = Texture(regions=["core", "margin"], **settings)
    expected = step.fit_transform(cohort_of(plane))
    np.testing.assert_array_equal(step.fit_transform(cohort_of(masked)), expected)
    only = plane.replace(roi=MaskOutline(kept, plane.grid))
    spoilt = plane.replace(image=np.where(kept, plane.load(), np.nan))
    step = Texture(regions="roi", **settings)
    expected = step.fit_transform(cohort_of(only))
    for other in (masked, spoilt):
        np.testing.assert_array_equal(step.fit_transform(cohort_of(other)), expected)


def test_too_few_pairs_are_nan_and_said():
    plane = maps_plane()
    image = plane.load().copy()
    image[1, :, 6:] = np.nan
    image[1, 5:] = np.nan  # 5 x 6: 25 pairs along rows at 1, 30 values
    step = Texture(
        regions="roi", properties=["contrast", "clipped_share"], distances=[1]
    )
    step.fit(cohort_of(plane))
    with pytest.warns(
        UserWarning, match="of 1 of 2 patients is NaN in part.*row P1.*esd"
    ):
        found = step.transform(cohort_of(plane, plane.replace(image=image)))
    assert np.isfinite(found[0]).all()
    assert np.isnan(found[1]).tolist() == [False, False, True, False]
    image[1] = np.nan
    with pytest.warns(UserWarning, match="is NaN in part"):
        nothing = step.transform(cohort_of(plane.replace(image=image)))
    assert np.isnan(nothing[0]).tolist() == [False, False, True, True]


def test_constant_region_has_no_correlation_alone():
    plane = maps_plane()
    flat = plane.replace(image=np.zeros_like(plane.load()))
    step = Texture(regions="roi", properties=NAMES, distances=[1]).fit(cohort_of(plane))
    with pytest.warns(UserWarning, match="one level alone"):
        found = step.transform(cohort_of(flat))
    assert found[0, :5].tolist() == [0, 0, 1, 1, 0]
    assert np.isnan(found[0, [5, 11]]).all()


@pytest.mark.parametrize("steps", [(1, 1), (2, 1), (1, 3), (4, 2)])
def test_mm_are_the_same_distance_on_grids_of_any_steps(steps):
    coarse = maps_plane(spacing=(0.6, 0.6))
    shape = tuple(np.multiply(steps, coarse.grid.shape))
    fine = coarse.replace(
        image=np.kron(coarse.load(), np.ones((1, *steps))),
        grid=coarse.grid.resized(shape),
    )
    settings = {"regions": "roi", "properties": "contrast", "angles": "apart"}
    by_mm = Texture(distances_mm=[1.2], **settings).fit_transform(cohort_of(fine))
    for angle, step in ((0, steps[1]), (2, steps[0])):
        by_px = Texture(distances=[2 * step], **settings).fit_transform(cohort_of(fine))
        assert (by_mm[:, angle::4] == by_px[:, angle::4]).all()


def test_distance_below_a_pixel_is_refused_with_the_side():
    X = cohort_of(maps_plane(spacing=(0.1, 0.4)))
    with pytest.raises(CohortError, match=r"larger side of a pixel, 0.4 mm, got 0.2"):
        Texture(regions="roi", distances_mm=[0.2, 1.0]).fit(X)
    assert Texture(regions="roi", distances_mm=[0.4]).fit_transform(X).size


def test_pixels_of_other_sizes_are_said():
    planes = maps_plane(spacing=(0.5, 0.5)), maps_plane(spacing=(0.5, 0.25))
    step = Texture(regions="roi")
    message = r"0.5 x 0.5 mm and, row P1, column us_pre, plane 0, 0.5 x 0.25 mm"
    with pytest.warns(UserWarning, match=message):
        step.fit(cohort_of(*planes))
    step.set_params(distances_mm=[1.0]).fit(cohort_of(*planes))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"regions": ["core", "rim"]}, "regions must be different names out of"),
        ({"regions": []}, "regions must be different names"),
        ({"properties": ["contrast", "contrast"]}, "properties must be different"),
        ({"properties": ["Contrast"]}, "properties must be different names out of"),
        ({"distances": [0, 1]}, "distances must be different whole numbers"),
        ({"distances": [1.5]}, "distances must be different whole numbers"),
        ({"distances": ["1"]}, "distances must be different whole numbers"),
        ({"distances": [1, 1.0]}, "distances must be different whole numbers"),
        ({"distances_mm": [-1.0]}, "distances_mm must be different positive"),
        ({"distances_mm": [np.nan]}, "distances_mm must be different positive"),
        ({"distances_mm": []}, "distances_mm must be different positive"),
        ({"levels": 1}, "'levels' parameter of Texture must be"),
        ({"levels": 257}, "'levels' parameter of Texture must be"),
        ({"limits": (0.01, 0.99)}, "limits must be percentiles, of 100"),
        ({"limits": (99, 1)}, "limits must be percentiles 0 <= low"),
        ({"limits": ("1", "99")}, "limits must be percentiles"),
        ({"angles": "all"}, "'angles' parameter of Texture must be"),
        ({"margin_mm": 0}, "'margin_mm' parameter of Texture must be"),
        ({"margin_share": 0}, "'margin_share' parameter of Texture must be"),
    ],
)
def test_setting_that_cannot_be_is_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        Texture(**settings).fit(cohort_of(maps_plane()))


def test_constant_or_empty_channels_are_refused_in_fit():
    plane = maps_plane()
    image = plane.load().copy()
    image[1] = 5.0
    with pytest.raises(ValueError, match="of channel esd coincide at 5 in training"):
        Texture(regions="roi").fit(cohort_of(plane.replace(image=image)))
    image[1] = np.nan
    with pytest.raises(ValueError, match="channel esd must have a valid value"):
        Texture(regions="roi").fit(cohort_of(plane.replace(image=image)))


def test_other_channels_and_kinds_are_refused():
    step = Texture(regions="roi").fit(cohort_of(maps_plane()))
    other = maps_plane().replace(channels=("mbf", "si"))
    with pytest.raises(CohortError, match=r"row P0.* channels must be those of fit"):
        step.transform(cohort_of(other))
    with pytest.raises(CohortError, match="put a QUSMapper before"):
        Texture().fit(make_check_cohort("rf")[0])


def test_images_without_spacing_have_no_margin_and_no_mm():
    plane = bmode("u1", core=PolygonOutline([(5, 5), (5, 20), (18, 20), (18, 5)]))
    assert Texture(regions="core").fit_transform(cohort_of(plane)).size
    with pytest.raises(CohortError, match="margin_mm needs spacing_mm"):
        Texture().fit(cohort_of(plane))
    assert np.isfinite(Texture(margin_share=0.3).fit_transform(cohort_of(plane))).all()
    with pytest.raises(CohortError, match="distances_mm need spacing_mm"):
        Texture(regions="core", distances_mm=[1.0]).fit(cohort_of(plane))


def test_threads_change_nothing_and_reduce_is_met():
    X, _ = make_check_cohort("maps")
    step = Texture(regions="core", distances=[1], levels=8)
    serial = step.fit_transform(X)
    np.testing.assert_array_equal(step.set_params(n_jobs=2).fit_transform(X), serial)
    highest = step.set_params(reduce="max").transform(X)
    assert (highest >= serial).all()
    assert (highest > serial).any()


def phantom():
    X, _ = make_check_cohort("rf")
    planes = [cell.planes[0] for cell in X["us_pre"].iloc[:5:2]]
    return ReferencePhantom(
        planes,
        attenuation_db_cm_mhz=0.5,
        speed_of_sound=1540.0,
        bsc=PowerLaw(1e-6, 3.2),
    )


@pytest.mark.filterwarnings("ignore:the texture of", "ignore:.*windows")
@pytest.mark.parametrize(
    "mapper",
    [
        EnvelopeMapper(overlap=0.9),
        QUSMapper(phantom(), attenuation_db_cm_mhz=0.6, overlap=0.9),
    ],
    ids=["envelope", "qus"],
)
def test_maps_of_rf_are_taken(mapper):
    X, _ = make_check_cohort("rf")
    step = Texture(levels=8, margin_mm=1.0, distances=[1])
    found = make_pipeline(mapper, step).fit_transform(X.iloc[:4])
    assert np.isfinite(found).any(axis=0).all()


def test_it_is_searched_and_tells_grain_where_means_do_not():
    planes = [maps_plane(i, shape=(2, 24, 24), blur=1 + i % 2) for i in range(12)]
    planes = [
        p.replace(image=p.load() / p.load().std((1, 2), keepdims=True)) for p in planes
    ]
    y = ["fine", "coarse"] * 6
    model = make_pipeline(
        Texture(margin_mm=2.0), StandardScaler(), LogisticRegression()
    )
    grid = {
        "texture__levels": [8, 16],
        "texture__regions": [["core"], ["core", "margin"]],
    }
    search = GridSearchCV(model, grid, cv=2, error_score="raise").fit(
        cohort_of(*planes), y
    )
    assert search.best_score_ == 1.0


@pytest.mark.slow
def test_texture_tells_patchy_cores_that_means_of_maps_do_not():
    cohort = make_rf_cohort(
        60, n_planes=3, effect_size=0, texture_effect=1, prevalence=0.5, random_state=1
    )
    mapper = QUSMapper(
        cohort.reference, attenuation_db_cm_mhz="attenuation_db_cm_mhz", overlap=0.75
    )
    maps = make_pipeline(mapper, ROIMasker(region="core")).fit_transform(cohort.X)
    means = MapStatistics(statistics=["mean"])
    texture = Texture(regions="core", levels=16)

    def auc(features):
        folds = StratifiedKFold(5, shuffle=True, random_state=0)
        model = make_pipeline(features, StandardScaler(), LogisticRegression(C=0.3))
        scores = cross_val_predict(
            model, maps, cohort.y, cv=folds, method="decision_function"
        )
        return auc_ci(cohort.y, -scores, pos_label="non-response")

    alone, both = auc(means), auc(make_union(means, texture))
    assert both.estimate - alone.estimate > 0.2
    assert both.low > alone.high
