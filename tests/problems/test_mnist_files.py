"""The checks of MNIST's files, on empty files of the right sizes."""

import os

import pytest

from paretocli.errors import InputError
from paretocli.problems import mnist
from paretocli.problems.mnist_files import FILES, damage, fingerprint, folder, is_there


@pytest.fixture
def files(tmp_path):
    raw = folder(tmp_path)
    raw.mkdir(parents=True)
    for name, size in FILES.items():
        with (raw / name).open("wb") as file:
            file.truncate(size)  # a hole: takes no room
    return tmp_path


@pytest.fixture
def no_download(monkeypatch):
    """Torchvision's downloader fails as it does without a network."""

    def fail(*args, **kwargs):
        assert kwargs["download"]
        raise RuntimeError("Error downloading train-images-idx3-ubyte.gz:\nno route to host")

    for name in mnist.DATA_SETS:
        monkeypatch.setitem(mnist.DATA_SETS, name, fail)


def test_all_there(files):
    assert is_there(files)
    assert damage(files) is None
    mnist.ensure(files)


def test_nothing_there(tmp_path, no_download):
    assert not is_there(tmp_path / "nowhere")
    assert damage(tmp_path / "nowhere") is None
    with pytest.raises(InputError, match=r"could not be downloaded .no route to host.") as caught:
        mnist.ensure(tmp_path / "nowhere")
    assert str(folder(tmp_path / "nowhere")) in str(caught.value)
    assert "--data-dir" in str(caught.value)


def test_garments_have_a_folder_of_their_own(files, no_download):
    assert folder(files, "FashionMNIST") == files / "FashionMNIST" / "raw"
    assert not is_there(files, "FashionMNIST")
    with pytest.raises(InputError, match=r"FashionMNIST is not in .* could not be") as caught:
        mnist.ensure(files, "FashionMNIST")
    assert f"put its four files into {files / 'FashionMNIST' / 'raw'}" in str(caught.value)
    assert "the folder that holds FashionMNIST/raw with --data-dir" in str(caught.value)
    (files / "MNIST").rename(files / "FashionMNIST")
    assert is_there(files, "FashionMNIST")
    assert not is_there(files)


@pytest.mark.parametrize("name", FILES)
def test_one_file_missing(files, name, no_download):
    (folder(files) / name).unlink()
    assert not is_there(files)
    assert damage(files) is None
    with pytest.raises(InputError, match="is not in"):
        mnist.ensure(files)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("difference", [-1, 1])
def test_one_file_cut_or_too_long(files, name, difference):
    path = folder(files) / name
    with path.open("r+b") as file:
        file.truncate(FILES[name] + difference)
    assert not is_there(files)
    expected = f"{path} has {FILES[name] + difference} bytes where {FILES[name]} were expected"
    assert expected in damage(files)
    with pytest.raises(InputError, match="it is cut or damaged; delete it"):
        mnist.ensure(files)
    assert path.stat().st_size == FILES[name] + difference


def test_a_data_directory_that_cannot_be_made(tmp_path, no_download):
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="MNIST is not in"):
        mnist.ensure(tmp_path / "file" / "data")


def test_a_fingerprint_changes_with_a_file(files):
    before = fingerprint(files)
    assert fingerprint(files) == before
    path = folder(files) / "t10k-labels-idx1-ubyte"
    os.utime(path, ns=(1, 1))
    assert fingerprint(files) != before


def test_the_real_files(mnist_dir):
    digits = mnist.load(mnist_dir, train=False)
    assert digits.images.shape == (10_000, 28, 28)
    assert digits.labels.shape == (10_000,)
    assert digits.labels[:5].tolist() == [7, 2, 1, 0, 4]
