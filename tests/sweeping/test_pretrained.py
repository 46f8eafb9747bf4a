"""Weights that all points start from: files, and sweeps that start with them."""

import dataclasses
import pickle
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

import paretocli
from paretocli.errors import InputError
from paretocli.sweeping.pretrained import FILE, checksum_of, started
from tests.toys import Wide, vectors

SHORT = {"points": 3, "epochs": 1, "retrain_epochs": 1, "threads": 1, "jobs": 1, "progress": False}


def weights(seed=5):
    """What an earlier training may have left of the network of `vectors`."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return Wide().state_dict()


def saved(path, content=None):
    torch.save(weights() if content is None else content, path)
    return path


def refused(path, **how):
    with pytest.raises(InputError) as caught:
        started(Wide(), path, **how)
    return str(caught.value)


# Files


@pytest.mark.parametrize(
    "write",
    {
        "as it is": lambda path: torch.save(weights(), path),
        "of an older torch": lambda path: torch.save(
            weights(), path, _use_new_zipfile_serialization=False
        ),
        "parameters": lambda path: torch.save(
            {name: nn.Parameter(t, t.is_floating_point()) for name, t in weights().items()}, path
        ),
        "in a checkpoint": lambda path: torch.save(
            {"epoch": 3, "model": weights(), "optimizer": {"state": {}, "param_groups": [1]}}, path
        ),
        "of a data-parallel network": lambda path: torch.save(
            {f"module.{name}": t for name, t in weights().items()}, path
        ),
        "with what a module adds": lambda path: torch.save(
            {**weights(), "body._extra_state": {"scale": 3}}, path
        ),
        "safetensors": lambda path: save_file(weights(), path),
    }.values(),
)
def test_a_file_of_any_kind_gives_the_same_start(tmp_path, write):
    write(tmp_path / "weights")
    network = Wide()
    found = started(network, tmp_path / "weights")
    assert found.fit.whole
    assert all(torch.equal(t, weights()[name]) for name, t in network.state_dict().items())
    assert checksum_of(found.tensors) == checksum_of(weights())


def test_a_checksum_covers_names_shapes_types_and_numbers():
    plain = {"a": torch.tensor([1.0, 2.0]), "b": torch.tensor(3, dtype=torch.int64)}
    others = [
        {**plain, "a": torch.tensor([1.0, 2.5])},
        {**plain, "a": torch.tensor([[1.0, 2.0]])},
        {**plain, "a": torch.tensor([1.0, 2.0], dtype=torch.float64)},
        {"c": plain["a"], "b": plain["b"]},
        {"a": plain["a"]},
    ]
    assert checksum_of(dict(reversed(plain.items()))) == checksum_of(plain)
    assert len({checksum_of(one) for one in (plain, *others)}) == 6


class Trap:
    """What a file could do that is read without care."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (Path.touch, (self.path,))


def test_a_file_runs_nothing(tmp_path):
    (tmp_path / "evil.pt").write_bytes(pickle.dumps({"a": Trap(tmp_path / "done")}))
    torch.save({"a": Trap(tmp_path / "done")}, tmp_path / "evil2.pt")
    for name in ("evil.pt", "evil2.pt"):
        assert "cannot be read as tensors by name" in refused(tmp_path / name)
    assert not (tmp_path / "done").exists()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({}, "it holds none"),
        (torch.zeros(3), "it holds none"),
        ({"epoch": 3}, "it holds none"),
        ({3: torch.zeros(2)}, "it holds none"),
        ({"model": weights(), "ema": weights()}, "it holds several: model, ema"),
    ],
)
def test_a_file_without_one_set_of_tensors(tmp_path, content, words):
    text = refused(saved(tmp_path / "w.pt", content))
    assert f"{tmp_path / 'w.pt'} should hold tensors by name" in text
    assert words in text
    assert "state_dict() with torch.save" in text


