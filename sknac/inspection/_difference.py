"""Prediction difference analysis: what a patient's probability loses with a patch."""

# SPDX-License-Identifier: BSD-3-Clause

import os
from collections.abc import Sequence
from numbers import Integral

import numpy as np
import pandas as pd
import torch

from sknac.cohort.planes import list_planes, put_planes
from sknac.exceptions import CohortError
from sknac.inspection._difference_work import PredictionDifference, list_patients
from sknac.inspection._occlusion import Lattice
from sknac.inspection._placement import follow
from sknac.inspection._score import codes_of, given_labels
from sknac.nets.split import split_model
from sknac.utils._rows import same_rows
from sknac.utils._sklearn import Interval, validate_params
from sknac.utils._store import ArrayStore

_IMAGE = "prediction_difference"


@validate_params(
    {
        "patch": [Interval(Integral, 1, None, closed="left")],
        "stride": [Interval(Integral, 1, None, closed="left")],
        "channels": ["array-like", str, None],
        "batch_size": [Interval(Integral, 1, None, closed="left"), None],
        "store": [str, os.PathLike, None],
    },
    prefer_skip_nested_validation=True,
)
def prediction_difference(
    estimator: object,
    X: object,
    *,
    patch: int = 8,
    stride: int = 4,
    channels: Sequence | str | None = None,
    target: object = None,
    batch_size: int | None = None,
    store: str | os.PathLike | None = None,
    callbacks: Sequence = (),
) -> pd.DataFrame | list[np.ndarray]:
    """Map how much a patient's probability changes when a patch is occluded.

    One patch of one channel of one plane is set to zero at a time; the value at the
    patch's centre is the absolute difference of the patient's probability, through
    the whole estimator: the network, the mean over the patient's planes, and what
    follows [1]_.

    Parameters
    ----------
    estimator : estimator
        A fitted `PlaneFeatureNet` or `DLRClassifier`, or a pipeline with one, such
        as that of `make_qus_response_pipeline`; what wraps a single one, such as
        `WeightedYoudenThreshold`, is looked through. It is not changed.
    X : DataFrame, ndarray or sequence of ndarray
        What the estimator's ``predict_proba`` takes: a cohort frame, or, for a
        network alone, arrays as in its ``fit``.
    patch : int, default=8
        Side of the patches in pixels of the images that the network sees.
    stride : int, default=4
        Distance of neighbouring patches in pixels. Patches begin at 0, `stride`,
        2 `stride`, ... until every pixel is covered; the last of a row or column may
        hang over the border, and what lies inside is occluded. A stride larger than
        the patch leaves gaps, and the channels' names then end in ``_coarse``.
    channels : sequence of str or int, or str, default=None
        Channels to occlude, by name or position; None takes all.
    target : label, array-like of shape (n_patients,) or None, default=None
        Class whose probability is compared: one label for all patients, or each
        patient's own; with two classes either gives the same. None takes each
        patient's most probable class.
    batch_size : int or None, default=None
        Occluded images computed at a time; None goes by their size: on a CPU 16 of
        128 x 128 pixels and 1 of 512 x 512, on a GPU 16 times as many.
    store : str, path-like or None, default=None
        Folder of finished maps. Maps found there are not computed again, others are
        written there plane by plane, and the planes returned hold handles to the
        files. What counts is the content: the patient's images, the weights of the
        model and the settings.
    callbacks : sequence, default=()
        Of scikit-learn, e.g. a `sklearn.callback.ProgressBar`; they hear
        of each plane that is finished.

    Returns
    -------
    DataFrame or list of ndarray
        For a cohort frame a cohort frame with the same index and the ultrasound
        columns that the network reads, whose planes are maps, float32: per channel
        the differences on the lattice of the patches' centres, spacing `stride`
        pixels, at their place in the scan. B-mode images get one channel,
        ``prediction_difference``. Where the planes of X have no spacing, the maps lie
        on the planes' own pixels: each takes the value of the patch of nearest centre,
        and NaN in the gaps and where the network saw nothing. A visit that is missing
        and may be stays None. For arrays a list with, per row, the lattices (n_planes,
        n_channels, n_down, n_across), of several visits (n_items, n_visits, n_channels,
        ...), NaN where one is missing.

    Raises
    ------
    ValueError
        If there is no image network in the estimator, or a channel or a target is
        unknown.
    NotFittedError
        If the estimator is not fitted.
    CohortError
        If X lacks a column or a visit that the network needs, or the images are not
        those of ``fit``.

    See Also
    --------
    grad_cam : One pass of the network in place of thousands, and coarser.
    sknac.systems.make_qus_response_pipeline : The system that it explains.

    Notes
    -----
    The values are those of the plain definition to 1e-6: nothing is approximated, and
    what differs is the float32 rounding of the features. (A model that magnifies it,
    such as a scaler on features that hardly vary, magnifies it here as well.) Patches
    that are zero anyway are skipped: their difference is exactly 0. The other planes'
    features are kept, and of residual networks the layers that a patch reaches only
    in part are computed in that part. See the user guide for what it costs.

    The difference says what the model uses, in the patch alone and given all the
    rest; it says nothing of whether the probability rises or falls, nor of cause.

    References
    ----------
    .. [1] H. Taleghamar et al., Scientific Reports 12:2244, 2022 (8 x 8 pixels, half
       of them shared with the next patch).

    Examples
    --------
    >>> import numpy as np
    >>> from sknac.inspection import prediction_difference
    >>> from sknac.nets import PlaneFeatureNet
    >>> rng = np.random.default_rng(0)
    >>> X = rng.random((8, 2, 3, 32, 32), dtype="float32")
    >>> y = ["response", "non-response"] * 4
    >>> net = PlaneFeatureNet(module="resnet_tiny", max_epochs=1, random_state=0)
    >>> maps = prediction_difference(net.fit(X, y), X[:1], stride=8)
    >>> maps[0].shape  # planes, channels, patches down and across
    (2, 3, 4, 4)
    """
    model = split_model(estimator)
    net = model.net
    same_rows(X=X, target=target)
    labels = given_labels(target, len(X), model.classes)
    codes = None if labels is None else codes_of(labels, model.classes).tolist()
    positions, names = _pick_channels(channels, net)
    images, views = _followed(model, X)
    items = model.items(images)
    lattice = Lattice(int(patch), int(stride), tuple(net.item_shape_[-2:]))
    _check_places(images, net, lattice, views)
    work = PredictionDifference(
        model=model,
        items=items,
        lattice=lattice,
        channels=positions,
        batch_size=batch_size or _batch_size(net.item_shape_, net.device_),
        store=None if store is None else ArrayStore(store),
    )
    patients = list_patients(images, items, net, codes)
    maps = work.set_callbacks(*callbacks).run(patients)
    if not isinstance(images, pd.DataFrame):
        return list(map(_as_array, patients, maps))
    if lattice.is_coarse:
        names = tuple(f"{name}_coarse" for name in names)
    return _as_frame(images, net.columns_, maps, lattice, names, views)


