"""Samples without labels count nowhere: all figures are those of scikit-learn on the labelled."""

import dataclasses
import math

import pytest
import torch
from sklearn.metrics import accuracy_score, log_loss, mean_squared_error, roc_auc_score
from torch import nn
from torch.nn.functional import cross_entropy

from paretocli.core.labels import rows_with_labels
from paretocli.core.problem import Metric, Problem, Samples, Task
from paretocli.errors import InputError
from paretocli.population.population import Population
from paretocli.training.evaluation import evaluate

CPU = torch.device("cpu")
MEMBERS = 3


def right(output, target):
    return (output.argmax(dim=1) == target).float()


def squares(output, target):
    assert not target.isnan().any()
    return (output.squeeze(1) - target).square()


TASKS = (
    # Neither takes a target of -1: whoever passes one on is found out.
    Task(
        "art",
        lambda output, target: cross_entropy(output, target, reduction="none"),
        {
            "accuracy": Metric.mean(right),
            "auroc": Metric.whole(lambda o, t: roc_auc_score(t.numpy(), (o[:, 1] - o[:, 0]))),
        },
        missing=-1,
    ),
    Task("clip", cross_entropy, {"accuracy": lambda o, t: right(o, t).mean()}, missing=-1),
    Task(
        "real",
        squares,
        {"rmse": Metric.whole(lambda o, t: squares(o, t).mean().sqrt())},
        missing=math.nan,
    ),
)


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Linear(4, 8)
        self.heads = nn.ModuleList(nn.Linear(8, size) for size in (2, 2, 1))

    def forward(self, inputs):
        features = torch.tanh(self.body(inputs))
        return [head(features) for head in self.heads]


def domains(count, seed):
    """Three domains one after another, each with the labels of its task alone."""
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(count, 4, generator=generator)
    label = (x[:, 0] + torch.randn(count, generator=generator) > 0).long()
    domain = torch.arange(count) * 3 // count
    return Samples(
        x,
        (
            torch.where(domain == 0, label, -1),
            torch.where(domain == 1, label, -1),
            torch.where(domain == 2, x[:, 1], math.nan),
        ),
    )


def problem(tasks=TASKS):
    splits = {name: domains(120, seed) for seed, name in enumerate(("train", "val", "test"))}
    return Problem(name="domains", tasks=tasks, networks={"own": Network}, **splits)


def population(*, stacked=True, members=MEMBERS, tasks=TASKS):
    torch.manual_seed(0)
    made = Population(Network(), tasks, members, device=CPU, stacked=stacked)
    with torch.no_grad():
        for member in range(members):
            made.parameters["body.weight"][member] *= 1 + member
    return made


def by_sklearn(made, member, samples):
    """Losses and metrics of a member, from labelled samples alone."""
    state = {name: tensor[member].detach() for name, tensor in made.state_dict().items()}
    network = Network()
    network.load_state_dict(state)
    with torch.no_grad():
        art, clip, real = (output.double() for output in network(samples.inputs))
    losses, metrics = [], []
    for output, target in zip((art, clip), samples.targets, strict=False):
        there = target >= 0
        labels = target[there].numpy()
        losses.append(log_loss(labels, output[there].softmax(dim=1).numpy()))
        metrics.append(accuracy_score(labels, output[there].argmax(dim=1).numpy()))
        if output is art:
            score = (output[:, 1] - output[:, 0])[there].numpy()
            metrics.append(roc_auc_score(labels, score))
    there = ~samples.targets[2].isnan()
    error = mean_squared_error(samples.targets[2][there].numpy(), real[there, 0].numpy())
    return [*losses, error], [*metrics, math.sqrt(error)]


@pytest.mark.parametrize("stacked", [True, False])
@pytest.mark.parametrize("batch", [1, 7, 40, 120])
def test_figures_are_those_of_the_labelled_samples_for_batches_of_any_size(stacked, batch):
    made = population(stacked=stacked)
    made.train(False)
    for split, samples in problem().splits().items():
        losses, metrics = evaluate(made, samples, lambda x: x, batch)
        for member in range(MEMBERS):
            expected_losses, expected_metrics = by_sklearn(made, member, samples)
            assert losses[member].tolist() == pytest.approx(expected_losses, rel=1e-6), split
            assert metrics[member].tolist() == pytest.approx(expected_metrics, rel=1e-6), split


