"""Whether a network can be exported is found out before it is trained."""

import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence

from paretocli.export.possible import why_not_exportable
from tests import odd


class Packed(odd.Recurrent):
    """Reads sequences up to their own lengths."""

    def __init__(self):
        super().__init__(nn.LSTM)

    def features(self, inputs):
        lengths = 1 + (inputs[:, :, 0] > 0).sum(dim=1).clamp(max=4)
        packed = pack_padded_sequence(inputs, lengths, batch_first=True, enforce_sorted=False)
        return torch.relu(self.hidden(self.first(packed)[1][0][-1]))


class Routed(odd.Net):
    """Each sample goes through the layer that scores it highest."""

    def __init__(self):
        super().__init__()
        self.experts = nn.ModuleList(nn.Linear(odd.WIDTH, odd.WIDTH) for _ in range(2))

    def features(self, inputs):
        features = super().features(inputs)
        chosen, found = features[:, :2].argmax(dim=1), torch.zeros_like(features)
        for place, expert in enumerate(self.experts):
            mine = (chosen == place).nonzero().flatten()
            if len(mine) > 0:
                found[mine] = expert(features[mine])
        return found


@pytest.mark.parametrize("make", [odd.lstm, odd.transformer, odd.tied, odd.spectral, odd.embedding])
def test_what_can_be_exported(make):
    problem = make()
    network = problem.networks["net"]()
    assert why_not_exportable(problem, network) == ""
    assert network.training


@pytest.mark.parametrize(
    ("make", "shape", "words"),
    [
        (Packed, (5, 6), "it stops with"),
        (Routed, (6,), "it stops with"),
        (lambda: odd.Branching(always=True), (6,), "it stops with"),
    ],
)
def test_what_cannot_and_why(make, shape, words):
    problem = odd.problem(make, *shape)
    found = why_not_exportable(problem, make())
    assert found.startswith("torch.export makes no graph of the network of problem odd")
    assert words in found
    assert "\n" not in found
