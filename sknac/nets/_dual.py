"""Dual-input network: an image before treatment, and one of each later visit."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Mapping

import torch
from torch import nn

from sknac.nets._encoders import ENCODERS
from sknac.nets._parts import Splittable, VisitSplit
from sknac.nets._visits import FUSIONS, Fusion, happened


class DualInput(Splittable):
    """Network on a pair of images, before and after the first courses, or on more.

    An encoder reduces the image of each visit to a feature vector; the visits'
    vectors are fused and classified. With a shared encoder all images go through it in
    one call, stacked in the batch, so that attribution methods see all. The name is
    that of the published networks, which have two visits; `n_visits` may be more.

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
        One encoder for all visits, or one for each.
    fusion : str, default="concat_diff"
        What becomes of the visits' vectors. ``"concat"``: all, ``[pre, post]``;
        ``"diff"``: each later one less the first, ``post - pre``;
        ``"concat_diff"``: both, ``[pre, post, post - pre]``; ``"mean"``: their mean,
        which does not know one visit from another; ``"attention"``: as many weighted
        means as there are visits, each near one of them at first.
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
    n_visits : int, default=2
        Number of visits, at least two.

    Raises
    ------
    ValueError
        If the encoder or the fusion is unknown, or there are fewer than two visits.

    Notes
    -----
    The published dual-input models are described by their inputs and outputs; the
    encoder and the fusion are choices of this library.

    The image of a visit that did not happen is NaN all over. It is not encoded, so that
    nothing of it enters batch statistics, and the fusion does without its vector:
    ``"mean"`` is that of the others, and in ``"attention"`` its weight is 0. In
    ``"concat"``, ``"diff"`` and ``"concat_diff"`` its part is 0, and those of the k of
    n later visits that happened are multiplied by n / k, as dropout does; the first
    visit and one other must have happened, or the result is NaN. With an encoder for
    each visit none may be missing.

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
        n_visits: int = 2,
    ) -> None:
        super().__init__()
        if encoder not in ENCODERS:
            raise ValueError(
                f"encoder must be one of {sorted(ENCODERS)}, got {encoder!r}"
            )
        if fusion not in FUSIONS:
            raise ValueError(f"fusion must be one of {sorted(FUSIONS)}, got {fusion!r}")
        if shared not in (True, False):
            raise ValueError(f"shared must be True or False, got {shared!r}")
        if n_visits < 2:
            raise ValueError(f"n_visits must be 2 or more, got {n_visits}")
        kind, named = ENCODERS[encoder]
        settings = {**named, "width": width, "feature_dim": feature_dim}
        settings |= {"image_size": image_size, **(encoder_settings or {})}
        encoders = [
            kind(in_channels, n_classes, **settings)
            for _ in range(1 if shared else n_visits)
        ]
        self.shared = shared
        self.fusion = fusion
        self.n_visits = n_visits
        for net in encoders:
            # Only the features are used; an idle classifier would be dead weight.
            net.head.classify = nn.Identity()
            net.head.dropout = nn.Identity()
        self.encoders = nn.ModuleList(encoders)
        self.stride = encoders[0].stride
        self.fuse = Fusion(fusion, encoders[0].feature_dim, n_visits)
        self.feature_dim = self.fuse.feature_dim
        self.dropout = nn.Dropout(dropout)
        self.classify = nn.Linear(self.feature_dim, n_classes)

    @property
    def needs_first(self) -> bool:
        """Whether the first visit, and one to compare with it, must have happened."""
        return self.fuse.needs_first

    @property
    def last_layers(self) -> tuple[nn.Module, ...]:
        """Last convolutional layer of each encoder, for Grad-CAM.

        With a shared encoder its output holds the visits of the first patient that
        happened, in their order, then of the second, and so on.
        """
        return tuple(net.last_layer for net in self.encoders)

    def features(self, x: torch.Tensor) -> torch.Tensor:
        """Encode and fuse the visits' images.

        Parameters
        ----------
        x : Tensor of shape (n_items, n_visits, in_channels, height, width)
            Images of each visit; NaN all over where it did not happen.

        Returns
        -------
        Tensor of shape (n_items, feature_dim)
            Fused features.

        Raises
        ------
        ValueError
            If there are not `n_visits`, or one is missing that has its own encoder.
        """
        if x.shape[1] != self.n_visits:
            raise ValueError(
                f"x must hold n_visits={self.n_visits} images an item, got {x.shape[1]}"
            )
        here = happened(x)
        return self.fuse(self._encode(x, here), here)

    def _encode(self, x, here):
        """Make the visits' vectors, (n_items, n_visits, dim); 0 of missing ones."""
        if torch.compiler.is_compiling() and not self.training:
            return self._encode_unseen(x, here)
        if here.all():
            return self._encode_all(x)
        if not self.shared:
            raise ValueError(
                "a visit is missing, and each visit has an encoder of its own, which "
                "may be left with one image; set shared=True"
            )
        found = self.encoders[0](x[here])
        vectors = found.new_zeros(*here.shape, found.shape[-1])
        vectors[here] = found
        return vectors

    def _encode_all(self, x):
        """Make the vectors of visits that all happened."""
        if self.shared:
            found = self.encoders[0](x.flatten(0, 1))
            return found.unflatten(0, (-1, self.n_visits))
        return torch.stack([net(x[:, i]) for i, net in enumerate(self.encoders)], 1)

    def _encode_unseen(self, x, here):
        """Do the same in a program, as of `torch.export`, which looks at no value.

        In evaluation no image changes the vector of another, so a blank one may stand
        for a missing one. With an encoder for each visit it stays NaN, and so do the
        logits, for a program cannot refuse it.
        """
        if not self.shared:
            return self._encode_all(x)
        found = self._encode_all(x.where(here[..., None, None, None], 0.0))
        return found.where(here[..., None], 0.0)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Compute class logits.

        Parameters
        ----------
        x : Tensor of shape (n_items, n_visits, in_channels, height, width)
            Images of each visit; NaN all over where it did not happen.

        Returns
        -------
        Tensor of shape (n_items, n_classes)
            Logits.
        """
        return self.classify(self.dropout(self.features(x)))

    def split(self) -> VisitSplit:
        """Name the encoders, and what makes logits of their vectors.

        Returns
        -------
        VisitSplit
            The same encoder for each visit where it is shared.
        """
        encoders = tuple(self.encoders) * (self.n_visits if self.shared else 1)
        return VisitSplit(encoders, self._join)

    def _join(self, *vectors):
        """Make logits of one vector per visit; None where it did not happen."""
        known = next(one for one in vectors if one is not None)
        here = torch.tensor([one is not None for one in vectors], device=known.device)
        filled = [torch.zeros_like(known) if one is None else one for one in vectors]
        fused = self.fuse(torch.stack(filled, 1), here.expand(len(known), -1))
        return self.classify(self.dropout(fused))
