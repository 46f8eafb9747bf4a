"""Fairness as a task: how differently a classifier of two classes treats groups of people.

Three notions, each a difference between groups of the rate at which the second class is predicted:
of *demographic parity* that rate among all samples, of *equal opportunity* among those whose label
is the second class, of *equalised odds* the larger of the differences among those of either label.
Of more than two groups it is the difference of the highest and the lowest rate.

Hardt, Price and Srebro, *Equality of Opportunity in Supervised Learning*, NeurIPS 2016.
"""

from collections.abc import Mapping
from functools import partial
from typing import Literal

import torch
from torch import Tensor

from paretocli.core.loss_of_means import LossOfMeans
from paretocli.core.problem import Metric, Task
from paretocli.errors import InputError

Notion = Literal["parity", "opportunity", "odds"]
Surrogate = Literal["probability", "tanh"]

# Whose rates are compared: samples with one of these labels, apart; None for all samples.
LABELS: dict[str, tuple[int | None, ...]] = {"parity": (None,), "opportunity": (1,), "odds": (0, 1)}
METRICS = {
    "demographic_parity_difference": "parity",
    "equal_opportunity_difference": "opportunity",
    "equalized_odds_difference": "odds",
}
SURROGATES = ("probability", "tanh")


def fairness_task(
    name: str,
    notion: Notion,
    *,
    groups: int,
    surrogate: Surrogate = "probability",
    of: str | None = None,
) -> Task:
    """A task whose loss is a smooth difference between groups, and whose metrics are exact ones.

    Its output is that of the classifier: logits of two classes (B, 2), or one logit (B,) or (B, 1)
    of the second class. Its target is {"group": (B,), "label": (B,)}: groups numbered from 0, and
    labels 0 and 1. A negative number is neither: a sample without a group counts nowhere, one
    without a label for parity alone.

    The loss is in [0, 1], that of a split follows from its means. With the surrogate `probability`
    it is the difference of the groups' mean probabilities p of the second class. With `tanh` it is
    that of Σ tanh(p) / N, sums over a group by the number of *all* samples, as in the code of
    COSMOS: groups of different sizes differ by that even where their rates are the same.

    The metrics are `demographic_parity_difference`, `equal_opportunity_difference` and
    `equalized_odds_difference`: of what is predicted with a probability above 0.5, over a whole
    split, NaN where fewer than two groups have a rate. A group without a sample to count has none,
    and is left out; one of few samples has a rate that is mostly chance. With `tanh` comes
    `counted_difference`, which the code of COSMOS reports: the notion's difference of how many
    are predicted, by the number of all samples.

    Ruchte and Grabocka, *Scalable Pareto Front Approximation for Deep Multi-Objective Learning*,
    arXiv 2103.13392.

    Args:
        name: Name of the task.
        notion: `parity`, `opportunity` or `odds`: what the loss compares.
        groups: How many there are.
        surrogate: `probability` or `tanh`: what stands for the rates in the loss.
        of: Name of the classifier's task, whose output is then taken for this one's too; None where
            the network returns it a second time.

    Raises:
        InputError: There is no such notion or surrogate, or there are fewer than two groups.
    """
    for what, found, known in (
        ("notion", notion, (*LABELS,)),
        ("surrogate", surrogate, SURROGATES),
    ):
        if found not in known:
            raise InputError(
                f"The {what} of the fairness task {name} should be one of {', '.join(known)}, "
                f"found {found!r}."
            )
    if groups < 2:
        raise InputError(
            f"The fairness task {name} should compare two groups or more, found {groups}."
        )
    strata = LABELS[notion]
    loss = LossOfMeans(
        partial(_means, labels=strata, groups=groups, bent=surrogate == "tanh"),
        partial(_difference, groups=groups, of_all=surrogate == "tanh"),
        size=2 * len(strata) * groups,
    )
    # That of the notion first, which is what tables of points have room for.
    metrics = {
        name: Metric.whole(
            partial(_exact, labels=LABELS[of], groups=groups), higher_is_better=False
        )
        for name, of in sorted(METRICS.items(), key=lambda one: one[1] != notion)
    }
    if surrogate == "tanh":
        counted = partial(_exact, labels=strata, groups=groups, of_all=True)
        metrics["counted_difference"] = Metric.whole(counted, higher_is_better=False)
    return Task(name, loss, metrics, outputs=2, lower_bound=0.0, of=of)


def _logit(output: Tensor) -> Tensor:
    """Of the second class (B,)."""
    if output.dim() == 2 and output.shape[1] == 2:
        return output[:, 1] - output[:, 0]
    if output.dim() == 1 or output.shape[1:] == (1,):
        return output.reshape(-1)
    raise InputError(
        "Fairness is of two classes: the output should be their logits (B, 2), or one logit (B,), "
        f"found {tuple(output.shape)}."
    )


def _members(target: Mapping[str, Tensor], labels: tuple[int | None, ...], groups: int) -> Tensor:
    """Which samples are of which group, apart by their labels (B, L, G)."""
    group, label = target["group"].reshape(-1), target["label"].reshape(-1)
    numbers = torch.arange(groups, device=group.device)
    of_group = group.unsqueeze(1) == numbers
    return torch.stack(
        [of_group if one is None else of_group & (label == one).unsqueeze(1) for one in labels],
        dim=1,
    )


def _means(
    output: Tensor,
    target: Mapping[str, Tensor],
    *,
    labels: tuple[int | None, ...],
    groups: int,
    bent: bool,
) -> Tensor:
    """For each label and group, the mean over the batch of what stands for a rate, and its share.

    Returns:
        (2 · L · G,), the means first.
    """
    probability = _logit(output).sigmoid()
    value = probability.tanh() if bent else probability
    members = _members(target, labels, groups)
    parts = members.to(value.dtype)
    # A product of 0 and NaN is none: whom nothing counts of is left out before.
    sums = torch.where(members, value.reshape(-1, 1, 1), 0.0).mean(dim=0)
    return torch.cat([sums.flatten(), parts.mean(dim=0).flatten()])


def _difference(means: Tensor, *, groups: int, of_all: bool) -> Tensor:
    """The loss (…) from the means (…, 2 · L · G): of the labels' differences the largest."""
    sums, shares = means.reshape(*means.shape[:-1], 2, -1, groups).unbind(dim=-3)
    there = shares > 0
    rates = sums if of_all else sums / torch.where(there, shares, 1.0)
    return _largest(rates, there)


def _largest(rates: Tensor, there: Tensor) -> Tensor:
    """The largest over labels of the differences between groups (…) of rates (…, L, G).

    NaN where no label has two groups that are there.
    """
    highest = torch.where(there, rates, -torch.inf).amax(dim=-1)
    lowest = torch.where(there, rates, torch.inf).amin(dim=-1)
    enough = there.sum(dim=-1) >= 2
    differences = torch.where(enough, highest, 0.0) - torch.where(enough, lowest, 0.0)
    return torch.where(enough.any(dim=-1), differences.amax(dim=-1), torch.nan)


def _exact(
    output: Tensor,
    target: Mapping[str, Tensor],
    *,
    labels: tuple[int | None, ...],
    groups: int,
    of_all: bool = False,
) -> float:
    """The same of what is predicted, over a whole split (N, …)."""
    members = _members(target, labels, groups)
    predicted = (_logit(output) > 0).reshape(-1, 1, 1)
    counts = members.sum(dim=0).double()
    rates = (members & predicted).sum(dim=0) / (len(members) if of_all else counts.clamp(min=1))
    return float(_largest(rates, counts > 0))
