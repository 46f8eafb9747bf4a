"""What is written and not run here: a folder of files that another system runs."""

import json
from dataclasses import replace

import pytest

import paretocli
from paretocli.cli.export_report import export_report
from paretocli.errors import InputError, RunError
from paretocli.exporting.formats import FORMATS, Format
from paretocli.exporting.verifying.verified_files import whole_folders
from paretocli.exporting.verifying.verify import verify_folder
from paretocli.library.measuring import check_format
from paretocli.testing import check_format as conforms
from tests.exporting.handed_over import checksums_made_anew, copied, exported_folder

PARCEL = "network.parcel"


def write(network, names, batch, folder):
    (folder / PARCEL / "within").mkdir(parents=True)
    (folder / PARCEL / "label").write_text(" ".join([*names, *batch]))
    (folder / PARCEL / "within" / "numbers").write_bytes(b"12345678")


FORM = Format(
    write,
    (PARCEL,),
    lambda folder: 1 / 0,
    not_run=lambda: "Moon runs it alone",
    stored=lambda *_: (3, 4),
)


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(FORMATS.own, "parcel", FORM)
        folder, found = exported_folder(tmp_path_factory.mktemp("parcel"), ("parcel",))
    return folder, found


def test_it_is_said_that_it_was_not_run(exported):
    folder, found = exported
    sentence = (
        "network.parcel was not run, as Moon runs it alone: its outputs were not compared with "
        "those of the network. What it says that it takes and gives was, and 3 of 4 of its "
        "tensors of numbers are those of the network."
    )
    assert found.differences.keys() == {"module"}
    assert found.not_run["parcel"].sentence == sentence
    size = sum(one.stat().st_size for one in (folder / PARCEL).rglob("*") if one.is_file())
    assert found.after.bytes[PARCEL] == size > 8
    for text in (export_report(found, folder), (folder / "card.md").read_text()):
        assert sentence in " ".join(text.split())
    card = json.loads((folder / "card.json").read_text())
    assert sentence in card["limits"]
    assert card["verification"]["forms"][PARCEL]["format"] == "parcel"
    assert json.loads((folder / "export.json").read_text())["not_run"]["parcel"]["tensors"] == 4
    whole = replace(found.not_run["parcel"], found=4)
    assert "and all 4 of its tensors" in whole.sentence


def test_its_files_are_verified_and_it_is_run_where_that_is_known(exported, tmp_path, monkeypatch):
    folder = copied(exported[0], tmp_path)
    monkeypatch.setitem(FORMATS.own, "parcel", FORM)
    found = paretocli.verify(folder)
    assert found.ok
    assert found.differences.keys() == {"network.py"}
    assert found.unchecked == (f"outputs of {PARCEL}: nothing here runs files of its kind.",)
    ran = []
    runners = {PARCEL: lambda path, inputs: ran.append(path) or []}
    assert not verify_folder(folder, runners=runners).ok
    assert ran == [folder / PARCEL]
    for name in ("more", "label"):
        (folder / PARCEL / name).write_text("another")
        found = verify_folder(folder, runners=runners)
        assert found.deviations[0].startswith(f"{PARCEL}/label has") == (name == "label")
        assert f"outputs of {PARCEL}, as it is not as it was written." in found.unchecked
    assert len(ran) == 1


def test_whole_folders():
    names = ["a/one", "a/b/two", "c/three", "four"]
    assert whole_folders(names, []) == {".", "a", "a/b", "c"}
    assert whole_folders(names, ["a/one"]) == {"a/b", "c"}
    assert whole_folders(names, ["a/b/new", "four"]) == {"c"}


def test_macos_alone_runs_core_ml(exported, tmp_path, monkeypatch):
    folder = copied(exported[0], tmp_path)
    (folder / PARCEL).rename(folder / "network.mlpackage")
    for name in ("card.json", "checksums.json"):
        text = (folder / name).read_text().replace(PARCEL, "network.mlpackage")
        (folder / name).write_text(text)
    checksums_made_anew(folder)
    monkeypatch.setattr("sys.platform", "linux")
    found = verify_folder(folder)
    assert "outputs of network.mlpackage, which macOS alone runs." in found.unchecked


def test_wrong_numbers_leave_nothing(tmp_path, monkeypatch):
    def wrong(*_):
        raise RunError("other numbers")

    monkeypatch.setitem(FORMATS.own, "parcel", replace(FORM, stored=wrong))
    with pytest.raises(RunError, match="other numbers"):
        exported_folder(tmp_path, ("parcel",))
    assert not (tmp_path / "out").exists()


def test_what_else_is_said_of_it(monkeypatch):
    monkeypatch.setitem(FORMATS.own, "parcel", FORM)
    with pytest.raises(InputError, match="parcel takes no number of them; choose another format"):
        check_format("parcel")
    with pytest.raises(AssertionError, match="find all numbers of the network again"):
        conforms("parcel")
    conforms(replace(FORM, stored=lambda *_: (4, 4)))
