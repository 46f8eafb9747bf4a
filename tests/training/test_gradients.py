"""The gradient of a batch that is taken in parts is that of the batch."""

import dataclasses

import pytest
import torch

from paretocli.core.problem import Samples
from paretocli.solvers.registry import SOLVERS
from paretocli.training.batches import batches
from tests.toys import growl_of, make_trainer, pictures, solve, vectors
from tests.training.test_optimisation import without_dropout


def problem_of(*, missing=True):
    """Without chance, and without batch norm; some labels of one task are missing, if asked for."""

    def network():
        made = without_dropout()
        made.body[1] = torch.nn.Identity()
        return made

    made = vectors()
    if not missing:
        return dataclasses.replace(made, networks={"wide": network})

    def without_some(samples):
        first, second = samples.targets
        gone = torch.rand(len(first), generator=torch.Generator().manual_seed(3)) < 0.6
        return Samples(samples.inputs, (first.masked_fill(gone, -1), second))

    splits = {split: without_some(samples) for split, samples in made.splits().items()}
    tasks = [dataclasses.replace(made.tasks[0], missing=-1), made.tasks[1]]
    return dataclasses.replace(made, networks={"wide": network}, tasks=tasks, **splits)


def of_a_step(trainer, steps=2):
    """Gradients, objectives and statistics of the last batch; the solver sees those before too."""
    torch.manual_seed(1)
    taken = batches(trainer.splits["train"], trainer.settings, 0)
    trainer.population.train()
    for _ in range(steps):
        batch, _, _ = next(taken)
        objectives, statistics, _ = trainer.gradients.of(batch, trainer.descent)
    gradients = {name: p.grad.clone() for name, p in trainer.population.parameters.items()}
    leaf = getattr(trainer.descent, "_leaf", None)
    pull = None if leaf is None else leaf.grad.clone()
    return gradients, objectives, statistics, pull, trainer.solver.state_dict()


@pytest.mark.parametrize("sparse", [True, False])
@pytest.mark.parametrize("solver", [name for name in SOLVERS if name != "single"])
def test_every_solver_gets_the_whole_batch(solver, sparse):
    problem = problem_of()
    rows = [[0.2, 0.5, 0.3], [0.6, 0.1, 0.3]] if sparse else [[0.7, 0.3], [0.2, 0.8]]
    sparsity = growl_of(problem) if sparse else None

    def step(**settings):
        return of_a_step(make_trainer(problem, rows, solver, sparsity=sparsity, **settings))

    whole = step()
    for size in (3, 4):  # of eight
        torch.testing.assert_close(step(micro_batch=size), whole, rtol=1e-4, atol=2e-6)


def test_parts_without_any_label():
    """Their mean over their own labelled samples would be no number."""
    whole, ones = (
        of_a_step(make_trainer(problem_of(), [[0.5, 0.5]], "linear", micro_batch=size))
        for size in (0, 1)
    )
    torch.testing.assert_close(ones, whole, rtol=1e-4, atol=2e-6)


def test_each_with_batches_of_its_own():
    def step(size):
        settings = {"streams": (4, 7), "micro_batch": size}
        return of_a_step(make_trainer(problem_of(), [[0.7, 0.3], [0.2, 0.8]], **settings))

    torch.testing.assert_close(step(3), step(0), rtol=1e-4, atol=2e-6)


def test_a_whole_training_in_parts():
    def outcome(size):
        problem = problem_of(missing=False)
        controls = {"micro_batch": size, "clip_norm": 0.1, "epochs": 4, "lr": 0.01}
        return solve(
            make_trainer(problem, [[0.2, 0.4, 0.4]], sparsity=growl_of(problem), **controls)
        )

    torch.testing.assert_close(
        outcome(3).figures["train"], outcome(0).figures["train"], rtol=1e-3, atol=1e-4
    )


def test_what_is_drawn_and_remembered_is_that_of_one_pass():
    """The pass that finds the losses leaves batch norm and the generator alone."""
    problem = pictures()
    trainer = make_trainer(problem, [[0.5, 0.5]], "linear", micro_batch=4)
    of_a_step(trainer, steps=1)
    assert trainer.population.buffers["body.1.num_batches_tracked"].tolist() == [2]
    after = torch.rand(3)
    torch.manual_seed(1)
    trainer.population.train()
    (batch, _, _) = next(batches(trainer.splits["train"], trainer.settings, 0))
    for part in trainer.gradients._losses.parts(batch, 4):
        trainer.gradients._losses.of(part)
    assert torch.equal(torch.rand(3), after)


def test_a_part_as_large_as_the_batch_changes_nothing():
    whole, part = (
        of_a_step(make_trainer(pictures(), [[0.5, 0.5]], micro_batch=size)) for size in (0, 8)
    )
    torch.testing.assert_close(part, whole, rtol=0, atol=0)
