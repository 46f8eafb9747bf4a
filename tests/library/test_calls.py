"""The library: the same as the commands, in Python."""

import dataclasses
import inspect
import json
import os
import shutil
import signal
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

import paretocli
from paretocli.options.declared import declared
from tests.planted import measurements
from tests.program import files_below
from tests.program import paretocli as command
from tests.toys import pictures, quadratics, vectors

QUICK = {"epochs": 2, "threads": 1, "jobs": 1, "progress": False}


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.startswith("PARETOCLI_") and name != "PARETOCLI_DATA":
            monkeypatch.delenv(name)


def figures(path):
    """What a sweep found, without the time that it took."""
    return pd.read_csv(path / "results.csv").drop(columns="seconds")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    out = tmp_path_factory.mktemp("library") / "vectors"
    return paretocli.sweep(vectors(), points=3, out=out, **QUICK)


def test_a_call_is_the_command(tmp_path):
    run = paretocli.sweep("vlmop2", points=4, out="a", solver="stch", smoothing=0.2, **QUICK)
    done = command(
        *("sweep", "vlmop2", "--points", 4, "--out", "b", "--solver", "stch", "--smoothing", 0.2),
        *("--epochs", 2),
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    pd.testing.assert_frame_equal(figures(run.path), figures(tmp_path / "b"))
    for number in range(4):
        name = f"points/{number:06}.safetensors"
        files = [path / name for path in (run.path, tmp_path / "b") if (path / name).exists()]
        assert len({file.read_bytes() for file in files}) <= 1
    other = paretocli.load_run("b")
    assert other.config == run.config
    assert repr(other) == "<Run b: vlmop2, stch, 4 points>"


def test_a_problem_made_in_python(run):
    assert run.objectives == ("sparsity", "a", "b")
    assert len(run.results) == 3
    assert run.config["problem"] == "object:vectors"
    front = run.front()
    assert set(front["point"]) <= {0, 1, 2}
    problem = vectors()
    network = run.network(int(front["point"].iloc[0]))
    assert not network.training
    with torch.no_grad():
        first, _ = network(problem.prepare(problem.test.inputs))
    task = problem.tasks[0]
    loss = task.mean_loss(first, problem.test.targets[0])
    assert loss.item() == pytest.approx(front["loss_a_test"].iloc[0], rel=1e-4)


def test_a_problem_made_in_python_is_the_same_in_workers(run, tmp_path):
    apart = {"stack": 1, "points": 3}
    one = paretocli.sweep(vectors(), out="one", **apart, **QUICK)
    two = paretocli.sweep(vectors(), out="two", **apart, **(QUICK | {"jobs": 2}))
    pd.testing.assert_frame_equal(figures(one.path), figures(two.path))


def test_a_second_call_goes_on(run):
    before = {file: file.stat().st_mtime_ns for file in (run.path / "points").iterdir()}
    again = paretocli.sweep(vectors(), points=3, out=run.path, **QUICK)
    assert {file: file.stat().st_mtime_ns for file in (run.path / "points").iterdir()} == before
    assert again.results.equals(run.results)


def test_another_loss_is_another_sweep(run):
    problem = vectors()
    first = problem.tasks[0]

    def doubled(output, target):
        return 2 * first.loss(output, target)

    tasks = [dataclasses.replace(first, loss=doubled), *problem.tasks[1:]]
    changed = dataclasses.replace(problem, tasks=tasks)
    with pytest.raises(paretocli.InputError, match="checksum of the source code differs"):
        paretocli.sweep(changed, points=3, out=run.path, **QUICK)


def test_interrupted_it_saves_and_goes_on(tmp_path):
    problem, calls = quadratics([[0.0], [1.0]], [0.5]), []

    def prepare(inputs):
        calls.append(1)
        if len(calls) == 200:
            os.kill(os.getpid(), signal.SIGINT)
        return inputs

    interrupted = dataclasses.replace(problem, prepare=prepare)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    given = {"points": 4, "epochs": 40, "threads": 1, "out": "a", "progress": False}
    with pytest.raises(paretocli.StopError, match="the same call goes on from what was finished"):
        paretocli.sweep(interrupted, **given)
    assert list((tmp_path / "a" / "checkpoints").iterdir())
    assert signal.signal(signal.SIGINT, before) is signal.default_int_handler
    run = paretocli.sweep(interrupted, **given)
    assert len(run.results) == 4
    plain = paretocli.sweep(problem, **(given | {"out": "b"}))
    pd.testing.assert_frame_equal(
        figures(run.path).drop(columns="problem", errors="ignore"),
        figures(plain.path).drop(columns="problem", errors="ignore"),
    )


def test_one_point(tmp_path):
    run = paretocli.train("zdt2", weights=[0.3, 0.7], out="one", **QUICK_ALONE)
    assert run.results[["weight_f1", "weight_f2"]].iloc[0].tolist() == [0.3, 0.7]
    with pytest.raises(paretocli.InputError, match="no argument 'points'"):
        paretocli.train("zdt2", points=3)
    with pytest.raises(paretocli.InputError, match="`train` solves one point"):
        paretocli.train("zdt2", weights=[[0.3, 0.7], [0.5, 0.5]])


QUICK_ALONE = {name: value for name, value in QUICK.items() if name != "jobs"}


@pytest.mark.parametrize(
    "given",
    [
        {"weights": [(0.25, 0.75), (0.5, 0.5)]},
        {"weights": np.array([[0.25, 0.75], [0.5, 0.5]])},
        {"weights": torch.tensor([[0.25, 0.75], [0.5, 0.5]])},
    ],
)
def test_weights_in_any_form(given):
    found = paretocli.sweep("vlmop2", out="a", **given, **QUICK)
    assert found.config["weights"] == [[0.25, 0.75], [0.5, 0.5]]


def test_values_in_any_form(tmp_path):
    run = paretocli.sweep(
        vectors(),
        points=np.int64(3),
        lr=np.float32(0.5),
        fix={"sparsity": 0.25},
        ideal=(0, 0.0, 0),
        transfer="split",
        branch_at=[0.25, 0.5],
        out=tmp_path / "a",
        **(QUICK | {"epochs": 4}),
    )
    assert run.config["lr"] == 0.5
    assert {row[0] for row in run.config["weights"]} == {0.25}
    assert run.config["branch_at"] == [0.25, 0.5]
    assert run.config["ideal"] == [0.0, 0.0, 0.0]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"epoch": 3}, "There is no argument 'epoch'; did you mean 'epochs'?"),
        ({"epochs": "3"}, 'The argument epochs should be a whole number, found "3"'),
        ({"epochs": 0}, "--epochs should be at least 1, found 0"),
        ({"solver": "chebishev"}, "There is no solver named 'chebishev'; did you mean"),
        ({"weights": [[1, 2, 3]]}, "has 3 numbers, but there are 2 objectives"),
        ({"weights": "a"}, 'The argument weights should be a list, found "a"'),
        ({"points": 3, "divisions": 3}, "--points and --divisions were given together"),
        ({"config": "none.toml"}, "The config file none.toml does not exist"),
        ({"targets": ["a"]}, "--targets names columns of a table"),
        ({"lr": object()}, "The argument lr should be a number"),
    ],
)
def test_wrong_arguments(options, message, tmp_path):
    with pytest.raises(paretocli.InputError) as caught:
        paretocli.sweep("vlmop2", **options)
    assert message in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_targets_for_a_problem_that_is_made():
    with pytest.raises(paretocli.InputError, match="the problem is made already"):
        paretocli.sweep(vectors(), targets="a")


