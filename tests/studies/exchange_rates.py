"""How good exchange rates are: what they say of the points beside a point, and what was measured.

    python -m tests.studies.exchange_rates FOLDER

Sweeps go into the folder, which takes a quarter of an hour; a second run reads what is there. Each
way to estimate the front's normal n is asked of every point of a front whose relative gap is small:
with a point beside it the training losses change by Δf, better in f_a; on the front the gain
−n_a Δf_a is the cost Σ_{j≠a} n_j Δf_j. The table has how often both have the same sign, and
quartiles of gain over cost. Points next better and next worse in each objective are counted; the
program looks at the better ones only, before it shows rough rates.
"""

import os
import sys
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file
from torch import nn

import paretocli
from paretocli.core.placing import placed_function
from paretocli.core.problem import Defaults, Problem, Samples, Task
from paretocli.front.exchange import Exchange
from paretocli.front.normal import LARGEST_GAP, LARGEST_STATIONARITY, front_normal
from paretocli.front.results import Results, read_results
from paretocli.front.selection import front_of, losses_of, next_better
from paretocli.population.population import Population
from paretocli.problems.loading import load_problem
from paretocli.run_directory.box import read_normalisation
from paretocli.run_directory.history import history_files, read_history_lines
from paretocli.run_directory.points import read_record
from paretocli.run_directory.sweep_file import SweepFile, read_sweep_file
from paretocli.sweeping.reopened import reopened
from paretocli.sweeping.sweep_network import (
    fresh_network,
    network_layers,
    pattern_of,
    sparsity_objective,
)
from paretocli.training import certificate

SEEDS = range(5)
CPU = torch.device("cpu")
AVERAGED = (3, 5, 10)


class OneAnswer(nn.Module):
    """One number for two tasks, which want different ones: there is no serving both."""

    def __init__(self, hidden: int) -> None:
        super().__init__()
        deep = (nn.Linear(8, hidden), nn.ReLU(), nn.Linear(hidden, 1)) if hidden else ()
        self.body = nn.Sequential(*deep) if deep else nn.Linear(8, 1)

    def forward(self, inputs):
        return [self.body(inputs)[:, 0]] * 2


def squares(output, target):
    return ((output - target) ** 2).mean()


def one_answer(hidden: int) -> Problem:
    """Two noisy targets of eight inputs: linear, or sines where the network has a layer more."""
    generator = torch.Generator().manual_seed(0)
    first = torch.randn(8, generator=generator)
    second = first + torch.randn(8, generator=generator)

    def split(size: int) -> Samples:
        inputs = torch.randn(size, 8, generator=generator)
        targets = []
        for direction in (first, second):
            clean = inputs @ direction / 8**0.5
            noise = 0.3 * torch.randn(size, generator=generator)
            targets.append((torch.sin(2 * clean) if hidden else clean) + noise)
        return Samples(inputs, tuple(targets))

    name = "mlp" if hidden else "linear"
    return Problem(
        name="one_answer",
        tasks=[Task(name, squares, lower_bound=0.0) for name in "ab"],
        train=split(2000),
        val=split(1000),
        test=split(1000),
        networks={name: lambda: OneAnswer(hidden)},
        generic=False,
        defaults=Defaults(network=name, points=9, epochs=30, batch_size=32, lr=0.02),
    )


CASES: dict[str, tuple[Problem | str, dict[str, Any]]] = {
    "linear": (one_answer(0), {"sparsity": False, "points": 9}),
    "perceptron": (one_answer(32), {"sparsity": False, "points": 9}),
    "plain": ("multidigits", {"network": "hps", "sparsity": False, "points": 9}),
    "sparse": ("multidigits", {"network": "hps", "points": 15}),
}


def made(folder: Path, case: str, seed: int) -> Path:
    """The sweep of a case, trained if it is not there."""
    path = folder / f"{case}-{seed}"
    if not (path / "results.csv").exists():
        problem, options = CASES[case]
        runtime = {"threads": 1, "jobs": 1, "progress": False}
        paretocli.sweep(problem, seed=seed, out=path, **options, **runtime)
    return path


def gramian(sweep: SweepFile, problem: Problem, points: list[int]) -> Iterator[np.ndarray]:
    """The inner products (m, m) of the objectives' gradients, over all training data."""
    config = reopened(sweep, problem, None, {"threads": 1}).config
    prepare, train = placed_function(problem.prepare, CPU), problem.splits()["train"]
    for point in points:
        network = fresh_network(config.network, config.init, problem, config.seed)
        network.load_state_dict(load_file(sweep.path / "points" / f"{point:04d}.safetensors"))
        pattern = pattern_of(network, network_layers(network, problem), 1, CPU)
        sparsity = sparsity_objective(config, network, problem)
        population = Population(network, tuple(problem.tasks), 1, device=CPU, stacked=False)
        population.train(False)
        found = [
            certificate.task_gradient(population, train, prepare, task, problem.evaluation_batch)
            for task in range(len(problem.tasks))
        ]
        if sparsity is not None:
            within = sparsity.within(pattern)
            found.insert(0, certificate._sparsity_gradient(population, within))
        for gradient in found if sparsity is not None else ():
            pattern.project_(gradient)
        rows = torch.stack([torch.cat([g.flatten() for g in one.values()]) for one in found])
        yield (rows.double() @ rows.double().T).detach().numpy()


