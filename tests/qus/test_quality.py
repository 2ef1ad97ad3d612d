"""`QUSMapper.quality_`: what is known of each plane's maps, and what is warned of."""

# SPDX-License-Identifier: BSD-3-Clause

import json
import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
from scipy.signal import firwin, lfilter
from sklearn.base import clone

from sknac.cohort import Plane, Study
from sknac.qus import PowerLaw, QUSMapper, ReferencePhantom, SpectralOptions, qus_maps
from sknac.qus._quality import CAUSES

PULSE = firwin(31, (2, 9), fs=40, pass_zero=False)
OPTIONS = SpectralOptions(noise_band_mhz=(15.0, 19.0))
FADES, EMPTY = 300, 0  # sample from which on there is noise alone


def scan(seed, until=None, n_samples=800, gain=1.0):
    """Echoes, down to some sample, in noise."""
    echoes, noise = np.random.default_rng(seed).normal(size=(2, n_samples, 64))
    echoes = lfilter(PULSE, 1, echoes, axis=0)
    echoes[slice(until, None) if until is not None else []] = 0
    rf = gain * (echoes + 0.02 * noise)
    return Plane.from_rf(rf, fs_mhz=40.0, line_pitch_mm=0.25)


def cohort(**planes):
    """One patient a name, with her planes."""
    cells = np.empty(len(planes), dtype=object)
    cells[:] = [Study(each) if each else None for each in planes.values()]
    return pd.DataFrame({"us_pre": cells}, index=list(planes))


def mapper(**settings):
    phantom = ReferencePhantom(
        [scan(99), scan(98)],
        attenuation_db_cm_mhz=0.5,
        speed_of_sound=1540.0,
        bsc=PowerLaw(1e-6, 3.0),
    )
    known = {"attenuation_db_cm_mhz": 0.5, "overlap": 0.5, "options": OPTIONS}
    return QUSMapper(phantom, **{**known, **settings})


def said(work):
    """What is warned of."""
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        work()
    return [str(one.message) for one in seen]


def test_table_holds_what_the_maps_of_each_plane_say():
    X = cohort(P1=[scan(1), scan(2, FADES, n_samples=780)], P2=None, P3=[scan(3)])
    fitted = mapper(min_valid_share=0.0)
    fitted.fit_transform(X)
    table = fitted.quality_
    assert table["row"].tolist() == [0, 0, 2]
    places = (
        fitted.quality_table()[["patient_id", "visit", "plane"]].to_numpy().tolist()
    )
    assert places == [["P1", "pre", 0], ["P1", "pre", 1], ["P3", "pre", 0]]
    plane, row = X.at["P1", "us_pre"].planes[1], table.iloc[1]
    maps = qus_maps(
        plane,
        fitted.reference,
        attenuation_db_cm_mhz=0.5,
        overlap=0.5,
        options=OPTIONS,
    )
    for name in ("mbf", "ss", "si", "esd", "eac"):
        assert row[f"valid_{name}"] == pytest.approx(maps.valid_of(name).mean())
    counts = {cause: row[f"n_{cause}"] for cause in CAUSES if row[f"n_{cause}"]}
    assert counts == maps.invalid_counts
    assert row["n_windows"] == maps.valid.size
    heard = np.isfinite(maps.snr_db)
    assert row["median_snr_db"] == pytest.approx(np.median(maps.snr_db[heard]))
    assert (row["band_low_mhz"], row["band_high_mhz"]) == (3.0, 8.0)
    assert (row["attenuation_db_cm_mhz"], row["doubts"]) == (0.5, "")
    assert np.isnan(row["attenuation_se"])


def test_estimated_attenuation_stands_with_its_error():
    fitted = mapper(attenuation_db_cm_mhz="estimate", window_mm=1.0)
    fitted.fit_transform(cohort(P1=[scan(99)]))
    row = fitted.quality_.iloc[0]
    assert row["attenuation_db_cm_mhz"] == pytest.approx(0.5, abs=0.3)
    assert 0 < row["attenuation_se"] < 0.3


def test_the_table_is_that_of_the_last_transform():
    X = cohort(P1=[scan(1)], P2=[scan(2), scan(3)])
    fitted = mapper().fit(X)
    assert not hasattr(fitted, "quality_")
    fitted.transform(X[1:])
    assert fitted.quality_["row"].tolist() == [0, 0]
    assert fitted.quality_table()["patient_id"].tolist() == ["P2", "P2"]
    again = pickle.loads(pickle.dumps(fitted))
    pd.testing.assert_frame_equal(again.quality_, fitted.quality_)
    with pytest.raises(ValueError, match="names are not saved; transform them again"):
        again.quality_table()
    assert not hasattr(clone(fitted), "quality_")
    assert not hasattr(fitted.fit(X), "quality_")


