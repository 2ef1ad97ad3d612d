"""Grad-CAM is the one written by hand, on either visit, and leaves no trace."""

import copy
import itertools

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV
from sklearn.pipeline import make_pipeline

from sknac.cohort import Grid
from sknac.inspection import grad_cam
from sknac.nets import DLRClassifier, PlaneFeatureNet, PredictiveNet
from sknac.preprocessing import PlaneResizer

SIZE = Grid((32, 32), (1, 1), unit="px")


def by_hand(maps, score, relu=True):
    """Weigh each map by its mean gradient and add them up, item by item."""
    gradients = torch.autograd.grad(score.sum(), maps, retain_graph=True)[0]
    weights = gradients.mean((2, 3), keepdim=True)
    heat = (weights * maps).sum(1).detach()
    heat = heat.clamp(min=0) if relu else heat
    return [SIZE.resized(one.shape).sample(one, SIZE) for one in heat.double().numpy()]


def visits_by_hand(net, pair, code, relu):
    """Encode either visit on its own and fuse them here: maps of pre and post."""
    module, x = net.module_, torch.from_numpy(pair)[None]
    encoders = module.encoders if len(module.encoders) == 2 else 2 * [*module.encoders]
    maps = [encoders[k].maps(x[:, k]) for k in range(2)]
    pre, post = (encoders[k].head.reduce(maps[k]) for k in range(2))
    fused = {
        "concat": [pre, post],
        "diff": [post - pre],
        "concat_diff": [pre, post, post - pre],
    }[module.fusion]
    score = module.classify(torch.cat(fused, 1))[:, code]
    return [by_hand(one, score, relu)[0] for one in maps]


@pytest.mark.parametrize("module", ["ran_tiny", "resnet_tiny"])
@pytest.mark.parametrize("relu", [True, False])
@pytest.mark.filterwarnings("ignore:the layer's maps have one pixel")
def test_planes_get_the_map_written_by_hand(module, relu, bags, labels):
    net = PlaneFeatureNet(module=module, max_epochs=1, random_state=0)
    few = bags[:4]
    found = grad_cam(net.fit(bags, labels), few, target="response", relu=relu)
    wanted = []
    for bag in few:
        maps = net.module_.maps(torch.from_numpy(bag))
        wanted += by_hand(maps, net.module_.head(maps)[:, 1], relu)
    assert [heat.shape for heat in found] == [(len(bag), 32, 32) for bag in few]
    error = np.abs(np.concatenate(found) - wanted).max()
    assert error < 1e-5 * np.abs(wanted).max()


@pytest.mark.parametrize(
    ("shared", "fusion"),
    [*itertools.product([True, False], ["concat", "diff", "concat_diff"])],
)
def test_both_visits_get_the_map_written_by_hand(shared, fusion, pairs, labels):
    net = DLRClassifier(
        module="ran_tiny",
        module__shared=shared,
        module__fusion=fusion,
        max_epochs=1,
        random_state=0,
    ).fit(pairs, labels)
    few = pairs[:3]
    found = grad_cam(net, few, target="non-response", relu=False)
    for pair, heat in zip(few, found, strict=True):
        wanted = visits_by_hand(net, pair, 0, relu=False)
        np.testing.assert_allclose(heat[0], wanted, atol=1e-5 * np.abs(wanted).max())
        assert np.abs(heat[0, 0] - heat[0, 1]).max() > 1e-3 * np.abs(wanted).max()


@pytest.fixture(scope="module")
def threes():
    """12 items of three visits, of which some are missing."""
    X = np.random.default_rng(3).random((12, 3, 1, 32, 32)).astype(np.float32)
    X[0, 0] = X[1, 2] = X[1, 1] = X[5, 1] = np.nan
    return X


