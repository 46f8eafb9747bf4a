"""K stacked networks must be what K separate networks are."""

import copy

import pytest
import torch
from torch import nn

from paretocli.networks.generic import generic_mdmtn
from paretocli.population.population import Population
from paretocli.problems.classification import classification
from tests.toys import CPU, Noisy, Wide, pictures, vectors

PROBLEM = pictures()
BATCH = PROBLEM.train
MODE = {"stacked": True}


def networks(count=3, dropout=0.0):
    made = []
    for seed in range(count):
        torch.manual_seed(seed)
        made.append(Noisy(dropout))
    return made


@pytest.fixture(autouse=True, params=[True, False], ids=["at once", "in turn"])
def at_once(request, monkeypatch):
    """Every test holds for both ways of computing."""
    monkeypatch.setitem(MODE, "stacked", request.param)


def stacked(members):
    """A population whose members are the networks given."""
    population = Population(members[0], PROBLEM.tasks, len(members), device=CPU, **MODE)
    states = [network.state_dict() for network in members]
    population.load_state_dict(
        {name: torch.stack([state[name] for state in states]) for name in states[0]}
    )
    return population


def single(network):
    return Population(network, PROBLEM.tasks, 1, device=CPU)


def own_losses(network):
    outputs = network(BATCH.inputs)
    return torch.stack(
        [
            task.loss(output, target)
            for task, output, target in zip(PROBLEM.tasks, outputs, BATCH.targets, strict=True)
        ]
    )


def test_losses_and_metrics_are_those_of_the_networks():
    members = networks()
    population = stacked(members)
    population.train(False)
    losses, metrics = population.measure(BATCH.inputs, BATCH.targets)
    assert losses.shape == metrics.shape == (3, 2)
    for k, network in enumerate(members):
        torch.testing.assert_close(losses[k], own_losses(network.eval()), atol=1e-5, rtol=1e-5)
        right = [
            (output.argmax(1) == target).float().mean()
            for output, target in zip(network(BATCH.inputs), BATCH.targets, strict=True)
        ]
        torch.testing.assert_close(metrics[k], torch.stack(right))


def test_one_task_alone_is_what_it_is_among_all():
    population = stacked(networks())
    population.train(False)
    losses, _ = population.measure(BATCH.inputs, BATCH.targets)
    for number, task in enumerate(PROBLEM.tasks):
        own, statistics = population.measure_task(number, BATCH.inputs, BATCH.targets)
        assert torch.equal(own, losses[:, number])
        assert statistics.shape == (3, task.statistics_size)


@pytest.mark.parametrize("mode", [True, False])
def test_one_alone_is_as_among_three(mode):
    population = stacked(networks())
    population.train(mode)
    together, accuracies = population.measure(BATCH.inputs, BATCH.targets)
    for k, network in enumerate(networks()):
        alone = single(network)
        alone.train(mode)
        losses, metrics = alone.measure(BATCH.inputs, BATCH.targets)
        torch.testing.assert_close(losses[0], together[k], atol=1e-5, rtol=1e-5)
        torch.testing.assert_close(metrics[0], accuracies[k])


def test_gradients_are_those_of_the_networks():
    population = stacked(networks())
    coefficients = torch.tensor([[0.2, 0.8], [1.0, 0.0], [0.5, 3.0]])
    losses, _ = population.measure(BATCH.inputs, BATCH.targets)
    (coefficients * losses).sum().backward()
    for k, network in enumerate(networks()):
        network.train()
        (coefficients[k] * own_losses(network)).sum().backward()
        for name, parameter in network.named_parameters():
            torch.testing.assert_close(
                population.parameters[name].grad[k], parameter.grad, atol=1e-5, rtol=1e-4
            )


def test_batch_norm_statistics_are_those_of_the_networks():
    population, alone = stacked(networks()), [single(network) for network in networks()]
    members = networks()
    for _ in range(3):
        population.measure(BATCH.inputs, BATCH.targets)
        for k, network in enumerate(members):
            network.train()(BATCH.inputs)
            alone[k].measure(BATCH.inputs, BATCH.targets)
    assert population.buffers["body.1.num_batches_tracked"].tolist() == [3, 3, 3]
    for k, network in enumerate(members):
        for name, buffer in network.named_buffers():
            torch.testing.assert_close(population.buffers[name][k], buffer, atol=1e-5, rtol=1e-5)
            torch.testing.assert_close(alone[k].buffers[name][0], buffer, atol=1e-5, rtol=1e-5)
    mean = population.buffers["body.1.running_mean"]
    assert not torch.allclose(mean[0], mean[1])


