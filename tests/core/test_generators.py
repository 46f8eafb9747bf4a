"""Generators are as they were, and a GPU that is lost hides nothing."""

import pytest
import torch

from paretocli.core.generators import generators_kept
from paretocli.errors import InputError


def drawn_and_refused():
    torch.randn(3)
    raise InputError("a label that there is no class for")


def test_draws_meanwhile_change_nothing():
    before = torch.get_rng_state()
    with generators_kept(torch.device("cpu")):
        torch.randn(3)
    assert torch.equal(torch.get_rng_state(), before)


def test_what_lost_a_gpu_is_told(monkeypatch):
    def lost(*_):
        raise RuntimeError("CUDA error: device-side assert triggered")

    monkeypatch.setattr(torch.cuda, "get_rng_state", lambda device: torch.zeros(1))
    monkeypatch.setattr(torch.cuda, "set_rng_state", lost)
    before = torch.get_rng_state()
    with pytest.raises(InputError, match="label"), generators_kept(torch.device("cuda")):
        drawn_and_refused()
    assert torch.equal(torch.get_rng_state(), before)
