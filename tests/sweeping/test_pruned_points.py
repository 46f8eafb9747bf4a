"""Baselines by magnitude pruning: which rows go, how large networks are, and going on."""

import json
import shutil
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load
from torch import nn

import paretocli
from paretocli.core.problem import Problem, Samples, Task
from paretocli.errors import InputError, RunError
from paretocli.library.pruning import baseline_of, prune
from paretocli.planning.pruning import pruning
from paretocli.run_directory.sweep_file import read_sweep_file
from paretocli.sparsity.fewest import without_rows
from paretocli.sparsity.magnitude import smallest_first
from paretocli.sparsity.pattern import zero_rows
from paretocli.sweeping.pruning import pruned_starts
from paretocli.sweeping.run import run_sweep
from paretocli.sweeping.sizes import TracedNetwork
from paretocli.sweeping.starts import Start
from paretocli.sweeping.store import RunDirectory
from paretocli.sweeping.subproblems import Subproblems
from paretocli.sweeping.sweep_network import fresh_network, sparsity_objective, stored_names
from paretocli.sweeping.trainers import trainer_of
from tests.sweeping.test_parallel import untimed
from tests.sweeping.test_rounds import Stops


class TwoHeads(nn.Module):
    """A residual block and two heads, which read the same channels."""

    def __init__(self):
        super().__init__()
        self.stem, self.a, self.b = nn.Linear(6, 12), nn.Linear(12, 8), nn.Linear(8, 12)
        self.heads = nn.ModuleList(nn.Linear(12, 2) for _ in range(2))

    def forward(self, x):
        x = torch.relu(self.stem(x))
        x = torch.relu(x + self.b(torch.relu(self.a(x))))
        return [head(x) for head in self.heads]


def problem():
    inputs = torch.randn(24, 6, generator=torch.Generator().manual_seed(0))
    samples = Samples(inputs, (inputs[:, :2] ** 2, inputs[:, 2:4].abs()))
    mse = nn.functional.mse_loss
    return Problem(
        name="two_heads",
        tasks=[Task("left", mse), Task("right", mse)],
        **dict.fromkeys(("train", "val", "test"), samples),
        networks={"two_heads": TwoHeads},
    )


PROBLEM = problem()
# Rows of three layers together, and rows of one alone, become zero in the search.
SPARSE = {
    "groups": "streams",
    "weights": [[0.3, 0.35, 0.35], [0.8, 0.1, 0.1], [0.6, 0.1, 0.3]],
    "epochs": 8,
    "retrain_epochs": 2,
    "lr": 0.05,
    "share_similarity": 1.0,
    "stack": 3,
    "threads": 1,
    "jobs": 1,
    "device": "cpu",
    "checkpoint_every": 0.0,
}


@pytest.fixture(scope="module")
def sparse(tmp_path_factory):
    """A folder with a sparse sweep in `sparse`, not to be changed."""
    folder = tmp_path_factory.mktemp("pruned")
    paretocli.sweep(PROBLEM, **SPARSE, out=folder / "sparse", progress=False)
    return folder


def baseline(folder, **options):
    runtime = {"data_dir": folder, "jobs": 1, "checkpoint_every": 0.0}
    options = {"out": folder / "run", **options}
    return baseline_of(folder / "sparse", PROBLEM, lambda file: False, runtime, **options)


@pytest.fixture(scope="module")
def pruned(sparse):
    return sparse, prune(baseline(sparse), quiet=True)


@pytest.fixture
def again(pruned, tmp_path):
    """A copy of both directories, as a sweep that may be changed."""
    return shutil.copytree(pruned[0], tmp_path, dirs_exist_ok=True)


def counted(config, state):
    """The counted layers of a point's file, and what knows of them."""
    network = fresh_network(config.network, "default", PROBLEM, config.seed)
    names = stored_names(network)
    own = {names[name]: tensor for name, tensor in state.items()}
    return own, sparsity_objective(config, network, PROBLEM), TracedNetwork(network, PROBLEM), names