@pytest.mark.parametrize("stacked", [True, False])
@pytest.mark.parametrize("apart", [True, False])
def test_a_batch_without_labels_has_exactly_the_gradient_of_the_others(stacked, apart):
    made = population(stacked=stacked)
    samples = problem().train.rows(slice(0, 60))  # labels of the first two domains alone
    rows = torch.arange(60).repeat(MEMBERS) if apart else torch.arange(60)
    batch = samples.rows(rows)
    losses, _ = made.measure(batch.inputs, batch.targets, apart=apart)
    assert losses[:, 2].tolist() == [0.0] * MEMBERS
    names = list(made.parameters)
    both = torch.autograd.grad(losses.sum(), list(made.parameters.values()))
    again, _ = made.measure(batch.inputs, batch.targets, apart=apart)
    others = torch.autograd.grad(
        again[:, :2].sum(), list(made.parameters.values()), allow_unused=True
    )
    for name, found, expected in zip(names, both, others, strict=True):
        wanted = torch.zeros_like(found) if expected is None else expected
        assert torch.equal(found, wanted), name


def test_members_with_samples_of_their_own_have_what_they_have_alone():
    made, alone = population(), population(stacked=False)
    rows = torch.stack([torch.arange(0, 30), torch.arange(30, 60), torch.arange(95, 125) % 120])
    batch = problem().train.rows(rows.flatten())
    found = made.measure(batch.inputs, batch.targets, apart=True)
    expected = alone.measure(batch.inputs, batch.targets, apart=True)
    torch.testing.assert_close(found, expected)
    torch.testing.assert_close(found[0][1, 0], made.measure(*_own(rows[1]))[0][1, 0])


def _own(rows):
    samples = problem().train.rows(rows)
    return samples.inputs, samples.targets


def test_batches_over_the_share_of_labels_have_the_mean_of_the_whole():
    made, train = population(), problem().train
    order = torch.randperm(120, generator=torch.Generator().manual_seed(0))
    shares = torch.tensor(problem().labelled["train"])
    terms = []
    for rows in order.split(10):
        batch = train.rows(rows)
        terms.append(made.measure(batch.inputs, batch.targets)[0] / shares)
    made.train(False)
    expected, _ = evaluate(made, train, lambda x: x)
    torch.testing.assert_close(torch.stack(terms).mean(dim=0), expected)


def test_a_sample_of_several_numbers_is_missing_where_all_are():
    task = Task("depth", squares, missing=0)
    target = torch.tensor([[[0.0, 0.0]], [[0.0, 1.0]], [[2.0, 1.0]]])
    assert task.labelled(target).tolist() == [False, True, True]
    assert Task("any", squares).labelled(target).tolist() == [True] * 3


@pytest.mark.parametrize("weight", [-1.0, float("nan"), float("inf")])
def test_what_is_no_weight_is_refused(weight):
    made = problem()
    odd = dataclasses.replace(
        made.tasks[0], weight=lambda target: torch.where(target == target[0], weight, 1.0)
    )
    made = dataclasses.replace(made, tasks=[odd, *made.tasks[1:]])
    with pytest.raises(InputError, match=f"task {odd.name} whose weight is negative or no finite"):
        _ = made.labelled


def test_a_split_without_any_label_of_a_task_is_refused():
    made = dataclasses.replace(problem(), val=domains(120, 1).rows(slice(0, 60)))
    with pytest.raises(InputError, match="val split of problem domains has no label of task real"):
        _ = made.labelled


@pytest.mark.parametrize("missing", [math.nan, 0.5, 2**70])
def test_a_sign_that_no_target_can_be_is_refused(missing):
    with pytest.raises(InputError, match=r"none of its targets .* can be: they are of int64"):
        problem((TASKS[0], Task("clip", cross_entropy, missing=missing), TASKS[2]))


def test_the_first_rows_have_labels_of_all_tasks():
    made = problem()
    assert made.some_rows("train", 2).tolist() == [0, 40, 80]
    assert made.some_rows("train", 6).tolist() == [0, 40, 80, 1, 41, 81]
    plain = problem([dataclasses.replace(task, missing=None) for task in TASKS])
    assert plain.some_rows("train", 3).tolist() == [0, 1, 2]


def test_a_task_without_any_label_adds_no_rows():
    part = domains(120, 1).rows(slice(0, 80))  # the labels of the third begin at 80
    assert rows_with_labels(TASKS, part, 4, 10).tolist() == [0, 40, 1, 41]
    none = domains(120, 1).rows(slice(80, 84))
    assert rows_with_labels(TASKS[:2], none, 5, 10).tolist() == [0, 1, 2, 3, 0]
