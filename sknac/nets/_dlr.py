"""Dual-input classifier: response from the images of two visits or more."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable
from functools import partial
from typing import Any, Self

import numpy as np
import torch

from sknac.exceptions import CohortError
from sknac.nets._images import ImageNetClassifier
from sknac.nets._named import PAIR_NETS
from sknac.nets._visits import beside_gaps
from sknac.utils._sklearn import StrOptions, _fit_context, with_callbacks


class DLRClassifier(ImageNetClassifier):
    """Network on a patient's images before and during treatment.

    One of these on the visits before and after the second course, and one on
    those before and after the fourth, are the stages of the stepwise pipeline
    [1]_. It takes more than two visits as well, and, if asked to, patients who missed
    some. Its encoder and fusion are choices of this library; see `DualInput`.

    Parameters
    ----------
    module : str or callable, default="resnet18"
        The encoder of a `DualInput`: ``"resnet18"``, ``"resnet50"``,
        ``"resnet101"``, ``"ran56"``, ``"ran92"``, and for CPUs and small images
        ``"resnet_tiny"`` and ``"ran_tiny"``; or a class whose modules take the
        visits' images and return logits. It gets ``in_channels``, ``n_classes``,
        ``image_size`` and ``n_visits`` if it takes them. Its other settings are
        ``module__...``, such as ``module__fusion``, ``module__shared`` and
        ``module__dropout``.
    optimizer : {"adam", "adamw", "sgd"} or callable, default="adam"
        Optimizer; its settings are ``optimizer__...``.
    lr : float, default=1e-4
        Learning rate.
    max_epochs : int, default=100
        Largest number of passes over the training pairs.
    batch_size : int, default=8
        Pairs per step; -1 takes all at once.
    class_weight : dict, "balanced" or None, default=None
        Weight of each class in the loss, by label. ``"balanced"`` counts pairs.
    validation_fraction : float or None, default=0.25
        Share of the patients, stratified, that early stopping watches. None
        trains on all for `max_epochs`.
    patience : int or None, default=10
        Epochs without a better validation loss before training stops; None never
        stops. The best epoch's weights are kept either way.
    flip : bool, default=True
        Mirror training pairs left and right at random, both images alike.
    max_shift : float, default=0.1
        Largest random shift of training pairs along both axes, as a share of their
        size, both images alike; what moves in is 0.
    augmentation : Augmentation or None, default=None
        Further random changes to training pairs: rotation, zoom, brightness and
        others; its settings are ``augmentation__...``.
    n_test_views : int, default=0
        Probabilities are means over a pair and so many views of it, changed as in
        training (`flip`, `max_shift`, `augmentation`); see Notes. Read by every
        prediction, so that it may change after ``fit``.
    balanced_batches : bool, default=False
        Draw as many pairs of each class into every batch (to one), patients of a class
        in turn, instead of a `class_weight`; see Notes.
    trainable : str, default="all"
        What is trained: ``"all"``; ``"head"``, what follows the last maps; or
        ``"last:N"``, the head and the last N blocks of each encoder, with N from 1. The
        rest keeps its weights and its batch normalisation's statistics; see Notes.
    columns : sequence of str or None, default=None
        The ultrasound columns, two or more, in the order of the visits; None takes
        the only two, in the frame's order. Of arrays their number counts: without
        it, two.
    missing_visits : {"raise", "mask"}, default="raise"
        ``"raise"`` refuses patients who missed a visit. ``"mask"`` takes those who
        have one at least, in a cohort frame as None, in arrays as an image that is
        NaN all over; see Notes.
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
        ``micro_batch_size=2`` computes a batch two pairs at a time and adds the
        gradients up, so that it fits a small GPU;
        ``cache_mb=128``: images that lie in files or are computed are read once a
        training and kept, up to so many MB in memory, beyond in a scratch file.

        ``module__weights`` is the path of a local file of weights to start from
        (``.safetensors``, ``.pt`` or ``.pth``), ``module__normalise`` how the module
        scales its input: ``"imagenet"`` or (mean, SD); see Notes.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Labels.
    columns_ : tuple of str
        The ultrasound columns, where X was a cohort frame.
    item_shape_ : tuple of int
        (n_visits, n_channels, height, width) of every item.
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
    DualInput : The network.
    PlaneFeatureNet : Works on one visit.

    Notes
    -----
    With `micro_batch_size` a step is the one of the whole batch, but for batch
    normalisation, which then sees the parts: their means and variances are noisier.

    The views of `n_test_views` are drawn from `seed_`, one change for all images and
    in every call: a patient's numbers depend on no other patient, and are the same
    every time. Views of odd number are mirrored where `flip` is on. Early stopping
    and the learning curves look at the images as they are, and so do the methods of
    `sknac.inspection`.

    With `balanced_batches` an epoch has as many pairs of each class as the class with
    most pairs, so that it is longer; every patient (row, or group) is in it, those of
    a class equally often, with their pairs in turn. Early stopping weighs classes and
    patients likewise. Probabilities are those of a cohort with as many patients of
    each class: calibrate them where they are read as risks.

    With several planes per visit, planes are paired by position, and a visit with
    fewer planes starts again from its first, so that every plane is used: of visits
    with 2, 3 and 1 planes the items are (0, 0, 0), (1, 1, 0) and (0, 2, 0). In
    training each item is a sample with its patient's label; a patient's score is
    the mean over the items. What is said of pairs goes for items of more visits.

    With ``missing_visits="mask"`` the network encodes the images that there are, and
    nothing stands in for the others: not in the batch statistics, and not in the
    fusion, of which `DualInput` says what it does without them.
    ``module__fusion="mean"`` and ``"attention"`` need any one visit; the others
    compare with the first, and need it and one more. A module of one's own gets images
    that are NaN all over, and must give finite logits nevertheless. Where all patients
    of the training have all visits the setting changes nothing.

    Weights of a file fit where names are equal, wrappers' words in front
    (``module.``, ``model.``, ``net.``, ``encoder.``, ...) apart; those of
    torchvision's residual networks fit ours, in either encoder. Where the file's
    network saw another number of channels, each channel of the images gets the sum of
    its first kernels over the file's channels, divided by the number of the images'.
    What the file lacks besides the head is warned of, weights of another shape are
    refused, and the head is new. The fitted estimator needs the file no more; caches
    and `weights_report_` know its content. ``normalise="imagenet"`` is for pixels from
    0 to 1; with other than three channels all get the mean of ImageNet's three means
    and SDs.

    Blocks are the module's children in the order in which they were made, without the
    head; an only child, and a list of blocks, count as what they consist of: of a
    ResNet its residual units. The head is the child of that name, or else the last
    one with weights.

    References
    ----------
    .. [1] The DLRP paper, European Radiology: stepwise prediction of the response
       to neoadjuvant chemotherapy by dual-input deep learning radiomics.

    Examples
    --------
    >>> import numpy as np
    >>> from sknac.nets import DLRClassifier
    >>> X = np.random.default_rng(0).random((8, 2, 1, 32, 32))
    >>> y = ["response", "non-response"] * 4
    >>> net = DLRClassifier(module="resnet_tiny", max_epochs=1, random_state=0)
    >>> net.fit(X, y).predict_proba(X).shape
    (8, 2)
    """

    _named_modules = PAIR_NETS
    # Of networks saved before there was this setting.
    missing_visits = "raise"

    _parameter_constraints: dict = {
        **ImageNetClassifier._parameter_constraints,
        "missing_visits": [StrOptions({"raise", "mask"})],
    }

    def __init__(
        self,
        *,
        module: str | Callable[..., Any] = "resnet18",
        optimizer: str | Callable[..., Any] = "adam",
        lr: float = 1e-4,
        max_epochs: int = 100,
        batch_size: int = 8,
        class_weight: Any = None,
        validation_fraction: float | None = 0.25,
        patience: int | None = 10,
        flip: bool = True,
        max_shift: float = 0.1,
        augmentation: Any = None,
        n_test_views: int = 0,
        balanced_batches: bool = False,
        trainable: str = "all",
        columns: Any = None,
        missing_visits: str = "raise",
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
        self.missing_visits = missing_visits
        self.device = device
        self.random_state = random_state
        self.torch_threads = torch_threads
        self._take_further(kwargs)

    @property
    def n_visits(self) -> int:
        """Number of visits: that of training, before it the number of columns."""
        if "item_shape_" in vars(self):
            return self.item_shape_[0]
        one = self.columns is None or isinstance(self.columns, str)
        return 2 if one else max(len(self.columns), 2)

    @property
    def takes_missing_visits(self) -> bool:
        """Whether a patient may have missed a visit."""
        return self.missing_visits == "mask"

    @with_callbacks
    @_fit_context(prefer_skip_nested_validation=True)
    def fit(
        self, X: Any, y: Any, sample_weight: Any = None, groups: Any = None
    ) -> Self:
        """Train on planes of each visit with their patients' labels.

        Parameters
        ----------
        X : DataFrame, ndarray or sequence of ndarray
            A cohort frame with the ultrasound columns; or an array (n_rows, n_visits,
            n_channels, height, width) of one item per row; or per row a bag
            (n_items, n_visits, n_channels, height, width).
        y : array-like of shape (n_rows,)
            Labels of any type.
        sample_weight : array-like of shape (n_rows,), default=None
            Weights of the rows' pairs in the loss.
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
            If a visit is missing that may not be, or a plane has another size or
            other maps than the first, or invalid pixels.
        ValueError
            If a setting is misspelt, y has one class, there are too few patients
            for the split, the module cannot take the images, or training diverges.
        """
        return self._fit(X, y, sample_weight, groups)

    def _read(self, X, *, reset):
        """List the items; in ``fit`` every visit must be someone's."""
        items = super()._read(X, reset=reset)
        if not reset:
            self._check_compared(items)
        elif len(never := np.flatnonzero(~items.happened.any(axis=0))):
            names = vars(self).get("columns_", range(1, self.n_visits + 1))
            raise CohortError(
                f"visit {names[never[0]]} is missing in every row; leave it out of "
                "columns="
            )
        return items

    def _build(self, items, n_train):
        """Make the network, and see that it can do without the missing visits."""
        self._fewest_visits = int(items.happened.sum(axis=1).min())
        try:
            super()._build(items, n_train)
        finally:
            del self._fewest_visits
        self._check_compared(items)

    def _blanks(self, n_items):
        """Make items with as few visits as the patient has who missed most."""
        blanks = super()._blanks(n_items)
        blanks[:, self._fewest_visits :] = torch.nan
        return blanks

    def _check_compared(self, items):
        """Refuse patients of whom the network can compare nothing."""
        if getattr(self.module_, "needs_first", False):
            items.check_compared()

    def _module_facts(self, shape):
        """What the module must know about the images."""
        return super()._module_facts(shape) | {"n_visits": shape[0]}

    def _try_module(self):
        """Run a blank item, and one without its last visit where that may be."""
        super()._try_module()
        if not self.takes_missing_visits:
            return
        name = type(self.module_).__name__
        if self.n_visits == 2 and getattr(self.module_, "needs_first", False):
            raise ValueError(
                f"missing_visits='mask' needs another fusion of two visits, which "
                f"{name} compares here; set module__fusion='mean' or 'attention'"
            )
        blank = torch.zeros(1, *self.item_shape_)
        blank[:, -1] = torch.nan
        try:
            with torch.inference_mode():
                finite = self.infer(blank).isfinite().all()
        except (RuntimeError, IndexError, ValueError) as error:
            raise ValueError(
                f"{name} cannot do without a visit: {error}; give it what it needs, "
                "or leave out the patients who missed one"
            ) from error
        if not finite:
            raise ValueError(
                f"{name} must give finite logits where a visit is missing, whose image "
                "is NaN all over; leave such images out, as DualInput does"
            )

    def _augment(self, x):
        """Change the items at random; what is missing stays missing."""
        change = super()._augment
        return beside_gaps(change, x) if self.takes_missing_visits else change(x)

    def _views(self):
        """What a prediction looks at besides; what is missing stays missing there."""
        views = super()._views()
        if not self.takes_missing_visits:
            return views
        return [partial(beside_gaps, view) for view in views]
