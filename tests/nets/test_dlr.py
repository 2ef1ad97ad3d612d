import io
import itertools

import joblib
import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.base import clone
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GridSearchCV, cross_val_predict
from sklearn.pipeline import make_pipeline
from torch import nn

from sknac.cohort import Plane, Study
from sknac.decision import StagedClassifier
from sknac.exceptions import CohortError
from sknac.nets import Augmentation, DLRClassifier
from sknac.preprocessing import MapScaler

TINY = {"batch_size": 16, "lr": 3e-3, "torch_threads": 1, "random_state": 0}


def test_change_between_visits_is_learned_and_shuffled_labels_are_not(pairs):
    X, y = pairs
    aucs = []
    for labels in (y, np.random.default_rng(1).permutation(y)):
        net = DLRClassifier(module="resnet_tiny", max_epochs=20, **TINY)
        net.fit(X[:90], labels[:90])
        aucs.append(roc_auc_score(labels[90:], net.predict_proba(X[90:])[:, 1]))
    assert aucs[0] - aucs[1] > 0.25


def test_patient_score_is_the_mean_over_pairs(pairs):
    X, y = pairs
    net = DLRClassifier(module="resnet_tiny", max_epochs=1, **TINY).fit(X[:20], y[:20])
    bags = [X[:3], X[3:4], X[4:9]]
    alone = [net.predict_proba(bag).mean(axis=0) for bag in bags]
    np.testing.assert_allclose(net.predict_proba(bags), alone, rtol=1e-5)


def test_visits_are_taken_in_the_order_of_columns(cohort):
    X, y = cohort
    net = DLRClassifier(module="ran_tiny", max_epochs=1, **TINY).fit(X, y)
    named = DLRClassifier(
        module="ran_tiny", max_epochs=1, columns=["us_pre", "us_post2"], **TINY
    ).fit(X, y)
    swapped = named.predict_proba(X.assign(us_pre=X["us_post2"], us_post2=X["us_pre"]))
    np.testing.assert_array_equal(net.predict_proba(X), named.predict_proba(X))
    assert not np.allclose(swapped, named.predict_proba(X))


def test_cohort_frames_cross_validate_by_patient(cohort):
    X, y = cohort
    net = DLRClassifier(
        module="ran_tiny", max_epochs=1, validation_fraction=None, **TINY
    )
    net.set_params(module__encoder_settings={"last_units": 2})
    found = cross_val_predict(net, X, y, cv=2)
    assert set(found) <= {"response", "non-response"}


def test_module_settings_reach_the_fusion(pairs):
    X, y = pairs
    net = DLRClassifier(
        module="resnet_tiny",
        module__fusion="diff",
        module__shared=False,
        module__dropout=0.0,
        max_epochs=1,
        **TINY,
    ).fit(X[:20], y[:20])
    assert net.module_.fusion == "diff"
    assert len(net.module_.encoders) == 2


VISITS = ["us_pre", "us_post2", "us_post4"]
MASKED = {
    "module": "resnet_tiny",
    "module__fusion": "mean",
    "columns": VISITS,
    "missing_visits": "mask",
    "max_epochs": 1,
    **TINY,
}


def three_visits(gaps=(), n=12, seed=0):
    """A cohort of B-mode planes at three visits; gaps are (patient, visit)."""
    rng = np.random.default_rng(seed)
    cells = np.empty((n, 3), dtype=object)
    for i, k in itertools.product(range(n), range(3)):
        images = rng.integers(0, 255, (1 + (i + k) % 2, 32, 32), "uint8")
        cells[i, k] = Study([Plane(im, "bmode") for im in images])
    for at in gaps:
        cells[at] = None
    index = [f"P{i:03}" for i in range(n)]
    return pd.DataFrame(cells, columns=VISITS, index=index)


LABELS = np.array(["response", "non-response"] * 6)
GAPS = [(1, 0), (2, 1), (2, 2), (5, 2)]


