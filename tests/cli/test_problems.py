import json

from paretocli.problems.catalogue import BUILT_IN
from tests.program import paretocli


def test_lists_every_built_in_problem(tmp_path):
    done = paretocli("problems", "--json", "--data-dir", tmp_path, cwd=tmp_path)
    rows = {row["name"]: row for row in json.loads(done.stdout)}
    assert set(BUILT_IN) <= set(rows)
    assert rows["multidigits"]["tasks"] == ["left", "right"]
    assert rows["multimnist"]["samples"] == [50_000, 10_000, 10_000]
    assert rows["multimnist"]["data"] == "MNIST to be downloaded"
    assert rows["cifar10mnist"]["data"] == "MNIST and CIFAR-10 to be downloaded"
    assert rows["vlmop2"]["data"] == "built in"


def test_sees_data_that_is_there(tmp_path, mnist_dir):
    done = paretocli("problems", "--data-dir", mnist_dir, cwd=tmp_path)
    row = next(line for line in done.stdout.splitlines() if line.startswith("multimnist"))
    assert " there " in row


def test_sees_which_of_two_data_sets_is_missing(tmp_path, mnist_dir):
    (tmp_path / "MNIST").symlink_to(mnist_dir / "MNIST")
    done = paretocli("problems", "--json", "--data-dir", tmp_path, cwd=tmp_path)
    rows = {row["name"]: row for row in json.loads(done.stdout)}
    assert rows["multimnist"]["data"] == "there"
    assert rows["cifar10mnist"]["data"] == "CIFAR-10 to be downloaded"