def test_workers_and_store_tell_the_same(tmp_path):
    X = cohort(P1=[scan(1)], P2=[scan(2, FADES)])
    tables = []
    settings = {"store": tmp_path}, {"store": tmp_path}, {"n_jobs": 2}, {}
    for each in settings:
        fitted = mapper(min_valid_share=0.0, **each)
        fitted.fit_transform(X)
        tables.append(fitted.quality_)
    for table in tables[1:]:
        pd.testing.assert_frame_equal(table, tables[0])


@pytest.mark.parametrize("what", ["deleted", "damaged"])
def test_maps_without_their_quality_are_computed_again(tmp_path, what):
    X = cohort(P1=[scan(1)])
    fitted = mapper(store=tmp_path)
    fitted.fit_transform(X)
    expected = fitted.quality_
    (note,) = tmp_path.glob("??/*.json")
    assert json.loads(note.read_text())["n_windows"] == expected["n_windows"][0]
    note.unlink() if what == "deleted" else note.write_text("{}")
    assert len(said(lambda: fitted.transform(X))) == (what == "damaged")
    pd.testing.assert_frame_equal(fitted.quality_, expected)
    assert len(list(tmp_path.glob("??/*.json"))) == 1


@pytest.mark.parametrize("store", [False, True])
def test_poor_planes_are_warned_of_once_with_the_first_place(tmp_path, store):
    X = cohort(P1=[scan(1)], P2=[scan(2, FADES), scan(3, FADES)])
    fitted = mapper(store=tmp_path if store else None).fit(X)
    for _ in range(1 + store):  # found maps are warned of like others
        (text,) = said(lambda: fitted.transform(X))
        assert (
            "less than 50% of the windows of a map are valid in 2 of 3 planes:" in text
        )
        assert "first in row P2, column us_pre, plane 0" in text
        assert "most others: low_snr" in text
    assert said(lambda: fitted.set_params(min_valid_share=0.2).transform(X)) == []


@pytest.mark.parametrize("share", [0.0, 0.5])
def test_plane_without_a_valid_window_is_always_said(share):
    zeros = Plane.from_rf(np.zeros((800, 64)), fs_mhz=40.0, line_pitch_mm=0.25)
    X = cohort(P1=[scan(1)], P2=[scan(2), scan(3, EMPTY)], P4=[zeros])
    fitted = mapper(min_valid_share=share, channels="ss").fit(X)
    (text,) = said(lambda: fitted.transform(X))
    assert "in 2 of 4 planes, of 2 none at all" in text
    assert "row P2, column us_pre, plane 1, where 0% of ss are" in text
    table = fitted.quality_
    assert table["n_low_snr"].iloc[2] == table["n_windows"].iloc[2]
    assert table["n_dead_line"].iloc[3] == table["n_windows"].iloc[3]


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_doubts_of_a_kind_are_one_warning(n_jobs):
    planes = [scan(i, gain=gain) for i, gain in enumerate((1, 10, 8, 0.1))]
    X = cohort(P1=planes[:1], P2=planes[1:])
    fitted = mapper(n_jobs=n_jobs).fit(X)
    (text,) = said(lambda: fitted.transform(X))
    assert text.startswith("3 of 4 planes, the first row P2, column us_pre, plane 0: ")
    assert "gain, TGC or another setting differs" in text
    doubted = fitted.quality_["doubts"].str.contains("gain, TGC")
    assert doubted.tolist() == [False, True, True, True]


def test_doubts_of_the_reference_are_warned_of_once_and_stand_in_the_table():
    X = cohort(P1=[scan(1), scan(2, n_samples=780)], P2=[scan(3, n_samples=760)])
    fitted = mapper(band_mhz=(11.0, 16.0), min_valid_share=0.0)
    texts = said(lambda: fitted.fit(X))
    assert sum("little energy at 11 to 16 MHz" in text for text in texts) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fitted.transform(X)
    assert (
        fitted.quality_["doubts"].str.contains("the reference: .*little energy").all()
    )


def test_check_of_the_phantom_is_said_once_and_stands_in_every_table():
    narrow = ReferencePhantom(
        Plane.from_rf(scan(99).load()[:, :20], fs_mhz=40.0, line_pitch_mm=0.25),
        attenuation_db_cm_mhz=0.5,
        speed_of_sound=1540.0,
        bsc=PowerLaw(1e-6, 3.0),
    )
    fitted, X = mapper().set_params(reference=narrow), cohort(P1=[scan(1)])
    for first in (True, False):
        texts = said(lambda: clone(fitted).fit(X))
        assert any("uncertain" in text for text in texts) == first
    fitted.fit(X).transform(X)
    assert "the reference: " in fitted.quality_["doubts"].iloc[0]


def test_one_plane_is_warned_of_where_it_is_transformed():
    fitted = mapper().fit(cohort(P1=[scan(1)]))
    with pytest.warns(UserWarning, match="the plane: the noise of the scan"):
        fitted.transform_plane(scan(2, gain=10.0))


def test_cohort_without_planes_has_an_empty_table():
    fitted = mapper().fit(cohort(P1=[scan(1)]))
    fitted.transform(cohort(P2=None))
    assert len(fitted.quality_) == 0