def test_arguments_of_a_problem_of_ones_own(tmp_path):
    (tmp_path / "own.py").write_text(
        "import dataclasses\n\nfrom paretocli.problems.analytic import make_vlmop2\n\n\n"
        "def make(fold: int, name: str = 'own'):\n"
        "    return dataclasses.replace(make_vlmop2(), name=f'{name} {fold}')\n"
    )
    settings = {"points": 2, "epochs": 1, "out": tmp_path / "run", "progress": False}
    run = paretocli.sweep("own.py:make", set={"fold": 1, "name": "3"}, **settings)
    assert run.config["set"] == {"fold": 1, "name": "3"}
    again = paretocli.sweep("own.py:make", set=['name="3"', "fold=1"], **settings)
    assert again.results.equals(run.results)
    assert run.network(0) is not None
    with pytest.raises(paretocli.InputError, match=r"its set is .*, asked for is"):
        paretocli.sweep("own.py:make", set={"fold": 2, "name": "3"}, **settings)
    with pytest.raises(paretocli.InputError, match=r"own\.py:make needs a value of fold"):
        paretocli.check("own.py:make")
    assert paretocli.check("own.py:make", set={"fold": 4}).problem == "own 4"
    with pytest.raises(paretocli.InputError, match=r"--set gives arguments .* is made already"):
        paretocli.sweep(vectors(), set={"fold": 1})