@pytest.mark.parametrize("fusion", ["mean", "attention"])
def test_every_visit_that_happened_gets_its_map(fusion, threes, labels):
    net = DLRClassifier(
        module="ran_tiny",
        module__fusion=fusion,
        columns=["us_pre", "us_post2", "us_post4"],
        missing_visits="mask",
        max_epochs=1,
        random_state=0,
    ).fit(threes, labels)
    found = grad_cam(net, threes[:3], target="response", relu=False)
    encoder = net.module_.encoders[0]
    for item, heat in zip(threes, found, strict=False):
        assert heat.shape == (1, 3, 32, 32)
        here = ~np.isnan(item).all((1, 2, 3))
        maps = [
            encoder.maps(torch.from_numpy(image)[None]) if there else None
            for image, there in zip(item, here, strict=True)
        ]
        vectors = [None if one is None else encoder.head.reduce(one) for one in maps]
        score = net.module_.split().join(*vectors)[:, 1]
        for k in range(3):
            if not here[k]:
                assert np.isnan(heat[0, k]).all()
                continue
            (wanted,) = by_hand(maps[k], score, relu=False)
            scale = np.abs(wanted).max()
            np.testing.assert_allclose(heat[0, k], wanted, atol=1e-5 * scale)


@pytest.mark.parametrize("shared", [True, False])
def test_three_visits_have_one_layer_or_three(shared, threes, labels):
    X = np.nan_to_num(threes, nan=0.5)
    net = DLRClassifier(
        module="ran_tiny",
        module__shared=shared,
        columns=["us_pre", "us_post2", "us_post4"],
        max_epochs=1,
        random_state=0,
    ).fit(X, labels)
    found = grad_cam(net, X[:2], target="response")
    names = [f"encoders.{k}.stages" for k in range(len(net.module_.encoders))]
    np.testing.assert_array_equal(
        grad_cam(net, X[:2], target="response", layer=names), found
    )
    with pytest.raises(ValueError, match="must be one layer, or one for each visit"):
        grad_cam(net, X[:2], layer=["encoders.0.stages"] * 2)


def test_a_missing_visit_of_a_frame_has_no_heat(cohort, labels):
    X = PlaneResizer(image_size=32).fit_transform(cohort[["us_pre", "us_post2"]])
    X["us_post4"] = X["us_pre"].to_numpy()[::-1]
    X.at["P01", "us_post2"] = X.at["P02", "us_pre"] = None
    net = DLRClassifier(
        module="ran_tiny",
        module__fusion="mean",
        columns=list(X.columns),
        missing_visits="mask",
        validation_fraction=None,
        max_epochs=1,
        random_state=0,
    ).fit(X, labels)
    found = grad_cam(net, X)
    assert found.notna().equals(X.notna())
    for column in X:
        for cell, study in zip(found[column], X[column], strict=True):
            n_planes = [0 if one is None else one.n_planes for one in (cell, study)]
            assert n_planes[0] == n_planes[1]
    planes = found.at["P01", "us_pre"].planes
    assert all(np.isfinite(plane.load()).all() for plane in planes)


def test_patients_logit_is_explained_through_the_predictive_net(bags, labels):
    model = make_pipeline(
        PlaneFeatureNet(module="ran_tiny", max_epochs=1, random_state=0),
        PredictiveNet(max_epochs=3, random_state=0),
    ).fit(bags, labels)
    net, predictive = model[0].module_, model[1].module_
    few = bags[:4]
    found = grad_cam(model, few, target="response", relu=False)
    for bag, heat in zip(few, found, strict=True):
        maps = net.maps(torch.from_numpy(bag))
        mean = net.head.reduce(maps).mean(0, keepdim=True)
        wanted = by_hand(maps, predictive(mean)[:, 1], relu=False)
        np.testing.assert_allclose(heat, wanted, atol=1e-5 * np.abs(wanted).max())


def test_before_other_classifiers_the_nets_own_head_is_explained(
    plane_net, bags, labels
):
    after = LogisticRegression().fit(plane_net.transform(bags), labels)
    found = grad_cam(make_pipeline(plane_net, after), bags, target="response")
    own = grad_cam(plane_net, bags, target="response")
    for one, other in zip(found, own, strict=True):
        np.testing.assert_array_equal(one, other)


