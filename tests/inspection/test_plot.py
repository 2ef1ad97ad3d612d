"""The display draws heat where it lies, over its image, and not by colour alone."""

from functools import partial

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from sklearn.pipeline import make_pipeline

from sknac.cohort import Grid, Plane, PolygonOutline
from sknac.inspection import SaliencyDisplay, grad_cam
from sknac.nets import DLRClassifier
from sknac.preprocessing import MapScaler, PlaneResizer
from sknac.qus import bmode_from_rf

pytestmark = pytest.mark.mpl
GRID = Grid((20, 30), (0.2, 0.3), (1.0, 2.0))
CORE = PolygonOutline([(2, 4), (2, 8), (4, 8), (4, 4)])


@pytest.fixture(autouse=True)
def _no_window():
    mpl.use("Agg")
    yield
    plt.close("all")


@pytest.fixture
def heat():
    """A bump that peaks at 2, NaN in a frame of two pixels."""
    values = 2 * np.outer(np.hanning(21)[:20], np.hanning(31)[:30])
    seen = np.zeros(GRID.shape, bool)
    seen[2:-2, 2:-2] = True
    return np.where(seen, values, np.nan).astype(np.float32)


@pytest.fixture
def plane(heat):
    """The bump as `grad_cam` returns it."""
    return Plane(
        heat[None], "maps", GRID.spacing_mm, GRID.origin, CORE, channels=["grad_cam"]
    )


@pytest.fixture
def scan():
    """A B-mode plane of the same scan, finer and larger."""
    image = np.arange(60 * 80, dtype=np.float32).reshape(60, 80)
    return Plane(image, "bmode", (0.1, 0.15), (0.5, 1.0), core=CORE)


def test_heat_lies_at_its_millimetres_over_the_whole_image(plane, scan):
    display = SaliencyDisplay.from_plane(plane, background=scan)
    assert display.image_.get_extent() == pytest.approx((1.85, 10.85, 4.9, 0.9))
    assert display.background_.get_extent() == pytest.approx(
        (0.925, 12.925, 6.45, 0.45)
    )
    assert display.ax_.get_xlim() == pytest.approx((0.925, 12.925))
    assert display.ax_.get_ylim() == pytest.approx((6.45, 0.45))
    assert display.ax_.get_xlabel() == "lateral (mm)"
    np.testing.assert_array_equal(display.core_.get_xdata(), [4, 8, 8, 4, 4])


def test_zoom_shows_what_the_network_saw(plane, scan):
    display = SaliencyDisplay.from_plane(plane, background=scan, zoom=True)
    assert display.ax_.get_xlim() == pytest.approx((2.45, 10.25))
    assert display.ax_.get_ylim() == pytest.approx((4.5, 1.3))


def test_opacity_grows_with_the_value(plane, scan, heat):
    display = SaliencyDisplay.from_plane(plane, background=scan, alpha=0.5)
    wanted = 0.5 * np.nan_to_num(heat) / np.nanmax(heat)
    np.testing.assert_allclose(display.image_.get_alpha(), wanted, atol=1e-6)
    alone = SaliencyDisplay.from_plane(plane)
    assert alone.image_.get_alpha() is None
    assert alone.background_ is None


def test_lines_tell_the_values_without_colour(plane):
    display = SaliencyDisplay.from_plane(plane, levels=(0.75, 0.25))
    np.testing.assert_allclose(display.contour_.levels, [0.5, 1.5], rtol=1e-3)
    assert len(set(map(str, display.contour_.get_linestyles()))) == 2
    assert SaliencyDisplay.from_plane(plane, levels=()).contour_ is None


def test_limits_can_be_shared(plane, scan):
    display = SaliencyDisplay.from_plane(
        plane, background=scan, map_kwargs={"vmax": 8.0}
    )
    assert display.image_.get_clim() == (0.0, 8.0)
    assert display.image_.get_alpha().max() == pytest.approx(0.75 * 0.25, rel=0.01)
    assert display.contour_ is None  # nothing reaches half of 8


def test_evidence_against_a_class_has_colours_of_its_own(heat):
    display = SaliencyDisplay(values=heat - 1, grid=GRID, label="x").plot()
    low, high = display.image_.get_clim()
    assert (low, high) == (-high, pytest.approx(np.nanmax(np.abs(heat - 1))))
    assert display.image_.get_cmap().name == "PuOr_r"


@pytest.mark.parametrize("value", [0.0, np.nan])
def test_maps_without_heat_are_drawn(value, scan):
    values = np.full((1, *GRID.shape), value, np.float32)
    empty = Plane(values, "maps", GRID.spacing_mm, channels=["grad_cam"])
    display = SaliencyDisplay.from_plane(empty, background=scan, zoom=True)
    display.figure_.canvas.draw()
    assert display.contour_ is None
    assert display.core_ is not None  # the background's


