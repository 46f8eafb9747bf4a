"""`paretocli front` and `paretocli select`, on a real sweep."""

import json
import subprocess

import numpy as np
import pandas as pd
import pytest

from tests.exact import exact_points
from tests.program import PROGRAM, environment, files_below, paretocli
from tests.solved import EPSILON, exact_multipliers, write_solved


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


def test_what_a_step_costs(tmp_path):
    weights = [[w, 1 - w] for w in (0.2, 0.35, 0.5, 0.65, 0.8)]
    losses = exact_points("vlmop2", weights, EPSILON)
    write_solved(tmp_path / "run", losses, weights, exact_multipliers("vlmop2", weights, EPSILON))
    middle = ("select", "run", "--closest-to", "0.5,0.5")
    said = paretocli(*middle, cwd=tmp_path).stdout
    # By symmetry, one for one.
    for words in (
        "What a step costs here:",
        "0.1 less training loss f1 costs about 0.1 training loss f2.",
        "Measured at point 3, next better in f1:",
        "By the multipliers",
    ):
        assert words in said
    one = json.loads(paretocli(*middle, "--json", cwd=tmp_path).stdout)
    assert one["exchange_rates"]["training_losses"]["f1"]["f2"] == pytest.approx(1, rel=1e-3)
    front = json.loads(paretocli("front", "run", "--json", cwd=tmp_path).stdout)
    assert front[2]["exchange_rates"] == one["exchange_rates"]
    assert all(point["exchange_rates"]["reason"] is None for point in front)


def test_why_nobody_knows_what_a_step_costs(folder, tmp_path):
    said = paretocli("select", "run", "--knee", cwd=folder).stdout
    assert "No exchange rates at point" in said
    assert "What a step costs" not in said
    losses = [[0.1, 0.9], [0.9, 0.1]]
    write_solved(tmp_path / "run", losses, [[0.5, 0.5]] * 2, [None] * 2, solver="linear")
    done = paretocli("select", "run", "--minimize", "f1", "--json", cwd=tmp_path)
    (reason,) = [json.loads(done.stdout)["exchange_rates"]["reason"]]
    assert reason == "No exchange rates at point 0: the solver linear has no multipliers."
