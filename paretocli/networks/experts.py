"""Mixtures of experts: networks in which each task weighs shared and own parts for itself."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn


class Gate(nn.Module):
    """Shares of experts, from the inputs, and the mixture of what these give.

        g = softmax(W x),   mixture = Σ_e g_e · expert_e

    Args:
        inputs: D, numbers of a sample.
        experts: E.
    """

    def __init__(self, inputs: int, experts: int) -> None:
        super().__init__()
        self.shares = nn.Sequential(nn.Flatten(), nn.Linear(inputs, experts, bias=False))

    def forward(self, inputs: Tensor, features: Tensor) -> Tensor:
        """The mixture (B, F) of features (B, E, F), by inputs (B, …) of D numbers."""
        shares = torch.softmax(self.shares(inputs), dim=-1)
        return (shares.unsqueeze(-1) * features).sum(dim=1)


class MMoE(nn.Module):
    """Multi-gate mixture of experts: shared experts, and a gate and a head for each task.

    Ma, Zhao, Yi, Chen, Hong and Chi, *Modeling Task Relationships in Multi-task Learning with
    Multi-gate Mixture-of-Experts*, KDD 2018.

    Args:
        experts: Give features (B, F) each.
        inputs: D, numbers of a sample.
        features: F.
        outputs: Numbers that each task's head gives.
    """

    def __init__(
        self, experts: Sequence[nn.Module], inputs: int, features: int, outputs: Sequence[int]
    ) -> None:
        super().__init__()
        self.experts = nn.ModuleList(experts)
        self.gates = nn.ModuleList(Gate(inputs, len(experts)) for _ in outputs)
        self.heads = nn.ModuleList(nn.Linear(features, count) for count in outputs)

    def forward(self, inputs: Tensor) -> list[Tensor]:
        """One output (B, outputs_t) a task from inputs (B, …) of D numbers."""
        features = torch.stack([expert(inputs) for expert in self.experts], dim=1)
        return [
            head(gate(inputs, features)) for gate, head in zip(self.gates, self.heads, strict=True)
        ]


class Extraction(nn.Module):
    """One level of progressive layered extraction: shared experts, and some of each task.

    A task's gate weighs its own experts and the shared ones; the shared gate weighs all of them.

    Args:
        shared: The shared experts, which give features (B, F) each.
        own: Those of each task, likewise.
        inputs: D, numbers of a sample.
        last: Whether no level follows, which needs no shared features.
    """

    def __init__(
        self,
        shared: Sequence[nn.Module],
        own: Sequence[Sequence[nn.Module]],
        inputs: int,
        *,
        last: bool,
    ) -> None:
        super().__init__()
        self.shared = nn.ModuleList(shared)
        self.own = nn.ModuleList(nn.ModuleList(experts) for experts in own)
        self.gates = nn.ModuleList(Gate(inputs, len(shared) + len(experts)) for experts in own)
        every = len(shared) + sum(map(len, own))
        self.shared_gate = None if last else Gate(inputs, every)

    def forward(self, inputs: Sequence[Tensor], common: Tensor) -> tuple[list[Tensor], Tensor]:
        """Features of each task (B, F), and common ones (B, F), those given at the last level.

        Args:
            inputs: Of each task (B, …), of D numbers.
            common: Of the shared experts (B, …), likewise.
        """
        shared = [expert(common) for expert in self.shared]
        own = [
            [expert(given) for expert in experts.children()]
            for experts, given in zip(self.own, inputs, strict=True)
        ]
        found = [
            gate(given, torch.stack([*theirs, *shared], dim=1))
            for gate, given, theirs in zip(self.gates, inputs, own, strict=True)
        ]
        if self.shared_gate is None:
            return found, common
        every = [features for theirs in own for features in theirs] + shared
        return found, self.shared_gate(common, torch.stack(every, dim=1))


class PLE(nn.Module):
    """Progressive layered extraction: levels of shared experts and experts of each task.

    Tang, Liu, Zhao and Gong, *Progressive Layered Extraction (PLE): A Novel Multi-Task Learning
    Model for Personalized Recommendations*, RecSys 2020.

    Args:
        levels: The first takes the inputs, each other one the features of the one before.
        features: F.
        outputs: Numbers that each task's head gives.
    """

    def __init__(self, levels: Sequence[Extraction], features: int, outputs: Sequence[int]) -> None:
        super().__init__()
        self.levels = nn.ModuleList(levels)
        self.heads = nn.ModuleList(nn.Linear(features, count) for count in outputs)

    def forward(self, inputs: Tensor) -> list[Tensor]:
        """One output (B, outputs_t) a task from inputs (B, …)."""
        found, common = [inputs] * len(self.heads), inputs
        for level in self.levels:
            found, common = level(found, common)
        return [head(features) for head, features in zip(self.heads, found, strict=True)]
