"""Sweeps of a few networks that are one set: each task is served by the best of them."""

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest
import torch

from paretocli.errors import InputError, RunError
from paretocli.planning.plan import divide
from paretocli.problems.analytic import Variable
from paretocli.sweeping.resolve import resolve
from paretocli.sweeping.run import run_sweep
from paretocli.sweeping.store import RunDirectory
from tests.planning.test_plan import DIVIDED
from tests.second_device import NAME, offer
from tests.sweeping.test_at_once import Told, full_with, refuse_others
from tests.sweeping.test_elsewhere import plain
from tests.toys import quadratics

# Two pairs of tasks on a line, each 2 apart.
CENTRES = [[0.0], [2.0], [10.0], [12.0]]
SET = {"solver": "stch-set", "points": 2, "threads": 1, "jobs": 1, "checkpoint_every": 0.0}


def pairs(start=lambda: 12 * torch.rand(1)):
    made = quadratics(CENTRES, [0.0])
    places = torch.tensor(CENTRES)

    def network():
        return Variable(lambda point: ((point - places.to(point.device)) ** 2).sum(dim=1), start())

    defaults = dataclasses.replace(made.defaults, lr=0.3, epochs=6)
    return dataclasses.replace(made, networks={"variable": network}, defaults=defaults)


def swept(folder, problem, told=None, **options):
    found = resolve(SET | options | {"out": str(folder)}, made=problem)
    told = told or Told()
    directory = RunDirectory(found.config.out)
    return run_sweep(
        found.config,
        found.problem,
        directory,
        told,
        checksums=found.checksums,
        stop=told,
    )


def test_each_pair_of_tasks_gets_a_network_in_its_middle(tmp_path):
    """The least max_i min_k (x_k − c_i)² is half their distance, squared."""
    records = swept(tmp_path, pairs(), smoothing=0.02)
    losses = np.array([list(record["loss"]["val"].values()) for record in records])
    np.testing.assert_allclose(sorted(np.sqrt(losses[:, 0])), [1.0, 11.0], atol=0.05)
    values = {record["chebyshev_value"] for record in records}
    assert len(values) == 1
    np.testing.assert_allclose(values.pop(), 1.0 / 4, rtol=0.1)
    table = pd.read_csv(tmp_path / "results.csv")
    near = int(losses[:, 0].argmin())
    assert list(table["serves"][[near, 1 - near]]) == ["f1, f2", "f3, f4"]
    assert len({record["best_epoch"] for record in records}) == 1
    assert "gap" not in table or table["gap"].isna().all()


def test_it_goes_on_bit_for_bit(tmp_path):
    def networks(folder):
        return {path.name: path.read_bytes() for path in folder.glob("points/*.safetensors")}

    whole = swept(tmp_path / "whole", plain(), epochs=3)
    for _ in range(4):
        parts = swept(tmp_path / "parts", plain(), Told(1), epochs=3)
    one, other = ([{**record, "seconds": 0} for record in records] for records in (whole, parts))
    assert one == other
    assert networks(tmp_path / "parts") == networks(tmp_path / "whole")
    one, two = networks(tmp_path / "whole").values()
    assert one != two


def test_another_device_and_a_batch_in_parts(tmp_path, monkeypatch):
    offer(monkeypatch.setattr)
    whole = swept(tmp_path / "whole", plain(), epochs=2)
    there = swept(tmp_path / "there", plain(), epochs=2, device=NAME, micro_batch=3)
    refuse_others(there, whole)


class Brittle(Variable):
    """On held-out data no number, but for the network that the sweep's own seed gives."""

    def __init__(self):
        places = torch.tensor(CENTRES)
        super().__init__(lambda point: ((point - places) ** 2).sum(dim=1), torch.rand(1))
        self.register_buffer("start", self.variable.detach().clone())

    def forward(self, inputs):
        own = torch.rand(1, generator=torch.Generator().manual_seed(0))
        broken = (self.start != own).all() & (not self.training)
        return [torch.where(broken, torch.nan, value) for value in super().forward(inputs)]


def test_where_one_fails_all_have(tmp_path):
    problem = dataclasses.replace(pairs(), networks={"variable": Brittle})
    told = Told()
    records = swept(tmp_path, problem, told, seed=0, smoothing=3.0)
    assert [record["status"] for record in records] == ["failed"] * 2
    assert records[0]["error"] == "another network of its set failed in epoch 1"
    assert records[1]["error"] == "the losses of f1, f2, f3, f4 were not finite after epoch 1"
    table = pd.read_csv(tmp_path / "results.csv")
    assert table["serves"].isna().all()


