"""From options and a problem to a configuration in which every value is set."""

import dataclasses
import glob
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from torch import nn

from paretocli.core.names import SPARSITY
from paretocli.core.problem import Problem
from paretocli.directories import default_data_dir
from paretocli.networks.building import default_network
from paretocli.options.config import SweepConfig
from paretocli.options.declared import check_ranges, declared, defaults
from paretocli.options.given import Options
from paretocli.options.idle import notes_on_idle
from paretocli.options.training import DEFAULT_PROBLEM
from paretocli.options.weights import GROWTH_OPTIONS, WEIGHT_OPTIONS, WISH_OPTIONS
from paretocli.planning.asked_growth import growth_of, wishes_of
from paretocli.planning.begun import as_begun, further_weights, meant_in
from paretocli.planning.clusters import Clusters
from paretocli.planning.growth import Growth
from paretocli.planning.plan import divide, together
from paretocli.planning.weights import weights_of_points
from paretocli.population.parameter_groups import thaw_epochs
from paretocli.probing.chance import chance_notes
from paretocli.probing.no_means import no_mean_notes
from paretocli.probing.processes import check_processes
from paretocli.probing.reach import refuse_unreaching
from paretocli.probing.rehearsal import rehearse
from paretocli.probing.stacking import SLOWER, why_in_turn
from paretocli.probing.work import operation_work
from paretocli.problems.asked import NAMES, Asked
from paretocli.problems.loading import imported_checksums, load_problem, source_checksum
from paretocli.problems.made_in_python import as_made, code_checksum, name_of
from paretocli.problems.readers import problem_read_by
from paretocli.run_directory.networks import file_checksum
from paretocli.run_directory.rounds import Row
from paretocli.sparsity.layers import Layer
from paretocli.sweeping.counting import what_counts
from paretocli.sweeping.cut import cut
from paretocli.sweeping.first_sweep import first_sweep
from paretocli.sweeping.ideals import ideals_of, notes_on_learned
from paretocli.sweeping.known_names import refuse_unknown
from paretocli.sweeping.manifold import refuse_mixing
from paretocli.sweeping.memory import Memory, expected_memory, fitting_points
from paretocli.sweeping.option_notes import notes_on_options
from paretocli.sweeping.own_optimizer import (
    default_optimizer,
    refuse_with_sparsity,
    try_own_optimizer,
)
from paretocli.sweeping.planned_table import refuse_growth
from paretocli.sweeping.point_files import load_point, point_file
from paretocli.sweeping.precision import refuse_precision
from paretocli.sweeping.pretrained import Pretrained, asked_for, checksum_of, notes_on
from paretocli.sweeping.sets import refuse_apart
from paretocli.sweeping.sizes import TracedNetwork
from paretocli.sweeping.sweep_network import (
    network_layers,
    network_to_train,
    transferred_names,
)
from paretocli.sweeping.teaching import taught_by
from paretocli.training.machine import check_device, choose_device, flush_denormals
from paretocli.training.shown import default_every

# Options that are worked out here rather than taken over as they are.
NOT_IN_CONFIG = (
    *(*NAMES, *WEIGHT_OPTIONS),
    *GROWTH_OPTIONS,
    *WISH_OPTIONS,
    *("placement", "lean", "problem", "ideal", "out", "data_dir", "fix"),
    *("sparsity", "sparse_layers", "freeze_sparsity", "teachers"),
)

# Of a configuration before its points are divided.
ONE_BY_ONE = {"stack": 1, "threads": 1, "jobs": 1}


