"""Whether an exported folder is as it was written."""

import json
import subprocess
import sys

import onnx
import pytest
import torch
from onnx import numpy_helper
from safetensors.torch import load_file, save_file

import paretocli
from paretocli.errors import InputError
from paretocli.exporting.verifying import verified_outputs
from paretocli.exporting.verifying.verified_files import CHECKSUMS
from paretocli.exporting.verifying.verify import report_of, verify_folder
from tests.exporting.handed_over import checksums_made_anew, copied, exported_folder
from tests.program import files_below, in_process


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    return exported_folder(tmp_path_factory.mktemp("verify"))


@pytest.fixture
def folder(exported, tmp_path):
    """A copy that can be changed."""
    return copied(exported[0], tmp_path)


@pytest.fixture
def nothing_runs(monkeypatch):
    monkeypatch.setattr(verified_outputs, "RUNNERS", {})


def test_all_is_as_it_was_written(exported):
    folder, said = exported
    found = paretocli.verify(folder, said.digest)
    assert found.ok
    assert not found.unchecked
    assert found.digest == said.digest
    assert found.samples == 8
    assert set(found.differences) == {"network.py", "network.pt2", "network.onnx"}
    for gaps in found.differences.values():
        assert gaps.keys() == {"a b", "parts|x.value", "parts|x.sign"}
        assert max(gaps.values()) < 1e-5
    assert set(said.files) == set(files_below(folder))
    assert max(map(len, report_of(found).replace(str(folder), "small").splitlines())) <= 80


def test_one_changed_byte_is_found_in_each_file(folder, nothing_runs):
    for name, whole in files_below(folder).items():
        for place in {0, len(whole) // 2, len(whole) - 1}:
            changed = bytearray(whole)
            changed[place] ^= 1
            (folder / name).write_bytes(changed)
            found = verify_folder(folder)
            assert not found.ok
            if name != CHECKSUMS:
                assert found.deviations == (f"{name} has another checksum than {CHECKSUMS} says.",)
        (folder / name).write_bytes(whole)
    assert verify_folder(folder).ok


def test_one_changed_byte_is_found_anywhere_in_the_list(folder, nothing_runs):
    whole = (folder / CHECKSUMS).read_bytes()
    for place in range(0, len(whole), 11):
        changed = bytearray(whole)
        changed[place] ^= 32  # an upper letter for a lower one, or a space for nothing
        (folder / CHECKSUMS).write_bytes(changed)
        assert not verify_folder(folder).ok, whole[place : place + 20]


def _weight_of_the_module(folder):
    tensors = load_file(folder / "network.safetensors")
    tensors["hidden_weight"][0, 0] += 0.5
    save_file(tensors, folder / "network.safetensors")


def _weight_of_the_program(folder):
    program = torch.export.load(folder / "network.pt2")
    next(t for n, t in program.state_dict.items() if "hidden" in n).data[0] += 0.5
    torch.export.save(program, folder / "network.pt2")


def _weight_of_onnx(folder):
    model = onnx.load(folder / "network.onnx")
    for one in model.graph.initializer:
        if list(one.dims) == [4, 7]:
            changed = numpy_helper.to_array(one) + 0.5
            one.CopyFrom(numpy_helper.from_array(changed, one.name))
    onnx.save(model, folder / "network.onnx")


@pytest.mark.parametrize(
    ("change", "file"),
    [
        (_weight_of_the_module, "network.py"),
        (_weight_of_the_program, "network.pt2"),
        (_weight_of_onnx, "network.onnx"),
    ],
)
def test_a_wrong_weight_is_found_whose_checksum_was_made_anew(change, file, exported, folder):
    change(folder)
    checksums_made_anew(folder)
    found = verify_folder(folder)
    assert found.deviations
    for sentence in found.deviations:
        assert sentence.startswith(f"{file} gives an output")
        assert "more than 1" in sentence
    with_digest = verify_folder(folder, exported[1].digest)
    (sentence,) = with_digest.deviations
    assert sentence.startswith("The digest is ")
    assert not with_digest.differences  # nothing of it is run


def test_what_is_missing_or_was_added_is_listed(folder, nothing_runs):
    for name in ("network.onnx", "card.md"):
        (folder / name).unlink()
    (folder / "inside").mkdir()
    (folder / "inside" / "more.txt").touch()
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "network.cpython-312.pyc").touch()
    found = verify_folder(folder)
    assert found.deviations == (
        "card.md is missing.",
        "network.onnx is missing.",
        "inside/more.txt is none of the files that were written.",
    )
    assert "pyc, which Python left there" in found.unchecked[0]
    (folder / CHECKSUMS).unlink()
    assert verify_folder(folder).deviations == ("checksums.json is missing.",)