def test_of_a_part_of_a_set_nobody_says_what_it_serves(tmp_path):
    records = swept(tmp_path, pairs(), epochs=2)
    directory = RunDirectory(tmp_path)
    identity = json.loads((tmp_path / "sweep.json").read_text())["config"]
    directory.write_tables(identity, records[:1])
    assert pd.read_csv(tmp_path / "results.csv")["serves"].isna().all()
    directory.write_tables(identity, records)
    assert pd.read_csv(tmp_path / "results.csv")["serves"].notna().any()


# How many, with which weights


def weights_of(**options):
    return np.array(resolve({"solver": "stch-set"} | options, made=pairs()).config.weights)


def test_all_networks_have_the_same_weights():
    np.testing.assert_allclose(weights_of(), np.full((4, 4), 0.25))
    np.testing.assert_allclose(weights_of(points=3), np.full((3, 4), 0.25))
    np.testing.assert_allclose(
        weights_of(points=2, weights=["1,2,3,4"]), [[0.1, 0.2, 0.3, 0.4]] * 2
    )
    np.testing.assert_allclose(weights_of(points=2, fix=["f1=0.4"]), [[0.4, 0.2, 0.2, 0.2]] * 2)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"points": 1}, "from 2 to as many as there are tasks, found 1; give another"),
        ({"points": 5}, "serves 4 tasks .* found 5; give another number with --points"),
        ({"weights": ["1,1,1,1", "2,1,1,1"]}, "--weights is given 2 times, and all networks"),
        ({"divisions": 3}, "--divisions gives points weights of their own"),
        ({"placement": "adaptive"}, "--placement gives points weights of their own"),
        ({"transfer": "neighbours"}, "--transfer neighbours does not go with --solver stch-set"),
        ({"transfer": "split"}, "--transfer split does not go with .* become alike; leave it out"),
        ({"batches": "independent"}, "--batches independent does not go with"),
        ({"warm": "path"}, "--warm path does not go with .* start together"),
        ({"keep": "front"}, "--keep front does not go with .* no use without the others"),
        ({"stack": 1}, r"--stack 1 would keep apart points .* \(--solver stch-set\)"),
        ({"at_once": 1}, "The 2 networks of --solver stch-set are compared in every step, and 1"),
        ({"sparsity": True}, "--sparsity does not go with .*: sparsity is no task; leave it out"),
        ({"max_parameters": 9}, "--max-parameters needs sparsity as an objective"),
    ],
    ids=lambda value: " ".join(map(str, value.items())) if isinstance(value, dict) else "",
)
def test_what_does_not_go_with_it(tmp_path, options, words):
    given = SET | {"out": str(tmp_path / "run")} | options
    with pytest.raises(InputError, match=words):
        resolve(given, made=pairs())
    assert not (tmp_path / "run").exists()


def test_one_network_is_no_set():
    with pytest.raises(InputError, match=r"several networks as one set, and train makes one point"):
        resolve({"solver": "stch-set"}, made=pairs(), single=True)


def test_networks_that_would_start_alike():
    with pytest.raises(InputError, match=r"the same parameters \(it draws none at random\)"):
        resolve(SET, made=pairs(lambda: torch.ones(1)))


def test_where_they_do_not_fit_on_the_device():
    chosen = {**DIVIDED, "solver": "stch-set", "device": "cuda"}
    with pytest.raises(InputError, match=r"The 9 networks .* and 5 at a time are on the device"):
        divide(chosen, 9, in_turn=False, fitting=lambda: 5, work=lambda _: 0.0)


def test_where_memory_ends_midway_they_are_not_divided(tmp_path, monkeypatch):
    with monkeypatch.context() as fits:
        full_with(fits, 1, after=4)
        with pytest.raises(RunError, match=r"1 of 1 shards failed .*OutOfMemoryError") as failure:
            swept(tmp_path, plain(), epochs=2)
    assert "--stack 1" not in str(failure.value)
    assert len(swept(tmp_path, plain(), epochs=2)) == 2


def test_sparsity_is_left_out_unless_it_is_asked_for():
    found = resolve(SET, made=plain())
    assert found.config.objectives == ("a", "b")
    with pytest.raises(InputError, match="--sparse-layers does not go with --solver stch-set"):
        resolve(SET | {"sparse_layers": "body*"}, made=plain())


def test_nothing_is_added_to_it(tmp_path):
    swept(tmp_path, pairs(), epochs=2)
    with pytest.raises(InputError, match="weights"):
        swept(tmp_path, pairs(), epochs=2, points=3)
