"""Residual attention network."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Sequence
from functools import partial

import torch
import torch.nn.functional as F
from torch import nn

from sknac.nets._blocks import (
    FeatureHead,
    PlaneNet,
    PointConv,
    fill_from_layout,
    halved,
)
from sknac.nets._parts import Split, part_of

_PAPER = {
    "width": 64,
    "mask_depths": (3, 2, 1),
    "trunk_units": 2,
    "last_units": 3,
    "stem": "large",
    "feature_dim": 256,
    "dropout": 0.5,
}
LAYOUTS = {
    "56": _PAPER | {"modules": (1, 1, 1)},
    "92": _PAPER | {"modules": (1, 2, 3)},
    "tiny": {
        "width": 4,
        "modules": (1, 1, 1),
        "mask_depths": (2, 1, 1),
        "trunk_units": 1,
        "last_units": 1,
        "stem": "small",
        "feature_dim": 32,
        "dropout": 0.2,
    },
}


class RAN(PlaneNet):
    """Residual attention network for images.

    Three stages of attention modules between pre-activation bottleneck units. A
    module multiplies its trunk's output ``T`` by ``1 + M``, where the soft mask
    ``M`` in (0, 1) comes from an hourglass over the same input [1]_.

    Parameters
    ----------
    in_channels : int, default=4
        Channels of the images; four parametric maps in the source of the
        quantitative-ultrasound system [2]_.
    n_classes : int, default=2
        Number of classes.
    layout : {"56", "92", "tiny"}, default="56"
        Named settings. ``"56"`` and ``"92"`` are the published ones; ``"tiny"``
        trains on a CPU in seconds on images of 32 to 64 pixels. Each setting
        below that is None is taken from the layout.
    head : {"pool", "flatten"}, default="pool"
        How the last maps become features. ``"pool"``: global average and a linear
        layer to `feature_dim`. ``"flatten"``: a 1x1 convolution to one channel;
        at 512 x 512 its 16 x 16 pixels are 256 features, and `feature_dim` is
        not used.
    feature_dim : int or None, default="layout"
        Number of features with ``head="pool"``. None means no linear layer: the
        averaged maps are the features, as in the original classifier.
    dropout : float, default=None
        Share of features dropped before the classifying layer while training.
    width : int, default=None
        Channels after the stem; later stages have 4, 8, 16 and 32 times as many.
        A multiple of 4 is not needed, a positive number is.
    modules : sequence of three int, default=None
        Attention modules per stage.
    mask_depths : sequence of three int, default=None
        Times that each stage's mask halves the size.
    trunk_units : int, default=None
        Residual units in each trunk.
    last_units : int, default=None
        Residual units after the last attention module.
    stem : {"large", "small"}, default=None
        ``"large"``: 7x7 convolution of stride 2 and max-pooling; ``"small"``: 3x3
        convolution of stride 2, for small images.
    image_size : tuple of two int, default=None
        Height and width; needed by ``head="flatten"`` only.

    Raises
    ------
    ValueError
        If a layout, head or stem is unknown, or ``head="flatten"`` has no
        `image_size`.

    Notes
    -----
    The source of the system says that its network was modified and yields 256
    features, and not how; both heads here are choices of this library.

    References
    ----------
    .. [1] F. Wang et al., "Residual Attention Network for Image Classification",
       CVPR, 2017.
    .. [2] H. Taleghamar et al., Scientific Reports 12:2244, 2022.

    Examples
    --------
    >>> import torch
    >>> from sknac.nets import RAN
    >>> net = RAN(in_channels=4, layout="tiny").eval()
    >>> net.features(torch.zeros(3, 4, 48, 48)).shape
    torch.Size([3, 32])
    """

    def __init__(
        self,
        in_channels: int = 4,
        n_classes: int = 2,
        *,
        layout: str = "56",
        head: str = "pool",
        feature_dim: int | str | None = "layout",
        dropout: float | None = None,
        width: int | None = None,
        modules: Sequence[int] | None = None,
        mask_depths: Sequence[int] | None = None,
        trunk_units: int | None = None,
        last_units: int | None = None,
        stem: str | None = None,
        image_size: tuple[int, int] | None = None,
    ) -> None:
        super().__init__()
        given = {
            "width": width,
            "modules": modules,
            "mask_depths": mask_depths,
            "trunk_units": trunk_units,
            "last_units": last_units,
            "stem": stem,
            "dropout": dropout,
        }
        use = fill_from_layout(LAYOUTS, layout, given, feature_dim=feature_dim)
        w = use["width"]
        self.stem = _stem(in_channels, w, use["stem"])
        self.stages = nn.Sequential()
        channels = w
        plan = zip(use["modules"], use["mask_depths"], strict=True)
        for i, (n_modules, depth) in enumerate(plan):
            out = 4 * w * 2**i
            self.stages.append(ResidualUnit(channels, out, stride=1 if i == 0 else 2))
            for _ in range(n_modules):
                self.stages.append(AttentionModule(out, depth, use["trunk_units"]))
            channels = out
        out = 2 * channels
        self.stages.append(ResidualUnit(channels, out, stride=2))
        for _ in range(use["last_units"] - 1):
            self.stages.append(ResidualUnit(out, out))
        self.stages.append(nn.Sequential(nn.BatchNorm2d(out), nn.ReLU()))
        n_halvings = (2 if use["stem"] == "large" else 1) + len(use["modules"])
        self.head = FeatureHead(
            out,
            n_classes,
            head=head,
            feature_dim=use["feature_dim"],
            dropout=use["dropout"],
            map_shape=halved(image_size, n_halvings),
        )
        self.stride = 2**n_halvings

    @property
    def last_layer(self) -> nn.Module:
        """Layer whose output the head reduces: the one to ask for Grad-CAM."""
        return self.stages[-1]

    def maps(self, x: torch.Tensor) -> torch.Tensor:
        """Compute the last feature maps.

        Parameters
        ----------
        x : Tensor of shape (n_images, in_channels, height, width)
            Images.

        Returns
        -------
        Tensor of shape (n_images, 32 * width, map_height, map_width)
            Maps, 32 times smaller than the images (16 with the small stem).
        """
        return self.stages(self.stem(x))

    def split(self) -> Split:
        """Name the parts up to the first attention, whose mask looks at everything.

        Returns
        -------
        Split
            Stem, units and the first trunk, and how far each looks.
        """
        parts = [part_of(self.stem, list(self.stem))]
        for i, stage in enumerate(self.stages):
            if isinstance(stage, AttentionModule):
                units = [stage.before, *stage.trunk]
                parts += [part_of(unit, list(unit.body)) for unit in units]
                last = len(parts) - 1
                kept = [last - len(stage.trunk), last]
                return Split(parts, kept, partial(self._after, i))
            layers = list(stage.body) if isinstance(stage, ResidualUnit) else []
            parts.append(part_of(stage, layers))
        return Split(parts, [len(parts) - 1], lambda maps: maps)

    def _after(self, i, x, trunk):
        """Go on from the first unit and trunk of attention module i to the maps."""
        return self.stages[i + 1 :](self.stages[i].join(x, trunk))


class ResidualUnit(nn.Module):
    """Pre-activation bottleneck unit; a projection where the shape changes."""

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1):
        super().__init__()
        mid = out_channels // 4
        self.activate = nn.Sequential(nn.BatchNorm2d(in_channels), nn.ReLU())
        self.body = nn.Sequential(
            nn.Conv2d(in_channels, mid, 1, bias=False),
            nn.BatchNorm2d(mid),
            nn.ReLU(),
            nn.Conv2d(mid, mid, 3, stride=stride, padding=1, bias=False),
            nn.BatchNorm2d(mid),
            nn.ReLU(),
            nn.Conv2d(mid, out_channels, 1, bias=False),
        )
        self.project = None
        if in_channels != out_channels or stride != 1:
            self.project = PointConv(
                in_channels, out_channels, 1, stride=stride, bias=False
            )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Add the bottleneck's output to the (projected) input."""
        active = self.activate(x)
        # The projection sees the activated input, the identity the raw one.
        skip = x if self.project is None else self.project(active)
        return skip + self.body(active)


