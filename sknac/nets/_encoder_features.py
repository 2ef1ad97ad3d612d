"""`EncoderFeatures`: vectors of a frozen network as features of a cohort."""

# SPDX-License-Identifier: BSD-3-Clause

import os
from collections.abc import Callable
from typing import Any, Self

import numpy as np
import pandas as pd
import torch
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.callback import CallbackSupportMixin
from sklearn.utils.validation import check_is_fitted

from sknac.cohort import check_cohort
from sknac.cohort.planes import check_has_studies, check_kind, list_planes
from sknac.exceptions import CohortError
from sknac.nets._encoder import (
    POOLS,
    Encoder,
    build,
    code_of,
    encoder_settings,
    is_random,
    random_part,
    weights_digest,
)
from sknac.nets._encoder_state import FITTED, EncoderStateMixin
from sknac.nets._encoders import ENCODERS
from sknac.nets._first_layers import first_convolutions, input_scaling, scale_input
from sknac.nets._items import Items
from sknac.nets._named import SMALL_NETS
from sknac.nets._pretrained import SAMPLE, check_range, warn_of_colours, warn_of_range
from sknac.nets._scope import pick_device, torch_scope
from sknac.nets._weights_file import check_path, read_weights
from sknac.nets._weights_fit import fit_weights, tell_unused
from sknac.utils._handle import digest_of
from sknac.utils._rows import same_rows
from sknac.utils._sklearn import (
    Integral,
    Interval,
    StrOptions,
    _fit_context,
    progress_of,
    with_callbacks,
)
from sknac.utils._state import plain_value
from sknac.utils._store import ArrayStore

# Raise it with every change that gives other vectors of the same image.
_FORMAT = 1


