"""What a problem's own optimiser does, found out by some steps of a network's copy."""

import io
from collections.abc import Collection, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from paretocli.core.problem import OptimizerHook, Problem
from paretocli.errors import InputError
from paretocli.lists import some_of
from paretocli.population.optimizer_states import kept_by_one, take_up
from paretocli.population.recipe import Recipe, recipe_of
from paretocli.probing.task_faults import failure

STEPS_BEFORE, STEPS_AFTER = 2, 2  # a training state is written
# What a step that is so much shorter by its learning rate may be of the one before, momentum and
# rounding considered.
SHORTER, LONGEST_SHARE = 1e-4, 0.01


def tried_optimizer(
    problem: Problem,
    hook: OptimizerHook,
    network: nn.Module,
    *,
    lr: float,
    weight_decay: float,
    undecayed: Collection[str],
) -> Recipe:
    """Make a problem's own optimiser as training will, and take some steps.

    Args:
        problem: The problem.
        hook: Its own.
        network: Its network, which stays as it is.
        lr: The learning rate that is asked for.
        weight_decay: The weight decay.
        undecayed: The names of the parameters that are to be without.

    Raises:
        InputError: It fails, steps parameters that it was not given, or leaves some out; an option
            would have no effect on it; or a training that was interrupted would go on otherwise.
    """
    parameters = _copies(network)
    try:
        # What it may draw is nobody's.
        with torch.random.fork_rng(devices=[]):
            _refuse_other_groups(hook, parameters, lr, weight_decay)
            recipe = recipe_of(hook, parameters, lr=lr, weight_decay=weight_decay)
            _refuse_idle(hook, parameters, recipe, undecayed)
            _refuse_steady(recipe, parameters, undecayed)
            _refuse_forgetting(recipe, parameters, undecayed)
    except InputError:
        raise
    except Exception as error:  # whatever an optimiser of somebody's own raises
        closure = "closure" in str(error)
        advice = "its step() is called without one here; take another" if closure else "mend it"
        raise failure(problem, error, "in steps of its own optimizer", advice) from error
    return recipe


def _copies(network: nn.Module) -> dict[str, Tensor]:
    return {
        name: p.detach().clone().requires_grad_()
        for name, p in network.named_parameters()
        if p.requires_grad
    }


def _refuse_other_groups(
    hook: OptimizerHook, parameters: Mapping[str, Tensor], lr: float, weight_decay: float
) -> None:
    """Refuse what is no optimiser of exactly the parameters that were given."""
    found: Any = hook(list(parameters.items()), lr=lr, weight_decay=weight_decay)
    if not isinstance(found, Optimizer):
        raise InputError(
            "The problem's own optimizer should give an optimiser of torch's kind "
            f"(torch.optim.Optimizer), found {type(found).__name__}; return that."
        )
    name = type(found).__name__
    names = {id(parameter): name for name, parameter in parameters.items()}
    own = [id(p) for group in found.param_groups for p in group["params"]]
    if strange := [one for one in own if one not in names]:
        raise InputError(
            f"The problem's own optimizer ({name}) steps {len(strange)} tensors that are none of "
            "the parameters it was given; make it of those alone."
        )
    if left := [one for key, one in names.items() if key not in own]:
        raise InputError(
            f"The problem's own optimizer ({name}) leaves out {some_of(left)}; give it all "
            "parameters, and freeze some by requires_grad_(False) in the network or by --lr-of."
        )
    for group in found.param_groups:
        if group.get("maximize"):
            raise InputError(
                f"The problem's own optimizer ({name}) maximises; make it without maximize=True."
            )


