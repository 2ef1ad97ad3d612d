"""Residual networks behind one name."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Sequence

import torch
from torch import nn

from sknac.nets._blocks import (
    FeatureHead,
    PlaneNet,
    PointConv,
    fill_from_layout,
    halved,
)
from sknac.nets._parts import Split, part_of

_PAPER = {"width": 64, "feature_dim": 256, "dropout": 0.5}
LAYOUTS = {
    "18": _PAPER | {"block": "basic", "units": (2, 2, 2, 2)},
    "50": _PAPER | {"block": "bottleneck", "units": (3, 4, 6, 3)},
    "101": _PAPER | {"block": "bottleneck", "units": (3, 4, 23, 3)},
    "tiny": {
        "width": 8,
        "feature_dim": 32,
        "dropout": 0.2,
        "block": "basic",
        "units": (1, 1, 1, 1),
    },
}


class ResNet(PlaneNet):
    """Residual network for images.

    The network of the literature [1]_ with the same heads as `RAN`: a first
    convolution of stride 2 and max-pooling, four stages of residual units, and
    projections where a shortcut changes its size.

    Parameters
    ----------
    in_channels : int, default=4
        Channels of the images.
    n_classes : int, default=2
        Number of classes.
    layout : {"18", "50", "101", "tiny"}, default="50"
        Named settings. ``"tiny"`` trains on a CPU in seconds on images of 32 to 64
        pixels. Each setting below that is None is taken from the layout.
    head : {"pool", "flatten"}, default="pool"
        How the last maps become features; see `RAN`.
    feature_dim : int or None, default="layout"
        Number of features with ``head="pool"``. None means no linear layer: the
        averaged maps are the features, as in the original classifier.
    dropout : float, default=None
        Share of features dropped before the classifying layer while training.
    width : int, default=None
        Channels after the first convolution and in the first stage's units.
    units : sequence of four int, default=None
        Residual units per stage.
    block : {"basic", "bottleneck"}, default=None
        Kind of residual unit.
    image_size : tuple of two int, default=None
        Height and width; needed by ``head="flatten"`` only.

    Raises
    ------
    ValueError
        If a layout, head or block is unknown, or ``head="flatten"`` has no
        `image_size`.

    References
    ----------
    .. [1] K. He et al., "Deep Residual Learning for Image Recognition", CVPR, 2016.

    Examples
    --------
    >>> import torch
    >>> from sknac.nets import ResNet
    >>> net = ResNet(in_channels=1, layout="tiny").eval()
    >>> net(torch.zeros(3, 1, 32, 32)).shape
    torch.Size([3, 2])
    """

    def __init__(
        self,
        in_channels: int = 4,
        n_classes: int = 2,
        *,
        layout: str = "50",
        head: str = "pool",
        feature_dim: int | str | None = "layout",
        dropout: float | None = None,
        width: int | None = None,
        units: Sequence[int] | None = None,
        block: str | None = None,
        image_size: tuple[int, int] | None = None,
    ) -> None:
        super().__init__()
        given = {
            "width": width,
            "units": units,
            "block": block,
            "dropout": dropout,
        }
        use = fill_from_layout(LAYOUTS, layout, given, feature_dim=feature_dim)
        self.backbone = _Backbone(
            in_channels, use["width"], _unit_of(use["block"]), use["units"]
        )
        channels = use["width"] * 8 * _unit_of(use["block"]).expansion
        self.head = FeatureHead(
            channels,
            n_classes,
            head=head,
            feature_dim=use["feature_dim"],
            dropout=use["dropout"],
            map_shape=halved(image_size, 5),
        )

    stride = 32

    @property
    def last_layer(self) -> nn.Module:
        """Layer whose output the head reduces: the one to ask for Grad-CAM."""
        return self.backbone.layer4

    def maps(self, x: torch.Tensor) -> torch.Tensor:
        """Compute the last feature maps.

        Parameters
        ----------
        x : Tensor of shape (n_images, in_channels, height, width)
            Images.

        Returns
        -------
        Tensor of shape (n_images, n_maps, map_height, map_width)
            Maps, 32 times smaller than the images.
        """
        return self.backbone(x)

    def split(self) -> Split:
        """Name the parts: stem and residual blocks.

        Returns
        -------
        Split
            Each part and how far it looks.
        """
        net = self.backbone
        parts = [part_of(net.stem, [net.conv1, net.maxpool])]
        for stage in (net.layer1, net.layer2, net.layer3, net.layer4):
            for block in stage:
                # The shortcut, 1x1, looks less far than the convolutions.
                names = ("conv1", "conv2", "conv3")
                layers = [getattr(block, n) for n in names if hasattr(block, n)]
                parts.append(part_of(block, layers))
        return Split(parts, [len(parts) - 1], lambda maps: maps)


class _Backbone(nn.Module):
    """Stem and four stages; from the second on each halves the size."""

    def __init__(self, in_channels, width, unit, n_units):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, width, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.act = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        channels = width
        for i, n in enumerate(n_units):
            strides = [1 if i == 0 else 2] + [1] * (n - 1)
            stage = nn.Sequential()
            for stride in strides:
                stage.append(unit(channels, width * 2**i, stride))
                channels = width * 2**i * unit.expansion
            self.add_module(f"layer{i + 1}", stage)
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight, mode="fan_out")

    def stem(self, x):
        """First convolution and pooling."""
        return self.maxpool(self.act(self.bn1(self.conv1(x))))

    def forward(self, x):
        return self.layer4(self.layer3(self.layer2(self.layer1(self.stem(x)))))


class _BasicUnit(nn.Module):
    """Two 3 x 3 convolutions beside a shortcut."""

    expansion = 1

    def __init__(self, in_channels, width, stride):
        super().__init__()
        downsample = _shortcut(in_channels, width, stride)
        self.conv1 = nn.Conv2d(in_channels, width, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.act = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.downsample = downsample

    def forward(self, x):
        changed = self.bn2(self.conv2(self.act(self.bn1(self.conv1(x)))))
        return self.act(changed + self.downsample(x))


class _BottleneckUnit(nn.Module):
    """A 3 x 3 convolution between two of 1 x 1, beside a shortcut."""

    expansion = 4

    def __init__(self, in_channels, width, stride):
        super().__init__()
        out_channels = width * self.expansion
        downsample = _shortcut(in_channels, out_channels, stride)
        self.conv1 = nn.Conv2d(in_channels, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, out_channels, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(out_channels)
        self.act = nn.ReLU(inplace=True)
        self.downsample = downsample

    def forward(self, x):
        changed = self.act(self.bn1(self.conv1(x)))
        changed = self.act(self.bn2(self.conv2(changed)))
        return self.act(self.bn3(self.conv3(changed)) + self.downsample(x))


def _shortcut(in_channels, out_channels, stride):
    """Leave x as it is, or project it to another size."""
    if stride == 1 and in_channels == out_channels:
        return nn.Identity()
    return nn.Sequential(
        PointConv(in_channels, out_channels, 1, stride, bias=False),
        nn.BatchNorm2d(out_channels),
    )


def _unit_of(block):
    """Find the kind of unit that a name stands for."""
    units = {"basic": _BasicUnit, "bottleneck": _BottleneckUnit}
    if block not in units:
        raise ValueError(f"block must be one of {sorted(units)}, got {block!r}")
    return units[block]
