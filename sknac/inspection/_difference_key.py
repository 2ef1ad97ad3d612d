"""The key under which a difference map is stored: all that it depends on."""

# SPDX-License-Identifier: BSD-3-Clause

import joblib

from sknac.cohort import InMemoryArray, Plane
from sknac.cohort._handles import digest_of
from sknac.inspection._pipeline import SplitModel
from sknac.nets._base import NetClassifier

# Raise it with every change that gives other maps of the same input.
_FORMAT = 1


def model_digest(model: SplitModel) -> str:
    """Hash the network and what follows it; training times do not count."""
    return digest_of(*map(_step_digest, (model.net, *model.after)))


def image_digest(image) -> str:
    """Hash the pixels of a plane or an array."""
    return (image.image if isinstance(image, Plane) else InMemoryArray(image)).digest


def map_key(model: str, images, visit: int, number: int, settings) -> str:
    """Hash everything: model, the patient's images, which of them, settings."""
    return digest_of(
        "prediction difference", _FORMAT, model, images, visit, number, settings
    )


def _step_digest(step):
    """Hash what a fitted step computes with."""
    if not isinstance(step, NetClassifier):
        state = {k: v for k, v in vars(step).items() if "_callback" not in k}
        return joblib.hash((type(step).__qualname__, state))
    arrays = step.module_.state_dict()
    weights = [
        (name, InMemoryArray(arrays[name].cpu().numpy()).digest)
        for name in sorted(arrays)
    ]
    names = step.classes_.tolist()
    return digest_of(step.module_spec_, weights, names, step.autocast)