def test_a_config_file_and_the_environment(tmp_path, monkeypatch):
    (tmp_path / "a.toml").write_text('points = 3\nepochs = 7\nout = "from-file"\n')
    monkeypatch.setenv("PARETOCLI_THREADS", "2")
    given = {name: QUICK[name] for name in ("epochs", "jobs", "progress")}
    run = paretocli.sweep("vlmop2", config="a.toml", **given)
    assert (run.path.name, run.config["epochs"], run.config["threads"]) == ("from-file", 2, 2)
    monkeypatch.setenv("PARETOCLI_THREADS", "many")
    with pytest.raises(paretocli.InputError, match=r"PARETOCLI_THREADS should be .*found 'many'"):
        paretocli.sweep("vlmop2", out="b")


def test_torch_is_left_as_it_was():
    torch.manual_seed(7)
    before, threads = torch.random.get_rng_state(), torch.get_num_threads()
    tiny = torch.tensor(1e-40)
    flushed = (tiny * 1).item() == 0
    torch.set_flush_denormal(False)
    try:
        paretocli.sweep("vlmop2", points=2, out="a", **(QUICK | {"threads": 3}))
        assert torch.equal(torch.random.get_rng_state(), before)
        assert torch.get_num_threads() == threads
        assert (tiny * 1).item() != 0
    finally:
        torch.set_flush_denormal(flushed)


def diverging(point_of_no_return=False):
    def loss(output, target):
        return output.mean() * (torch.nan if point_of_no_return else 1.0)

    problem = quadratics([[0.0], [1.0]], [0.5])
    tasks = [paretocli.Task(name, loss=loss) for name in ("f1", "f2")]
    return dataclasses.replace(problem, tasks=tasks)


def test_points_that_fail(monkeypatch):
    from paretocli.library import running

    real = running.run_sweep

    def some_fail(*args, **options):
        records = real(*args, **options)
        broken = {"status": "failed", "error": "its losses are not finite"}
        return [records[0] | broken, *(r | (broken if some_fail.all else {}) for r in records[1:])]

    monkeypatch.setattr(running, "run_sweep", some_fail)
    some_fail.all = False
    with pytest.warns(RuntimeWarning, match=r"1 of 3 points failed \(0: its losses are not"):
        run = paretocli.sweep("vlmop2", points=3, out="a", **QUICK)
    assert run.path.name == "a"
    some_fail.all = True
    with pytest.raises(paretocli.RunError, match="3 of 3 points failed"):
        paretocli.sweep("vlmop2", points=3, out="a", **QUICK)


def test_in_another_thread_it_works_too():
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as pool:
        run = pool.submit(paretocli.sweep, "vlmop2", points=2, out="a", **QUICK).result()
    assert len(run.results) == 2


def test_who_asks_for_help_sees_every_option():
    for call, single in ((paretocli.sweep, False), (paretocli.train, True)):
        names = set(inspect.signature(call).parameters)
        own = {"problem", "config", "retry_failed", "progress"}
        assert names == set(declared(single=single)) | own


# Run


def test_a_point_is_chosen(run):
    row = run.select(minimize="loss_a", on="test")
    assert row["loss_a_test"] == run.front("test")["loss_a_test"].min()
    assert run.select(closest_to=run.config["weights"][1])["point"] in set(run.front()["point"])
    with pytest.raises(paretocli.InputError, match="--knee does not go with --minimize"):
        run.select(knee=True, minimize="size")
    with pytest.raises(paretocli.InputError, match="No point of the front fulfils"):
        run.select("loss_a < -1", knee=True)
    with pytest.raises(paretocli.InputError, match="one of train, val, test, found valid"):
        run.front("valid")
    assert torch.equal(
        *(run.network(point).state_dict()["body.0.weight"] for point in (row, int(row["point"])))
    )
    with pytest.raises(paretocli.InputError, match="should be its number, or its row"):
        run.network("first")


def test_pictures_and_a_page(run, tmp_path):
    for made in (
        run.plot(out=tmp_path / "a.png"),
        run.plot("loss_a_test", "loss_b_test", out=tmp_path / "b.svg"),
        run.plot(against="size", out=tmp_path / "c.png"),
        run.plot(layers=0, out=tmp_path / "d.png"),
        run.plot(history=True, out=tmp_path / "e.png"),
    ):
        assert made.path.is_file()
        shown = made._repr_png_() or made._repr_svg_()
        assert len(shown) > 1000
    assert run.page(tmp_path / "f.html").read_text().startswith("<!doctype html>")
    with pytest.raises(paretocli.InputError, match="--history does not go with --x and --y"):
        run.plot("loss_a_test", "loss_b_test", history=True)
    with pytest.raises(paretocli.InputError, match="--x was given without --y"):
        run.plot("loss_a_test")
    with pytest.raises(paretocli.InputError, match="There is no picture named 'pie'"):
        run.plot(pie=True)


