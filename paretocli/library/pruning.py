"""The baseline of a sparse sweep: magnitude pruning, in a run directory of its own."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from paretocli.core.problem import Problem
from paretocli.errors import InputError
from paretocli.exporting.problem_code import Consent
from paretocli.library.refining import reopen
from paretocli.library.running import carry_out
from paretocli.networks.fitting import fit_of
from paretocli.option import as_tuples, one_of
from paretocli.planning.pruning import (
    Partner,
    baseline_config,
    partners_in,
    pruning,
    refuse_without_sparsity,
)
from paretocli.run_directory.box import NORMALISATION_FILE
from paretocli.run_directory.point_record import PointRecord
from paretocli.run_directory.points import read_records
from paretocli.run_directory.sweep_file import SWEEP_FILE, read_sweep_file
from paretocli.sweeping.normalisation import Normalisation
from paretocli.sweeping.pretrained import Pretrained, kept
from paretocli.sweeping.resolve import Resolved
from paretocli.sweeping.same_sweep import refuse_another
from paretocli.sweeping.store import RunDirectory
from paretocli.sweeping.sweep_network import fresh_network

ADDED = "-pruned"  # to the name of a sparse sweep's directory


@dataclass(frozen=True)
class Baseline:
    """A baseline, ready to run or to run on.

    Attributes:
        resolved: As a sweep.
        partners: The points of the sparse sweep that its points are pruned like.
        normalisation: Ideal and scale, which are those of the sparse sweep.
    """

    resolved: Resolved
    partners: tuple[Partner, ...]
    normalisation: Normalisation


def baseline_of(
    path: Path,
    problem: Problem | str | None,
    consent: Consent,
    runtime: Mapping[str, Any],
    *,
    out: Path | None = None,
    gradually: bool | None = None,
) -> Baseline:
    """The baseline of a sparse sweep.

    Args:
        path: The run directory of the sparse sweep.
        problem: Its problem, made or as the user named it; None for what the directory names.
        consent: Whether code in a file that the directory names may run.
        runtime: Settings that change no results, by name.
        out: The directory of the baseline; without, that of the sweep with `-pruned` after it.
        gradually: Whether each network is pruned from the next larger one; None for what was begun,
            or else from a dense one.

    Raises:
        InputError: There is no such sweep, it has no sparsity or nothing solved, its data or code
            have changed, or its box cannot be read.
    """
    sweep = read_sweep_file(path)
    out = out or path.with_name(f"{path.resolve().name}{ADDED}")
    refuse_without_sparsity(sweep)
    partners, note = partners_in(sweep, list(read_records(sweep).found.values()))
    resolved = reopen(path, problem, consent, runtime)
    config = resolved.config
    refuse_another(sweep, config.of_kind("identity"), resolved.checksums)
    begun = None
    if (out / SWEEP_FILE).exists():
        begun = read_sweep_file(out).config
        if gradually is None:
            gradually = bool(begun.get("pruned_gradually"))
    found = baseline_config(config, sweep, partners, out=out, gradually=bool(gradually))
    if begun is not None:  # what was dense at first; others came in rounds
        found = replace(found, weights=as_tuples(begun["weights"]))
    box = RunDirectory(path).normalisation()
    if box is None:
        raise InputError(
            f"{path / NORMALISATION_FILE} is not there or cannot be read; the sweep's own command "
            "writes it again."
        )
    tensors = kept(path, config.started_from, None)
    pretrained = None
    if tensors is not None:
        network = fresh_network(config.network, config.init, resolved.problem, config.seed)
        pretrained = Pretrained(str(path), "", fit_of(network, tensors, ""))
    return Baseline(
        replace(resolved, config=found, pretrained=pretrained, notes=(note,) if note else ()),
        tuple(partners),
        Normalisation(tuple(box["ideal"]), tuple(box["scale"]), tuple(box["worst"])),
    )


def gradually_from(source: str | None, called: str) -> bool | None:
    """What `baseline_of` takes for what networks are pruned from.

    Args:
        source: `dense` or `larger`, None where nothing was said.
        called: What said it, for the sentence.

    Raises:
        InputError: It is neither.
    """
    choices, words = one_of("dense", "larger")
    if source is not None and not choices(source):
        raise InputError(f"{called} should be {words}, found {source}.")
    return None if source is None else source == "larger"


def prune(baseline: Baseline, *, quiet: bool, retry_failed: bool = False) -> list[PointRecord]:
    """Train what is dense of a baseline, prune it to the sizes of partners, and retrain.

    Args:
        baseline: The baseline.
        quiet: Whether to show no progress.
        retry_failed: Solve failed points again.

    Returns:
        The records of all points.

    Raises:
        InputError: The directory holds something else.
        RunError: A shard could not be solved; the others are.
        StopError: Somebody asked to stop; what was done is saved.
    """
    resolved, partners = baseline.resolved, baseline.partners
    return carry_out(
        resolved,
        quiet=quiet,
        retry_failed=retry_failed,
        notes=resolved.notes,
        further=lambda note: pruning(resolved.config, partners, note),
        normalisation=baseline.normalisation,
    )
