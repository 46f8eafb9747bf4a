"""Whether a network can be exported is found out before it is trained."""

import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence

from paretocli.compaction.quiet import quiet
from paretocli.core.as_used import AsUsed
from paretocli.exporting import possible
from paretocli.exporting.possible import export_trial
from tests import odd


class Packed(odd.Recurrent):
    """Reads sequences up to their own lengths."""

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


class Counting(odd.Net):
    """Counts how often it is used, and draws at random meanwhile."""

    def __init__(self):
        super().__init__(nn.Dropout(0.3))
        self.register_buffer("calls", torch.zeros(()))

    def features(self, inputs):
        self.calls += 1
        return super().features(inputs) + 0 * torch.rand(())


@pytest.mark.parametrize("make", [odd.tied, odd.embedding])
def test_what_can_be_exported(make, capfd):
    problem = make()
    network = problem.networks["net"]()
    trial = export_trial(problem, network)
    assert (trial.tried, trial.why_not) == ("whole", "")
    assert network.training
    assert capfd.readouterr() == ("", "")


UNKNOWN = [
    (Packed, (5, 6)),
    (Routed, (6,)),
    (lambda: odd.Branching(always=True), (6,)),
]


@pytest.mark.parametrize(("make", "shape"), UNKNOWN)
@pytest.mark.parametrize("tried", ["whole", "graph"])
def test_what_cannot_and_why(make, shape, tried, monkeypatch, capfd):
    if tried == "graph":
        monkeypatch.setattr(possible, "MOST_IN_WHOLE", 0)
    trial = export_trial(odd.problem(make, *shape), make())
    assert trial.tried == tried
    assert trial.why_not.startswith("torch.export makes no graph of the network of problem odd")
    assert "it stops with" in trial.why_not
    assert "\n" not in trial.why_not
    assert capfd.readouterr() == ("", "")


def test_of_a_large_network_less_is_tried(monkeypatch):
    problem = odd.control_flow()
    monkeypatch.setattr(possible, "MOST_IN_WHOLE", 0)
    monkeypatch.setattr(possible, "MOST_IN_GRAPH", 0)
    trial = export_trial(problem, problem.networks["net"]())
    assert (trial.tried, trial.why_not) == ("nothing", "")
    assert trial.operations > 0


def test_each_step_of_a_recurrent_layer_counts():
    def operations(steps):
        problem = odd.problem(odd.Recurrent, steps, 6)
        dense = AsUsed(problem, problem.networks["net"]()).eval()
        return possible._operations(dense, possible._batch(problem, 2))

    with quiet():
        assert operations(40) > 1.8 * operations(20) > 200


def test_other_outputs_are_told(monkeypatch):
    problem = odd.tied()

    def spoilt(tracing):
        graph = compact(tracing)
        for parameter in graph.parameters():
            parameter.add_(0.1)
        return graph

    compact = possible.compact_network
    monkeypatch.setattr(possible, "compact_network", spoilt)
    trial = export_trial(problem, problem.networks["net"]())
    assert "gives other outputs of task kind once it is made small" in trial.why_not


def test_nothing_is_changed():
    problem, network = odd.problem(Counting), Counting()
    state = torch.get_rng_state()
    assert (
        "changes its buffers while it is used (network.calls)"
        in export_trial(problem, network).why_not
    )
    assert torch.equal(torch.get_rng_state(), state)
    assert network.calls == 0
    assert network.training
