"""Feature network: one vector per patient from a bag of planes."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable
from typing import Any, Self

import numpy as np
import torch
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin, clone
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold
from sklearn.utils.validation import check_is_fitted

from sknac.nets._images import ImageNetClassifier
from sknac.nets._layer_features import LayerFeatures
from sknac.nets._named import PLANE_NETS
from sknac.utils._sklearn import (
    Integral,
    Interval,
    _fit_context,
    _safe_indexing,
    with_callbacks,
)


class PlaneFeatureNet(
    ClassNamePrefixFeaturesOutMixin, TransformerMixin, ImageNetClassifier
):
    """Feature network on single planes, averaged over each patient's planes.

    In training every plane is a sample with its patient's label; the validation
    split is by patient. `transform` gives each patient's mean feature vector, for a
    second network or any other classifier [1]_; `predict_proba` gives the mean of
    the planes' own probabilities, so that the estimator can also stand alone.

    Parameters
    ----------
    module : str or callable, default="ran56"
        The network: ``"ran56"``, ``"ran92"``, ``"resnet18"``, ``"resnet50"``,
        ``"resnet101"``, and for CPUs and small images ``"ran_tiny"`` and
        ``"resnet_tiny"``; or a class, whose modules have a method ``features`` and
        return logits. It gets ``in_channels``, ``n_classes`` and ``image_size`` if
        it takes them. Its other settings are ``module__...``, such as
        ``module__dropout`` and ``module__feature_dim``.
    optimizer : {"adam", "adamw", "sgd"} or callable, default="adam"
        Optimizer; its settings are ``optimizer__...``.
    lr : float, default=1e-4
        Learning rate.
    max_epochs : int, default=100
        Largest number of passes over the training planes.
    batch_size : int, default=8
        Planes per step; -1 takes all at once.
    class_weight : dict, "balanced" or None, default=None
        Weight of each class in the loss, by label; the source weighs non-responders
        5 times. ``"balanced"`` counts planes.
    validation_fraction : float or None, default=0.25
        Share of the patients, stratified, that early stopping watches. None
        trains on all for `max_epochs`.
    patience : int or None, default=10
        Epochs without a better validation loss before training stops; None never
        stops. The best epoch's weights are kept either way.
    flip : bool, default=True
        Mirror training planes left and right at random.
    max_shift : float, default=0.3
        Largest random shift of training planes along both axes, as a share of
        their size; what moves in is 0.
    augmentation : Augmentation or None, default=None
        Further random changes to training planes: rotation, zoom, brightness and
        others; its settings are ``augmentation__...``.
    n_test_views : int, default=0
        Features and probabilities are means over a plane and so many views of
        it, changed as in training (`flip`, `max_shift`,
        `augmentation`); see Notes. Read by every prediction, so that it may change
        after ``fit``.
    balanced_batches : bool, default=False
        Draw as many planes of each class into every batch (to one), patients of a class
        in turn, instead of a `class_weight`; see Notes.
    trainable : str, default="all"
        What is trained: ``"all"``; ``"head"``, what follows the last maps; or
        ``"last:N"``, the head and the last N blocks of the network, with N from 1. The
        rest keeps its weights and its batch normalisation's statistics; see Notes.
    columns : str or None, default=None
        The ultrasound column to read; None takes the only one.
    cross_fit : int or None, default=None
        Folds of `fit_transform`. None gives the training patients' features by the
        network that was trained on them, as the source does; a number gives
        out-of-fold features.
    device : str, default="auto"
        ``"cpu"``, ``"cuda"``, or ``"auto"`` for a GPU where there is one.
    random_state : int, RandomState or None, default=None
        Seed of weights, split, batches, dropout and augmentation.
    torch_threads : int or None, default=None
        Threads per operation in ``fit`` and ``predict``; 1 makes results the same
        on every backend of joblib. None is 1 for small networks given by name
        (``"ran_tiny"``, ``"resnet_tiny"``), and torch's own number for others.
    **kwargs
        Settings of the parts, ``module__...``, ``optimizer__...``,
        ``criterion__...``, ``iterator_train__...``, ``callbacks__...``; skorch's
        `callbacks` and `verbose`; ``autocast=True`` computes in bfloat16;
        ``channels_last=False`` keeps the usual memory layout, which is also
        kept on CPUs where the other is not safe (see ``memory_format_``);
        ``micro_batch_size=2`` computes a batch two planes at a time and adds the
        gradients up, so that it fits a small GPU;
        ``cache_mb=128``: images that lie in files or are computed are read once a
        training and kept, up to so many MB in memory, beyond in a scratch file.

        ``module__weights`` is the path of a local file of weights to start from
        (``.safetensors``, ``.pt`` or ``.pth``), ``module__normalise`` how the module
        scales its input: ``"imagenet"`` or (mean, SD); ``module__feature_layer`` the
        layer of a module without ``features`` whose maps, averaged, are the features;
        see Notes.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Labels.
    feature_dim_ : int
        Number of features.
    columns_ : tuple of str
        The ultrasound columns, where X was a cohort frame.
    item_shape_ : tuple of int
        (n_channels, height, width) of every plane.
    channels_ : tuple of str
        Names of the maps; empty for B-mode images and plain arrays.
    module_ : torch.nn.Module
        The trained network.
    history_ : skorch.history.History
        What skorch recorded, batch by batch.
    training_curve_ : DataFrame
        A row per epoch with ``train_loss``, ``valid_loss``, ``lr``, ``seconds`` and
        ``kept``.
    memory_format_ : str
        Layout of images in memory: ``"channels_last"`` or ``"contiguous_format"``.
    threads_ : int or None
        Threads per operation that `torch_threads` comes to.
    best_epoch_ : int
        Epoch, from 1, whose weights were kept.
    validation_rows_ : ndarray of int
        Rows of X that early stopping watched.
    seed_ : int
        Seed that was drawn from `random_state`.
    device_ : str
        Where it was trained.
    changes_ : Changes
        How training images were changed, as the settings were in ``fit``.
    module_spec_ : tuple of (callable, dict)
        What `module_` was built by, and its settings.
    weights_report_ : WeightsReport or None
        Of `module__weights`: ``path``, ``digest``, ``n_loaded``, and the names of the
        weights that were ``adapted`` to the channels, are ``missing`` in the file, or
        ``unused`` in the network; None where no weights were given.
    trained_layers_ : tuple of str or None
        Names of what is trained; None where that is all of the module.
    feature_names_in_ : ndarray of str
        Columns of the frame seen in ``fit``, where X was a cohort frame.
    n_features_in_ : int
        Their number; of arrays the length of an item.
    classes_inferred_, optimizer_ : object
        What skorch keeps for its own use.

    See Also
    --------
    PredictiveNet : Predicts from the features.
    DLRClassifier : Predicts from two visits.

    Notes
    -----
    With `micro_batch_size` a step is the one of the whole batch, but for batch
    normalisation, which then sees the parts: their means and variances are noisier.

    The views of `n_test_views` are drawn from `seed_`, one change for all images and
    in every call: a patient's numbers depend on no other patient, and are the same
    every time. Views of odd number are mirrored where `flip` is on. Early stopping
    and the learning curves look at the images as they are, and so do the methods of
    `sknac.inspection`.

    With `balanced_batches` an epoch has as many planes of each class as the class with
    most planes, so that it is longer; every patient (row, or group) is in it, those of
    a class equally often, with their planes in turn. Early stopping weighs classes and
    patients likewise. Probabilities are those of a cohort with as many patients of
    each class: calibrate them where they are read as risks.

    Planes are read through their handles batch by batch, and once before training to
    refuse invalid pixels. All planes must have one size.

    Weights of a file fit where names are equal, wrappers' words in front
    (``module.``, ``model.``, ``net.``, ``encoder.``, ...) apart; those of
    torchvision's residual networks fit ours. Where the file's network saw another
    number of channels, each channel of the images gets the sum of its first
    kernels over the file's channels, divided by the number of the images'. What the
    file lacks besides the head is warned of, weights of another shape are refused, and
    the head is new. The fitted estimator needs the file no more; caches and
    `weights_report_` know its content. ``normalise="imagenet"`` is for pixels from 0 to
    1; with other than three channels all get the mean of ImageNet's three means and
    SDs.

    Blocks are the module's children in the order in which they were made, without the
    head; an only child, and a list of blocks, count as what they consist of: of a
    ResNet its residual units. The head is the child of that name, or else the last
    one with weights.

    With `cross_fit`, the folds' networks start from the same weights as the final
    one, because the axes of one network's features mean nothing to another's. Where
    the folds are too small to learn from, their features differ all the same, and
    a classifier trained on them can do worse than on the in-sample ones: compare
    both in cross-validation.

    References
    ----------
    .. [1] H. Taleghamar et al., Scientific Reports 12:2244, 2022.

    Examples
    --------
    >>> import numpy as np
    >>> from sknac.nets import PlaneFeatureNet
    >>> rng = np.random.default_rng(0)
    >>> X = [rng.random((n, 1, 32, 32)) for n in (2, 3, 1, 4, 2, 2, 3, 2)]
    >>> y = ["response", "non-response"] * 4
    >>> net = PlaneFeatureNet(module="resnet_tiny", max_epochs=1, random_state=0)
    >>> net.fit_transform(X, y).shape
    (8, 32)
    """

    _named_modules = PLANE_NETS
    _gives_features = True

    _parameter_constraints: dict = {
        **ImageNetClassifier._parameter_constraints,
        "cross_fit": [Interval(Integral, 2, None, closed="left"), None],
    }

    def __init__(
        self,
        *,
        module: str | Callable[..., Any] = "ran56",
        optimizer: str | Callable[..., Any] = "adam",
        lr: float = 1e-4,
        max_epochs: int = 100,
        batch_size: int = 8,
        class_weight: Any = None,
        validation_fraction: float | None = 0.25,
        patience: int | None = 10,
        flip: bool = True,
        max_shift: float = 0.3,
        augmentation: Any = None,
        n_test_views: int = 0,
        balanced_batches: bool = False,
        trainable: str = "all",
        columns: str | None = None,
        cross_fit: int | None = None,
        device: str = "auto",
        random_state: Any = None,
        torch_threads: int | None = None,
        **kwargs: Any,
    ) -> None:
        self.module = module
        self.optimizer = optimizer
        self.lr = lr
        self.max_epochs = max_epochs
        self.batch_size = batch_size
        self.class_weight = class_weight
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.flip = flip
        self.max_shift = max_shift
        self.augmentation = augmentation
        self.n_test_views = n_test_views
        self.balanced_batches = balanced_batches
        self.trainable = trainable
        self.columns = columns
        self.cross_fit = cross_fit
        self.device = device
        self.random_state = random_state
        self.torch_threads = torch_threads
        self._take_further(kwargs)

    @with_callbacks
    @_fit_context(prefer_skip_nested_validation=True)
    def fit(
        self, X: Any, y: Any, sample_weight: Any = None, groups: Any = None
    ) -> Self:
        """Train on planes with their patients' labels.

        Parameters
        ----------
        X : DataFrame, sequence of ndarray or ndarray
            A cohort frame; or per patient a bag (n_planes, n_channels, height,
            width), the bags of any lengths; or an array (n_rows, n_channels, height,
            width) of one plane per row. Pixels are taken as they are: bring grey
            values of 0 to 255 to one range before, as `MapScaler` does.
        y : array-like of shape (n_rows,)
            Labels of any type.
        sample_weight : array-like of shape (n_rows,), default=None
            Weights of the rows' planes in the loss.
        groups : array-like of shape (n_rows,), default=None
            Patients, where a row is not one: rows of one group stay on one side of
            the validation split.

        Returns
        -------
        self
            The fitted estimator.

        Raises
        ------
        CohortError
            If a visit is missing, or a plane has another size or other maps than
            the first, or invalid pixels.
        ValueError
            If a setting is misspelt, y has one class, there are too few patients
            for the split, the module cannot take the images, or training diverges.
        """
        return self._fit(X, y, sample_weight, groups)

    def fit_transform(
        self, X: Any, y: Any, sample_weight: Any = None, groups: Any = None
    ) -> Any:
        """Train, and give the features of the training patients.

        Parameters
        ----------
        X : DataFrame, sequence of ndarray or ndarray
            As in `fit`.
        y : array-like of shape (n_rows,)
            Labels.
        sample_weight : array-like of shape (n_rows,), default=None
            Weights of the rows.
        groups : array-like of shape (n_rows,), default=None
            Patients, where a row is not one; they stay in one fold.

        Returns
        -------
        ndarray or DataFrame of shape (n_rows, feature_dim)
            Features; out of fold if `cross_fit` is a number. The estimator itself is
            trained on all rows either way.
        """
        self.fit(X, y, sample_weight=sample_weight, groups=groups)
        if self.cross_fit is None:
            return self.transform(X)
        return self._out_of_fold(X, y, sample_weight, groups)

    def _out_of_fold(self, X, y, sample_weight, groups):
        """Compute each patient's features by a network that has not seen it."""
        folds = StratifiedKFold if groups is None else StratifiedGroupKFold
        splitter = folds(self.cross_fit, shuffle=True, random_state=self.seed_)
        features = np.empty((len(y), self.feature_dim_))
        y = np.asarray(y)
        # The folds are no part of the caller's progress: they take no callbacks.
        net = clone(self).set_callbacks().set_output(transform="default")
        net._given_seed = self.seed_
        items = self._read(X, reset=False)
        for train, test in splitter.split(np.zeros(len(y)), y, groups):
            items.check_apart(train, test)
            pick = [
                None if part is None else _safe_indexing(part, train)
                for part in (X, y, sample_weight, groups)
            ]
            net.fit(pick[0], pick[1], sample_weight=pick[2], groups=pick[3])
            features[test] = net.transform(_safe_indexing(X, test))
        return features

    def transform(self, X: Any) -> Any:
        """Compute the mean feature vector of each row's planes.

        Parameters
        ----------
        X : as in `fit`
            Patients.

        Returns
        -------
        ndarray or DataFrame of shape (n_rows, feature_dim)
            Features.
        """
        check_is_fitted(self)
        items = self._read(X, reset=False)
        return items.mean_by_row(self._item_features(items))

    def plane_features(self, X: Any) -> list[np.ndarray]:
        """Compute the feature vectors of single planes.

        Parameters
        ----------
        X : as in `fit`
            Patients.

        Returns
        -------
        list of ndarray of shape (n_planes, feature_dim)
            Per row, its planes' features; their mean is `transform`'s.
        """
        check_is_fitted(self)
        items = self._read(X, reset=False)
        values = self._item_features(items)
        return [values[items.rows == row] for row in range(items.n_rows)]

    def _item_features(self, items):
        """Feature vector of each plane, the mean over its views."""
        return self._compute(items, self.module_.features, self._views())

    def _draw_seed(self):
        """Draw a seed, or take the final network's for a fold's network."""
        given = vars(self).get("_given_seed")
        return super()._draw_seed() if given is None else given

    def _try_module(self):
        """Run one blank plane and count its features."""
        super()._try_module()
        layer = self._done_to_module()["feature_layer"]
        if layer is None and not hasattr(self.module_, "features"):
            raise ValueError(
                f"{type(self.module_).__name__} must have a method features(x) -> "
                "(n_planes, n_features), whose values transform returns; or name one "
                "of its layers as module__feature_layer"
            )
        # DenseNets have maps by that name.
        if layer is None and self._blank_features().ndim == 4:
            layer = "features"
        if layer is not None:
            self._take_layer(layer)
        self.feature_dim_ = self._blank_features().shape[1]

    def _blank_features(self):
        """Compute the features of a blank plane."""
        with torch.inference_mode():
            blank = torch.zeros(1, *self.item_shape_)
            return self._run(self.module_.features, blank)

    def _take_layer(self, layer):
        """Wrap the module so that its features are what a layer gives."""
        make, settings = self.module_spec_
        wrapped = {"make": make, "settings": settings, "layer": layer}
        self.module_spec_ = LayerFeatures, wrapped
        self.initialize_module()
        self.module_.eval()

    @property
    def _n_features_out(self):
        """Number of features, for their names."""
        return self.feature_dim_