class EncoderFeatures(
    EncoderStateMixin, CallbackSupportMixin, TransformerMixin, BaseEstimator
):
    """Features of a frozen, pretrained network, averaged over a patient's planes.

    Nothing is trained: a network that learned from other images makes a vector of each
    plane, for any classifier of scikit-learn behind it.

    Parameters
    ----------
    module : str or callable
        The network: ``"resnet18"``, ``"resnet50"``, ``"resnet101"``, ``"ran56"``, ...,
        as in `PlaneFeatureNet`; or the path by which a class is imported, such as
        ``"monai.networks.nets.DenseNet121"``; or the class itself. It gets
        ``in_channels`` if it takes it.
    weights : str, path-like or None, default=None
        Local file of weights, ``.safetensors``, ``.pt`` or ``.pth``. None is for
        classes that bring their own.
    module_settings : dict or None, default=None
        Arguments of the network, such as ``{"width": 32}``.
    layer : str or None, default=None
        Name of the layer whose values are the features. None takes the last maps of
        the networks by name; of others what their ``features`` gives, or else what
        their last layer with weights is given.
    pool : {"mean", "max", "sd"}, default="mean"
        What is taken of each map (or of the tokens of a transformer) over the image;
        vectors are taken as they are.
    normalise : "imagenet", pair or None, default=None
        How the network scales its input, as in `PlaneFeatureNet`: pixels from 0 to 1
        by ImageNet's mean and SD, or by a pair (mean, SD), each a number or one per
        channel.
    batch_size : int, default=32
        Planes that are computed at a time.
    store : str, path-like or None, default=None
        Folder of computed vectors (a cache that outlives the program). Vectors found
        there are not computed again.
    columns : str, sequence of str or None, default=None
        Ultrasound columns; None takes all.
    device : str, default="auto"
        ``"cpu"``, ``"cuda"``, or ``"auto"`` for a GPU where there is one.
    torch_threads : int or None, default=None
        Threads per operation; None is 1 for the tiny networks, and torch's own number
        for others.

    Attributes
    ----------
    module_ : torch.nn.Module
        What makes vectors of images.
    feature_dim_ : int
        Number of features per visit.
    weights_report_ : WeightsReport or None
        What became of the weights in the file; see `PlaneFeatureNet`. None where none
        were given.
    encoder_digest_ : str
        Digest of weights and settings: what the vectors depend on besides the image.
    item_shape_ : tuple of int
        (n_channels, height, width) of every plane.
    channels_ : tuple of str
        Names of the maps; empty for B-mode images.
    columns_ : tuple of str
        Ultrasound columns that are read.
    device_ : str
        Where vectors are computed.
    feature_names_in_ : ndarray of str
        Columns of the frame seen in ``fit``.
    n_features_in_ : int
        Their number.

    See Also
    --------
    PlaneFeatureNet : A network that is trained, from such weights too.
    sknac.features.MapStatistics : Features that are counted, not learned.

    Notes
    -----
    How weights are matched by name and adapted to the number of channels, and what
    ``"imagenet"`` does to grey images, is told in `PlaneFeatureNet`. Weights that the
    file lacks are an error where the vectors depend on them.

    Planes are read and computed in batches; memory does not grow with their number,
    but for the vectors. All planes must have one size, which `PlaneResizer` gives them.
    In a `store`, a vector is found by its image's content, the weights and all
    settings; of a class, its source, without that of what it calls, and the version of
    its package stand for its code. Vectors of another processor, or another number of
    threads, differ in the last digits.

    A fitted step needs the file of weights no more, in the same process or saved. A
    network given by name is built again when it is loaded. One that was given by the
    path of its class is saved as a program of ``torch.export``, and loads without its
    package; where that cannot export it, saving warns, and loading needs the package.
    Of a class given itself, loading needs the class. Programs of ``torch.export`` are
    for the version of torch that wrote them, or later.

    Examples
    --------
    >>> import tempfile, torch
    >>> from sknac.datasets import make_bmode_cohort
    >>> from sknac.nets import EncoderFeatures, ResNet
    >>> from sknac.preprocessing import MapScaler, PlaneResizer
    >>> path = tempfile.mkdtemp() + "/colour.pt"  # of a network on photographs
    >>> torch.save(ResNet(in_channels=3, layout="tiny").state_dict(), path)
    >>> X = make_bmode_cohort(n_patients=4, random_state=0).X[["us_pre"]]
    >>> X = MapScaler().fit_transform(PlaneResizer(image_size=64).fit_transform(X))
    >>> encoder = EncoderFeatures("resnet_tiny", weights=path, normalise="imagenet")
    >>> encoder.fit_transform(X).shape, encoder.get_feature_names_out()[0]
    ((4, 64), 'us_pre__encoder0')
    """

    _parameter_constraints: dict = {
        "module": [str, callable],
        "weights": [str, os.PathLike, None],
        "module_settings": [dict, None],
        "layer": [str, None],
        "pool": [StrOptions(set(POOLS))],
        "normalise": [str, "array-like", None],
        "batch_size": [Interval(Integral, 1, None, closed="left")],
        "store": [str, os.PathLike, None],
        "columns": [str, "array-like", None],
        "device": [str, torch.device],
        "torch_threads": [Interval(Integral, 1, None, closed="left"), None],
    }

    kinds = ("bmode", "maps")

    def __init__(
        self,
        module: str | Callable[..., Any],
        *,
        weights: Any = None,
        module_settings: Any = None,
        layer: str | None = None,
        pool: str = "mean",
        normalise: Any = None,
        batch_size: int = 32,
        store: Any = None,
        columns: Any = None,
        device: str = "auto",
        torch_threads: int | None = None,
    ) -> None:
        self.module = module
        self.weights = weights
        self.module_settings = module_settings
        self.layer = layer
        self.pool = pool
        self.normalise = normalise
        self.batch_size = batch_size
        self.store = store
        self.columns = columns
        self.device = device
        self.torch_threads = torch_threads

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: pd.DataFrame, y: Any = None) -> Self:
        """Build the network with its weights; nothing is learnt of values.

        Parameters
        ----------
        X : DataFrame of shape (n_patients, n_columns)
            Cohort frame of B-mode images or maps of one size.
        y : ignored
            Present for scikit-learn.

        Returns
        -------
        self
            The fitted step.

        Raises
        ------
        CohortError
            If a visit is missing, or a plane has another size or other maps than the
            first.
        ValueError
            If a setting cannot be met, or weights are missing or do not fit.
        FileNotFoundError
            If there is no such file of weights.
        SknacFormatError
            If the file is damaged or holds no weights.

        Warns
        -----
        UserWarning
            If pixels are large, as from 0 to 255, and `normalise` is None.
        """
        for name in FITTED:  # an error below leaves nothing of an earlier fit
            vars(self).pop(name, None)
        columns = check_cohort(self, X, columns=self.columns, reset=True)
        same_rows(X=X, y=y)
        items = self._items(X, columns)
        items.check_alike(items.shape, items.channels)
        self.columns_ = columns
        self.item_shape_ = tuple(items.shape)
        self.channels_ = tuple(items.channels)
        if self.store is not None:
            ArrayStore(self.store)  # refuses a file; the folder is made when needed
        self._build()
        if self.weights is not None and self.normalise is None:
            warn_of_range(items.batch(range(min(len(items), SAMPLE))))
        return self

    @with_callbacks
    def transform(self, X: pd.DataFrame) -> np.ndarray:
        """Compute the mean vector of each patient's planes, visit by visit.

        Parameters
        ----------
        X : DataFrame of shape (n_patients, n_columns)
            Cohort frame with the columns seen in ``fit``.

        Returns
        -------
        ndarray or DataFrame of shape (n_patients, n_visits * feature_dim)
            Features, in the order of their names.

        Raises
        ------
        CohortError
            If a visit is missing or a plane cannot be used; it names the place.
        """
        check_is_fitted(self)
        check_cohort(self, X, columns=self.columns_, reset=False)
        items = self._items(X, self.columns_)
        items.check_alike(self.item_shape_, self.channels_)
        means = items.mean_by_row(self._vectors(items).astype(np.float64))
        visits = means.reshape(len(self.columns_), len(X), self.feature_dim_)
        return np.concatenate(list(visits), axis=1)

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Name the features: visit and number.

        Parameters
        ----------
        input_features : array-like of str or None
            Ignored.

        Returns
        -------
        ndarray of str
            Such as ``us_pre__encoder0``.
        """
        check_is_fitted(self)
        numbers = range(self.feature_dim_)
        names = [f"{column}__encoder{i}" for column in self.columns_ for i in numbers]
        return np.array(names, dtype=object)

    def __sklearn_is_fitted__(self):
        """There is an encoder only after ``fit``."""
        return "module_" in vars(self)

    @property
    def threads_(self) -> int | None:
        """Threads per operation; None is torch's own number."""
        small = isinstance(self.module, str) and self.module in SMALL_NETS
        return 1 if self.torch_threads is None and small else self.torch_threads

    def _items(self, X, columns):
        """List the planes of a frame; each visit of a patient is a row of its own."""
        check_has_studies(X, columns)
        found = list_planes(X, columns)
        for at in found:
            with at.named() as plane:
                check_kind(self, plane)
        first = {column: i * len(X) for i, column in enumerate(columns)}
        rows = [first[at.column] + at.row for at in found]
        places = [at.place for at in found]
        planes = [at.plane for at in found]
        return Items(planes, rows, len(X) * len(columns), places)

    def _build(self):
        """Make the encoder, and what tells it from others."""
        facts = {"in_channels": self.item_shape_[0], "n_classes": 2}
        facts["image_size"] = self.item_shape_[1:]
        make, settings = encoder_settings(
            self.module, self.module_settings or {}, facts
        )
        if self.weights is not None:
            check_path(self.weights)
        module = build(make, settings)
        if self.weights is None and is_random(make, settings, module):
            raise ValueError(
                f"the weights of module={self.module!r} are random; give the path of a "
                "file as weights"
            )
        encoder = Encoder(module, self.layer, self.pool).eval()
        self._try(encoder)
        first = ()
        if self.weights is not None or self.normalise is not None:
            first = first_convolutions(module, self.item_shape_)
        self.weights_report_ = self._load(encoder, first)
        self._scaling = self._scale(module, first)
        is_text = isinstance(self.module, str)
        given_by_name = is_text and self.module in ENCODERS
        self._path = self.module if is_text and not given_by_name else None
        kept = self.module if given_by_name else make
        self._spec = kept, settings, self.layer, self.pool
        self.encoder_digest_ = digest_of(
            "encoder",
            _FORMAT,
            weights_digest(module),
            self.module if given_by_name else "",
            *(() if given_by_name else code_of(make, module)),
            plain_value(settings),
            self.layer,
            self.pool,
            plain_value(self._scaling),
        )
        self._program = None  # made when it is saved
        self.device_ = str(pick_device(self.device))
        self._place(encoder)

    def _try(self, encoder):
        """Run one blank plane, so that what cannot be taken is found at once."""
        stride = getattr(encoder.module, "stride", 1)
        problem = f"{type(encoder.module).__name__} cannot take planes of shape "
        problem += str(self.item_shape_)
        if min(self.item_shape_[-2:]) < stride:
            raise ValueError(
                f"{problem}: it makes images {stride} times smaller; enlarge them "
                "(PlaneResizer)"
            )
        try:
            with torch.inference_mode():
                found = encoder(torch.zeros(1, *self.item_shape_))
        except (RuntimeError, IndexError) as error:
            raise ValueError(
                f"{problem}: {error}; give it what it takes, or another module"
            ) from error
        self.feature_dim_ = found.shape[1]

    def _load(self, encoder, first):
        """Load the file of weights; refuse one that leaves vectors to chance."""
        if self.weights is None:
            return None
        report = fit_weights(encoder.module, read_weights(self.weights), first)
        warn_of_colours(self.channels_, self.normalise)
        if name := random_part(encoder, report.missing, self.item_shape_):
            raise ValueError(
                f"{report.path} lacks weights that the features depend on, such as "
                f"{name!r}; give a file of the whole network, or an earlier layer"
            )
        tell_unused(encoder.module, report)
        return report

    def _scale(self, module, first):
        """Let the network scale its input; return how, to be built again so."""
        if self.normalise is None:
            return None
        if not first:
            raise ValueError(
                f"no 2-D convolution of {type(module).__name__} is given the image "
                "itself; leave normalise out, and scale the images before"
            )
        mean, sd = input_scaling(self.normalise, self.item_shape_[0])
        scale_input(module, first, mean, sd)
        return tuple(first), mean, sd

    def _vectors(self, items):
        """Compute the vectors of all planes, or find them in the store."""
        vectors = np.empty((len(items), self.feature_dim_), dtype=np.float32)
        left = np.arange(len(items))
        store = None if self.store is None else ArrayStore(self.store)
        if store is not None:
            store.prepare()
            keys = [self._key(plane) for plane in items.sources]
            found = [store.get(key) for key in keys]
            for i, entry in enumerate(found):
                if entry is not None:
                    vectors[i] = entry.load()
            left = np.flatnonzero([entry is None for entry in found])
        batches = [
            left[start : start + self.batch_size]
            for start in range(0, len(left), self.batch_size)
        ]
        told = progress_of(self, len(batches), part_name="batch")
        with told as on_batch, torch_scope(threads=self.threads_):
            for batch in batches:
                with torch.inference_mode():
                    vectors[batch] = self._compute(items, batch)
                for i in batch if store is not None else ():
                    items.sources[i].image.check_content()
                    store.put(keys[i], vectors[i])
                if on_batch:
                    on_batch()
        return vectors

    def _key(self, plane):
        """Key of a plane's vector: all that it depends on."""
        return digest_of(self.encoder_digest_, plane.image.digest, plane.kind)

    def _compute(self, items, batch):
        """Compute the vectors of a batch; refuse numbers that are not finite."""
        images = items.batch(batch)
        if isinstance(self.normalise, str):
            self._check_range(items, batch, images)
        images = images.to(self.device_, memory_format=torch.channels_last)
        vectors = self.module_(images).float().cpu().numpy()
        bad = np.flatnonzero(~np.isfinite(vectors).all(axis=1))
        if len(bad):
            raise CohortError(
                f"{items.places[batch[bad[0]]]}: the encoder computes numbers that are "
                "not finite; scale the image, or leave it out"
            )
        return vectors

    def _check_range(self, items, batch, images):
        """Refuse pixels that are not from 0 to 1, and name the first such plane."""
        for i, image in zip(batch, images, strict=True):
            try:
                check_range(image)
            except ValueError as error:
                raise CohortError(f"{items.places[i]}: {error}") from error

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.requires_fit = True
        return tags
