"""Grad-CAM: where a network's last maps speak for a class."""

# SPDX-License-Identifier: BSD-3-Clause

import warnings
from functools import partial

import numpy as np
import pandas as pd
import torch
from captum.attr import LayerGradCam

from sknac.cohort import Grid
from sknac.inspection._placement import as_cohort, follow
from sknac.inspection._score import given_labels, make_score
from sknac.nets.split import computing, split_model
from sknac.utils._rows import same_rows


def grad_cam(
    estimator: object,
    X: object,
    *,
    target: object = None,
    layer: object = None,
    relu: bool = True,
) -> pd.DataFrame | list[np.ndarray]:
    """Map where an image network found evidence for a class.

    The maps of the network's last convolutional layer are weighted by their mean
    gradients and added up [1]_. Networks on several visits give a map for each, as
    in the DLRP paper [2]_.

    Parameters
    ----------
    estimator : estimator
        Fitted: a `PlaneFeatureNet` or `DLRClassifier`; a `Pipeline` with one; or a
        meta-estimator with one fitted estimator around either, such as
        `WeightedYoudenThreshold`. Of a `StagedClassifier` pass one stage.
    X : DataFrame, ndarray or sequence of ndarray
        Patients, as the estimator's ``predict`` takes them.
    target : label, array-like of shape (n_patients,) or None, default=None
        Class whose evidence is mapped: one label for all patients, or each
        patient's own, such as ``estimator.predict(X)``. None takes each patient's
        most probable class, which need not be the one that a threshold gives.
    layer : str, Module, sequence of them, or None, default=None
        The layer, by its name in ``net.module_`` (``"backbone.layer3"``) or itself;
        None takes the last one that has maps. In a network on several visits whose
        encoders are not shared, one layer for each visit.
    relu : bool, default=True
        Whether to set evidence against the class to 0, as the method does.

    Returns
    -------
    DataFrame of shape (n_patients, n_visits) or list of ndarray
        For a cohort frame a cohort frame with the columns that the network reads:
        every plane of X becomes a plane of kind ``"maps"`` with the one channel
        ``"grad_cam"``, float32, on the same grid and with the same core; NaN
        outside the crop and the region that the network saw. A visit that is missing
        and may be stays None. For arrays per row an array (n_planes, height, width), or
        of several visits (n_items, n_visits, height, width), NaN where one is missing.

    Raises
    ------
    CohortError
        If a visit that the network needs is missing, or an image cannot be taken; it
        names the place.
    ValueError
        If the estimator has no image network, `target` is no class of it, `layer`
        is not in it or does not have maps of every image, or a step before the
        network adds or drops planes or loses where they lie.
    NotFittedError
        If the estimator is not fitted.

    Warns
    -----
    UserWarning
        If the layer's maps have a single pixel, so that heat maps are flat.

    See Also
    --------
    SaliencyDisplay : Draws a map over its image.

    Notes
    -----
    With maps A_k of the layer and a score s, the heat map is
    ``relu(sum_k mean(ds / dA_k) A_k)``, interpolated bilinearly. The score is the
    class's logit: of the plane (or the visits' planes), where the network itself
    predicts; of the patient, through the mean of the planes' features, where only a
    `PredictiveNet` follows; with other classifiers behind it, of the plane by the
    feature network's own output layer. Values are not normalised; their size is that
    of the logit, and compares between patients of one network only.

    A plane that is put together with several of another visit gets the mean of its
    maps. Steps that move or turn an image without telling so in its grid cannot be
    followed. The estimator is not changed; gradients are computed in float32 on the
    network's own device, as many items at a time as in training.

    References
    ----------
    .. [1] R. R. Selvaraju et al., Grad-CAM: Visual explanations from deep networks
       via gradient-based localization, ICCV, 2017.
    .. [2] The DLRP paper, European Radiology (Fig 6).

    Examples
    --------
    >>> import numpy as np
    >>> from sknac.inspection import grad_cam
    >>> from sknac.nets import DLRClassifier
    >>> X = np.random.default_rng(0).random((8, 2, 1, 64, 64))
    >>> y = ["response", "non-response"] * 4
    >>> net = DLRClassifier(module="resnet_tiny", max_epochs=1, random_state=0)
    >>> maps = grad_cam(net.fit(X, y), X, target="response")
    >>> len(maps), maps[0].shape  # a pair per patient, two visits
    (8, (1, 2, 64, 64))
    """
    model = split_model(estimator)
    same_rows(X=X, target=target)
    labels = given_labels(target, len(X), model.classes)
    layers = _find_layers(model.net, layer)
    images, views = follow(model, X)
    items = model.items(images)
    with computing(model.net, gradients=True):
        score = make_score(model, items, labels)
        maps = _item_maps(model.net, items, layers, partial(_heat, score, relu))
    if max(next(one for one in maps[0] if one is not None).shape) == 1:
        warnings.warn(
            "the layer's maps have one pixel, so the heat maps are flat; name an "
            "earlier layer in layer=, or train on larger images",
            UserWarning,
            stacklevel=2,
        )
    if isinstance(X, pd.DataFrame):
        return as_cohort(model, X, views, items, maps)
    return _as_arrays(items, maps)