def test_what_changed_is_not_run(folder):
    code = folder / "network.py"
    code.write_text(code.read_text() + "\nraise SystemExit(7)\n")
    found = verify_folder(folder)
    assert found.deviations == ("network.py has another checksum than checksums.json says.",)
    assert set(found.differences) == {"network.pt2", "network.onnx"}
    assert found.unchecked == ("outputs of network.py, as it is not as it was written.",)


@pytest.mark.parametrize(
    "verification", ["none", {}, {"samples": [], "outputs": 3, "inputs": [], "forms": {}}]
)
def test_a_card_that_says_nothing_useful(verification, folder):
    card = json.loads((folder / "card.json").read_text()) | {"verification": verification}
    (folder / "card.json").write_text(json.dumps(card))
    checksums_made_anew(folder)
    (sentence,) = verify_folder(folder).deviations
    assert sentence == "card.json does not say how outputs are to be compared."


def test_a_list_without_the_card_is_none(folder, nothing_runs):
    listed = json.loads((folder / CHECKSUMS).read_text())
    del listed["files"]["card.json"]
    text = json.dumps(listed, indent=2, sort_keys=True) + "\n"
    (folder / CHECKSUMS).write_text(text)
    (folder / "card.json").unlink()
    assert verify_folder(folder).deviations == (
        "checksums.json does not list card.json, as export has it do.",
    )


ALONE = (
    "import runpy, sys\n"
    "for name in ('torch', 'safetensors', 'paretocli'): sys.modules[name] = None\n"
    "runpy.run_path('verify.py', run_name='__main__')"
)


def test_the_script_does_without_torch_and_this_program(exported, folder):
    def run(*arguments):
        return subprocess.run(
            [sys.executable, "-c", ALONE, *arguments],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )

    done = run("--digest", exported[1].digest)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "its 9 files are as export wrote them" in done.stdout
    assert "network.onnx: largest differences on 8 samples: a b " in done.stdout
    for file in ("network.py", "network.pt2"):
        assert f"Not looked at: outputs of {file}, as torch is not installed." in done.stdout
    assert files_below(folder).keys() == set(exported[1].files)  # nothing was left there
    (folder / "card.md").write_text("another one")
    done = run()
    assert done.returncode == 1
    assert "- card.md has another checksum than checksums.json says." in done.stdout
    done = run("--digest", "12")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("Error: The digest should be the 64 hexadecimal digits")


def test_the_command(exported, folder, monkeypatch, capfd):
    run = {"cwd": folder.parent, "monkeypatch": monkeypatch, "capfd": capfd}
    code, out, _ = in_process("verify", "copy", "--json", **run)
    assert code == 0
    assert json.loads(out)["ok"]
    assert json.loads(out)["digest"] == exported[1].digest
    (folder / "samples.npz").unlink()
    code, out, _ = in_process("verify", "copy", **run)
    assert code == 1
    assert "- samples.npz is missing." in out
    assert "outputs, as samples.npz, which holds them, is not as it was" in out


def test_wrong_input_is_told_in_a_sentence(folder, tmp_path, monkeypatch, capfd):
    run = {"cwd": tmp_path, "monkeypatch": monkeypatch, "capfd": capfd}
    (tmp_path / "older").mkdir()
    (tmp_path / "older" / "export.json").write_text("{}")
    for arguments, words in (
        (["nowhere"], "There is no folder nowhere; name one that export wrote."),
        (["."], "holds no checksums.json; name a folder that export wrote."),
        (["older"], "as folders of older versions; export the point again"),
        (["copy", "--digest", "A" * 64], "should be the 64 hexadecimal digits that export said"),
    ):
        code, out, err = in_process("verify", *arguments, **run)
        assert (code, out) == (2, "")
        (line,) = err.splitlines()
        assert line.startswith("Error: ")
        assert words in line
    with pytest.raises(InputError, match="no folder"):
        paretocli.verify("nowhere")