def test_background_of_rf_and_maps(heat, rng_image):
    plane = Plane(
        np.stack([heat, heat / 2]),
        "maps",
        GRID.spacing_mm,
        GRID.origin,
        channels=["mbf", "esd_coarse"],
    )
    rf = Plane.from_rf(rng_image, fs_mhz=40.0, line_pitch_mm=0.4)
    display = SaliencyDisplay.from_plane(plane, "mbf", background=rf)
    np.testing.assert_array_equal(display.image, bmode_from_rf(rng_image))
    assert display.colorbar_.ax.get_ylabel() == "prediction difference, MBF"
    maps = plane.replace(channels=("esd", "eac"))
    display = SaliencyDisplay.from_plane(plane, "esd_coarse", background=maps)
    np.testing.assert_array_equal(display.image, heat)
    display = SaliencyDisplay.from_plane(
        plane, "mbf", background=maps, background_channel="eac", colorbar=False
    )
    np.testing.assert_array_equal(display.image, heat / 2)
    assert display.colorbar_ is None


@pytest.fixture
def rng_image():
    """An RF frame of noise."""
    return np.random.default_rng(0).normal(size=(400, 30))


def test_planes_that_do_not_fit_are_refused(plane, scan):
    two = plane.replace(image=np.zeros((2, 5, 5)), channels=("mbf", "esd"), core=None)
    with pytest.raises(ValueError, match=r"channel must be one of .*, got None"):
        SaliencyDisplay.from_plane(two)
    with pytest.raises(ValueError, match=r"channel must be one of .*, got 'eac'"):
        SaliencyDisplay.from_plane(two, "eac")
    with pytest.raises(ValueError, match="background_channel must be one of"):
        SaliencyDisplay.from_plane(plane, background=two)
    with pytest.raises(ValueError, match="the plane must hold maps, got bmode"):
        SaliencyDisplay.from_plane(scan)
    pixels = Plane(np.zeros((4, 4)), "bmode")
    with pytest.raises(ValueError, match="heat map is in mm, the background in px"):
        SaliencyDisplay.from_plane(plane, background=pixels)


@pytest.fixture(scope="module")
def model(cohort, labels):
    """A pipeline on two visits."""
    net = DLRClassifier(
        module="ran_tiny",
        columns=["us_pre", "us_post2"],
        max_epochs=1,
        random_state=0,
    )
    return make_pipeline(MapScaler(), net).fit(cohort, labels)


def test_one_image_is_explained_in_one_call(model, cohort):
    display = SaliencyDisplay.from_estimator(
        model, cohort, patient="P05", column="us_post2", plane=1, target="response"
    )
    maps = grad_cam(model, cohort, target="response")
    wanted = maps.at["P05", "us_post2"].planes[1].load()[0]
    np.testing.assert_allclose(display.values, wanted, atol=1e-6)
    image = cohort.at["P05", "us_post2"].planes[1].load()
    np.testing.assert_array_equal(display.image, image)
    assert display.ax_.get_title() == "post2: evidence for response"


def test_the_predicted_class_is_named(model, cohort):
    display = SaliencyDisplay.from_estimator(model, cohort)
    predicted = model.predict(cohort[:1])[0]
    assert display.title == f"pre: evidence for {predicted}"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"patient": "P99"}, "patient must be in the index of X, got 'P99'"),
        ({"column": "us_post4"}, "column must be one of .*, got 'us_post4'"),
        ({"plane": 1}, "plane must be one of the visit's 1, got 1"),
    ],
)
def test_images_that_are_not_there_are_refused(settings, message, model, cohort):
    with pytest.raises(ValueError, match=message):
        SaliencyDisplay.from_estimator(model, cohort, **settings)


def test_every_visit_that_happened_is_drawn(cohort, labels):
    X = PlaneResizer(image_size=32).fit_transform(cohort[["us_pre", "us_post2"]])
    X["us_post4"] = X["us_pre"].to_numpy()[::-1]
    X.at["P01", "us_pre"] = None
    net = DLRClassifier(
        module="ran_tiny",
        module__fusion="attention",
        columns=list(X.columns),
        missing_visits="mask",
        validation_fraction=None,
        max_epochs=1,
        random_state=0,
    ).fit(X, labels)
    draw = partial(SaliencyDisplay.from_estimator, net, X, patient="P01")
    titles = [draw(column=c).title for c in (None, "us_post2", "us_post4")]
    assert [title.partition(":")[0] for title in titles] == ["post2", "post2", "post4"]
    with pytest.raises(ValueError, match=r"one of .*post2.*post4.*, got 'us_pre'"):
        draw(column="us_pre")


def test_lines_lie_around_the_highest_values(scan):
    rows, columns = np.mgrid[:20, :30]
    peak = np.exp(-((rows - 5) ** 2 + (columns - 22) ** 2) / 8).astype(np.float32)
    plane = Plane(
        peak[None], "maps", GRID.spacing_mm, GRID.origin, channels=["grad_cam"]
    )
    display = SaliencyDisplay.from_plane(plane, background=scan)
    for path in display.contour_.get_paths():
        middle = (path.vertices.min(axis=0) + path.vertices.max(axis=0)) / 2
        lateral, depth = middle
        assert lateral == pytest.approx(2.0 + 22 * 0.3, abs=0.05)
        assert depth == pytest.approx(1.0 + 5 * 0.2, abs=0.05)