class SoftMask(nn.Module):
    """Hourglass that weighs each pixel and channel of its input in (0, 1)."""

    def __init__(self, channels: int, depth: int):
        super().__init__()
        self.pool = nn.MaxPool2d(3, 2, ceil_mode=True)
        self.down = nn.ModuleList(_units(channels, depth))
        self.bottom = ResidualUnit(channels, channels)
        self.skips = nn.ModuleList(_units(channels, depth - 1))
        self.up = nn.ModuleList(_units(channels, depth - 1))
        self.gate = nn.Sequential(
            nn.BatchNorm2d(channels),
            nn.ReLU(),
            nn.Conv2d(channels, channels, 1, bias=False),
            nn.BatchNorm2d(channels),
            nn.ReLU(),
            nn.Conv2d(channels, channels, 1, bias=False),
            nn.Sigmoid(),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Go down to the bottom and back up to the input's size."""
        passed, h = [], x
        for unit in self.down:
            h = unit(self.pool(h))
            passed.append(h)
        h = self.bottom(passed.pop())
        for skip, unit in zip(self.skips, self.up, strict=True):
            partner = passed.pop()
            h = unit(_resize(h, partner) + skip(partner))
        return self.gate(_resize(h, x))


class AttentionModule(nn.Module):
    """Trunk and soft mask over the same tensor: ``T * (1 + M)``."""

    def __init__(self, channels: int, mask_depth: int, trunk_units: int):
        super().__init__()
        self.before = ResidualUnit(channels, channels)
        self.trunk = nn.Sequential(*_units(channels, trunk_units))
        self.mask = SoftMask(channels, mask_depth)
        self.after = ResidualUnit(channels, channels)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Weigh the trunk's output; 1 keeps what the mask would drop."""
        x = self.before(x)
        return self.join(x, self.trunk(x))

    def join(self, x: torch.Tensor, trunk: torch.Tensor) -> torch.Tensor:
        """Weigh the trunk's output by the mask over its input, and go on."""
        return self.after(trunk * (1 + self.mask(x)))


def _units(channels, n):
    """Make residual units that keep their input's shape."""
    return [ResidualUnit(channels, channels) for _ in range(n)]


def _resize(x, like):
    """Interpolate maps to the size of others, corners on corners."""
    size = like.shape[-2:]
    return F.interpolate(x, size=size, mode="bilinear", align_corners=True)


def _stem(in_channels, width, kind):
    """First layers: convolution of stride 2, normalisation, perhaps pooling."""
    if kind not in ("large", "small"):
        raise ValueError(f'stem must be "large" or "small", got {kind!r}')
    kernel = 7 if kind == "large" else 3
    layers = [
        nn.Conv2d(in_channels, width, kernel, 2, kernel // 2, bias=False),
        nn.BatchNorm2d(width),
        nn.ReLU(),
    ]
    if kind == "large":
        layers.append(nn.MaxPool2d(3, 2, ceil_mode=True))
    return nn.Sequential(*layers)
