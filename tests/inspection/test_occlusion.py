import numpy as np
import pytest
import torch

from sknac.inspection._occlusion import Lattice, occluded_batches, patches_that_count


@pytest.mark.parametrize(
    ("patch", "stride", "length", "count"),
    [(8, 4, 128, 31), (8, 4, 37, 9), (8, 4, 5, 1), (8, 16, 40, 3), (2, 5, 10, 2)],
)
def test_lattice_counts_patches(patch, stride, length, count):
    assert Lattice(patch, stride, (length, 64)).shape[0] == count


@pytest.mark.parametrize(("patch", "stride"), [(8, 4), (7, 3), (5, 5), (4, 1)])
def test_patches_without_gaps_cover_every_pixel(patch, stride):
    lattice = Lattice(patch, stride, (41, 23))
    for axis, length in enumerate((41, 23)):
        spans = [lattice.span(k, axis) for k in range(lattice.shape[axis])]
        assert set().union(*(range(*span) for span in spans)) == set(range(length))
        assert all(start < stop for start, stop in spans)


def test_nearest_patch_by_hand():
    assert Lattice(4, 2, (8, 8)).nearest(0).tolist() == [0, 0, 0, 1, 1, 2, 2, 2]


def test_nearest_patch_leaves_gaps_open():
    assert Lattice(2, 4, (7, 7)).nearest(0).tolist() == [0, 0, -1, -1, 1, 1, -1]


@pytest.fixture
def sparse_image():
    rng = np.random.default_rng(0)
    return (rng.random((3, 30, 26)) * (rng.random((3, 30, 26)) < 0.01)).astype("f4")


def test_only_patches_with_a_value_count(sparse_image):
    lattice = Lattice(5, 3, (30, 26))
    expected = {
        (k, i, j)
        for k, channel in enumerate((2, 0))
        for i, j in np.ndindex(lattice.shape)
        if sparse_image[channel, 3 * i : 3 * i + 5, 3 * j : 3 * j + 5].any()
    }
    found = patches_that_count(sparse_image, lattice, (2, 0))
    assert len(found) == len(expected) < 2 * np.prod(lattice.shape)
    assert set(map(tuple, found.tolist())) == expected


@pytest.mark.parametrize("batch_size", [1, 7, 64])
def test_batches_hold_the_image_with_one_patch_zero(sparse_image, batch_size):
    lattice, channels = Lattice(5, 3, (30, 26)), (2, 0)
    patches = patches_that_count(sparse_image, lattice, channels)
    image = torch.from_numpy(sparse_image)[None]
    rebuilt = []
    for batch in occluded_batches(image, lattice, channels, patches, batch_size):
        assert len(batch.changed) <= batch_size
        for changed in batch.changed:
            rebuilt.append(sparse_image.copy())
            rebuilt[-1][:, slice(*batch.rows), slice(*batch.columns)] = changed
    for (k, i, j), found in zip(patches, rebuilt, strict=True):
        expected = sparse_image.copy()
        expected[channels[k], 3 * i : 3 * i + 5, 3 * j : 3 * j + 5] = 0
        np.testing.assert_array_equal(found, expected)


def test_batches_of_a_large_region_stay_in_small_boxes():
    lattice = Lattice(8, 4, (96, 96))
    image = torch.ones(1, 1, 96, 96)
    patches = patches_that_count(image[0].numpy(), lattice, (0,))
    boxes = [
        (b.rows[1] - b.rows[0]) * (b.columns[1] - b.columns[0])
        for b in occluded_batches(image, lattice, (0,), patches, 16)
    ]
    assert np.mean(boxes) < 1.5 * 20 * 20
