"""What a process that reads ahead is asked for, and what it answers."""

import ctypes
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import cloudpickle
from torch.utils.data import Dataset, get_worker_info

from paretocli.core.items import Parts
from paretocli.errors import InputError

Request = tuple[list[int], list[int] | None]  # the samples of a batch, and what they draw from
Begun = Callable[[int], None]
Read = Callable[[list[int], list[int] | None, Begun], Parts]
Notes = ctypes.Array[ctypes.c_longlong]


@dataclass(frozen=True)
class Fault:
    """What was wrong with a request, in place of its answer."""

    message: str


class Requests(Dataset[Any]):
    """What the loader takes for a data set, whose items are answers to requests.

    Args:
        read: Reads a batch.
        notes: Of each worker its process and the number of the sample that it is at, plus one.
    """

    def __init__(self, read: Read, notes: Notes) -> None:
        self.read = read
        self.notes = notes

    def __getitem__(self, request: Request) -> Parts | Fault:
        info = get_worker_info()
        assert info is not None
        place = 2 * info.id + 1

        def begun(number: int) -> None:
            self.notes[place] = number + 1

        try:
            return self.read(*request, begun)
        except InputError as error:
            return Fault(str(error))
        finally:
            self.notes[place] = 0

    # Where processes are not forked: what somebody's own file defines cannot be imported by name.
    def __getstate__(self) -> tuple[bytes, Notes]:
        return cloudpickle.dumps(self.read), self.notes

    def __setstate__(self, state: tuple[bytes, Notes]) -> None:
        self.read, self.notes = pickle.loads(state[0]), state[1]
