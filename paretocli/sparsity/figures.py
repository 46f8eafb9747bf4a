"""How sparse a network is: the figures of the papers, and those that users care about."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from torch import Tensor

from paretocli.sparsity.layers import Layer
from paretocli.sparsity.pattern import equal_rows, row_matrix


@dataclass(frozen=True)
class LayerFigures:
    """What is left of one layer.

    Attributes:
        layer: Its name, without `.weight`.
        role: `input`, `hidden`, `head` or `adapter`.
        rows: All rows.
        zero_rows: Rows whose entries are all zero.
        shared_rows: Rows that equal another one and are not zero.
        unique_rows: Distinct rows that are not zero.
        parameters: Entries of the weight.
        parameters_kept: Entries of rows that are not zero.
        unique_parameters: Entries of distinct rows that are not zero.
        macs: Multiply-accumulates a sample, those with zero rows left out.
    """

    layer: str
    role: str
    rows: int
    zero_rows: int
    shared_rows: int
    unique_rows: int
    parameters: int
    parameters_kept: int
    unique_parameters: int
    macs: int


@dataclass(frozen=True)
class NetworkFigures:
    """What is left of a network, over every matrix and convolution of it.

    Attributes:
        sparsity_rate: SR, zero rows in per cent of all rows.
        compression_rate: CR, rows over distinct rows that are not zero.
        parameter_sharing: PS, rows that are not zero over distinct ones.
        rows: All rows.
        rows_kept: Rows that are not zero.
        parameters: All parameters, biases and the like included.
        parameters_kept: The same without zero rows.
        unique_parameters: The same with shared rows counted once.
        macs: Multiply-accumulates a sample, those with zero rows left out; None where nobody
            knows them.
    """

    sparsity_rate: float
    compression_rate: float
    parameter_sharing: float
    rows: int
    rows_kept: int
    parameters: int
    parameters_kept: int
    unique_parameters: int
    macs: int | None


def layer_figures(layer: Layer, weight: Tensor) -> LayerFigures:
    """The figures of one layer from its weight (out, R, …)."""
    matrix = row_matrix(weight)
    zero = (matrix == 0).all(axis=1)
    kept = int((~zero).sum())
    _, sizes = np.unique(equal_rows(matrix)[~zero], return_counts=True)
    return LayerFigures(
        layer=layer.name.removesuffix(".weight"),
        role=layer.role,
        rows=layer.rows,
        zero_rows=layer.rows - kept,
        shared_rows=int(sizes[sizes > 1].sum()),
        unique_rows=len(sizes),
        parameters=layer.parameters,
        parameters_kept=kept * layer.row_size,
        unique_parameters=len(sizes) * layer.row_size,
        macs=round(kept * layer.row_size * layer.positions),
    )


def network_figures(
    layers: Sequence[LayerFigures], parameters: int, macs: int | None
) -> NetworkFigures:
    """The figures of a network.

    SR, CR and PS as Hotegni, Berkemeier and Peitz (2024), section V.

    Args:
        layers: The figures of its layers, at least one.
        parameters: Its number of parameters, all kinds.
        macs: Its multiply-accumulates a sample without zero rows, None where nobody knows them.
    """
    rows = sum(layer.rows for layer in layers)
    zero = sum(layer.zero_rows for layer in layers)
    # A network without any row left has one distinct row, the zero row.
    unique = max(1, sum(layer.unique_rows for layer in layers))
    weights = sum(layer.parameters for layer in layers)
    return NetworkFigures(
        sparsity_rate=100 * zero / rows,
        compression_rate=rows / unique,
        parameter_sharing=max(1, rows - zero) / unique,
        rows=rows,
        rows_kept=rows - zero,
        parameters=parameters,
        parameters_kept=parameters - weights + sum(layer.parameters_kept for layer in layers),
        unique_parameters=parameters - weights + sum(layer.unique_parameters for layer in layers),
        macs=macs,
    )


def figures_of_network(
    layers: Sequence[Layer], tensors: Mapping[str, Tensor], parameters: int, macs: int | None
) -> tuple[NetworkFigures, list[LayerFigures]]:
    """The figures of one network and of its layers.

    Args:
        layers: Its layers with rows.
        tensors: Its tensors by name.
        parameters: Its number of parameters, all kinds.
        macs: Its multiply-accumulates a sample, zero rows and whatever has no rows included.
    """
    each = [layer_figures(layer, tensors[layer.name]) for layer in layers]
    if macs is not None:
        macs -= sum(
            round(layer.parameters * layer.positions) - found.macs
            for layer, found in zip(layers, each, strict=True)
        )
    return network_figures(each, parameters, macs), each
