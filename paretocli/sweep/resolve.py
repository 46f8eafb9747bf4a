"""From options and a problem to a configuration in which every value is set."""

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np

from paretocli import preferences
from paretocli.config import WEIGHT_OPTIONS, Options, SweepConfig
from paretocli.directories import default_data_dir
from paretocli.errors import InputError
from paretocli.networks.registry import build_network, network_names
from paretocli.population.optimizers import OPTIMIZERS, SCHEDULES
from paretocli.problems.catalogue import load_problem
from paretocli.problems.problem import Problem
from paretocli.registries import lookup
from paretocli.solvers.registry import SOLVERS
from paretocli.sweep.rehearsal import better_stacked, rehearse
from paretocli.training.machine import available_threads, choose_device

DEFAULT_PROBLEM = "multidigits"
FLOOR = 0.01

# Options that are worked out here rather than taken over as they are.
NOT_IN_CONFIG = (*WEIGHT_OPTIONS, "problem", "ideal", "out", "data_dir")


@dataclasses.dataclass(frozen=True)
class Resolved:
    """A sweep ready to run.

    Attributes:
        config: Its configuration.
        problem: The problem, made.
        parameters: Number of parameters of its network.
        notes: What the user should know of the choices made, a sentence each.
    """

    config: SweepConfig
    problem: Problem
    parameters: int
    notes: tuple[str, ...]


def resolve(options: Options, *, single: bool = False) -> Resolved:
    """Make the problem and settle every option.

    Args:
        options: What the user said, by option name.
        single: One point with equal weights where no weights are given, not a grid.
    """
    source = str(options.get("problem", DEFAULT_PROBLEM))
    data_dir = Path(str(options.get("data_dir") or default_data_dir())).absolute()
    problem = load_problem(source, data_dir)
    defaults = dataclasses.asdict(problem.defaults)
    weights, notes = _weights(options, problem, 1 if single else problem.defaults.points)
    chosen: dict[str, Any] = {
        "solver": "chebyshev",
        "precision": "fp32",
        "epsilon": 1e-4,
        "seed": 0,
        "checkpoint_every": 10.0,
        **{key: value for key, value in defaults.items() if key != "points"},
        **{k: v for k, v in options.items() if k not in NOT_IN_CONFIG},
    }
    chosen["network"] = chosen["network"] or network_names(problem)[0]
    lookup(SOLVERS, chosen["solver"], "solver")
    lookup(OPTIMIZERS, chosen["optimizer"], "optimizer")
    lookup(SCHEDULES, chosen["schedule"], "schedule")
    network = build_network(chosen["network"], problem, chosen["seed"])
    rehearse(problem, network)
    device = choose_device(str(chosen.pop("device", "auto")))
    stacked = better_stacked(problem, network, device)
    chosen.setdefault("stack", len(weights) if stacked else 1)
    chosen.setdefault("threads", available_threads())
    config = SweepConfig(
        **chosen,
        problem=source,
        objectives=problem.objectives,
        weights=tuple(tuple(row) for row in weights.tolist()),
        ideal=_ideal(options, problem),
        device=str(device),
        out=Path(),
        data_dir=data_dir,
    )
    out = options.get("out")
    kind = "train" if single else "sweep"
    default = Path("runs") / f"{problem.name}-{config.solver}-{kind}-{config.digest()}"
    config = dataclasses.replace(config, out=Path(str(out)) if out else default)
    return Resolved(config, problem, sum(p.numel() for p in network.parameters()), tuple(notes))


def _weights(
    options: Options, problem: Problem, default_points: int
) -> tuple[preferences.Weights, list[str]]:
    names = problem.objectives
    notes = []
    if "weights" in options:
        given = options["weights"]
        rows = list(given) if isinstance(given, list | tuple) else [given]
        weights = np.stack([preferences.parse_weights(str(row), names) for row in rows])
    elif "weights_file" in options:
        weights = preferences.read_weights_file(Path(str(options["weights_file"])), names)
    elif "divisions" in options:
        divisions = _whole(options["divisions"])
        if divisions < 1:
            raise InputError(f"--divisions should be at least 1, found {divisions}.")
        weights = preferences.simplex_lattice(len(names), divisions)
    else:
        points = _whole(options.get("points", default_points))
        divisions = preferences.closest_divisions(len(names), points)
        weights = preferences.simplex_lattice(len(names), divisions)
        if len(weights) != points and "points" in options:
            notes.append(
                f"No lattice for {len(names)} objectives has {points} points; the closest has "
                f"{len(weights)} ({divisions} divisions)."
            )
    lifted = preferences.floored(weights, _floor(weights))
    distinct = np.unique(lifted.round(12), axis=0)
    if len(distinct) < len(lifted):
        raise InputError(
            f"{len(lifted) - len(distinct)} of the {len(lifted)} weights are given twice; give "
            "each once."
        )
    return lifted, notes


def _floor(weights: preferences.Weights) -> float:
    """1 %, or half of the smallest positive weight where that is less: grids stay distinct."""
    return float(min(FLOOR, weights[weights > 0].min() / 2, 0.5 / weights.shape[1]))


def _whole(value: Any) -> int:
    return int(value)


def _ideal(options: Options, problem: Problem) -> tuple[float, ...]:
    count = len(problem.objectives)
    if "ideal" in options and options.get("scale") == "payoff":
        raise InputError(
            "--ideal and --scale payoff were given together, but a payoff table has an ideal of "
            "its own; give one of them."
        )
    if "ideal" not in options:
        return tuple(problem.ideal) if problem.ideal is not None else (0.0,) * count
    text = str(options["ideal"])
    try:
        ideal = tuple(float(part) for part in text.split(","))
    except ValueError:
        ideal = ()
    if len(ideal) != count or not np.isfinite(ideal).all():
        raise InputError(
            f"--ideal {text} should be {count} finite numbers separated by commas, one for each "
            f"of {', '.join(problem.objectives)}."
        )
    return ideal
