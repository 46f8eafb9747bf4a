"""What a sweep takes of memory, as the commands print it."""

from paretocli.planning.plan import stacked, together, workers_of
from paretocli.sweeping.memory import Memory, Need
from paretocli.sweeping.resolve import Resolved

# When memory is taken, in a sentence.
MOMENTS = {
    "training": "training",
    "evaluation": "evaluation",
    "certificate": "the certificate",
    "saving": "writing a checkpoint",
}


def memory_text(resolved: Resolved) -> str:
    """What the workers take together, and what that consists of."""
    config, memory = resolved.config, resolved.memory
    count, there = workers_of(config) * config.devices, together(config)
    workers = f"{count} workers with " if count > 1 else ""
    return (
        f"about {megabytes(memory.of_all(count, there))}: {workers}"
        f"{megabytes(memory.data)} of data, and {needs_text(memory, there)}"
        f"{_waiting_text(memory, stacked(config) - there)}"
    )


def _waiting_text(memory: Memory, points: int) -> str:
    """What is taken on the host by those that are not on the device."""
    if points == 0:
        return ""
    wait = "1 that waits takes" if points == 1 else f"{points} that wait take"
    return f"; {wait} about {megabytes(points * memory.held.point)} of the machine's memory"


def needs_text(memory: Memory, points: int) -> str:
    """What points take that train together, and when they take the most."""
    largest = memory.largest(points)
    need: Need = getattr(memory, largest)
    whose = "a point" if points == 1 else f"{points} points together"
    return (
        f"up to {megabytes(need.of(points))} for {whose} (the most in {MOMENTS[largest]}), "
        f"{megabytes(memory.held.of(points))} of it parameters and optimiser"
    )


def megabytes(size: int) -> str:
    """A number of bytes for a person."""
    if size < 2**20 / 10:
        return f"{size / 2**10:,.0f} KiB"
    return f"{size / 2**20:,.0f} MiB" if size >= 10 * 2**20 else f"{size / 2**20:.1f} MiB"
