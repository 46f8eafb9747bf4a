"""A sweep that is there, as its run directory says it: how further points of it are trained."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from paretocli.core.problem import Problem
from paretocli.problems.loading import imported_checksums, source_checksum
from paretocli.problems.made_in_python import code_checksum
from paretocli.problems.readers import problem_read_by
from paretocli.run_directory.stored_config import stored_config
from paretocli.run_directory.sweep_file import SweepFile
from paretocli.sweeping.cut import cut
from paretocli.sweeping.grouped_rows import grouped_rows
from paretocli.sweeping.resolve import Resolved
from paretocli.sweeping.sizes import TracedNetwork
from paretocli.sweeping.sparsity_shares import sparsity_shares
from paretocli.sweeping.sweep_network import fresh_network, network_layers
from paretocli.training.machine import check_device, choose_device


def reopened(
    sweep: SweepFile,
    made: Problem,
    source: str | None,
    runtime: Mapping[str, Any],
) -> Resolved:
    """The sweep, ready to run on.

    Args:
        sweep: What its run directory says.
        made: Its problem, with all training samples.
        source: What the problem is known by here, None where it was made in Python.
        runtime: Settings that change no results, by name; those left out are as they were.

    Raises:
        InputError: It is too old to say all of what it is, the machine lacks its device, or the
            problem is another one.
    """
    config = stored_config(sweep, runtime)
    device = choose_device(config.device)
    check_device(device, precision=config.precision, compiled=config.compile)
    read = problem_read_by(made, config.workers)
    problem = cut(read, config.train_samples).with_auxiliary(config.auxiliary)
    network = fresh_network(config.network, config.init, problem, config.seed)
    layers, traced = network_layers(network, problem), TracedNetwork(network, problem)
    # Older directories do not keep what follows from the network.
    counted = [layer for layer in layers if layer.name in config.sparse_layers]
    if not config.grouped_rows:
        config = replace(config, grouped_rows=grouped_rows(config.groups, counted, traced)[0])
    if not config.sparsity_shares:
        shares, _ = sparsity_shares(config.sparsity_of, counted, traced, config.grouped_rows)
        config = replace(config, sparsity_shares=shares)
    code = code_checksum(made, network) if source is None else source_checksum(source)
    return Resolved(
        config,
        problem,
        checksums=problem.checksums() | code,
        imported={} if source is None else imported_checksums(source),
        parameters=sum(p.numel() for p in network.parameters()),
        layers=layers,
        traced=traced,
        notes=(),
    )
