"""The size of the network that is shipped of a point: what `export` would write.

It is worked out by whoever keeps the results, from a point's file, so that it does not depend on
who solved the point. The network is traced once for all points of a sweep, when the first is there.
"""

import math
from collections.abc import Callable, Mapping
from typing import cast

from safetensors.torch import load
from torch import Tensor, nn

from paretocli.compaction.operations import multiply_accumulates
from paretocli.compaction.program import first_line
from paretocli.compaction.quiet import quiet
from paretocli.compaction.shipping import Size, compact_network, size_of
from paretocli.compaction.trace import Tracing, trace
from paretocli.core.as_used import AsUsed, has_inputs, raw_inputs
from paretocli.core.problem import Problem
from paretocli.errors import InputError
from paretocli.front.sizes import COMPACT
from paretocli.run_directory.point_record import RecordPart
from paretocli.run_directory.rounds import SizeLimits

TRACED_SAMPLES = 2


class TracedNetwork:
    """A network whose operations are found out once, when they are asked for.

    Args:
        network: The network, whatever numbers it holds.
        problem: What it is for.
    """

    def __init__(self, network: nn.Module, problem: Problem) -> None:
        self.network = network
        self.problem = problem
        self._tracing: Tracing | None = None
        self._refusal: Exception | None = None

    @property
    def tracing(self) -> Tracing:
        """The operations from raw inputs to the outputs.

        Raises:
            InputError: There is no graph of them.
        """
        if self._refusal is not None:
            raise self._refusal
        if self._tracing is None:
            try:
                self._tracing = traced_as_used(self.network, self.problem)
            except Exception as error:
                self._refusal = error
                raise
        return self._tracing

    def size_with(self, state: Mapping[str, Tensor]) -> Size:
        """The size of the compact network with the numbers of a state.

        Raises:
            Exception: It cannot be made small; of which kind, torch decides.
        """
        tracing = self.tracing
        self.network.load_state_dict(state)
        sample = tuple(raw_inputs(self.problem, 1).values())
        return size_of(compact_network(tracing), sample)

    def excess(self, state: Mapping[str, Tensor], limits: SizeLimits) -> float:
        """The size of that network over what it is to be at most, infinite where nobody knows."""
        try:
            with quiet():
                size = self.size_with(state)
        except Exception:  # whatever it is, the size is told, and why not, when the point is solved
            return math.inf
        return _over(size.parameters, size.macs, limits)


class Sizes:
    """Works out the compact sizes of a sweep's points.

    Args:
        traced: A network of the sweep, which gets the numbers of its points.
        note: Is told, once, why there are none.
    """

    def __init__(self, traced: TracedNetwork, note: Callable[[str], None]) -> None:
        self._traced = traced
        self._note = note
        self._noted: set[str] = set()

    @property
    def network(self) -> nn.Module:
        """The network whose sizes they are, whatever numbers it holds."""
        return self._traced.network

    def of(self, file: bytes) -> RecordPart:
        """What belongs into a point's record.

        Args:
            file: The point's network, a safetensors file.

        Returns:
            `compact_parameters` and `compact_macs`, each None where there is none; then
            `not_compact` says why. Nothing for a problem that is no network's.
        """
        try:
            if not has_inputs(self._traced.problem):
                return {}
            with quiet():
                size = self._traced.size_with(load(file))
        except InputError as error:
            return self._told(_missing(str(error)))
        except Exception as error:  # whatever it is, the point is solved and stays so
            words = f"{type(error).__name__}, {first_line(error)}"
            return self._told(_missing(f"the network could not be made small ({words})"))
        found: RecordPart = {"compact_parameters": size.parameters, "compact_macs": size.macs}
        return self._told(found | {"not_compact": size.uncounted}) if size.uncounted else found

    def before(self, state: Mapping[str, Tensor]) -> RecordPart:
        """What a record says of a network that was held to a size.

        Args:
            state: The network when its search ended.

        Returns:
            `shrunk_from`; nothing where nobody knows.
        """
        try:
            with quiet():
                return {"shrunk_from": self._traced.size_with(state).parameters}
        except Exception:  # then nobody knew it either when the search ended
            return {}

    def _told(self, record: RecordPart) -> RecordPart:
        """Say once why something is missing."""
        reason = record["not_compact"]
        if reason not in self._noted:
            self._noted.add(reason)
            names = [name for name in COMPACT if record.get(name) is None]
            self._note(f"{' and '.join(names)} stay empty: {reason.removesuffix('.')}.")
        return record


def _over(parameters: int | None, macs: int | None, limits: SizeLimits) -> float:
    """A size over what it is to be at most, infinite where nobody knows."""
    known = {"compact_parameters": parameters, "compact_macs": macs}
    found = [
        math.inf if (own := known[column]) is None else own / most
        for column, most in cast(Mapping[str, int], limits).items()
    ]
    return max(found)


def _missing(reason: str) -> RecordPart:
    return {"compact_parameters": None, "compact_macs": None, "not_compact": reason}


def traced_as_used(network: nn.Module, problem: Problem) -> Tracing:
    """The operations from raw inputs to the outputs.

    Raises:
        InputError: There is no graph of them.
    """
    inputs = raw_inputs(problem, TRACED_SAMPLES).values()
    named = {f"inputs_{place}": tensor for place, tensor in enumerate(inputs)}
    return trace(AsUsed(problem, network).eval(), named, f"of problem {problem.name}")


def dense_macs(network: nn.Module, problem: Problem) -> int | None:
    """Multiply-accumulates of a network for one sample, None where they cannot be counted."""
    try:
        used = AsUsed(problem, network).eval()
        return multiply_accumulates(used, tuple(raw_inputs(problem, 1).values()))
    except Exception:  # it may not take a single sample, and was trained all the same
        return None
