import os
from pathlib import Path

import pytest

from paretocli.atomic import write_bytes, write_text


def test_a_new_file_and_a_replaced_one(tmp_path):
    path = tmp_path / "file.txt"
    write_text(path, "λ\n")
    assert path.read_bytes() == "λ\n".encode()
    write_bytes(path, b"new")
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("step", ["fsync", "replace", "chmod"])
@pytest.mark.parametrize("error", [OSError("disk full"), KeyboardInterrupt()])
def test_a_failure_keeps_the_old_file_and_leaves_nothing_behind(tmp_path, monkeypatch, step, error):
    path = tmp_path / "file.txt"
    write_text(path, "old")

    def fail(*args, **kwargs):
        raise error

    monkeypatch.setattr(os if step == "fsync" else Path, step, fail)
    with pytest.raises(type(error)):
        write_text(path, "new")
    monkeypatch.undo()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_content_is_on_disk_before_the_name_is(tmp_path, monkeypatch):
    path = tmp_path / "file.txt"
    events = []
    fsync, replace = os.fsync, Path.replace
    monkeypatch.setattr(os, "fsync", lambda fd: (events.append("flushed"), fsync(fd))[1])
    monkeypatch.setattr(
        Path, "replace", lambda self, target: (events.append("named"), replace(self, target))[1]
    )
    write_text(path, "x")
    assert events == ["flushed", "named"]


@pytest.mark.skipif(os.name != "posix", reason="rights of files as POSIX has them")
def test_the_usual_rights(tmp_path):
    before = os.umask(0o027)
    try:
        write_text(tmp_path / "file.txt", "x")
        assert (tmp_path / "file.txt").stat().st_mode & 0o777 == 0o640
        assert os.umask(0o027) == 0o027
    finally:
        os.umask(before)


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError):
        write_text(tmp_path / "nowhere" / "file.txt", "x")
