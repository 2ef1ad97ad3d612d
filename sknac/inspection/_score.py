"""The score that Grad-CAM differentiates: the logit of a class."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable

import numpy as np
import torch

from sknac.nets import PredictiveNet
from sknac.nets.split import Items, SplitModel, evaluating
from sknac.utils._parts import only_part


def given_labels(target: object, n_rows: int, classes: np.ndarray) -> list | None:
    """List each patient's target class; None where none is given.

    Parameters
    ----------
    target : label, array-like of shape (n_rows,) or None
        As in `grad_cam`.
    n_rows : int
        Number of patients.
    classes : ndarray of shape (n_classes,)
        Labels that there are.

    Returns
    -------
    list or None
        A label per patient.

    Raises
    ------
    ValueError
        If a label is none of the classes, or their number is not that of patients.
    """
    if target is None:
        return None
    single = isinstance(target, str) or np.ndim(target) == 0
    labels = [target] * n_rows if single else np.asarray(target).tolist()
    if len(labels) != n_rows:
        raise ValueError(
            f"target has {len(labels)} labels, X has {n_rows} patients; give "
            "one label, or one for each patient"
        )
    codes_of(labels, classes)
    return labels


def codes_of(labels: list, classes: np.ndarray) -> np.ndarray:
    """Find labels among the classes; refuse others."""
    known = classes.tolist()
    for label in labels:
        if label not in known:
            raise ValueError(f"target must be one of {known}, got {label!r}")
    return np.array([known.index(label) for label in labels])


def make_score(model: SplitModel, items: Items, labels: list | None) -> Callable:
    """Make the function ``(batch, item numbers) -> scores`` of single items.

    Where a predictive network alone follows, its gradient by the mean features, which
    are linear in each plane's, is taken once per patient: a plane's score is then its
    features along that gradient, over the number of planes.

    Parameters
    ----------
    model : SplitModel
        The fitted parts.
    items : Items
        All items.
    labels : list or None
        Each patient's target class; None takes the most probable one.

    Returns
    -------
    callable
        Its gradients are those of the logit that `grad_cam` names.
    """
    net, predictive = model.net, _predictive_net(model)
    means = None
    if labels is None or predictive is not None:
        means = items.mean_by_row(model.item_values(items))
    if labels is None:
        labels = model.classes[model.finish(means).argmax(axis=1)].tolist()
    module = net.module_
    if predictive is None:
        codes = _codes(labels, model.classes, net)[items.rows]
        codes = torch.from_numpy(codes).to(net.device_)
        return lambda x, numbers: _pick(module(x), codes[numbers])
    slopes = _slopes(predictive, means, _codes(labels, model.classes, predictive))
    slopes = slopes / np.bincount(items.rows)[:, None]
    slopes = torch.from_numpy(slopes[items.rows].astype(np.float32)).to(net.device_)
    return lambda x, numbers: (module.features(x) * slopes[numbers]).sum(1)


def _codes(labels, classes, net):
    """Find labels among a network's, which are 0, 1 where it was trained on codes."""
    on_codes = net.classes_.tolist() == list(range(len(classes)))
    return codes_of(labels, classes if on_codes else net.classes_)


def _predictive_net(model):
    """Find the predictive network that alone follows the features, or None."""
    last = model.after[0] if len(model.after) == 1 else None
    while last is not None and not isinstance(last, PredictiveNet):
        last = only_part(last)
    return last


def _pick(logits, codes):
    """Each item's logit of its own class."""
    return logits.gather(1, codes[:, None])[:, 0]


def _slopes(net, means, codes):
    """Gradient of each patient's logit by their features, (n_patients, n_features)."""
    with evaluating(net.module_), torch.enable_grad():
        features = torch.from_numpy(means.astype(np.float32)).to(net.device_)
        features.requires_grad_(True)
        codes = torch.from_numpy(codes).to(net.device_)
        logits = _pick(net.module_(features), codes)
        (slopes,) = torch.autograd.grad(logits.sum(), features)
    return slopes.cpu().numpy()
