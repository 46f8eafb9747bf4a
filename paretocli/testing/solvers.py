"""Tests of a solver."""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from paretocli.option import UNSET
from paretocli.registries import lookup
from paretocli.solvers.base import Solver
from paretocli.solvers.chebyshev import Scalarization
from paretocli.solvers.registry import SOLVERS, SolverKind
from paretocli.testing.expect import expect

Make = Callable[[Tensor], Solver]

WEIGHTS = ((0.2, 0.3, 0.5), (0.6, 0.2, 0.2), (1 / 3, 1 / 3, 1 / 3), (0.05, 0.9, 0.05))
STEPS = 3
CLOSE = 1e-4  # relative


def check_solver(solver: str | SolverKind, **options: Any) -> None:
    """Test that a solver does what training asks of it.

    Its scalars are one a subproblem, and no subproblem sees another; their gradient in the
    objectives is that of `coefficients` once it has settled; a state that is saved and loaded goes
    on with the same numbers; and descent on a convex problem ends at a Pareto-optimal point.

    One that `joins` subproblems has one value for all of them, in whatever order they come, and
    descent lowers it.

    Args:
        solver: Its kind, or its name where it is installed.
        **options: Values of its options; without, their defaults.

    Raises:
        AssertionError: It does not.
        InputError: There is no such solver.
    """
    kind = lookup(SOLVERS, solver, "solver") if isinstance(solver, str) else solver
    values = _values(kind, options)
    weights = torch.tensor(WEIGHTS[:1]).repeat(2, 1) if kind.joins else torch.tensor(WEIGHTS)

    def make(rows: Tensor) -> Solver:
        count = rows.shape[1]
        made = kind.made(Scalarization(rows, torch.zeros(count), torch.ones(count), 1e-4), values)
        expect(isinstance(made, Solver), f"make should give a Solver, found {type(made)}")
        expect(made.joins == kind.joins, "joins should be the same of the solver and of its kind")
        return made

    _check_shapes(make(weights), weights)
    (_check_joined if kind.joins else _check_apart)(make, weights)
    _check_gradient(make(weights), weights)
    _check_state(make, weights)
    (_check_joint_descent if kind.joins else _check_descent)(make, weights)


def _values(kind: SolverKind, options: Mapping[str, Any]) -> dict[str, Any]:
    known = {one.name: one for one in kind.declared}
    unknown = sorted(set(options) - set(known))
    expect(not unknown, f"the solver declares no option {', '.join(unknown)}")
    for name, one in known.items():
        expect(
            one.has_default or name in options,
            f"the option {name} should have a default: no problem knows a value for it",
        )
        if one.default is not UNSET:
            one.check(one.default)
    return {name: options.get(name, one.default) for name, one in known.items()}


def _objectives(step: int, size: int) -> Tensor:
    generator = torch.Generator().manual_seed(step)
    return 0.1 + torch.rand(size, len(WEIGHTS[0]), generator=generator)


def _stepped(solver: Solver, objectives: Tensor) -> Tensor:
    """The scalars of a step, as training takes one."""
    if solver.needs_gramian:
        solver.weigh(torch.eye(objectives.shape[1]).expand(len(objectives), -1, -1))
    return solver.loss(objectives)


def _patience(solver: Solver) -> int:
    """How often a step is repeated; a rule on gradients may solve a problem of its own each time.

    The others have multipliers or means that settle over epochs.
    """
    return 50 if solver.needs_gramian else 200


def _check_shapes(solver: Solver, weights: Tensor) -> None:
    size, count = weights.shape
    loss = _stepped(solver, _objectives(0, size))
    expect(loss.shape == (size,), f"loss should give ({size},), found {tuple(loss.shape)}")
    solver.end_outer_iteration()
    value = solver.value(_objectives(0, size))
    expect(value.shape == (size,), f"value should give ({size},), found {tuple(value.shape)}")
    found = solver.coefficients()
    expect(
        found.shape == (size, count),
        f"coefficients should give ({size}, {count}), found {tuple(found.shape)}",
    )
    expect(bool((found >= 0).all()), "coefficients should be at least 0")
    expect(bool(torch.isfinite(found).all()), "coefficients should be finite")


