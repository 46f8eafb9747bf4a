"""The memory that training takes, before any is taken."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from paretocli.population.population import Population
from paretocli.problems.inputs import tensors_of
from paretocli.problems.problem import Data, Problem, Samples

# Tensors of each parameter's size: itself, its gradient, its copy at the best epoch, and what the
# optimiser remembers.
COPIES = {"adam": 5, "adamw": 5, "sgd": 4}
PROBED_ROWS = (2, 4)
GPU_SHARE = 0.7  # of a GPU's memory that is planned with


@dataclass(frozen=True)
class Memory:
    """Bytes.

    Attributes:
        data: All splits, once for each worker.
        parameters: Of a point: parameters, gradients, optimiser state, copy of the best epoch.
        activations: Of a point: what the backward pass of a batch needs of the forward pass.
    """

    data: int
    parameters: int
    activations: int

    def of_worker(self, points: int) -> int:
        """What a worker takes for points that train together."""
        return self.data + points * (self.parameters + self.activations)

    def points_on(self, device: torch.device) -> int:
        """How many points fit on a GPU, at least one.

        By its whole memory, not by what happens to be free: the same command should mean the same.
        """
        total = torch.cuda.get_device_properties(device).total_memory
        return max(1, int((GPU_SHARE * total - self.data) / (self.parameters + self.activations)))


def expected_memory(
    problem: Problem, network: nn.Module, *, optimizer: str, batch_size: int
) -> Memory:
    """What training takes, found by passing some rows through the network."""
    trained = sum(p.numel() * p.element_size() for p in network.parameters() if p.requires_grad)
    few, more = (_saved_bytes(problem, network, rows) for rows in PROBED_ROWS)
    each = (more - few) / (PROBED_ROWS[1] - PROBED_ROWS[0])
    batch = min(batch_size, len(problem.train))
    return Memory(
        data=sum(_bytes(samples) for samples in problem.splits().values()),
        parameters=COPIES[optimizer] * trained,
        activations=round(few + each * (batch - PROBED_ROWS[0])),
    )


def _saved_bytes(problem: Problem, network: nn.Module, rows: int) -> int:
    """What a forward pass keeps for the backward pass, without the parameters."""
    population = Population(network, problem.tasks, 1, device=torch.device("cpu"))
    own = {p.untyped_storage().data_ptr() for p in population.parameters.values()}
    kept: dict[int, int] = {}

    def pack(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            kept[storage.data_ptr()] = storage.nbytes()
        alive.append(tensor)  # or its memory is used again, and counted once for two tensors
        return tensor

    alive: list[Tensor] = []
    # A copy, not a view of all of them; where there are fewer, some come twice.
    samples = problem.train.rows(torch.arange(rows) % len(problem.train))
    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        # Evaluation mode, for batch norm may refuse so few rows; what it keeps is the same.
        population.train(False)
        population.measure(problem.prepare(samples.inputs), samples.targets)
    return sum(kept.values())


def _bytes(samples: Data) -> int:
    """Data that is read as it is needed takes no memory to speak of."""
    if not isinstance(samples, Samples):
        return 0
    tensors = (*tensors_of(samples.inputs).values(), *samples.targets)
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors)
