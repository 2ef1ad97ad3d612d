from functools import partial

import pytest
import torch
from torch import nn

from sknac.nets import RAN, PredictiveMLP, ResNet
from sknac.nets._named import (
    PLANE_NETS,
    check_groups,
    make_module,
    module_settings,
)


def test_name_stands_for_a_class_with_its_layout():
    make, settings = module_settings("ran92", PLANE_NETS, {}, {"in_channels": 3})
    assert make is RAN
    assert settings == {"layout": "92", "in_channels": 3}


def test_given_settings_win_over_the_datas():
    _, settings = module_settings(
        RAN, PLANE_NETS, {"in_channels": 2}, {"in_channels": 3, "image_size": (8, 8)}
    )
    assert settings == {"in_channels": 2, "image_size": (8, 8)}


def test_facts_are_left_out_where_the_module_does_not_take_them():
    _, settings = module_settings(nn.Flatten, PLANE_NETS, {}, {"in_channels": 3})
    assert settings == {}


def test_misspelt_setting_is_refused_with_the_nearest_name():
    with pytest.raises(ValueError, match="did you mean module__dropout"):
        module_settings(PredictiveMLP, {}, {"dropuot": 0.5}, {})


class NeedsDepth(nn.Module):
    def __init__(self, depth):
        super().__init__()


@pytest.mark.parametrize(
    ("make", "settings", "message"),
    [
        (ResNet, {"layout": "tiny", "width": -1}, "ResNet cannot .*'width': -1.*negat"),
        (ResNet, {"layout": "tiny", "width": 10**16}, "ResNet cannot be built with"),
        (NeedsDepth, {}, "NeedsDepth cannot .*missing 1 required.*other settings"),
        (dict, {}, "module=dict must make a torch module, got a dict"),
    ],
)
def test_what_cannot_be_built_is_named_with_its_settings(make, settings, message):
    with pytest.raises(ValueError, match=message):
        make_module(make, settings)


def test_instances_are_refused():
    with pytest.raises(ValueError, match="not an instance"):
        module_settings(PredictiveMLP(), {}, {}, {})


class Taker(nn.Module):
    """Takes anything, and names nothing."""

    def __init__(self, **kwargs):
        super().__init__()
        self.given = kwargs


class Named(Taker):
    """Names one of the facts and hands on the rest."""

    def __init__(self, in_channels, **kwargs):
        super().__init__(**kwargs)


class Wider(RAN):
    """Hands on what its parent names."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)


def build(n_classes, **kwargs):
    """Make a module by a function."""
    return nn.Linear(1, n_classes)


FACTS = {"in_channels": 3, "n_classes": 2, "image_size": (8, 8)}


@pytest.mark.parametrize(
    ("make", "names"),
    [
        (Taker, set()),
        (Named, {"in_channels"}),
        (build, {"n_classes"}),
        (partial(build, depth=3), {"n_classes"}),
        (nn.Identity, set()),
        (Wider, set(FACTS)),
    ],
)
def test_a_module_gets_the_facts_that_it_or_its_parents_name(make, names):
    _, settings = module_settings(make, {}, {"hidden": None}, FACTS)
    assert set(settings) == names


def test_what_is_given_reaches_a_module_that_takes_anything():
    _, settings = module_settings(Named, {}, {"depth": 3}, FACTS)
    assert settings == {"in_channels": 3, "depth": 3}


def test_a_misspelt_setting_is_refused_where_the_parents_name_all():
    with pytest.raises(ValueError, match="did you mean module__dropout"):
        module_settings(Wider, {}, {"dropuot": 0.5}, {})


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        ([("b*", {"lr": 0.1}), ("boby*", {})], "'boby\\*' matches none of the weights"),
        ([("*", {}), ("body.bias", {})], "'body.bias' matches none .* that are left"),
        ([("body*", {"wieght_decay": 0.1})], "did you mean optimizer__weight_decay"),
    ],
)
def test_groups_of_nothing_and_misspelt_settings_are_refused(groups, message):
    with pytest.raises(ValueError, match=message):
        check_groups(torch.optim.Adam, groups, ["body.weight", "body.bias", "head"])