def as_bags(X):
    """The same patients as bags of items, as the network puts them together."""
    bags = []
    for _, row in X.iterrows():
        planes = [[None] if cell is None else cell.planes for cell in row]
        blank = np.full((32, 32), np.nan)
        item = [
            [own[k % len(own)] for own in planes] for k in range(max(map(len, planes)))
        ]
        images = [[blank if p is None else p.load() for p in one] for one in item]
        bags.append(np.array(images, "float32")[:, :, None])
    return bags


@pytest.mark.parametrize("fusion", ["mean", "attention"])
def test_missing_visits_are_masked_in_frames_and_arrays_alike(fusion):
    X = three_visits(GAPS)
    net = DLRClassifier(**MASKED | {"module__fusion": fusion}).fit(X, LABELS)
    assert net.item_shape_ == (3, 1, 32, 32)
    assert net.n_visits == net.module_.n_visits == 3
    bags = as_bags(X)
    found = net.predict_proba(X)
    np.testing.assert_array_equal(
        clone(net).fit(bags, LABELS).predict_proba(bags), found
    )
    np.testing.assert_array_equal(net.predict_proba(bags), found)


@pytest.mark.parametrize("fusion", ["mean", "attention", "diff", "concat_diff"])
def test_a_prediction_does_not_depend_on_the_gaps_of_others(fusion):
    later = [(i, k) for i, k in GAPS if k and i != 2]
    net = DLRClassifier(**MASKED | {"module__fusion": fusion})
    net.fit(three_visits(later), LABELS)
    whole = net.predict_proba(three_visits())
    gaps = [(3, 1), (4, 2), (7, 1), (8, 2)]
    holed = net.predict_proba(three_visits(gaps))
    rows = [i for i, _ in gaps]
    others = np.setdiff1d(np.arange(12), rows)
    np.testing.assert_allclose(holed[others], whole[others], rtol=1e-5)
    assert np.abs(holed[rows] - whole[rows]).min() > 1e-6
    for row in rows:
        alone = net.predict_proba(three_visits(gaps).iloc[[row]])
        np.testing.assert_allclose(holed[[row]], alone, rtol=1e-5)


def test_where_nothing_is_missing_the_setting_changes_nothing():
    X = three_visits()
    masked = DLRClassifier(**MASKED).fit(X, LABELS)
    plain = DLRClassifier(**MASKED | {"missing_visits": "raise"}).fit(X, LABELS)
    np.testing.assert_array_equal(masked.predict_proba(X), plain.predict_proba(X))


def test_missing_visits_are_refused_unless_asked_for():
    X = three_visits(GAPS)
    net = DLRClassifier(**MASKED | {"missing_visits": "raise"})
    said = "row P001, column us_pre: the visit is missing"
    with pytest.raises(CohortError, match=said):
        net.fit(X, LABELS)
    net.fit(three_visits(), LABELS)
    with pytest.raises(CohortError, match=said):
        net.predict(X)
    with pytest.raises(CohortError, match=r"row 1, plane 0: 33.3% of the pixels are"):
        net.predict(as_bags(X))
    with pytest.raises(ValueError, match="missing_visits"):
        net.set_params(missing_visits="ignore").fit(X, LABELS)


@pytest.mark.parametrize("form", ["frame", "bags"])
def test_a_patient_without_any_visit_is_refused(form):
    X = three_visits()
    net = DLRClassifier(**MASKED).fit(X, LABELS)
    X = three_visits([(4, 0), (4, 1), (4, 2)])
    where = "row P004, column us_pre/us_post2/us_post4"
    if form == "bags":
        X, where = as_bags(X), "row 4, plane 0"
    for use in (net.predict, lambda X: net.fit(X, LABELS)):
        with pytest.raises(CohortError, match=f"^{where}: every visit is missing"):
            use(X)


