"""Small problems whose networks are unlike most: each function makes one, for `FILE:function`."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, dropout, mse_loss, relu
from torch.nn.utils.parametrizations import spectral_norm
from torch.utils.checkpoint import checkpoint

from paretocli.problems import Defaults, Problem, Samples, Task

WIDTH, CLASSES = 8, 3


class Net(nn.Module):
    """An input layer, a body, and two heads: classes and one number."""

    def __init__(self, body: nn.Module | None = None, first: nn.Module | None = None) -> None:
        super().__init__()
        self.first = first or nn.Linear(6, WIDTH)
        self.hidden = nn.Linear(WIDTH, WIDTH)
        self.body = body or nn.Identity()
        self.kind = nn.Linear(WIDTH, CLASSES)
        self.size = nn.Linear(WIDTH, 1)

    def features(self, inputs: Tensor) -> Tensor:
        return self.body(self.hidden(relu(self.first(inputs))))

    def forward(self, inputs: Tensor) -> list[Tensor]:
        features = self.features(inputs)
        return [self.kind(features), self.size(features).squeeze(-1)]


def accuracy(output: Tensor, target: Tensor) -> Tensor:
    return (output.argmax(dim=1) == target).float().mean()


def problem(network: Callable[[], nn.Module], *shape: int, tokens: bool = False) -> Problem:
    """Random inputs of a shape, (6,) unless given, or tokens below 11."""
    generator = torch.Generator().manual_seed(0)

    def split(count: int) -> Samples:
        size = (count, *(shape or (6,)))
        inputs = torch.randn(size, generator=generator)
        if tokens:
            inputs = torch.randint(0, 11, size, generator=generator)
        kinds = torch.randint(0, CLASSES, (count,), generator=generator)
        return Samples(inputs, (kinds, torch.randn(count, generator=generator)))

    train, val, test = (split(count) for count in (24, 10, 10))
    kept = {"prepare": unchanged} if tokens else {}
    return Problem(
        name="odd",
        tasks=[Task("kind", cross_entropy, {"accuracy": accuracy}), Task("size", mse_loss)],
        train=train,
        val=val,
        test=test,
        networks={"net": network},
        defaults=Defaults(points=3, epochs=2, batch_size=8, lr=0.01, retrain_epochs=1),
        **kept,
    )


def unchanged(inputs: Tensor) -> Tensor:
    return inputs


# Shared weights


class Tied(Net):
    def __init__(self) -> None:
        super().__init__(nn.Linear(WIDTH, WIDTH))
        self.body.weight = self.hidden.weight


def tied() -> Problem:
    return problem(Tied)


# Normalisation and dropout


def group_norm() -> Problem:
    return problem(lambda: Net(nn.GroupNorm(2, WIDTH)))


def batch_norm() -> Problem:
    return problem(lambda: Net(nn.BatchNorm1d(WIDTH)))


def own_statistics() -> Problem:
    return problem(lambda: Net(nn.BatchNorm1d(WIDTH, track_running_stats=False)))


def drop() -> Problem:
    return problem(lambda: Net(nn.Dropout(0.3)))


class Restless(Net):
    """Its dropout is never switched off."""

    def features(self, inputs: Tensor) -> Tensor:
        return dropout(super().features(inputs), 0.3)


def restless() -> Problem:
    return problem(Restless)


def spectral() -> Problem:
    return problem(lambda: Net(spectral_norm(nn.Linear(WIDTH, WIDTH))))


# Sequences (B, S, 6)


class Attention(Net):
    def __init__(self, *, batch_first: bool = True) -> None:
        super().__init__(nn.TransformerEncoderLayer(WIDTH, 2, 16, batch_first=batch_first))

    def features(self, inputs: Tensor) -> Tensor:
        return super().features(inputs).mean(dim=1)


def transformer() -> Problem:
    return problem(Attention, 5, 6)


def mixed_up() -> Problem:
    """Its attention takes samples for places."""
    return problem(lambda: Attention(batch_first=False), 5, 6)


class Recurrent(Net):
    def __init__(self) -> None:
        super().__init__(first=nn.LSTM(6, WIDTH, num_layers=2, dropout=0.2, batch_first=True))

    def features(self, inputs: Tensor) -> Tensor:
        states, _ = self.first(inputs)
        return relu(self.hidden(states[:, -1]))


def lstm() -> Problem:
    return problem(Recurrent, 5, 6)


# Tokens (B, S)


class Embedded(Net):
    def __init__(self, *, sparse: bool = False) -> None:
        super().__init__(first=nn.Embedding(11, WIDTH, sparse=sparse))

    def features(self, inputs: Tensor) -> Tensor:
        return relu(self.hidden(self.first(inputs).mean(dim=1)))


def embedding() -> Problem:
    return problem(Embedded, 5, tokens=True)


def sparse_embedding() -> Problem:
    return problem(lambda: Embedded(sparse=True), 5, tokens=True)


def floats_for_tokens() -> Problem:
    made = problem(Embedded, 5, tokens=True)
    return Problem(
        name="odd",
        tasks=made.tasks,
        train=made.train,
        val=made.val,
        test=made.test,
        networks=made.networks,
    )


# Parameters and buffers


class Lazy(Net):
    def __init__(self) -> None:
        super().__init__(nn.LazyBatchNorm1d(), first=nn.LazyLinear(WIDTH))


def lazy() -> Problem:
    return problem(Lazy)


class Buffers(Net):
    """Complex and whole numbers, and one that no state holds."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("phase", torch.polar(torch.ones(4), torch.arange(4.0)))
        self.register_buffer("order", torch.arange(WIDTH).flip(0), persistent=False)

    def features(self, inputs: Tensor) -> Tensor:
        pairs = torch.view_as_complex(super().features(inputs).reshape(-1, 4, 2))
        return torch.view_as_real(pairs * self.phase).flatten(1)[:, self.order]


