"""Several inputs, from the data to the results: a tuple, a named tuple, a dictionary."""

import dataclasses
import pickle
import re
from pathlib import Path

import cloudpickle
import pandas as pd
import pytest
import torch

from paretocli.core.inputs import tensors_of
from paretocli.errors import InputError
from paretocli.networks.building import build_network, default_network, network_names
from paretocli.networks.initialisation import lsuv
from paretocli.planning.plan import shards
from paretocli.problems.loading import load_problem
from paretocli.sweeping.jobs import Job
from paretocli.sweeping.normalisation import from_initial
from paretocli.sweeping.resolve import resolve
from paretocli.sweeping.run import run_sweep
from paretocli.sweeping.solve import PointDone, solve
from paretocli.sweeping.store import RunDirectory
from paretocli.sweeping.subproblems import Subproblems
from tests.program import paretocli
from tests.sweeping.test_collect import Told, never

SOURCE = """
from typing import NamedTuple
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, mse_loss
from paretocli.problems import Defaults, Problem, Samples, Task

class Person(NamedTuple):
    image: Tensor
    age: Tensor

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.image, self.age = nn.Linear(6, 8), nn.Linear(2, 8)
        self.body = nn.Sequential(nn.ReLU(), nn.Linear(8, 8), nn.Dropout(0.2))
        self.kind, self.size = nn.Linear(8, 3), nn.Linear(8, 1)

    def forward(self, image, age):
        features = self.body(self.image(image) + self.age(age))
        return [self.kind(features), self.size(features).squeeze(1)]

def noisy(inputs):
    return {name: tensor + 0.01 * torch.randn_like(tensor) for name, tensor in inputs.items()}

def make(form, **changes):
    generator = torch.Generator().manual_seed(0)
    image, age = torch.randn(60, 6, generator=generator), torch.randn(60, 2, generator=generator)
    samples = Samples(form(image, age), (image[:, :3].argmax(dim=1), age.sum(dim=1)))
    train, val, test = samples.split(0.6, 0.2, 0.2)
    return Problem(name="several", tasks=[Task("kind", cross_entropy), Task("size", mse_loss)],
                   train=train, val=val, test=test, networks={"net": Net},
                   defaults=Defaults(points=3, epochs=2, batch_size=8, retrain_epochs=1), **changes)

def joined():
    return make(lambda image, age: torch.cat([image, age], dim=1),
                prepare=lambda inputs: {"age": inputs[:, 6:].contiguous(),
                                        "image": inputs[:, :6].contiguous()})

def in_order():
    return make(lambda image, age: (image, age))

def named():
    return make(Person)

def by_name():
    return make(lambda image, age: {"age": age, "image": image})

def augmented():
    return make(lambda image, age: {"age": age, "image": image}, augment=noisy)

def without_network():
    made = by_name()
    return Problem(name="bare", tasks=made.tasks, train=made.train, val=made.val, test=made.test)
"""


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("several") / "several.py"
    path.write_text(SOURCE)
    return path


def made(file, name):
    return load_problem(f"{file}:{name}", Path())


def swept(file, name, out, **options):
    found = solved(f"{file}:{name}", out, **options)
    return found.drop(columns="problem")


def solved(problem, out, **options):
    fixed = {"threads": 1, "jobs": 1, "device": "cpu", "checkpoint_every": 0.0}
    found = resolve({"problem": problem, "out": str(out), **fixed, **options})
    run_sweep(
        found.config,
        found.problem,
        RunDirectory(found.config.out),
        Told(),
        checksums=found.checksums,
        stop=never,
    )
    return pd.read_csv(out / "results.csv").drop(columns="seconds")


@pytest.mark.parametrize(
    ("options", "forms", "augmented"),
    [
        ({}, ("in_order", "by_name"), False),
        ({"batches": "independent", "transfer": "neighbours"}, ("named",), True),
    ],
    ids=["shared batches", "independent batches"],
)
def test_all_forms_give_the_same_results(file, tmp_path, options, forms, augmented):
    expected = swept(file, "joined", tmp_path / "joined", **options)
    assert (expected["status"] == "done").all()
    for name in forms:
        found = swept(file, name, tmp_path / name, **options)
        pd.testing.assert_frame_equal(found, expected, check_exact=True)
    if augmented:
        other = swept(file, "augmented", tmp_path / "augmented", **options)
        assert (other["loss_size_train"] != expected["loss_size_train"]).all()


