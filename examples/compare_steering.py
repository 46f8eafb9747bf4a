"""What warm starts and adaptive placement save: python examples/compare_steering.py --help.

Five sweeps a seed: a lattice from scratch, the same along a path, points that are placed as the
sweep goes on, of which the first start from scratch or along a path too, and a dense point of which
others shrink to sizes in equal factors (`refine --sizes`). Each front is measured by
its hypervolume in two columns: the tasks' mean accuracy, or their mean loss where they have none,
and the logarithm (base 10) of the size of the exported network. What is there already is not run
again. The tables in docs/tutorials/steering.md:

    python examples/compare_steering.py runs/digits multidigits --network hps
    python examples/compare_steering.py runs/mnist multimnist --network mdmtn \\
        --train-samples 10000 --epochs 12 --retrain-epochs 4 --seeds 0
    python examples/compare_steering.py runs/wq mulan:wq
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from paretocli.front.indicators import hypervolume

METHODS = {
    "lattice": [],
    "path": ["--warm", "path"],
    "adaptive": ["--placement", "adaptive", "--warm", "nearest"],
    "adaptive-path": ["--placement", "adaptive", "--warm", "path"],
    "sizes": [],
}
DENSE = 0.005  # the weight of sparsity of the point that others shrink from
ENOUGH = 0.99  # of the hypervolume that the lattice reaches


def run(*arguments: object) -> None:
    """Run a command of the program."""
    command = [sys.executable, "-m", "paretocli", *map(str, arguments), "--quiet"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def swept(out: Path, method: str, known: argparse.Namespace, options: list[str]) -> None:
    """One sweep."""
    if method != "sizes":
        run("sweep", *options, "--points", known.points, *METHODS[method], "--out", out)
        return
    mixture = [DENSE, *[(1 - DENSE) / known.tasks] * known.tasks]
    run("sweep", *options, "--weights", ",".join(map(str, mixture)), "--out", out)
    whole = points_in_order(out)["compact_parameters"].max()
    steps = np.arange(1, known.points) / (known.points - 1)
    sizes = (whole * known.smallest**steps).astype(int)
    run("refine", out, "--sizes", ",".join(map(str, sizes)))


def points_in_order(run: Path) -> pd.DataFrame:
    """The solved points in the order of their rounds: error by split, size and epochs."""
    table = pd.read_csv(run / "results.csv").copy()  # wide ones come in pieces
    rounds = {}
    for file in (run / "points").glob("*.json"):
        record = json.loads(file.read_text())
        rounds[record["point"]] = record.get("round", 0)
    table["round"] = table["point"].map(rounds)
    for split in ("val", "test"):
        accuracies = [c for c in table if c.startswith("accuracy_") and c.endswith(f"_{split}")]
        losses = [c for c in table if c.startswith("loss_") and c.endswith(f"_{split}")]
        losses.remove(f"loss_sparsity_{split}")
        table[split] = (
            1 - table[accuracies].mean(axis=1) if accuracies else table[losses].mean(axis=1)
        )
    return table[table["status"] == "done"].sort_values(["round", "point"])


def volume(points: pd.DataFrame, split: str, reference: dict[str, float]) -> float:
    """The hypervolume (error × decades of size) of the points that validation would choose."""
    sizes = np.log10(points["compact_parameters"])
    worst = [reference["error"], np.log10(reference["size"])]
    chosen = np.column_stack([points["val"], sizes])
    beaten = [((chosen <= row).all(axis=1) & (chosen < row).any(axis=1)).any() for row in chosen]
    shown = np.column_stack([points[split], sizes])[~np.array(beaten)]
    return hypervolume(shown, worst)


def epochs_until(points: pd.DataFrame, enough: float, reference: dict[str, float]) -> float:
    """Epochs of single networks until the validation hypervolume is enough; NaN if it never is."""
    for count in range(1, len(points) + 1):
        if volume(points[:count], "val", reference) >= enough:
            return float(points["epochs"][:count].sum())
    return float("nan")


def main() -> None:
    """Run the sweeps and print what they came to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", type=Path, help="where the sweeps go")
    parser.add_argument("--seeds", default="0 1 2 3 4")
    parser.add_argument("--points", type=int, default=10)
    parser.add_argument("--tasks", type=int, default=2, help="how many the problem has")
    parser.add_argument("--smallest", type=float, default=0.04, help="size, of the dense point's")
    parser.add_argument(
        "--error", type=float, default=0.5, help="of the reference point: 1 - accuracy, or a loss"
    )
    parser.add_argument("--methods", default=" ".join(METHODS))
    known, options = parser.parse_known_args()
    methods = known.methods.split()
    seeds = known.seeds.split()
    for seed in seeds:
        for method in methods:
            seeded = [*options, "--seed", seed]
            swept(known.runs / f"{method}-{seed}", method, known, seeded)
    note = known.runs / "reference.json"
    if not note.exists():  # the same for ever
        first = [points_in_order(known.runs / f"{method}-{seeds[0]}") for method in methods]
        largest = max(points["compact_parameters"].max() for points in first)
        note.write_text(json.dumps({"error": known.error, "size": float(largest)}))
    reference = json.loads(note.read_text())
    rows = []
    for seed in seeds:
        lattice = points_in_order(known.runs / f"lattice-{seed}")
        enough = ENOUGH * volume(lattice, "val", reference)
        if not enough:
            sys.exit(
                f"No point of lattice-{seed} has a validation error below {reference['error']}, so "
                f"nothing can be compared; remove {note} and give a larger --error."
            )
        for method in methods:
            points = points_in_order(known.runs / f"{method}-{seed}")
            rows.append(
                {
                    "method": method,
                    "points": len(points),
                    "epochs": points["epochs"].sum() / lattice["epochs"].sum(),
                    "until 99 %": epochs_until(points, enough, reference) / lattice["epochs"].sum(),
                    "val": volume(points, "val", reference),
                    "test": volume(points, "test", reference),
                }
            )
    table = pd.DataFrame(rows).groupby("method", sort=False)
    size = f"{reference['size']:,.0f} parameters"
    print(f"Hypervolume from an error of {reference['error']} and {size};")
    print("epochs as shares of the lattice's. Means over seeds, then standard deviations.")
    print(table.mean().round(4).to_string())
    print(table.std().round(4).to_string())
    reached = table["until 99 %"].count().to_dict()
    print(f"Seeds that reached 99 % of the lattice's hypervolume: {reached}")


if __name__ == "__main__":
    main()
