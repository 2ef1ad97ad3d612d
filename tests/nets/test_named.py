import pytest
from torch import nn

from sknac.nets import RAN, PredictiveMLP
from sknac.nets._named import PLANE_NETS, module_settings


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


def test_instances_are_refused():
    with pytest.raises(ValueError, match="not an instance"):
        module_settings(PredictiveMLP(), {}, {}, {})
