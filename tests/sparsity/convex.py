"""GrOWL in plain numpy, for a general convex solver, and as optimality conditions."""

import itertools

import numpy as np


def plain_theta(kind, rows, slope):
    """θ (rows,) from its definition."""
    if kind == "flat":
        values = [1] * rows
    elif kind == "spike":
        values = [1 + slope] + [1] * (rows - 1)
    elif kind == "linear":
        values = [1 + slope * (1 - r / max(1, rows - 1)) for r in range(rows)]
    else:
        steps = max(1, round(0.1 * rows))
        values = [1 + slope * max(0, steps - r) / steps for r in range(rows)]
    return np.array(values, dtype=float) / np.mean(values)


def plain_growl(matrix, weights):
    """Ω of a matrix (R, D)."""
    lengths = sorted((float(np.sqrt((row**2).sum())) for row in matrix), reverse=True)
    return sum(w * length for w, length in zip(weights, lengths, strict=True))


def matrix_of(weight):
    """One network's weight (out, R, …) as a matrix (R, D), row by row."""
    array = np.asarray(weight)
    return np.stack([array[:, r].ravel() for r in range(array.shape[1])])


def convex_growl(rows, weights):
    """Ω as an expression of cvxpy: θ's falls times sums of the longest rows."""
    import cvxpy as cp

    norms = cp.norm(rows, 2, axis=1)
    falls = np.append(weights[:-1] - weights[1:], weights[-1])
    chosen = [j for j in range(len(falls)) if falls[j] > 1e-9]
    return sum(falls[j] * cp.sum_largest(norms, j + 1) for j in chosen)


def minimum(objective):
    """The least value of an expression of cvxpy, whose variables then hold the place."""
    import cvxpy as cp

    problem = cp.Problem(cp.Minimize(objective))
    precise = {"tol_gap_abs": 1e-9, "tol_gap_rel": 1e-9, "tol_feas": 1e-9}
    problem.solve(solver="CLARABEL", **precise)
    assert problem.status == "optimal"
    return problem.value


def distance_to_subgradients(matrix, pull, weights, *, tied=1e-6):
    """How far `pull` (R, D) is from ∂Ω at a matrix (R, D), as the worst broken condition.

    Of a row that is not zero the subgradient points along the row. In the group of equally long
    rows at places p … q their lengths are a mixture of the orders of θ_p … θ_q: the j longest sum
    to no more than the j largest of these, and all of them to the same. Of zero rows the j longest
    subgradients sum to no more than the j largest of the rest of θ.
    """
    norms = np.linalg.norm(matrix, axis=1)
    order = np.argsort(-norms, kind="stable")
    groups = [[order[0]]]
    for before, row in itertools.pairwise(order):
        if norms[before] - norms[row] <= tied * norms.max():
            groups[-1].append(row)
        else:
            groups.append([row])
    worst, place = 0.0, 0
    for group in groups:
        if (norms[group] == 0).all():
            lengths = np.linalg.norm(pull[group], axis=1)
        else:
            directions = matrix[group] / norms[group, None]
            lengths = (pull[group] * directions).sum(axis=1)
            aside = pull[group] - lengths[:, None] * directions
            worst = max(worst, np.abs(aside).max())
        allowed = weights[place : place + len(group)]
        excess = np.cumsum(np.sort(lengths)[::-1]) - np.cumsum(allowed)
        worst = max(worst, excess.max())
        if (norms[group] > 0).any():
            worst = max(worst, abs(excess[-1]))
        place += len(group)
    return worst
