"""What a task loses, by hand."""

import math
from dataclasses import replace

import pytest
import torch

from paretocli.core.metric import Metric
from paretocli.core.problem import Problem, Samples, Task
from paretocli.errors import InputError
from paretocli.exporting.fewer_bits.drops import drop_of, drops, figures, main_figures
from paretocli.problems.classification import classification


@pytest.mark.parametrize(
    ("before", "after", "direction", "share", "lost"),
    [
        (0.95, 0.94, "higher", True, 1.0),
        (0.94, 0.95, "higher", True, -1.0),
        (0.05, 0.06, "lower", True, 1.0),
        (8.0, 6.0, "higher", False, 25.0),
        (8.0, 6.0, "lower", False, -25.0),
        (-8.0, -6.0, "lower", False, 25.0),  # a loss below 0
        (-8.0, -10.0, "lower", False, -25.0),
        (0.95, 0.96, None, True, 1.0),  # nobody says which is better
        (0.95, 0.94, None, True, 1.0),
        (0.95, math.nan, "higher", True, math.inf),
        (2.0, math.inf, "lower", False, math.inf),
        (0.0, 0.0, "lower", False, 0.0),
        (0.0, 1e-9, "lower", False, math.inf),
        (0.0, 1e-9, "higher", False, -math.inf),
    ],
)
def test_a_drop_is_how_much_worse_it_is(before, after, direction, share, lost):
    drop = drop_of("f", before, after, direction, share=share)
    assert math.isnan(drop_of("f", math.nan, after, direction, share=share).drop)
    assert drop.drop == pytest.approx(lost)
    assert drop.unit == ("points" if share else "%")


def squared(output, target):
    return ((output - target) ** 2).mean(dim=1)


def problem_of(*tasks):
    samples = Samples(torch.zeros(4, 2), tuple(torch.zeros(4, 2) for _ in tasks))
    return Problem(name="p", tasks=tasks, train=samples, val=samples, test=samples)


def test_the_main_metric_is_the_first_that_is_a_number():
    declared = Metric.mean(squared, higher_is_better=True)
    problem = problem_of(
        Task("a", squared, {"auc": squared, "accuracy": squared}),
        Task("b", squared, {"own": declared}),
        Task("c", squared, {"r2": squared}),
        Task("d", squared),
    )
    names = ("auc_a", "accuracy_a", "own_b", "r2_c", "loss_a", "loss_b", "loss_c", "loss_d")
    before = dict.fromkeys(names, 0.8) | {"auc_a": math.nan, "own_b": 40.0}
    after = dict.fromkeys(names, 0.7) | {"auc_a": 0.9, "own_b": 39.0}
    found = drops(main_figures(problem, before), before, after)
    assert {task: (one.figure, one.unit) for task, one in found.items()} == {
        "a": ("accuracy_a", "points"),
        "b": ("own_b", "%"),
        "c": ("r2_c", "points"),
        "d": ("loss_d", "%"),
    }
    lost = {"a": 10.0, "b": 2.5, "c": 10.0, "d": -12.5}
    assert {task: one.drop for task, one in found.items()} == pytest.approx(lost)
    with pytest.raises(InputError, match="No metric of task d and not its loss is a finite"):
        main_figures(problem, {**before, "loss_d": math.inf})


def test_an_accuracy_in_per_cent_is_no_share():
    problem = problem_of(Task("a", squared, {"accuracy": squared}))
    before, after = {"accuracy_a": 80.0, "loss_a": 1.0}, {"accuracy_a": 79.6, "loss_a": 1.0}
    found = drops(main_figures(problem, before), before, after)
    assert (found["a"].unit, found["a"].drop) == ("%", pytest.approx(0.5))


def test_figures_are_those_of_labelled_samples():
    """One of three labels is right; the loss is that of these three, in batches of two."""
    labels = torch.tensor([0, -1, 1, 1, -1])
    task = replace(classification("a", 2), missing=-1)
    task = replace(task, metrics={**task.metrics, "whole": Metric.whole(lambda o, t: len(t))})
    samples = Samples(torch.zeros(5, 2), (labels,))
    problem = Problem(
        name="p", tasks=[task], train=samples, val=samples, test=samples, evaluation_batch=2
    )

    def first(inputs):
        return [torch.tensor([[2.0, 0.0]]).expand(len(inputs), 2)]

    found = figures(problem, first, first(torch.zeros(2, 2)), samples)
    right, wrong = math.log(1 + math.exp(-2)), math.log(1 + math.exp(2))
    assert found["accuracy_a"] == pytest.approx(1 / 3)
    assert found["loss_a"] == pytest.approx((right + 2 * wrong) / 3)
    assert found["whole_a"] == 3
