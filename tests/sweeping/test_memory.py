"""What is planned against what is really taken, by the allocator's own account."""

import dataclasses

import pytest
import torch
from torch import nn
from torch.profiler import ProfilerActivity, profile

from paretocli.core.problem import Defaults, Metric, Problem, Samples
from paretocli.examination.default_sweep import default_sweep
from paretocli.networks.building import build_network, default_network
from paretocli.probing.live_memory import LiveMemory, peaks
from paretocli.problems.classification import classification
from paretocli.sweeping import memory as memory_module
from paretocli.sweeping.memory import Memory, Need, expected_memory
from paretocli.sweeping.normalisation import without_scale
from paretocli.sweeping.subproblems import Subproblems
from paretocli.sweeping.sweep_network import network_layers
from paretocli.sweeping.trainers import trainer_of
from paretocli.training.certificate import stationarity
from paretocli.training.evaluation import evaluate
from paretocli.training.passing import completed
from tests.toys import CPU, vectors


class Heads(nn.Module):
    """Two tasks of three classes each on some features."""

    def __init__(self, body, width):
        super().__init__()
        self.body = body
        self.heads = nn.ModuleList([nn.Linear(width, 3) for _ in range(2)])

    def forward(self, inputs):
        features = self.body(inputs)
        return [head(features) for head in self.heads]


class Residual(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(width, width, 3, padding=1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, width, 3, padding=1, bias=False),
            nn.BatchNorm2d(width),
        )

    def forward(self, inputs):
        return torch.relu(inputs + self.layers(inputs))


class Mean(nn.Module):
    def forward(self, inputs):
        return inputs.mean(dim=1)


def convolutional():
    layers = [nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(), nn.Conv2d(32, 32, 3, padding=1), nn.ReLU()]
    return Heads(nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten()), 32)


def resnet():
    layers = [nn.Conv2d(1, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), Residual(8), Residual(8)]
    return Heads(nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten()), 8)


def transformer():
    layer = nn.TransformerEncoderLayer(16, 2, 32, batch_first=True)
    return Heads(nn.Sequential(nn.Linear(6, 16), nn.TransformerEncoder(layer, 2), Mean()), 16)


def problem_of(network, shape):
    def samples(count):
        labels = tuple(torch.randint(0, 3, (count,)) for _ in range(2))
        return Samples(torch.randn(count, *shape), labels)

    with torch.random.fork_rng():
        torch.manual_seed(0)
        return Problem(
            name="random",
            tasks=[classification(name, 3) for name in ("a", "b")],
            train=samples(96),
            val=samples(200),
            test=samples(8),
            networks={"own": network},
            evaluation_batch=200,
            defaults=Defaults(batch_size=48, network="own"),
        )


def sweep_of(problem, **changes):
    name = default_network(problem)
    layers = network_layers(build_network(name, problem, 0), problem)
    return dataclasses.replace(default_sweep(problem, name, layers, CPU), **changes)


def most_taken(function):
    """The largest sum of what torch's allocator has given out and not got back, and the last."""
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiler:
        function()
    events = profiler.profiler.kineto_results.events()
    found = [(e.start_ns(), e.nbytes()) for e in events if e.name() == "[memory]"]
    most = total = 0
    for _, size in sorted(found, key=lambda pair: pair[0]):
        total += size
        most = max(most, total)
    return most, total


def measured(config, problem, points):
    """What training, evaluation and the certificate take, bytes."""
    subproblems = Subproblems(config, problem, without_scale(config))
    trainers = []

    def train():
        trainers.append(trainer_of(subproblems, range(points)))
        trainers[0].population.train()
        completed(trainers[0].steps())
        trainers[0].population.train(False)

    training, held = most_taken(train)
    (trainer,) = trainers
    trainer.solver.end_outer_iteration()
    data, batch = trainer.splits, min(config.batch_size, problem.evaluation_batch)
    evaluation, _ = most_taken(
        lambda: evaluate(trainer.population, data["val"], problem.prepare, problem.evaluation_batch)
    )
    certificate, _ = most_taken(
        lambda: stationarity(
            trainer.population,
            data["train"],
            problem.prepare,
            trainer.solver.certified(),
            batch_size=batch,
            sparsity=trainer.sparsity,
        )
    )
    return {
        "training": training,
        "evaluation": held + evaluation,
        "certificate": held + certificate,
    }


@pytest.mark.parametrize(
    ("network", "shape", "points"),
    [
        (convolutional, (1, 10, 10), 1),
        (resnet, (1, 10, 10), 1),
        (transformer, (12, 6), 1),
        (None, (1, 12, 12), 4),
    ],
    ids=["convolutional", "batch norm", "transformer", "4 of the default"],
)
def test_between_eight_tenths_and_all_of_what_is_planned_is_taken(network, shape, points):
    problem = problem_of(network or convolutional, shape)
    if network is None:
        problem = dataclasses.replace(
            problem, networks={}, defaults=dataclasses.replace(problem.defaults, network="mdmtn")
        )
    config = sweep_of(problem)
    config = dataclasses.replace(config, weights=config.weights[:1] * points)
    planned = expected_memory(config, problem, points)
    for part, taken in measured(config, problem, points).items():
        share = taken / getattr(planned, part).of(points)
        assert 0.8 <= share <= 1, (part, share)