@dataclasses.dataclass(frozen=True)
class Resolved:
    """A sweep ready to run.

    Attributes:
        config: Its configuration.
        problem: The problem, made.
        checksums: SHA-256 of the data of each split, and of a user's own file.
        imported: SHA-256 of the modules that the user's own file imports.
        parameters: Number of parameters of its network.
        layers: Matrices and convolutions of its network.
        traced: Its network, whose operations are known where they were asked for.
        notes: What the user should know of the choices made, a sentence each.
        added: Weights of points that are added to a sweep that is there.
        growth: How it grows by itself, None where it does not.
        wishes: Conditions that one of its points is to fulfil, as of `refine --want`.
        pretrained: What its points start from, where a file was named.
    """

    config: SweepConfig
    problem: Problem
    checksums: dict[str, str]
    imported: dict[str, str]
    parameters: int
    layers: tuple[Layer, ...]
    traced: TracedNetwork
    notes: tuple[str, ...]
    added: tuple[Row, ...] = ()
    growth: Growth | Clusters | None = None
    wishes: tuple[str, ...] = ()
    pretrained: Pretrained | None = None

    @cached_property
    def memory(self) -> Memory:
        """What it is expected to take; worked out when it is asked for, by a short training."""
        return expected_memory(self.config, self.problem, together(self.config))


def resolve(options: Options, *, single: bool = False, made: Problem | None = None) -> Resolved:
    """Make the problem and settle every option.

    Args:
        options: What the user said, by option name.
        single: One point with equal weights where no weights are given, not a grid.
        made: The problem, where it was made in Python.

    Raises:
        InputError: An option is wrong, or the problem or its network is.
    """
    flush_denormals()
    said_for_them: tuple[str, ...] = ()
    if "problem" not in options and made is None and not single:
        options, words = first_sweep(options)
        said_for_them = (words,)
    source = str(options.get("problem", DEFAULT_PROBLEM)) if made is None else name_of(made)
    data_dir = Path(str(options.get("data_dir") or default_data_dir())).absolute()
    # Before the data is fetched: these need no problem to be found wrong.
    refuse_unknown(options)
    device = choose_device(str(options.get("device", "auto")))
    frozen = (
        point_file(Path(str(options["freeze_sparsity"]))) if "freeze_sparsity" in options else None
    )
    older = meant_in(options)
    asked = Asked.of_options(options, source, older)
    problem = _as_asked(
        as_made(made, asked) if made else load_problem(source, data_dir, asked), options
    )
    chosen = _chosen(options, older, problem, device)
    problem = problem.with_auxiliary(chosen["auxiliary"])
    network = network_to_train(chosen, problem)
    pretrained = asked_for(chosen, network, frozen=frozen is not None)
    refuse_apart(chosen, problem, pretrained)
    of_problem = _looked_at(problem, network, device, chosen)
    teachers = taught_by(options.get("teachers"), chosen, problem)
    own_optimizer = try_own_optimizer(chosen, problem, network)
    layers = network_layers(network, problem)
    traced = TracedNetwork(network, problem)
    counting, notes = what_counts(options, chosen, older, problem, layers, traced)
    chosen |= counting
    counted = counting["sparse_layers"]
    refuse_with_sparsity(own_optimizer if counted else None)
    if frozen is not None:
        load_point(frozen, network)
    if not counted or frozen is not None:
        chosen["retrain_epochs"] = 0
    objectives = (SPARSITY, *problem.objectives) if counted else problem.objectives
    weights, more_notes = weights_of_points(
        options, objectives, problem, chosen["solver"], single=single
    )
    more_notes += check_processes(problem, network, chosen, device)
    growth = growth_of(options, objectives, problem.defaults.points)
    count = growth.side_by_side(len(weights)) if growth else len(weights)
    in_turn = why_in_turn(
        problem,
        network,
        device,
        batch_size=chosen["batch_size"],
        apart=chosen["batches"] == "independent",
    )
    if in_turn not in {"", SLOWER} and count > 1:
        more_notes.append(f"Each point is computed by itself, not all at once: {in_turn}.")
    settled: dict[str, Any] = {
        "problem": source,
        **asked.settled(source, problem.without_effect),
        "objectives": objectives,
        "weights": tuple(tuple(row) for row in weights.tolist()),
        "ideal": (0.0,) * len(objectives),
        "frozen_point": "" if frozen is None else file_checksum(frozen),
        "taught_by": teachers,
        "started_from": "" if pretrained is None else checksum_of(pretrained.tensors),
        "teachers": Path(str(options["teachers"])) if teachers else None,
        "freeze_sparsity": frozen,
        "out": Path(),
        "data_dir": data_dir,
    }
    divide(
        chosen,
        count,
        in_turn=bool(in_turn),
        fitting=lambda: fitting_points(
            SweepConfig.of(ONE_BY_ONE | chosen | settled), problem, count, network
        ),
        work=lambda at_once: operation_work(
            problem, network, batch_size=chosen["batch_size"], together=at_once
        ),
    )
    config = SweepConfig.of(chosen | settled)
    transferred_names(config, network)
    refuse_precision(config)
    refuse_mixing(config, problem, network)
    config = dataclasses.replace(config, ideal=ideals_of(options, config, network, problem))
    more_notes += [*notes_on_learned(config), *notes_on_options(config, problem, network)]
    refuse_growth(growth, config, problem, layers)
    config, notes_of_begun, added = _placed(config, options, problem, single)
    return Resolved(
        config,
        problem,
        checksums=problem.checksums()
        | (source_checksum(source) if made is None else code_checksum(made, network)),
        imported=imported_checksums(source),
        parameters=sum(p.numel() for p in network.parameters()),
        layers=layers,
        traced=traced,
        notes=(
            *said_for_them,
            *of_problem,
            *notes_on(pretrained, network, counted),
            *notes,
            *more_notes,
            *notes_on_idle(options, config),
            *notes_of_begun,
        ),
        added=added,
        growth=growth,
        wishes=wishes_of(options, sparse=bool(counted)),
        pretrained=pretrained,
    )


