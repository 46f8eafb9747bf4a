"""Sharing: similar rows of a weight matrix take one value.

The similarity of two rows v, w that are not zero (Zhang, Wang, Figueiredo and Balzano, *Learning to
share*, ICLR 2018; Hotegni, Berkemeier and Peitz, IJCNN 2024):

    s(v, w) = ⟨v, w⟩ / max(‖v‖², ‖w‖²) ≤ 1,   and s = 1 just for v = w

A cluster is all rows with the same exemplar, which is one of them. The exemplars e(i) should make

    net similarity = Σ_i s(i, e(i)),   with s(k, k) = p, the preference, for the exemplars

large. In a best assignment no row has another as its exemplar with s(i, e(i)) < p: it would gain by
being its own, and nobody would lose. At s = p sharing gains nothing. So p is the similarity above
which rows may share, and clusters lie inside the connected components of the graph whose edges are
the pairs with s > p. Each component is a problem of its own; in a wide layer most rows are alone.

Affinity propagation (Frey and Dueck, *Clustering by passing messages between data points*, Science
315, 2007) finds good exemplars, but not always: 40 rows that are nearly equal make it oscillate, or
settle where nobody shares, and some thousand rows take it minutes. Exemplars chosen greedily take
hardly any time and are never far off, since this is a facility location problem (Cornuéjols,
Fisher and Nemhauser, *Location of bank accounts to optimize float*, Management Science 23, 1977):
at most 3.4 % below affinity propagation in what we measured, 0.8 % for 1000 rows. So both are
tried, and the larger net similarity decides.
"""

import heapq
import warnings
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
from joblib import Parallel, delayed
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from threadpoolctl import threadpool_limits

from paretocli.errors import InputError

Rows = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
Similarities = npt.NDArray[np.float32]
Indices = npt.NDArray[np.int64]

BLOCK = 512  # rows whose similarities to all others are computed at a time
LARGEST_PROPAGATED = 1000  # rows of a component; on so many, 200 iterations take some seconds
DAMPING = 0.7  # with 0.5 it oscillates more often, with 0.9 it takes twice the iterations
SMALLEST_GAIN = 1e-6  # in net similarity; less is rounding


def shared_rows(rows: Rows, similarity: float) -> Indices:
    """Which rows share a value.

    Exemplars are those of affinity propagation or, where it does not converge or ends with less
    net similarity, those chosen greedily. A component of more than 1000 rows gets the greedy ones
    at once. The clusters do not depend on the order of the rows, but for rows of equal norm where
    several assignments are equally good.

    Time grows with R² D; memory with R D and with the square of the largest component, 4 bytes for
    each pair of its rows.

    Args:
        rows: The matrix (R, D).
        similarity: The preference p, 0 < p ≤ 1. At 1 nothing is shared.

    Returns:
        For each row the index of its cluster's first row (R,). A row of zeros, and one that shares
        with no other, has its own index.

    Raises:
        InputError: `similarity` is out of range, or `rows` is no matrix of finite numbers.
    """
    return shared_rows_of_all([rows], similarity, jobs=1)[0]


def shared_rows_of_all(matrices: Sequence[Rows], similarity: float, jobs: int) -> list[Indices]:
    """`shared_rows` of many matrices at once.

    Args:
        matrices: The matrices (R, D), each of a shape of its own.
        similarity: The preference p, as for `shared_rows`.
        jobs: Threads, at least 1. They take as long as processes would, which would have to be kept
            from Ctrl-C, and to be ended with this one.

    Returns:
        What `shared_rows` returns for each matrix, in the order of the matrices.

    Raises:
        InputError: As for `shared_rows`, or `jobs` is less than 1.
    """
    if jobs < 1:
        raise InputError(f"`jobs` should be at least 1, found {jobs}; give a number of threads.")
    for rows in matrices:
        _check(rows, similarity)
    # The largest first: begun last, it would keep one worker busy while the others are idle.
    order = sorted(range(len(matrices)), key=lambda k: matrices[k].shape, reverse=True)
    with warnings.catch_warnings():  # not in the threads: filters are those of the whole process
        # Of affinity propagation: that it did not converge; what it has found then is compared like
        # everything else. And that all similarities are equal; then it returns one cluster, as it
        # should.
        warnings.simplefilter("ignore", UserWarning)
        found = _all_clusters([matrices[k] for k in order], similarity, jobs)
    by_matrix = dict(zip(order, found, strict=True))
    return [by_matrix[k] for k in range(len(matrices))]


