"""What is said of scenes whose files are not what they should be."""

import pickle
import shutil

import numpy as np
import pytest

from paretocli.errors import InputError
from paretocli.problems.scene_files import find, is_there, read
from tests.scenes import SIZE, write_scenes


@pytest.fixture
def root(tmp_path):
    return write_scenes(tmp_path / "scenes", train=3, val=2)


def test_whole_scenes(root):
    assert is_there(root)
    train, val = find(root)
    assert (train.numbers, val.numbers) == (("0", "1", "2"), ("0", "1"))
    assert train.size == val.size == SIZE
    assert train.file("depth", "2") == root / "train" / "depth" / "2.npy"


def test_scenes_are_in_the_order_of_their_numbers(tmp_path):
    train, _ = find(write_scenes(tmp_path, train=12))
    assert train.numbers == tuple(map(str, range(12)))


def test_other_precisions_and_hidden_files(root):
    for kind, dtype in (("label", "i1"), ("image", "f2"), ("depth", ">f4"), ("normal", "f8")):
        path = root / "train" / kind / "0.npy"
        np.save(path, np.load(path).astype(dtype))
        (path.parent / "._0.npy").write_bytes(b"left by a file manager")
        (path.parent / "notes.txt").write_text("not ours")
    assert find(root)[0].numbers == ("0", "1", "2")


@pytest.mark.parametrize("missing", ["train", "val/normal"])
def test_missing_folders(root, missing):
    shutil.rmtree(root / missing)
    assert not is_there(root)
    place = "train/image" if missing == "train" else "val/normal"
    with pytest.raises(InputError, match=rf"{place} is missing or holds no \.npy files"):
        find(root)


def test_unequal_counts_and_numbers(root):
    (root / "val" / "label" / "1.npy").unlink()
    with pytest.raises(InputError, match=r"val/label/1\.npy is missing, though scene 1 .*\(1 "):
        find(root)
    (root / "val" / "image" / "1.npy").rename(root / "val" / "image" / "7.npy")
    with pytest.raises(InputError, match=r"val/image/1\.npy is missing"):
        find(root)
    (root / "train" / "image" / "1.npy").rename(root / "train" / "image" / "one.npy")
    with pytest.raises(InputError, match=r"train/image/one\.npy should have a number"):
        find(root)


@pytest.mark.parametrize(
    ("kind", "array", "message"),
    [
        ("image", np.zeros((*SIZE, 3), np.uint8), "uint8 where floating-point numbers were"),
        ("label", np.zeros(SIZE, bool), "bool where numbers were expected"),
        ("depth", np.zeros((*SIZE, 1), complex), "complex128 where"),
        ("image", np.zeros((3, *SIZE)), r"shape \(3, 16, 20\) where H × W × 3 was expected"),
        ("image", np.zeros((*SIZE, 4)), r"shape \(16, 20, 4\) where H × W × 3"),
        ("depth", np.zeros(SIZE), r"shape \(16, 20\) where H × W × 1"),
        ("label", np.zeros((*SIZE, 1)), r"shape \(16, 20, 1\) where H × W was"),
        ("normal", np.zeros(()), r"shape \(\) where H × W × 3"),
        ("normal", np.zeros((16, 21, 3)), r"has 16 × 21 pixels where 16 × 20 were expected"),
    ],
)
def test_wrong_types_and_shapes(root, kind, array, message):
    path = root / "train" / kind / "1.npy"
    np.save(path, array)
    with pytest.raises(InputError, match=message) as caught:
        find(root)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_parts_of_different_sizes(root, tmp_path):
    write_scenes(tmp_path / "other", size=(16, 16))
    shutil.rmtree(root / "val")
    shutil.move(tmp_path / "other" / "val", root)
    with pytest.raises(InputError, match=r"train have 16 × 20 pixels and those in .*val 16 × 16;"):
        find(root)


class Trap:
    """Says so when it is unpickled."""

    def __reduce__(self):
        return (pytest.fail, ("a pickle was run",))


def _archive(path):
    with path.open("wb") as file:
        np.savez(file, np.zeros(3))


SPOILED = {
    "empty": lambda path: path.write_bytes(b""),
    "cut": lambda path: path.write_bytes(path.read_bytes()[:-1]),
    "cut in its header": lambda path: path.write_bytes(path.read_bytes()[:40]),
    "text": lambda path: path.write_text("0.5 0.25"),
    "pickle": lambda path: path.write_bytes(pickle.dumps(Trap())),
    "objects": lambda path: np.save(path, np.array([Trap()], dtype=object)),
    "archive": _archive,
    "folder": lambda path: (path.unlink(), path.mkdir()),
}


@pytest.mark.parametrize("spoil", SPOILED.values(), ids=SPOILED)
def test_files_that_are_no_arrays(root, spoil):
    path = root / "val" / "depth" / "0.npy"
    spoil(path)
    with pytest.raises(InputError, match=r"cannot be read as an array in numpy's \.npy") as caught:
        find(root)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


def test_arrays_are_mapped_not_read(root):
    assert isinstance(read(root / "train" / "image" / "0.npy"), np.memmap)
