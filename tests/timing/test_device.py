"""What is known of a device."""

import sys

import pytest

from paretocli.timing.device import processor_name, this_device

elsewhere = pytest.mark.skipif(sys.platform == "darwin", reason="a Mac is asked in another way")


@elsewhere
def test_a_processor_is_named_by_the_system(tmp_path):
    cpuinfo, model = tmp_path / "cpuinfo", tmp_path / "model"
    model.write_bytes(b"Raspberry Pi 4 Model B\0")
    cpuinfo.write_text("processor : 0\nCPU part : 0xd08\n")
    assert processor_name(cpuinfo, model) == "Raspberry Pi 4 Model B"
    cpuinfo.write_text("processor\t: 0\nmodel name\t: Some  CPU @ 2 GHz\n")
    assert processor_name(cpuinfo, model) == "Some CPU @ 2 GHz"


def test_a_device_has_the_name_that_it_is_given():
    found = this_device("the board")
    assert found["name"] == "the board"
    assert found["processor"]
    assert found["cores"] >= 1
    assert this_device()["name"]