def test_what_cannot_be_read(tmp_path):
    assert "There is no point" in refused(tmp_path / "nowhere.pt")
    whole = saved(tmp_path / "w.pt").read_bytes()
    for content in (b"", b"text", whole[: len(whole) // 2], b"\x08" + bytes(7) + b"{"):
        (tmp_path / "broken.pt").write_bytes(content)
        assert "broken.pt cannot be read as tensors by name" in refused(tmp_path / "broken.pt")
    torch.save(Wide(), tmp_path / "module.pt")
    assert "cannot be read as tensors by name" in refused(tmp_path / "module.pt")


def test_weights_that_do_not_fit(tmp_path):
    file = tmp_path / "w.pt"
    some = {n: t for n, t in weights().items() if n.startswith("body")} | {"fc": torch.ones(2)}
    text = refused(saved(file, some))
    assert text.startswith(f"The weights in {file} do not fit the network (missing: heads.0.weight")
    assert "unexpected: fc)" in text
    assert text.endswith("or take over what fits with --start-partly.")
    text = refused(saved(file, {"fc": torch.ones(2)}), partly=True)
    assert "do not fit the network" in text
    assert "--start-partly" not in text  # which it would not help
    text = refused(saved(file), module="body")
    assert "do not fit the module body" in text
    bad = weights() | {"heads.0.bias": torch.tensor([0.0, float("nan"), 1.0])}
    assert "not finite (in heads.0.bias)" in refused(saved(file, bad))


def test_what_fits_in_part_and_what_a_module_gets(tmp_path):
    file = saved(tmp_path / "w.pt", {**weights(), "heads.1.weight": torch.ones(9, 3)})
    network, new = Wide(), Wide().state_dict()
    new = {name: t.clone() for name, t in network.state_dict().items()}
    found = started(network, file, partly=True)
    state = network.state_dict()
    assert torch.equal(state["heads.1.weight"], new["heads.1.weight"])
    assert torch.equal(state["heads.1.bias"], weights()["heads.1.bias"])
    assert "of another shape or type: heads.1.weight (9, 3), here (3, 3)" in found.text
    body = {n.removeprefix("body."): t for n, t in weights().items() if n.startswith("body.")}
    found = started(network, saved(tmp_path / "body.pt", body), "body")
    assert found.text.startswith(f"{tmp_path / 'body.pt'} into body: 443 of the network's 467 para")


# Sweeps


def swept(out, problem=None, **options):
    asked = {**SHORT, "scale": "none", **options}
    if "weights" in options:
        del asked["points"]
    return paretocli.sweep(problem or vectors(), out=out, **asked)


def points_of(run):
    return {f.name: f.read_bytes() for f in sorted((run.path / "points").glob("*.safetensors"))}


def loaded():
    network = Wide()
    network.load_state_dict(weights())
    return network


@pytest.mark.parametrize(
    "options",
    [
        {"warm": "path", "lr_of": ["heads.1.*=0"]},
        {"sparsity": False, "transfer": "split", "epochs": 2, "ideal": [0, 0], "train_samples": 16},
    ],
    ids=["path", "split"],
)
def test_points_are_those_of_a_network_that_brings_the_weights_itself(tmp_path, options):
    own = dataclasses.replace(vectors(), networks={"wide": loaded})
    run = swept(tmp_path / "file", start_from=saved(tmp_path / "w.pt"), **options)
    expected = points_of(swept(tmp_path / "own", own, **options))
    assert len(expected) == 3
    assert points_of(run) == expected


def test_the_scale_is_that_of_a_new_network(tmp_path):
    how = {"scale": "initial", "weights": [[0.2, 0.4, 0.4]]}
    new = swept(tmp_path / "new", **how)
    begun = swept(tmp_path / "begun", **how, start_from=saved(tmp_path / "w.pt"))
    kept = [(run.path / "normalisation.json").read_text() for run in (new, begun)]
    assert kept[0] == kept[1]
    assert points_of(new) != points_of(begun)


def test_a_sweep_goes_on_with_the_same_weights_alone(tmp_path):
    file = saved(tmp_path / "w.pt")
    run = swept(tmp_path / "run", start_from=file)
    before, record = points_of(run), run.path / "points" / "0001.json"
    save_file(weights(), tmp_path / "same.safetensors")
    record.unlink()
    (run.path / FILE).write_bytes(b"damaged")
    run = swept(tmp_path / "run", start_from=tmp_path / "same.safetensors")
    assert points_of(run) == before
    saved(file, weights(seed=6))
    with pytest.raises(InputError, match="it was begun with --start-from of other content; name"):
        swept(tmp_path / "run", start_from=file)
    with pytest.raises(InputError, match="it was begun with --start-from, and none is given now"):
        swept(tmp_path / "run")
    assert points_of(run) == before


def test_further_points_need_the_file_no_more(tmp_path):
    file = saved(tmp_path / "w.pt")
    wanted = [0.3, 0.3, 0.4]
    run = swept(tmp_path / "run", start_from=file, weights=[[0.2, 0.4, 0.4]])
    both = swept(tmp_path / "both", start_from=file, weights=[[0.2, 0.4, 0.4], wanted], stack=1)
    file.unlink()
    moved = shutil.move(run.path, tmp_path / "moved")
    run = paretocli.load_run(moved, vectors())
    run.refine(weights=[wanted], warm="none", progress=False)
    assert points_of(run) == points_of(both)
    (run.path / FILE).unlink()
    with pytest.raises(InputError, match=rf"{FILE}, which the points of this sweep start from, is"):
        run.refine(weights=[[0.4, 0.3, 0.3]], warm="none", progress=False)


def test_points_of_a_sweep_are_a_start(tmp_path):
    first = swept(tmp_path / "first")
    for named in (f"{first.path}:2", first.path / "points" / "0002.safetensors"):
        network = Wide()
        started(network, Path(named))
        own = first.network(2).state_dict()
        assert all(torch.equal(t, own[name]) for name, t in network.state_dict().items())
    file = first.path / "points" / "0002.safetensors"
    file.write_bytes(file.read_bytes()[:-4] + bytes(4))
    assert "was damaged or changed" in refused(file)
    assert "holds 3 finished points" in refused(first.path)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"init": "lsuv"}, "--init lsuv gives all layers weights, and so does --start-from"),
        ({"freeze_sparsity": "first:0"}, "--freeze-sparsity names a point that all start from"),
    ],
)
def test_two_starts_are_refused(tmp_path, monkeypatch, options, words):
    monkeypatch.chdir(tmp_path)
    file = saved(Path("w.pt"))
    if "freeze_sparsity" in options:
        swept(Path("first"), weights=[[0.2, 0.4, 0.4]])
    with pytest.raises(InputError, match=words):
        swept(Path("run"), start_from=file, **options)
    assert not Path("run").exists()


def test_check_starts_from_them_too(tmp_path, no_export_trial):
    file = saved(tmp_path / "w.pt")
    network = loaded().eval()
    problem = vectors()
    found = paretocli.check(problem, start_from=file)
    assert found.start.fit.whole
    with torch.no_grad():
        outputs = network(problem.train.inputs)
    for task, output, target in zip(found.tasks, outputs, problem.train.targets, strict=True):
        assert task.loss == pytest.approx(float(nn.functional.cross_entropy(output, target)))
