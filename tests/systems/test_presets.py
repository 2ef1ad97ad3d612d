"""Presets: the paper's settings, and small ones; each is legal for its part."""

import inspect

import pytest

from sknac.nets import DLRClassifier, PlaneFeatureNet, PredictiveNet
from sknac.preprocessing import PlaneResizer
from sknac.qus import QUSMapper
from sknac.systems import _dlrp, _qus_response
from sknac.systems._presets import pick_preset

_PARTS = {
    "maps": QUSMapper,
    "resize": PlaneResizer,
    "features": PlaneFeatureNet,
    "predict": PredictiveNet,
    "dlr": DLRClassifier,
}


def test_the_preset_asked_for_is_given():
    assert pick_preset({"paper": 1, "tiny": 2}, "tiny") == 2


def test_an_unknown_preset_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match=r"preset must be .*'paper', 'tiny'.*'small'"):
        pick_preset({"tiny": 2, "paper": 1}, "small")


@pytest.mark.parametrize("module", [_dlrp, _qus_response])
def test_presets_set_the_same_parts(module):
    paper, tiny = (pick_preset(module._PRESETS, name) for name in ("paper", "tiny"))
    assert paper.keys() == tiny.keys() <= _PARTS.keys()


@pytest.mark.parametrize("module", [_dlrp, _qus_response])
@pytest.mark.parametrize("preset", ["paper", "tiny"])
def test_every_preset_names_settings_that_there_are(module, preset):
    for part, settings in pick_preset(module._PRESETS, preset).items():
        known = inspect.signature(_PARTS[part]).parameters
        assert {name.split("__")[0] for name in settings} <= known.keys()


def test_the_papers_numbers():
    # Taleghamar et al. 2022: RAN-56 on 512 pixels, batches of 8, Adam at 1e-4,
    # 256-100-2 with dropout 0.5, windows that overlap by 95 %.
    paper = pick_preset(_qus_response._PRESETS, "paper")
    assert paper["features"]["module"] == "ran56"
    assert paper["resize"]["image_size"] == 512
    assert paper["maps"]["overlap"] == 0.95
    assert {paper[part]["batch_size"] for part in ("features", "predict")} == {8}
    assert {paper[part]["lr"] for part in ("features", "predict")} == {1e-4}
    assert paper["predict"]["module__hidden"] == 100
