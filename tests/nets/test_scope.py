import pytest
import torch

from sknac.nets._scope import loadable_device, pick_device, torch_scope


def test_seed_holds_inside_and_the_callers_state_comes_back():
    torch.manual_seed(3)
    expected = torch.rand(4)
    torch.manual_seed(3)
    with torch_scope(seed=1):
        inside = torch.rand(2)
    torch.testing.assert_close(torch.rand(4), expected, rtol=0, atol=0)
    torch.manual_seed(1)
    torch.testing.assert_close(torch.rand(2), inside, rtol=0, atol=0)


def test_threads_come_back_after_an_error():
    before = torch.get_num_threads()

    def work():
        with torch_scope(threads=before + 1):
            assert torch.get_num_threads() == before + 1
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        work()
    assert torch.get_num_threads() == before


def test_auto_device_is_the_gpu_only_where_there_is_one(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert pick_device("auto").type == "cuda"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert pick_device("auto").type == "cpu"


def test_saved_gpu_setting_loads_on_a_machine_without(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert loadable_device("cuda:1").type == "cpu"


@pytest.mark.parametrize("device", ["cudaa", "gpu", "cpu:x", 1.5])
def test_a_device_is_one_that_torch_knows(device):
    with pytest.raises(ValueError, match="device must be 'auto' or one of torch's"):
        pick_device(device)


def test_a_gpu_that_is_not_there_is_refused_before_any_work(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    for device in ("cuda", "cuda:1", torch.device("cuda")):
        with pytest.raises(ValueError, match="where torch finds no GPU; take 'auto'"):
            pick_device(device)
