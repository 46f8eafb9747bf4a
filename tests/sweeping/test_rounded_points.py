"""Sweeps whose networks come out in multiples of a number of channels."""

import json
import shutil

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

import paretocli
from paretocli.compaction.shipping import compact_network
from paretocli.core.as_used import raw_inputs
from paretocli.core.problem import Problem, Samples, Task
from paretocli.errors import InputError
from paretocli.planning.kept import kept_epochs
from paretocli.sweeping.resolve import resolve
from paretocli.sweeping.sizes import TracedNetwork
from paretocli.sweeping.sweep_network import fresh_network
from tests.sweeping.test_rounds import SPARSE, Stops, contents, run

OPTIONS = {**SPARSE, "weights": SPARSE["weights"][1:3], "round_to": 8, "keep": "front"}
OPTIONS |= {"lr": 0.02, "train_samples": 256, "retrain_epochs": 3, "warm_epochs": 3}


def go_on(path, stop=None):
    config = resolve({**OPTIONS, "out": str(path / "run")}).config
    return run(OPTIONS, path, stop, further=kept_epochs(config, lambda text: None))


@pytest.fixture(scope="module")
def rounded(tmp_path_factory):
    path = tmp_path_factory.mktemp("rounded")
    return path, go_on(path)


def test_each_point_is_exported_in_multiples(rounded):
    path, records = rounded
    found = resolve({**OPTIONS, "out": str(path / "run")})
    network = fresh_network(found.config.network, "default", found.problem, 0)
    traced, inputs = TracedNetwork(network, found.problem), None
    widths = []
    for record in records:
        state = load_file(path / "run" / "points" / f"{record['point']:04d}.safetensors")
        network.load_state_dict(state)
        small = compact_network(traced.tracing)
        shapes = {n: tuple(p.shape) for n, p in small.named_parameters() if p.dim() > 1}
        first, second = (shapes[f"shared_{k}_weight"] for k in (1, 3))
        assert first[0] == second[1]
        assert second[0] == 50  # the heads read them, and do not count
        widths.append(first[0])
        inputs = inputs or tuple(raw_inputs(found.problem, 5).values())
        for output, expected in zip(small(*inputs), traced.tracing.network(*inputs), strict=True):
            torch.testing.assert_close(output, expected, rtol=1e-4, atol=1e-5)
    assert all(width % 8 == 0 for width in widths)
    assert len({*widths}) > 1
    for file in (path / "run" / "kept").iterdir():
        assert int((load_file(file)["pattern.shared.3.weight"] >= 0).sum()) % 8 == 0
    # Where its search ended, and the next one starts, nothing is rounded.
    ends = [load_file(path / "run" / "searches" / f"{point:04d}.safetensors") for point in range(2)]
    kept = [int(end["network.shared.3.weight"].any(dim=0).sum()) for end in ends]
    assert any(count % 8 for count in kept)


def test_stopped_while_retraining_and_gone_on_with_it_is_the_same(rounded, tmp_path):
    go_on(tmp_path, Stops(5))
    go_on(tmp_path)
    assert contents(tmp_path) == contents(rounded[0])


def test_what_it_does_not_say_is_as_before(rounded, tmp_path):
    """A directory from before the option is one of widths as they come."""
    shutil.copytree(rounded[0] / "run", tmp_path / "run")
    file = tmp_path / "run" / "sweep.json"
    content = json.loads(file.read_text())
    del content["config"]["round_to"]
    file.write_text(json.dumps(content))
    with pytest.raises(InputError, match="its round-to is 1, asked for is 8"):
        run(OPTIONS, tmp_path)
    with pytest.raises(InputError, match="--round-to should be at least 1, found 0"):
        resolve({**OPTIONS, "round_to": 0})


def notes(**options):
    return [note for note in resolve({**OPTIONS, **options}).notes if "--round-to" in note]


def test_what_is_too_narrow_and_what_has_no_effect_is_said():
    assert notes() == []
    assert notes(round_to=256) == [
        "Fewer channels than --round-to 256 stay as they come out: the 128 of shared.1."
    ]
    assert notes(retrain_epochs=0) == ["No effect without retraining: --round-to."]
    idle = {"sparsity": False, "weights": ["1,1"], "share_similarity": 0.8}
    assert "--round-to" in notes(**idle)[0]


class Odd(nn.Module):
    """No graph is made of it, for it asks its numbers what to do."""

    def __init__(self):
        super().__init__()
        self.first, self.second, self.head = nn.Linear(3, 9), nn.Linear(9, 9), nn.Linear(9, 1)

    def forward(self, inputs):
        features = torch.relu(self.first(inputs))
        if features.sum() > 1e9:
            features = features * 2
        return [self.head(self.second(features))[:, 0]] * 2


def test_a_network_without_a_graph_is_refused(tmp_path):
    inputs = torch.randn(12, 3, generator=torch.Generator().manual_seed(0))
    samples = Samples(inputs, (inputs[:, 0], inputs[:, 1]))
    tasks = [Task(name, nn.functional.mse_loss) for name in "ab"]
    splits = dict.fromkeys(("train", "val", "test"), samples)
    problem = Problem(name="odd", tasks=tasks, networks={"odd": Odd}, **splits)
    with pytest.raises(InputError, match="--round-to 8 needs the graph of the network") as caught:
        paretocli.sweep(problem, round_to=8, out=tmp_path / "no", progress=False)
    assert str(caught.value).endswith("leave it out.")
    assert not (tmp_path / "no").exists()
