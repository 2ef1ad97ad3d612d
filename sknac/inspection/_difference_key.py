"""The key under which a difference map is stored: all that it depends on."""

# SPDX-License-Identifier: BSD-3-Clause

from numbers import Number

import joblib
import numpy as np
from sklearn.base import BaseEstimator

from sknac.cohort import InMemoryArray, Plane
from sknac.nets.split import SplitModel
from sknac.utils._handle import digest_of

# Raise it with every change that gives other maps of the same input.
_FORMAT = 2


def model_digest(model: SplitModel) -> str:
    """Hash the network and what follows it; training times do not count."""
    parts = [_step_digest(step) for step in (model.net, *model.after)]
    if model.calibrated is not None:
        parts.append(joblib.hash(model.calibrated))
    return digest_of(*parts)


def image_digest(image) -> str:
    """Hash the pixels of a plane or an array."""
    return (image.image if isinstance(image, Plane) else InMemoryArray(image)).digest


def check_image(image) -> None:
    """Refuse a plane whose file has rotted, before its map is stored."""
    if isinstance(image, Plane):
        image.image.check_content()


def map_key(model: str, images, visit: int, number: int, settings) -> str:
    """Hash everything: model, the patient's images, which of them, settings."""
    return digest_of(
        "prediction difference", _FORMAT, model, images, visit, number, settings
    )


def _step_digest(step):
    """Hash what a fitted step computes with."""
    if not hasattr(step, "module_spec_"):  # no network
        return digest_of(_plain(step))
    arrays = step.module_.state_dict()
    weights = [(name, _plain(arrays[name].cpu().numpy())) for name in sorted(arrays)]
    names = step.classes_.tolist()
    return digest_of(_plain(step.module_spec_), weights, names, step.autocast)


def _plain(value):
    """Write equal values alike; pickling and identity leave no mark."""
    if isinstance(value, np.ndarray) and value.dtype.kind in "biuf":
        return InMemoryArray(value).digest
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, BaseEstimator):
        state = {k: v for k, v in vars(value).items() if "_callback" not in k}
        return type(value).__qualname__, _plain(state)
    if isinstance(value, dict):
        return sorted((repr(name), _plain(item)) for name, item in value.items())
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, str | Number | None):
        return repr(value)
    return joblib.hash(value)
