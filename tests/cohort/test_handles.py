"""Handles: content digests, staleness, immutability, size."""

# SPDX-License-Identifier: BSD-3-Clause

import copy
import os
import pickle
import subprocess
import sys

import joblib
import numpy as np
import pytest
from PIL import Image

from sknac.cohort import ArrayRef, InMemoryArray
from sknac.cohort._handles import _content
from sknac.exceptions import SknacFormatError, StaleFileError

STACK = np.arange(24, dtype="int16").reshape(2, 3, 4)
DAY = 86_400


def save(path, array, age=DAY):
    """Write an array that was last changed ``age`` seconds ago."""
    np.save(path, array)
    then = os.stat(path).st_mtime - age
    os.utime(path, (then, then))
    return path


@pytest.fixture
def path(tmp_path):
    """A file with a stack of two frames."""
    return save(tmp_path / "stack.npy", STACK)


@pytest.fixture(params=["memory", "file"])
def handle(request, path):
    """The same array behind either kind of handle."""
    return (
        InMemoryArray(STACK) if request.param == "memory" else ArrayRef.from_file(path)
    )


def test_both_kinds_have_one_interface(handle):
    assert (handle.shape, handle.ndim, handle.dtype) == ((2, 3, 4), 3, np.int16)
    assert isinstance(handle.dtype, np.dtype)
    assert len(handle.digest) == 32
    assert int(handle.digest, 16) >= 0
    np.testing.assert_array_equal(handle.load(), STACK)
    assert type(handle.load()) is np.ndarray


def test_loaded_samples_cannot_be_written(handle):
    with pytest.raises(ValueError, match="read-only"):
        handle.load()[0, 0, 0] = 9


@pytest.mark.parametrize("name", ["digest", "shape", "dtype", "new"])
def test_handles_are_immutable(handle, name):
    with pytest.raises(AttributeError, match="immutable"):
        setattr(handle, name, 0)
    with pytest.raises(AttributeError, match="immutable"):
        delattr(handle, name)


def test_handles_are_scalars_to_numpy_and_python(handle):
    assert not hasattr(handle, "__array__")
    assert not hasattr(handle, "__len__")
    with pytest.raises(TypeError, match="not iterable"):
        iter(handle)
    assert np.asarray(handle).shape == ()
    assert np.array([handle, handle], dtype=object).shape == (2,)


def test_round_trips_keep_identity_and_samples(handle):
    again = pickle.loads(pickle.dumps(handle))
    assert again == handle
    assert hash(again) == hash(handle)
    assert repr(again) == repr(handle)
    np.testing.assert_array_equal(again.load(), STACK)
    assert not again.load().flags.writeable
    assert copy.deepcopy(handle) is handle


def test_equal_handles_serve_as_one_key(handle, path):
    again = InMemoryArray(STACK) if handle == InMemoryArray(STACK) else None
    again = again or ArrayRef.from_file(path)
    assert len({handle: 1, again: 2}) == 1
    assert handle != handle.digest


def test_the_source_array_is_copied():
    source = STACK.copy()
    handle = InMemoryArray(source)
    source[:] = 0
    np.testing.assert_array_equal(handle.load(), STACK)


@pytest.mark.parametrize(
    "other",
    [STACK + 1, STACK.view("uint16"), STACK.reshape(3, 2, 4), STACK[::-1]],
    ids=["value", "type", "shape", "order"],
)
def test_memory_digest_tells_content_type_and_shape(other):
    assert InMemoryArray(other).digest != InMemoryArray(STACK).digest


def test_memory_digest_ignores_the_layout():
    assert InMemoryArray(np.asfortranarray(STACK)) == InMemoryArray(STACK)