def test_default_target_is_the_most_probable_class(plane_net, bags):
    found = grad_cam(plane_net, bags)
    predicted = plane_net.predict(bags)
    same = grad_cam(plane_net, bags, target=predicted)
    other = np.where(predicted == "response", "non-response", "response")
    different = grad_cam(plane_net, bags, target=other)
    for one, two, three in zip(found, same, different, strict=True):
        np.testing.assert_array_equal(one, two)
        assert not np.array_equal(one, three)


def test_default_target_is_what_the_whole_pipeline_predicts(plane_net, bags, labels):
    other = np.where(np.array(labels) == "response", "non-response", "response")
    features = plane_net.transform(bags)
    after = LogisticRegression(C=1e6, max_iter=5000).fit(features, other)
    model = make_pipeline(plane_net, after)
    predicted = model.predict(bags)
    own = plane_net.predict(bags)
    assert len(set(predicted)) == 2
    assert (predicted != own).any()
    found = grad_cam(model, bags)
    for one, two in zip(found, grad_cam(model, bags, target=predicted), strict=True):
        np.testing.assert_array_equal(one, two)


def test_each_patient_has_a_target_of_its_own(plane_net, bags, labels):
    mixed = grad_cam(plane_net, bags, target=labels, relu=False)
    single = {
        label: grad_cam(plane_net, bags, target=label, relu=False)
        for label in ("response", "non-response")
    }
    scale = max(np.abs(heat).max() for heat in mixed)
    for i, label in enumerate(labels):
        np.testing.assert_allclose(mixed[i], single[label][i], atol=1e-5 * scale)


def test_estimator_is_left_as_it_was(pairs, labels):
    net = DLRClassifier(module="ran_tiny", max_epochs=1, random_state=0)
    net.fit(pairs, labels)
    net.module_.train()
    net.module_.encoders[0].head.eval()
    weights = copy.deepcopy(net.module_.state_dict())
    modes = [part.training for part in net.module_.modules()]
    gradients = [copy.deepcopy(weight.grad) for weight in net.module_.parameters()]
    random_state = torch.random.get_rng_state()
    grad_cam(net, pairs)
    for name, value in net.module_.state_dict().items():
        assert torch.equal(value, weights[name]), name
    assert [part.training for part in net.module_.modules()] == modes
    for weight, gradient in zip(net.module_.parameters(), gradients, strict=True):
        assert torch.equal(weight.grad, gradient)
    assert all(weight.requires_grad for weight in net.module_.parameters())
    assert not any(part._forward_hooks for part in net.module_.modules())
    assert torch.equal(torch.random.get_rng_state(), random_state)


def test_batches_do_not_matter(plane_net, bags):
    whole = grad_cam(copy.copy(plane_net).set_params(batch_size=-1), bags)
    parts = grad_cam(copy.copy(plane_net).set_params(batch_size=3), bags)
    for one, other in zip(whole, parts, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5 * one.max())


def test_frozen_weights_and_no_grad_are_no_hindrance(plane_net, bags):
    expected = grad_cam(plane_net, bags[:2])
    frozen = copy.deepcopy(plane_net)
    frozen.module_.requires_grad_(False)
    with torch.no_grad():
        found = grad_cam(frozen, bags[:2])
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)


def test_layer_by_name_is_the_layer_itself(pair_net, pairs):
    layer = pair_net.module_.encoders[0].backbone.layer2
    named = grad_cam(pair_net, pairs, layer="encoders.0.backbone.layer2")
    given = grad_cam(pair_net, pairs, layer=layer)
    np.testing.assert_array_equal(named, given)
    assert len(np.unique(named[0])) > 2  # maps of several pixels


