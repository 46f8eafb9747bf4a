"""Networks that imitate teachers' features."""

import copy

import pytest
import torch
from torch import nn

from paretocli.core.problem import Task
from paretocli.distillation.features import features_shape
from paretocli.distillation.imitation import direction_error, is_adaptor, with_adaptors
from paretocli.distillation.teachers import Teachers
from paretocli.errors import InputError
from paretocli.population.population import Population
from tests.toys import CPU, Noisy, pictures

IMAGES = torch.randn(5, 2, 6, 6, generator=torch.Generator().manual_seed(0))


def test_the_error_is_one_of_directions():
    ours = torch.tensor([[2.0, 0.0], [0.0, 3.0], [1.0, 1.0]])
    theirs = torch.tensor([[5.0, 0.0], [0.0, -1.0], [1.0, -1.0]])
    # The same direction, the opposite one, and a right angle.
    assert direction_error(ours, theirs).item() == pytest.approx((0 + 4 + 2) / 3)


@pytest.mark.parametrize(
    ("module", "shape", "sample"),
    [("body", (27,), (5, 27)), ("body.0", (4, 4, 4), (5, 4, 4, 4))],
)
def test_in_training_what_an_adaptor_makes_of_the_features_comes_after_the_outputs(
    module, shape, sample
):
    network = Noisy(dropout=0.0)
    plain = copy.deepcopy(network).eval()
    assert features_shape(network, module, IMAGES) == shape
    tasks = with_adaptors(network, module, shape, [Task("a", direction_error)] * 2)
    assert [task.name for task in tasks] == ["a", "a", "imitation a", "imitation a"]
    for mine, its in zip(network.eval()(IMAGES), plain(IMAGES), strict=True):
        torch.testing.assert_close(mine, its, rtol=0, atol=0)
    network.train()
    for norm in (network.body[1], plain.body[1]):
        norm.eval()
    features = plain.get_submodule(module)
    heard = []
    features.register_forward_hook(lambda _module, _given, output: heard.append(output))
    plain(IMAGES)
    outputs = network(IMAGES)
    assert len(outputs) == 4
    assert outputs[2].shape == sample
    # Adaptors start as the identity.
    torch.testing.assert_close(outputs[2], heard[0])
    torch.testing.assert_close(outputs[3], heard[0])


@pytest.mark.parametrize("stacked", [True, False])
def test_gradients_are_those_of_the_paper_s_loss(stacked):
    """Against a loop of one network, written from the paper's equations."""
    problem = pictures(dropout=0.0)
    torch.manual_seed(0)
    student, *teachers = (Noisy(dropout=0.0) for _ in range(3))
    for network in (student, *teachers):
        network.body[1] = nn.Identity()  # batch norm would change between the two ways
    reference = copy.deepcopy(student)
    tasks = with_adaptors(student, "body", (27,), problem.tasks)
    taught = Teachers(teachers, "body", strength=0.7, device=CPU)
    population = Population(student, tasks, 3, device=CPU, stacked=stacked)
    population.train()
    samples = problem.train.rows(slice(8))
    targets = (*samples.targets, *taught.features(samples.inputs))
    losses, _ = population.measure(samples.inputs, targets)
    losses = taught.added(losses)
    assert losses.shape == (3, 2)
    losses.sum().backward()

    adaptors = [nn.Linear(27, 27, bias=False) for _ in teachers]
    expected = []
    features = reference.body(samples.inputs)
    for head, adaptor, teacher, target in zip(
        reference.heads, adaptors, teachers, samples.targets, strict=True
    ):
        nn.init.eye_(adaptor.weight)
        ours, theirs = adaptor(features), teacher.body(samples.inputs).detach()
        ours, theirs = (f / f.norm(dim=1, keepdim=True) for f in (ours, theirs))
        loss = nn.functional.cross_entropy(head(features), target)
        expected.append(loss + 0.7 * (ours - theirs).square().sum(dim=1).mean())
    torch.stack(expected).sum().backward()
    for k in range(3):
        torch.testing.assert_close(losses[k], torch.stack(expected))
    own = dict(reference.named_parameters())
    for name, parameter in population.parameters.items():
        theirs = adaptors[int(name.split(".")[1])].weight if is_adaptor(name) else own[name]
        for k in range(3):
            torch.testing.assert_close(parameter.grad[k], theirs.grad)


def test_teachers_do_not_learn():
    torch.manual_seed(0)
    teacher = Noisy()
    before = copy.deepcopy(teacher.state_dict())
    (features,) = Teachers([teacher], "body", strength=1.0, device=CPU).features(IMAGES)
    assert not features.requires_grad
    torch.testing.assert_close(teacher.state_dict(), before, rtol=0, atol=0)


class Apart(nn.Module):
    """A module that takes no part, one that each task calls, and one that gives no tensor."""

    def __init__(self):
        super().__init__()
        self.unused = nn.Linear(2, 2)
        self.body = nn.Linear(2, 2)
        self.each = nn.Linear(2, 2)
        self.pair = Pair()

    def forward(self, inputs):
        features = self.body(inputs)
        return self.pair(self.each(features)), self.each(features)


class Pair(nn.Module):
    def forward(self, inputs):
        return inputs, inputs


@pytest.mark.parametrize(
    ("module", "words"),
    [
        ("shared", "no module 'shared'.*(body)"),
        ("", "no module ''"),
        ("unused", "'unused' gives no features"),
        ("pair", "'pair' gives no features"),
        ("each", "'each' is called 2 times, as for each task"),
    ],
)
def test_a_module_without_features_is_refused(module, words):
    with pytest.raises(InputError, match=words):
        features_shape(Apart(), module, torch.zeros(2, 2))


def test_a_network_may_return_its_outputs_by_name():
    class ByName(Noisy):
        def forward(self, inputs):
            first, second = super().forward(inputs)
            return {"features": first, "b": {"logits": second}, "a": first}

    network = ByName(dropout=0.0)
    with_adaptors(network, "body", (27,), [Task(name, direction_error) for name in "ab"])
    assert [*network.eval()(IMAGES)] == ["features", "b", "a"]  # as without adaptors
    first, second, *imitations = network.train()(IMAGES)
    assert (first.shape, [*second]) == (imitations[0].shape[:1] + first.shape[1:], ["logits"])
    assert [tuple(features.shape) for features in imitations] == [(5, 27), (5, 27)]
