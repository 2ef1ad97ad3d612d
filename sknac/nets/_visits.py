"""Vectors of a patient's visits put together; some may not have happened."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable

import torch
from torch import nn

# Vectors that each fusion gives, of n visits.
_BLOCKS = {
    "attention": lambda n: n,
    "concat": lambda n: n,
    "concat_diff": lambda n: 2 * n - 1,
    "diff": lambda n: n - 1,
    "mean": lambda n: 1,
}
FUSIONS = tuple(_BLOCKS)
_WITHOUT_FIRST = {"attention", "mean"}
_KEY_DIM = 16
# What a place further away counts less at first, in the attention's exponent.
_PER_PLACE = 2.0


def happened(x: torch.Tensor) -> torch.Tensor:
    """Tell which visits happened: the image of one that did not is NaN all over.

    Parameters
    ----------
    x : Tensor of shape (n_items, n_visits, ..., height, width)
        Images.

    Returns
    -------
    Tensor of bool of shape (n_items, n_visits)
        An image with some NaN is there, and spoils what is computed of it.
    """
    return ~x.isnan().flatten(2).all(-1)


def beside_gaps(
    change: Callable[[torch.Tensor], torch.Tensor], x: torch.Tensor
) -> torch.Tensor:
    """Change the images of the visits that happened.

    Parameters
    ----------
    change : callable
        Images of the shape of x -> images of that shape.
    x : Tensor of shape (n_items, n_visits, ..., height, width)
        Images; NaN all over where a visit did not happen, of which `change` sees 0.

    Returns
    -------
    Tensor of the shape of x
        Changed, and NaN where x was.
    """
    here = happened(x)
    if here.all():
        return change(x)
    changed = change(x.nan_to_num(nan=0.0))
    changed[~here] = torch.nan
    return changed


class Fusion(nn.Module):
    """One vector of those of several visits.

    Where a patient's visits leave nothing to compute, the result is NaN.

    Parameters
    ----------
    kind : {"attention", "concat", "concat_diff", "diff", "mean"}
        As in `DualInput`.
    dim : int
        Length of a visit's vector.
    n_visits : int
        Number of visits.
    """

    def __init__(self, kind: str, dim: int, n_visits: int):
        super().__init__()
        self.kind = kind
        self.feature_dim = dim * _BLOCKS[kind](n_visits)
        if kind == "attention":
            self.weigh = VisitAttention(dim, n_visits)

    @property
    def needs_first(self) -> bool:
        """Whether the first visit, and one to compare with it, must have happened."""
        return self.kind not in _WITHOUT_FIRST

    def forward(self, vectors: torch.Tensor, here: torch.Tensor) -> torch.Tensor:
        """Put the visits' vectors together.

        Parameters
        ----------
        vectors : Tensor of shape (n_items, n_visits, dim)
            Vectors; 0 where a visit did not happen.
        here : Tensor of bool of shape (n_items, n_visits)
            Which happened.

        Returns
        -------
        Tensor of shape (n_items, feature_dim)
            The vector of each item.
        """
        if self.needs_first:
            return self._compared(vectors, here)
        if self.kind == "mean":
            total = (vectors * here[..., None]).sum(1)
            return total / here.sum(1, keepdim=True).to(vectors.dtype)
        return (self.weigh(vectors, here) @ vectors).flatten(1)

    def _compared(self, vectors, here):
        """Compare with the first visit; as in dropout, fewer others count for more."""
        first, others, there = vectors[:, :1], vectors[:, 1:], here[:, 1:]
        weight = there * (there.shape[1] / there.sum(1, keepdim=True))
        weight = weight.masked_fill(~here[:, :1], torch.nan)
        weight = weight.to(vectors.dtype)[..., None]
        blocks = []
        if self.kind != "diff":
            blocks += [first, others * weight]
        if self.kind != "concat":
            blocks += [(others - first) * weight]
        return torch.cat(blocks, 1).flatten(1)


class VisitAttention(nn.Module):
    """Weights of as many means over the visits as there are visits.

    Each mean begins near one visit, and with those next to it in the order where that
    did not happen; what the vectors themselves say is learned.

    Parameters
    ----------
    dim : int
        Length of a visit's vector.
    n_visits : int
        Number of visits.
    """

    def __init__(self, dim: int, n_visits: int):
        super().__init__()
        place = torch.arange(n_visits)
        away = (place[:, None] - place).abs()
        self.order = nn.Parameter(-_PER_PLACE * away)
        self.queries = nn.Parameter(torch.zeros(n_visits, _KEY_DIM))
        self.keys = nn.Linear(dim, _KEY_DIM, bias=False)

    def forward(self, vectors: torch.Tensor, here: torch.Tensor) -> torch.Tensor:
        """Compute the weights.

        Parameters
        ----------
        vectors : Tensor of shape (n_items, n_visits, dim)
            Vectors.
        here : Tensor of bool of shape (n_items, n_visits)
            Which visits happened.

        Returns
        -------
        Tensor of shape (n_items, n_visits, n_visits)
            Per mean the visits' weights, which sum to 1; 0 of a missing one.
        """
        scores = self.queries @ self.keys(vectors).transpose(1, 2) / _KEY_DIM**0.5
        scores = scores + self.order
        scores = scores.masked_fill(~here[:, None], -torch.inf)
        return scores.softmax(-1).to(vectors.dtype)
