"""The problems `nyuv2` and `scenes`: data that is read as it is needed."""

from pathlib import Path

import numpy as np
import pytest
import torch

from paretocli.core.problem import Samples
from paretocli.errors import InputError
from paretocli.population.population import Population
from paretocli.problems import scenes
from paretocli.problems.catalogue import BUILT_IN, DATA_SETS
from paretocli.problems.nyuv2 import make, make_scenes
from paretocli.training.evaluation import evaluate
from tests.scenes import SIZE, TRAIN, VAL, random_scene, write_scenes


@pytest.fixture
def data_dir(tmp_path):
    write_scenes(tmp_path / "scenes")
    return tmp_path


def in_memory(data):
    return data.rows(slice(None))


def test_the_list_is_what_the_problems_are(tmp_path):
    write_scenes(tmp_path / "nyuv2", size=(32, 32))
    write_scenes(tmp_path / "scenes")
    for name, factory in (("nyuv2", make), ("scenes", make_scenes)):
        problem = factory(tmp_path)
        assert problem.name == name
        assert problem.objectives == BUILT_IN[name].tasks
        assert all(DATA_SETS[needed](tmp_path) for needed in BUILT_IN[name].data)


def test_val_is_the_test_split_and_a_fifth_of_train_is_held_out(data_dir):
    problem = make_scenes(data_dir)
    assert [len(split) for split in problem.splits().values()] == [6, 1, 3]
    assert sorted(problem.train.numbers + problem.val.numbers) == list(map(str, range(TRAIN)))
    assert problem.test.numbers == tuple(map(str, range(VAL)))
    assert problem.test.part.folder == data_dir / "scenes" / "val"
    assert problem.val.part.folder == data_dir / "scenes" / "train"
    assert make_scenes(data_dir).val.numbers == problem.val.numbers


def test_a_worker_may_run_elsewhere_but_needs_the_files(data_dir, tmp_path_factory, monkeypatch):
    monkeypatch.chdir(data_dir)
    test = make_scenes(Path()).test
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    assert len(in_memory(test).inputs) == VAL
    lost = data_dir / "scenes" / "val" / "image" / "0.npy"
    lost.unlink()
    with pytest.raises(InputError, match=f"no file {lost} on this machine.*on every machine"):
        in_memory(test)


def test_rows_are_the_files(data_dir):
    test = make_scenes(data_dir).test
    batch = test.rows(slice(1, 3))
    assert isinstance(batch, Samples)
    for row, number in enumerate((1, 2)):
        arrays = random_scene([True, number])
        label, depth, normal = (target[row].numpy() for target in batch.targets)
        np.testing.assert_array_equal(batch.inputs[row], arrays["image"].transpose(2, 0, 1))
        np.testing.assert_array_equal(label, arrays["label"])
        np.testing.assert_array_equal(depth, arrays["depth"].transpose(2, 0, 1).astype("f4"))
        np.testing.assert_array_equal(normal, arrays["normal"].transpose(2, 0, 1).astype("f4"))
    assert batch.targets[0].dtype == torch.int64
    assert {t.dtype for t in (batch.inputs, *batch.targets[1:])} == {torch.float32}


def test_rows_by_numbers(data_dir):
    train = make_scenes(data_dir).train
    whole, some = in_memory(train), train.rows(torch.tensor([4, 0, 4]))
    for all_rows, rows in zip(
        (whole.inputs, *whole.targets), (some.inputs, *some.targets), strict=True
    ):
        torch.testing.assert_close(rows, all_rows[[4, 0, 4]])
    assert len(train.rows(slice(5, 50))) == 1
    assert train.rows(slice(0, 0)).inputs.shape == (0, 3, *SIZE)


def test_batches_go_to_the_device_and_nothing_is_read_before(data_dir, monkeypatch):
    problem = make_scenes(data_dir)
    monkeypatch.setattr(scenes, "read", lambda path: pytest.fail(f"{path} was read"))
    moved = problem.train.to(torch.device("meta"))
    assert (len(moved), moved.numbers) == (len(problem.train), problem.train.numbers)
    monkeypatch.undo()
    batch = moved.rows(slice(2))
    assert {t.device.type for t in (batch.inputs, *batch.targets)} == {"meta"}


@pytest.mark.parametrize("stacked", [True, False])
def test_read_in_batches_it_is_what_it_is_in_memory(data_dir, stacked):
    problem = make_scenes(data_dir)
    network = problem.networks["hps"]()
    population = Population(network, problem.tasks, 2, device=torch.device("cpu"), stacked=stacked)
    population.train(False)
    found = evaluate(population, problem.train, problem.prepare, 4)
    expected = evaluate(population, in_memory(problem.train), problem.prepare, 4)
    assert all(torch.equal(a, b) for a, b in zip(found, expected, strict=True))
    assert found[1].isfinite().all()


def spoil(data_dir, kind, value):
    path = data_dir / "scenes" / "train" / kind / "3.npy"
    array = np.load(path)
    array[5, 6] = value
    np.save(path, array)
    return path


def test_checksums_see_every_change(data_dir):
    before = make_scenes(data_dir).checksums()
    assert make_scenes(data_dir).checksums() == before
    assert len(set(before.values())) == 3
    spoil(data_dir, "depth", 4.5)
    after = make_scenes(data_dir).checksums()
    assert [after[name] != before[name] for name in before].count(True) == 1
    assert after["test"] == before["test"]


@pytest.mark.parametrize(
    ("kind", "value", "message"),
    [
        ("image", np.nan, r"not finite where finite ones were expected \(colours from 0"),
        ("depth", np.inf, r"not finite .*\(metres"),
        ("normal", -np.inf, r"not finite .*\(unit vectors"),
        (
            "label",
            13,
            r"labels from -1 to 13 where whole numbers were expected \(classes from 0 to 12, -1",
        ),
        ("label", -2, "labels from -2 to 12"),
    ],
)
def test_the_checksum_refuses_values_that_mean_nothing(data_dir, kind, value, message):
    path = spoil(data_dir, kind, value)
    problem = make_scenes(data_dir)
    with pytest.raises(InputError, match=message) as caught:
        problem.checksums()
    assert str(caught.value).startswith(str(path))


def test_labels_may_be_written_as_floats_but_are_whole(data_dir):
    path = data_dir / "scenes" / "train" / "label" / "3.npy"
    labels = np.load(path).astype(np.float32)
    np.save(path, labels)
    make_scenes(data_dir).checksums()
    labels[0, 0] = 2.5
    np.save(path, labels)
    with pytest.raises(InputError, match=r"labels from -1\.0 to 12\.0 where whole numbers"):
        make_scenes(data_dir).checksums()


def test_missing_data(tmp_path):
    with pytest.raises(InputError, match=rf"no folder {tmp_path}/nyuv2; NYUv2 is not downloaded"):
        make(tmp_path)
    with pytest.raises(InputError, match=r"scenes; write some there with examples/make_scenes\.py"):
        make_scenes(tmp_path)


def test_too_few_and_too_small(tmp_path):
    write_scenes(tmp_path / "one" / "scenes", train=1)
    with pytest.raises(InputError, match="holds a single scene"):
        make_scenes(tmp_path / "one")
    write_scenes(tmp_path / "small" / "scenes", size=(7, 20))
    with pytest.raises(InputError, match=r"7 × 20 pixels, .* at least 8 × 8"):
        make_scenes(tmp_path / "small")