def buffers() -> Problem:
    return problem(Buffers)


class Frozen(Net):
    def __init__(self) -> None:
        super().__init__()
        self.hidden.requires_grad_(False)


def frozen() -> Problem:
    return problem(Frozen)


class Spare(Net):
    """Three parameters that no loss reaches."""

    def __init__(self) -> None:
        super().__init__()
        self.spare = nn.Linear(2, 2)
        self.factor = nn.Parameter(torch.ones(()))


def spare() -> Problem:
    return problem(Spare)


class Keeper(Net):
    """Computes with a parameter that it has put aside."""

    def __init__(self) -> None:
        super().__init__()
        self.aside = [self.hidden.weight]

    def features(self, inputs: Tensor) -> Tensor:
        return relu(self.first(inputs)) @ self.aside[0].T


def keeper() -> Problem:
    return problem(Keeper)


class Forgetful(Net):
    """Computes its features again in the backward pass."""

    def features(self, inputs: Tensor) -> Tensor:
        return checkpoint(super().features, inputs, use_reentrant=False)


def forgetful() -> Problem:
    return problem(Forgetful)


# Control flow and outputs


class Branching(Net):
    """Goes another way where a feature is large: in training, or always."""

    def __init__(self, *, always: bool) -> None:
        super().__init__()
        self.always = always

    def features(self, inputs: Tensor) -> Tensor:
        features = super().features(inputs)
        if (self.training or self.always) and features.mean() > 0:
            return -features
        return features


def control_flow() -> Problem:
    return problem(lambda: Branching(always=True))


def control_flow_in_training() -> Problem:
    return problem(lambda: Branching(always=False))


class Picky(Net):
    def features(self, inputs: Tensor) -> Tensor:
        if self.training:
            raise ValueError("not in training")
        return super().features(inputs)


def picky() -> Problem:
    return problem(Picky)


class Named(Net):
    def forward(self, inputs: Tensor) -> dict[str, Tensor]:
        return dict(zip(("kind", "height"), super().forward(inputs), strict=True))


def named_outputs() -> Problem:
    return problem(Named)


class Complex(Net):
    def forward(self, inputs: Tensor) -> list[Tensor]:
        kind, size = super().forward(inputs)
        return [kind, size.to(torch.complex64)]


def complex_output() -> Problem:
    return problem(Complex)
