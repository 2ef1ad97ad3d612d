"""Balanced batches: classes take turns, and in each class its patients."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import torch


class Turns:
    """Orders of an epoch in which every class, and in it every patient, comes as often.

    An epoch has as many items of each class as the class with most items. Patients
    of a class take turns, each round in another order, and a patient's items likewise:
    of two patients of a class neither comes more than once more often, and every
    patient comes.

    Parameters
    ----------
    codes : ndarray of int of shape (n_items,)
        Class of each item; every class occurs.
    patients : ndarray of shape (n_items,)
        Whose each item is.
    """

    def __init__(self, codes, patients):
        self.members = [
            [
                torch.from_numpy(np.flatnonzero((codes == code) & (patients == one)))
                for one in np.unique(patients[codes == code])
            ]
            for code in np.unique(codes)
        ]
        self.size = int(np.bincount(codes).max())

    def __len__(self):
        return self.size * len(self.members)

    def draw(self, generator: torch.Generator) -> torch.Tensor:
        """Draw the positions of an epoch's items, classes in turn.

        Parameters
        ----------
        generator : Generator
            Source of the order.

        Returns
        -------
        Tensor of int of shape (len(self),)
            Any run of them has as many items of one class as of another, or one more.
        """
        columns = [self._draw_class(members, generator) for members in self.members]
        order = torch.randperm(len(columns), generator=generator)
        return torch.stack(columns)[order].T.flatten()

    def _draw_class(self, members, generator):
        """Draw the items of one class."""
        items = [one[torch.randperm(len(one), generator=generator)] for one in members]
        drawn = []
        for number in range(-(-self.size // len(items))):
            for i in torch.randperm(len(items), generator=generator).tolist():
                drawn.append(items[i][number % len(items[i])])
        return torch.stack(drawn[: self.size])


def balanced_shares(codes: np.ndarray, patients: np.ndarray) -> np.ndarray:
    """Share of each item where classes, and the patients of each, count the same.

    Parameters
    ----------
    codes : ndarray of int of shape (n_items,)
        Class of each item.
    patients : ndarray of shape (n_items,)
        Whose each item is.

    Returns
    -------
    ndarray of shape (n_items,)
        Shares, which sum to 1.
    """
    shares = np.zeros(len(codes))
    found = np.unique(codes)
    for code in found:
        own = codes == code
        _, whose, counts = np.unique(
            patients[own], return_inverse=True, return_counts=True
        )
        shares[own] = 1 / (len(found) * len(counts) * counts[whose])
    return shares
