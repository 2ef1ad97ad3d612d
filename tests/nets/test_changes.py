import numpy as np
import pytest
import torch

from sknac.nets import Augmentation
from sknac.nets._changes import Changes

EACH = {
    "rotate_deg": 20.0,
    "zoom": 0.3,
    "elastic": 0.1,
    "gain": 0.5,
    "gamma": 0.5,
    "speckle": 0.3,
    "cutout": 0.5,
}
MOVES = {"rotate_deg", "zoom", "elastic"}


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def changes(masks=(), flip=False, max_shift=0.0, **settings):
    return Changes(flip, max_shift, Augmentation(**settings), masks)


def smooth(*shape):
    """Images of a broad bump, the same for every item."""
    side = np.linspace(-1, 1, shape[-1])
    bump = np.exp(-(side[:, None] ** 2) - (side - 0.2) ** 2).astype(np.float32)
    return torch.from_numpy(np.broadcast_to(bump, shape).copy())


@pytest.mark.parametrize("name", EACH)
def test_each_change_differs_by_item_and_alone_does_what_it_says(name):
    x = smooth(6, 1, 24, 24)
    found = changes(**{name: EACH[name]}).of_training(x, generator())
    assert found.shape == x.shape
    assert torch.isfinite(found).all()
    apart = [(found[0] - other).abs().max() for other in found[1:]]
    assert min(apart) > 1e-3
    assert (found - x).abs().amax(dim=(1, 2, 3)).min() > 0


@pytest.mark.parametrize("name", sorted(MOVES | {"gain", "gamma", "cutout"}))
def test_both_visits_and_all_channels_of_an_item_change_alike(name):
    x = smooth(5, 2, 3, 24, 24)
    found = changes(**{name: EACH[name]}).of_training(x, generator())
    torch.testing.assert_close(found, found[:, :1, :1].expand_as(found))


def test_speckle_is_drawn_for_each_image_by_itself():
    x = smooth(2, 2, 2, 24, 24)
    found = changes(speckle=0.3).of_training(x, generator()).flatten(0, 2)
    ratios = torch.corrcoef((found / x.flatten(0, 2)).flatten(1))
    assert (ratios - torch.eye(8)).abs().max() < 0.2


def test_masks_move_with_the_image_but_keep_their_values():
    x = smooth(8, 2, 24, 24)
    x[:, 1] = (x[:, 0] > 0.5).float()
    found = changes(masks=(1,), **EACH).of_training(x, generator())
    assert set(found[:, 1].unique().tolist()) == {0.0, 1.0}
    assert (found[:, 1] != x[:, 1]).any(dim=(1, 2)).all()
    # Without grey changes the moved mask lies where the moved image is bright.
    moves = {name: EACH[name] for name in MOVES}
    found = changes(masks=(1,), **moves).of_training(x, generator())
    agree = (found[:, 0] > 0.5) == (found[:, 1] > 0.5)
    assert agree.float().mean() > 0.97


def test_grey_changes_alone_leave_masks_untouched():
    x = torch.rand(4, 2, 3, 16, 16)
    greys = {name: size for name, size in EACH.items() if name not in MOVES}
    before = x.clone()
    found = changes(masks=(0, 2), **greys).of_training(x, generator())
    assert torch.equal(found[:, :, [0, 2]], x[:, :, [0, 2]])
    assert not torch.equal(found[:, :, 1], x[:, :, 1])
    assert torch.equal(x, before)


def test_a_network_of_masks_alone_has_no_greys_to_change():
    x = (torch.rand(4, 2, 16, 16) > 0.5).float()
    found = changes(masks=(0, 1), gain=0.5, cutout=0.5).of_training(x, generator())
    assert torch.equal(found, x)


def test_what_comes_from_outside_is_zero_for_negative_images_too():
    x = torch.full((20, 1, 16, 16), -3.0)
    found = changes(**EACH, max_shift=0.3).of_training(x, generator())
    assert found.max() <= 0
    corners = found[:, 0, [0, 0, -1, -1], [0, -1, 0, -1]]
    assert (corners == 0).float().mean() > 0.4


def test_changes_meet_the_share_of_items_asked_for():
    x = smooth(400, 1, 8, 8)
    found = changes(gain=0.5, probability=0.3).of_training(x, generator())
    met = (found != x).any(dim=(1, 2, 3)).float().mean()
    assert met == pytest.approx(0.3, abs=0.07)
    never = changes(**EACH, probability=0.0).of_training(x, generator())
    assert torch.equal(never, x)


def test_factors_are_as_often_below_one_as_above():
    x = torch.ones(2000, 1, 1, 1)
    found = changes(gain=0.5).of_training(x, generator()).ravel()
    assert found.min() >= 1 / 1.5
    assert found.max() <= 1.5
    assert found.log().mean().item() == pytest.approx(0.0, abs=0.02)


def test_draws_leave_torchs_generator_alone_and_follow_their_own():
    x = smooth(4, 1, 16, 16)
    torch.manual_seed(0)
    expected = torch.rand(1)
    torch.manual_seed(0)
    first = changes(**EACH).of_training(x, generator(1))
    assert torch.rand(1) == expected
    assert torch.equal(changes(**EACH).of_training(x, generator(1)), first)
    assert not torch.equal(changes(**EACH).of_training(x, generator(2)), first)


def test_nothing_asked_for_leaves_the_batch_as_it_is():
    x = smooth(3, 1, 16, 16)
    assert changes().of_training(x, generator()) is x
    assert Changes(False, 0.0).of_training(x, None) is x


@pytest.mark.parametrize("shape", [(5, 2, 16, 16), (5, 2, 1, 16, 16)])
def test_a_view_changes_every_item_alike_whatever_others_there_are(shape):
    x = torch.rand(shape)
    some = changes(flip=True, max_shift=0.2, **EACH)
    whole = some.of_view(x, 1, seed=3)
    assert torch.equal(some.of_view(x[2:3], 1, seed=3), whole[2:3])
    assert torch.equal(some.of_view(x, 1, seed=3), whole)
    assert not torch.equal(some.of_view(x, 2, seed=3), whole)
    assert not torch.equal(some.of_view(x, 1, seed=4), whole)


def test_views_of_odd_number_are_mirrored_and_shifted_within_reach():
    x = torch.zeros(1, 1, 9, 9)
    x[0, 0, 4, 2] = 1.0
    mirrored = Changes(True, 0.0)
    assert torch.equal(mirrored.of_view(x, 1, seed=0), x.flip(-1))
    assert torch.equal(mirrored.of_view(x, 2, seed=0), x)
    places = [Changes(False, 0.25).of_view(x, n, seed=0).argmax() for n in range(40)]
    rows, columns = np.unravel_index(places, (9, 9))
    assert set(rows) == {2, 3, 4, 5, 6}
    assert set(columns) == {0, 1, 2, 3, 4}
