import torch

from paretocli.core import accelerators
from paretocli.core.generators import generators_kept
from tests.second_device import DEVICE
from tests.toys import CPU


def test_the_generator_of_any_device_is_kept():
    before = torch.randn(3, device=DEVICE).tolist()
    with generators_kept(DEVICE):
        after = torch.randn(3, device=DEVICE).tolist()
    assert torch.randn(3, device=DEVICE).tolist() == after != before


def test_a_seed_is_for_one_device_alone():
    here = torch.get_rng_state()
    drawn = []
    for _ in range(2):
        accelerators.seed(DEVICE, 7)
        drawn.append(torch.randn(3, device=DEVICE).tolist())
    assert drawn[0] == drawn[1]
    assert torch.equal(torch.get_rng_state(), here)
    accelerators.seed(CPU, 7)
    assert torch.equal(torch.get_rng_state(), here)
    assert accelerators.random_state(CPU) is None


def test_what_apples_module_is_asked_for_names_no_device(monkeypatch):
    """There is one, and its functions take no argument that would say which."""
    asked = []
    for name, value in [
        ("get_rng_state", torch.ones(2)),
        ("synchronize", None),
        ("device_count", 1),
        ("recommended_max_memory", 5),
    ]:
        monkeypatch.setattr(torch.mps, name, lambda value=value: asked.append(1) or value)
    monkeypatch.setattr(torch.mps, "set_rng_state", asked.append)
    monkeypatch.setattr(torch.mps, "manual_seed", asked.append)
    mac = torch.device("mps")
    with generators_kept(mac):
        accelerators.seed(mac, 3)
        accelerators.wait_for(mac)
    assert (accelerators.count(mac), accelerators.whole_memory(mac)) == (1, 5)
    assert len(asked) == 6
