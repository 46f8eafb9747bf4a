"""`paretocli check`, as a user runs it."""

import json
import os

import pytest

import tests.odd
from paretocli.cli.check_report import _short
from paretocli.errors import InputError
from paretocli.exporting.possible import ExportTrial
from tests.program import files_below, in_process, paretocli


@pytest.fixture
def run(tmp_path, monkeypatch, capfd, no_export_trial):
    """Run the command in an empty folder, which stays empty."""

    def run(*arguments):
        shown = in_process("check", *arguments, cwd=tmp_path, monkeypatch=monkeypatch, capfd=capfd)
        assert files_below(tmp_path) == {}
        return shown

    return run


def odd(name):
    return f"{tests.odd.__file__}:{name}"


def test_the_report(run):
    code, out, err = run(odd("tied"))
    assert code == 0
    for line in (
        f"problem    odd ({odd('tied')})",
        "samples    24 / 10 / 10 (training / validation / test)",
        "inputs     6 float32",
        "network    net, 172 parameters",
        "       136  kind and size",
        "        27  kind",
        "         9  size",
        "first      6          48  no (input)",
        "hidden     8          64  yes",
        "kind       8          24  no (head)",
        "points     computed all at once, as one stack",
        "export     not tried: it would take long, with 4,321 operations",
    ):
        assert line in out.splitlines(), out
    (line,) = [line for line in out.splitlines() if line.startswith("size  one number")]
    assert line.split()[:5] == ["size", "one", "number", "float32", "one"]
    assert f"No failure found. Next: paretocli sweep {odd('tied')}" in err


def test_the_next_command_has_the_options_that_were_given(run, tmp_path):
    given = ("--device", "cpu", "--data-dir", tmp_path.parent, "--threads", 1)
    _, _, err = run(odd("tied"), *given)
    words = f"sweep {odd('tied')} --device cpu --data-dir {tmp_path.parent}\n"
    assert err.endswith(words)


def test_nothing_is_wider_than_a_terminal(run):
    _, out, _ = run("multidigits", "--network", "mdmtn")
    assert max(map(len, out.splitlines())) <= 80


def test_long_names_are_cut_in_the_middle():
    name = "features_of_the_image.0.parametrizations.weight.original1"
    assert _short(name) == "features_of_the_image…tions.weight.original1"
    assert len(_short(name)) == 44
    assert _short("heads.0") == "heads.0"


def test_what_does_not_count_for_sparsity_is_told_with_why(run):
    _, out, _ = run(odd("lstm"))
    words = " ".join(out.split())
    assert "Rows that count for sparsity hold" in words
    assert "first.weight_hh_l1 (32 × 8, " in words
    assert "does not: its rows are states, which the layer gives to others" in words


def test_a_built_in_problem_as_json(run):
    code, out, err = run("multidigits", "--network", "hps", "--json")
    assert (code, err) == (0, "")
    found = json.loads(out)
    assert (found["problem"], found["network"], found["threads"]) == ("multidigits", "hps", 1)
    assert found["samples"] == {"train": 10780, "val": 1800, "test": 1795}
    assert found["inputs"] == [{"name": "", "shape": [1, 12, 12], "dtype": "float32"}]
    assert [task["name"] for task in found["tasks"]] == ["left", "right"]
    assert all(0 <= task["metrics"]["accuracy"] <= 1 for task in found["tasks"])
    assert [layer["counted"] for layer in found["layers"]] == [False, True, False, False]
    assert sum(part["parameters"] for part in found["reached"]) == found["parameters"]
    assert found["failures"] == found["notes"] == []
    assert found["step_seconds"] > 0
    assert found["export"] == {"tried": "nothing", "operations": 4321, "why_not": ""}
    parts = {"held", "training", "evaluation", "certificate", "saving"}
    assert set(found["memory"]) == {"data"} | parts
    assert all(found["memory"][part]["point"] > 0 for part in parts)


