import pytest
import torch

from paretocli.core.problem import Samples
from paretocli.problems import cache


def splits(seed=0):
    generator = torch.Generator().manual_seed(seed)

    def one(count):
        images = torch.randint(0, 256, (count, 1, 3, 3), generator=generator, dtype=torch.uint8)
        labels = (torch.randint(0, 10, (count,), generator=generator) for _ in range(2))
        return Samples(images, tuple(labels))

    return {"train": one(6), "val": one(3), "test": one(2)}


def assert_same(found, expected):
    assert list(found) == list(expected)
    for name, split in expected.items():
        assert torch.equal(found[name].inputs, split.inputs)
        assert found[name].inputs.dtype == torch.uint8
        assert len(found[name].targets) == 2
        for a, b in zip(found[name].targets, split.targets, strict=True):
            assert torch.equal(a, b)
            assert a.dtype == torch.int64


def the_file(folder):
    (path,) = folder.iterdir()
    return path


def test_what_is_stored_is_found(own_cache):
    assert cache.load_or_none("toy", "key") is None
    cache.store("toy", "key", splits())
    assert_same(cache.load_or_none("toy", "key"), splits())
    assert cache.load_or_none("other", "key") is None


def test_another_key_is_not_found(own_cache):
    cache.store("toy", "one", splits())
    assert cache.load_or_none("toy", "two") is None
    newer = splits(1)
    cache.store("toy", "two", newer)
    assert_same(cache.load_or_none("toy", "two"), newer)
    assert cache.load_or_none("toy", "one") is None


def test_keys_tell_everything_apart():
    assert cache.key_of(a=1, b=[2]) == cache.key_of(b=[2], a=1)
    assert cache.key_of(a=1) != cache.key_of(a=2)


@pytest.mark.parametrize("damage", ["flip", "cut", "empty", "text", "folder"])
def test_a_damaged_file_is_ignored_and_replaced(own_cache, damage):
    made = splits()
    cache.store("toy", "key", made)
    path = the_file(own_cache)
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    new = {"flip": content, "cut": content[: len(content) // 2], "empty": b"", "text": b"hello" * 9}
    path.unlink()
    if damage == "folder":
        path.mkdir()
    else:
        path.write_bytes(new[damage])
    assert cache.load_or_none("toy", "key") is None
    cache.store("toy", "key", made)
    if damage != "folder":
        assert_same(cache.load_or_none("toy", "key"), made)


def test_a_cache_that_cannot_be_written_is_no_error(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("PARETOCLI_CACHE", str(tmp_path / "file" / "cache"))
    cache.store("toy", "key", splits())
    assert cache.load_or_none("toy", "key") is None
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
