"""Tissue in layers, and maps of attenuation for the planes of a cohort."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest

from sknac.cohort import Plane, Study
from sknac.exceptions import CohortError
from sknac.qus import PowerLaw, QUSMapper, ReferencePhantom, SpectralOptions, qus_maps
from sknac.qus._estimates import path_loss_cm
from sknac.qus._layers import Layers, check_layers

LAYERS = [(2.0, 0.4), (6.0, 1.1)]
SETTINGS = {"overlap": 0.5, "channels": ("mbf", "ss", "esd")}


def scan(seed, n_samples=600, **settings):
    rf = np.random.default_rng(seed).normal(size=(n_samples, 20))
    return Plane.from_rf(rf, fs_mhz=40.0, line_pitch_mm=0.25, **settings)


PHANTOM = ReferencePhantom(
    [scan(98, 650), scan(99, 650)],
    attenuation_db_cm_mhz=0.5,
    speed_of_sound=1540.0,
    bsc=PowerLaw(1e-6, 3.0),
)


def maps(attenuation, layers=None, plane=None, **settings):
    return qus_maps(
        scan(0) if plane is None else plane,
        PHANTOM,
        attenuation_db_cm_mhz=attenuation,
        attenuation_layers=layers,
        **{**SETTINGS, **settings},
    )


def cohort(*planes):
    cells = np.empty(len(planes), dtype=object)
    cells[:] = [Study([plane]) for plane in planes]
    return pd.DataFrame({"us_pre": cells}, index=[f"P{i}" for i in range(len(planes))])


def local(plane, layers=(*LAYERS, (np.inf, 0.7))):
    """Attenuation of each sample of a plane."""
    ends, values = zip(*layers, strict=True)
    at = np.array(values)[np.searchsorted(ends, plane.grid.axial)]
    return np.repeat(at[:, None], plane.image.shape[1], axis=1)


def test_loss_adds_up_layer_by_layer():
    loss = Layers((2.0, 6.0, np.inf), (0.4, 1.1, 0.7)).loss(
        np.array([0, 1, 2, 4, 10.0])
    )
    expected = [0, 0.04, 0.08, 0.08 + 0.22, 0.08 + 0.44 + 0.28]
    np.testing.assert_allclose(loss, expected)


def test_loss_is_the_integral_of_the_local_attenuation():
    plane = scan(0)
    depth = plane.grid.axial
    loss = path_loss_cm(local(plane), depth[1] - depth[0], depth[0])[:, 0]
    layers = Layers((2.0, 6.0, np.inf), (0.4, 1.1, 0.7))
    np.testing.assert_allclose(layers.loss(depth), loss, atol=2e-3)


@pytest.mark.parametrize("power", [1.0, 1.3])
def test_layers_move_the_midband_fit_by_their_loss(power):
    # y rises by 2 loss f^n: the line through it is known in closed form.
    options = SpectralOptions(attenuation_power=power)
    plain, found = (maps(0.7, x, options=options) for x in (None, LAYERS))
    thick = np.clip(found.depth_mm[:, None] - [0.0, 2.0], 0.0, [2.0, 4.0])
    more = thick @ [0.4 - 0.7, 1.1 - 0.7] / 10
    slope, level = np.polyfit(found.freqs_mhz, 2 * found.freqs_mhz**power, 1)
    np.testing.assert_allclose(
        found.mbf - plain.mbf,
        np.repeat((more * (level + 5.5 * slope))[:, None], found.mbf.shape[1], 1),
        atol=2e-3,
    )


def test_layers_are_the_map_that_says_the_same():
    plane = scan(0, 560, start_depth_mm=1.0)
    by_map, by_layers = maps(local(plane), plane=plane), maps(0.7, LAYERS, plane=plane)
    np.testing.assert_allclose(by_layers.mbf, by_map.mbf, atol=0.02)


def test_one_layer_of_all_tissue_is_its_number():
    expected = maps(0.7).mbf
    for given in (
        maps(0.7, [(5.0, 0.7)]),
        maps(None, [(np.inf, 0.7)]),
        maps(None, [(5.0, 0.7), (40.0, 0.7)]),
    ):
        np.testing.assert_allclose(given.mbf, expected, atol=1e-4)


@pytest.mark.parametrize(
    ("kind", "n_jobs"), [("layers", None), ("map", 2), ("number", None)]
)
def test_mapper_takes_layers_and_functions_of_the_plane(kind, n_jobs):
    X = cohort(scan(0), scan(1, 560))
    settings = {
        "layers": {"attenuation_db_cm_mhz": 0.7, "attenuation_layers": LAYERS},
        "map": {"attenuation_db_cm_mhz": local},
        "number": {"attenuation_db_cm_mhz": lambda plane: plane.image.shape[0] / 1000},
    }[kind]
    fitted = QUSMapper(PHANTOM, n_jobs=n_jobs, **settings, **SETTINGS)
    mapped = fitted.fit_transform(X)["us_pre"]
    for plane, cell in zip((scan(0), scan(1, 560)), mapped, strict=True):
        value = {"layers": 0.7, "map": local(plane), "number": len(plane.load()) / 1000}
        layers = LAYERS if kind == "layers" else None
        expected = maps(value[kind], layers, plane=plane)
        np.testing.assert_allclose(cell.planes[0].load()[0], expected.mbf, atol=1e-4)
    mean = fitted.quality_["attenuation_db_cm_mhz"].iloc[0]
    truth = 0.6 if kind == "number" else local(scan(0)).mean()
    assert mean == pytest.approx(truth, abs=0.02)


def test_stored_maps_are_found_by_what_the_tissue_is(tmp_path):
    X = cohort(scan(0))
    given = [
        {"attenuation_db_cm_mhz": 0.7},
        {"attenuation_db_cm_mhz": 0.7, "attenuation_layers": LAYERS},
        {"attenuation_db_cm_mhz": 0.7, "attenuation_layers": [(2.0, 0.4), (7.0, 1.1)]},
        {"attenuation_db_cm_mhz": local},
        {"attenuation_db_cm_mhz": lambda plane: local(plane) + 0.1},
        {"attenuation_db_cm_mhz": lambda plane: local(plane)},  # found by its values
    ]
    for settings in given:
        QUSMapper(PHANTOM, store=tmp_path, **settings, **SETTINGS).fit_transform(X)
    assert len(list(tmp_path.glob("??/*.npy"))) == len(given) - 1


@pytest.mark.parametrize(
    ("layers", "below", "message"),
    [
        ([], 0.7, "at least one"),
        ([0.4, 1.1], 0.7, "must be pairs"),
        (5.0, 0.7, "must be pairs"),
        ([("skin", 0.4)], 0.7, "must be pairs"),
        ([(6.0, 0.4), (2.0, 1.1)], 0.7, "must end ever deeper"),
        ([(np.nan, 0.4), (2.0, 1.1)], 0.7, "must end ever deeper"),
        (
            [(0.002, 0.4)],
            0.7,
            "to_mm of .*must be 0.2 to 300 mm, got 0.002 .*looks like m",
        ),
        ([(2.0, 0.4), (500.0, 1)], 0.7, r"to_mm of attenuation_layers\[1\] must be"),
        ([(np.inf, 0.4), (np.inf, 1)], 0.7, "must end ever deeper"),
        ([(2.0, -0.4)], 0.7, r"attenuation_layers\[0\]=-0.4 is negative"),
        ([(2.0, np.nan)], 0.7, "must be finite"),
        ([(2.0, 40.0)], 0.7, "must be 0 to 3 .*looks like dB/.m MHz"),
        (LAYERS, None, "end at 6 mm and the plane at 11.5 mm; give attenuation_db"),
        (LAYERS, "estimate", "must be one number, of the tissue below"),
        (LAYERS, np.full((600, 20), 0.7), "must be one number, of the tissue below"),
        (LAYERS, 40.0, "must be 0 to 3"),
        (None, None, "attenuation_db_cm_mhz is missing"),
        (None, local, "call the function"),
    ],
)
def test_layers_that_cannot_be_are_refused(layers, below, message):
    with pytest.raises(ValueError, match=message):
        maps(below, layers)


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda plane: np.ones((3, 3)), r"shape \(3, 3\), the plane \(600, 20\)"),
        (lambda plane: -1.0, "is negative"),
        (lambda plane: 10 * local(plane), "must be 0 to 3"),
        (lambda plane: "estimate", "must return a number or a map"),
        (lambda plane: None, "attenuation_db_cm_mhz is missing"),
    ],
)
@pytest.mark.parametrize("stored", [False, True])
def test_what_a_function_returns_is_checked_at_its_place(
    tmp_path, function, message, stored
):
    store = tmp_path if stored else None
    mapper = QUSMapper(
        PHANTOM, attenuation_db_cm_mhz=function, store=store, **SETTINGS
    ).fit(cohort(scan(0)))
    with pytest.raises(
        CohortError, match=f"row P0, column us_pre, plane 0: .*{message}"
    ):
        mapper.transform(cohort(scan(0)))


def test_layers_are_checked_in_fit():
    mapper = QUSMapper(
        PHANTOM, attenuation_db_cm_mhz=0.7, attenuation_layers=[(3, 9)], **SETTINGS
    )
    with pytest.raises(ValueError, match="must be 0 to 3"):
        mapper.fit(cohort(scan(0)))
    assert check_layers(None) is None
