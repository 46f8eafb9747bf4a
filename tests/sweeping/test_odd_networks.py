"""Networks unlike most: each trains, and trains the same again, or is refused in a sentence."""

from pathlib import Path

import pandas as pd
import pytest
import torch
from safetensors.torch import load_file

import tests.odd
from paretocli.errors import InputError
from paretocli.problems.loading import load_problem
from paretocli.sweeping.resolve import resolve
from paretocli.sweeping.run import run_sweep
from paretocli.sweeping.store import RunDirectory
from tests.sweeping.test_collect import Told, never

# Whether all points compute as one stack on a CPU.
STACKED = {
    "tied": True,
    "group_norm": True,
    "batch_norm": True,
    "own_statistics": True,
    "drop": True,
    "spectral": False,
    "transformer": False,
    "lstm": False,
    "embedding": True,
    "lazy": True,
    "buffers": True,
    "frozen": True,
    "forgetful": False,
    "control_flow": False,
    "control_flow_in_training": False,
}
REFUSED = {
    "sparse_embedding": "The gradient of first.weight is sparse.*leave out sparse=True",
    "floats_for_tokens": "whole numbers became floats.*prepare=lambda x: x",
    "keeper": r"keeps some elsewhere \(see hidden.weight\); take parameters from self",
    "picky": "raised ValueError on its first batch, in training mode: not in training; mend it",
    "named_outputs": "returned kind, height where size was expected too",
    "complex_output": "returned torch.complex64 for task size where a tensor of real numbers",
}


def source(name):
    return f"{tests.odd.__file__}:{name}"


def swept(name, out, stop=never, notes=None, **options):
    fixed = {"threads": 1, "jobs": 1, "device": "cpu", "checkpoint_every": 0.0}
    found = resolve({"problem": source(name), "out": str(out), **fixed, **options})
    directory = RunDirectory(found.config.out)
    told = Told()
    how = {"checksums": found.checksums, "stop": stop, "traced": found.traced}
    records = run_sweep(found.config, found.problem, directory, told, **how)
    if notes is not None:
        notes += [note for note in told.notes if not note.startswith("point ")]
    return found, records


def table(out):
    return pd.read_csv(Path(out) / "results.csv").drop(columns="seconds")


@pytest.mark.parametrize("name", STACKED)
def test_it_trains_and_a_resumed_sweep_is_the_same(name, tmp_path):
    found, records = swept(name, tmp_path / "whole")
    assert [record["status"] for record in records] == ["done"] * len(found.config.weights)
    assert found.config.stack == (len(found.config.weights) if STACKED[name] else 1)
    assert found.config.sparsity == (name != "frozen")
    asked = iter([False, True])
    swept(name, tmp_path / "halves", stop=lambda: next(asked, True))
    assert not (tmp_path / "halves" / "points" / "0002.json").exists()
    swept(name, tmp_path / "halves")
    pd.testing.assert_frame_equal(
        table(tmp_path / "halves"), table(tmp_path / "whole"), check_exact=True
    )


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused_in_a_sentence(name, tmp_path):
    with pytest.raises(InputError, match=REFUSED[name]) as caught:
        swept(name, tmp_path / "run")
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("name", ["control_flow", "lstm"])
def test_it_is_told_that_points_are_computed_one_by_one(name):
    found = resolve({"problem": source(name)})
    (note,) = [note for note in found.notes if "by itself" in note]
    assert note.startswith("Each point is computed by itself, not all at once: vmap cannot take")
    assert not [n for n in resolve({"problem": source("tied")}).notes if "by itself" in n]
    assert not [
        n for n in resolve({"problem": source(name)}, single=True).notes if "by itself" in n
    ]


def test_control_flow_on_the_inputs_alone_needs_batches_of_its_own_to_matter(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(
        "from tests.odd import Net, problem\n"
        "class OnInputs(Net):\n"
        "    def features(self, inputs):\n"
        "        return super().features(-inputs if inputs.mean() > 0 else inputs)\n"
        "def make():\n    return problem(OnInputs)\n"
    )
    options = {"problem": f"{path}:make", "sparsity": False, "device": "cpu"}
    assert resolve(options).config.stack == 3
    assert resolve(options | {"batches": "independent"}).config.stack == 1


@pytest.mark.parametrize("name", ["drop", "lstm"])
def test_networks_in_one_population_in_turn_are_what_they_are_alone(name, tmp_path):
    """With dropout: all draw the same masks, whoever else is there."""
    options = {"sparsity": False, "epochs": 3}
    swept(name, tmp_path / "apart", stack=1, **options)
    swept(name, tmp_path / "together", stack=3, **options)
    apart, together = table(tmp_path / "apart"), table(tmp_path / "together")
    losses = [column for column in apart if column.startswith("loss_")]
    pd.testing.assert_frame_equal(apart[losses], together[losses], rtol=1e-3)


@pytest.mark.parametrize("name", ["tied", "buffers", "lazy"])
def test_a_point_is_what_the_network_itself_loads(name, tmp_path):
    found, records = swept(name, tmp_path / "run", points=3)
    network = found.problem.networks["net"]()
    if name == "lazy":
        network(found.problem.train.inputs[:4])
    tensors = load_file(tmp_path / "run" / records[0]["weights_file"])
    network.load_state_dict(tensors)
    network.eval()
    with torch.no_grad():
        kind, _ = network(found.problem.test.inputs)
    loss = found.problem.tasks[0].loss(kind, found.problem.test.targets[0])
    expected = table(tmp_path / "run")["loss_kind_test"][0]
    assert loss.item() == pytest.approx(expected, rel=1e-5)
    if name == "tied":
        assert torch.equal(tensors["body.weight"], tensors["hidden.weight"])
    # And so does a sweep that starts from it.
    frozen = tmp_path / "run" / records[0]["weights_file"]
    more, _ = swept(name, tmp_path / "more", freeze_sparsity=frozen, points=3)
    assert more.config.frozen_point


def test_a_lazy_network_starts_from_its_seed():
    from paretocli.networks.building import build_network

    made = load_problem(source("lazy"), Path())
    first, again, other = (build_network("net", made, seed).state_dict() for seed in (1, 1, 2))
    for name, tensor in first.items():
        assert torch.equal(tensor, again[name])
    assert not torch.equal(first["first.weight"], other["first.weight"])
    assert first["first.weight"].shape == (8, 6)
