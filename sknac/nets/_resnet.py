"""Residual networks behind one name."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Sequence

import torch
from torch import nn

from sknac.nets._blocks import FeatureHead, PlaneNet, fill_from_layout, halved
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
    """Residual network for images, after MONAI.

    Wraps MONAI's network with a first convolution of stride 2 and projections
    without bias, which makes it the one of the literature [1]_, and gives it the
    same heads as `RAN`.

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
    ):
        super().__init__()
        # MONAI takes as long to import as torch, and only this class needs it.
        from monai.networks.nets.resnet import ResNet as MonaiResNet

        given = {
            "width": width,
            "units": units,
            "block": block,
            "dropout": dropout,
        }
        use = fill_from_layout(LAYOUTS, layout, given, feature_dim=feature_dim)
        self.backbone = MonaiResNet(
            use["block"],
            list(use["units"]),
            [use["width"] * k for k in (1, 2, 4, 8)],
            spatial_dims=2,
            n_input_channels=in_channels,
            conv1_t_stride=2,
            # Type "A" shortcuts cut the gradient (they read ``.data``).
            shortcut_type="B",
            bias_downsample=False,
            feed_forward=False,
        )
        self.head = FeatureHead(
            self.backbone.in_planes,
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
        net = self.backbone
        return net.layer4(net.layer3(net.layer2(net.layer1(self._stem(x)))))

    def _stem(self, x):
        """First convolution and pooling."""
        net = self.backbone
        return net.maxpool(net.act(net.bn1(net.conv1(x))))

    def split(self) -> Split:
        """Name the parts: stem and residual blocks.

        Returns
        -------
        Split
            Each part and how far it looks.
        """
        net = self.backbone
        parts = [part_of(self._stem, [net.conv1, net.maxpool])]
        for stage in (net.layer1, net.layer2, net.layer3, net.layer4):
            for block in stage:
                # The shortcut, 1x1, looks less far than the convolutions.
                names = ("conv1", "conv2", "conv3")
                layers = [getattr(block, n) for n in names if hasattr(block, n)]
                parts.append(part_of(block, layers))
        return Split(parts, [len(parts) - 1], lambda maps: maps)
