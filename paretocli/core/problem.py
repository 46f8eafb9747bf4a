"""What a problem is: data, tasks and networks. A user's own problem is made of these too."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from torch import Tensor, nn
from torch.optim import Optimizer

from paretocli.core.auxiliary import auxiliary_tasks, checked_auxiliary
from paretocli.core.description import Description
from paretocli.core.given_splits import refuse_no_data, refuse_wrong_split
from paretocli.core.held_out import cut_note, cut_off
from paretocli.core.in_order import part_of
from paretocli.core.input_columns import refuse_other_columns
from paretocli.core.inputs import Inputs, mapped, one_tensor
from paretocli.core.joining import joined
from paretocli.core.known_front import KnownFront
from paretocli.core.labels import labelled_shares, rows_with_labels
from paretocli.core.metric import Metric
from paretocli.core.problem_names import refuse_wrong_names
from paretocli.core.repeated import checked_weights, repeat_note, repeats
from paretocli.core.samples import Data, Samples
from paretocli.core.shared_outputs import refuse_wrong_reading
from paretocli.core.splits import SPLITS, Split
from paretocli.core.task import Task, TaskFunction
from paretocli.errors import InputError

__all__ = [
    "EVALUATION_BATCH",
    "SPLITS",
    "Data",
    "Defaults",
    "Description",
    "Metric",
    "NetworkFactory",
    "OptimizerHook",
    "Problem",
    "Samples",
    "Split",
    "Task",
    "TaskFunction",
    "as_float",
    "joined",
]

EVALUATION_BATCH = 1000  # samples that are measured at once, unless a problem says otherwise

NetworkFactory = Callable[[], nn.Module]

# Called as hook(named, lr=…, weight_decay=…).
OptimizerHook = Callable[..., Optimizer]


@dataclass(frozen=True)
class Defaults:
    """What a problem's name alone means; every value can be overridden.

    Without a network named here, the problem's own is taken, or `hps` where it has none. The
    solver's `penalty` and `averaging` suit batches with noise; where the objectives have none, 10
    and 1 are exact.
    """

    network: str | None = None
    points: int = 9
    epochs: int = 20
    batch_size: int = 256
    lr: float = 1e-3
    optimizer: str = "adam"
    schedule: str = "cosine"
    weight_decay: float = 0.0
    scale: str = "initial"
    penalty: float = 2.0
    averaging: int = 5
    retrain_epochs: int = 10
    micro_batch: int = 0
    warm_up: float = 0.0
    clip_norm: float = 0.0
    lr_of: Mapping[str, float] = field(default_factory=dict)
    thaw: Mapping[str, int] = field(default_factory=dict)
    no_decay: Sequence[str] = ()
    ema: float = 0.0


def as_float(inputs: Inputs) -> Inputs:
    """The default preparation of a batch: numbers as they are, in single precision."""
    return mapped(Tensor.float, inputs)


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Data, tasks and networks for one multi-task question.

    Attributes:
        name: Name in records and pictures.
        tasks: The tasks; with them come the objectives, in this order.
        train, test: Splits of the data: `Samples`, `LazySamples`, or whatever follows `Data`.
        val: The split that chooses the best epoch; without it, a tenth of the training samples is
            cut off for it, at random and the same each time.
        train_weights: How often each training sample is seen (N,), beside the others: with twice
            the weight twice as often, and that with the smallest weight once an epoch. So a rare
            class is met in each batch. Losses of the training data are those of the repeated
            samples.
        prepare: Turns a batch of `Samples.inputs` into the network's input, on the batch's device:
            a tensor, a tuple that becomes the positional arguments of the network's `forward`, or a
            dictionary that becomes its keyword arguments. Unless given, all numbers become floats;
            for inputs that are to stay whole numbers, such as those of an embedding, give
            `lambda inputs: inputs`.
        augment: Changes a prepared training batch at random, on its device; draws from torch's
            global generator.
        networks: The problem's own networks by name, beside the generic ones. A network is a
            module that returns one output a task, in their order as a tuple or list, or by their
            names as a dictionary, named tuple or dataclass. An output is a tensor (B, …), or a
            tuple or dictionary of such tensors.
        generic: Whether the generic networks (`hps`, `mdmtn`, `mtan`) fit the inputs. They never
            fit several.
        auxiliary: Coefficients of losses that the network returns by name beside the tasks'
            outputs: one number for a batch, or one a sample, in training and in evaluation. They
            are trained on, and are no objectives; see `paretocli.core.auxiliary`.
        optimizer: Makes the optimiser of one network from its trained parameters, as
            `named_parameters()` has them, and the options: `optimizer(named, lr=…,
            weight_decay=…)`. Any class of torch's kind may come of it; `torch.optim.Adafactor`
            itself does for a hook. Unless given, `Defaults.optimizer` names it.
        ideal: The ideal a (m,), a lower bound of each objective. Unless given, that of each task.
        evaluation_batch: Samples that are measured at once where nothing is trained. Large images
            need fewer than the default.
        front: The whole front, where it is known; hypervolumes end at its reference point.
        defaults: What is used where the user says nothing.
        notes: What whoever sweeps it should know of how it was made, a sentence each.
        columns: Where the inputs are numbers of a table's columns, the column of each (D,).
        without_effect: Options by which it was made that made no difference, by name.
        description: What whoever gets one of its networks alone should know of the data.
    """

    name: str
    tasks: Sequence[Task]
    train: Data
    val: Data | None = None
    test: Data
    train_weights: Sequence[float] | Tensor | None = None
    prepare: Callable[[Any], Inputs] = as_float
    augment: Callable[[Any], Inputs] | None = None
    networks: Mapping[str, NetworkFactory] = field(default_factory=dict)
    generic: bool = True
    auxiliary: Mapping[str, float] = field(default_factory=dict)
    optimizer: OptimizerHook | None = None
    ideal: Sequence[float] | None = None
    evaluation_batch: int = EVALUATION_BATCH
    front: KnownFront | None = None
    defaults: Defaults = field(default_factory=Defaults)
    notes: Sequence[str] = ()
    columns: Sequence[str] = ()
    without_effect: Sequence[str] = ()
    description: Description = Description()

    def __post_init__(self) -> None:
        names = [task.name for task in self.tasks]
        refuse_wrong_names(self.name, names, self.metrics)
        refuse_wrong_reading(self.tasks, self.name)
        auxiliary = checked_auxiliary(self.auxiliary, names, self.name)
        object.__setattr__(self, "auxiliary", auxiliary)
        if self.evaluation_batch < 1:
            raise InputError(
                f"The evaluation_batch of problem {self.name} should be at least 1, found "
                f"{self.evaluation_batch}."
            )
        refuse_no_data(self.train, f"The train split of problem {self.name}")
        if self.val is None:
            self._cut_off()
        for split, data in self.splits().items():
            refuse_wrong_split(data, split, self.name, self.tasks)
        refuse_other_columns(self.columns, self.train, self.name)
        if self.ideal is not None and len(self.ideal) != len(names):
            raise InputError(
                f"The ideal of problem {self.name} has {len(self.ideal)} numbers for "
                f"{len(names)} objectives; give one for each."
            )
        if self.front is not None and len(self.front.ideal) != len(names):
            raise InputError(
                f"The front of problem {self.name} has {len(self.front.ideal)} objectives for "
                f"{len(names)} tasks; give one that has as many."
            )

    def _cut_off(self) -> None:
        """Take validation samples from the training samples, and their weights with them."""
        left, cut = cut_off(self.train, self.name)
        train, val = part_of(self.train, left), part_of(self.train, cut)
        if self.train_weights is not None:
            weights = checked_weights(self.train_weights, len(self.train), self.name)
            object.__setattr__(self, "train_weights", weights[left])
        object.__setattr__(self, "train", train)
        object.__setattr__(self, "val", val)
        object.__setattr__(self, "notes", (*self.notes, cut_note(self.name, train, val)))

    @property
    def objectives(self) -> tuple[str, ...]:
        """Names of the objectives, in order."""
        return tuple(task.name for task in self.tasks)

    @cached_property
    def trained(self) -> tuple[Task, ...]:
        """What a training step measures: the tasks, and after them the auxiliary losses."""
        return (*self.tasks, *auxiliary_tasks(self.auxiliary))

    def with_auxiliary(self, coefficients: Mapping[str, float]) -> "Problem":
        """The problem with these auxiliary losses in place of its own."""
        given = checked_auxiliary(coefficients, self.objectives, self.name)
        return self if given == self.auxiliary else replace(self, auxiliary=given)

    @property
    def metrics(self) -> tuple[str, ...]:
        """Names `<metric>_<task>` of the metrics, in order."""
        return tuple(f"{metric}_{task.name}" for task in self.tasks for metric in task.metrics)

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Shape of one prepared input.

        Raises:
            InputError: There are several inputs.
        """
        prepared = self.prepare(self.train.rows(slice(1)).inputs)
        return tuple(one_tensor(prepared, "A generic network").shape[1:])

    def some_rows(self, split: Split, count: int) -> Tensor:
        """Numbers of the first samples of a split, or of some that have labels (count,).

        Where labels may be missing, there is at least one label of each task among them.
        """
        return rows_with_labels(self.tasks, self.splits()[split], count, self.evaluation_batch)

    @cached_property
    def labelled(self) -> dict[Split, tuple[float, ...]]:
        """The mean weight of each split's samples, for each task (m,): the share with a label.

        Counted once: data that is read as it is needed is read for that where a task has a sign
        for missing labels, or weights.

        Raises:
            InputError: A split has no label of a task.
        """
        return {
            split: labelled_shares(
                self.tasks,
                data,
                f"The {split} split of problem {self.name}",
                self.evaluation_batch,
            )
            for split, data in self.splits().items()
        }

    @cached_property
    def an_epoch(self) -> Data:
        """The training samples, each as often as an epoch sees it."""
        if self.train_weights is None or len(self.train) == 0:
            return self.train
        weights = checked_weights(self.train_weights, len(self.train), self.name)
        return part_of(self.train, repeats(weights))

    @property
    def all_notes(self) -> tuple[str, ...]:
        """The notes, and one on samples that are repeated."""
        if self.train_weights is None:
            return tuple(self.notes)
        return (*self.notes, repeat_note(len(self.train), len(self.an_epoch), self.name))

    def splits(self) -> dict[Split, Data]:
        """The three splits by name."""
        assert self.val is not None  # there is one by now
        return {"train": self.an_epoch, "val": self.val, "test": self.test}

    def checksums(self) -> dict[str, str]:
        """SHA-256 of each split's inputs and targets."""
        return {name: samples.checksum() for name, samples in self.splits().items()}
