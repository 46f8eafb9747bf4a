import pytest
import torch

from paretocli.errors import InputError
from paretocli.training.machine import available_threads, choose_device, device_name, set_up


def test_devices():
    assert choose_device("cpu") == torch.device("cpu")
    assert choose_device("auto").type == ("cuda" if torch.cuda.is_available() else "cpu")
    assert device_name(torch.device("cpu")) == "cpu"


@pytest.mark.parametrize("name", ["gpu", "", "cuda:99", "tpu"])
def test_devices_that_are_not_there(name):
    with pytest.raises(InputError, match=r"cannot be used here .*choose auto, cpu, or cuda"):
        choose_device(name)


def test_threads(one_thread):
    assert available_threads() >= 1
    set_up(2)
    assert torch.get_num_threads() == 2