def _check_apart(make: Make, weights: Tensor) -> None:
    together, alone = make(weights), [make(row[None]) for row in weights]
    for step in range(STEPS):
        objectives = _objectives(step, len(weights))
        whole = _stepped(together, objectives)
        parts = torch.cat(
            [_stepped(one, row[None]) for one, row in zip(alone, objectives, strict=True)]
        )
        expect(
            torch.allclose(whole, parts, rtol=CLOSE),
            f"a subproblem should not see another: {whole.tolist()} together, {parts.tolist()} "
            "apart",
        )
        for one in (together, *alone):
            one.end_outer_iteration()


def _check_joined(make: Make, weights: Tensor) -> None:
    one, other = make(weights), make(weights)
    for step in range(STEPS):
        objectives = _objectives(step, len(weights))
        values = one.value(objectives)
        expect(
            bool((values == values[0]).all()),
            f"the value of joined subproblems should be one, found {values.tolist()}",
        )
        plain, turned = _stepped(one, objectives), _stepped(other, objectives.flip(0)).flip(0)
        expect(
            torch.allclose(plain, turned, rtol=CLOSE)
            and torch.allclose(values, other.value(objectives.flip(0)), rtol=CLOSE),
            f"the order of joined subproblems should not matter: {plain.tolist()} and, turned "
            f"around, {turned.tolist()}",
        )
        for each in (one, other):
            each.end_outer_iteration()


def _check_gradient(solver: Solver, weights: Tensor) -> None:
    """Where the same objectives come again and again, what was followed is what is said."""
    objectives = _objectives(0, len(weights)).requires_grad_()
    for _ in range(_patience(solver)):
        (gradient,) = torch.autograd.grad(_stepped(solver, objectives).sum(), objectives)
        solver.end_outer_iteration()
    found = solver.coefficients()
    expect(
        torch.allclose(found, gradient, rtol=0.01, atol=1e-3),
        f"the gradient of loss should be coefficients: {gradient.tolist()} against "
        f"{found.tolist()}",
    )


def _check_state(make: Make, weights: Tensor) -> None:
    first = make(weights)
    for step in range(STEPS):
        _stepped(first, _objectives(step, len(weights)))
        first.end_outer_iteration()
    second = make(weights)
    second.load_state_dict(first.state_dict())
    for step in range(STEPS, 2 * STEPS):
        one, other = (_stepped(s, _objectives(step, len(weights))) for s in (first, second))
        expect(
            torch.equal(one, other),
            "a state that is loaded should go on with the same numbers; name all of it in "
            "state_names",
        )
        first.end_outer_iteration()
        second.end_outer_iteration()


def _check_descent(make: Make, weights: Tensor) -> None:
    """On f_i(x) = ‖x − e_i‖² the Pareto-optimal points are the convex combinations of the e_i."""
    corners = torch.eye(weights.shape[1])
    solver = make(weights)
    points = torch.full((len(weights), weights.shape[1]), 0.9).requires_grad_()
    for epoch in range(2 * _patience(solver)):
        objectives = (points.unsqueeze(1) - corners).square().sum(dim=-1)
        if solver.needs_gramian:
            differences = 2 * (points.unsqueeze(1) - corners).detach()
            solver.weigh(differences @ differences.transpose(1, 2))
        (gradient,) = torch.autograd.grad(solver.loss(objectives).sum(), points)
        with torch.no_grad():
            points -= 0.1 / (1 + epoch / 100) * gradient
        solver.end_outer_iteration()
    away = (points.detach().sum(dim=1) - 1).abs().max().item()
    expect(
        away < 0.02,
        f"descent on a convex problem should end at a Pareto-optimal point, found {away:.3g} "
        "away from all of them",
    )


def _check_joint_descent(make: Make, weights: Tensor) -> None:
    """On the same problem; networks that start alike would stay alike."""
    corners, solver = torch.eye(weights.shape[1]), make(weights)
    points = (0.9 + 0.1 * torch.eye(*weights.shape)).requires_grad_()
    values = []
    for _ in range(_patience(solver)):
        objectives = (points.unsqueeze(1) - corners).square().sum(dim=-1)
        values.append(solver.value(objectives.detach()).max().item())
        (gradient,) = torch.autograd.grad(solver.loss(objectives).sum(), points)
        with torch.no_grad():
            points -= 0.1 * gradient
        solver.end_outer_iteration()
    expect(
        values[-1] < values[0],
        f"descent should lower the value, found {values[0]:.3g} and then {values[-1]:.3g}",
    )
