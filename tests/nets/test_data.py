from itertools import chain

import numpy as np
import pytest
import torch

from sknac.nets._data import BatchPlan, augment, split_patients

CLASSES = np.array(["non-response", "response"])


def plan(n, size, shuffle=True):
    generator = torch.Generator().manual_seed(0)
    return BatchPlan(n, size, shuffle=shuffle, generator=generator)


@pytest.mark.parametrize(("n", "size"), [(9, 4), (8, 4), (1, 4), (3, 1), (5, -1)])
def test_every_item_is_in_one_batch(n, size):
    batches = list(plan(n, size))
    assert sorted(chain(*batches)) == list(range(n))
    assert len(batches) == len(plan(n, size))


def test_last_batch_of_one_joins_the_batch_before():
    assert [len(b) for b in plan(9, 4)] == [4, 5]
    assert [len(b) for b in plan(10, 4)] == [4, 4, 2]


def test_prediction_keeps_the_order():
    assert [*chain(*plan(9, 4, shuffle=False))] == list(range(9))


def test_order_changes_from_epoch_to_epoch():
    batches = plan(20, 20)
    assert list(batches) != list(batches)


def test_augmentation_moves_each_item_by_whole_pixels_and_fills_with_zero():
    torch.manual_seed(0)
    x = torch.zeros(200, 2, 9, 9)
    x[:, :, 4, 4] = torch.tensor([1.0, 2.0])
    moved = augment(x, flip=False, max_shift=0.35)  # int(0.35 * 9) = 3
    where = moved[:, 0].flatten(1).argmax(1)
    assert set((where // 9).tolist()) == set(range(1, 8))
    assert set((where % 9).tolist()) == set(range(1, 8))
    # Both channels moved together, and nothing else appeared.
    torch.testing.assert_close(moved[:, 1], 2 * moved[:, 0])
    assert moved.sum() == 600


def test_shift_loses_what_leaves_the_image():
    torch.manual_seed(0)
    moved = augment(torch.ones(50, 1, 10, 10), flip=False, max_shift=0.3)
    kept = moved[:, 0].sum((1, 2))
    assert kept.min() >= 49
    assert kept.max() <= 100


def test_flip_mirrors_about_half_of_the_items():
    torch.manual_seed(0)
    x = torch.arange(3.0).expand(1000, 1, 2, 3)
    mirrored = augment(x, flip=True, max_shift=0.0)[:, 0, 0, 0] == 2
    assert 400 < mirrored.sum() < 600


def test_both_images_of_a_pair_move_alike():
    torch.manual_seed(0)
    x = torch.rand(20, 1, 1, 8, 8).expand(20, 2, 1, 8, 8)
    moved = augment(x, flip=True, max_shift=0.3)
    torch.testing.assert_close(moved[:, 0], moved[:, 1])


def test_no_augmentation_returns_the_batch():
    x = torch.rand(2, 1, 8, 8)
    assert augment(x, flip=False, max_shift=0.0) is x


def test_split_is_stratified_and_complete():
    codes = np.repeat([0, 1], [60, 20])
    train, valid = split_patients(codes, None, 0.25, 0, CLASSES)
    np.testing.assert_array_equal(np.bincount(codes[valid]), [15, 5])
    assert sorted([*train, *valid]) == list(range(80))


def test_split_keeps_groups_together():
    codes = np.repeat([0, 1], 40)
    groups = np.arange(80) // 4
    train, valid = split_patients(codes, groups, 0.25, 0, CLASSES)
    assert not set(groups[train]) & set(groups[valid])
    assert len(valid) == 20


@pytest.mark.parametrize("groups", [None, np.arange(10)])
def test_split_refuses_a_class_of_one_patient(groups):
    codes = np.array([0] * 9 + [1])
    with pytest.raises(ValueError, match="class 'response' has 1"):
        split_patients(codes, groups, 0.25, 0, CLASSES)


def test_split_refuses_fewer_validation_patients_than_classes():
    with pytest.raises(ValueError, match="too few patients"):
        split_patients(np.array([0, 0, 1, 1]), None, 0.2, 0, CLASSES)