def _as_asked(loaded: Problem, options: Options) -> Problem:
    """The problem, read and cut as the user said."""
    whole = problem_read_by(loaded, options.get("workers"))
    count = options.get("train_samples")
    return whole if count is None else cut(whole, int(str(count)))


def _chosen(
    options: Options, older: dict[str, Any], problem: Problem, device: torch.device
) -> dict[str, Any]:
    """What the user said, over the problem's defaults, over what an older directory means."""
    known, of_problem = declared(), dataclasses.asdict(problem.defaults)
    chosen: dict[str, Any] = {
        **defaults(),
        **older,
        "train_samples": len(problem.train),
        **{k: known[k].value(v) for k, v in of_problem.items() if k != "points"},
        "optimizer": default_optimizer(problem),
        **{k: known[k].value(v) for k, v in options.items() if k not in NOT_IN_CONFIG},
    }
    chosen["network"] = chosen["network"] or default_network(problem)
    chosen["device"] = str(device)
    chosen.setdefault("retrain_lr", chosen["lr"] / 2)
    chosen.setdefault("held_lr", chosen["lr"])
    # Those of the options beside the problem's own; 0 leaves one out.
    coefficients = {**problem.auxiliary, **chosen["auxiliary"]}
    chosen["auxiliary"] = problem.with_auxiliary(coefficients).auxiliary
    check_ranges(chosen)
    chosen.setdefault("evaluate_every", default_every(problem, chosen["batch_size"]))
    check_device(device, precision=chosen["precision"], compiled=chosen["compile"])
    return chosen


def _looked_at(
    problem: Problem, network: nn.Module, device: torch.device, chosen: dict[str, Any]
) -> tuple[str, ...]:
    """Refuse a problem and its network for what a first look finds wrong; else notes on them."""
    batch_size = chosen["batch_size"]
    rehearse(problem, network, device, batch_size=batch_size)
    frozen = thaw_epochs(network, chosen["thaw"], chosen["epochs"])
    refuse_unreaching(problem, network, batch_size, frozen)
    return (*problem.all_notes, *chance_notes(problem), *no_mean_notes(problem, network))


def _placed(
    config: SweepConfig, options: Options, problem: Problem, single: bool
) -> tuple[SweepConfig, list[str], tuple[Row, ...]]:
    """The configuration with its directory, and with what it was begun with there.

    And notes, and what weights there are beyond those that it was begun with.
    """
    out = options.get("out")
    name = f"{problem.name}-{config.solver}-{'train' if single else 'sweep'}-"
    default = Path("runs") / f"{name}{config.digest()}"
    config = dataclasses.replace(config, out=Path(str(out)) if out else default)
    begun, notes = as_begun(config, options, "" if out else f"{glob.escape(name)}*")
    grown = begun.weights != config.weights
    return begun, notes, further_weights(begun.out, config.weights) if grown else ()
