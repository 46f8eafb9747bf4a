"""`--start-from`, as a user gives it."""

import json

import pytest
import torch

import tests.odd
from tests.program import in_process

ODD = f"{tests.odd.__file__}:tied"
NETWORK = tests.odd.tied().networks["net"]


@pytest.fixture
def run(tmp_path, monkeypatch, capfd, no_export_trial):
    """Run a command in a folder with weights, which stays as it is."""
    state = dict(NETWORK().state_dict())
    torch.save(state, tmp_path / "whole.pt")
    state["kind.weight"] = torch.zeros(5, 8)
    del state["size.bias"]
    torch.save({**state, "fc.weight": torch.zeros(2)}, tmp_path / "part.pt")
    before = sorted(path.name for path in tmp_path.rglob("*"))

    def run(*arguments):
        shown = in_process(*arguments, cwd=tmp_path, monkeypatch=monkeypatch, capfd=capfd)
        assert sorted(path.name for path in tmp_path.rglob("*")) == before
        return shown

    return run


PART = """\
start      part.pt: 147 of the network's 172 parameters; missing: size.bias;
           unexpected: fc.weight; of another shape or type: kind.weight (5, 8),
           here (3, 8)
"""


def test_the_plan_says_what_is_taken_over(run):
    plan = ("sweep", ODD, "--points", 3, "--dry-run")
    code, out, err = run(*plan, "--start-from", "part.pt", "--start-partly")
    assert code == 0
    assert PART in out
    assert "All points start from part.pt: 147 of the network's 172 parameters; missing:" in err
    code, out, err = run(*plan, "--start-from", "whole.pt", "--json")
    assert json.loads(out)["start"] == {
        "from": "whole.pt",
        "at": "",
        "loaded": list(NETWORK().state_dict()),
        "missing": [],
        "unexpected": [],
        "other_shape": {},
        "parameters": 172,
    }
    assert "start" not in err
    assert run(*plan, "--start-at", "body")[2] == "No effect without --start-from: --start-at.\n"


def test_check_says_it_too(run):
    given = ("--start-from", "part.pt", "--start-partly")
    code, out, err = run("check", ODD, *given)
    assert code == 0
    assert PART in out
    assert err.endswith(f"sweep {ODD} {' '.join(given)}\n")
    code, out, _ = run("check", ODD, *given, "--json")
    found = json.loads(out)["start"]
    assert found["missing"] == ["size.bias"]
    assert found["other_shape"] == {"kind.weight": "(5, 8), here (3, 8)"}


@pytest.mark.parametrize("command", ["check", "sweep", "train"])
def test_weights_that_do_not_fit_are_one_sentence(run, command):
    code, out, err = run(command, ODD, "--start-from", "part.pt")
    assert (code, out) == (2, "")
    assert err.startswith("Error: The weights in part.pt do not fit the network (missing: size.bia")
    assert len(err.splitlines()) == 1
