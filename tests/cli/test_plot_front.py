import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.program import PROGRAM, paretocli

HEADER = (
    "point,status,problem,solver,network,seed,weight_left,weight_right,"
    "loss_left_test,loss_right_test,loss_left_val,loss_right_val,"
    "accuracy_left_test,accuracy_right_test,error\n"
)
ROWS = (
    "0,done,toy,{solver},hps,0,0.1,0.9,0.5,0.1,0.6,0.2,0.8,0.95,\n"
    "1,done,toy,{solver},hps,0,0.9,0.1,0.1,0.5,0.2,0.6,0.95,0.8,\n"
    "2,done,toy,{solver},hps,0,0.5,0.5,0.6,0.6,0.1,0.1,0.7,0.7,\n"
    "3,failed,toy,{solver},hps,0,0.3,0.7,,,,,,,diverged at epoch 2\n"
)

NOTHING_LEFT_OUT = {"incomplete_points": 0, "left_out_points": []}


def run(*arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    return paretocli("plot-front", *arguments, cwd=cwd)


@pytest.fixture
def sweep(tmp_path: Path) -> Path:
    return write(tmp_path / "sweep", "chebyshev")


def write(folder: Path, solver: str, header: str = HEADER) -> Path:
    folder.mkdir()
    (folder / "results.csv").write_text(header + ROWS.format(solver=solver))
    return folder


def test_a_run_directory_gives_a_picture_in_it(sweep, tmp_path):
    done = run("sweep", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "sweep/front.png\n"
    assert done.stderr == "Chebyshev: left out 1 unfinished or failed.\n"
    assert (sweep / "front.png").read_bytes().startswith(b"\x89PNG")


def test_json_says_what_the_picture_shows(sweep, tmp_path):
    write(tmp_path / "rival", "linear")
    done = run("sweep", "rival", "--json", "--quiet", "--out", "both.svg", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    counts = {"points": 3, "front_points": 2, "failed_points": 1} | NOTHING_LEFT_OUT
    assert json.loads(done.stdout) == {
        "picture": "both.svg",
        "columns": ["loss_left_test", "loss_right_test"],
        "better": {"loss_left_test": "lower", "loss_right_test": "lower"},
        "inputs": [
            {"name": "Chebyshev", "path": "sweep/results.csv", **counts},
            {"name": "linear (weighted sum)", "path": "rival/results.csv", **counts},
        ],
    }
    assert (tmp_path / "both.svg").exists()


def test_another_split_has_another_front(sweep, tmp_path):
    done = run(sweep, "--split", "val", "--json", cwd=tmp_path)
    result = json.loads(done.stdout)
    assert result["columns"] == ["loss_left_val", "loss_right_val"]
    assert result["inputs"][0]["front_points"] == 1


def test_accuracies_are_maximised(sweep, tmp_path):
    columns = ["--x", "accuracy_left_test", "--y", "accuracy_right_test"]
    result = json.loads(run(sweep, *columns, "--json", cwd=tmp_path).stdout)
    assert result["inputs"][0]["front_points"] == 2


def test_any_two_columns_of_a_foreign_file(tmp_path):
    (tmp_path / "mine.csv").write_text("cost,profit\n1,1\n2,5\n3,4\n")
    done = run("mine.csv", "--x", "cost", "--y", "profit", "--json", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert 'for "cost" and "profit"; say so for each, as with --minimize cost or' in done.stderr
    told = ["--minimize", "cost", "--maximize", "profit"]
    done = run("mine.csv", "--x", "cost", "--y", "profit", "--json", *told, cwd=tmp_path)
    assert json.loads(done.stdout)["better"] == {"cost": "lower", "profit": "higher"}
    assert json.loads(done.stdout)["inputs"][0]["front_points"] == 2
    assert "profit" not in done.stderr
    assert (tmp_path / "front.png").exists()


def write_sparse(folder: Path, solver: str = "chebyshev") -> Path:
    """A run directory with figures of sparsity, and records of points with their layers."""
    write(folder, solver)
    header, *rows = (folder / "results.csv").read_text().splitlines()
    figures = ["sparsity_rate,parameters_kept", "10,50000", "80,9000", "20,40000", ","]
    lines = [f"{line},{cells}" for line, cells in zip([header, *rows], figures, strict=True)]
    (folder / "results.csv").write_text("\n".join(lines) + "\n")
    (folder / "points").mkdir()
    layer = {"layer": "shared.0", "role": "hidden", "rows": 8, "zero_rows": 4, "shared_rows": 3}
    done = {
        "status": "done",
        "weights": [0.1, 0.9],
        "sparsity": {"sparsity_rate": 50.0, "rows": 8},
        "layers": [layer | {"unique_rows": 2}],
    }
    analytic = {"status": "done", "weights": [0.5, 0.5]}
    for point, record in {0: done, 1: analytic}.items():
        (folder / "points" / f"{point:04d}.json").write_text(json.dumps(record))
    config = {"problem": "toy", "objectives": ["left", "right"]}
    (folder / "sweep.json").write_text(json.dumps({"config": config}))
    return folder


def test_all_tasks_against_one_column(tmp_path):
    write_sparse(tmp_path / "sweep")
    done = run("sweep", "--against", "sparsity_rate", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "sweep/against-sparsity_rate.png\n"
    assert done.stderr == "Chebyshev: left out 1 unfinished or failed.\n"
    assert (tmp_path / done.stdout.strip()).read_bytes().startswith(b"\x89PNG")
    assert not (tmp_path / "sweep" / "front.png").exists()


def test_json_of_all_tasks_against_one_column(tmp_path):
    write_sparse(tmp_path / "sweep")
    write_sparse(tmp_path / "rival", "linear")
    options = ["--against", "parameters_kept", "--json", "--quiet", "--out", "a.svg"]
    done = run("sweep", "rival", *options, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    shared = {
        "points": 3,
        "failed_points": 1,
        **NOTHING_LEFT_OUT,
        "tasks": [
            {"task": "left", "column": "accuracy_left_test", "front_points": 1},
            {"task": "right", "column": "accuracy_right_test", "front_points": 2},
        ],
    }
    assert json.loads(done.stdout) == {
        "picture": "a.svg",
        "columns": ["parameters_kept", "accuracy_left_test", "accuracy_right_test"],
        "better": {
            "parameters_kept": "lower",
            "accuracy_left_test": "higher",
            "accuracy_right_test": "higher",
        },
        "inputs": [
            {"name": "Chebyshev", "path": "sweep/results.csv", **shared},
            {"name": "linear (weighted sum)", "path": "rival/results.csv", **shared},
        ],
    }
    assert (tmp_path / "a.svg").exists()


def test_a_strange_column_gives_a_file_name_and_a_hint(tmp_path):
    table = "my cost/year,weight_a,weight_b,loss_a_test,loss_b_test\n1,0,1,1,2\n2,1,0,2,1\n"
    (tmp_path / "mine.csv").write_text(table)
    done = run("mine.csv", "--against", "my cost/year", cwd=tmp_path)
    assert done.returncode == 2
    assert "say so with --minimize 'my cost/year' or --maximize 'my cost/year'." in done.stderr
    told = ["--minimize", "my cost/year"]
    done = run("mine.csv", "--against", "my cost/year", *told, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "against-my-cost-year.png\n"
    assert done.stderr == ""
    told = ["--maximize", "my cost/year", "--json"]
    done = run("mine.csv", "--against", "my cost/year", *told, cwd=tmp_path)
    assert done.stderr == ""
    tasks = json.loads(done.stdout)["inputs"][0]["tasks"]
    assert [task["front_points"] for task in tasks] == [2, 1]


def write_sized(folder: Path, sizes: tuple[int, int]) -> Path:
    """A run directory of two points that size is an objective of."""
    folder.mkdir()
    tasks = ("left", "right")
    columns = [f"{name}_test" for name in ("loss_sparsity", *(f"loss_{t}" for t in tasks))]
    columns += [f"accuracy_{t}_test" for t in tasks]
    header = f"point,status,weight_sparsity,weight_left,weight_right,{','.join(columns)}"
    rows = ["0,done,0.1,0.45,0.45,0.9,0.1,0.1,0.95,0.9", "1,done,0.5,0.25,0.25,0.3,0.4,0.5,0.8,0.7"]
    lines = [f"{row},{size}" for row, size in zip(rows, sizes, strict=True)]
    (folder / "results.csv").write_text("\n".join([f"{header},compact_parameters", *lines, ""]))
    return folder


def test_where_size_is_an_objective_tasks_are_drawn_against_it(tmp_path):
    write_sized(tmp_path / "sweep", (9000, 400))
    result = json.loads(run("sweep", "--json", cwd=tmp_path).stdout)
    assert result["picture"] == "sweep/front.png"
    assert result["columns"] == ["compact_parameters", "accuracy_left_test", "accuracy_right_test"]
    drawn = (tmp_path / "sweep" / "front.png").read_bytes()
    result = json.loads(run("sweep", "--losses", "--json", cwd=tmp_path).stdout)
    assert result["picture"] == "sweep/losses.png"
    assert result["columns"] == ["loss_sparsity_test", "loss_left_test", "loss_right_test"]
    assert (tmp_path / "sweep" / "front.png").read_bytes() == drawn


def test_of_networks_of_one_size_the_losses_are_drawn(tmp_path):
    write_sized(tmp_path / "sweep", (9000, 9000))
    result = json.loads(run("sweep", "--json", cwd=tmp_path).stdout)
    assert result["picture"] == "sweep/front.png"
    assert result["columns"] == ["loss_sparsity_test", "loss_left_test", "loss_right_test"]


def test_layers_of_one_point(tmp_path):
    write_sparse(tmp_path / "sweep")
    done = run("sweep", "--layers", "0", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "sweep/layers-0.png\n"
    assert done.stderr == ""
    assert (tmp_path / "sweep" / "layers-0.png").read_bytes().startswith(b"\x89PNG")


def test_json_of_the_layers_of_one_point(tmp_path):
    write_sparse(tmp_path / "sweep")
    done = run("sweep", "--layers", "0", "--json", "--out", "a.pdf", cwd=tmp_path)
    assert json.loads(done.stdout) == {
        "picture": "a.pdf",
        "path": "sweep",
        "point": 0,
        "weights": {"left": 0.1, "right": 0.9},
        "sparsity": {"sparsity_rate": 50.0, "rows": 8},
        "layers": [
            {
                "layer": "shared.0",
                "role": "hidden",
                "rows": 8,
                "unshared_rows": 1,
                "shared_rows": 3,
                "zero_rows": 4,
                "unique_rows": 2,
            }
        ],
    }
    assert (tmp_path / "a.pdf").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["sweep", "--against", "sparsity"], "the closest are sparsity_rate"),
        (["sweep", "--against", "solver"], "holds words, not numbers"),
        (["sweep", "--against", "seed", "--x", "point"], "--against does not go with --x and --y"),
        (["sweep", "--against", "seed", "--y", "point"], "--against does not go with --x and --y"),
        (["sweep", "--against", "sparsity_rate", "--layers", "0"], "--against does not go with"),
        (["sweep", "--losses", "--x", "seed", "--y", "seed"], "--losses does not go with --x"),
        (["sweep", "--against", "sparsity_rate", "--split", "train"], "another split than train"),
        (["sweep", "--against", "sparsity_rate", "--maximize", "seed"], "not drawn"),
        (["sweep", "--against", "seed"], "say so with --minimize seed or --maximize seed"),
        (["sweep", "--against", "sparsity_rate", "--out", "a.bmp"], ".png, .svg or .pdf"),
        (["sweep", "sweep", "--against", "sparsity_rate"], "given twice"),
        (["sweep", "--layers", "0", "--x", "seed", "--y", "seed"], "--layers does not go with --x"),
        (["sweep", "--layers", "0", "--split", "val"], "--layers does not go with --split"),
        (["sweep", "--layers", "0", "--maximize", "seed"], "does not go with --maximize"),
        (["sweep", "--layers", "7"], "sweep has no point 7; choose one of those that it has: 0-1"),
        (["sweep", "--layers", "1"], "has no layers"),
        (["sweep", "--layers", "first"], "valid integer"),
        (["sweep", "--layers", "0", "--out", "a.bmp"], ".png, .svg or .pdf"),
        (["sweep/results.csv", "--layers", "0"], "is no run directory"),
        (["nowhere", "--layers", "0"], "nowhere does not exist"),
        (["sweep", "nowhere", "--layers", "0"], "2 paths were given"),
    ],
)
def test_wrong_wishes_are_one_sentence_and_write_nothing(tmp_path, arguments, message):
    write_sparse(tmp_path / "sweep")
    before = sorted(tmp_path.rglob("*"))
    done = run(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("Error: ")
    assert done.stderr.count("\n") == 1
    assert message in done.stderr
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere"], "nowhere does not exist"),
        (["."], "holds no results.csv"),
        (["sweep", "--x", "loss_left_test"], "--x was given without --y"),
        (["sweep", "--y", "loss_left_test"], "--y was given without --x"),
        (["sweep", "--x", "loss_left_tst", "--y", "seed"], "the closest are loss_left_test"),
        (["sweep", "--x", "error", "--y", "seed"], "where a number is needed"),
        (["sweep", "--split", "train"], 'no column "loss_left_train"'),
        (["sweep", "--split", "tset"], "'tset' is not one of 'test', 'val', 'train'"),
        (["sweep", "--maximize", "seed"], "--maximize names"),
        (["sweep", "--minimize", "seed"], '--minimize names "seed", which is not drawn'),
        (["sweep", "--x", "seed", "--y", "loss_left_test"], "not known for"),
        (["sweep", "--out", "front.bmp"], ".png, .svg or .pdf"),
        (["sweep", "--out", "no/such/folder.png"], "cannot be written"),
        (["sweep", "--out", "sweep/results.csv/a.png"], "cannot be written"),
        (["sweep", "--out", "folder.png"], "is a folder"),
        (["sweep", "sweep/results.csv"], "given twice"),
        (["sweep", "other"], "different objectives (left, right against up, down)"),
        (["mine.csv"], "choose two columns with --x and --y"),
        ([], "Missing argument"),
    ],
)
def test_wrong_input_is_one_sentence_and_writes_nothing(sweep, tmp_path, arguments, message):
    other = HEADER.replace("left", "up").replace("right", "down")
    write(tmp_path / "other", "chebyshev", other)
    (tmp_path / "mine.csv").write_text("cost,profit\n1,1\n")
    (tmp_path / "folder.png").mkdir()
    with (sweep / "results.csv").open("a") as file:
        file.write("4,done,toy,chebyshev,hps,0,0.3,0.7,1,1,1,1,1,1,a word\n")
    before = sorted(tmp_path.rglob("*"))
    done = run(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("Error: ")
    assert done.stderr.count("\n") == 1
    assert message in done.stderr
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("kind", ["png", "svg", "pdf"])
def test_names_that_would_steer_a_terminal_do_not(tmp_path, kind):
    write(tmp_path / "sweep", "\x1b[2J")
    write(tmp_path / "rival", "\x00b")
    done = run("sweep", "rival", "--out", f"both.{kind}", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Glyph" not in done.stderr
    assert not {"\x1b", "\x00"} & set(done.stdout + done.stderr)


def test_neither_torch_nor_pyplot_is_imported(tmp_path):
    sweep = write_sparse(tmp_path / "sweep")
    program = (
        "import sys\n"
        "from paretocli.cli.main import main\n"
        "for wish in ([], ['--against', 'sparsity_rate'], ['--layers', '0']):\n"
        "    sys.argv = ['paretocli', 'plot-front', *wish, sys.argv[-1]]\n"
        "    try:\n"
        "        main()\n"
        "    except SystemExit as ended:\n"
        "        assert not ended.code\n"
        "print(*sorted(sys.modules))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(sweep)],
        capture_output=True,
        text=True,
        check=True,
    )
    *pictures, modules = done.stdout.splitlines()
    assert len({*pictures}) == 3
    assert all(Path(picture).exists() for picture in pictures)
    assert "matplotlib.figure" in modules.split()
    assert not {"torch", "torchvision", "matplotlib.pyplot"} & set(modules.split())


def test_help_fits_into_80_columns(tmp_path):
    environment = {"COLUMNS": "80", "PATH": "/usr/bin", "TERM": "dumb"}
    done = subprocess.run(
        [str(PROGRAM), "plot-front", "--help"],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
        env=environment,
    )
    assert max(len(line) for line in done.stdout.splitlines()) <= 80
    assert "…" not in done.stdout
    for option in ("--against", "--losses", "--layers", "--maximize"):
        assert option in done.stdout


def test_help_imports_nothing_heavy(tmp_path):
    program = (
        "import sys\n"
        "from paretocli.cli.main import main\n"
        "sys.argv = ['paretocli', 'plot-front', '--help']\n"
        "try:\n"
        "    main()\n"
        "finally:\n"
        "    print('modules:', *sorted(sys.modules))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    text, _, modules = done.stdout.partition("modules:")
    assert "--maximize" in text
    assert not {"torch", "numpy", "pandas", "matplotlib"} & set(modules.split())
