"""CIFAR-10 from each of its forms, and what is said of images that are not what they should be."""

import io

import numpy as np
import pytest
import torch
from PIL import Image

from paretocli.errors import InputError
from paretocli.problems import cifar10, cifar10_files


def files_below(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file())


def pixels_below(folder):
    """What Pillow makes of the images, in the order of classes and names."""
    classes = sorted(path.name for path in folder.iterdir())
    paths = [path for name in classes for path in sorted((folder / name).iterdir())]
    pixels = [np.asarray(Image.open(path).convert("RGB")) for path in paths]
    labels = [classes.index(path.parent.name) for path in paths]
    return np.stack(pixels).transpose(0, 3, 1, 2), labels


def test_images_in_class_folders(class_folders, in_form):
    expected = {s: pixels_below(class_folders / "cifar10" / s) for s in ("train", "test")}
    in_form(class_folders)
    before = files_below(class_folders)
    found = cifar10.load(class_folders)
    assert list(found) == ["train", "test"]
    for split, (pixels, labels) in expected.items():
        assert found[split].images.dtype == torch.uint8
        np.testing.assert_array_equal(found[split].images, pixels)
        assert found[split].labels.tolist() == labels
        assert found[split].labels.dtype == torch.int64
    # A zip is read where it lies.
    assert files_below(class_folders) == before


def test_jpeg_and_grey_images(class_folders, in_form):
    folder = class_folders / "cifar10" / "test"
    ramp = np.linspace(0, 255, 32 * 32).reshape(32, 32).astype(np.uint8)
    Image.fromarray(ramp).save(folder / "ant" / "0000.png")
    (folder / "bee" / "0000.png").unlink()
    Image.fromarray(np.stack([ramp, ramp.T, 255 - ramp], axis=2)).save(folder / "bee" / "a.JPG")
    pixels, _ = pixels_below(folder)
    in_form(class_folders)
    found = cifar10.load(class_folders)["test"].images.numpy().astype(int)
    np.testing.assert_array_equal(found[0], np.stack([ramp] * 3))
    assert np.abs(found[1] - pixels[1]).max() <= 2


def cut(form, size):
    file = io.BytesIO()
    pixels = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(file, form)
    return file.getvalue()[:size]


CUT = [cut(form, size) for form in ("PNG", "JPEG") for size in (20, 40, 200, 900)]


@pytest.mark.parametrize("content", [b"", b"no image", *CUT])
def test_an_image_that_cannot_be_read(class_folders, in_form, content):
    (class_folders / "cifar10" / "train" / "fox" / "0002.png").write_bytes(content)
    root = in_form(class_folders)
    with pytest.raises(InputError) as caught:
        cifar10.load(class_folders)
    assert str(caught.value) == (
        f"train/fox/0002.png in {root} cannot be read as an image: it is damaged; "
        "get CIFAR-10 again."
    )


@pytest.mark.parametrize(("width", "height"), [(28, 32), (32, 33), (64, 64)])
def test_an_image_of_another_size(class_folders, in_form, width, height):
    image = Image.new("RGB", (width, height))
    image.save(class_folders / "cifar10" / "test" / "gnu" / "0000.png")
    root = in_form(class_folders)
    with pytest.raises(InputError) as caught:
        cifar10.load(class_folders)
    assert str(caught.value) == (
        f"test/gnu/0000.png in {root} has {width} × {height} pixels where 32 × 32 were expected; "
        "get CIFAR-10 again."
    )


def test_what_is_not_whole_is_refused(class_folders, in_form):
    (class_folders / "cifar10" / "train" / "cat" / "0001.png").unlink()
    in_form(class_folders)
    with pytest.raises(InputError, match="has 29 images in train where 30 were expected"):
        cifar10.load(class_folders)


@pytest.mark.parametrize("in_form", ["zip"], indirect=True)
def test_a_zip_with_a_damaged_image(class_folders, in_form):
    pixels = (class_folders / "cifar10" / "test" / "hen" / "0000.png").read_bytes()
    path = in_form(class_folders)
    content = path.read_bytes()
    at = content.index(pixels) + len(pixels) // 2
    path.write_bytes(content[:at] + bytes([content[at] ^ 255]) + content[at + 1 :])
    with pytest.raises(InputError, match=r"test/hen/0000\.png in .*zip cannot be read as an image"):
        cifar10.load(class_folders)


# Through torchvision


class Stored:
    """Torchvision's data set, with five images."""

    def __init__(self, root, *, train, download):
        assert not download
        self.data = np.random.default_rng(train).integers(0, 256, (5, 32, 32, 3), dtype=np.uint8)
        self.targets = [int(train), 1, 2, 3, 9]


@pytest.fixture
def stored_batches(tmp_path):
    folder = cifar10_files.batches(tmp_path)
    folder.mkdir()
    for name, size in cifar10_files.BATCHES.items():
        with (folder / name).open("wb") as file:
            file.truncate(size)
    return tmp_path


def test_torchvisions_files(stored_batches, monkeypatch):
    monkeypatch.setattr(cifar10, "CIFAR10", Stored)
    found = cifar10.load(stored_batches)
    for split, train in (("train", True), ("test", False)):
        data = np.random.default_rng(train).integers(0, 256, (5, 32, 32, 3), dtype=np.uint8)
        np.testing.assert_array_equal(found[split].images, data.transpose(0, 3, 1, 2))
        assert found[split].labels.tolist() == [int(train), 1, 2, 3, 9]


def test_torchvisions_files_with_a_wrong_checksum(stored_batches):
    # They are of the right sizes, but empty.
    with pytest.raises(InputError, match="batches-py is damaged: its checksum is not the one of"):
        cifar10.load(stored_batches)


def test_a_download(tmp_path, monkeypatch, capsys):
    asked = []

    def fetch(root, *, download):
        asked.append((root, download))
        print("100%")

    monkeypatch.setattr(cifar10, "CIFAR10", fetch)
    cifar10.ensure(tmp_path / "data")
    assert asked == [(str(tmp_path / "data"), True)]
    assert capsys.readouterr() == ("", "100%\n")


def test_no_download_where_the_data_is(class_folders, in_form, monkeypatch):
    monkeypatch.setattr(cifar10, "CIFAR10", None)
    in_form(class_folders)
    cifar10.ensure(class_folders)


def test_a_download_that_fails(tmp_path, monkeypatch):
    def fail(*args, **kwargs):
        raise OSError("no route\nto host")

    monkeypatch.setattr(cifar10, "CIFAR10", fail)
    with pytest.raises(InputError, match=r"^CIFAR-10 is not in .*downloaded .to host.;") as caught:
        cifar10.load(tmp_path)
    assert "\n" not in str(caught.value)
    for words in ("cifar-10-batches-py", "cifar10/cifar10-jpeg.zip", "--data-dir"):
        assert words in str(caught.value)
    assert not list(tmp_path.iterdir())