def _check(rows: Rows, similarity: float) -> None:
    if not 0 < similarity <= 1:
        raise InputError(
            "The similarity above which rows share should be larger than 0 and at most 1, found "
            f"{similarity}; choose one in between, for example 0.8."
        )
    if rows.ndim != 2:
        raise InputError(
            f"Rows to share should be a matrix, found an array of shape {rows.shape}; give one row "
            "for each input of the layer."
        )
    if not np.isfinite(rows).all():
        raise InputError(
            "Rows to share should be finite numbers, found infinite ones or NaN; give the weights "
            "of a network that did not diverge."
        )


def _all_clusters(matrices: Sequence[Rows], similarity: float, jobs: int) -> list[Indices]:
    # One thread of BLAS in each of several, or they would take the processors from each other.
    with threadpool_limits(1 if jobs > 1 else None, user_api="blas"):
        clusters = Parallel(n_jobs=jobs, backend="threading")
        return list(clusters(delayed(_clusters)(rows, similarity) for rows in matrices))


def _clusters(rows: Rows, similarity: float) -> Indices:
    # In double precision no square of a number in single precision vanishes or overflows.
    doubles = rows.astype(np.float64)
    squares = np.einsum("rd,rd->r", doubles, doubles)
    # By falling norm, in whatever order the rows came. Zero rows are the last.
    order = np.argsort(-squares, kind="stable")[: np.count_nonzero(squares)]
    doubles, squares = doubles[order], squares[order]
    labels = np.arange(len(rows))
    for members in _components(doubles, squares, similarity):
        exemplars = _exemplars(doubles[members], squares[members], similarity)
        labels[order[members]] = order[members[exemplars]]
    _, first, cluster = np.unique(labels, return_index=True, return_inverse=True)
    return first[cluster]


def _similarities(doubles: Doubles, squares: Doubles, block: slice, end: int) -> Doubles:
    """Similarities (B, end) of a block of rows with the first `end` rows."""
    products = doubles[block] @ doubles[:end].T
    products /= np.maximum(squares[block, None], squares[:end])
    return np.minimum(products, 1, out=products)  # by rounding, equal rows may exceed 1


def _blocks(count: int) -> Iterator[slice]:
    for start in range(0, count, BLOCK):
        yield slice(start, min(start + BLOCK, count))


def _components(doubles: Doubles, squares: Doubles, similarity: float) -> Iterator[Indices]:
    """The connected components, of two or more rows, of the graph of pairs with s > p.

    Args:
        doubles: Rows (N, D) by falling norm.
        squares: Their squared norms (N,).
        similarity: p.

    Yields:
        The rows (n,) of a component, ascending.
    """
    count = len(doubles)
    labels = np.arange(count)
    for block in _blocks(count):
        # Each pair once: a block with the rows before its end.
        close = _similarities(doubles, squares, block, block.stop) > similarity
        one, other = np.nonzero(np.tril(close, block.start - 1))
        if one.size:
            # Between the components so far, so that no more than a block's pairs are in memory.
            ends = labels[one + block.start], labels[other]
            edges = coo_array((np.ones(one.size, dtype=np.int8), ends), shape=(count, count))
            _, joined = connected_components(edges, directed=False)
            labels = joined[labels]
    by_label = np.argsort(labels, kind="stable")
    for members in np.split(by_label, np.flatnonzero(np.diff(labels[by_label])) + 1):
        if len(members) > 1:
            yield members


