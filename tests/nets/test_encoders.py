"""Networks on single images, by name."""

import pytest
import torch

from sknac.nets import PlaneFeatureNet
from sknac.nets._encoders import ENCODERS


def test_the_documentation_names_every_one():
    assert all(f'``"{name}"``' in PlaneFeatureNet.__doc__ for name in ENCODERS)


@pytest.mark.parametrize("name", sorted(ENCODERS))
def test_each_gives_as_many_features_as_it_says(name):
    make, settings = ENCODERS[name]
    with torch.device("meta"):  # shapes alone, without weights
        net = make(3, 2, **settings)
        assert net.features(torch.empty(2, 3, 64, 64)).shape == (2, net.feature_dim)
