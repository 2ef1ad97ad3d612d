"""Predictive network: from a patient's features to class logits."""

# SPDX-License-Identifier: BSD-3-Clause

import torch
from torch import nn

from sknac.nets._blocks import fill_from_layout

LAYOUTS = {
    "256-100-2": {"hidden": 100, "dropout": 0.5},
    "tiny": {"hidden": 16, "dropout": 0.2},
}


class PredictiveMLP(nn.Module):
    """Two fully connected layers on a patient's mean feature vector.

    Dropout follows the input layer and the middle layer [1]_.

    Parameters
    ----------
    in_features : int, default=256
        Number of features.
    n_classes : int, default=2
        Number of classes.
    layout : {"256-100-2", "tiny"}, default="256-100-2"
        Named settings. Each setting below that is None is taken from the layout.
    hidden : int, default=None
        Neurons of the middle layer.
    dropout : float or tuple of two float, default=None
        Share dropped after the input layer and after the middle layer while
        training; one number serves both.

    Raises
    ------
    ValueError
        If the layout is unknown.

    References
    ----------
    .. [1] H. Taleghamar et al., Scientific Reports 12:2244, 2022.

    Examples
    --------
    >>> import torch
    >>> from sknac.nets import PredictiveMLP
    >>> PredictiveMLP(in_features=32)(torch.zeros(3, 32)).shape
    torch.Size([3, 2])
    """

    def __init__(
        self,
        in_features: int = 256,
        n_classes: int = 2,
        *,
        layout: str = "256-100-2",
        hidden: int | None = None,
        dropout: float | tuple[float, float] | None = None,
    ) -> None:
        super().__init__()
        given = {"hidden": hidden, "dropout": dropout}
        use = fill_from_layout(LAYOUTS, layout, given)
        if use["hidden"] < 1:
            raise ValueError(f"hidden must be at least 1, got {use['hidden']}")
        drop = use["dropout"]
        first, second = drop if isinstance(drop, tuple) else (drop, drop)
        self.layers = nn.Sequential(
            nn.Dropout(first),
            nn.Linear(in_features, use["hidden"]),
            nn.ReLU(),
            nn.Dropout(second),
            nn.Linear(use["hidden"], n_classes),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Compute class logits.

        Parameters
        ----------
        x : Tensor of shape (n_patients, in_features)
            Features.

        Returns
        -------
        Tensor of shape (n_patients, n_classes)
            Logits.
        """
        return self.layers(x)
