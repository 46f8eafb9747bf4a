"""Fairness as a task: its losses and exact figures, of whole splits."""

import math

import numpy as np
import pytest
import torch
from torch import nn

import paretocli
from paretocli.core.problem import Problem, Samples, Task
from paretocli.errors import InputError
from paretocli.networks.building import build_network
from paretocli.population.population import Population
from paretocli.problems.fairness import LABELS, METRICS, fairness_task
from paretocli.training.certificate import stationarity
from paretocli.training.evaluation import evaluate
from tests.toys import CPU

COUNT = 90


def people(groups=2, seed=0):
    """Logits (N, 2) and targets with some groups and labels that are not known."""
    generator = torch.Generator().manual_seed(seed)
    group = torch.randint(-1, groups, (COUNT,), generator=generator).sort().values
    label = torch.randint(-1, 2, (COUNT,), generator=generator)
    logits = torch.randn(COUNT, 2, generator=generator)
    logits[:, 1] += 0.5 * group
    return logits, {"group": group, "label": label}


def by_hand(values, target, notion, groups, *, of_all=False):
    """Differences of the groups' means of values (N,), one group and label after the other."""
    group, label = target["group"].numpy(), target["label"].numpy()
    found = []
    for one in LABELS[notion]:
        rows = np.ones(len(group), dtype=bool) if one is None else label == one
        each = [values[rows & (group == number)] for number in range(groups)]
        rates = [v.sum() / len(values) if of_all else v.mean() for v in each if len(v)]
        if len(rates) > 1:
            found.append(max(rates) - min(rates))
    return max(found, default=math.nan)


@pytest.mark.parametrize("groups", [2, 4])
@pytest.mark.parametrize("notion", LABELS)
def test_losses_and_metrics_are_those_worked_out_by_hand(notion, groups):
    logits, target = people(groups)
    p = logits.double().softmax(dim=1)[:, 1].numpy()
    plain = fairness_task("fair", notion, groups=groups)
    bent = fairness_task("fair", notion, groups=groups, surrogate="tanh")
    by_group = by_hand(p, target, notion, groups)
    assert float(plain.loss(logits, target)) == pytest.approx(by_group, rel=1e-5)
    expected = by_hand(np.tanh(p), target, notion, groups, of_all=True)
    assert float(bent.loss(logits, target)) == pytest.approx(expected, rel=1e-5)
    one_logit = (logits[:, 1] - logits[:, 0]).unsqueeze(1)
    for output in (one_logit, one_logit.squeeze(1)):
        torch.testing.assert_close(plain.loss(output, target), plain.loss(logits, target))
    for name, of in METRICS.items():
        found = plain.metrics[name].function(logits, target)
        assert found == pytest.approx(by_hand((p > 0.5).astype(float), target, of, groups))
    assert "counted_difference" not in plain.metrics
    counted = by_hand((p > 0.5).astype(float), target, notion, groups, of_all=True)
    found = bent.metrics["counted_difference"].function(logits, target)
    assert found == pytest.approx(counted)


def test_a_small_example():
    logits = torch.tensor([2.0, 1.0, -1.0, 3.0, -2.0, -1.0])
    target = {
        "group": torch.tensor([0, 0, 0, 1, 1, 1]),
        "label": torch.tensor([1, 1, 0, 1, 1, 0]),
    }
    metrics = fairness_task("fair", "parity", groups=2).metrics
    found = {name: metric.function(logits, target) for name, metric in metrics.items()}
    # Predicted: 2 of 3 and 1 of 3; of those with label 1 both and 1 of 2; of label 0 none.
    assert list(found.values()) == pytest.approx([1 / 3, 1 / 2, 1 / 2])


class Linear(nn.Module):
    def __init__(self):
        super().__init__()
        self.head = nn.Linear(3, 2)

    def forward(self, inputs):
        logits = self.head(inputs)
        return [logits, logits]


class Once(Linear):
    """The same, which gives its logits once."""

    def forward(self, inputs):
        return [self.head(inputs)]


