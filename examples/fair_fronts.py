"""Fronts of error and unfairness beside those that papers publish, on adult and compas.

    python examples/fair_fronts.py runs/fair adult compas --seeds 0 1 2 3 4 --data-dir data

Sweeps each problem with the default solver and with a weighted sum, each of objectives that are
divided by their ranges and of plain ones; with one network that reads the weights (`--transfer
cosmos`); and trains COSMOS as its paper has it, one network whose inputs hold the weights and whose
losses are pulled to these: 50 epochs and 25 points each. Prints the hypervolume of the test split
at the reference point (2, 2), mean and standard deviation over the seeds, of three pairs of
figures:

- losses: cross-entropy and the smooth difference of equal opportunity, of the whole split;
- counted: cross-entropy and the difference of how many are predicted, by the number of all rows;
- in batches: the same as COSMOS's code reports it, the mean over batches of 256.

Run again, it goes on where it stopped.

Ruchte and Grabocka, *Scalable Pareto Front Approximation for Deep Multi-Objective Learning*,
arXiv 2103.13392.
"""

import argparse
import os
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch.nn.functional import cosine_similarity

import paretocli
from paretocli.front.indicators import hypervolume
from paretocli.problems import adult, compas

PROBLEMS = {"adult": adult.make, "compas": compas.make}
REFERENCE = (2, 2)
LEAST_ANGLE = 0.1  # of the weights that COSMOS is asked for
CONCENTRATION, PULL = 0.5, 0.01  # of the weights that are drawn, and towards them
PAIRS = ("losses", "counted", "in batches")
SWEEPS = {
    "chebyshev": {"solver": "chebyshev"},
    "chebyshev, no scale": {"solver": "chebyshev", "scale": "none"},
    "weighted sum": {"solver": "linear"},
    "weighted sum, no scale": {"solver": "linear", "scale": "none"},
    "one network": {
        **{"transfer": "cosmos", "solver": "linear", "scale": "none"},
        **{"dirichlet": CONCENTRATION, "cosmos_pull": PULL, "manifold_draws": 1},
    },
}


def figures(problem, logits, split="test"):
    """Both objectives of one network, as each of the pairs has them (3, 2)."""
    label, fair = problem.tasks
    target = getattr(problem, split).targets

    def measured(part):
        mine = tuple(
            one[part] if torch.is_tensor(one) else {name: of[part] for name, of in one.items()}
            for one in target
        )
        error = float(label.loss(logits[part], mine[0]))
        losses = float(fair.loss(logits[part], mine[1]))
        counted = float(fair.metrics["counted_difference"].function(logits[part], mine[1]))
        return (error, losses), (error, counted)

    whole = measured(slice(None))
    batches = [measured(part)[1] for part in torch.arange(len(logits)).split(256)]
    return np.array([*whole, np.mean(batches, axis=0)])


def volumes(fronts):
    """The hypervolume of each pair, of points (N, 3, 2)."""
    table = np.array(fronts)
    return [hypervolume(table[:, pair], REFERENCE) for pair in range(len(PAIRS))]


def swept(problem, data_dir, out, **options):
    """What a sweep's networks come to."""
    options = {"sparsity": False, "baselines": False, "data_dir": data_dir, **options}
    paretocli.sweep(problem.name, out=out, **options)
    run = paretocli.load_run(out, problem=problem)  # which is read once then
    found = []
    for _, point in run.results.iterrows():
        with torch.no_grad():
            found.append(figures(problem, run.network(point)(problem.test.inputs)[0]))
    return volumes(found)


def with_weights(network, inputs, weights):
    """Logits (B, 2) of a network whose last inputs are the weights."""
    return network(torch.cat([inputs, weights.expand(len(inputs), -1)], dim=1))


def cosmos(problem, seed, epochs, points):
    """What COSMOS comes to, at the epoch of every fifth that is best on validation data."""
    torch.manual_seed(seed)
    train, tasks = problem.train, problem.tasks
    network = torch.nn.Sequential(
        torch.nn.Linear(train.inputs.shape[1] + 2, 60),
        torch.nn.ReLU(),
        torch.nn.Linear(60, 25),
        torch.nn.ReLU(),
        torch.nn.Linear(25, 2),
    )
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
    drawn = torch.distributions.Dirichlet(torch.full((2,), CONCENTRATION))
    best, found = -1.0, []
    for epoch in range(1, epochs + 1):
        for rows in torch.randperm(len(train)).split(256):
            batch, weights = train.rows(rows), drawn.sample()
            logits = with_weights(network, batch.inputs, weights)
            pairs = zip(tasks, batch.targets, strict=True)
            losses = torch.stack([task.mean_loss(logits, target) for task, target in pairs])
            optimizer.zero_grad()
            towards = cosine_similarity(losses, weights, dim=0)
            (weights @ losses - PULL * towards).backward()
            optimizer.step()
        if epoch % 5 == 0 or epoch == epochs:
            volume = volumes(rays(problem, network, points, "val"))[0]
            if volume > best:
                best, found = volume, volumes(rays(problem, network, points, "test"))
    return found


def rays(problem, network, points, split):
    """The figures of so many weights, whose angles are evenly spaced."""
    angles = torch.linspace(LEAST_ANGLE, torch.pi / 2 - LEAST_ANGLE, points)
    inputs = getattr(problem, split).inputs
    with torch.no_grad():
        found = []
        for ray in torch.stack([angles.cos(), angles.sin()], dim=1):
            logits = with_weights(network, inputs, ray / ray.sum())
            found.append(figures(problem, logits, split))
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", type=Path, help="where the sweeps go")
    parser.add_argument("problems", nargs="+", choices=PROBLEMS)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--epochs", type=int, default=50)
    parser.add_argument("--points", type=int, default=25)
    data_dir = os.environ.get("PARETOCLI_DATA", "data")
    parser.add_argument("--data-dir", type=Path, default=data_dir, help="holds tables/")
    given = parser.parse_args()
    size, rows = {"epochs": given.epochs, "points": given.points}, []
    for name in given.problems:
        problem = PROBLEMS[name](given.data_dir)
        for seed in given.seeds:
            for method, options in SWEEPS.items():
                out = given.runs / f"{name}-{method.replace(', ', '-').replace(' ', '-')}-{seed}"
                found = swept(problem, given.data_dir, out, seed=seed, **options, **size)
                rows.append((name, method, *found))
            rows.append((name, "cosmos", *cosmos(problem, seed, **size)))
    table = pd.DataFrame(rows, columns=["problem", "method", *PAIRS])
    table.to_csv(given.runs / "hypervolumes.csv", index=False)
    found = table.groupby(["problem", "method"], sort=False).agg(["mean", "std"])
    print(found.round(4).to_string())


if __name__ == "__main__":
    main()