def test_one_image_has_one_pixel_digest_in_any_file(path, tmp_path):
    # A frame of a stack, the frame alone, a PNG of it and the array.
    image = np.arange(12, dtype="uint8").reshape(3, 4)
    Image.fromarray(image).save(tmp_path / "a.png")
    handles = [
        ArrayRef.from_file(save(tmp_path / "s.npy", np.stack([image + 1, image])), 1),
        ArrayRef.from_file(save(tmp_path / "a.npy", image)),
        ArrayRef.from_file(save(tmp_path / "f.npy", np.asfortranarray(image))),
        ArrayRef.from_file(tmp_path / "a.png"),
        InMemoryArray(image),
    ]
    assert {handle.pixel_digest for handle in handles} == {handles[-1].digest}
    assert len({handle.digest for handle in handles}) == 5


@pytest.mark.parametrize(
    "other", [STACK + 1, STACK.view("uint16"), STACK.reshape(3, 2, 4)]
)
def test_pixel_digest_tells_value_type_and_shape(other, path, tmp_path):
    digest = ArrayRef.from_file(path).pixel_digest
    other = ArrayRef.from_file(save(tmp_path / "b.npy", other))
    assert digest != other.pixel_digest


def test_pixel_digest_is_lazy_and_remembered(path, monkeypatch):
    reads = []

    def load(self):
        reads.append(self.path)
        return STACK * 3

    monkeypatch.setattr(ArrayRef, "load", load)
    _content.cache_clear()
    handle = ArrayRef.from_file(path)
    assert reads == []
    again = pickle.loads(pickle.dumps(handle))
    assert handle.pixel_digest == again.pixel_digest == InMemoryArray(STACK * 3).digest
    assert len(reads) == 1
    _content.cache_clear()


def test_pixel_digest_leaves_identity_and_cache_keys_alone(path):
    handle = ArrayRef.from_file(path)
    before = joblib.hash(handle), handle.digest
    assert handle.pixel_digest != handle.digest
    assert (joblib.hash(handle), handle.digest) == before


def test_pixel_digest_of_a_rewritten_file_is_not_the_old_one(path):
    old, first = ArrayRef.from_file(path), ArrayRef.from_file(path).pixel_digest
    save(path, STACK + 1, age=1)
    assert ArrayRef.from_file(path).pixel_digest == InMemoryArray(STACK + 1).digest
    assert old.pixel_digest == first


def test_objects_and_texts_are_refused():
    for array in (np.array([None]), np.array(["a"])):
        with pytest.raises(TypeError, match="must hold numbers"):
            InMemoryArray(array)


@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
def test_iq_is_refused_with_both_ways_out(dtype):
    with pytest.raises(
        TypeError, match=rf"got {dtype}, which is IQ; .*rf_from_iq"
    ) as told:
        InMemoryArray(np.ones((4, 3), dtype))
    assert 'variable="envelope"' in str(told.value)


def test_file_digest_goes_by_content_not_by_path(path, tmp_path):
    handle = ArrayRef.from_file(path)
    assert ArrayRef.from_file(save(tmp_path / "copy.npy", STACK, 5 * DAY)) == handle
    assert ArrayRef.from_file(save(tmp_path / "b.npy", STACK + 1)) != handle


def test_file_digest_goes_by_frame(path):
    digests = {ArrayRef.from_file(path, frame).digest for frame in (None, 0, 1)}
    assert len(digests) == 3


def test_frame_is_what_its_handle_loads(path):
    handle = ArrayRef.from_file(path, frame=1)
    assert handle.shape == (3, 4)
    np.testing.assert_array_equal(handle.load(), STACK[1])


def test_frame_0_of_a_matrix_is_the_matrix(tmp_path):
    handle = ArrayRef.from_file(save(tmp_path / "a.npy", STACK[0]), frame=0)
    np.testing.assert_array_equal(handle.load(), STACK[0])


def test_missing_frame_is_refused_at_once(path):
    with pytest.raises(ValueError, match="frame=2 does not exist, it has 2"):
        ArrayRef.from_file(path, frame=2)


def test_same_size_rewrite_is_stale(path):
    handle = ArrayRef.from_file(path)
    size = path.stat().st_size
    save(path, STACK[::-1], age=0)
    assert path.stat().st_size == size
    with pytest.raises(StaleFileError, match=r"stack\.npy changed .* build the cohort"):
        handle.load()


