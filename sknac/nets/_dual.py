"""Dual-input network: one image before treatment and one after."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Mapping

import torch
from torch import nn

from sknac.nets._encoders import ENCODERS
from sknac.nets._parts import PairSplit, Splittable

FUSIONS = {"concat": 2, "diff": 1, "concat_diff": 3}


class DualInput(Splittable):
    """Network on a pair of images, before and after the first courses.

    An encoder reduces each image to a feature vector; the pair's vectors are
    fused and classified. With a shared encoder both images go through it in one
    call, stacked in the batch, so that attribution methods see both.

    Parameters
    ----------
    in_channels : int, default=1
        Channels of each image.
    n_classes : int, default=2
        Number of classes.
    encoder : str, default="resnet18"
        One of ``"resnet18"``, ``"resnet50"``, ``"resnet101"``, ``"resnet_tiny"``,
        ``"ran56"``, ``"ran92"`` and ``"ran_tiny"``.
    shared : bool, default=True
        One encoder for both visits, or one for each.
    fusion : {"concat", "diff", "concat_diff"}, default="concat_diff"
        ``[pre, post]``, ``post - pre``, or ``[pre, post, post - pre]``.
    dropout : float, default=0.5
        Share of fused features dropped before the classifying layer in training.
    width : int, default=None
        Width of the encoder; None takes the one of its name.
    feature_dim : int or None, default=None
        Features per image; None takes the averaged last maps as they are.
    encoder_settings : mapping, default=None
        Further settings of the encoder's class, such as ``{"units": (1, 1, 1, 1)}``.
    image_size : tuple of two int, default=None
        Height and width; needed only by an encoder with ``head="flatten"``.

    Raises
    ------
    ValueError
        If the encoder or the fusion is unknown.

    Notes
    -----
    The published dual-input models are described by their inputs and outputs; the
    encoder and the fusion are choices of this library.

    Examples
    --------
    >>> import torch
    >>> from sknac.nets import DualInput
    >>> net = DualInput(encoder="resnet_tiny").eval()
    >>> net(torch.zeros(3, 2, 1, 32, 32)).shape
    torch.Size([3, 2])
    """

    def __init__(
        self,
        in_channels: int = 1,
        n_classes: int = 2,
        *,
        encoder: str = "resnet18",
        shared: bool = True,
        fusion: str = "concat_diff",
        dropout: float = 0.5,
        width: int | None = None,
        feature_dim: int | None = None,
        encoder_settings: Mapping | None = None,
        image_size: tuple[int, int] | None = None,
    ):
        super().__init__()
        if encoder not in ENCODERS:
            raise ValueError(
                f"encoder must be one of {sorted(ENCODERS)}, got {encoder!r}"
            )
        if fusion not in FUSIONS:
            raise ValueError(f"fusion must be one of {sorted(FUSIONS)}, got {fusion!r}")
        kind, named = ENCODERS[encoder]
        settings = {**named, "width": width, "feature_dim": feature_dim}
        settings |= {"image_size": image_size, **(encoder_settings or {})}
        encoders = [kind(in_channels, n_classes, **settings)]
        if not shared:
            encoders.append(kind(in_channels, n_classes, **settings))
        self.shared = shared
        self.fusion = fusion
        dim = encoders[0].feature_dim
        for net in encoders:
            # Only the features are used; an idle classifier would be dead weight.
            net.head.classify = nn.Identity()
            net.head.dropout = nn.Identity()
        self.encoders = nn.ModuleList(encoders)
        self.stride = encoders[0].stride
        self.feature_dim = dim * FUSIONS[fusion]
        self.dropout = nn.Dropout(dropout)
        self.classify = nn.Linear(self.feature_dim, n_classes)

    @property
    def last_layers(self) -> tuple[nn.Module, ...]:
        """Last convolutional layer of each encoder, for Grad-CAM.

        With a shared encoder its output holds pre and post of the first patient,
        then of the second, and so on: ``(2 * n_patients, ...)``.
        """
        return tuple(net.last_layer for net in self.encoders)

    def features(self, x: torch.Tensor) -> torch.Tensor:
        """Encode and fuse pairs.

        Parameters
        ----------
        x : Tensor of shape (n_pairs, 2, in_channels, height, width)
            Images before and after.

        Returns
        -------
        Tensor of shape (n_pairs, feature_dim)
            Fused features.
        """
        if self.shared:
            pre, post = (
                self.encoders[0](x.flatten(0, 1)).unflatten(0, (-1, 2)).unbind(1)
            )
        else:
            pre, post = (net(x[:, i]) for i, net in enumerate(self.encoders))
        return self._fuse(pre, post)

    def _fuse(self, pre, post):
        """Put the vectors of two visits together."""
        parts = {
            "concat": (pre, post),
            "diff": (post - pre,),
            "concat_diff": (pre, post, post - pre),
        }
        return torch.cat(parts[self.fusion], dim=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Compute class logits of pairs.

        Parameters
        ----------
        x : Tensor of shape (n_pairs, 2, in_channels, height, width)
            Images before and after.

        Returns
        -------
        Tensor of shape (n_pairs, n_classes)
            Logits.
        """
        return self.classify(self.dropout(self.features(x)))

    def split(self) -> PairSplit:
        """Name the encoders, and what makes logits of their vectors.

        Returns
        -------
        PairSplit
            The same encoder twice where it is shared.
        """
        pre, post = (*self.encoders, *self.encoders)[:2]
        return PairSplit(
            (pre, post), lambda *own: self.classify(self.dropout(self._fuse(*own)))
        )