def test_evaluation_leaves_batch_norm_alone():
    population = stacked(networks())
    population.train(False)
    before = {name: tensor.clone() for name, tensor in population.buffers.items()}
    population.measure(BATCH.inputs, BATCH.targets)
    assert all(torch.equal(population.buffers[name], before[name]) for name in before)


def test_all_members_drop_the_same_and_as_many_as_one_would_alone():
    (network,) = networks(1, dropout=0.5)

    def losses(size, seed):
        population = Population(network, PROBLEM.tasks, size, device=CPU)
        population.train()
        torch.manual_seed(seed)
        return population.measure(BATCH.inputs, BATCH.targets)[0].detach()

    four = losses(4, seed=1)
    for k in range(4):
        torch.testing.assert_close(four[k], four[0])
    torch.testing.assert_close(losses(1, seed=1)[0], four[0], atol=1e-5, rtol=1e-5)
    assert not torch.allclose(losses(4, seed=2), four, atol=1e-3)


def test_members_with_different_parameters_drop_the_same():
    population = stacked(networks(dropout=0.5))
    population.train()
    torch.manual_seed(4)
    together = population.measure(BATCH.inputs, BATCH.targets)[0]
    for k, network in enumerate(networks(dropout=0.5)):
        alone = single(network)
        alone.train()
        torch.manual_seed(4)
        torch.testing.assert_close(
            alone.measure(BATCH.inputs, BATCH.targets)[0][0], together[k], atol=1e-5, rtol=1e-5
        )


def is_channels_last(kernels):
    return all(kernel.is_contiguous(memory_format=torch.channels_last) for kernel in kernels)


@pytest.mark.parametrize("size", [1, 3])
def test_kernels_stay_channels_last(size):
    population = Population(networks(1)[0], PROBLEM.tasks, size, device=CPU)
    kernels = [population.parameters[name] for name in ("body.0.weight", "body.3.weight")]
    assert all(is_channels_last(kernel) for kernel in kernels)
    optimizer = torch.optim.Adam(population.parameters.values())
    population.measure(BATCH.inputs, BATCH.targets)[0].sum().backward()
    optimizer.step()
    population.load_state_dict({n: t + 0.0 for n, t in population.state_dict().items()})
    for name, kernel in zip(("body.0.weight", "body.3.weight"), kernels, strict=True):
        assert population.parameters[name] is kernel
        assert is_channels_last(kernel)


def test_a_state_round_trip():
    population = stacked(networks())
    state = {name: tensor.clone() for name, tensor in population.state_dict().items()}
    assert set(state) == set(Noisy().state_dict())
    assert all(len(tensor) == 3 for tensor in state.values())
    other = Population(networks(1)[0], PROBLEM.tasks, 3, device=CPU, **MODE)
    other.load_state_dict(state)
    for one in (population, other):
        one.train(False)
    expected = population.measure(BATCH.inputs, BATCH.targets)[0]
    assert torch.equal(other.measure(BATCH.inputs, BATCH.targets)[0], expected)
    # A member's part of the state is a network of its own.
    network = Noisy(0.0)
    network.load_state_dict({name: tensor[1] for name, tensor in state.items()})
    torch.testing.assert_close(own_losses(network.eval()), expected[1], atol=1e-5, rtol=1e-5)


def test_members_start_alike_and_are_no_views_of_each_other_or_the_network():
    (network,) = networks(1)
    original = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    population = Population(network, PROBLEM.tasks, 2, device=CPU)
    for name, tensor in population.state_dict().items():
        assert torch.equal(tensor[0], original[name])
        assert torch.equal(tensor[1], original[name])
        tensor[0].add_(1)
        assert torch.equal(tensor[1], original[name])
        assert torch.equal(network.state_dict()[name], original[name])


def test_one_that_is_not_finite_is_told_from_the_others():
    population = stacked(networks())
    assert population.finite().tolist() == [True, True, True]
    with torch.no_grad():
        population.parameters["heads.1.bias"][1, 0] = torch.nan
        population.parameters["body.0.weight"][2, 0, 0, 0, 0] = torch.inf
    assert population.finite().tolist() == [True, False, False]
    losses, _ = population.measure(BATCH.inputs, BATCH.targets)
    assert losses[0].isfinite().all()
    assert losses[1].isnan().any()


