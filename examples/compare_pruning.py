"""Sparse networks along a path against pruned ones of the same sizes.

    python examples/compare_pruning.py runs/pruning multidigits --network hps
    python examples/compare_pruning.py runs/pruning multimnist --network hps --seeds "0 1 2 3 4" \\
        --train-samples 10000 --epochs 12 --retrain-epochs 4 --relaxed --shares "0.5 0.2 0.1" \\
        --refine "--warm-epochs 2 --warm-retrain-epochs 10" --ways dense

Sweeps a small weight of sparsity, asks for points whose exported networks have 50, 20, 10 and 5 %
of the parameters, each of which starts from a larger one (`paretocli refine --sizes`), and prunes
dense networks to the sizes of all of them, each from the dense one, and each from the next larger
one (`paretocli prune`). A pruned network is retrained for as many epochs as its partner was
trained. The tasks count alike, and their mean accuracy judges. Further options go to every sweep;
run again, it goes on where it stopped.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

import pandas as pd

SLACK = 0.75  # of a share: what is smaller is a point of another one


def paretocli(*arguments: object) -> str:
    """What a command of the program prints."""
    command = [sys.executable, "-m", "paretocli", *map(str, arguments)]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def swept(out: Path, given: argparse.Namespace, options: list[str]) -> int:
    """A sparse sweep and its baselines; the number of parameters of the whole network."""
    command = ["sweep", given.problem, *options, "--warm", "path", "--out", out]
    for weight in map(float, given.sparsity.split()):
        rest = (1 - weight) / given.tasks
        command += ["--weights", ",".join(map(str, [weight, *[rest] * given.tasks]))]
    whole = int(json.loads(paretocli(*command, "--dry-run", "--json", "--quiet"))["parameters"])
    paretocli(*command, "--quiet")
    sizes = ",".join(str(int(share * whole)) for share in map(float, given.shares.split()))
    paretocli("refine", out, "--sizes", sizes, *given.refine.split(), "--quiet")
    for source in given.ways.split():
        paretocli("prune", out, "--from", source, "--out", f"{out}-{source}", "--quiet")
    return whole


def table_of(out: Path) -> pd.DataFrame:
    """The finished points by number, with the mean accuracy and the epochs from the start on."""
    table = pd.read_csv(out / "results.csv").set_index("point")
    for split in ("val", "test"):
        columns = [c for c in table if c.startswith("accuracy_") and c.endswith(f"_{split}")]
        table[split] = table[columns].mean(axis=1)
    table["in_all"] = table["epochs"]
    if "parent" in table:
        for point, parent in table["parent"].dropna().items():  # parents have smaller numbers
            table.loc[point, "in_all"] += table.loc[int(parent), "in_all"]
    return table[table["status"] == "done"]


def point_of(table: pd.DataFrame, whole: int, share: float) -> int | None:
    """The point with a share of the parameters that is best on validation data, if there is one."""
    sizes = table["compact_parameters"] / whole
    fitting = table[(sizes <= share) & (sizes >= SLACK * share)]
    return None if fitting.empty else int(fitting["val"].idxmax())


def compared(out: Path, whole: int, given: argparse.Namespace) -> list[dict[str, object]]:
    """A row for each share: sizes, test accuracies and epochs of a point and its partners."""
    tables = {"sparse": table_of(out)}
    tables |= {way: table_of(Path(f"{out}-{way}")) for way in given.ways.split()}
    rows = []
    for share in map(float, given.shares.split()):
        point = point_of(tables["sparse"], whole, share)
        for name, table in tables.items():
            found = table if name == "sparse" else table[table["partner"] == point]
            if point is None or found.empty:
                continue
            line = found.loc[point] if name == "sparse" else found.iloc[0]
            kept = ("compact_parameters", "val", "test", "epochs", "in_all")
            rows.append({"share": share, "method": name, **{key: line[key] for key in kept}})
    return rows


def main() -> None:
    """Run all sweeps and print what they came to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", type=Path, help="where the sweeps go")
    parser.add_argument("problem", help="as `paretocli sweep` takes it")
    parser.add_argument("--tasks", type=int, default=2, help="how many it has")
    parser.add_argument("--sparsity", default="0.02", help="weights of the sweep")
    parser.add_argument("--shares", default="0.5 0.2 0.1 0.05", help="of the parameters")
    parser.add_argument("--ways", default="dense larger", help="what networks are pruned from")
    parser.add_argument("--refine", default="", help="options of the points that are asked for")
    parser.add_argument("--seeds", default="0")
    given, options = parser.parse_known_args()
    rows = []
    for seed in map(int, given.seeds.split()):
        out = given.runs / f"sparse-{seed}"
        whole = swept(out, given, [*options, "--seed", str(seed)])
        rows += [{"seed": seed, **row} for row in compared(out, whole, given)]
    table = pd.DataFrame(rows)
    print(table.round(4).to_string(index=False))
    if table["seed"].nunique() > 1:
        print("\nTest accuracy over seeds:")
        found = table.groupby(["share", "method"])["test"].agg(["mean", "std", "count"])
        print(found.sort_index(ascending=False).round(4).to_string())


if __name__ == "__main__":
    main()
