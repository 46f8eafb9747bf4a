"""Fronts of two overlaid images, measured as papers measure theirs.

    python examples/image_fronts.py runs/images multimnist --seeds 0 --data-dir data

Sweeps each problem with 25 weights and the small LeNet: with the Chebyshev scalarization, with a
weighted sum, and by Pareto manifold learning (mixtures of two networks). Prints two hypervolumes,
on validation and on test data, mean and standard deviation over the seeds:

- accuracy: of both tasks' accuracies, from 0;
- cross-entropy: of both tasks' losses, below the reference point (2, 2).

Validation data chooses the epoch of each point, and the test figures are those of all points at
their epochs. Adam with a learning rate of 0.001 and batches of 256 are what the code of both papers
below has, with 100 epochs (COSMOS) and 10 (Pareto manifold learning); here the learning rate falls
along a cosine.

Run again, it goes on where it stopped. On a GPU all points of a sweep train as one stack, which
leaves most of a large GPU idle: seeds and problems can run side by side, a process each, and the
same command with all of them prints what they found.

Ruchte and Grabocka, *Scalable Pareto Front Approximation for Deep Multi-Objective Learning*,
arXiv 2103.13392; Dimitriadis, Frossard and Fleuret, *Pareto Manifold Learning*, arXiv 2210.09759.
"""

import argparse
import os
from pathlib import Path

import pandas as pd

import paretocli
from paretocli.front.indicators import hypervolume
from paretocli.problems.catalogue import BUILT_IN

PROBLEMS = ("multimnist", "multifashion", "fashionandmnist")
METHODS = {
    "chebyshev": {"solver": "chebyshev"},
    "linear": {"solver": "linear"},
    "manifold": {"solver": "linear", "transfer": "manifold", "manifold_draws": 4},
}
# Options of the sweeps, each of which the command line may change.
SETTINGS = {
    "network": "lenet",
    "points": 25,
    "epochs": 100,
    "batch_size": 256,
    "optimizer": "adam",
    "lr": 1e-3,
    "weight_decay": 0.0,
    "schedule": "cosine",
    "precision": "fp32",
    "device": "auto",
}
LOSSES_BELOW = (2, 2)


def volumes(results, tasks, split):
    """The hypervolumes of accuracy and of cross-entropy of points."""
    errors = 1 - results[[f"accuracy_{task}_{split}" for task in tasks]]
    losses = results[[f"loss_{task}_{split}" for task in tasks]]
    return hypervolume(errors, (1, 1)), hypervolume(losses, LOSSES_BELOW)


def swept(problem, out, **options):
    """A sweep's solved points."""
    fixed = {"sparsity": False, "baselines": False, "evaluate_every": 0}
    run = paretocli.sweep(problem, out=out, **fixed, **options)
    return run.results[run.results["status"] != "failed"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", type=Path, help="where the sweeps go")
    parser.add_argument("problems", nargs="+", choices=PROBLEMS)
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=[*METHODS])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    for name, value in SETTINGS.items():
        flag = f"--{name.replace('_', '-')}"
        parser.add_argument(flag, type=type(value), default=value, help="(%(default)s)")
    parser.add_argument("--train-samples", type=int, help="the first of them alone")
    parser.add_argument("--compile", action="store_true", help="the training step, for a GPU")
    data_dir = os.environ.get("PARETOCLI_DATA", "data")
    parser.add_argument("--data-dir", type=Path, default=data_dir, help="holds MNIST/ and the like")
    given = parser.parse_args()
    shared = (*SETTINGS, "compile", "data_dir")
    options = {name: getattr(given, name) for name in shared}
    if given.train_samples is not None:
        options["train_samples"] = given.train_samples
    rows = []
    for problem in given.problems:
        for method in given.methods:
            for seed in given.seeds:
                out = given.runs / f"{problem}-{method}-{seed}"
                points = swept(problem, out, seed=seed, **METHODS[method], **options)
                for split in ("val", "test"):
                    found = volumes(points, BUILT_IN[problem].tasks, split)
                    rows.append((problem, method, split, seed, len(points), *found))
    named, figures = ["problem", "method", "split"], ["accuracy", "cross-entropy"]
    table = pd.DataFrame(rows, columns=[*named, "seed", "points", *figures])
    table.to_csv(given.runs / "hypervolumes.csv", index=False)
    found = table.groupby(named, sort=False)[figures].agg(["mean", "std"])
    print(found.round(4).to_string(na_rep=""))


if __name__ == "__main__":
    main()
