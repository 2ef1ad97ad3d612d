"""Images are listed by patient, visit and number, as the network pairs them."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np

from sknac.inspection import prediction_difference
from sknac.inspection._difference_work import list_patients
from sknac.nets import DLRClassifier
from sknac.nets._inputs import read_items
from sknac.nets.split import split_model
from sknac.preprocessing import MapScaler


def test_every_plane_of_a_pair_is_listed_once(cohort, labels):
    scaled = MapScaler().fit_transform(cohort)
    net = DLRClassifier(
        module="resnet_tiny",
        columns=["us_pre", "us_post2"],
        max_epochs=1,
        random_state=0,
    ).fit(scaled, labels)
    items = split_model(net).items(scaled)
    patients = list_patients(scaled, items, net, codes=None)
    for patient, (_, row) in zip(patients, scaled.iterrows(), strict=True):
        for visit, column in enumerate(net.columns_):
            planes = [
                one.source for at, one in patient.images.items() if at[0] == visit
            ]
            assert planes == list(row[column].planes)
            n_planes = row[column].n_planes
            numbers = [item[visit] for item in patient.items]
            assert numbers == [k % n_planes for k in range(len(numbers))]
        assert patient.target is None


def test_arrays_are_listed_with_their_targets(plane_net, bags):
    items = split_model(plane_net).items(bags)
    patients = list_patients(bags, items, plane_net, codes=list(range(len(bags))))
    for row, (patient, bag) in enumerate(zip(patients, bags, strict=True)):
        assert patient.target == row
        assert patient.items == [(number,) for number in range(len(bag))]
        for (_, number), image in patient.images.items():
            np.testing.assert_array_equal(image.source, bag[number])
            np.testing.assert_array_equal(items.read(image.item), bag[number])


def test_blank_images_are_answered_without_the_network(plane_net):
    runs = []
    hook = plane_net.module_.stem.register_forward_pre_hook(lambda *_: runs.append(1))
    (found,) = prediction_difference(plane_net, [np.zeros((2, 2, 32, 32), "f4")])
    hook.remove()
    assert not found.any()
    assert len(runs) == 2  # each plane once, and no patch


def test_images_that_are_missing_are_not_listed():
    bag = np.ones((3, 3, 1, 8, 8))
    bag[0, 1] = bag[1, 0] = bag[1, 2] = np.nan
    net = DLRClassifier(columns=["us_pre", "us_post2", "us_post4"])
    items = read_items(net, [bag], n_visits=3, columns=None, reset=True, masked=True)
    (patient,) = list_patients([bag], items, net, codes=None)
    assert list(patient.images) == [(0, 0), (0, 2), (1, 1), (1, 2), (2, 0), (2, 2)]
    assert patient.items == [(0, None, 0), (None, 1, None), (2, 2, 2)]
