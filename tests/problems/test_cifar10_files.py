"""Which form of CIFAR-10 is found, and what is said of one that is not whole."""

import os
import shutil
import zipfile

import pytest

from paretocli.problems.cifar10_files import (
    BATCHES,
    archive,
    batches,
    damage,
    find,
    fingerprint,
    images,
    is_there,
)


def write_batches(data_dir):
    """Empty files of the right sizes: holes, which take no room."""
    batches(data_dir).mkdir(parents=True)
    for name, size in BATCHES.items():
        with (batches(data_dir) / name).open("wb") as file:
            file.truncate(size)


def test_nothing_there(tmp_path):
    assert find(tmp_path / "nowhere") is None
    assert not is_there(tmp_path / "nowhere")
    assert damage(tmp_path / "nowhere") is None


def test_class_folders_and_their_zip(class_folders, in_form):
    root = in_form(class_folders)
    assert find(class_folders) == root
    assert is_there(class_folders)
    found = images(root)
    assert list(found) == ["train", "test"]
    # By class, although "cat-fish/" comes before "cat/".
    assert list(found["train"]) == list(found["test"])
    assert list(found["train"])[2:4] == ["cat", "cat-fish"]
    assert found["train"]["cat"] == [f"train/cat/000{i}.png" for i in range(3)]
    assert found["test"]["ibis"] == ["test/ibis/0000.png"]


def test_torchvisions_files_come_first(class_folders):
    write_batches(class_folders)
    assert find(class_folders) == batches(class_folders)
    assert is_there(class_folders)
    # But not if they are only there in part.
    (batches(class_folders) / "test_batch").unlink()
    assert find(class_folders) == class_folders / "cifar10"
    shutil.rmtree(class_folders / "cifar10")
    assert find(class_folders) is None


def test_class_folders_come_before_the_zip(class_folders):
    archive(class_folders).write_bytes(b"")
    assert find(class_folders) == class_folders / "cifar10"
    assert is_there(class_folders)


@pytest.mark.parametrize("name", BATCHES)
@pytest.mark.parametrize("difference", [-1, 1])
def test_one_of_torchvisions_files_cut_or_too_long(tmp_path, name, difference):
    write_batches(tmp_path)
    path = batches(tmp_path) / name
    with path.open("r+b") as file:
        file.truncate(BATCHES[name] + difference)
    assert not is_there(tmp_path)
    expected = f"{path} has {BATCHES[name] + difference} bytes where {BATCHES[name]} were expected"
    assert expected in damage(tmp_path)


def remove_test_class(folder):
    shutil.rmtree(folder / "test" / "fox")


def remove_train_classes(folder):
    shutil.rmtree(folder / "train" / "fox")
    shutil.rmtree(folder / "train" / "bee")


def remove_class(folder):
    remove_test_class(folder)
    shutil.rmtree(folder / "train" / "fox")


def remove_train(folder):
    shutil.rmtree(folder / "train")


def add_class(folder):
    for split in ("train", "test"):
        shutil.copytree(folder / split / "fox", folder / split / "yak")


def empty_class(folder):
    (folder / "test" / "hen" / "0000.png").rename(folder / "test" / "hen" / "0000.txt")


def remove_image(folder):
    (folder / "train" / "cat" / "0001.png").unlink()


def add_image(folder):
    shutil.copy(folder / "test" / "cat" / "0000.png", folder / "test" / "cat" / "0000.JPEG")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (remove_test_class, "lacks test/fox, where train and test should hold the same"),
        (remove_train_classes, "lacks train/bee, train/fox, where test and train should hold the"),
        (remove_train, "lacks train/ant, train/bee, "),
        (remove_class, "has 9 class folders in train and in test where 10 were expected"),
        (add_class, "has 11 class folders in train and in test where 10 were expected"),
        (empty_class, "has no images (.jpg, .jpeg, .png) in test/hen"),
        (remove_image, "has 29 images in train where 30 were expected"),
        (add_image, "has 11 images in test where 10 were expected"),
    ],
)
def test_what_is_not_whole(class_folders, in_form, change, said):
    change(class_folders / "cifar10")
    root = in_form(class_folders)
    assert not is_there(class_folders)
    found = damage(class_folders)
    assert found.startswith(f"{root} {said}")
    assert found.endswith("; it is incomplete or changed: get CIFAR-10 again.")
    assert "\n" not in found


@pytest.mark.parametrize("in_form", ["zip"], indirect=True)
@pytest.mark.parametrize("kept", [slice(0), slice(1, 500), slice(-99), slice(-99, None)])
def test_a_damaged_zip(class_folders, in_form, kept):
    path = in_form(class_folders)
    path.write_bytes(path.read_bytes()[kept])
    assert find(class_folders) == path
    assert not is_there(class_folders)
    assert damage(class_folders).startswith(f"{path} cannot be read (")
    assert damage(class_folders).endswith("it is cut or damaged; delete it and get it again.")


def test_a_zip_of_something_else(tmp_path):
    archive(tmp_path).parent.mkdir()
    with zipfile.ZipFile(archive(tmp_path), "w") as zipped:
        zipped.writestr("cifar10/train/cat/0001.jpg", b"")
    assert "has 0 class folders in train and in test where 10 were expected" in damage(tmp_path)


def test_what_computers_leave_behind_is_overlooked(class_folders, in_form):
    folder = class_folders / "cifar10"
    expected = images(folder)
    (folder / "notes.txt").touch()
    (folder / "train" / "notes.txt").touch()
    (folder / "train" / "cat" / "Thumbs.db").touch()
    (folder / "train" / "cat" / "._0000.png").touch()
    (folder / "train" / ".cache" / "x").mkdir(parents=True)
    (folder / "train" / "cat" / "more").mkdir()
    (folder / "train" / "cat" / "more" / "0000.png").touch()
    assert images(in_form(class_folders)) == expected
    assert is_there(class_folders)


def test_a_fingerprint_changes_with_a_file(class_folders, in_form):
    root = in_form(class_folders)
    before = fingerprint(class_folders)
    assert fingerprint(class_folders) == before
    os.utime(root if root.is_file() else root / "test" / "hen" / "0000.png", ns=(1, 1))
    after = fingerprint(class_folders)
    assert after != before
    write_batches(class_folders)
    assert fingerprint(class_folders) not in (before, after)


def test_the_real_files(cifar10_dir):
    root = find(cifar10_dir)
    assert damage(cifar10_dir) is None
    if root == batches(cifar10_dir):
        pytest.skip("torchvision's files hold no names of images")
    found = images(root)
    for split, count in (("train", 5000), ("test", 1000)):
        assert list(found[split]) == [
            *("airplane", "automobile", "bird", "cat", "deer"),
            *("dog", "frog", "horse", "ship", "truck"),
        ]
        assert all(len(names) == count for names in found[split].values())
