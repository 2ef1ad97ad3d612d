"""Mapping the prediction differences of patients, image by image."""

# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from sklearn.callback import CallbackSupportMixin, with_callbacks

from sknac.cohort import Plane
from sknac.cohort.planes import has_study
from sknac.inspection._difference_key import (
    check_image,
    image_digest,
    map_key,
    model_digest,
)
from sknac.inspection._difference_score import PatientScore, make_coder
from sknac.inspection._occlusion import Lattice, occluded_batches, patches_that_count
from sknac.nets.split import Items, SplitModel, computing
from sknac.utils._sklearn import progress_of
from sknac.utils._store import ArrayStore

At = tuple[int, int]  # visit and number of an image


@dataclass(frozen=True)
class Image:
    """One image of a patient: where it is from, and an item that holds it."""

    source: Plane | np.ndarray
    item: int


@dataclass(frozen=True)
class Patient:
    """The images of one row of X, by (visit, number), visit after visit.

    ``items`` are its items, by the number of each visit's image; None where the visit
    did not happen. ``target`` is the class whose probability counts, by position; None
    takes the most probable one.
    """

    images: dict[At, Image]
    items: list[tuple[int | None, ...]]
    target: int | None


def list_patients(images, items: Items, net, codes) -> list[Patient]:
    """List the images of every row of a cohort frame or of arrays."""
    patients = []
    for row in range(items.n_rows):
        own = np.flatnonzero(items.rows == row).tolist()
        n_planes = [len(own)] * net.n_visits
        if isinstance(images, pd.DataFrame):
            cells = images[list(net.columns_)].iloc[row]
            n_planes = [cell.n_planes if has_study(cell) else 1 for cell in cells]
        found = {}
        for visit, count in enumerate(n_planes):
            for number, item in enumerate(own[:count]):
                if items.happened[item, visit]:
                    source = items.sources[item]
                    source = source if net.n_visits == 1 else source[visit]
                    found[visit, number] = Image(source, item)
        members = [
            tuple(
                number % count if here else None
                for count, here in zip(n_planes, items.happened[item], strict=True)
            )
            for number, item in enumerate(own)
        ]
        patients.append(Patient(found, members, None if codes is None else codes[row]))
    return patients


@dataclass
class PredictionDifference(CallbackSupportMixin):
    """Computes the maps of patients' images, or finds them in a store."""

    model: SplitModel
    items: Items
    lattice: Lattice
    channels: tuple[int, ...]
    batch_size: int
    store: ArrayStore | None

    def __post_init__(self):
        self.coder = make_coder(self.model)
        if self.store is not None:
            self.store.prepare()
            self.model_digest = model_digest(self.model)

    @with_callbacks
    def run(self, patients: list[Patient]) -> list[dict[At, object]]:
        """Map every image, (n_channels, n_down, n_across); callbacks hear of each."""
        n_images = sum(len(patient.images) for patient in patients)
        results = []
        with progress_of(self, n_images) as on_image:
            for patient in patients:
                found = {}
                for at, values in self._maps(patient):
                    found[at] = values
                    if on_image:
                        on_image()
                results.append(found)
        return results

    def _maps(self, patient):
        """Yield (visit, number) and the map of each image of a patient."""
        keys = self._keys(patient) if self.store else {}
        score = None
        for at in patient.images:
            values = self.store.get(keys[at]) if self.store else None
            if values is None:
                with computing(self.model.net):
                    score = score or self._score(patient)
                    values = self._map(score, at, patient.target)
                if self.store:
                    for one in patient.images.values():  # all share in the map
                        check_image(one.source)
                    values = self.store.put(keys[at], values)
            yield at, values

    def _keys(self, patient):
        """Keys of a patient's maps; other images count, as they share the mean."""
        lattice = self.lattice
        settings = (lattice.patch, lattice.stride, self.channels, patient.target)
        images = {at: image_digest(one.source) for at, one in patient.images.items()}
        return {
            at: map_key(self.model_digest, images, *at, settings)
            for at in patient.images
        }

    def _score(self, patient):
        """Compute what the patient's images give unchanged."""
        images = {at: self._tensor(one, at[0]) for at, one in patient.images.items()}
        return PatientScore(self.coder, images, patient.items)

    def _tensor(self, image, visit):
        """Read an image to the network's device, (1, n_channels, height, width)."""
        net = self.model.net
        pixels = torch.from_numpy(self.items.read(image.item))
        pixels = pixels[visit] if pixels.ndim == 4 else pixels
        layout = getattr(torch, net.memory_format_)
        return pixels[None].to(net.device_).contiguous(memory_format=layout)

    def _map(self, score, at, target):
        """Compute the map of one image."""
        image = score.images[at]
        channels, lattice = self.channels, self.lattice
        patches = patches_that_count(image[0].cpu().numpy(), lattice, channels)
        values = np.zeros((len(channels), *lattice.shape), np.float32)
        if len(patches):
            means, around = [score.unchanged], score.around(*at)
            for batch in occluded_batches(
                image, lattice, channels, patches, self.batch_size
            ):
                means.append(around(batch))
            found = self.model.finish(np.concatenate(means))
            found = found[:, found[0].argmax() if target is None else target]
            values[tuple(patches.T)] = np.abs(found[1:] - found[0])
        return values