def _as_arrays(items, maps):
    """Enlarge the maps to the images' size; per row an array of its items'."""
    area = Grid(items.shape[-2:], (1, 1), unit="px")
    blank = np.full(area.shape, np.nan)
    fine = [
        np.stack(
            [
                blank if m is None else area.resized(m.shape).sample(m, area)
                for m in visits
            ]
        ).reshape(*items.shape[:-3], *area.shape)
        for visits in maps
    ]
    rows = [np.flatnonzero(items.rows == row) for row in range(items.n_rows)]
    return [np.stack([fine[i] for i in row]) for row in rows]


def _find_layers(net, layer):
    """Find the layers whose maps are taken: one, or one for each visit."""
    module = net.module_
    if layer is None:
        names = ("last_layers", "last_layer")
        found = [getattr(module, name) for name in names if hasattr(module, name)]
        if not found:
            raise ValueError(
                f"{type(module).__name__} does not say which layer is its last (it has "
                f"no last_layer): name one in layer=; {_children(module)}"
            )
        layer = found[0]
    parts = layer if isinstance(layer, list | tuple) else [layer]
    if len(parts) not in (1, net.n_visits):
        raise ValueError(f"layer must be one layer, or one for each visit; got {parts}")
    return [_find_layer(module, part) for part in parts]


def _find_layer(module, layer):
    """Find a layer by name, or see that it is the module's own."""
    if isinstance(layer, str):
        try:
            return module.get_submodule(layer)
        except AttributeError:
            pass
    elif any(layer is own for own in module.modules()):
        return layer
    raise ValueError(
        f"layer {layer!r} is not in {type(module).__name__}; {_children(module)}"
    )


def _children(module):
    """Say which layers there are, for messages."""
    names = [name for name, _ in module.named_modules() if name and name.count(".") < 3]
    shown = ", ".join(names[:12])
    return f"there are {shown}{', ...' if len(names) > 12 else ''}"


def _item_maps(net, items, layers, heat):
    """Heat maps of all items: per item the map of each visit, None if missing."""
    size = net.micro_batch_size or net.batch_size
    size = len(items) if size == -1 else size
    maps = []
    for start in range(0, len(items), size):
        numbers = np.arange(start, min(start + size, len(items)))
        x = items.batch(numbers).to(net.device_)
        # Also a network whose weights are frozen has gradients then.
        x.requires_grad_(True)
        parts = [heat(layer, x, numbers) for layer in layers]
        maps += _by_item(parts, items.happened[numbers])
    return maps


def _heat(score, relu, layer, x, numbers):
    """Grad-CAM of one layer for a batch, (n_maps, height, width)."""
    with torch.enable_grad():
        method = LayerGradCam(lambda batch: score(batch, numbers), layer)
        found = method.attribute(x, relu_attributions=relu)
    if not isinstance(found, torch.Tensor) or found.ndim != 4:
        raise ValueError(
            f"layer {type(layer).__name__} does not give maps (n_images, n_maps, "
            "height, width); name a convolutional one in layer="
        )
    return found[:, 0].detach().float().cpu().numpy()


def _by_item(parts, here):
    """Sort the layers' maps by item and visit; refuse maps that miss a visit."""
    n, n_visits = here.shape
    # One layer sees the visits that happened, item by item; of several each its own.
    seen = [here] if len(parts) == 1 else [here[:, [k]] for k in range(n_visits)]
    found = np.full(here.shape, None)
    for visit, (part, own) in enumerate(zip(parts, seen, strict=True)):
        if len(part) != own.sum():
            raise ValueError(
                f"the layer gave {len(part)} maps for {n} item(s) of {n_visits} "
                f"visit(s), expected {own.sum()}; in a network on several visits name "
                "a layer that sees all in one call, stacked by patient, or one of each"
            )
        rows, columns = np.nonzero(own)
        columns = columns if len(parts) == 1 else columns + visit
        for at, heat in zip(zip(rows, columns, strict=True), part, strict=True):
            found[at] = heat
    return found.tolist()
