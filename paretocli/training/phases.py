"""The phases of training: a search and, after it, retraining."""

from typing import Any

from paretocli.population.optimizers import learning_rate
from paretocli.training.settings import TrainingSettings
from paretocli.training.standstill import Standstill


class Phases:
    """Which phase it is, and how far.

    Args:
        settings: How many epochs each has at most, and its learning rate.
        two: Whether there is a second one.
        standstill: Who has ended the present one early.
    """

    def __init__(self, settings: TrainingSettings, standstill: Standstill, *, two: bool) -> None:
        self._settings = settings
        self.standstill = standstill
        self.two = two
        self.retraining = False
        self.epoch = 0
        self._first = 0

    @property
    def longest(self) -> int:
        """Epochs from start to end at most."""
        return self._settings.epochs + (self._settings.retrain_epochs if self.two else 0)

    @property
    def search_over(self) -> bool:
        """Whether it is time for the second phase."""
        return self.two and not self.retraining and self._over

    @property
    def finished(self) -> bool:
        """Whether nothing is left to train."""
        return self._over and self.retraining == self.two

    def begin_retraining(self) -> None:
        """Begin the second phase with the next epoch."""
        self.retraining, self._first = True, self.epoch
        self.standstill.new_phase()

    @property
    def order(self) -> int:
        """The epoch as its batches are drawn for: as if no phase before had ended early."""
        return self.epoch - self._first + (self._settings.epochs if self.retraining else 0)

    def place(self, step: int, steps: int) -> tuple[int, int]:
        """The number of a step in its phase, and how many there are; of an epoch's `steps`."""
        return (self.epoch - self._first) * steps + step, self._epochs * steps

    def rate(self, step: int, steps: int) -> float:
        """The learning rate in a step of an epoch's."""
        lr = self._settings.retrain_lr if self.retraining else self._settings.lr
        schedule, warm_up = self._settings.schedule, self._settings.warm_up
        return learning_rate(schedule, lr, *self.place(step, steps), warm_up=warm_up)

    @property
    def warming_up(self) -> bool:
        """Whether the last epoch was one in which the learning rate rose to its end."""
        return self.epoch - self._first <= self._settings.warm_up * self._epochs

    def state_dict(self) -> dict[str, Any]:
        """The state, for a checkpoint."""
        return {"first": self._first, "standstill": self.standstill.state_dict()}

    def load_state_dict(self, state: dict[str, Any], epoch: int, *, found: bool) -> None:
        """Take up a state.

        Args:
            state: As `state_dict` gave it; empty where an older version wrote it.
            epoch: How many epochs were done.
            found: Whether there was a pattern of zero rows and ties.
        """
        self.epoch, self.retraining = epoch, self.two and found
        self._first = self._settings.epochs if self.retraining else 0
        if state:
            self._first = int(state["first"])
            self.standstill.load_state_dict(state["standstill"])
        else:
            self.standstill.epochs.fill_(epoch)

    @property
    def _epochs(self) -> int:
        return self._settings.retrain_epochs if self.retraining else self._settings.epochs

    @property
    def _over(self) -> bool:
        return self.epoch - self._first >= self._epochs or self.standstill.all_ended