@pytest.mark.parametrize("size", [1, 2])
def test_bf16_is_close_and_losses_are_in_single_precision(size):
    (network,) = networks(1)
    full = Population(network, PROBLEM.tasks, size, device=CPU)
    half = Population(network, PROBLEM.tasks, size, device=CPU, autocast=torch.bfloat16)
    expected, _ = full.measure(BATCH.inputs, BATCH.targets)
    found, _ = half.measure(BATCH.inputs, BATCH.targets)
    assert found.dtype == torch.float32
    torch.testing.assert_close(found, expected, atol=0.05, rtol=0.05)
    assert not torch.equal(found, expected)
    found.sum().backward()
    assert all(p.grad.dtype == torch.float32 for p in half.parameters.values())


@pytest.mark.parametrize("kind", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize("mode", [True, False])
def test_stacked_batch_norm_of_vectors_in_numbers_of_16_bits(kind, mode):
    problem = vectors()
    torch.manual_seed(0)
    network = Wide()
    population = Population(network, problem.tasks, 2, device=CPU, autocast=kind)
    population.train(mode)
    losses, _ = population.measure(problem.train.inputs, problem.train.targets)
    losses.sum().backward()
    assert all(p.grad.isfinite().all() for p in population.parameters.values())


def test_tasks_without_metrics():
    tasks = [type(task)(task.name, task.loss) for task in PROBLEM.tasks]
    for size in (1, 3):
        population = Population(networks(1)[0], tasks, size, device=CPU)
        losses, metrics = population.measure(BATCH.inputs, BATCH.targets)
        assert losses.shape == (size, 2)
        assert metrics.shape == (size, 0)


def test_a_stack_of_mdmtn_trains_as_its_members_do():
    generator = torch.Generator().manual_seed(3)
    inputs = torch.randn(16, 1, 28, 28, generator=generator)
    targets = [torch.randint(0, 3, (16,), generator=generator) for _ in range(2)]
    weights = torch.tensor([[0.1, 0.9], [0.6, 0.4]])

    def trained(rows):
        torch.manual_seed(1)
        population = Population(
            generic_mdmtn((1, 28, 28), [3, 3]), PROBLEM.tasks, len(rows), device=CPU
        )
        optimizer = torch.optim.SGD(population.parameters.values(), lr=0.05)
        for _ in range(5):
            optimizer.zero_grad()
            (rows * population.measure(inputs, targets)[0]).sum().backward()
            optimizer.step()
        return population.state_dict()

    together = trained(weights)
    for k in range(2):
        for name, tensor in trained(weights[k : k + 1]).items():
            difference = (tensor[0] - together[name][k]).norm() / tensor.norm().clamp(min=1e-3)
            assert difference <= 1e-4, name


def test_convolutions_in_turn_give_the_same_bits_in_whatever_company():
    """Ten Adam steps on two members that drift apart, and each of them alone."""
    torch.manual_seed(0)
    network = generic_mdmtn((1, 28, 28), (10, 10))
    images, labels = torch.randn(32, 1, 28, 28), torch.randint(0, 10, (2, 32))
    weights = torch.tensor([[0.2, 0.8], [0.7, 0.3]])
    tasks = [classification("left", 10), classification("right", 10)]

    def trained(rows):
        population = Population(copy.deepcopy(network), tasks, len(rows), device=CPU, stacked=False)
        optimizer = torch.optim.Adam(population.parameters.values(), lr=1e-2)
        for _ in range(10):
            optimizer.zero_grad()
            losses, _ = population.measure(images, labels)
            (weights[rows] * losses).sum().backward()
            optimizer.step()
        return population.state_dict()

    together = trained([0, 1])
    for member in (0, 1):
        for name, tensor in trained([member]).items():
            assert torch.equal(tensor[0], together[name][member]), name


# Several inputs


class Both(nn.Module):
    """Two inputs, images and numbers."""

    def __init__(self):
        super().__init__()
        self.images, self.numbers = Noisy(0.0), nn.Linear(3, 3)

    def forward(self, images, numbers):
        return [output + self.numbers(numbers) for output in self.images(images)]


def both(form):
    """Inputs of a form, for two members one batch after the other."""
    generator = torch.Generator().manual_seed(5)
    images = torch.cat([BATCH.inputs[:6], BATCH.inputs[6:12]])
    numbers = torch.randn(12, 3, generator=generator)
    given = {"numbers": numbers, "images": images}
    return given if form == "dictionary" else (images, numbers)


@pytest.mark.parametrize("form", ["tuple", "dictionary"])
@pytest.mark.parametrize("apart", [True, False])
def test_several_inputs_reach_the_network(form, apart):
    torch.manual_seed(0)
    network = Both()
    population = Population(network, PROBLEM.tasks, 2, device=CPU, **MODE)
    with torch.no_grad():
        population.parameters["numbers.bias"][1] += 1
    population.train(False)
    inputs, targets = both(form), [target[:12] for target in BATCH.targets]
    losses, _ = population.measure(inputs, targets, apart=apart)
    network.eval()
    images, numbers = both("tuple")
    for k in range(2):
        rows = slice(6 * k, 6 * k + 6) if apart else slice(None)
        with torch.no_grad():
            network.numbers.bias.copy_(population.parameters["numbers.bias"][k])
        outputs = network(images[rows], numbers[rows])
        expected = [
            task.loss(output, target[rows])
            for task, output, target in zip(PROBLEM.tasks, outputs, targets, strict=True)
        ]
        torch.testing.assert_close(losses[k], torch.stack(expected), atol=1e-5, rtol=1e-5)


def test_images_among_several_inputs_lie_as_kernels_do():
    seen = []

    class Looking(Both):
        def forward(self, images, numbers):
            seen.append(images.is_contiguous(memory_format=torch.channels_last))
            return super().forward(images, numbers)

    population = Population(Looking(), PROBLEM.tasks, 1, device=CPU)
    population.measure(both("dictionary"), [target[:12] for target in BATCH.targets])
    assert seen == [True]


# Attention and recurrent layers


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.TransformerEncoderLayer(4, 2, 8, dropout=0.0, batch_first=True)
        self.heads = nn.ModuleList(nn.Linear(4, 3) for _ in range(2))

    def forward(self, inputs):
        features = self.encoder(inputs).mean(dim=1)
        return [head(features) for head in self.heads]


# Torch has no kernel of attention for several networks at once; the numbers are what is tested.
@pytest.mark.filterwarnings("ignore:There is a performance drop")
def test_attention_has_gradients_in_evaluation_mode_and_the_same_numbers_without():
    torch.manual_seed(0)
    network = Encoder()
    population = Population(network, PROBLEM.tasks, 2, device=CPU, **MODE)
    inputs = torch.randn(5, 7, 4)
    targets = [target[:5] for target in BATCH.targets]
    losses = {}
    for mode in (True, False):
        population.train(mode)
        losses[mode], _ = population.measure(inputs, targets)
        with torch.no_grad():
            without, _ = population.measure(inputs, targets)
        assert torch.equal(without, losses[mode])
    torch.testing.assert_close(losses[True], losses[False])
    found = torch.autograd.grad(losses[False].sum(), list(population.parameters.values()))
    outputs = network.eval()(inputs)
    own = sum(
        task.loss(output, target)
        for task, output, target in zip(PROBLEM.tasks, outputs, targets, strict=True)
    )
    expected = torch.autograd.grad(own, list(network.parameters()))
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one[1], other, atol=1e-5, rtol=1e-4)
    assert torch.backends.mha.get_fastpath_enabled()


