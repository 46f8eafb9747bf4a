import pytest
import torch
from torch import nn

from paretocli.errors import InputError
from paretocli.networks.fitting import fit_of, take_over
from tests.toys import Noisy


class Tied(nn.Module):
    """A decoder that is its encoder, under both names."""

    def __init__(self):
        super().__init__()
        self.encoder = nn.Linear(3, 3, bias=False)
        self.decoder = nn.Linear(3, 3, bias=False)
        self.decoder.weight = self.encoder.weight


def state_of(network, seed=1):
    """What a network of the same kind holds, with other numbers."""
    generator = torch.Generator().manual_seed(seed)
    return {
        name: torch.rand(tensor.shape, generator=generator)
        if tensor.is_floating_point()
        else torch.full_like(tensor, 7)
        for name, tensor in network.state_dict().items()
    }


def test_all_fits_and_is_taken_over():
    network = Noisy()
    given = state_of(network)
    fit = fit_of(network, given)
    assert fit.whole
    assert fit.differences == []
    assert fit.parameters == fit.of == sum(p.numel() for p in network.parameters())
    take_over(network, fit.tensors)
    assert all(torch.equal(t, given[name]) for name, t in network.state_dict().items())


def test_what_does_not_fit_is_named():
    network = Noisy()
    before = {name: t.clone() for name, t in network.state_dict().items()}
    given = state_of(network)
    del given["heads.1.bias"]
    given["heads.0.weight"] = torch.zeros(5, 27)
    given["fc.weight"] = torch.zeros(2)
    given["body.1.num_batches_tracked"] = torch.tensor(1.5)  # a count is a whole number
    fit = fit_of(network, given)
    assert not fit.whole
    assert fit.missing == ("heads.1.bias",)
    assert fit.unexpected == ("fc.weight",)
    assert fit.other_shape == {
        "heads.0.weight": "(5, 27), here (3, 27)",
        "body.1.num_batches_tracked": "torch.float32, here torch.int64",
    }
    assert fit.differences == [
        "missing: heads.1.bias",
        "unexpected: fc.weight",
        "of another shape or type: body.1.num_batches_tracked torch.float32, here torch.int64, "
        "heads.0.weight (5, 27), here (3, 27)",
    ]
    assert fit.of - fit.parameters == 3 + 3 * 27
    take_over(network, fit.tensors)
    same = {n for n, t in network.state_dict().items() if torch.equal(t, before[n])}
    assert same == {"heads.1.bias", "heads.0.weight", "body.1.num_batches_tracked"}


def test_a_module_may_be_meant():
    network = Noisy()
    fit = fit_of(network, state_of(network.body), "body")
    assert fit.whole
    assert set(fit.tensors) == {n for n in network.state_dict() if n.startswith("body.")}
    assert fit.parameters == sum(p.numel() for p in network.body.parameters())
    with pytest.raises(InputError, match=r"--start-at trunk names no module .* body, body.0"):
        fit_of(network, {}, "trunk")


@pytest.mark.parametrize("wrapper", ["module.", "_orig_mod.", "module._orig_mod."])
@pytest.mark.parametrize("module", ["", "body"])
def test_what_a_wrapper_put_before_all_names_is_left_out(wrapper, module):
    network = Noisy()
    own = network.get_submodule(module)
    given = {f"{wrapper}{name}": tensor for name, tensor in state_of(own).items()}
    assert fit_of(network, given, module).whole
    given["other"] = torch.zeros(1)  # so it is part of some names alone
    fit = fit_of(network, given, module)
    assert not fit.tensors
    assert len(fit.unexpected) == len(given)


def test_a_network_that_has_a_module_called_so_keeps_its_names():
    network = nn.ModuleDict({"module": nn.Linear(2, 2)})
    assert fit_of(network, state_of(network)).whole


def test_a_tied_parameter_is_there_under_any_of_its_names():
    network, weight = Tied(), torch.rand(3, 3)
    for names in (["encoder.weight"], ["decoder.weight"], ["encoder.weight", "decoder.weight"]):
        fit = fit_of(network, dict.fromkeys(names, weight))
        assert fit.whole
        assert fit.parameters == fit.of == 9
        take_over(network, fit.tensors)
        assert torch.equal(network.encoder.weight, weight)
        weight = weight + 1
    both = {"encoder.weight": weight, "decoder.weight": weight + 1}
    with pytest.raises(InputError, match=r"one tensor for encoder.weight and decoder.weight"):
        fit_of(network, both)


def test_older_files_have_no_count_of_batches():
    network = Noisy()
    given = state_of(network)
    del given["body.1.num_batches_tracked"]
    assert fit_of(network, given).whole
    del given["body.1.running_mean"]
    assert fit_of(network, given).missing == ("body.1.running_mean", "body.1.num_batches_tracked")


def test_numbers_become_those_of_the_network():
    network = Noisy()
    given = {
        name: t.half() if t.is_floating_point() else t for name, t in state_of(network).items()
    }
    fit = fit_of(network, given)
    assert fit.whole
    assert {t.dtype for t in fit.tensors.values()} == {torch.float32, torch.int64}


def test_tensors_without_plain_numbers_do_not_fit():
    network = nn.Linear(2, 2, bias=False)
    for strange in (torch.eye(2).to_sparse(), torch.empty(2, 2, device="meta")):
        fit = fit_of(network, {"weight": strange})
        assert fit.other_shape == {"weight": "without plain numbers"}