def test_a_visit_that_no_patient_has_is_refused():
    X = three_visits([(i, 2) for i in range(12)])
    net = DLRClassifier(**MASKED)
    with pytest.raises(CohortError, match="visit us_post4 is missing in every row; l"):
        net.fit(X, LABELS)
    with pytest.raises(CohortError, match="visit 3 is missing in every row"):
        net.fit(as_bags(X), LABELS)
    assert len(net.fit(three_visits(), LABELS).predict(X)) == 12


@pytest.mark.parametrize("fusion", ["concat", "diff", "concat_diff"])
@pytest.mark.parametrize(
    ("gaps", "said"),
    [
        ([(3, 0)], "row P003, .*: the first visit is missing, and the network comp"),
        ([(5, 1), (5, 2)], "row P005, .*: every visit but the first is missing"),
    ],
)
def test_what_is_compared_with_the_first_visit_needs_it(fusion, gaps, said):
    net = DLRClassifier(**MASKED | {"module__fusion": fusion})
    with pytest.raises(CohortError, match=said):
        net.fit(three_visits(gaps), LABELS)
    net.fit(three_visits([(3, 1), (5, 2)]), LABELS)
    with pytest.raises(CohortError, match=said):
        net.predict(three_visits(gaps))


def test_of_two_visits_a_comparison_leaves_nothing_to_mask():
    X = three_visits()[VISITS[:2]]
    net = DLRClassifier(**MASKED | {"columns": None, "module__fusion": "concat_diff"})
    with pytest.raises(ValueError, match="needs another fusion of two visits"):
        net.fit(X, LABELS)
    net.set_params(module__fusion="attention")
    X.iloc[1, 0] = X.iloc[2, 1] = None
    assert np.isfinite(net.fit(X, LABELS).predict_proba(X)).all()


def test_separate_encoders_are_refused_before_training():
    net = DLRClassifier(**MASKED, module__shared=False)
    with pytest.raises(ValueError, match=r"DualInput cannot do without .* shared=True"):
        net.fit(three_visits(), LABELS)
    net.set_params(missing_visits="raise").fit(three_visits(), LABELS)


class Stacked(nn.Module):
    """A module of one's own; it may or may not leave out what is NaN."""

    def __init__(self, in_channels, n_visits, mends):
        super().__init__()
        self.mends = mends
        self.layer = nn.Conv2d(in_channels * n_visits, 2, 3)

    def forward(self, x):
        x = x.nan_to_num() if self.mends else x
        return self.layer(x.flatten(1, 2) / 255).mean((2, 3))


def test_a_module_of_ones_own_must_know_what_to_do():
    X = three_visits(GAPS)
    settings = {k: v for k, v in MASKED.items() if k != "module__fusion"}
    net = DLRClassifier(**settings | {"module": Stacked}, module__mends=False)
    with pytest.raises(ValueError, match="Stacked must give finite logits where a vis"):
        net.fit(X, LABELS)
    net.set_params(module__mends=True).fit(X, LABELS)
    assert np.isfinite(net.predict_proba(X)).all()


@pytest.mark.parametrize("settings", [{"batch_size": -1}, {"micro_batch_size": 2}])
def test_masks_go_through_batches_of_any_size(settings):
    X = three_visits(GAPS)
    net = DLRClassifier(**MASKED | settings, max_shift=0.5).fit(X, LABELS)
    one = net.predict_proba(X)
    np.testing.assert_allclose(
        net.set_params(batch_size=3).predict_proba(X), one, rtol=1e-5
    )


def test_a_batch_that_could_hold_one_image_is_refused_before_training():
    X = three_visits([(2, 1)])
    net = DLRClassifier(**MASKED | {"batch_size": 4}, micro_batch_size=1)
    net.fit(X, LABELS)  # two images at least
    before = net.get_params()
    X.at["P002", "us_pre"] = None
    with pytest.raises(ValueError, match=r"on batches of 1 item.*micro_batch_size"):
        net.fit(X, LABELS)
    assert net.get_params() == before
    assert not [name for name in vars(net) if name[0] == "_" and "visits" in name]


