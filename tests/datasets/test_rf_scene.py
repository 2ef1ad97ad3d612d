"""What the RF planes show, against the truth that comes with them."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest

from sknac.cohort import PolygonOutline
from sknac.datasets._rf_scene import (
    PATIENT_SD,
    REGIONS,
    RFScene,
    draw_microstructure,
    make_reference,
    make_study,
    tissue_maps,
)
from sknac.datasets._seeds import stream
from sknac.datasets._shapes import draw_lobes
from sknac.qus import qus_maps

SCENE = RFScene.of_size(30.0, 24.0, 40.0, 0.234)


def truths(n, fails, effect_size=1.0, effect_in=("core", "margin")):
    rows = [
        draw_microstructure(stream(0, i, 9), fails, effect_size, effect_in, (0.5, 0.9))
        for i in range(n)
    ]
    return {key: np.array([row[key] for row in rows]) for key in rows[0]}


def test_microstructure_varies_by_the_stated_mean_and_sd():
    got = truths(2000, False, effect_size=0.0)
    for name, means in REGIONS.items():
        for key, mean, sd in zip(("esd_um", "eac_db"), means, PATIENT_SD, strict=True):
            assert got[f"{name}_{key}"].mean() == pytest.approx(mean, abs=4 * sd / 44)
            assert got[f"{name}_{key}"].std() == pytest.approx(sd, rel=0.07)


@pytest.mark.parametrize("effect_in", [("core",), ("margin",), ("core", "margin"), ()])
def test_classes_differ_by_the_effect_in_the_named_regions_alone(effect_in):
    # Same streams for both classes, so that the difference is exact.
    good, bad = (truths(20, fails, 1.5, effect_in) for fails in (False, True))
    for name in REGIONS:
        for key, sd in zip(("esd_um", "eac_db"), PATIENT_SD, strict=True):
            gap = bad[f"{name}_{key}"] - good[f"{name}_{key}"]
            np.testing.assert_allclose(gap, 1.5 * sd * (name in effect_in), atol=1e-9)


def test_tissue_has_its_regions_mean_in_place():
    truth = {f"{name}_{key}": v for name, values in REGIONS.items()
             for key, v in zip(("esd_um", "eac_db"), values, strict=True)}  # fmt: skip
    truth["core_eac_db"] = 5.0
    core = PolygonOutline(
        draw_lobes(np.random.default_rng(0)).outline((15.0, 12.0), 5.0)
    )
    esd, eac = tissue_maps(SCENE, core, truth, np.random.default_rng(1))
    inside = core.to_mask(SCENE.grid)
    assert esd.shape == eac.shape == SCENE.shape
    assert eac[inside].mean() == pytest.approx(5.0, abs=1.5)
    assert eac[:100].mean() == pytest.approx(REGIONS["background"][1], abs=1.0)
    assert esd[inside].mean() == pytest.approx(100.0, abs=3.0)


def test_patchy_cores_are_those_of_non_responders_and_nothing_else_is_drawn_anew():
    made = [
        draw_microstructure(stream(0, i, 9), fails, 1.0, ("core",), (0.5, 0.9), effect)
        for i in range(300)
        for fails, effect in ((True, 0.0), (True, 2.0), (False, 2.0))
    ]
    even, patchy, good = (
        np.array([truth.pop("core_eac_sd_db") for truth in made[i::3]])
        for i in range(3)
    )
    assert made[::3] == made[1::3]
    assert (even == 1.5).all()
    assert (good == 1.5).all()
    assert patchy.mean() == pytest.approx(4.5, abs=0.1)
    assert patchy.std() == pytest.approx(0.25 * 3.0, rel=0.1)


def test_patchy_tissue_varies_more_about_the_same_mean_in_the_core_alone():
    truth = draw_microstructure(stream(1, 0, 9), True, 0.0, (), (0.7, 0.7))
    core = PolygonOutline(np.add([15, 12], [(-8, -8), (-8, 8), (8, 8), (8, -8)]))
    even, patchy = (
        tissue_maps(SCENE, core, truth | sd, np.random.default_rng(1))
        for sd in ({}, {"core_eac_sd_db": 4.5})
    )
    np.testing.assert_array_equal(even[0], patchy[0])  # ESD
    mean = truth["core_eac_db"]
    deep = SCENE.grid.axial > 24.0  # one mm below the core
    np.testing.assert_array_equal(even[1][deep], patchy[1][deep])
    inside = (slice(400, 1100), slice(25, 75))
    gap = (patchy[1][inside] - mean) / (even[1][inside] - mean)
    np.testing.assert_allclose(gap, 3.0, rtol=1e-2)


def test_margin_is_five_mm_wide():
    flat = {f"{name}_{key}": 100.0 for name in REGIONS for key in ("esd_um", "eac_db")}
    truth = flat | {"margin_eac_db": 200.0}
    theta = np.linspace(0, 2 * np.pi, 200, endpoint=False)
    circle = np.column_stack([15 + 4 * np.sin(theta), 12 + 4 * np.cos(theta)])
    core = PolygonOutline(circle)
    _, eac = tissue_maps(SCENE, core, truth, np.random.default_rng(2))
    area = (eac > 150).sum() * np.prod(SCENE.grid.spacing_mm)
    assert area == pytest.approx(np.pi * (9**2 - 4**2), rel=0.05)


def test_qus_maps_recover_a_patients_regions():
    truth = draw_microstructure(stream(1, 0, 9), True, 1.0, ("core",), (0.7, 0.7))
    truth |= {"core_esd_um": 105.0, "core_eac_db": 18.0}
    reference = make_reference(SCENE, 1)
    esd, eac = [], []
    for plane in make_study(SCENE, truth, (5, 5), 1, 0).planes:
        attenuation = truth["attenuation_db_cm_mhz"]
        maps = qus_maps(
            plane, reference, attenuation_db_cm_mhz=attenuation, overlap=0.75
        )
        rows, columns = np.meshgrid(maps.depth_mm, maps.lateral_mm, indexing="ij")
        at = SCENE.grid.to_index(np.column_stack([rows.ravel(), columns.ravel()]))
        row, column = np.rint(at).astype(int).T
        inside = plane.core_mask()[row, column]
        esd.append(maps.esd.ravel()[inside])
        eac.append(maps.eac.ravel()[inside])
    assert np.nanmedian(np.concatenate(esd)) == pytest.approx(105, abs=8)
    assert np.nanmedian(np.concatenate(eac)) == pytest.approx(18, abs=2)


def test_reference_fits_every_plane_of_the_cohort(rf_cohort):
    for study in rf_cohort.X["us_pre"]:
        for plane in study.planes:
            assert len(rf_cohort.reference.match(plane)) == 8


def test_every_line_is_alive_and_unsaturated(rf_cohort):
    plane = rf_cohort.X["us_pre"].iloc[0].planes[0]
    frame = plane.load().astype(int)
    assert (frame.std(axis=0) > 10).all()
    assert np.abs(frame).max() < 32767
    assert abs(frame.mean()) < 1