def test_flat_maps_warn(pair_net, pairs):
    with pytest.warns(UserWarning, match=r"one pixel.*earlier layer"):
        grad_cam(pair_net, pairs)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"target": "yes"}, "must be one of .'non-response', 'resp.*, got 'yes'"),
        ({"target": ["response"]}, "1 labels, X has 12 patients"),
        ({"layer": "backbone.layer9"}, "'backbone.layer9' is not in RAN; there are"),
        ({"layer": torch.nn.ReLU()}, "is not in RAN"),
        ({"layer": ["stem", "stem"]}, "must be one layer"),
        ({"layer": "head.classify"}, "does not give maps"),
    ],
)
def test_bad_settings_are_refused(settings, message, plane_net, bags):
    with pytest.raises(ValueError, match=message):
        grad_cam(plane_net, bags, **settings)


def test_layer_that_sees_one_visit_is_refused(pairs, labels):
    net = DLRClassifier(
        module="ran_tiny", module__shared=False, max_epochs=1, random_state=0
    ).fit(pairs, labels)
    with pytest.raises(ValueError, match=r"gave 8 maps for 8 item.s. of 2 visit"):
        grad_cam(net, pairs, layer="encoders.1.stages")
    both = grad_cam(net, pairs, layer=["encoders.0.stages", "encoders.1.stages"])
    np.testing.assert_array_equal(both, grad_cam(net, pairs))


class Nameless(torch.nn.Module):
    """A module of the user's own that does not name its last layer."""

    def __init__(self):
        super().__init__()
        self.conv = torch.nn.Conv2d(2, 4, 3, padding=1)
        self.classify = torch.nn.Linear(4, 2)

    def features(self, x):
        return self.conv(x).mean((2, 3))

    def forward(self, x):
        return self.classify(self.features(x))


def test_module_of_ones_own_needs_a_layer(bags, labels):
    net = PlaneFeatureNet(module=Nameless, max_epochs=1, random_state=0)
    net.fit(bags, labels)
    with pytest.raises(ValueError, match=r"no last_layer.*there are conv, classify"):
        grad_cam(net, bags)
    assert grad_cam(net, bags, layer="conv")[2].shape == (3, 32, 32)


def test_clone_of_a_fitted_estimator_is_refused(plane_net, bags):
    with pytest.raises(ValueError, match="not fitted"):
        grad_cam(clone(plane_net), bags)


@pytest.mark.parametrize(
    "wrap",
    [
        FrozenEstimator,
        lambda net: CalibratedClassifierCV(FrozenEstimator(net)),
        lambda net: CalibratedClassifierCV(FrozenEstimator(net), method="temperature"),
        lambda net: GridSearchCV(
            CalibratedClassifierCV(FrozenEstimator(net)), {"cv": [3]}, cv=2
        ),
        lambda net: RandomizedSearchCV(
            make_pipeline(FrozenEstimator(net)), {"memory": [None]}, n_iter=1, cv=2
        ),
    ],
    ids=["frozen", "calibrated", "temperature", "search", "pipeline"],
)
def test_a_network_is_looked_at_inside_every_wrapper(plane_net, bags, labels, wrap):
    outer = wrap(plane_net)
    if not isinstance(outer, FrozenEstimator):
        outer.fit(bags, labels)
    expected = grad_cam(plane_net, bags[:2], target="response")
    for found, one in zip(
        grad_cam(outer, bags[:2], target="response"), expected, strict=True
    ):
        np.testing.assert_array_equal(found, one)


def test_a_network_trained_on_codes_is_asked_by_label(bags, labels):
    net = PlaneFeatureNet(module="ran_tiny", max_epochs=1, random_state=0)
    outer = CalibratedClassifierCV(net, method="temperature", cv=2, ensemble=False)
    outer.fit(bags, labels)
    inner = outer.calibrated_classifiers_[0].estimator
    assert inner.classes_.tolist() == [0, 1]
    (expected,) = grad_cam(inner, bags[:1], target=1)
    (found,) = grad_cam(outer, bags[:1], target="response")
    np.testing.assert_array_equal(found, expected)
    with pytest.raises(ValueError, match="target must be one of"):
        grad_cam(outer, bags[:1], target=1)
