"""Rows of weights within attention, recurrent layers and parametrizations are inputs' features."""

import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - the name that everybody uses
from torch import nn
from torch.nn.utils import parametrizations, parametrize, prune, weight_norm

from paretocli.sparsity.layers import counted_layers, find_layers
from paretocli.sparsity.left_out import left_out

ROWS = [0, 2, 3]


class Between(nn.Module):
    """A layer on features that are handed to it as they are, or with some of them zeroed."""

    def __init__(self, layer, use, made):
        super().__init__()
        torch.manual_seed(0)
        self.first, self.layer, self.head = nn.Linear(3, 6), layer, nn.Linear(made, 2)
        self.use, self.masked = use, False

    def forward(self, inputs):
        features = self.first(inputs)
        if self.masked:
            features = features.clone()
            features[..., ROWS] = 0
        return [self.head(self.use(self.layer, features))]


def attend(layer, x):
    return layer(x, x, x)[0].mean(dim=1)


def attend_apart(layer, x):
    return layer(x[:, :2], x, x.flip(1))[0].mean(dim=1)


def states(layer, x):
    return layer(x)[0][:, -1]


def cells(layer, x):
    state = layer(x[:, 0])
    for place in range(1, x.shape[1]):
        state = layer(x[:, place], state)
    return torch.relu(state)


def own(layer, x):
    return torch.relu(layer(x)).mean(dim=1)


class Squares(nn.Module):
    def forward(self, weight):
        return weight * weight.abs()


def computed(parametrization):
    layer = nn.Linear(6, 5)
    parametrize.register_parametrization(layer, "weight", parametrization)
    return layer


def pruned():
    layer = nn.Linear(6, 5)
    prune.random_unstructured(layer, "weight", 0.3)
    return layer


class Functional(nn.Module):
    def __init__(self):
        super().__init__()
        self.matrix = nn.Parameter(torch.randn(5, 6))

    def forward(self, x):
        return F.linear(x, self.matrix)


ATTENTION = {"embed_dim": 6, "num_heads": 2, "batch_first": True}
KINDS = {
    "attention": (lambda: nn.MultiheadAttention(**ATTENTION), attend, 6, "in_proj_weight", 4),
    "attention, three inputs": (
        lambda: nn.MultiheadAttention(**ATTENTION),
        *(attend_apart, 6, "in_proj_weight", 10 / 3),
    ),
    "rnn": (lambda: nn.RNN(6, 5, 2, batch_first=True), states, 5, "weight_ih_l0", 4),
    "lstm": (
        lambda: nn.LSTM(6, 5, batch_first=True, bidirectional=True),
        *(states, 10, "weight_ih_l0", 4),
    ),
    "gru": (lambda: nn.GRU(6, 5, batch_first=True), states, 5, "weight_ih_l0", 4),
    "cell": (lambda: nn.GRUCell(6, 5), cells, 5, "weight_ih", 4),
    "weight norm": (
        lambda: parametrizations.weight_norm(nn.Linear(6, 5)),
        *(own, 5, "parametrizations.weight.original1", 4),
    ),
    "older weight norm": (lambda: weight_norm(nn.Linear(6, 5)), own, 5, "weight_v", 4),
    "spectral norm": (
        lambda: parametrizations.spectral_norm(nn.Linear(6, 5)),
        *(own, 5, "parametrizations.weight.original", 4),
    ),
    "pruned": (pruned, own, 5, "weight_orig", 4),
    "squares": (lambda: computed(Squares()), own, 5, "parametrizations.weight.original", 4),
    "function": (Functional, own, 5, "matrix", 4),
}