def test_gaps_are_computed_in_half_precision_too():
    X = three_visits(GAPS)
    net = DLRClassifier(**MASKED | {"module__fusion": "attention"}, autocast=True)
    assert np.isfinite(net.fit(X, LABELS).predict_proba(X)).all()


def test_augmentation_leaves_a_missing_visit_missing():
    net = DLRClassifier(**MASKED | {"max_shift": 0.5})
    x = torch.rand(6, 3, 1, 32, 32) + 1
    x[0, 1] = x[4, 0] = x[4, 2] = torch.nan
    torch.manual_seed(0)
    found = net._augment(x.clone())
    torch.manual_seed(0)
    whole = net._augment(torch.where(x.isnan(), 1.5, x))
    here = ~x.isnan().flatten(2).all(-1)
    assert found[~here].isnan().all()
    torch.testing.assert_close(found[here], whole[here])
    assert (found[here] == 0).any()  # something moved in


def test_views_and_changes_of_every_kind_go_beside_gaps():
    X = three_visits(GAPS)
    every = {"rotate_deg": 9, "zoom": 0.1, "elastic": 0.05, "gain": 0.2, "gamma": 0.2}
    changes = Augmentation(**every, speckle=0.1, cutout=0.2)
    net = DLRClassifier(**MASKED, augmentation=changes, n_test_views=2)
    found = net.fit(X, LABELS).predict_proba(X)
    assert np.isfinite(found).all()
    alone = np.concatenate([net.predict_proba(X.iloc[[i]]) for i in range(12)])
    np.testing.assert_allclose(found, alone, rtol=1e-5)
    plain = net.set_params(n_test_views=0).predict_proba(X)
    assert np.abs(found - plain).min() > 0


def test_a_masking_network_is_saved_and_searched():
    X = three_visits(GAPS)
    net = make_pipeline(
        MapScaler(columns=VISITS), DLRClassifier(**MASKED, validation_fraction=None)
    )
    grid = {"dlrclassifier__module__fusion": ["mean", "attention"]}
    search = GridSearchCV(net, grid, cv=2, error_score="raise").fit(X, LABELS)
    buffer = io.BytesIO()
    joblib.dump(search, buffer)
    buffer.seek(0)
    np.testing.assert_array_equal(
        joblib.load(buffer).predict_proba(X), search.predict_proba(X)
    )


def test_arrays_of_three_visits_must_be_named():
    X = np.stack([bag[0] for bag in as_bags(three_visits())])
    settings = {k: v for k, v in MASKED.items() if k != "columns"}
    with pytest.raises(ValueError, match=r"a pair has 2 images, got .* in columns="):
        DLRClassifier(**settings).fit(X, LABELS)
    assert DLRClassifier(**MASKED).fit(X, LABELS).item_shape_[0] == 3
    with pytest.raises(ValueError, match="an item has 3 images"):
        DLRClassifier(**MASKED).fit(X[:, :2], LABELS)


@pytest.mark.parametrize("columns", [None, "us_pre", ["us_pre"], np.array(VISITS)])
def test_the_number_of_visits_is_known_before_fit(columns):
    expected = 3 if isinstance(columns, np.ndarray) else 2
    assert DLRClassifier(columns=columns).n_visits == expected


def test_a_stage_refuses_a_missing_visit_as_before():
    X = three_visits([(1, 1)])
    stage = DLRClassifier(module="resnet_tiny", max_epochs=1, **TINY)
    staged = StagedClassifier([("dlr2", stage, VISITS[:2])], stop_label="non-response")
    staged.fit(X, LABELS)
    assert staged.n_fit_ == {"dlr2": 11}
    with pytest.raises(ValueError, match="row P001 has to be judged by stage 'dlr2'"):
        staged.predict(X)