def test_batches_of_no_inputs_are_alike_whose_they_are(tmp_path):
    options = {"points": 3, "epochs": 3, "stack": 3, "train_samples": 20}
    found = [
        solved("vlmop2", tmp_path / batches, batches=batches, **options)
        for batches in ("shared", "independent")
    ]
    pd.testing.assert_frame_equal(*found, rtol=1e-5)


@pytest.mark.parametrize("name", ["in_order", "named", "by_name"])
def test_a_worker_gets_what_was_sent(file, name):
    found = resolve({"problem": f"{file}:{name}", "threads": 1, "device": "cpu"})
    subproblems = Subproblems(
        found.config, found.problem, from_initial(found.config, found.problem)
    )
    sent = pickle.loads(cloudpickle.dumps(subproblems))
    assert type(sent.problem.train.inputs).__name__ == type(found.problem.train.inputs).__name__
    (shard,) = shards(range(len(found.config.weights)), found.config.stack)
    records = [
        [
            message.record | {"seconds": 0}
            for message in solve(one, Job(shard), 0, never)
            if isinstance(message, PointDone)
        ]
        for one in (subproblems, sent)
    ]
    assert records[0] == records[1]


def test_what_several_inputs_take_is_counted(file):
    for name in ("joined", "by_name"):
        found = resolve({"problem": f"{file}:{name}", "threads": 1, "device": "cpu"}).memory
        assert found.data == 60 * (8 * 4 + 8 + 4)


def test_unit_variance_with_several_inputs(file):
    problem = made(file, "named")
    network = build_network("net", problem, 0)
    inputs = problem.prepare(problem.train.inputs)
    lsuv(network, inputs, seed=0)
    network.eval()
    for layer, given in ((network.image, inputs.image), (network.age, inputs.age)):
        assert layer(given).std(correction=0).item() == pytest.approx(1, abs=0.02)


def test_generic_networks_are_not_offered(file):
    problem = made(file, "by_name")
    assert network_names(problem) == ("net",)
    with pytest.raises(InputError, match=r"no network named 'hps'.*choose one of net"):
        build_network("hps", problem, 0)
    with pytest.raises(InputError, match="bare has no network, and the generic ones do not fit"):
        default_network(made(file, "without_network"))


def test_some_of_the_training_samples(file):
    found = resolve({"problem": f"{file}:by_name", "train_samples": 10})
    assert {len(t) for t in tensors_of(found.problem.train.inputs).values()} == {10}


def test_inputs_that_are_not_finite_are_traced_to_the_check(file):
    problem = made(file, "in_order")
    image, age = problem.train.inputs
    spoilt = dataclasses.replace(problem.train, inputs=(image, torch.full_like(age, torch.nan)))
    found = resolve({"problem": f"{file}:in_order"})
    with pytest.raises(InputError, match=r"kind is nan at init.*paretocli check .*:in_order tells"):
        from_initial(found.config, dataclasses.replace(problem, train=spoilt))


SPOILT = """
def spoilt():
    problem = in_order()
    kind, size = problem.val.targets
    kind[-1] = 3
    return problem
"""


def test_a_target_out_of_range_is_told_before_anything_is_written(tmp_path):
    """By a program of its own: a GPU that gets such a label is lost to its process."""
    (tmp_path / "mine.py").write_text(SOURCE + SPOILT)
    done = paretocli("sweep", "mine.py:spoilt", "--out", "run", cwd=tmp_path)
    assert done.returncode == 2, done.stderr
    message = (
        "several raised IndexError on its val split: Target 3 is out .*; paretocli check .*more"
    )
    assert re.search(message, done.stderr)
    assert not (tmp_path / "run").exists()


def test_what_a_device_does_not_tell_the_cpu_does(tmp_path):
    """With all that belongs to the objectives there, since the device may be lost."""
    file = tmp_path / "mine.py"
    file.write_text(SOURCE + SPOILT)
    config = resolve({"problem": f"{file}:spoilt", "device": "cpu"}).config
    assert config.sparsity
    elsewhere = dataclasses.replace(config, device="meta")
    with pytest.raises(InputError, match="raised IndexError on its val split: Target 3 is out"):
        from_initial(elsewhere, made(file, "spoilt"))
    with pytest.raises(InputError, match="on its train split on meta, and not on the CPU"):
        from_initial(elsewhere, made(file, "in_order"))
