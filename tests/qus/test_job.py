"""The work on a plane is settled once: counted with and without a store."""

# SPDX-License-Identifier: BSD-3-Clause

import pickle
from collections import Counter

import numpy as np
import pandas as pd
import pytest

from sknac.cohort import Plane, Study
from sknac.qus import PowerLaw, QUSMapper, ReferencePhantom, _job

N_PLANES = 6


def scan(seed, n_samples=300, **settings):
    rf = np.random.default_rng(seed).normal(size=(n_samples, 20))
    return Plane.from_rf(rf, fs_mhz=40.0, line_pitch_mm=0.25, **settings)


@pytest.fixture
def X():
    cells = [Study([scan(2 * i), scan(2 * i + 1)]) for i in range(N_PLANES // 2)]
    return pd.DataFrame({"us_pre": cells}, index=["P1", "P2", "P3"])


@pytest.fixture
def phantom():
    return ReferencePhantom(
        scan(99, 350),
        attenuation_db_cm_mhz=0.5,
        speed_of_sound=1488.0,
        bsc=PowerLaw(1e-6, 3.2),
    )


@pytest.fixture
def entered(monkeypatch):
    """How often each function of the module was called, and its matches made."""
    counts = Counter()

    def spy(owner, name):
        function = getattr(owner, name)

        def counted(*args, **settings):
            counts[name] += 1
            return function(*args, **settings)

        monkeypatch.setattr(owner, name, counted)

    for name in ("make_plan", "remembered_spectrum", "map_key", "maps_of"):
        spy(_job, name)
    spy(ReferencePhantom, "match")
    return counts


@pytest.mark.parametrize("stored", [False, True])
def test_planes_of_one_geometry_are_planned_once(X, phantom, tmp_path, entered, stored):
    settings = {"overlap": 0.5, "store": tmp_path if stored else None}
    mapper = QUSMapper(phantom, attenuation_db_cm_mhz=0.7, **settings).fit(X)
    assert entered == {"make_plan": 1, "remembered_spectrum": 1, "match": 1}
    for found in (False, stored):
        entered.clear()
        mapper.transform(X)
        assert entered["make_plan"] == 1
        assert entered["map_key"] == stored * N_PLANES
        assert entered["maps_of"] == (0 if found else N_PLANES)
        assert entered["match"] == entered["remembered_spectrum"] == 0
    entered.clear()
    mapper.transform_plane(X.iat[0, 0].planes[0])
    assert entered["make_plan"] == 1


@pytest.mark.parametrize(
    "other",
    [
        {"n_samples": 700},
        {"fs_mhz": 39.0},
        {"line_pitch_mm": 0.26},
        {"start_depth_mm": 2.0},
        {"speed_of_sound": 1500.0},
    ],
)
def test_planes_of_other_geometry_have_plans_of_their_own(phantom, other):
    settings = {"window_mm": 2.0, "overlap": 0.5, "channels": "mbf", "options": None}
    recipe = _job.make_recipe(phantom, band_mhz=(3, 8), **settings)
    rf = np.random.default_rng(0).normal(size=(other.pop("n_samples", 600), 30))
    usual = {"fs_mhz": 40.0, "line_pitch_mm": 0.25, "start_depth_mm": 1.0}
    plane = Plane.from_rf(rf, **usual | other)
    for one in (scan(0), plane):
        assert recipe.plan(one) == _job.make_plan(one, **recipe.windows)
    assert len(pickle.loads(pickle.dumps(recipe))._plans) == 0


def test_settings_are_checked_without_touching_the_store(X, phantom, tmp_path):
    folder = tmp_path / "maps"
    mapper = QUSMapper(phantom, attenuation_db_cm_mhz=0.7, overlap=0.5, store=folder)
    mapper.fit(X)
    assert not folder.exists()
    with pytest.raises(ValueError, match="'window_mm'"):
        mapper.set_params(window_mm=-1.0).fit(X)
    assert not folder.exists()
    mapper.set_params(window_mm=2.0).fit_transform(X)
    assert folder.is_dir()


def test_job_carries_its_plane_on_the_band_that_the_reference_chose(phantom):
    plane = scan(0)
    settings = {"window_mm": 2.0, "overlap": 0.5, "channels": "mbf", "options": None}
    recipe = _job.make_recipe(phantom, band_mhz="auto", **settings)
    job = _job.make_job(plane, 0.7, recipe, phantom, spectra={})
    assert job.plan.band_mhz == job.reference.band_mhz
    assert job.media.attenuation == 0.7
    assert (job.key, job.stored()) == (None, None)
    again = pickle.loads(pickle.dumps(job))
    assert again() == job() == job(plane)


def test_planes_of_one_setting_share_a_spectrum(phantom):
    spectra = {}
    settings = {"window_mm": 2.0, "overlap": 0.5, "channels": "mbf", "options": None}
    recipe = _job.make_recipe(phantom, band_mhz=(3, 8), **settings)
    jobs = [
        _job.make_job(plane, 0.7, recipe, phantom, spectra)
        for plane in (scan(0), scan(1), scan(2, 280))
    ]
    assert len(spectra) == 2
    assert jobs[0].reference is jobs[1].reference
    assert jobs[2].reference is not jobs[0].reference
