"""`paretocli compare`, on sweeps written by hand and on real ones."""

import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from rich.table import Table
from scipy.stats import ttest_rel

from paretocli.cli.main import main
from paretocli.cli.tables import as_text
from paretocli.front.indicators import share_of_box
from tests.exact import CURVES, exact_points
from tests.program import files_below, paretocli
from tests.runs import write_run

FRONTS = {
    "chebyshev": [[0.25, 0.625], [0.375, 0.375], [0.625, 0.25]],
    "linear": [[0.25, 0.75], [0.5, 0.5], [0.75, 0.25]],
    "mgda": [[0.5, 0.5]],
}


def write(folder, *, seeds=3, **settings):
    """Three methods with seeds that make each a little worse, and not all by as much."""
    for k, (solver, front) in enumerate(FRONTS.items()):
        for seed in range(seeds):
            losses = np.array(front) + seed * (0.01 + 0.003 * k)
            box = {"reference": [1.0 + seed, 1.0]}
            known = {"metrics": {"accuracy_f1_val": 1 - losses[:, 0], "mystery": losses[:, 1]}}
            known |= {"seed": seed, "solver": solver} | box | settings
            write_run(folder / f"{solver}-{seed}", losses, **known)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    write(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run(monkeypatch, capfd):
    """Call the program's `main` in this process: starting it takes seconds."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["paretocli", "compare", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        shown = capfd.readouterr()
        return ended.value.code, shown.out, shown.err

    return run


ALL = [f"{solver}-{seed}" for solver in FRONTS for seed in range(3)]


def test_the_table_and_what_it_says(folder):
    before = files_below(folder)
    done = paretocli("compare", *ALL, cwd=folder)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert max(map(len, done.stdout.splitlines())) <= 80
    shares = {
        solver: [
            share_of_box(np.array(front) + seed * (0.01 + 0.003 * k), [0, 0], [1, 1])
            for seed in range(3)
        ]
        for k, (solver, front) in enumerate(FRONTS.items())
    }
    raw = [ttest_rel(shares["chebyshev"], shares[name]).pvalue for name in ("linear", "mgda")]
    corrected = np.maximum.accumulate(np.sort(raw) * [2, 1])
    corrected = dict(zip(np.array(["linear", "mgda"])[np.argsort(raw)], corrected, strict=True))
    for solver, values in shares.items():
        (line,) = [
            text for text in done.stdout.splitlines() if text.startswith(solver) and "±" in text
        ][:1]
        assert f"{np.mean(values):.4f} ± {np.std(values, ddof=1):.4f}" in line
        if solver != "chebyshev":
            p = corrected[solver]
            assert line.endswith("<0.0001" if p < 1e-4 else f"{p:.4f}")
    words = " ".join(done.stdout.split())
    for sentence in (
        "Measured: losses on the validation data; mean ± standard deviation over the seeds.",
        "(f1 0 to 1, f2 0 to 1; as stored in chebyshev-0)",
        "go by the 3 non-dominated points of all 9 sweeps together",
        "paired by seed; Holm's correction over 2 methods.",
    ):
        assert sentence in words
    assert files_below(folder) == before


def test_no_torch_is_needed(folder):
    script = (
        "import sys\n"
        "from paretocli.cli.main import main\n"
        "sys.argv = ['paretocli', 'compare', 'chebyshev-0', 'linear-0', '--out', 'a.png']\n"
        "try:\n    main()\n"
        "finally:\n    print('TORCH', 'torch' in sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, cwd=folder
    )
    assert done.stdout.splitlines()[-2:] == ["Written: a.png", "TORCH False"]


FIGURES = (
    *("hypervolume", "igd_plus", "epsilon", "fill_distance", "span"),
    *("front_points", "seconds"),
)


def test_json_and_csv_agree(folder, run):
    code, out, err = run(*ALL, "--json", "--csv", "table.csv", "--out", "a.svg", "--on", "test")
    assert (code, err) == (0, "")
    report = json.loads(out)
    table = pd.read_csv("table.csv")
    assert (report["split"], report["picture"], report["csv"]) == ("test", "a.svg", "table.csv")
    assert report["columns"] == [{"name": f"loss_f{j}_test", "better": "lower"} for j in (1, 2)]
    assert report["reference_point"] == [1.0, 1.0]
    assert report["reference_point_from"] == report["ideal_from"] == "stored"
    assert report["reference_set_points"] == 3
    assert report["exact"] is True
    assert (report["true_front"], report["largest_hypervolume"]) == (False, None)
    assert len(table) == 9
    assert (table["split"] == "test").all()
    assert (table[["ideal_f1", "ideal_f2"]] == 0).all(axis=None)
    assert (table[["reference_f1", "reference_f2"]] == 1).all(axis=None)
    for method in report["methods"]:
        rows = table[table["method"] == method["name"]]
        assert rows["seed"].tolist() == method["seeds"] == [0, 1, 2]
        assert rows["directory"].tolist() == method["directories"]
        for name in FIGURES:
            assert method[name]["mean"] == pytest.approx(rows[name].mean())
            assert method[name]["std"] == pytest.approx(rows[name].std(ddof=1))
            assert [one[name] for one in method["sweeps"]] == pytest.approx(rows[name].tolist())
    chebyshev, linear, mgda = report["methods"]
    assert (chebyshev["test"], chebyshev["p_value"]) == (None, None)
    assert linear["test"] == "paired"
    assert 0 < linear["p_value"] < 0.05
    # One point has no gaps.
    assert mgda["spread"] == {"mean": None, "std": None, "count": 0}
    assert table[table["method"] == "mgda"]["spread"].isna().all()
    assert (mgda["span"]["mean"], mgda["sweeps"][0]["spread"]) == (0.0, None)


def test_a_single_seed_has_no_deviation_and_no_test(folder, run):
    code, out, _ = run("chebyshev-0", "linear-0", "linear-1")
    assert code == 0
    words = " ".join(out.split())
    assert "No test of the differences is possible: it takes at least two seeds of the fi" in words
    assert " p" not in out.splitlines()[0]
    code, out, _ = run("chebyshev-0", "linear-0")
    assert "±" not in out
    code, out, _ = run("chebyshev-0", "linear-0", "linear-1", "--json")
    chebyshev, linear = json.loads(out)["methods"]
    assert chebyshev["hypervolume"]["std"] is None
    assert linear["hypervolume"]["std"] > 0
    assert linear["p_value"] is None


def test_who_could_not_be_tested_is_named(folder, run):
    _, out, _ = run(*ALL[:3], "linear-0", "mgda-0", "mgda-1")
    words = " ".join(out.split())
    assert (
        "the first method, Welch's for want of the same seeds; Holm's correction over 1 " in words
    )
    assert "Not possible with one seed: linear." in words
    _, out, _ = run(*ALL[:3], *ALL[3:6], "mgda-0", "mgda-1")
    assert "paired by seed, or Welch's for want of the same seeds, for mgda" in " ".join(
        out.split()
    )


def test_one_method_alone_has_its_figures(folder, run):
    code, out, _ = run(*ALL[:3])
    assert code == 0
    assert "No test: there is one method." in out


def test_a_reference_point_of_ones_own(folder, run):
    _, out, _ = run(*ALL, "--reference", "2,4", "--ideal=-1,0", "--json")
    report = json.loads(out)
    assert (report["ideal"], report["reference_point"]) == ([-1, 0], [2, 4])
    found = report["methods"][0]["sweeps"][0]["hypervolume"]
    assert found == pytest.approx(share_of_box(FRONTS["chebyshev"], [-1, 0], [2, 4]))
    _, out, _ = run(*ALL, "--reference", "2,4")
    assert "the ideal as stored in chebyshev-0, the reference point as given" in " ".join(
        out.split()
    )


def test_the_first_directory_as_given_has_the_reference_point(folder, run):
    """Seeds are sorted in the output, but the box is that of what was named first."""
    _, out, _ = run("chebyshev-2", "chebyshev-0", "linear-0")
    assert "(f1 0 to 3, f2 0 to 1; as stored in chebyshev-2)" in " ".join(out.split())
    report = json.loads(run("chebyshev-2", "chebyshev-0", "linear-0", "--json")[1])
    assert report["methods"][0]["seeds"] == [0, 2]
    assert (report["reference_point"], report["stored_in"]) == ([3.0, 1.0], "chebyshev-2")


def test_columns(folder, run):
    _, out, _ = run(*ALL, "--columns", "accuracy_f1,f2")
    words = " ".join(out.split())
    assert (
        "Measured: accuracy_f1_val (higher is better), loss_f2_val (lower is better); mean" in words
    )
    assert "around the common front" in words
    _, out, _ = run(*ALL, "--columns", "accuracy_f1,f2", "--json", "--csv", "t.csv")
    report = json.loads(out)
    # The common front is that of chebyshev's first seed.
    assert report["ideal"] == pytest.approx([0.75, 0.25])
    assert report["reference_point"] == pytest.approx([0.375 - 0.0375, 0.625 + 0.0375])
    assert report["reference_point_from"] == "union"
    table = pd.read_csv("t.csv")
    assert table["reference_accuracy_f1_val"].tolist() == pytest.approx([0.3375] * 9)
    given = ("--ideal", "1,0", "--reference", "0,1")
    _, out, _ = run(*ALL, "--columns", "accuracy_f1,f2", *given, "--json")
    _, losses, _ = run(*ALL, "--json")
    # Accuracies of 1 − loss in the same box are as good as losses.
    for one, two in zip(json.loads(out)["methods"], json.loads(losses)["methods"], strict=True):
        assert one["hypervolume"]["mean"] == pytest.approx(two["hypervolume"]["mean"])
        assert one["p_value"] == pytest.approx(two["p_value"])


@pytest.mark.parametrize(
    ("columns", "split"),
    [
        ("loss_f1_test,loss_f2_test", "test"),
        ("loss_f1_test,accuracy_f2_val", None),
        ("loss_f1_test,parameters_kept", "test"),
        ("gap,parameters_kept", None),
        ("f1,f2", "val"),
    ],
)
def test_the_split_is_that_of_the_columns(tmp_path, run, monkeypatch, columns, split):
    monkeypatch.chdir(tmp_path)
    metrics = {"accuracy_f2_val": [0.5, 0.75], "parameters_kept": [2, 1], "gap": [1, 2]}
    write_run(tmp_path / "a", [[0.25, 0.5], [0.5, 0.25]], metrics=metrics)
    _, out, _ = run("a", "--columns", columns, "--json", "--csv", "t.csv")
    assert json.loads(out)["split"] == split
    assert pd.read_csv("t.csv", keep_default_na=False)["split"].tolist() == [split or ""]


def test_columns_in_common_compare_sweeps_of_other_objectives(folder, run):
    table = pd.read_csv(folder / "linear-0" / "results.csv")
    config = {"solver": "linear", "objectives": ["f1", "f2", "f3"], "seed": 7}
    metrics = {"accuracy_f1_val": 1 - table["loss_f1_val"], "mystery": table["loss_f2_val"]}
    losses = np.column_stack([table[["loss_f1_val", "loss_f2_val"]], [0.5] * 3])
    write_run(folder / "three", losses, metrics=metrics, **config)
    code, _, err = run("chebyshev-0", "three")
    assert code == 2
    assert "three has the objectives f1, f2, f3, but chebyshev-0 has f1, f2" in err
    code, out, _ = run("chebyshev-0", "three", "--columns", "accuracy_f1,f2", "--json")
    assert code == 0
    assert len(json.loads(out)["methods"]) == 2


def test_hints_say_what_was_left_out(folder, run):
    losses = [[2.5, 2.5]]
    code = {"data": {"source": "1"}}
    metrics = {"accuracy_f1_val": [0.5], "mystery": [0.5]}
    write_run(folder / "bad", losses, failed=2, solver="stch", metrics=metrics, **code)
    _, _, err = run("chebyshev-0", "bad")
    assert err.splitlines() == [
        "bad: left out 2 failed.",
        "bad was made from another version of the problem's own file.",
        "stch: no point is better than the reference point in every objective.",
    ]
    assert run("chebyshev-0", "bad", "--quiet")[2] == ""
    cell = pd.read_csv(folder / "linear-0" / "results.csv")
    cell.loc[1, "loss_f1_val"] = np.nan
    cell.to_csv(folder / "linear-0" / "results.csv", index=False)
    said = "linear-0: left out 1 with an empty or infinite loss_f1_val (point 1).\n"
    assert run("chebyshev-0", "linear-0")[2] == said
    cell.loc[1, "loss_f1_val"] = -np.inf
    cell.to_csv(folder / "linear-0" / "results.csv", index=False)
    _, out, err = run("chebyshev-0", "linear-0", "--json")
    assert err == said
    methods = json.loads(out)["methods"]
    assert [method["sweeps"][0]["left_out_points"] for method in methods] == [[], [1]]


def test_an_unknown_direction_is_asked_for(folder, run):
    for name, quality in (("chebyshev-0", 1.0), ("linear-0", 2.0)):
        file = folder / name / "results.csv"
        table = pd.read_csv(file)
        table["distance_to_iou_f1_val"] = quality * table["loss_f1_val"]
        table.to_csv(file, index=False)
    columns = ["--columns", "distance_to_iou_f1,f2"]
    code, out, err = run("chebyshev-0", "linear-0", *columns)
    assert (code, out) == (2, "")
    named = "distance_to_iou_f1_val"
    assert f"say so with --minimize {named} or --maximize {named}." in err
    for option, better, box in (
        ("--minimize", "lower", ["--ideal=-1,-1", "--reference=9,9"]),
        ("--maximize", "higher", ["--ideal=9,-1", "--reference=-1,9"]),
    ):
        said = [option, "distance_to_iou", *box, "--json"]
        code, out, err = run("chebyshev-0", "linear-0", *columns, *said)
        assert code == 0, err
        found = {one["name"]: one["better"] for one in json.loads(out)["columns"]}
        assert found == {named: better, "loss_f2_val": "lower"}
    assert "go with --columns" in run("chebyshev-0", "--maximize", "f2")[2]
    assert "which is not measured" in run("chebyshev-0", *columns, "--minimize", "x")[2]


def test_tiny_hypervolumes_keep_their_digits(tmp_path, run, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for seed in range(2):
        write_run(tmp_path / f"a{seed}", [[0.99 - 0.001 * seed] * 4], seed=seed)
    _, out, _ = run("a0", "a1")
    values = np.array([0.01**4, 0.011**4])
    assert f"{values.mean():.1e} ± {values.std(ddof=1):.1e}" in out


CASES = {
    "not finished": (["chebyshev-0", "part"], "part is not finished: 1 of 4 points have no res"),
    "not a run directory": (["chebyshev-0", "nowhere"], "nowhere is not a directory; give run"),
    "another problem": (["chebyshev-0", "foreign"], "foreign is of the problem other, but cheb"),
    "other data": (
        ["chebyshev-0", "data"],
        "chebyshev-0 and data were made from other data: the checksums of the test split differ",
    ),
    "twice": (["chebyshev-0", "chebyshev-0"], "are the same sweep with the same seed (0)"),
    "other boxes": (
        ["chebyshev-0", "linear-0", "box"],
        "chebyshev-0 and box have the same seed (0), but the stored reference point of f2 is 1 in "
        "one and 1.5 in the other; give one for all with --reference.",
    ),
    "nonsense as a reference point": (
        [*ALL, "--reference", "1;1"],
        "--reference should be numbers separated by commas, as in --reference 1,1; found 1;1.",
    ),
    "an infinite ideal": ([*ALL, "--ideal", "inf,0"], "--ideal should be numbers separated by co"),
    "too few numbers": ([*ALL, "--reference", "1"], "--reference should hold 2 numbers, for loss"),
    "a reference point below the ideal": (
        [*ALL, "--reference", "1,-1"],
        "The reference point of loss_f2_val should be worse than its ideal (0), found -1",
    ),
    "an unknown direction": (
        [*ALL, "--columns", "accuracy_f1,mystery"],
        'better is not known for "mystery"',
    ),
    "an unknown column": ([*ALL, "--columns", "f1,acuracy_f2"], 'numbers "acuracy_f2"; the clos'),
    "training losses": ([*ALL, "--on", "train"], "'--on'"),
    "a picture that is none": ([*ALL, "--out", "a.txt"], "a.txt should end in .png, .svg or .pdf"),
    "a table nowhere": (
        [*ALL, "--csv", "no/t.csv"],
        "Table no/t.csv cannot be written (No such file or directory); make its folder writable, "
        "or choose another place with --csv.",
    ),
    "a folder as a table": ([*ALL, "--csv", "box"], "Table box is a folder; give the name of a f"),
}


@pytest.mark.parametrize("case", CASES)
def test_refusals(case, folder, run):
    arguments, said = CASES[case]
    losses = FRONTS["linear"]
    write_run(folder / "part", losses, missing=1, solver="stch")
    write_run(folder / "foreign", losses, problem="other")
    write_run(folder / "data", losses, seed=9, data={"test": "9"})
    write_run(folder / "box", losses, solver="stch", reference=[1.0, 1.5])
    before = files_below(folder)
    # What could be written must not be, either.
    outputs = ["--csv", "t.csv", "--out", "p.png"]
    given = [option for option in outputs[::2] if option in arguments]
    more = [] if given else outputs
    code, out, err = run(*arguments, *more)
    assert code == 2, err
    assert out == ""
    assert len(err.strip().splitlines()) == 1, err
    assert said in err
    assert files_below(folder) == before


@pytest.fixture(scope="module")
def vlmop2(tmp_path_factory):
    folder = tmp_path_factory.mktemp("vlmop2")
    for solver in ("chebyshev", "linear"):
        sweep = ("sweep", "vlmop2", "--points", 5, "--solver", solver, "--out", solver)
        done = paretocli(*sweep, cwd=folder)
        assert done.returncode == 0, done.stderr
    return folder


def test_chebyshev_is_ahead_by_what_the_exact_fronts_predict(vlmop2, run, monkeypatch):
    """On the concave front a weighted sum finds the two ends alone.

    Where every coordinate of every point is off by at most d, the share of a box of sides 1.1 is
    off by at most 2 d / 1.1. Points of both solvers come closer than 1e-5 to the exact ones.
    """
    monkeypatch.chdir(vlmop2)
    code, out, _ = run("chebyshev", "linear", "--json")
    assert code == 0
    report = json.loads(out)
    found = [method["hypervolume"]["mean"] for method in report["methods"]]
    config = json.loads((vlmop2 / "chebyshev" / "sweep.json").read_text())["config"]
    weights, corners = np.array(config["weights"]), ([0, 0], report["reference_point"])
    assert corners[1] == pytest.approx([1.1, 1.1])
    front, low, high = CURVES["vlmop2"]
    curve = np.stack([front(place) for place in np.linspace(low, high, 100_001)])
    exact = [
        exact_points("vlmop2", weights, config["epsilon"]),
        curve[(curve @ weights.T).argmin(axis=0)],
    ]
    shares = [share_of_box(points, *corners) for points in exact]
    for one, other in zip(found, shares, strict=True):
        assert one == pytest.approx(other, abs=2e-5 / 1.1)
    assert found[0] - found[1] == pytest.approx(shares[0] - shares[1], abs=4e-5 / 1.1)
    assert found[0] - found[1] > 0.16
    chebyshev, linear = report["methods"]
    # Two heaps of points from end to end, against points all along.
    assert linear["span"]["mean"] > 0.99
    assert linear["spread"]["mean"] > 1.2
    assert chebyshev["spread"]["mean"] < 0.5


def test_indicators_of_real_sweeps_are_those_of_moocore(vlmop2, run, monkeypatch):
    import moocore

    monkeypatch.chdir(vlmop2)
    names = ("chebyshev", "linear")
    table, fronts = None, {}
    assert run(*names, "--on", "test", "--csv", vlmop2 / "t.csv")[0] == 0
    table = pd.read_csv(vlmop2 / "t.csv").set_index("method")
    for name in names:
        raw = pd.read_csv(vlmop2 / name / "results.csv")[["loss_f1_test", "loss_f2_test"]]
        fronts[name] = raw.to_numpy() / 1.1
    union = moocore.filter_dominated(np.concatenate(list(fronts.values())))
    for name, front in fronts.items():
        row = table.loc[name]
        assert row["hypervolume"] == pytest.approx(moocore.hypervolume(front, ref=[1, 1]))
        assert row["igd_plus"] == pytest.approx(moocore.igd_plus(front, ref=union))
        assert row["epsilon"] == pytest.approx(moocore.epsilon_additive(front, ref=union))
        assert row["front_points"] == moocore.is_nondominated(front, keep_weakly=True).sum()


def test_the_name_of_a_method_is_shown_as_it_is():
    table = Table("method")
    table.add_row("run[a] :x:")
    assert "run[a] :x:" in as_text(table)


def test_folds_of_one_method_are_averaged_and_not_tested(tmp_path, monkeypatch, run):
    for k in range(2):
        data = dict.fromkeys(("train", "val", "test"), f"{k}")
        write(tmp_path / f"fold-{k}", seeds=1, set={"fold": k}, data=data)
    monkeypatch.chdir(tmp_path)
    paths = [f"fold-{k}/{solver}-0" for solver in FRONTS for k in range(2)]
    code, shown, _ = run(*paths, "--csv", "table.csv", "--out", "picture.svg")
    assert code == 0
    assert shown.splitlines()[0].split() == ["method", "hypervolume", "↑", "IGD+", "↓", "ε", "↓"]
    assert "seconds ↓  folds" in shown
    assert "standard deviation over the\nfolds." in shown
    assert "the training data of folds overlap" in shown
    assert pd.read_csv("table.csv")["fold"].tolist() == [0, 1] * 3
    assert "(2 folds)" in (tmp_path / "picture.svg").read_text()
    _, shown, _ = run(*paths, "--json")
    found = json.loads(shown)["methods"]
    assert [one["folds"] for one in found] == [[0, 1]] * 3
    assert {one["p_value"] for one in found} == {None}
    assert found[0]["hypervolume"]["count"] == 2


def test_baselines_are_shown_below(folder, run):
    data = json.loads((folder / "mgda-0" / "sweep.json").read_text())["data"]
    figures = {f"accuracy_f1_{split}": 0.6 for split in ("val", "test")}
    for name in ALL:
        table = pd.read_csv(folder / name / "results.csv")
        table.assign(accuracy_f1_test=table["accuracy_f1_val"]).to_csv(
            folder / name / "results.csv", index=False
        )
    note = {
        "recipe": 1,
        "data": data,
        "baselines": [{"name": "trees", "figures": figures}],
        "notes": [],
    }
    (folder / "mgda-0" / "baselines.json").write_text(json.dumps(note))
    code, shown, _ = run(*ALL)
    assert code == 0
    last = shown.split("\n\n")[-2:]
    (row,) = (line for line in last[0].splitlines() if line.startswith("boosted trees"))
    assert row.split() == ["boosted", "trees", "60.00", "%", "–"]
    said = " ".join(last[1].split())
    assert "The point of mgda does not beat the boosted trees in f1 (accuracy " in said
    assert "of chebyshev" not in said
    content = json.loads(run(*ALL, "--json")[1])["baselines"]
    assert content["not_beaten"] == [{"by": "mgda", "baseline": "boosted trees", "tasks": ["f1"]}]
    assert content["rows"][-1]["val"] == [0.6, None]