def _followed(model, X):
    """Make the network's images, and note what they show of planes without spacing."""
    columns = [column for column in model.columns if column in X]
    found = list_planes(X, columns) if isinstance(X, pd.DataFrame) else []
    if all(at.plane.spacing_mm is not None for at in found):
        return model.images(X), [None] * len(found)
    images, views = follow(model, X)
    return images, [
        (at.plane, view) if at.plane.spacing_mm is None else None
        for at, view in zip(found, views, strict=True)
    ]


def _batch_size(shape, device):
    """Images of a batch: on a CPU 16 of 128 x 128 pixels were the quickest."""
    on_cpu = torch.device(device).type == "cpu"
    n_pixels, most = (2**18, 64) if on_cpu else (2**22, 256)
    return min(max(n_pixels // (shape[-2] * shape[-1]), 1), most)


def _check_places(images, net, lattice, views):
    """Raise, before anything is computed, where a map would not reach the core."""
    if not isinstance(images, pd.DataFrame):
        return
    nothing = np.zeros((1, *lattice.shape), np.float32)
    for at, view in zip(list_planes(images, net.columns_), views, strict=True):
        try:
            _as_plane(at.plane, nothing, lattice, ("nothing",), view)
        except ValueError as error:
            raise CohortError(
                f"{at.place}: no patch of {lattice.patch} pixels every "
                f"{lattice.stride} has its centre near the core; take smaller ones"
            ) from error


def _pick_channels(channels, net):
    """Positions of the channels asked for, and their names."""
    n_channels = net.item_shape_[-3]
    names = net.channels_ or (_IMAGE,) * n_channels
    if channels is None:
        channels = range(n_channels)
    elif isinstance(channels, str):
        channels = [channels]
    picked = []
    for channel in channels:
        is_number = isinstance(channel, Integral)
        if is_number and 0 <= channel < n_channels:
            picked.append(int(channel))
        elif channel in net.channels_:
            picked.append(net.channels_.index(channel))
        else:
            known = list(net.channels_) or f"0 to {n_channels - 1}"
            raise ValueError(f"channels must be of {known}, got {channel!r}")
    if not picked or len(set(picked)) < len(picked):
        raise ValueError(f"channels must name each channel once, got {channels!r}")
    return tuple(picked), tuple(names[i] for i in picked)


def _as_array(patient, found):
    """Put a row's lattices together, item by item; NaN of visits that are missing."""
    values = {at: _load(one) for at, one in found.items()}
    n_visits, shape = len(patient.items[0]), next(iter(values.values())).shape
    whole = np.full((len(patient.items), n_visits, *shape), np.nan, np.float32)
    for (visit, number), one in values.items():
        whole[number, visit] = one
    return whole[:, 0] if n_visits == 1 else whole


def _load(values):
    """Read a map that may lie in a store."""
    return values if isinstance(values, np.ndarray) else values.load()


def _as_frame(images, columns, maps, lattice, names, views):
    """Put maps where their images were."""
    planes = [
        _as_plane(
            at.plane,
            maps[at.row][columns.index(at.column), at.number],
            lattice,
            names,
            view,
        )
        for at, view in zip(list_planes(images, columns), views, strict=True)
    ]
    return put_planes(images[list(columns)], columns, planes)


def _as_plane(plane, values, lattice, names, view):
    """Put a map on the lattice of the patches' centres."""
    if view is not None:
        # In pixels the map is read beside its image: repeat, do not interpolate.
        original, seen = view
        return seen.repeat(_repeated(_load(values), lattice), original, names)
    grid = lattice.on(plane.grid)
    return plane.replace(image=values, grid=grid, kind="maps", channels=names, roi=None)


def _repeated(values, lattice):
    """Give each pixel the value of the patch of nearest centre, NaN in gaps."""
    rows, columns = lattice.nearest(0), lattice.nearest(1)
    repeated = values[:, rows[:, None], columns]
    repeated[:, rows < 0] = np.nan
    repeated[:, :, columns < 0] = np.nan
    return repeated
