"""Files of maps hold no pickled object, and what is damaged is said."""

# SPDX-License-Identifier: BSD-3-Clause

import json
import zipfile
from io import BytesIO

import numpy as np
import pytest

from sknac.exceptions import SknacFormatError
from sknac.qus import QUSMaps


@pytest.fixture
def maps(rng):
    return QUSMaps(
        valid=np.ones((6, 5), bool),
        depth_mm=np.arange(6.0),
        lateral_mm=np.arange(5.0),
        freqs_mhz=np.arange(3, 8.0),
        mbf=rng.normal(size=(6, 5)),
        band_mhz=(3.0, 8.0),
    )


@pytest.fixture
def saved(maps, tmp_path):
    maps.save(tmp_path / "maps.npz")
    return tmp_path / "maps.npz"


def npy(values, **kind):
    file = BytesIO()
    np.save(file, values, **kind)
    return file.getvalue()


def huge():
    """An array whose header asks for a million times what follows."""
    file = BytesIO()
    header = {"descr": "<f8", "fortran_order": False, "shape": (6, 10**13)}
    np.lib.format.write_array_header_1_0(file, header)
    return file.getvalue() + bytes(240)


@pytest.mark.parametrize("name", ["maps", "maps.npy", "maps.mat", "maps.npz.old"])
def test_another_suffix_is_refused(maps, tmp_path, name):
    with pytest.raises(ValueError, match=r"must end in \.npz, got .*; export writes"):
        maps.save(tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_numpy_reads_the_arrays_without_pickle(maps, saved):
    with np.load(saved, allow_pickle=False) as file:
        np.testing.assert_array_equal(file["mbf"], maps.mbf)
        assert json.loads(str(file["notes"]))["fields"]["band_mhz"] == [3.0, 8.0]


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_a_file_that_is_cut_off_is_said(saved, share):
    whole = saved.read_bytes()
    saved.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(SknacFormatError, match=r"; save maps by QUSMaps.save again"):
        QUSMaps.load(saved)


def test_every_changed_byte_is_harmless_or_said(maps, saved):
    whole = saved.read_bytes()
    rng = np.random.default_rng(0)
    n_said = 0
    for place in rng.choice(len(whole), 300, replace=False):
        changed = bytearray(whole)
        changed[place] ^= 1 << rng.integers(8)
        saved.write_bytes(bytes(changed))
        try:
            again = QUSMaps.load(saved)
        except SknacFormatError:
            n_said += 1
        else:
            np.testing.assert_array_equal(again.mbf, maps.mbf)
            np.testing.assert_array_equal(again.depth_mm, maps.depth_mm)
    assert n_said > 100


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("mbf.npy", npy(np.zeros((6, 4)))),
        ("valid.npy", npy(np.zeros((6, 5)))),
        ("valid.npy", npy(np.zeros((5, 6), bool))),
        ("mbf.npy", npy(np.array([[object()]], object), allow_pickle=True)),
        ("mbf.npy", huge()),
        ("mbf.npy", b"no array"),
        ("more.npy", npy(np.zeros(3))),
        ("notes.npy", npy(np.array("{}"))),
        ("notes.npy", npy(np.array("[1, 2]"))),
        ("notes.npy", npy(np.array('{"format": "sknac QUSMaps 9", "fields": {}}'))),
    ],
)
def test_files_of_other_contents_are_said(saved, name, data):
    with zipfile.ZipFile(saved) as file:
        contents = {entry: file.read(entry) for entry in file.namelist()}
    with zipfile.ZipFile(saved, "w") as file:
        for entry, old in (contents | {name: data}).items():
            file.writestr(entry, data if entry == name else old)
    with pytest.raises(SknacFormatError, match=r"; save maps by QUSMaps.save again"):
        QUSMaps.load(saved)


@pytest.mark.parametrize(
    "changed",
    [
        {"attenuation": {"db_cm_mhz": 0.6}},
        {"attenuation": 0.6},
        {"invalid_counts": [1, 2]},
        {"band_mhz": 3},
        {"mbf": [[1.0, 2.0]]},
        {"more": 1},
    ],
)
def test_notes_that_are_not_those_of_maps_are_said(saved, changed):
    with zipfile.ZipFile(saved) as file:
        contents = {entry: file.read(entry) for entry in file.namelist()}
    notes = json.loads(str(np.load(BytesIO(contents["notes.npy"]))))
    notes["fields"] |= changed
    contents["notes.npy"] = npy(np.array(json.dumps(notes)))
    with zipfile.ZipFile(saved, "w") as file:
        for entry, data in contents.items():
            file.writestr(entry, data)
    with pytest.raises(SknacFormatError, match=r"; save maps by QUSMaps.save again"):
        QUSMaps.load(saved)


def test_a_file_that_is_missing_is_missing(tmp_path):
    with pytest.raises(FileNotFoundError):
        QUSMaps.load(tmp_path / "maps.npz")