def test_live_blocks_by_hand():
    weights = torch.randn(10, 10, requires_grad=True)
    with LiveMemory() as live:
        with live.part("forward"):
            product = weights @ weights.detach()
            product = product.relu().sum()
        with live.part("backward"):
            product.backward()
        with live.part("after"):
            view = weights.grad.view(100)  # no memory of its own
            view += torch.ones(1)
    found = peaks(live, [block.size for block in live.blocks])
    # The product, what the rectifier lets through, and their sum; the latter two stay.
    assert found["forward"] == 400 + 400 + 4
    assert found["after"] == 400 + 4 + 4  # the gradient, the sum and the one
    assert {block.size for block in live.blocks} == {400, 4}
    # Were they twice as large, so would be their sum.
    assert peaks(live, [2 * b.size for b in live.blocks])["forward"] == 2 * found["forward"]


def test_what_grows_with_what():
    problem = vectors()
    small, large = (
        expected_memory(sweep_of(problem, batch_size=size), problem, 1) for size in (16, 32)
    )
    assert large.held.point == small.held.point
    gained = large.training.point - large.held.point, small.training.point - small.held.point
    assert gained[0] > 1.5 * gained[1]
    assert large.evaluation == small.evaluation
    assert small.data == (64 + 24 + 16) * (6 * 4 + 2 * 8)


def test_what_is_planned_for_leaves_the_networks_numbers_alone():
    problem, before = vectors(), torch.random.get_rng_state()
    expected_memory(sweep_of(problem), problem, 1)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_data_that_is_read_as_needed_takes_none():
    problem = vectors()

    class OnDisk:
        def __init__(self, samples):
            self.samples = samples

        def __len__(self):
            return len(self.samples)

        def rows(self, rows):
            return self.samples.rows(rows)

        def to(self, device):
            return self

        def checksum(self):
            return self.samples.checksum()

    lazy = dataclasses.replace(problem, val=OnDisk(problem.val), test=OnDisk(problem.test))
    found = expected_memory(sweep_of(lazy), lazy, 1)
    assert found.data == 64 * (6 * 4 + 2 * 8)


def test_a_few_samples_need_no_label_of_each_task_nor_a_metric_that_has_a_value():
    problem = vectors()

    def area(output, target):
        assert len(target) > 4, "of so few samples it has no value"
        return 0.5

    splits = {}
    for split, data in problem.splits().items():
        rare = torch.full_like(data.targets[1], -1)
        rare[-5:] = data.targets[1][-5:]
        splits[split] = Samples(data.inputs, (data.targets[0], rare))
    first, second = problem.tasks
    last = dataclasses.replace(
        second, missing=-1, metrics={**second.metrics, "area": Metric.whole(area)}
    )
    few = dataclasses.replace(problem, tasks=(first, last), **splits)
    found, whole = (expected_memory(sweep_of(p), p, 1) for p in (few, problem))
    assert found.training.worker == pytest.approx(whole.training.worker, rel=0.2)
    assert found.held == whole.held


def by_hand(**parts):
    nothing = Need(0, 0)
    names = ("held", "training", "evaluation", "certificate", "saving")
    return Memory(1000, **{name: parts.get(name, nothing) for name in names})


@pytest.mark.parametrize(("total", "points"), [(10_000, 5), (1_000, 1), (0, 1)])
def test_points_on_a_gpu(monkeypatch, total, points):
    properties = type("Properties", (), {"total_memory": total})
    monkeypatch.setattr(
        memory_module.torch.cuda, "get_device_properties", lambda device: properties
    )
    found = by_hand(training=Need(100, 1000), evaluation=Need(500, 1100), saving=Need(0, 9000))
    assert found.points_on(torch.device("cuda")) == points


def test_workers_have_the_data_each_and_as_it_was_sent():
    found = by_hand(training=Need(100, 10), certificate=Need(0, 40))
    assert found.of_worker(2) == 1000 + 100 + 20
    assert (found.largest(2), found.largest(4)) == ("training", "certificate")
    assert found.of_all(1, 4) == 1000 + 160
    assert found.of_all(3, 4) == 8 * 1000 + 3 * 160


def test_kept_epochs_take_a_network_each():
    problem = vectors()
    best, front = (
        expected_memory(sweep_of(problem, keep=keep), problem, 1) for keep in ("best", "front")
    )
    config = sweep_of(problem)
    trainer = trainer_of(Subproblems(config, problem, without_scale(config)), (0,))
    network = sum(tensor.nbytes for tensor in trainer.best.tensors.values())
    # Four and the best one, there and twice in what is saved.
    assert front.held.point - best.held.point == pytest.approx(5 * network, rel=0.05)
    assert front.saving.point - best.saving.point == pytest.approx(15 * network, rel=0.05)
