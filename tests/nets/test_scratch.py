"""What a training reads again and again is kept, and nothing is left of it."""

# SPDX-License-Identifier: BSD-3-Clause

import io
import os
import pickle

import numpy as np
import pandas as pd
import pytest

from sknac.cohort import ArrayRef, Plane, Study
from sknac.cohort._recent import recent
from sknac.exceptions import CohortError
from sknac.nets import PlaneFeatureNet
from sknac.nets._items import Items
from sknac.nets._scratch import Scratch
from sknac.preprocessing import MapScaler


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    """The temporary folder of a test."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


def images(n=6):
    return np.random.default_rng(0).random((n, 2, 32, 32), np.float32)


def derived(tmp_path, values):
    """A cohort frame of scaled maps in files."""
    cells = []
    for i, image in enumerate(values):
        np.save(tmp_path / f"{i}.npy", image)
        handle = ArrayRef.from_file(tmp_path / f"{i}.npy")
        cells.append(Study([Plane(handle, "maps", channels=("a", "b"))]))
    index = [f"P{i}" for i in range(len(cells))]
    X = pd.DataFrame({"us_pre": pd.Series(cells, index, dtype=object)})
    return MapScaler().fit_transform(X)


def network(**settings):
    given = {"module": "ran_tiny", "max_epochs": 1, "batch_size": 3, "random_state": 0}
    return PlaneFeatureNet(**{"validation_fraction": 0.5, **given, **settings})


@pytest.mark.parametrize("most_bytes", [0, 1e9])
def test_images_come_back_in_any_order(most_bytes, temporary):
    scratch = Scratch(6, (2, 32, 32), most_bytes)
    assert all(scratch.write(image) for image in images())
    for i in (5, 0, 3, 3):
        assert np.array_equal(scratch.read(i), images()[i])
    assert list(temporary.iterdir()) == []  # has no name
    scratch.close()


@pytest.mark.parametrize("cache_mb", [0, 1])
def test_every_image_is_computed_once_a_fit(cache_mb, tmp_path, monkeypatch):
    X = derived(tmp_path, images())
    reads = []
    load = Plane.load

    def counted(self):
        reads.append(self.digest)
        return load(self)

    monkeypatch.setattr(Plane, "load", counted)
    network(cache_mb=cache_mb, max_epochs=3).fit(X, [0, 1] * 3)
    assert len(reads) == len(set(reads)) == 6


def test_predictions_do_not_depend_on_where_images_are_kept(tmp_path):
    X = derived(tmp_path, images())
    plain = np.stack([X.iloc[i, 0].planes[0].load() for i in range(6)])
    y = [0, 1] * 3
    found = [network(cache_mb=mb).fit(X, y).predict_proba(X) for mb in (0, 1)]
    expected = network().fit(plain, y).predict_proba(plain)
    assert np.array_equal(found[0], expected)
    assert np.array_equal(found[1], expected)


def test_files_are_closed_after_an_error_too(tmp_path, monkeypatch):
    X = derived(tmp_path, images())
    closed = []
    close = Scratch.close
    monkeypatch.setattr(Scratch, "close", lambda self: (closed.append(1), close(self)))
    before = len(os.listdir("/proc/self/fd")) if os.path.exists("/proc") else 0
    # Who catches the error holds its frames, and what these hold.
    with pytest.raises(ValueError, match="training diverged") as caught:
        network(cache_mb=0, lr=1e30, max_epochs=3).fit(X, [0, 1] * 3)
    after = len(os.listdir("/proc/self/fd")) if os.path.exists("/proc") else 0
    assert closed
    assert after == before
    assert caught.value.__traceback__ is not None


def test_one_image_on_both_sides_is_found_as_it_is_kept(tmp_path):
    values = images()
    values[1:] = values[1]  # whichever rows are held out
    X = derived(tmp_path, values)
    with pytest.raises(CohortError, match="have the same pixels"):
        network(cache_mb=0).fit(X, [0, 1] * 3)


def test_no_room_is_told_and_nothing_is_kept(tmp_path, monkeypatch):
    X = derived(tmp_path, images())
    expected = network().fit(X, [0, 1] * 3).predict_proba(X)

    class Full(io.FileIO):
        def write(self, data):
            if self.tell() > 8192:
                raise OSError(28, "No space left on device")
            return super().write(data[:5000])

    path = tmp_path / "full"
    monkeypatch.setattr("tempfile.TemporaryFile", lambda **_: Full(path, "w+"))
    with pytest.warns(UserWarning, match=r"No space left on device.*TMPDIR"):
        net = network(cache_mb=0).fit(X, [0, 1] * 3)
    assert np.array_equal(net.predict_proba(X), expected)


def test_a_temporary_folder_that_is_not_there_is_told(tmp_path, monkeypatch):
    X = derived(tmp_path, images(2))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "none"))
    planes = [cell.planes[0] for cell in X["us_pre"]]
    items = Items(planes, [0, 1], 2, ["row P0", "row P1"])
    with pytest.warns(UserWarning, match=r"No such file.*TMPDIR"):
        items.check_pixels()
    assert np.array_equal(items.read(1), planes[1].load())


def test_other_processes_read_for_themselves(tmp_path):
    X = derived(tmp_path, images(2))
    planes = [cell.planes[0] for cell in X["us_pre"]]
    items = Items(planes, [0, 1], 2, ["row P0", "row P1"])
    items.check_pixels()
    sent = pickle.loads(pickle.dumps(items))
    assert np.array_equal(sent.batch([1, 0]), items.batch([1, 0]))
    items.release()
    assert np.array_equal(sent.batch([1, 0]), items.batch([1, 0]))


def test_images_in_memory_are_not_kept_twice():
    items = Items(list(images()), range(6), 6, ["row"] * 6)
    items.check_pixels()
    assert items._scratch is None


def test_cache_must_be_a_size():
    with pytest.raises(ValueError, match="cache_mb"):
        network(cache_mb=-1).fit(images(), [0, 1] * 3)


def test_memory_is_for_the_network_once_images_are_in_a_file(tmp_path):
    X = derived(tmp_path, images())
    planes = [cell.planes[0] for cell in X["us_pre"]]
    for most_bytes, left in ((1e9, True), (0, False)):
        recent.clear()
        items = Items(planes, range(6), 6, ["row"] * 6)
        items.check_pixels(most_bytes)
        assert bool(recent.n_bytes) == left
        items.release()
