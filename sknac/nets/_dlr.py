"""Dual-input classifier: response from the images of two visits."""

# SPDX-License-Identifier: BSD-3-Clause

from sklearn.callback import with_callbacks

from sknac.nets._images import ImageNetClassifier
from sknac.nets._named import PAIR_NETS
from sknac.utils._sklearn import _fit_context


class DLRClassifier(ImageNetClassifier):
    """Dual-input network on a patient's images before and during treatment.

    One of these on the visits before and after the second course, and one on
    those before and after the fourth, are the stages of the stepwise pipeline
    [1]_. Its encoder and fusion are choices of this library; see `DualInput`.

    Parameters
    ----------
    module : str or callable, default="resnet18"
        The encoder of a `DualInput`: ``"resnet18"``, ``"resnet50"``,
        ``"resnet101"``, ``"ran56"``, ``"ran92"``, and for CPUs and small images
        ``"resnet_tiny"`` and ``"ran_tiny"``; or a class whose modules take pairs and
        return logits. It gets ``in_channels``, ``n_classes`` and ``image_size`` if
        it takes them. Its other settings are ``module__...``, such as
        ``module__fusion``, ``module__shared`` and ``module__dropout``.
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
    columns : sequence of two str or None, default=None
        The ultrasound columns before and after, in this order; None takes the only
        two, in the frame's order.
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
        gradients up, so that it fits a small GPU.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Labels.
    columns_ : tuple of str
        The ultrasound columns, where X was a cohort frame.
    item_shape_ : tuple of int
        (2, n_channels, height, width) of every pair.
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

    With several planes per visit, planes are paired by position, and the visit with
    fewer planes starts again from its first, so that every plane is used. In
    training each pair is a sample with its patient's label; a patient's score is
    the mean over the pairs.

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
    _item_kind = "pair"
    n_visits = 2

    def __init__(
        self,
        *,
        module="resnet18",
        optimizer="adam",
        lr=1e-4,
        max_epochs=100,
        batch_size=8,
        class_weight=None,
        validation_fraction=0.25,
        patience=10,
        flip=True,
        max_shift=0.1,
        augmentation=None,
        n_test_views=0,
        balanced_batches=False,
        columns=None,
        device="auto",
        random_state=None,
        torch_threads=None,
        **kwargs,
    ):
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
        self.columns = columns
        self.device = device
        self.random_state = random_state
        self.torch_threads = torch_threads
        self._take_further(kwargs)

    @with_callbacks
    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y, sample_weight=None, groups=None):
        """Train on pairs of planes with their patients' labels.

        Parameters
        ----------
        X : DataFrame, ndarray or sequence of ndarray
            A cohort frame with two ultrasound columns; or an array (n_rows, 2,
            n_channels, height, width) of one pair per row; or per row a bag of
            pairs (n_pairs, 2, n_channels, height, width).
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
            If a visit is missing, or a plane has another size or other maps than
            the first, or invalid pixels.
        ValueError
            If a setting is misspelt, y has one class, there are too few patients
            for the split, the module cannot take the images, or training diverges.
        """
        return self._fit(X, y, sample_weight, groups)