def test_other_size_under_the_same_time_is_stale(path):
    handle = ArrayRef.from_file(path)
    np.save(path, STACK[:1])
    os.utime(path, ns=(handle.mtime_ns, handle.mtime_ns))
    with pytest.raises(StaleFileError):
        handle.load()


def test_staleness_survives_pickling(path):
    sent = pickle.dumps(ArrayRef.from_file(path))
    save(path, STACK + 1, age=0)
    with pytest.raises(StaleFileError):
        pickle.loads(sent).load()


def test_new_handle_of_a_rewritten_file_has_the_new_digest(path):
    old = ArrayRef.from_file(path)
    save(path, STACK + 1, age=1)
    new = ArrayRef.from_file(path)
    assert new != old
    np.testing.assert_array_equal(new.load(), STACK + 1)


def test_young_files_are_hashed_anew_within_a_clock_tick(tmp_path):
    # Two writes in one tick of the file system's clock: same size, same time.
    path = save(tmp_path / "a.npy", STACK, age=0)
    old = ArrayRef.from_file(path)
    np.save(path, STACK + 1)
    os.utime(path, ns=(old.mtime_ns, old.mtime_ns))
    assert ArrayRef.from_file(path) != old


def test_vanished_file_is_named(path):
    handle = ArrayRef.from_file(path)
    path.unlink()
    with pytest.raises(FileNotFoundError, match=r"stack\.npy"):
        handle.load()


def test_links_to_names_without_suffix_are_read(tmp_path, path):
    # Stores of large files keep content under a hash and link to it.
    path.rename(tmp_path / "3f9a")
    path.symlink_to(tmp_path / "3f9a")
    np.testing.assert_array_equal(ArrayRef.from_file(path).load(), STACK)


def test_relative_paths_outlive_a_change_of_folder(path, monkeypatch, tmp_path_factory):
    monkeypatch.chdir(path.parent)
    handle = ArrayRef.from_file(path.name)
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    np.testing.assert_array_equal(handle.load(), STACK)


def test_damaged_file_is_refused_when_the_handle_is_made(tmp_path):
    (tmp_path / "a.npy").write_bytes(b"\x93NUMPY")
    with pytest.raises(SknacFormatError, match=r"a\.npy"):
        ArrayRef.from_file(tmp_path / "a.npy")


def test_file_handle_pickles_small_whatever_the_array(tmp_path):
    handle = ArrayRef.from_file(save(tmp_path / "big.npy", np.zeros((1000, 1000))))
    handle.load()
    assert len(pickle.dumps(handle)) < 400 + len(str(tmp_path))


HASH = """
import sys, joblib, numpy as np
from sknac.cohort import ArrayRef, InMemoryArray
array = np.arange(24, dtype="int16").reshape(2, 3, 4)
print(joblib.hash([ArrayRef.from_file(sys.argv[1], 1), InMemoryArray(array)]))
"""


def test_joblib_hash_is_the_same_in_another_process(path):
    there = subprocess.run(
        [sys.executable, "-c", HASH, path],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONHASHSEED": "7"},
    ).stdout.strip()
    assert there == joblib.hash([ArrayRef.from_file(path, 1), InMemoryArray(STACK)])


def test_joblib_hash_tells_content_and_frame(path, tmp_path):
    other = save(tmp_path / "b.npy", STACK + 1)
    handles = [
        ArrayRef.from_file(path, 0),
        ArrayRef.from_file(path, 1),
        ArrayRef.from_file(other, 0),
        InMemoryArray(STACK),
        InMemoryArray(STACK + 1),
    ]
    assert len({joblib.hash(handle) for handle in handles}) == 5


def test_masked_pixels_are_refused_and_an_empty_mask_is_none():
    with pytest.raises(ValueError, match="array has masked pixels; fill them"):
        InMemoryArray(np.ma.masked_values([[1.0, -9.0]], -9.0))
    assert InMemoryArray(np.ma.masked_values([[1.0, 2.0]], -9.0)).load().sum() == 3
