"""What draws at random, or changes the data, where samples should be the same each time."""

from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor, nn

from paretocli.core.inputs import Inputs, tensors_of
from paretocli.core.outputs import call_by_task, flat
from paretocli.core.problem import Data, Problem, Samples
from paretocli.errors import InputError

ROWS = 4
COPIES = 8  # of a sample, in a batch that should be augmented to as many different ones
CALLS = 4
TOLERANCE = 1e-3  # relative to the largest output; less is rounding

Tensors = Sequence[Tensor]


def refuse_chance(problem: Problem) -> None:
    """Refuse a problem whose figures could not be repeated, for its data is another one each time.

    Torch's generators stay as they are.

    Args:
        problem: The problem; its functions run without an error on some samples.

    Raises:
        InputError: The rows of validation or test data, or `prepare`, draw at random; or `prepare`
            or `augment` changes the data set.
    """
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        for split in ("val", "test"):
            if not _steady(problem.splits()[split]):
                raise InputError(
                    f"The {split} split of problem {problem.name} gives other samples each time "
                    "the same rows are asked for, so that no figure could be repeated; let its "
                    "rows draw nothing at random: augment is for that, and for training alone."
                )
        _refuse_changes(problem)
        raw = problem.train.rows(slice(ROWS)).inputs
        if not _repeats(lambda: _list(problem.prepare(raw))):
            raise InputError(
                f"prepare of problem {problem.name} gives other inputs each time for the same "
                "samples, in evaluation too, so that no figure could be repeated; draw at random "
                "in augment, which is for training alone."
            )


def refuse_random_network(problem: Problem, network: nn.Module) -> None:
    """Refuse a network whose outputs differ from one time to the next, in evaluation mode.

    Args:
        problem: The problem, whose `prepare` does not draw at random.
        network: Its network, on the CPU, which works on some samples.

    Raises:
        InputError: They do.
    """
    inputs = problem.prepare(problem.train.rows(torch.arange(min(ROWS, len(problem.train)))).inputs)
    network.eval()
    found = []
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        for seed in range(2):
            torch.manual_seed(seed)
            found.append(flat(call_by_task(network, inputs, problem.objectives)))
    if not alike(*found):
        raise InputError(
            f"The network of problem {problem.name} gives other outputs each time in evaluation "
            "mode; switch dropout and the like off there, as in dropout(x, training=self.training)."
        )


def alike(outputs: Tensors, others: Tensors) -> bool:
    """Whether outputs are the same but for rounding."""
    for found, again in zip(outputs, others, strict=True):
        if found.shape != again.shape:
            return False
        one, other = (t.float() if t.dtype == torch.bool else t for t in (found, again))
        largest = float(other.detach().nan_to_num().abs().max()) if other.numel() else 0.0
        if not torch.allclose(one, other, rtol=0, atol=TOLERANCE * largest, equal_nan=True):
            return False
    return True


def chance_notes(problem: Problem) -> Iterator[str]:
    """What training draws at random, but not as most people mean it.

    Args:
        problem: The problem, which was not refused.
    """
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        if not _steady(problem.train):
            once = _drawn_once(lambda rows: _all_of(problem.train, rows), len(problem.train))
            yield (
                f"The rows of the training split of problem {problem.name} draw at random"
                f"{', once a batch and not for each sample' if once else ''}: what is measured on "
                "training data cannot be repeated exactly; augment is for that."
            )
        elif problem.augment is not None and _drawn_once(
            lambda rows: _augmented(problem, rows), len(problem.train)
        ):
            yield (
                f"augment of problem {problem.name} draws once a batch and not for each sample: "
                "all samples of a batch are changed alike. Where that is not meant, draw as many "
                "numbers as there are samples, as torch.rand(len(inputs)) does."
            )


def _refuse_changes(problem: Problem) -> None:
    """Refuse what changes the data set: rows of it may be views, as those of a slice are."""
    data = problem.train
    if not _steady(data):
        return
    rows = torch.arange(min(ROWS, len(data)))  # as training asks for them
    before = [tensor.clone() for tensor in _all_of(data, slice(ROWS))]
    stages: dict[str, Callable[[], object]] = {
        "prepare": lambda: problem.prepare(data.rows(slice(ROWS)).inputs)
    }
    if problem.augment is not None:
        stages["augment"] = lambda: _augmented(problem, rows)
    for name, run in stages.items():
        run()
        after = _all_of(data, slice(ROWS))
        if not _same(before, after):
            for tensor, old in zip(after, before, strict=True):  # where they are views
                tensor.copy_(old)
            raise InputError(
                f"{name} of problem {problem.name} changes the data set itself: the same rows are "
                "others after it; let it make new tensors, as inputs / 255 does and "
                "inputs.div_(255) does not."
            )


def _augmented(problem: Problem, rows: Tensor) -> list[Tensor]:
    assert problem.augment is not None
    return _list(problem.augment(problem.prepare(problem.train.rows(rows).inputs)))


def _drawn_once(function: Callable[[Tensor], Tensors], samples: int) -> bool:
    """Whether a batch of copies of a sample becomes copies of another one, each time."""
    found = False
    for row in {0, samples - 1}:
        batches = [function(torch.full((COPIES,), row)) for _ in range(CALLS)]
        if not all(_same([t[:1].expand_as(t) for t in batch], batch) for batch in batches):
            return False
        found |= not all(_same(batches[0], batch) for batch in batches)
    return found


def _steady(data: Data) -> bool:
    """Whether the same rows are the same samples each time."""
    return isinstance(data, Samples) or _repeats(lambda: _all_of(data, slice(ROWS)))


def _repeats(function: Callable[[], Tensors]) -> bool:
    first = [tensor.clone() for tensor in function()]
    return _same(first, function())


def _all_of(data: Data, rows: slice | Tensor) -> list[Tensor]:
    """Inputs and targets."""
    samples: Samples = data.rows(rows)
    return [*_list(samples.inputs), *flat(samples.targets)]


def _list(inputs: Inputs) -> list[Tensor]:
    return list(tensors_of(inputs).values())


def _same(one: Tensors, other: Tensors) -> bool:
    """Whether all numbers are the same; two that are none are."""
    return all(
        a.shape == b.shape and bool(((a == b) | (a.isnan() & b.isnan())).all())
        for a, b in zip(one, other, strict=True)
    )