def nearest_to_stationary(products: np.ndarray) -> np.ndarray:
    """The coefficients c ≥ 0 (m,) whose stationarity is smallest; any scale."""
    norms = np.sqrt(np.diag(products))
    cosines, best = products / np.outer(norms, norms), (np.inf, norms)
    sizes = range(1, len(norms) + 1) if len(norms) <= 6 else (len(norms),)
    for size in sizes:
        for chosen in map(list, combinations(range(len(norms)), size)):
            shares = np.linalg.lstsq(cosines[np.ix_(chosen, chosen)], np.ones(size), rcond=None)[0]
            if (shares > 0).all():
                whole = np.zeros(len(norms))
                whole[chosen] = shares / shares.sum()
                best = min(best, (float(whole @ cosines @ whole), whole), key=lambda one: one[0])
    return best[1] / norms


def normals(sweep: SweepFile, problem: Problem, rows: dict[int, int]) -> dict[int, dict[str, Any]]:
    """By row of the results: the estimates of n (m,) by name, each with its stationarity."""
    note, epsilon = read_normalisation(sweep), sweep.config["epsilon"]
    assert note is not None
    lines = [
        line
        for file, points in history_files(sweep).items()
        for line in read_history_lines(sweep, file, points)
        if line is not None
    ]
    found = {}
    for (row, point), products in zip(
        rows.items(), gramian(sweep, problem, list(rows.values())), strict=True
    ):
        record = read_record(sweep, point)
        assert record is not None
        if not (record["relative_gap"] or 0) <= LARGEST_GAP:
            continue
        search = sweep.config["epochs"] if sweep.config.get("sparsity") else 0
        epochs = [
            line["multipliers"]
            for line in sorted(lines, key=lambda line: line["epoch"])
            if line["point"] == point and search < line["epoch"] <= record["best_epoch"]
        ]
        candidates = {"best epoch": (record["multipliers"], record["stationarity"])}
        candidates |= {f"mean of {n}": (np.mean(epochs[-n:], axis=0), None) for n in AVERAGED}
        candidates["running mean"] = (record["mean_multipliers"], record["mean_stationarity"])
        each = {}
        for name, (multipliers, known) in candidates.items():
            own = front_normal(multipliers, record["weights"], note["scale"], epsilon).values
            each[name] = (own, stationarity(own, products) if known is None else known)
        each["better of both"] = min(each["best epoch"], each["running mean"], key=lambda n: n[1])
        own = nearest_to_stationary(products)
        each["gradients"] = (own, stationarity(own, products))
        found[row] = each
    return found


def stationarity(normal: np.ndarray, products: np.ndarray) -> float:
    """‖Σ n_j ∇f_j‖ / Σ n_j ‖∇f_j‖."""
    return float((normal @ products @ normal) ** 0.5 / (normal @ np.sqrt(np.diag(products))))


def steps(results: Results, front: list[int], row: int) -> list[tuple[int, np.ndarray]]:
    """For the points next better and next worse in each objective a: a and Δf (m,).

    Of two objectives, next worse in one is next better in the other.
    """
    losses, train = losses_of(results, "val")[front], losses_of(results, "train")
    place = front.index(row)
    worse = next_better(-losses, place) if losses.shape[1] > 2 else []
    return [
        (a, train[front[other]] - train[row])
        for found in (next_better(losses, place), worse)
        for a, other in enumerate(found)
        if other is not None
    ]


def gain_over_cost(normal: np.ndarray, a: int, change: np.ndarray) -> float:
    gain = -normal[a] * change[a]
    return float(gain / (normal @ change + gain))


def ratios_of(folder: Path, case: str, problem: Problem) -> dict[str, list[list[float]]]:
    """By the estimate's name, for each point that it is asked of, gain over cost of its steps."""
    ratios: dict[str, list[list[float]]] = {"all points of the fronts": []}
    for seed in SEEDS:
        path = made(folder, case, seed)
        results, sweep = read_results(path), read_sweep_file(path)
        front = np.flatnonzero(front_of(results, "val")[0]).tolist()
        ratios["all points of the fronts"] += [[] for _ in front]
        exchange = Exchange(results, front, "val")
        estimates = normals(sweep, problem, {row: results.point(row) for row in front})
        for row, each in estimates.items():
            beside = steps(results, front, row)
            for name, (normal, rest) in each.items():
                found = [gain_over_cost(normal, a, change) for a, change in beside]
                ratios.setdefault(name, []).append(found)
                if rest <= LARGEST_STATIONARITY / len(normal) ** 0.5:
                    ratios.setdefault(f"{name} *", []).append(found)
                if name == "better of both" and not exchange.at(row).reason:
                    ratios.setdefault("shown", []).append(found)
    return ratios


def row_of(name: str, found: list[list[float]]) -> str:
    """A row of the table."""
    whole = np.array([ratio for ratios in found for ratio in ratios])
    right = whole[whole > 0]
    quartiles = np.quantile(right, [0.25, 0.5, 0.75]) if len(right) else ()
    shown = " ".join(f"{value:.2g}" for value in quartiles)
    return f"    {name:26}{len(found):4}  {f'{len(right)} of {len(whole)}':>10}  {shown}"


def main(folder: Path) -> None:
    print(f"{'':28}points  sign right  gain over cost, quartiles")
    for case, (source, _) in CASES.items():
        data = Path(os.environ.get("PARETOCLI_DATA", "."))
        problem = load_problem(source, data) if isinstance(source, str) else source
        print(case)
        for name, found in sorted(ratios_of(folder, case, problem).items()):
            print(row_of(name, found), flush=True)
    print("* where the stationarity with these multipliers is small; shown: by the program")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