def samples_of(seed=0, groups=2):
    """Inputs that tell the group, which is sorted, so that batches hold few groups."""
    _, target = people(groups, seed)
    torch.manual_seed(seed)
    inputs = torch.randn(COUNT, 3) + target["group"].unsqueeze(1)
    label = (inputs[:, 0] + torch.randn(COUNT) > 0.5).long()
    return Samples(inputs, (label, target))


def tasks_of(notion="odds", surrogate="probability"):
    return [
        Task("label", nn.functional.cross_entropy, outputs=2),
        fairness_task("fair", notion, groups=2, surrogate=surrogate),
    ]


def linear_population(tasks, *, stacked=True):
    torch.manual_seed(1)
    population = Population(Linear(), tasks, 2, device=CPU, stacked=stacked)
    population.train(False)
    with torch.no_grad():
        population.parameters["head.weight"][1] *= -2
    return population


def logits_of(population, inputs):
    weights, biases = (population.parameters[f"head.{name}"] for name in ("weight", "bias"))
    return torch.einsum("nf,kof->kno", inputs, weights) + biases.unsqueeze(1)


@pytest.mark.parametrize("stacked", [True, False])
@pytest.mark.parametrize("surrogate", ["probability", "tanh"])
@pytest.mark.parametrize("notion", LABELS)
def test_the_loss_of_a_split_is_that_of_all_its_samples(notion, surrogate, stacked):
    samples, tasks = samples_of(), tasks_of(notion, surrogate)
    population = linear_population(tasks, stacked=stacked)
    outputs = logits_of(population, samples.inputs)
    expected = [tasks[1].loss(output, samples.targets[1]).item() for output in outputs]
    batches = [
        np.mean(
            [
                float(tasks[1].loss(output[rows], {n: t[rows] for n, t in target.items()}))
                for rows in torch.arange(COUNT).split(15)
            ]
        )
        for output, target in zip(outputs, [samples.targets[1]] * 2, strict=True)
    ]
    for size in (7, 15, COUNT):
        losses, _ = evaluate(population, samples, lambda x: x, size)
        assert losses[:, 1].tolist() == pytest.approx(expected, rel=1e-5)
    assert np.abs(np.array(batches) - expected).min() > 1e-3


@pytest.mark.parametrize("stacked", [True, False])
@pytest.mark.parametrize("surrogate", ["probability", "tanh"])
def test_the_certificate_is_that_of_the_loss_of_all_samples(surrogate, stacked):
    samples, tasks = samples_of(), tasks_of("odds", surrogate)
    population = linear_population(tasks, stacked=stacked)
    coefficients = torch.tensor([[0.3, 0.7], [0.5, 0.5]])
    outputs = logits_of(population, samples.inputs)
    gradients = [
        torch.cat(
            [
                part.flatten(1)
                for part in torch.autograd.grad(
                    sum(task.loss(output, target) for output in outputs),
                    list(population.parameters.values()),
                    retain_graph=True,
                )
            ],
            dim=1,
        )
        for task, target in zip(tasks, samples.targets, strict=True)
    ]
    weighed = [c.unsqueeze(1) * g for c, g in zip(coefficients.T, gradients, strict=True)]
    expected = sum(weighed).norm(dim=1) / sum(g.norm(dim=1) for g in weighed)
    for size in (7, COUNT):
        found = stationarity(population, samples, lambda x: x, coefficients, batch_size=size)
        torch.testing.assert_close(found, expected.detach(), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    "target",
    [
        {"group": torch.zeros(4).long(), "label": torch.tensor([0, 1, 0, 1])},
        {"group": torch.full((4,), -1), "label": torch.tensor([0, 1, 0, 1])},
        {"group": torch.tensor([0, 1, 0, 1]), "label": torch.full((4,), -1)},
    ],
)
@pytest.mark.parametrize("surrogate", ["probability", "tanh"])
def test_a_batch_without_two_groups_adds_nothing(target, surrogate):
    task = fairness_task("fair", "opportunity", groups=3, surrogate=surrogate)
    logits = torch.randn(4, 2, requires_grad=True)
    loss = task.loss(logits, target)
    assert float(loss) == 0
    loss.backward()
    assert (logits.grad == 0).all()
    metric = task.metrics["equal_opportunity_difference"]
    assert math.isnan(metric.function(logits.detach(), target))