def test_failures_are_a_line_each_and_the_exit_code_says_so(run):
    code, out, err = run(odd("spare"))
    assert code == 2
    assert "network    net, 171 parameters" in out
    assert "         7  no task" in out
    assert err.splitlines() == [
        "Error: No loss reaches factor, spare.weight, spare.bias, which training would leave as it "
        "starts; use it in forward, remove it, or freeze it (requires_grad=False)."
    ]
    code, out, err = run(odd("restless"), "--quiet")
    assert (code, out, len(err.splitlines())) == (2, "", 1)


def test_failures_as_json(run):
    code, out, err = run(odd("named_outputs"), "--json")
    assert code == 2
    (failure,) = json.loads(out)["failures"]
    assert err == f"Error: {failure}\n"


def test_all_failures_are_told(run, tmp_path):
    file = tmp_path.parent / f"{tmp_path.name}.py"
    file.write_text(
        "import dataclasses, torch\n"
        "from tests.odd import drop\n"
        "def make():\n"
        "    made = drop()\n"
        "    made.train.inputs[3] = torch.nan\n"
        "    made.val.targets[0][4] = 3\n"
        "    return made\n"
    )
    code, _, err = run(f"{file}:make")
    assert code == 2
    first, second = err.splitlines()
    assert first.startswith("Error: The inputs are not finite in 1 of 24 samples of the train")
    assert second.startswith("Error: The loss of task kind raises IndexError (Target 3 is out of")


@pytest.mark.parametrize(
    ("trial", "line"),
    [
        (ExportTrial("whole", 9), "works, as far as a trial tells"),
        (ExportTrial("graph", 1234), "no more was tried of its 1,234 operations"),
        (ExportTrial("whole", 9, "It has no graph."), "would fail (see the note)"),
    ],
)
def test_what_came_of_an_export(run, monkeypatch, trial, line):
    monkeypatch.setattr("paretocli.examination.examine.export_trial", lambda *_: trial)
    code, out, err = run(odd("tied"))
    assert code == 0
    assert line in " ".join(out.partition("\nexport ")[2].split())
    note = "Note: Points of a sweep could not be exported. It has no graph."
    assert (note in err) == bool(trial.why_not)


def test_what_may_be_meant_is_a_note(run):
    code, _, err = run(odd("mixed_up"))
    assert code == 0
    assert "Note: A sample's outputs depend on the other samples of its batch." in err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["multidigit"], "no problem named 'multidigit'"),
        (["multidigits", "--network", "resnet"], "no network named 'resnet'"),
        (["vlmop2", "--targets", "a"], "vlmop2 is made from none"),
        (["vlmop2", "--device", "tpu"], "device 'tpu'"),
        (
            ["vlmop2", "--threads", "-1"],
            "for '--threads' (env var",
        ),
        ([], "Missing argument 'PROBLEM'"),
    ],
)
def test_wrong_usage_is_a_sentence(run, arguments, said):
    code, out, err = run(*arguments)
    assert (code, out, len(err.splitlines())) == (2, "", 1)
    assert said in err


def test_the_started_program(tmp_path):
    done = paretocli("check", odd("picky"), cwd=tmp_path, PYTHONDONTWRITEBYTECODE="1")
    assert done.returncode == 2
    assert "samples    24 / 10 / 10" in done.stdout
    assert done.stderr == (
        "Error: The problem odd raised ValueError on its first batch, in training mode: not in "
        "training; mend it, or set PARETOCLI_DEBUG=1 to see where.\n"
    )


def test_a_traceback_only_when_asked_for(run, monkeypatch):
    monkeypatch.setenv("PARETOCLI_DEBUG", "1")
    monkeypatch.setattr("tests.program.environment", lambda: dict(os.environ))
    with pytest.raises(InputError) as caught:
        run(odd("picky"))
    assert isinstance(caught.value.__cause__, ValueError)