def _exemplars(doubles: Doubles, squares: Doubles, preference: float) -> Indices:
    """The exemplar of each row (n,) of a component of rows (n, D), n ≥ 2, by falling norm."""
    count = len(doubles)
    if count == 2:
        return np.zeros(2, dtype=np.int64)
    similarities = np.empty((count, count), dtype=np.float32)
    for block in _blocks(count):
        similarities[block] = _similarities(doubles, squares, block, count)
    np.fill_diagonal(similarities, preference)
    methods = [_propagated, _greedy] if count <= LARGEST_PROPAGATED else [_greedy]
    found = [method(similarities, preference) for method in methods]
    best = max(found, key=lambda exemplars: _net_similarity(similarities, exemplars))
    return _without_needless_exemplars(similarities, best, preference)


def _net_similarity(similarities: Similarities, exemplars: Indices) -> float:
    chosen = similarities[np.arange(len(exemplars)), exemplars]
    return float(chosen.sum(dtype=np.float64))


def _without_needless_exemplars(
    similarities: Similarities, exemplars: Indices, preference: float
) -> Indices:
    """Rows that are alone, but similar to another exemplar, join the most similar."""
    joined = exemplars.copy()
    sizes = np.bincount(joined, minlength=len(joined))
    for k in np.flatnonzero(sizes == 1):
        others = np.flatnonzero(sizes)
        others = others[others != k]
        # One that joined k since then has made it needed.
        if sizes[k] == 1 and others.size:
            closest = others[similarities[k, others].argmax()]
            if similarities[k, closest] > preference:
                joined[k] = closest
                sizes[closest] += 1
                sizes[k] = 0
    return joined


def _propagated(similarities: Similarities, preference: float) -> Indices:
    """Exemplars (n,) by affinity propagation; without any, and where s ≤ p, a row's own."""
    from sklearn.cluster import AffinityPropagation  # noqa: PLC0415 - a second, if ever needed

    rows = np.arange(len(similarities))
    method = AffinityPropagation(
        affinity="precomputed",
        preference=preference,
        damping=DAMPING,
        random_state=0,
        copy=False,
    )
    method.fit(similarities.astype(np.float64))
    if len(method.cluster_centers_indices_) == 0:
        return rows
    exemplars = np.asarray(method.cluster_centers_indices_)[method.labels_]
    return np.where(similarities[rows, exemplars] > preference, exemplars, rows)


def _greedy(similarities: Similarities, preference: float) -> Indices:
    """Exemplars (n,), one after the other, each the one that adds most to the net similarity.

    With v_i the similarity of row i to its exemplar, and v_i = p before it has any, a new exemplar
    k adds Σ_i max(0, s(i, k) − v_i) over the rows i that are no exemplars, and costs v_k − p. Gains
    only fall as exemplars are added, so that one computed before is a bound of what it is now
    (Minoux, *Accelerated greedy algorithms for maximizing submodular set functions*, 1978).
    """
    values = np.full(len(similarities), preference, dtype=np.float32)
    exemplars = np.arange(len(similarities))
    is_exemplar = np.zeros(len(similarities), dtype=bool)

    def additions(k: int) -> Similarities:
        return np.where(is_exemplar, 0, np.maximum(similarities[k] - values, 0))

    def gain(k: int) -> float:
        return float(additions(k).sum(dtype=np.float64)) + preference - float(values[k])

    bounds = [(-gain(k), k) for k in range(len(similarities))]
    heapq.heapify(bounds)
    while bounds:
        _, k = heapq.heappop(bounds)
        now = (-gain(k), k)
        if -now[0] <= SMALLEST_GAIN:
            continue
        if bounds and now > bounds[0]:
            heapq.heappush(bounds, now)
            continue
        joining = additions(k) > 0
        exemplars[joining] = k
        values[joining] = similarities[k, joining]
        exemplars[k] = k
        values[k] = preference
        is_exemplar[k] = True
    return exemplars
