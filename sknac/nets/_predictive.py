"""Predictive network as an estimator."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable
from typing import Any, Self

import numpy as np
import pandas as pd

from sknac.nets._base import NetClassifier
from sknac.nets._inputs import from_torch
from sknac.nets._items import TableItems
from sknac.nets._named import TABLE_NETS
from sknac.utils._frames import validate_data
from sknac.utils._labels import refuse_dates
from sknac.utils._sklearn import _fit_context, with_callbacks


class PredictiveNet(NetClassifier):
    """Small fully connected network on a patient's features.

    In the quantitative-ultrasound system it takes the mean of the features of a
    tumour's planes and predicts the response [1]_. It is an ordinary
    scikit-learn classifier on 2-D tables.

    Parameters
    ----------
    module : {"mlp", "mlp_tiny"} or callable, default="mlp"
        The network, `PredictiveMLP` by name or a class of your own; it gets
        ``in_features`` and ``n_classes`` if it takes them.
    module__hidden : int or None, default=None
        Neurons of the middle layer; None takes the module's own, 100.
    module__dropout : float or None, default=None
        Share dropped after the first and second layer; None takes the module's
        own, 0.5.
    optimizer : {"adam", "adamw", "sgd"} or callable, default="adam"
        Optimizer; its settings are ``optimizer__...``.
    lr : float, default=1e-3
        Learning rate.
    max_epochs : int, default=200
        Largest number of passes over the training patients.
    batch_size : int, default=8
        Patients per step; -1 takes all at once.
    class_weight : dict, "balanced" or None, default=None
        Weight of each class in the loss, by label. The source weighs
        non-responders 1 to 10 times.
    validation_fraction : float or None, default=0.25
        Share of the patients, stratified, that early stopping watches. None
        trains on all for `max_epochs`.
    patience : int or None, default=20
        Epochs without a better validation loss before training stops; None never
        stops. The best epoch's weights are kept either way.
    device : str, default="auto"
        ``"cpu"``, ``"cuda"``, or ``"auto"`` for a GPU where there is one.
    random_state : int, RandomState or None, default=None
        Seed of weights, split, batches and dropout.
    torch_threads : int or None, default=None
        Threads per operation in ``fit`` and ``predict``; 1 makes results the same
        on every backend of joblib. None is 1 for small networks given by name
        (``"mlp"``, ``"mlp_tiny"``), and torch's own number for others.
    **kwargs
        Settings of the parts, ``module__...``, ``optimizer__...``,
        ``criterion__...``, ``iterator_train__...``, ``callbacks__...``, and
        skorch's `callbacks` and `verbose`.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Labels.
    n_features_in_ : int
        Number of features.
    module_ : torch.nn.Module
        The trained network.
    history_ : skorch.history.History
        What skorch recorded, batch by batch.
    training_curve_ : DataFrame
        A row per epoch with ``train_loss``, ``valid_loss``, ``lr``, ``seconds`` and
        ``kept``.
    threads_ : int or None
        Threads per operation that `torch_threads` comes to.
    best_epoch_ : int
        Epoch, from 1, whose weights were kept.
    validation_rows_ : ndarray of int
        Rows of X that early stopping watched.
    seed_ : int
        Seed that was drawn from `random_state`.
    weights_report_ : WeightsReport or None
        What became of the file ``module__weights``; None where none was given.

    See Also
    --------
    PlaneFeatureNet : Makes the features.

    References
    ----------
    .. [1] H. Taleghamar et al., Scientific Reports 12:2244, 2022.

    Examples
    --------
    >>> from sklearn.datasets import make_blobs
    >>> from sknac.nets import PredictiveNet
    >>> X, y = make_blobs(60, centers=2, random_state=0)
    >>> net = PredictiveNet(max_epochs=20, lr=0.01, random_state=0).fit(X, y)
    >>> net.predict_proba(X).shape
    (60, 2)
    """

    _named_modules = TABLE_NETS

    def __init__(
        self,
        *,
        module: str | Callable[..., Any] = "mlp",
        module__hidden: int | None = None,
        module__dropout: float | None = None,
        optimizer: str | Callable[..., Any] = "adam",
        lr: float = 1e-3,
        max_epochs: int = 200,
        batch_size: int = 8,
        class_weight: Any = None,
        validation_fraction: float | None = 0.25,
        patience: int | None = 20,
        device: str = "auto",
        random_state: Any = None,
        torch_threads: int | None = None,
        **kwargs: Any,
    ) -> None:
        self.module = module
        self.module__hidden = module__hidden
        self.module__dropout = module__dropout
        self.optimizer = optimizer
        self.lr = lr
        self.max_epochs = max_epochs
        self.batch_size = batch_size
        self.class_weight = class_weight
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.device = device
        self.random_state = random_state
        self.torch_threads = torch_threads
        self._take_further(kwargs)

    @with_callbacks
    @_fit_context(prefer_skip_nested_validation=True)
    def fit(
        self, X: Any, y: Any, sample_weight: Any = None, groups: Any = None
    ) -> Self:
        """Train on patients' features.

        Parameters
        ----------
        X : array-like of shape (n_patients, n_features)
            Features.
        y : array-like of shape (n_patients,)
            Labels of any type.
        sample_weight : array-like of shape (n_patients,), default=None
            Weights in the loss.
        groups : array-like of shape (n_patients,), default=None
            Rows of one group stay on one side of the validation split.

        Returns
        -------
        self
            The fitted estimator.

        Raises
        ------
        ValueError
            If a setting is misspelt, y has one class, there are too few patients
            for the split, or training diverges.
        """
        return self._fit(X, y, sample_weight, groups)

    def _read(self, X, *, reset):
        """Check a table; items are its rows."""
        X = from_torch(X)
        if isinstance(X, pd.DataFrame):
            for name, column in X.items():
                refuse_dates(column, f"X column {name!r}")
        settings = {"dtype": np.float32, "order": "C", "reset": reset}
        return TableItems(validate_data(self, X, **settings))

    def _module_facts(self, shape):
        """What the module must know about the data."""
        return {"in_features": shape[0]}