def _refuse_idle(
    hook: OptimizerHook,
    parameters: Mapping[str, Tensor],
    recipe: Recipe,
    undecayed: Collection[str],
) -> None:
    """Refuse an optimiser that options would have no effect on, or that has its own way."""
    name, lr = recipe.kind.__name__, recipe.lr
    twice = recipe_of(hook, parameters, lr=2 * lr, weight_decay=recipe.weight_decay)
    factors, again = recipe.factors({}), twice.factors({})
    if any(not f > 0 or abs(again[n] - f) > 1e-6 * f for n, f in factors.items()):
        raise InputError(
            f"The problem's own optimizer ({name}) should learn at the rate lr that it is told, or "
            "at a multiple of it: --lr, --schedule and --warm-up go by that; give it lr=lr."
        )
    bare = recipe_of(hook, parameters, lr=lr, weight_decay=0.0)
    if any(group.settings.get("weight_decay", 0) for group in bare.groups):
        raise InputError(
            f"The problem's own optimizer ({name}) decays weights although it is told "
            "weight_decay=0; give it weight_decay=weight_decay, and name what it should be by "
            "Defaults(weight_decay=…)."
        )
    if recipe.weight_decay and _decays(bare) == _decays(recipe):
        raise InputError(
            f"The problem's own optimizer ({name}) takes no heed of the weight decay "
            f"{recipe.weight_decay:g}; give it weight_decay=weight_decay, or go without "
            "(--weight-decay 0)."
        )
    if recipe.weight_decay and undecayed and any("weight_decay" not in g for g in _decays(recipe)):
        raise InputError(
            f"The problem's own optimizer ({name}) has no weight_decay in its groups, so "
            "--no-decay would have no effect; leave that out, or let its groups have one."
        )


def _decays(recipe: Recipe) -> list[Mapping[str, Any]]:
    return [group.settings for group in recipe.groups]


def _refuse_steady(
    recipe: Recipe, parameters: Mapping[str, Tensor], undecayed: Collection[str]
) -> None:
    """Refuse an optimiser whose later steps do not get shorter with the learning rate."""
    own = {name: p.detach().clone().requires_grad_() for name, p in parameters.items()}
    optimizer = recipe.alone(own, recipe.grouped(own, recipe.factors({}), undecayed))
    moved = []
    for number in range(STEPS_BEFORE + 1):
        before = {name: p.detach().clone() for name, p in own.items()}
        if number == STEPS_BEFORE:
            for group in optimizer.param_groups:
                group["lr"] *= SHORTER
        _step(optimizer, own, range(number, number + 1))
        moved.append(max(float((own[n].detach() - p).abs().max()) for n, p in before.items()))
    if moved[-1] > LONGEST_SHARE * moved[-2]:
        raise InputError(
            f"The steps of the problem's own optimizer ({recipe.kind.__name__}) do not get shorter "
            "with the lr of its groups, so --schedule and --warm-up would have no effect; use an "
            "optimiser that goes by lr at each step."
        )


def _refuse_forgetting(
    recipe: Recipe, parameters: Mapping[str, Tensor], undecayed: Collection[str]
) -> None:
    """Refuse an optimiser whose state does not say all that it goes by."""
    groups = recipe.grouped(parameters, recipe.factors({}), undecayed)

    def make(own: Mapping[str, Tensor]) -> Optimizer:
        return recipe.alone(own, groups)

    first = {name: p.detach().clone().requires_grad_() for name, p in parameters.items()}
    optimizer = make(first)
    _step(optimizer, first, range(STEPS_BEFORE))
    second = {name: p.detach().clone().requires_grad_() for name, p in first.items()}
    file = io.BytesIO()
    torch.save(optimizer.state_dict(), file)
    file.seek(0)
    name = recipe.kind.__name__
    try:
        state = torch.load(file, weights_only=True)
        resumed = make(second)
        take_up(resumed, state, kept_by_one(make, second))
    except Exception as error:
        raise InputError(
            f"The state of the problem's own optimizer ({name}) cannot be written to a file and "
            "taken up again, as a sweep that is interrupted needs it; let its state_dict hold "
            "nothing but tensors, numbers and texts, the same names after each step."
        ) from error
    generator = torch.get_rng_state()
    _step(optimizer, first, range(STEPS_BEFORE, STEPS_BEFORE + STEPS_AFTER))
    torch.set_rng_state(generator)
    _step(resumed, second, range(STEPS_BEFORE, STEPS_BEFORE + STEPS_AFTER))
    if any(not first[name].equal(second[name]) for name in first):
        raise InputError(
            f"The problem's own optimizer ({name}) does not go on from its state_dict as it would "
            "have without: a sweep that is interrupted would end elsewhere; let all that it goes "
            "by be in its state."
        )


def _step(optimizer: Optimizer, parameters: Mapping[str, Tensor], numbers: range) -> None:
    for number in numbers:
        generator = torch.Generator().manual_seed(number)
        for parameter in parameters.values():
            drawn = torch.randn(parameter.shape, generator=generator)
            parameter.grad = drawn.to(parameter)
        optimizer.step()
