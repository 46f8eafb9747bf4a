"""`paretocli front` and `paretocli select`, on a real sweep."""

import json
import subprocess

import numpy as np
import pandas as pd
import pytest

from tests.program import PROGRAM, environment, files_below, paretocli


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sweep")
    sweep = ("sweep", "multidigits", "--network", "hps", "--points", 6, "--epochs", 3)
    done = paretocli(*sweep, "--retrain-epochs", 1, "--out", "run", cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def table(folder):
    return pd.read_csv(folder / "run" / "results.csv")


def test_the_front_is_what_the_table_says(folder, table):
    before = files_below(folder)
    done = paretocli("front", "run", cwd=folder)
    assert done.returncode == 0, done.stderr
    count = int(table["on_front"].sum())
    assert f"{count} of 6 points are on the front of the losses on val." in done.stdout
    points = json.loads(paretocli("front", "run", "--json", cwd=folder).stdout)
    assert [p["point"] for p in points] == table["point"][table["on_front"]].tolist()
    declared = json.loads((folder / "run" / "sweep.json").read_text())["directions"]
    assert declared == {"accuracy_left": "higher", "accuracy_right": "higher"}
    assert points[0]["loss_left_test"] == table["loss_left_test"][points[0]["point"]]
    assert paretocli("front", "run", "--on", "test", cwd=folder).returncode == 0
    assert files_below(folder) == before


def test_selecting(folder, table):
    front = table[table["on_front"]]

    def chosen(*options):
        done = paretocli("select", "run", *options, "--json", cwd=folder)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)["point"]

    smallest = front["parameters_kept"].idxmin()
    assert chosen("--minimize", "parameters_kept") == smallest
    assert chosen("--maximize", "accuracy_left") == front["accuracy_left_val"].idxmax()
    bound = float(front["accuracy_right_val"].median())
    sound = front[front["accuracy_right_val"] >= bound]
    where = ("--where", f"accuracy_right >= {bound}", "--minimize", "parameters_kept")
    assert chosen(*where) == sound["parameters_kept"].idxmin()
    names = ("sparsity", "left", "right")
    weights = front[[f"weight_{name}" for name in names]].to_numpy()
    nearest = np.linalg.norm(weights - [0.2, 0.3, 0.5], axis=1).argmin()
    assert chosen("--closest-to", "0.2,0.3,0.5") == front["point"].iloc[nearest]


def test_what_is_said_of_a_point(folder, table):
    done = paretocli("select", "run", "--knee", cwd=folder)
    assert done.returncode == 0, done.stderr
    for words in ("parameters", "heads.0 (head)", "The points beside it", "better in", "on val:"):
        assert words in done.stdout
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("Network: ")]
    assert (folder / line.removeprefix("Network: ")).is_file()


def test_a_dialogue(folder, table):
    """A condition too strict, one that holds, back again, nonsense, and a number."""
    least = table["parameters_kept"][table["on_front"]].min()
    point = table["point"][table["on_front"]].iloc[0]
    answers = ["accuracy_left > 2", f"parameters_kept <= {least}", "u", "what", str(point)]
    done = subprocess.run(
        [str(PROGRAM), "select", "run", "--interactive", "--json"],
        cwd=folder,
        env=environment(),
        input="\n".join(answers) + "\n",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["point"] == point
    assert "No point fulfils that." in done.stderr
    assert '"what" is no condition' in done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            ["run", "--where", "accuracy_left > 2"],
            "No point of the front fulfils accuracy_left_val",
        ),
        (["run", "--where", "nothing > 2"], 'no column of numbers "nothing"'),
        (["run"], "choose among them with --knee, --closest-to, --minimize or --maximize"),
        (["run", "--knee", "--minimize", "macs"], "--knee does not go with --minimize"),
        (["run", "--closest-to", "0.2,0.8"], "--closest-to 0.2,0.8"),
        (["run", "--maximize", "nothing"], 'no column of numbers "nothing"'),
        (["nowhere", "--knee"], "nowhere does not exist"),
        (["run", "--interactive"], "No point was chosen"),
    ],
)
def test_wrong_input(folder, arguments, words):
    before = files_below(folder)
    done = paretocli("select", *arguments, cwd=folder)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    assert files_below(folder) == before