def test_a_point_is_exported(run, tmp_path):
    point = run.select(minimize="size")
    found = paretocli.export(run, point, tmp_path / "small")
    assert (tmp_path / "small" / "network.py").is_file()
    assert found.after.parameters == point["compact_parameters"]
    with pytest.raises(paretocli.InputError, match="There is no format named 'tflite'"):
        run.export(0, formats=["tflite"])


def test_networks_are_measured(run, tmp_path):
    shutil.copytree(run.path, tmp_path / "run")
    for point in (1, 2):  # each takes a second
        (tmp_path / "run" / "points" / f"{point:04d}.json").unlink()
    again = paretocli.load_run(tmp_path / "run", vectors())
    found = again.measure("torch", repetitions=20)
    assert [one["point"] for one in found["points"]] == [0]
    assert again.results["latency_ms"].tolist() == [found["points"][0]["latency"]["1"]["median_ms"]]
    with pytest.raises(paretocli.InputError, match="There is no format named 'tflite'"):
        again.measure("tflite")


def test_networks_are_measured_on_another_device(run, tmp_path, monkeypatch):
    shutil.copytree(run.path, tmp_path / "run")
    (tmp_path / "run" / "points" / "0002.json").unlink()
    again, known = paretocli.load_run(tmp_path / "run", vectors()), {}

    def kit(points, threads, calls, note):
        known.update({one.record["point"]: one.record["weights_sha256"] for one in points})
        return f"{threads} threads, {calls} calls".encode()

    monkeypatch.setattr("paretocli.library.measuring.kit", kit)
    assert again.write_kit("kit.zip", threads=2, repetitions=30) == Path("kit.zip")
    assert Path("kit.zip").read_bytes() == b"2 threads, 30 calls"
    assert [*known] == [0, 1]
    with pytest.raises(paretocli.InputError, match="--threads should be at least 1, found 0"):
        again.write_kit("other.zip", threads=0)
    with pytest.raises(paretocli.InputError, match="Kit run is a folder; give the name of a file"):
        again.write_kit("run")
    assert not Path("other.zip").exists()

    figures = tmp_path / "figures.json"
    before = files_below(again.path)
    for content, sentence in (("{", "holds no measurements"), (None, "There is no file")):
        figures.unlink(missing_ok=True)
        if content is not None:
            figures.write_text(content)
        with pytest.raises(paretocli.InputError, match=sentence):
            again.read_kit(figures)
    assert files_below(again.path) == before
    figures.write_text(json.dumps(measurements({0: 1.5, 1: 2.5}, known)))
    found = again.read_kit(str(figures))
    assert found["device"]["name"] == "board"
    assert again.results["latency_ms"].tolist() == [1.5, 2.5]


def test_code_of_a_directory_does_not_run_unasked(run):
    with pytest.raises(paretocli.InputError, match="was made in Python; name a function"):
        paretocli.load_run(run.path).network(0)
    assert paretocli.load_run(run.path, vectors()).network(0) is not None


def test_how_far_it_is(run):
    assert run.status().count("done") == 3


def test_no_run_directory(tmp_path):
    with pytest.raises(paretocli.InputError, match=r"holds no sweep\.json"):
        paretocli.load_run(tmp_path)


# Comparing and checking


def test_runs_are_compared(tmp_path):
    runs = [
        paretocli.sweep("vlmop2", points=5, out=solver, solver=solver, **QUICK)
        for solver in ("chebyshev", "linear")
    ]
    found = paretocli.compare([runs[0], "linear"], on="test")
    assert found.table()["method"].tolist() == ["chebyshev", "linear"]
    assert found.table()["hypervolume"].between(0, 1).all()
    with pytest.raises(paretocli.InputError, match="compare takes a list of runs"):
        paretocli.compare("linear")
    with pytest.raises(paretocli.InputError, match="one of val, test, found train"):
        paretocli.compare(runs, on="train")


def test_a_problem_is_checked(no_export_trial):
    found = paretocli.check(pictures())
    assert not found.failures
    assert paretocli.check("vlmop2").problem == "vlmop2"
    broken = paretocli.check(diverging(point_of_no_return=True))
    assert broken.failures
    with pytest.raises(paretocli.InputError, match="There is no argument 'tasks'"):
        paretocli.check(pictures(), tasks=3)


def test_nothing_is_said_without_progress(capfd):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        paretocli.sweep("vlmop2", points=2, out="a", **QUICK)
        assert capfd.readouterr() == ("", "")
        paretocli.sweep("vlmop2", points=2, out="b", **(QUICK | {"progress": True}))
    out, err = capfd.readouterr()
    assert (out, "point 1 (" in err) == ("", True)