def test_exactly_the_smallest_rows_are_zero_and_no_more_than_have_to_be(pruned):
    folder, records = pruned
    config = baseline(folder).resolved.config
    sizes = {r["point"]: r["pruned_to"] for r in records if "pruned_to" in r}
    assert list(sizes) == [2, 3, 4]
    assert len({*sizes.values()}) > 1
    for point, size in sizes.items():
        directory, parent = RunDirectory(folder / "run"), records[point]["parent"]
        dense, sparsity, traced, names = counted(config, load(directory.network(parent)))
        blocks = sparsity.joined({name: dense[name].unsqueeze(0) for name in sparsity.names})
        order = smallest_first({name: b[0] for name, b in blocks.items()}, sparsity.least)

        def parameters(count, *known):
            dense, order, sparsity, traced, names = known
            found = {**dense, **without_rows(dense, sparsity, order[:count])}
            return traced.size_with({name: found[own] for name, own in names.items()}).parameters

        known = (dense, order, sparsity, traced, names)

        gone = next(count for count in range(len(order) + 1) if parameters(count, *known) <= size)
        expected = without_rows(dense, sparsity, order[:gone])
        left, *_ = counted(config, load(directory.network(point)))
        for name in sparsity.names:
            zero = (expected[name].transpose(0, 1).flatten(1) == 0).all(dim=1)
            after = left[name].transpose(0, 1).flatten(1)
            assert (after == 0).all(dim=1).tolist() == zero.tolist()
        assert records[point]["compact_parameters"] == parameters(gone, *known) <= size


def test_groups_are_zero_as_a_whole(pruned):
    folder, records = pruned
    config = baseline(folder).resolved.config
    state, sparsity, *_ = counted(config, load(RunDirectory(folder / "run").network(3)))
    (block,) = (one for one in sparsity.blocks.each if len(one.layers) > 1)
    zero = (block.joined({n: state[n].unsqueeze(0) for n in block.layers})[0] == 0).all(dim=0)
    parts = [(state[n].transpose(0, 1).flatten(1) == 0).all(dim=1) for n in block.layers]
    assert zero.any()
    for part in parts:
        assert torch.equal(part, zero)
    assert records[3]["sparsity"]["sparsity_rate"] > 0


def test_it_is_as_small_as_its_partner_and_trains_as_long(pruned):
    folder, records = pruned
    of_sweep = RunDirectory(folder / "sparse").records()
    for record in records[2:]:
        partner = of_sweep[record["partner"]]
        assert record["pruned_to"] == partner["compact_parameters"]
        assert record["epochs"] == partner["epochs"] == 10
        shares = [w / sum(partner["weights"][1:]) for w in partner["weights"][1:]]
        assert record["weights"] == pytest.approx([0, *shares])
    assert [record["epochs"] for record in records] == [10] * 5
    assert [record["parent"] for record in records] == [None, None, 0, 0, 1]
    boxes = [(folder / name / "normalisation.json").read_bytes() for name in ("sparse", "run")]
    assert boxes[0] == boxes[1]


def test_what_is_dense_has_nothing_of_sparsity(pruned):
    _, records = pruned
    assert [record["sparsity"]["sparsity_rate"] for record in records[:2]] == [0, 0]
    assert all(record["multipliers"][0] == 0 for record in records)


def test_its_table_says_whose_partner_a_point_is(pruned):
    table = paretocli.load_run(pruned[0] / "run").results
    assert table["partner"].tolist()[2:] == [0, 1, 2]
    assert table[["partner", "pruned_to"]].iloc[:2].isna().all(axis=None)
    assert "partner" not in paretocli.load_run(pruned[0] / "sparse").results


def test_stopped_again_and_again_it_is_the_same(pruned, tmp_path):
    folder = tmp_path
    shutil.copytree(pruned[0] / "sparse", folder / "sparse")
    for _ in range(40):
        found, stop = baseline(folder), Stops(7)
        records = run_sweep(
            found.resolved.config,
            PROBLEM,
            RunDirectory(folder / "run"),
            stop,
            checksums=found.resolved.checksums,
            stop=stop,
            further=pruning(found.resolved.config, found.partners, lambda words: None),
            normalisation=found.normalisation,
        )
        if not stop():
            break
    assert len(records) == 5
    there, here = untimed(pruned[0]), untimed(folder)
    there.pop("front.png")  # `run_sweep` draws none
    assert here == there


