"""Spectra remembered with a phantom: what is asked again, what is not, and how much."""

# SPDX-License-Identifier: BSD-3-Clause

import pickle
from concurrent.futures import ThreadPoolExecutor
from time import sleep

import numpy as np
import pytest
from joblib import hash as joblib_hash

from sknac.cohort import ArrayRef, Plane
from sknac.exceptions import StaleFileError
from sknac.qus import QUSMapper, ReferencePhantom, _reference_memory, qus_maps
from sknac.qus._plan import make_plan
from sknac.qus._reference_memory import remembered_spectrum

GEOMETRY = {"fs_mhz": 40.0, "line_pitch_mm": 0.25}
KNOWN = {"attenuation_db_cm_mhz": 0.5, "speed_of_sound": 1540.0}
DTYPES = [np.dtype(np.float32), np.dtype(np.float64)]


@pytest.fixture
def rf():
    return np.random.default_rng(5).normal(size=(300, 20))


@pytest.fixture
def phantom(rf):
    return ReferencePhantom(Plane.from_rf(rf, **GEOMETRY), **KNOWN)


@pytest.fixture
def computed(monkeypatch):
    """The planes for which a spectrum was computed."""
    asked, compute = [], _reference_memory.spectrum_for

    def counted(plane, *args):
        asked.append(plane)
        sleep(0.005)  # for threads to meet
        return compute(plane, *args)

    monkeypatch.setattr(_reference_memory, "spectrum_for", counted)
    return asked


def ask(plane, phantom, dtype=DTYPES[0], **windows):
    windows = {"band_mhz": (3, 8), "window_mm": 2.0, "overlap": 0.5} | windows
    return remembered_spectrum(plane, make_plan(plane, **windows), phantom, dtype)


@pytest.mark.parametrize("band_mhz", [(3, 8), "auto"])
def test_planes_of_one_setting_share_one_read_only_spectrum(
    rf, phantom, computed, band_mhz
):
    planes = [Plane.from_rf(rf + i, **GEOMETRY) for i in range(3)]
    first, *others = (ask(plane, phantom, band_mhz=band_mhz) for plane in planes)
    assert all(other is first for other in others)
    assert computed == planes[:1]
    assert not first.ln_power.flags.writeable


@pytest.mark.parametrize(
    ("settings", "windows"),
    [
        ({"focus_mm": 10.0}, {}),
        ({"start_depth_mm": 0.6}, {}),
        ({"speed_of_sound": 1480.0}, {}),
        ({"gain_db": 12.0}, {}),
        ({}, {"window_mm": 1.5}),
        ({}, {"band_mhz": (4, 8)}),
        ({}, {"overlap": 0.8}),
        ({}, {"taper": "hamming"}),
        ({}, {"n_fft": 256}),
        ({}, {"noise_band_mhz": (15, 18)}),
    ],
)
def test_other_settings_have_spectra_of_their_own(
    rf, phantom, computed, settings, windows
):
    ask(Plane.from_rf(rf[:250], **GEOMETRY), phantom)
    plane = Plane.from_rf(rf[:250], **GEOMETRY, **settings)
    found = ask(plane, phantom, **windows)
    assert len(computed) == 2
    alone = ReferencePhantom(phantom.acquisitions, **KNOWN)
    np.testing.assert_array_equal(found.ln_power, ask(plane, alone, **windows).ln_power)


def test_precisions_are_not_mixed(rf, phantom):
    single, double = (ask(phantom.acquisitions[0], phantom, dtype) for dtype in DTYPES)
    assert not np.array_equal(single.ln_power, double.ln_power)


def test_remembered_maps_are_those_of_a_new_phantom(rf, phantom):
    settings = {"attenuation_db_cm_mhz": 0.7, "channels": ("mbf", "ss"), "overlap": 0.5}
    plane = Plane.from_rf(rf[::-1], **GEOMETRY)
    first, again = (qus_maps(plane, phantom, **settings) for _ in range(2))
    np.testing.assert_array_equal(again.mbf, first.mbf)
    np.testing.assert_array_equal(again.ss, first.ss)


@pytest.mark.parametrize(
    "other", [{"gain_db": 30.0}, {"probe": "C3"}, {"transmit_mhz": 9.0}]
)
def test_a_plane_of_other_settings_is_refused_after_one_that_fits(rf, other):
    settings = {"gain_db": 20.0, "probe": "L15", "transmit_mhz": 6.0}
    fits = Plane.from_rf(rf, **GEOMETRY, **settings)
    phantom = ReferencePhantom(fits, **KNOWN)
    ask(fits, phantom)
    with pytest.raises(ValueError, match="no acquisition of the reference phantom"):
        ask(Plane.from_rf(rf, **GEOMETRY, **settings | other), phantom)


def test_what_is_remembered_is_bounded(rf, phantom, computed, monkeypatch):
    plane = phantom.acquisitions[0]
    size = ask(plane, phantom).n_bytes
    monkeypatch.setattr(_reference_memory, "_MAX_BYTES", 3 * size)
    tapers = ["hann", "hamming", "blackman", "cosine", "bohman"]
    for taper in tapers:
        ask(plane, phantom, taper=taper)
        ask(plane, phantom)  # used last: it stays
    memory = vars(phantom)["_spectra"]
    assert len(memory.found) == 3
    assert memory.n_bytes == 3 * size
    assert len(computed) == len(tapers)


def test_pickles_and_hashes_do_not_hold_it(rf, phantom):
    before = pickle.dumps(phantom), joblib_hash(phantom), hash(phantom)
    ask(phantom.acquisitions[0], phantom)
    assert "_spectra" in vars(phantom)
    assert (pickle.dumps(phantom), joblib_hash(phantom), hash(phantom)) == before
    assert "_spectra" not in vars(pickle.loads(before[0]))
    assert QUSMapper(phantom, attenuation_db_cm_mhz=1.0).reference is phantom


def test_threads_get_equal_spectra_and_compute_each_once(rf, phantom, computed):
    planes = [Plane.from_rf(rf[: 200 + 20 * (i % 3)], **GEOMETRY) for i in range(12)]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda plane: ask(plane, phantom), planes))
    assert len(computed) == 3
    for plane, one in zip(planes, found, strict=True):
        np.testing.assert_array_equal(one.ln_power, ask(plane, phantom).ln_power)
    memory = vars(phantom)["_spectra"]
    assert memory.n_bytes == sum(one.n_bytes for one in memory.found.values())
    assert len(memory.found) == 3


def test_a_changed_file_of_the_phantom_is_refused_as_ever(rf, tmp_path):
    path = tmp_path / "phantom.npy"
    np.save(path, rf)
    scan = Plane.from_rf(ArrayRef.from_file(path), **GEOMETRY)
    phantom = ReferencePhantom(scan, **KNOWN)
    plane = Plane.from_rf(rf, **GEOMETRY)
    ask(plane, phantom)
    np.save(path, rf[:-1])
    with pytest.raises(StaleFileError, match=r"phantom\.npy changed"):
        ask(plane, phantom)
    path.unlink()
    with pytest.raises(FileNotFoundError, match=r"phantom\.npy is gone"):
        ask(plane, phantom)