# The older weight_norm, which warns of its end, is one of the kinds.
@pytest.mark.filterwarnings("ignore:.*weight_norm.*:FutureWarning")
@pytest.mark.parametrize("kind", KINDS)
@torch.no_grad()
def test_a_zero_row_is_a_feature_that_is_not_looked_at(kind):
    make, use, made, name, positions = KINDS[kind]
    network, inputs = Between(make(), use, made).eval(), torch.randn(2, 4, 3)
    before = {key: tensor.clone() for key, tensor in network.state_dict().items()}
    layers = {layer.name: layer for layer in counted_layers(find_layers(network, inputs))}
    for key, tensor in network.state_dict().items():
        assert tensor.equal(before[key]), key
    layer = layers[f"layer.{name}"]
    assert layer.positions == pytest.approx(positions)
    ways = [f"layer.{name}", f"layer.{name}_reverse"] if kind == "lstm" else [f"layer.{name}"]
    dense = network(inputs)[0]
    for way in ways:
        network.get_parameter(way)[:, ROWS] = 0
    found = network(inputs)[0]
    network.masked = True
    masked = network(inputs)[0]
    torch.testing.assert_close(found, masked)  # with zero rows, the features do not matter
    assert not torch.allclose(found, dense, atol=1e-3)
    for way in ways:
        parameter = network.get_parameter(way)
        if "norm" not in kind:  # which would lengthen the other rows
            parameter.copy_(before[way])
    if "norm" not in kind:
        torch.testing.assert_close(network(inputs)[0], masked)


class Symmetric(nn.Module):
    def forward(self, weight):
        return weight.triu() + weight.triu(1).mT


REFUSED = {
    "symmetric": (lambda: _square(Symmetric()), "original"),
    "orthogonal": (lambda: parametrizations.orthogonal(nn.Linear(6, 6)), "original"),
    "a norm of each row": (
        lambda: parametrizations.weight_norm(nn.Linear(6, 6), dim=1),
        "original1",
    ),
}


def _square(parametrization):
    layer = nn.Linear(6, 6)
    parametrize.register_parametrization(layer, "weight", parametrization)
    return layer


@pytest.mark.parametrize("kind", REFUSED)
def test_weights_with_other_zero_rows_than_their_parameters_are_left_out(kind):
    make, name = REFUSED[kind]
    network, inputs = Between(make(), own, 6), torch.randn(2, 4, 3)
    assert [layer.role for layer in find_layers(network, inputs)] == ["input", "head"]
    reasons = {one.name: one.reason for one in left_out(network, inputs, ())}
    assert "no zero rows of the weight" in reasons[f"layer.parametrizations.weight.{name}"]


class Mixed(nn.Module):
    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(9, 4)
        self.states = nn.LSTM(4, 6, batch_first=True)
        self.grouped = nn.Conv1d(6, 6, 1, groups=2)
        self.up = nn.ConvTranspose1d(6, 4, 2, stride=2)
        self.body, self.frozen = nn.Linear(4, 4), nn.Linear(4, 4)
        self.head = nn.Linear(4, 2)
        self.idle = nn.Linear(3, 3)
        self.frozen.requires_grad_(False)

    def forward(self, words):
        states = self.grouped(self.states(self.words(words))[0].mT)
        return [self.head(self.frozen(torch.relu(self.body(self.up(states).mean(dim=2)))))]


def test_what_is_left_out_is_named_with_its_share_and_why():
    network, inputs = Mixed(), torch.randint(0, 9, (2, 5))
    counted = [layer.name for layer in counted_layers(find_layers(network, inputs))]
    assert counted == ["states.weight_ih_l0", "body.weight"]
    found = {one.name: one for one in left_out(network, inputs, counted)}
    words = {
        "words.weight": "a table of embeddings",
        "states.weight_hh_l0": "rows are states",
        "grouped.weight": "in groups",
        "up.weight": "transposed convolution",
        "frozen.weight": "frozen",
        "head.weight": "head of a task",
        "idle.weight": "no matrix or convolution that an output depends on",
    }
    assert found.keys() == words.keys()
    for name, reason in words.items():
        assert reason in found[name].reason
    total = sum(parameter.numel() for parameter in network.parameters())
    others = sum(p.numel() for p in network.parameters() if p.dim() == 1)
    kept = sum(network.get_parameter(name).numel() for name in counted)
    assert sum(one.share for one in found.values()) * total == pytest.approx(total - others - kept)
    left = left_out(network, inputs, counted[:1])
    assert {one.name: one for one in left}["body.weight"].reason.startswith("it is not among")
