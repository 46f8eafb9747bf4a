"""From a sweep's configuration to the trainer of some of its points."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import torch
from torch import Tensor, nn

from paretocli.core.problem import Problem
from paretocli.distillation.teachers import Teachers
from paretocli.execution.company import ALONE, Company
from paretocli.networks.fitting import take_over
from paretocli.options.config import SweepConfig
from paretocli.options.keeping import FRONT, MOST_KEPT
from paretocli.population.optimizers import OWN
from paretocli.population.parameter_groups import freeze, thaw_epochs, undecayed_names
from paretocli.population.population import Population
from paretocli.population.transfer import TRANSFERS, Transfer
from paretocli.probing.stacking import recomputing, why_in_turn
from paretocli.solvers.base import Solver
from paretocli.solvers.chebyshev import Scalarization
from paretocli.solvers.registry import SOLVERS
from paretocli.sparsity.pattern import Pattern
from paretocli.sweeping.manifold import ends_of, solver_of_draws, told_of
from paretocli.sweeping.precision import HALF
from paretocli.sweeping.pruning import pruned_starts
from paretocli.sweeping.search_ends import rounded_widths, size_limit
from paretocli.sweeping.sets import start_apart
from paretocli.sweeping.starts import Start, begin
from paretocli.sweeping.subproblems import Subproblems
from paretocli.sweeping.sweep_network import (
    fresh_network,
    network_layers,
    pattern_of,
    sparsity_objective,
    stored_names,
    transferred_names,
)
from paretocli.sweeping.teaching import taught, teachers_of
from paretocli.training.branching import BranchingTrainer
from paretocli.training.manifold import ManifoldTrainer
from paretocli.training.mixing import Mixing
from paretocli.training.settings import TrainingSettings
from paretocli.training.trainer import Trainer
from paretocli.training.turns import TurnsTrainer

AnyTrainer = Trainer | TurnsTrainer | BranchingTrainer


def trainer_of(
    subproblems: Subproblems,
    points: Sequence[int],
    starts: Sequence[Start | None] = (),
    company: Company = ALONE,
    *,
    stacked: bool | None = None,
) -> AnyTrainer:
    """A trainer for some of the points, which train together.

    Args:
        subproblems: The sweep, configured as they are trained.
        points: Their numbers.
        starts: What each starts from; nothing where all start from scratch.
        company: The processes that train them together, each a part of every batch.
        stacked: Whether they compute as one stack, where that is known; it is found out else.
    """
    config, problem = subproblems.config, subproblems.problem
    weights = torch.tensor([config.weights[point] for point in points], device=config.device)
    teachers = teachers_of(config, problem, subproblems.teachers) if subproblems.teachers else None

    def make(rows: Tensor, members: Sequence[int]) -> Trainer | TurnsTrainer:
        def part(places: Sequence[int]) -> Trainer:
            numbers = [points[members[place]] for place in places]
            own: Sequence[Start | None] = [starts[place] for place in places] if starts else []
            pattern = None
            if subproblems.pruned_to:
                own, pattern = pruned_starts(subproblems, numbers, own or [None] * len(numbers))
            known = (subproblems, rows[list(places)], numbers, teachers, company)
            trainer = _trainer(*known, pattern, stacked)
            if any(own):
                network = fresh_network(config.network, "default", problem, config.seed)
                begin(trainer, own, stored_names(network))
            return trainer

        if not 0 < config.at_once < len(rows):
            return part(range(len(rows)))
        rule = _transfer(config, _solver(subproblems, rows))
        return TurnsTrainer(part, len(rows), config.at_once, device=weights.device, transfer=rule)

    members = range(len(points))
    rule = TRANSFERS[config.transfer]
    if rule.stages is None or len(points) == 1:
        return make(weights, members)
    rows = np.array([config.weights[point] for point in points])
    plan = rule.stages(rows, rule.told(config.transfer_options), config.epochs)
    return BranchingTrainer(make, weights, plan)


def _trainer(
    subproblems: Subproblems,
    weights: Tensor,
    streams: Sequence[int],
    teachers: Teachers | None,
    company: Company,
    pattern: Pattern | None,
    stacked: bool | None,
) -> Trainer:
    """A trainer of networks for the weights (K, m); `streams` names their batches."""
    config, problem = subproblems.config, subproblems.problem
    device = torch.device(config.device)
    network = fresh_network(config.network, config.init, problem, config.seed)
    if subproblems.pretrained is not None:
        take_over(network, subproblems.pretrained)
    factors = freeze(network, config.lr_of)
    thaw = thaw_epochs(network, config.thaw, config.epochs)
    undecayed = undecayed_names(network, config.no_decay)
    settings = replace(
        _settings(config, streams, limited=bool(subproblems.limits)),
        lr_factors=factors,
        thaw_epochs=thaw,
        undecayed=undecayed,
        hook=problem.optimizer if config.optimizer == OWN else None,
        size_limit=size_limit(subproblems),
        widths=rounded_widths(config, problem),
    )
    layers = network_layers(network, problem)
    if subproblems.frozen is not None:
        network.load_state_dict(subproblems.frozen)
        pattern = pattern_of(network, layers, len(weights), device)
    sparsity = sparsity_objective(config, network, problem)
    transferred = transferred_names(config, network)
    if stacked is None:
        stacked = len(weights) > 1 and not _why_in_turn(config, problem, network, device)
    again = recomputing(problem, network)
    tasks = problem.trained
    if teachers is not None:  # last, for it adds to the network
        tasks = taught(network, config, problem)
    of_size = partial(
        Population,
        network,
        tasks,
        device=device,
        stacked=stacked,
        recomputes=again,
        autocast=HALF.get(config.precision),
        compiled=config.compile,
        company=company,
    )
    solver = _solver(subproblems, weights)
    if TRANSFERS[config.transfer].mixes and len(weights) > 1:
        told = told_of(config)
        return ManifoldTrainer(
            problem,
            of_size(len(weights)),
            solver,
            settings,
            mixing=Mixing(
                problem,
                ends_of(config, problem, network),
                of_size(told.manifold_draws),
                partial(solver_of_draws, config),
                solver.scalarization,
                concentration=told.dirichlet,
                micro_batch=settings.micro_batch,
                teachers=teachers,
            ),
            until=max(1, round(told.manifold_until * config.epochs)),
            teachers=teachers,
        )
    population = of_size(len(weights))
    if solver.joins:
        start_apart(population, streams, subproblems)
    return Trainer(
        problem,
        population,
        solver,
        settings,
        sparsity=sparsity,
        pattern=pattern,
        transfer=_transfer(config, solver),
        transferred=transferred,
        teachers=teachers,
    )


def _solver(subproblems: Subproblems, weights: Tensor) -> Solver:
    """A solver for the weights (K, m)."""
    config, known = subproblems.config, subproblems.normalisation
    scalarization = Scalarization(
        weights=weights,
        ideal=torch.tensor(known.ideal, device=weights.device),
        scale=torch.tensor(known.scale, device=weights.device),
        epsilon=config.epsilon,
    )
    return SOLVERS[config.solver].made(scalarization, config.solver_options)


def _why_in_turn(
    config: SweepConfig, problem: Problem, network: nn.Module, device: torch.device
) -> str:
    return why_in_turn(
        problem,
        network,
        device,
        batch_size=config.batch_size,
        apart=config.batches == "independent",
    )


def _settings(config: SweepConfig, streams: Sequence[int], *, limited: bool) -> TrainingSettings:
    """Settings of training; where a size is given, nothing else need hold rows short after that."""
    return TrainingSettings(
        epochs=config.epochs,
        batch_size=config.batch_size,
        optimizer=config.optimizer,
        lr=config.lr,
        weight_decay=config.weight_decay,
        schedule=config.schedule,
        seed=config.seed,
        device=torch.device(config.device),
        micro_batch=config.micro_batch,
        warm_up=config.warm_up,
        clip_norm=config.clip_norm,
        ema=config.ema,
        retrain_epochs=config.retrain_epochs,
        retrain_lr=(limited and config.held_lr) or config.retrain_lr,
        relaxed=(config.relaxed or limited) and SOLVERS[config.solver].weights is None,
        share_similarity=config.share_similarity,
        jobs=config.threads,
        # Networks that stand for several points until they branch have to last until then.
        evaluate_every=config.evaluate_every,
        patience=0 if TRANSFERS[config.transfer].begins_joined else config.patience,
        streams=tuple(streams) if config.batches == "independent" else None,
        kept=MOST_KEPT if config.keep == FRONT else 0,
    )


def _transfer(config: SweepConfig, solver: Solver) -> Transfer | None:
    """The rule by which the networks pass parameters to each other, if they do."""
    rule = TRANSFERS[config.transfer]
    if rule.make is None or len(solver.scalarization.weights) == 1:
        return None
    return rule.make(solver, rule.told(config.transfer_options))
