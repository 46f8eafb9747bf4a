import dataclasses

import pytest
import torch
from torch import nn

from paretocli.sweep import memory as memory_module
from paretocli.sweep.memory import Memory, expected_memory
from tests.toys import vectors


class Layers(nn.Module):
    """Two layers of 6 × 6 with a rectifier between them, and two outputs of 3."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 5))

    def forward(self, inputs):
        features = self.body(inputs)
        return [features[:, :3], features[:, 2:]]


def test_by_hand():
    problem = vectors(sizes=(64, 24, 16))
    network = Layers()
    found = expected_memory(problem, network, optimizer="adam", batch_size=32)
    count = 8 * 6 + 8 + 5 * 8 + 5
    assert found.parameters == 5 * 4 * count
    # 6 inputs and 2 labels of 8 bytes
    assert found.data == (64 + 24 + 16) * (6 * 4 + 2 * 8)
    # Of each sample, at least: its inputs, what the rectifier lets through, and the two outputs'
    # log-probabilities; at most, their inputs and labels too.
    each = found.activations / 32
    assert 4 * (6 + 8 + 2 * 3) <= each <= 4 * (6 + 8 + 2 * 3) + 2 * 8 + 4 * 2 * 5 + 16
    assert found.of_worker(3) == found.data + 3 * (found.parameters + found.activations)


def test_fewer_samples_than_are_tried():
    few = expected_memory(vectors(sizes=(2, 24, 16)), Layers(), optimizer="adam", batch_size=32)
    many = expected_memory(vectors(sizes=(64, 24, 16)), Layers(), optimizer="adam", batch_size=32)
    assert few.parameters == many.parameters
    assert few.activations > 0


def test_what_grows_with_what():
    problem = vectors()
    make = {"optimizer": "adam", "batch_size": 8}
    small = expected_memory(problem, Layers(), **make)
    large = expected_memory(problem, Layers(), **make | {"batch_size": 16})
    assert 1.9 < large.activations / small.activations <= 2
    assert expected_memory(problem, Layers(), **make | {"optimizer": "sgd"}).parameters < (
        small.parameters
    )
    # No batch is larger than the training data.
    all_of_it = expected_memory(problem, Layers(), **make | {"batch_size": 64})
    assert expected_memory(problem, Layers(), **make | {"batch_size": 6400}) == all_of_it


def test_data_that_is_read_as_needed_takes_none():
    problem = vectors()

    class OnDisk:
        def __init__(self, samples):
            self.samples = samples

        def __len__(self):
            return len(self.samples)

        def rows(self, rows):
            return self.samples.rows(rows)

    lazy = dataclasses.replace(problem, val=OnDisk(problem.val), test=OnDisk(problem.test))
    found = expected_memory(lazy, Layers(), optimizer="adam", batch_size=8)
    assert found.data == 64 * (6 * 4 + 2 * 8)


@pytest.mark.parametrize(("total", "points"), [(10_000, 6), (1_000, 1), (0, 1)])
def test_points_on_a_gpu(monkeypatch, total, points):
    properties = type("Properties", (), {"total_memory": total})
    monkeypatch.setattr(
        memory_module.torch.cuda, "get_device_properties", lambda device: properties
    )
    assert Memory(1000, 600, 400).points_on(torch.device("cuda")) == points
