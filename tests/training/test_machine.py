import os
import subprocess
import sys

import pytest
import torch

from paretocli.errors import InputError
from paretocli.training.machine import (
    as_found,
    available_threads,
    check_device,
    choose_device,
    device_name,
    flush_denormals,
    set_up,
)


def test_devices():
    assert choose_device("cpu") == torch.device("cpu")
    assert choose_device("auto").type == ("cuda" if torch.cuda.is_available() else "cpu")
    assert device_name(torch.device("cpu")) == "cpu"


@pytest.mark.parametrize("name", ["gpu", "", "cuda:99", "tpu"])
def test_devices_that_are_not_there(name):
    with pytest.raises(InputError, match=r"cannot be used here .*choose auto, cpu, cuda or mps"):
        choose_device(name)


@pytest.mark.skipif(torch.backends.mps.is_available(), reason="there is one")
def test_the_gpu_of_a_mac_where_there_is_none():
    with pytest.raises(
        InputError, match=r"'mps' cannot be used here \(torch finds no GPU of a Mac"
    ):
        choose_device("mps")


def test_threads():
    assert available_threads() >= 1
    set_up(2, "fp32")
    assert torch.get_num_threads() == 2


def test_waiting_threads_sleep_unless_the_user_wants_otherwise():
    show = "import os, paretocli; print(os.environ['OMP_WAIT_POLICY'])"
    for given, expected in (({}, "PASSIVE"), ({"OMP_WAIT_POLICY": "ACTIVE"}, "ACTIVE")):
        kept = {name: value for name, value in os.environ.items() if name != "OMP_WAIT_POLICY"}
        command = [sys.executable, "-c", show]
        done = subprocess.run(command, env=kept | given, capture_output=True, text=True, check=True)
        assert done.stdout.strip() == expected


@pytest.mark.parametrize("precision", ["tf32", "bf16", "fp32"])
def test_products_are_rounded_on_a_gpu_only_when_asked_for(precision):
    set_up(1, precision)
    rounded = precision == "tf32"
    assert torch.backends.cuda.matmul.allow_tf32 == rounded
    assert torch.backends.cudnn.allow_tf32 == rounded
    assert torch.backends.cuda.matmul.fp32_precision == ("tf32" if rounded else "ieee")


def test_convolutions_give_the_same_sums_each_time_and_only_while_training():
    torch.backends.cudnn.deterministic = False
    with as_found():
        set_up(1, "fp32")
        assert torch.backends.cudnn.deterministic
    assert not torch.backends.cudnn.deterministic


def test_sums_on_a_gpu_are_in_order_and_what_was_set_before_comes_back():
    fill = torch.utils.deterministic
    assert (torch.are_deterministic_algorithms_enabled(), fill.fill_uninitialized_memory) == (0, 1)
    with as_found():
        set_up(1, "fp32", torch.device("cpu"))
        assert not torch.are_deterministic_algorithms_enabled()
        set_up(1, "fp32", torch.device("cuda"))
        assert torch.are_deterministic_algorithms_enabled()
        assert torch.is_deterministic_algorithms_warn_only_enabled()
        assert not fill.fill_uninitialized_memory
    assert (torch.are_deterministic_algorithms_enabled(), fill.fill_uninitialized_memory) == (0, 1)


def test_compiling_needs_a_compiler(monkeypatch, tmp_path):
    check_device(torch.device("cpu"), precision="bf16", compiled=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CXX", raising=False)
    with pytest.raises(InputError, match=r"needs a C\+\+ compiler .*install g\+\+, or set CXX"):
        check_device(torch.device("cpu"), precision="fp32", compiled=True)


def test_tiny_numbers_are_taken_for_zero():
    tiny = torch.full((4,), 1e-30)
    try:
        torch.set_flush_denormal(False)
        assert (tiny * 1e-10).any()
        flush_denormals()
        assert not (tiny * 1e-10).any()
        assert (tiny * 1e-7).all()
    finally:
        torch.set_flush_denormal(False)
