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
from paretocli.problems.catalogue import load_problem, source_checksum
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
        checksums: SHA-256 of the data of each split, and of a user's own file.
        parameters: Number of parameters of its network.
        notes: What the user should know of the choices made, a sentence each.
    """

    config: SweepConfig
    problem: Problem
    checksums: dict[str, str]
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
    # Before the data is fetched: these need no problem to be found wrong.
    for option, known in (("solver", SOLVERS), ("optimizer", OPTIMIZERS), ("schedule", SCHEDULES)):
        if option in options:
            lookup(known, str(options[option]), option)
    device = choose_device(str(options.get("device", "auto")))
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
    chosen["device"] = str(device)
    chosen.setdefault("threads", available_threads())
    automatic = "stack" not in chosen
    chosen.setdefault("stack", len(weights))
    if chosen["solver"] == "linear" and {"penalty", "averaging"} & set(options):
        notes.append("--penalty and --averaging have no effect on the solver linear.")
    config = SweepConfig(
        **chosen,
        problem=source,
        objectives=problem.objectives,
        weights=tuple(tuple(row) for row in weights.tolist()),
        ideal=_ideal(options, problem),
        out=Path(),
        data_dir=data_dir,
    )
    network = build_network(config.network, problem, config.seed)
    rehearse(problem, network)
    if automatic and not better_stacked(problem, network, device):
        config = dataclasses.replace(config, stack=1)
    out = options.get("out")
    kind = "train" if single else "sweep"
    default = Path("runs") / f"{problem.name}-{config.solver}-{kind}-{config.digest()}"
    config = dataclasses.replace(config, out=Path(str(out)) if out else default)
    return Resolved(
        config,
        problem,
        checksums=problem.checksums() | source_checksum(source),
        parameters=sum(p.numel() for p in network.parameters()),
        notes=tuple(notes),
    )


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
        divisions = int(str(options["divisions"]))
        if divisions < 1:
            raise InputError(f"--divisions should be at least 1, found {divisions}.")
        weights = preferences.simplex_lattice(len(names), divisions)
    else:
        points = int(str(options.get("points", default_points)))
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
