"""Two processes that train together, each with a part of every batch: as one process trains."""

import dataclasses
from functools import partial

import pytest
import torch
from torch import nn

from paretocli.core.problem import Samples
from paretocli.execution.company import Company, Member
from paretocli.execution.followers import company
from paretocli.population.batch_norm import synchronise
from paretocli.population.transfer import Neighbours
from paretocli.training import passing
from tests.toys import CPU, growl_of, make_trainer, pictures, vectors

WEIGHTS = [[0.3, 0.7]]
THREE = [[0.2, 0.8], [0.5, 0.5], [0.9, 0.1]]
SPARSE = [[0.4, 0.3, 0.3]]


class BatchNorm(nn.Module):
    """Batch norm of images and of features, with a mean of all batches."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(2, 4, 3, bias=False),
            nn.BatchNorm2d(4, momentum=None),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(64, 5, bias=False),  # Adam would blow up the rounding of its zero gradient
            nn.BatchNorm1d(5, affine=False),
        )
        self.heads = nn.ModuleList(nn.Linear(5, 3) for _ in range(2))

    def forward(self, inputs):
        features = self.body(inputs)
        return [head(features) for head in self.heads]


def shaken(inputs):
    """Each sample of a batch on its own."""
    return inputs + 0.3 * torch.randn(len(inputs), *[1] * (inputs.dim() - 1))


def without_some(problem):
    """Labels of the first task are missing, for whole batches too."""
    first, second = problem.train.targets
    kept = torch.where(torch.arange(len(first)) % 5 == 0, first, -1)
    tasks = (dataclasses.replace(problem.tasks[0], missing=-1), problem.tasks[1])
    return dataclasses.replace(
        problem, tasks=tasks, train=Samples(problem.train.inputs, (kept, second))
    )


images = partial(pictures, dropout=0.0, sizes=(24, 11, 8))


def with_network(network):
    return dataclasses.replace(images(), networks={"noisy": network})


def neighbours(solver):
    rows = solver.scalarization.weights
    return Neighbours(rows, kernel="gaussian", reach=1.0, strength=0.5, until=0.9)


def flat():
    return dataclasses.replace(vectors(sizes=(32, 11, 8)), networks={"wide": WithoutDropout})


class WithoutDropout(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(6, 12), nn.Tanh(), nn.Linear(12, 8), nn.Tanh())
        self.heads = nn.ModuleList(nn.Linear(8, 3) for _ in range(2))

    def forward(self, inputs):
        features = self.body(inputs)
        return [head(features) for head in self.heads]


CASES = {
    "adam": (flat, WEIGHTS, {}),
    "parts that are not even": (images, WEIGHTS, {"batch_size": 7, "optimizer": "sgd"}),
    "batch norm": (lambda: with_network(BatchNorm), WEIGHTS, {"batch_size": 7}),
    "augmentation": (
        lambda: dataclasses.replace(flat(), augment=shaken),
        WEIGHTS,
        {},
    ),
    "missing labels": (lambda: without_some(flat()), WEIGHTS, {}),
    "parts of batches": (flat, WEIGHTS, {"micro_batch": 3}),
    "weighed gradients": (flat, WEIGHTS, {"solver": "mgda"}),
    "weighed gradients of parts": (flat, WEIGHTS, {"solver": "mgda", "micro_batch": 3}),
    "clipped": (flat, WEIGHTS, {"clip_norm": 0.1, "warm_up": 0.5}),
    "several that learn": (flat, THREE, {"transfer": neighbours, "streams": (0, 2, 1)}),
    "one set": (flat, [[0.5, 0.5]] * 2, {"solver": "stch-set", "streams": (0, 1)}),
    "sparse": (
        flat,
        SPARSE,
        {"sparse": True, "retrain_epochs": 1, "retrain_lr": 0.01, "share_similarity": 0.5},
    ),
}
EPOCHS = 2


def trained(name, group):
    """What training comes to, of a process of a group or alone."""
    make, weights, settings = CASES[name]
    problem, settings = make(), dict(settings)
    if settings.pop("sparse", False):
        settings["sparsity"] = growl_of(problem, theta="flat")
    trainer = make_trainer(problem, weights, epochs=EPOCHS, company=group, **settings)
    trainer.population.stacked = False
    while not trainer.finished:
        trainer.run_epoch()
    return trainer.finish()


def follow(shared, port, rank, stop):
    """The other process: all cases, one after the other."""
    passing.TRANSFER_INTERVAL = 2
    torch.set_num_threads(1)
    member = Member(rank, 2, port, CPU)
    yield "here"
    member.meet()
    for name in shared:
        trained(name, member)


@pytest.fixture(scope="module")
def together():
    """The outcomes of all cases, of one of two processes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passing, "TRANSFER_INTERVAL", 2)
        with company(2, CPU, follow, tuple(CASES), lambda port: port) as group:
            yield {name: trained(name, group) for name in CASES}


@pytest.mark.parametrize("name", CASES)
def test_two_processes_are_as_one(together, name, monkeypatch):
    monkeypatch.setattr(passing, "TRANSFER_INTERVAL", 2)
    found, expected = together[name], trained(name, Company())
    for what in ("tensors", "figures", "multipliers", "stationarity", "gap"):
        one, other = getattr(found, what), getattr(expected, what)
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)
    assert torch.equal(found.best_epoch, expected.best_epoch)


@pytest.mark.parametrize("training", [True, False])
def test_batch_norm_of_one_process_is_that_of_torch(training):
    torch.manual_seed(0)
    network, own = BatchNorm(), BatchNorm()
    own.load_state_dict(network.state_dict())
    synchronise(own, Company())
    inputs = torch.randn(6, 2, 6, 6)
    for made in (network, own):
        made.train(training)
    outputs = [torch.cat(made(inputs), dim=1) for made in (network, own)]
    torch.testing.assert_close(*outputs)
    for output in outputs:
        output.square().sum().backward()
    grown = [[p.grad for p in made.parameters()] for made in (network, own)]
    torch.testing.assert_close(*grown, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(*(dict(made.named_buffers()) for made in (network, own)))


def test_rows_are_all_there_once():
    for count in (7, 8, 2, 9):
        members = [Company() for _ in range(3)]
        for rank, member in enumerate(members):
            member.rank, member.size = rank, 3
        rows = [place for member in members for place in range(count)[member.rows(count)]]
        assert rows == list(range(count))


def test_what_is_drawn_is_ones_own_and_leaves_the_rest_alike():
    """Dropout of two processes has masks of its own, and augmentation after it is the same."""
    drawn, after = [], []
    for rank in (0, 1):
        member = object.__new__(Member)
        member.rank, member.size = rank, 2
        torch.manual_seed(3)
        for _ in range(2):
            with member.own_draws(CPU):
                drawn.append(torch.rand(3 + rank)[:3].tolist())
        after.append(torch.rand(3).tolist())
    assert len({*map(tuple, drawn)}) == 4
    assert after[0] == after[1]
    torch.manual_seed(3)
    with member.own_draws(CPU):
        pass
    left = torch.rand(3)
    torch.manual_seed(3)
    assert torch.equal(torch.rand(3), left)