def test_a_broken_network_is_not_fair():
    logits, target = people()
    logits[target["group"] == 1] = math.nan
    assert fairness_task("fair", "parity", groups=2).loss(logits, target).isnan()
    other, _ = people()
    other[target["group"] == -1] = math.nan  # who is of no group counts nowhere
    assert fairness_task("fair", "parity", groups=2).loss(other, target).isfinite()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"notion": "equality"}, "notion of the fairness task fair should be one of parity,"),
        ({"surrogate": "sigmoid"}, "surrogate of the fairness task fair should be one of"),
        ({"groups": 1}, "two groups or more, found 1"),
    ],
)
def test_what_is_no_fairness_is_refused(given, words):
    with pytest.raises(InputError, match=words):
        fairness_task("fair", **({"notion": "parity", "groups": 2} | given))
    three = torch.randn(4, 3)
    with pytest.raises(InputError, match="two classes"):
        fairness_task("fair", "parity", groups=2).loss(
            three, {n: t[:4] for n, t in people()[1].items()}
        )


def problem(**changed):
    splits = {name: samples_of(seed) for seed, name in enumerate(("train", "val", "test"))}
    given = {"name": "people", "tasks": tasks_of(), **splits, "networks": {"linear": Linear}}
    return Problem(**given | changed)


def test_a_sweep_reports_the_losses_of_whole_splits(tmp_path):
    made = problem(evaluation_batch=17)
    run = paretocli.sweep(
        made, points=2, epochs=2, batch_size=16, sparsity=False, scale="none", out=tmp_path / "run"
    )
    for _, row in run.results.iterrows():
        network = run.network(row)
        for name, split in made.splits().items():
            with torch.no_grad():
                output, target = network(split.inputs)[1], split.targets[1]
            expected = made.tasks[1].loss(output, target).item()
            assert row[f"loss_fair_{name}"] == pytest.approx(expected, rel=1e-4)
            exact = made.tasks[1].metrics["equalized_odds_difference"].function(output, target)
            assert row[f"equalized_odds_difference_fair_{name}"] == pytest.approx(exact)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"micro_batch": 8}, "--micro-batch 8 takes it in parts"),
        ({"devices": 2, "device": "cpu"}, "--devices 2 takes it in parts"),
    ],
)
def test_parts_of_batches_are_refused(tmp_path, given, words):
    with pytest.raises(InputError, match=words):
        paretocli.sweep(problem(), batch_size=16, sparsity=False, out=tmp_path / "run", **given)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("split", ["train", "val", "test"])
def test_a_split_of_one_group_is_refused(tmp_path, split):
    samples = samples_of()
    label, target = samples.targets
    alone = Samples(samples.inputs, (label, target | {"group": torch.zeros_like(label)}))
    words = f"loss of task fair has no value over the {split} split of problem people"
    with pytest.raises(InputError, match=words):
        paretocli.sweep(problem(**{split: alone}), sparsity=False, out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def reading(**changed):
    tasks = [tasks_of()[0], fairness_task("fair", "parity", groups=2, of="label")]
    return problem(tasks=tasks, networks={"once": Once}, **changed)


@pytest.mark.parametrize("network", ["once", "hps", "mdmtn", "mtan", "mmoe", "ple"])
def test_networks_have_no_head_for_fairness(network):
    made = reading()
    built = build_network(network, made, 0).eval()
    outputs = built(made.test.inputs)
    assert len(outputs) == 2
    assert outputs[0] is outputs[1]


def test_the_classifier_is_exported_once(tmp_path):
    made = reading()
    given = {"points": 2, "epochs": 1, "batch_size": 30, "network": "hps"}
    run = paretocli.sweep(made, scale="none", out=tmp_path / "run", **given)
    found = run.export(0, tmp_path / "small")
    assert {*found.differences["module"]} == {"label"}
    exact = run.results["demographic_parity_difference_fair_test"].iloc[0]
    assert found.after.metrics["demographic_parity_difference_fair"] == pytest.approx(exact)
    small = torch.export.load(tmp_path / "small" / "network.pt2").module()
    assert len(small(made.test.inputs)) == 1
