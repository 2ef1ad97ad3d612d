import numpy as np
import pytest
import torch

from sknac.nets._greys import add_speckle, change_gain, change_gamma, cut_out


@pytest.fixture
def images():
    """Two items of two visits of two channels, each with a black pixel."""
    x = torch.rand(2, 2, 2, 10, 8, generator=torch.Generator().manual_seed(0))
    x[..., 3, 3] = 0.0
    return x


def test_gamma_is_that_of_monai_where_the_darkest_pixel_is_black(images):
    from monai.transforms import AdjustContrast

    found = change_gamma(images, torch.tensor([0.7, 1.6]))
    for item, gamma, one in zip(images, (0.7, 1.6), found, strict=True):
        for channel in range(2):  # both visits at once
            expected = AdjustContrast(gamma)(item[:, channel])
            torch.testing.assert_close(one[:, channel], expected, atol=1e-5, rtol=0)


def test_gamma_bends_both_visits_by_one_curve(images):
    images[:, 1] *= 0.25  # darker after treatment, by a quarter
    found = change_gamma(images, torch.tensor([2.0, 2.0]))
    most = images.amax(dim=(1, 3, 4), keepdim=True)
    torch.testing.assert_close(found, images**2 / most)


def test_gain_is_that_of_monai(images):
    from monai.transforms import ScaleIntensity

    found = change_gain(images, torch.tensor([1.3, 0.8]))
    expected = ScaleIntensity(minv=None, maxv=None, factor=0.3)(images[0])
    torch.testing.assert_close(found[0], expected)
    torch.testing.assert_close(found[1], images[1] * 0.8)


def test_speckle_has_mean_one_and_the_spread_asked_for():
    x = torch.ones(2, 1, 1, 400, 400)
    noise = torch.randn(x.shape, generator=torch.Generator().manual_seed(0))
    found = add_speckle(x, torch.tensor([0.3, 0.0]), noise)
    assert found[0].mean().item() == pytest.approx(1.0, abs=3e-3)
    assert found[0].std().item() == pytest.approx(0.3, abs=5e-3)
    assert found[0].min() > 0
    torch.testing.assert_close(found[1], x[1])


def test_a_rectangle_is_cut_out_of_all_images_of_an_item(images):
    boxes = torch.tensor([[0.2, 0.5, 0.25, 1.0], [0.0, 0.0, 0.0, 0.0]])
    found = cut_out(images + 1, boxes)
    expected = images + 1
    expected[0, ..., 2:5, 2:8] = 0.0
    torch.testing.assert_close(found, expected)


@pytest.mark.parametrize("values", [np.zeros(4), [-2.0, 0.0, 1.0, 3.0], [1e30] * 4])
def test_black_stays_black_and_numbers_stay_finite(values):
    x = torch.tensor(np.array(values), dtype=torch.float32).view(1, 1, 1, 2, 2)
    for gamma in (0.3, 1.0, 3.0):
        found = change_gamma(x, torch.tensor([gamma]))
        found = change_gain(found, torch.tensor([2.0]))
        found = add_speckle(found, torch.tensor([1.0]), torch.randn(x.shape))
        assert torch.isfinite(found).all()
        assert torch.equal(found.sign(), x.sign())
