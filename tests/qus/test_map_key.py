"""Keys of stored maps: equal input finds them, any other input does not."""

# SPDX-License-Identifier: BSD-3-Clause

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from sknac.cohort import Plane, PolygonOutline, Study
from sknac.qus import (
    FaranSpheres,
    PowerLaw,
    QUSMapper,
    ReferencePhantom,
    SpectralOptions,
)
from sknac.qus import _map_key as module
from sknac.qus._job import make_job

BASE = {"attenuation_db_cm_mhz": 0.6, "overlap": 0.5}


def scan(seed=0, n_samples=400, **settings):
    rf = np.random.default_rng(seed).normal(size=(n_samples, 24))
    settings = {"fs_mhz": 40.0, "line_pitch_mm": 0.25, **settings}
    return Plane.from_rf(rf, **settings)


def phantom(**changes):
    known = {"attenuation_db_cm_mhz": 0.5, "speed_of_sound": 1488.0}
    known |= {"acquisitions": scan(9, 450), "bsc": PowerLaw(1e-6, 3.2)}
    return ReferencePhantom(**{**known, **changes})


def key(plane=None, reference=None, **settings):
    plane, reference = plane or scan(), reference or phantom()
    mapper = QUSMapper(reference, **{**BASE, **settings})
    recipe, attenuation = mapper._recipe(mapper.band_mhz), mapper.attenuation_db_cm_mhz
    job = make_job(plane, attenuation, recipe, reference, spectra={})
    return module.map_key(job.recipe, plane, job.plan, job.media, job.reference)


def gauss(ka):
    return np.exp(-0.8 * ka**2)


DIFFERENT = [
    {"plane": scan(1)},
    {"plane": scan(start_depth_mm=0.154)},
    {"plane": scan(focus_mm=5.0)},
    {"reference": phantom(acquisitions=scan(8, 450))},
    {"reference": phantom(acquisitions=[scan(9, 450), scan(8, 450)])},
    {"reference": phantom(attenuation_db_cm_mhz=0.51)},
    {"reference": phantom(attenuation_power=1.1)},
    {"reference": phantom(speed_of_sound=1490.0)},
    {"reference": phantom(bsc=PowerLaw(2e-6, 3.2))},
    {"reference": phantom(bsc=FaranSpheres((20,)))},
    {"attenuation_db_cm_mhz": 0.61},
    {"attenuation_db_cm_mhz": "estimate"},
    {"band_mhz": (3, 7.9)},
    {"band_mhz": "auto"},
    {"window_mm": 2.1},
    {"window_mm": (2, 2.5)},
    {"overlap": 0.6},
    {"channels": ("mbf",)},
    {"channels": ("esd", "mbf")},
    {"pixel_mm": 0.1},
    {"options": SpectralOptions(attenuation_power=1.1)},
    {"options": SpectralOptions(n_fft=512)},
    {"options": SpectralOptions(taper=("kaiser", 3))},
    {"options": SpectralOptions(min_snr_db=3)},
    {"options": SpectralOptions(size_fit="masd")},
    {"options": SpectralOptions(size_fit="masd", form_factor=gauss)},
    {"options": SpectralOptions(size_fit="masd", esd_grid_um=(10, 200, 1))},
]


def test_everything_that_maps_depend_on_is_in_the_key():
    keys = [key(), *(key(**change) for change in DIFFERENT)]
    assert len(set(keys)) == len(keys)
    assert {len(k) for k in keys} == {32}


SAME = [
    {"plane": scan().replace(core=PolygonOutline([(1, 1), (1, 3), (3, 3)]))},
    {"plane": scan().replace(reference=None, origin_mm=(0, 5))},
    {"band_mhz": [3, 8]},
    {"band_mhz": np.array([3.0, 8.0])},
    {"window_mm": np.float64(2)},
    {"attenuation_db_cm_mhz": np.float64(0.6)},
    {"options": SpectralOptions(attenuation_power=1)},
    {"store": "elsewhere", "n_jobs": 2},
]


@pytest.mark.parametrize("change", SAME)
def test_what_maps_do_not_depend_on_is_not_in_the_key(change, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert key(**change) == key()


def test_backscatter_counts_for_the_maps_that_need_it_only():
    keys = {
        key(reference=phantom(bsc=bsc), channels=("mbf", "ss"))
        for bsc in (None, PowerLaw(1e-6, 3), PowerLaw(2e-6, 4))
    }
    assert len(keys) == 1


def test_another_format_is_another_key(monkeypatch):
    before = key()
    monkeypatch.setattr(module, "MAPS_FORMAT", module.MAPS_FORMAT + 1)
    assert key() != before


def test_functions_count_by_their_values():
    """A lambda has another address in each process, but the same values."""
    law = [phantom(bsc=lambda f: 1e-6 * np.asarray(f) ** 3.2) for _ in range(2)]
    assert key(reference=law[0]) == key(reference=law[1])
    one, two = (
        key(options=SpectralOptions(size_fit="masd", form_factor=lambda ka: gauss(ka)))
        for _ in range(2)
    )
    assert one == two


def test_key_is_the_same_in_another_process():
    code = (
        f"import importlib.util as u, sys; s = u.spec_from_file_location('t', "
        f"{__file__!r}); m = u.module_from_spec(s); s.loader.exec_module(m); "
        "print(m.key())"
    )
    command = [sys.executable, "-c", code]
    other = subprocess.run(command, capture_output=True, text=True, check=True)
    assert other.stdout.strip() == key()


def test_maps_of_this_format_are_unchanged():
    """Regression: values since format 1. Changed on purpose? Raise MAPS_FORMAT too."""
    X = pd.DataFrame({"us_pre": [Study([scan()])]}, index=["P1"])
    maps = QUSMapper(phantom(), **BASE).fit_transform(X).iat[0, 0].planes[0].load()
    assert module.MAPS_FORMAT == 2  # the noise floor of a depth
    at_one = [-1.0036530, -1.2217952, 5.7162189, 106.4312438, 14.2083892]
    means = [0.1004925, -0.0259568, 0.2432546, 63.3954131, 27.4877680]
    np.testing.assert_allclose(maps[:, 2, 3], at_one, rtol=1e-4)
    np.testing.assert_allclose(np.nanmean(maps, axis=(1, 2)), means, rtol=1e-3)
