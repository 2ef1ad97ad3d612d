"""Parts that the networks share: the feature head and setting checks."""

# SPDX-License-Identifier: BSD-3-Clause

from abc import abstractmethod
from collections.abc import Mapping

import torch
from torch import nn
from torch.nn import functional

from sknac.nets._parts import Splittable

HEADS = ("pool", "flatten")


class PointConv(nn.Conv2d):
    """A 1 x 1 convolution without padding, of the pixels it looks at alone.

    With a stride oneDNN may write past its buffer (see `pick_layout`); without one it
    cannot, and the sums are the same.
    """

    def forward(self, x):
        rows, columns = self.stride
        return functional.conv2d(x[..., ::rows, ::columns], self.weight, self.bias)


class FeatureHead(nn.Module):
    """Turn a backbone's last maps into a feature vector and class logits.

    ``"pool"`` averages over the image and ends in a linear layer, so it takes
    images of any size. ``"flatten"`` is a 1x1 convolution to one channel whose
    pixels are the features, so the image's size decides their number.
    """

    def __init__(self, channels, n_classes, *, head, feature_dim, dropout, map_shape):
        super().__init__()
        if head not in HEADS:
            raise ValueError(f"head must be one of {HEADS}, got {head!r}")
        if head == "flatten" and map_shape is None:
            raise ValueError('head="flatten" needs image_size; give (height, width)')
        if head == "flatten":
            self.reduce = nn.Sequential(nn.Conv2d(channels, 1, 1), nn.Flatten())
            feature_dim = map_shape[0] * map_shape[1]
        elif feature_dim is None:
            self.reduce = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
            feature_dim = channels
        else:
            self.reduce = nn.Sequential(
                nn.AdaptiveAvgPool2d(1),
                nn.Flatten(),
                nn.Linear(channels, feature_dim),
                nn.ReLU(),
            )
        self.feature_dim = feature_dim
        self.dropout = nn.Dropout(dropout)
        self.classify = nn.Linear(feature_dim, n_classes)

    def features(self, maps: torch.Tensor) -> torch.Tensor:
        """Reduce maps to feature vectors."""
        return self.reduce(maps)

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        """Reduce maps to class logits."""
        return self.classify(self.dropout(self.features(maps)))


class PlaneNet(Splittable):
    """A backbone with a feature head: ``maps`` -> ``features`` -> logits."""

    head: FeatureHead
    # Pixels of the image per pixel of the last maps.
    stride: int

    @abstractmethod
    def maps(self, x: torch.Tensor) -> torch.Tensor:
        """Compute the backbone's last feature maps."""

    @property
    def feature_dim(self) -> int:
        """Number of features per image."""
        return self.head.feature_dim

    def features(self, x: torch.Tensor) -> torch.Tensor:
        """Compute the feature vectors of images.

        Parameters
        ----------
        x : Tensor of shape (n_images, in_channels, height, width)
            Images.

        Returns
        -------
        Tensor of shape (n_images, feature_dim)
            Features; the classifying layer works on them.
        """
        return self.head.features(self.maps(x))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Compute the class logits of images.

        Parameters
        ----------
        x : Tensor of shape (n_images, in_channels, height, width)
            Images.

        Returns
        -------
        Tensor of shape (n_images, n_classes)
            Logits.
        """
        return self.head(self.maps(x))


def halved(size: tuple[int, int] | None, times: int) -> tuple[int, int] | None:
    """Halve a map size, rounding up, as each stride of two does."""
    if size is None:
        return None
    height, width = size
    for _ in range(times):
        height, width = -(-height // 2), -(-width // 2)
    return height, width


def fill_from_layout(
    layouts: Mapping, layout: str, given: Mapping, **nullable: object
) -> dict:
    """Take each setting that was not given (is None) from the named layout.

    For those `nullable` None is a value; not given, they are "layout".
    """
    if layout not in layouts:
        raise ValueError(f"layout must be one of {sorted(layouts)}, got {layout!r}")
    preset = layouts[layout]
    use = {k: preset[k] if v is None else v for k, v in given.items()}
    return use | {k: preset[k] if v == "layout" else v for k, v in nullable.items()}