@pytest.mark.parametrize(
    ("training", "gradients", "enabled"),
    [(True, True, True), (False, True, False), (False, False, True)],
)
def test_recurrent_layers_leave_cudnn_out_where_it_has_no_gradient(training, gradients, enabled):
    seen = []

    class Recurrent(nn.Module):
        def __init__(self):
            super().__init__()
            self.states = nn.GRU(4, 3, batch_first=True)

        def forward(self, inputs):
            seen.append(torch.backends.cudnn.enabled)
            output = self.states(inputs)[0][:, -1]
            return [output, output]

    population = Population(Recurrent(), PROBLEM.tasks, 2, device=CPU, stacked=False)
    population.train(training)
    with torch.set_grad_enabled(gradients):
        population.measure(torch.randn(5, 7, 4), [target[:5] for target in BATCH.targets])
    assert seen == [enabled] * 2
    assert torch.backends.cudnn.enabled


def test_a_parameter_that_is_one_number():
    """As a temperature is."""

    class Scaled(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(6, 3)
            self.scale = nn.Parameter(torch.tensor(2.0))

        def forward(self, inputs):
            return [self.scale * self.layer(inputs)] * 2

    population = Population(Scaled(), vectors().tasks, 2, device=CPU)
    assert population.finite().tolist() == [True, True]
    with torch.no_grad():
        population.parameters["scale"][1] = torch.nan
    assert population.finite().tolist() == [True, False]