def test_a_few_at_a_time_have_the_same_zero_rows(pruned):
    folder, records = pruned
    found, one = baseline(folder), read_sweep_file(folder / "run").rounds[0]
    config = replace(found.resolved.config, at_once=1)
    there = Subproblems(config, PROBLEM, found.normalisation, later=(one,)).as_trained(one)
    networks = [RunDirectory(folder / "run").network(point) for point in (0, 1)]
    starts = [Start(p, there.weights[p], networks[p], b"") for p in one.parents]
    trainer = trainer_of(there, (3, 4), starts[1:])
    for part, point in zip(trainer.trainers, (3, 4), strict=True):
        counts = {layer["layer"]: layer["zero_rows"] for layer in records[point]["layers"]}
        for name, rows in part.pattern.representatives.items():
            assert int((rows < 0).sum()) == counts[name.removesuffix(".weight")]
            assert torch.equal(zero_rows(part.population.parameters[name]), rows < 0)


def test_points_that_the_sweep_has_more_get_partners(again):
    before = {f.name: f.read_bytes() for f in (again / "run" / "points").iterdir()}
    options = {**SPARSE, "weights": [*SPARSE["weights"], [0.5, 0.1, 0.4]]}
    paretocli.sweep(PROBLEM, **options, out=again / "sparse", progress=False)
    records = prune(baseline(again), quiet=True)
    assert [record.get("partner") for record in records] == [None, None, 0, 1, 2, None, 3]
    assert [record["parent"] for record in records][5:] == [None, 5]
    assert {n: (again / "run" / "points" / n).read_bytes() for n in before} == before
    assert len(prune(baseline(again), quiet=True)) == 7


def test_gradually(sparse, tmp_path):
    shutil.copytree(sparse / "sparse", tmp_path / "sparse")
    records = prune(baseline(tmp_path, gradually=True), quiet=True)
    by_partner = {record.get("partner"): record for record in records}
    assert by_partner[1]["parent"] == by_partner[0]["point"]
    zero = {
        partner: [layer["zero_rows"] for layer in by_partner[partner]["layers"]]
        for partner in (0, 1)
    }
    assert all(few <= many for few, many in zip(zero[0], zero[1], strict=True))
    # Nobody has to say it again, and it is another baseline.
    assert baseline(tmp_path).resolved.config.pruned_gradually
    with pytest.raises(InputError, match="--from larger, asked for is --from dense"):
        prune(baseline(tmp_path, gradually=False), quiet=True)


def test_a_network_that_cannot_be_so_small_is_no_point(pruned):
    folder, _ = pruned
    found = baseline(folder)
    one = read_sweep_file(folder / "run").rounds[0]
    there = Subproblems(found.resolved.config, PROBLEM, found.normalisation, later=(one,))
    start = Start(0, one.weights[0], RunDirectory(folder / "run").network(0), b"")
    trained = there.as_trained(one)
    with pytest.raises(RunError, match="cannot be pruned to 3 parameters"):
        pruned_starts(replace(trained, pruned_to={2: 3}), (2,), (start,))
    with pytest.raises(RunError, match="Point 2 has no network"):
        pruned_starts(trained, (2,), (None,))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"pruned_to": [50]}, "to which size each point is pruned"),
        ({"parents": [None, 0, 1]}, "to which size each point is pruned"),
        ({"pruned_to": [0, 1, 2]}, "0 is below 1"),
        ({"partners": []}, "to which size each point is pruned"),
    ],
)
def test_a_rounds_file_that_does_not_fit(again, change, words):
    file = again / "run" / "rounds" / "0001.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **change}))
    with pytest.raises(InputError, match=words):
        read_sweep_file(again / "run")


def test_only_a_sparse_sweep_as_it_was_has_a_baseline(again):
    with pytest.raises(InputError, match="pruned to the sizes of another sweep"):
        baseline_of(again / "run", PROBLEM, lambda file: False, {"data_dir": again})
    (again / "sparse" / "normalisation.json").write_text("{}")
    with pytest.raises(InputError, match="the sweep's own command writes it again"):
        baseline(again)
    dense = {**SPARSE, "weights": [[0.5, 0.5]], "epochs": 1, "sparsity": False, "groups": "none"}
    paretocli.sweep(PROBLEM, **dense, out=again / "dense", progress=False)
    with pytest.raises(InputError, match="without sparsity"):
        baseline_of(again / "dense", PROBLEM, lambda file: False, {"data_dir": again})
