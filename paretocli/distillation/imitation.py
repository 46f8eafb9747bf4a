"""The student's side of distillation: a network whose features imitate those of its teachers.

Li and Bilen, *Knowledge Distillation for Multi-task Learning* (ECCV Workshops 2020, arXiv
2007.06889): for each task t there is a teacher, trained on that task alone. The student's shared
features φ(x) pass through an adaptor A_t, a linear map of the channels, and are to point where the
teacher's φ_t(x) do:

    L = Σ_t w_t (L_t + γ ‖ A_t(φ(x)) / ‖A_t(φ(x))‖ − φ_t(x) / ‖φ_t(x)‖ ‖²)

The paper's sum is that of the solver `equal`; here any solver may weigh the tasks, each with its
own teacher's term. The adaptors are there in training alone and are no part of what is stored.
"""

from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn

from paretocli.core.outputs import outputs_by_task
from paretocli.core.problem import Task
from paretocli.distillation.features import Features

ADAPTORS = "distillation_adaptors"
IMAGE = 3  # dimensions of a sample's features (C, H, W)


def with_adaptors(
    network: nn.Module,
    module: str,
    shape: Sequence[int],
    tasks: Sequence[Task],
    auxiliary: Sequence[Task] = (),
) -> tuple[Task, ...]:
    """Give a network an adaptor a task, whose features it returns after its outputs in training.

    The outputs are in the order of the tasks then, however the network returned them, and the
    auxiliary losses follow them.

    Args:
        network: It; in evaluation it returns what it did before.
        module: The name of the module whose features are shared by the tasks.
        shape: Of one sample's features, (F,), (L, F) or (C, H, W).
        tasks: Of the problem.
        auxiliary: Its auxiliary losses, which have no teachers.

    Returns:
        The tasks, the auxiliary losses, and one more for each task: its target is the teacher's
        features (B, …).
    """
    features = Features(network, module)
    network.add_module(ADAPTORS, nn.ModuleList(_adaptor(shape) for _ in tasks))

    names = [task.name for task in (*tasks, *auxiliary)]

    def add_features(module: nn.Module, given: Any, returned: Any) -> Any:
        own = features.taken()
        if not module.training:
            return returned
        adaptors: Any = module.get_submodule(ADAPTORS)
        return (*outputs_by_task(returned, names), *(adaptor(own) for adaptor in adaptors))

    network.register_forward_hook(add_features)
    return (
        *tasks,
        *auxiliary,
        *(Task(f"imitation {task.name}", direction_error) for task in tasks),
    )


def direction_error(output: Tensor, target: Tensor) -> Tensor:
    """The squared distance of two features' directions (B, …), from 0 to 4, mean over the batch."""
    ours, theirs = (nn.functional.normalize(f.flatten(1), dim=1) for f in (output, target))
    return ((ours - theirs) ** 2).sum(dim=1).mean()


def is_adaptor(name: str) -> bool:
    """Whether a parameter is an adaptor's."""
    return name.startswith(f"{ADAPTORS}.")


def _adaptor(shape: Sequence[int]) -> nn.Module:
    """A linear map of the channels, the identity at first: it needs no random numbers."""
    if len(shape) == IMAGE:
        convolution = nn.Conv2d(shape[0], shape[0], 1, bias=False)
        nn.init.dirac_(convolution.weight)
        return convolution
    linear = nn.Linear(shape[-1], shape[-1], bias=False)
    nn.init.eye_(linear.weight)
    return linear
