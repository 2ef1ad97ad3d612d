import numpy as np
import pytest
import torch

from sknac.nets import DLRClassifier, PlaneFeatureNet
from sknac.nets._balance import Turns, balanced_shares
from sknac.nets._data import ItemDataset, make_loader

QUICK = {"module": "resnet_tiny", "random_state": 0, "torch_threads": 1}
# Class 0: patients of 6, 1 and 2 items. Class 1: two of 1. Class 2: one of 4.
PATIENTS = np.array([0] * 6 + [1] + [2] * 2 + [3, 4] + [5] * 4)
CODES = np.array([0] * 9 + [1] * 2 + [2] * 4)


@pytest.fixture
def turns():
    return Turns(CODES, PATIENTS)


def test_an_epoch_has_as_many_items_of_each_class_as_the_largest_has(turns):
    drawn = turns.draw(torch.Generator().manual_seed(0)).numpy()
    assert len(drawn) == len(turns) == 27
    assert np.bincount(CODES[drawn]).tolist() == [9, 9, 9]


def test_every_patient_comes_and_those_of_a_class_equally_often(turns):
    for seed in range(5):
        drawn = turns.draw(torch.Generator().manual_seed(seed)).numpy()
        times = np.bincount(PATIENTS[drawn], minlength=6)
        assert times[:3].tolist() == [3, 3, 3]
        assert sorted(times[3:5]) == [4, 5]
        assert times[5] == 9


def test_a_patients_items_take_turns(turns):
    drawn = turns.draw(torch.Generator().manual_seed(0)).numpy()
    times = np.bincount(drawn, minlength=len(CODES))
    assert times[:6].max() == 1  # three of six
    assert sorted(times[-4:]) == [2, 2, 2, 3]


@pytest.mark.parametrize("batch_size", [3, 4, 8, 26, -1])
def test_every_batch_is_balanced_to_one_and_the_last_is_no_single(turns, batch_size):
    items = type("Some", (), {"__len__": lambda self: len(CODES)})()
    dataset = ItemDataset(items, codes=CODES)
    dataset.turns = turns
    plan = make_loader(dataset, batch_size, shuffle=True, seed=0).batch_sampler
    epochs = [list(plan), list(plan)]
    assert epochs[0] != epochs[1]
    for batch in epochs[0]:
        counts = np.bincount(CODES[batch], minlength=3)
        assert counts.max() - counts.min() <= 1
        assert len(batch) > 1
    assert sum(map(len, epochs[0])) == 27
    assert dataset.epoch_size == 27
    assert len(make_loader(dataset, 5, shuffle=False, seed=0)) == 3  # 15 items


def test_shares_make_classes_and_their_patients_count_the_same():
    shares = balanced_shares(CODES, PATIENTS)
    np.testing.assert_allclose(np.bincount(CODES, shares), 1 / 3)
    np.testing.assert_allclose(np.bincount(PATIENTS, shares)[:3], 1 / 9)
    np.testing.assert_allclose(np.bincount(PATIENTS, shares)[3:5], 1 / 6)
    np.testing.assert_allclose(shares[9:], [1 / 6] * 2 + [1 / 12] * 4)


@pytest.fixture(scope="module")
def rare(bags):
    """Twenty bags of one class and five of the other."""
    X, y = bags
    rows = np.concatenate([np.arange(0, 40, 2), np.arange(1, 11, 2)])
    return [X[i] for i in rows], y[rows]


class Seen(torch.nn.Module):
    """A network that notes how many items it was trained on, and learns nothing."""

    def __init__(self, sizes=None):
        super().__init__()
        self.layer = torch.nn.Linear(1, 2)
        self.sizes = sizes

    def features(self, x):
        if self.training and self.sizes is not None:
            self.sizes.append(len(x))
        return x.mean(dim=(1, 2, 3))[:, None]

    def forward(self, x):
        return self.layer(self.features(x))


def test_batches_of_training_are_balanced_and_validation_is_weighted(rare):
    X, y = rare
    sizes = []
    settings = {**QUICK, "module": Seen, "module__sizes": sizes}
    net = PlaneFeatureNet(**settings, balanced_batches=True, max_epochs=1, lr=1e-30)
    net.fit(X, y)
    n_planes = np.array([len(bag) for bag in X])
    train = np.setdiff1d(np.arange(25), net.validation_rows_)
    most = max(n_planes[train][y[train] == label].sum() for label in net.classes_)
    assert sum(sizes[1:]) == 2 * most  # the first tries the network
    valid = net.validation_rows_
    losses = []
    for label in net.classes_:  # the mean over patients of their planes' losses
        own = [X[i] for i in valid if y[i] == label]
        column = net.classes_.tolist().index(label)
        proba = [net.predict_proba(list(bag[:, None]))[:, column] for bag in own]
        losses.append(np.mean([-np.log(p).mean() for p in proba]))
    found = net.training_curve_["valid_loss"].item()
    assert found == pytest.approx(np.mean(losses), rel=1e-5)


@pytest.mark.parametrize("class_weight", ["balanced", {"response": 5.0}])
def test_making_up_for_rare_classes_twice_is_refused(class_weight):
    net = DLRClassifier(balanced_batches=True, class_weight=class_weight)
    with pytest.raises(ValueError, match=r"rare classes twice; set one of them"):
        net.fit(None, None)


def test_rows_of_one_group_are_one_patient(rare):
    """As many rows of a patient as one likes: the patient comes as often as others."""
    X, y = rare
    groups = np.concatenate([np.zeros(16), np.arange(1, 5), 5 + np.arange(5)])
    net = PlaneFeatureNet(**QUICK, balanced_batches=True)
    codes = (y == "response").astype(int)
    net.classes_inferred_ = np.unique(y)
    items = net._read(X, reset=True)
    parts = np.arange(25), None
    dataset, _ = net._make_datasets(items, codes, np.ones(25), parts, groups)
    drawn = dataset.turns.draw(torch.Generator().manual_seed(0)).numpy()
    times = np.bincount(groups[items.rows[drawn]].astype(int))
    assert np.ptp(times[:5]) <= 1
    assert np.ptp(times[5:]) <= 1


def test_where_nothing_is_to_be_learned_the_classes_are_as_probable_as_drawn():
    X, y = np.zeros((25, 1, 2, 2)), np.repeat([0, 1], [20, 5])
    settings = {**QUICK, "module": Seen, "lr": 0.05, "max_epochs": 40}
    for balanced, expected in ((False, 0.2), (True, 0.5)):
        net = PlaneFeatureNet(
            **settings, validation_fraction=None, balanced_batches=balanced
        )
        found = net.fit(X, y).predict_proba(X)[:, 1]
        assert found == pytest.approx(expected, abs=0.03)
