"""Each command on run directories with each kind of damage in each of their files.

    python -m tests.studies.damaged_directories [FOLDER [COMMAND ...]]

A finished sweep and a half-finished one are copied, one file of the copy is damaged, and the
program runs on it, in this process, with limits of memory and time. It must end, with results
or with one sentence and exit code 2, touch nothing outside of the copy, and print nothing that
steers a terminal. `sweep` must give all that the undamaged directory has, byte for byte but for
times; where `sweep.json` itself is damaged it may refuse, and then nothing that was finished is
gone. What it prints is how many combinations there were of each command and file, and the faults.
"""

import resource
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests import damage

MEMORY = 7 * 2**30  # bytes of addresses that the process may have

COMMANDS = {
    "sweep": ("half", damage.SWEEP),
    "sweep again": ("finished", damage.SWEEP),
    **{name: ("finished", command) for name, command in damage.READING.items()},
}


def main(folder: Path, commands: Sequence[str]) -> None:
    """Try all and say how it went; the exit code says whether there were faults."""
    expected = damage.make(folder)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    tried, faults, kinds = Counter[tuple[str, str]](), 0, list(damage.FILES)
    print("".join(f"{word:>15}" for word in ("", *kinds, "all")), flush=True)
    for command in commands:
        for kind, harm in damage.cases():
            tried[command, kind] += 1
            for fault in faults_of(folder, command, kind, harm, expected):
                faults += 1
                print(f"{command} / {kind} / {harm}: {fault}", flush=True)
        counts = [tried[command, kind] for kind in kinds]
        print("".join(f"{word:>15}" for word in (command, *counts, sum(counts))), flush=True)
    print(f"{tried.total()} combinations, {faults} faults")
    sys.exit(faults > 0)


def faults_of(
    folder: Path, command: str, kind: str, harm: str, expected: dict[str, bytes]
) -> Iterator[str]:
    """What is wrong with what a command makes of a damaged copy."""
    place = Path(tempfile.mkdtemp(dir=folder))
    source, arguments = COMMANDS[command]
    if kind == "checkpoint":  # a finished sweep has none
        source = "half"
    try:
        damage.damaged(folder / source, place, kind, harm)
        shown = damage.run(place, *arguments)
        damage.refuse_harm(place, shown)
        if arguments == damage.SWEEP:
            damage.refuse_loss(place, shown, kind, expected)
    except AssertionError as error:
        yield " ".join(str(error).split())[:300] or "what was finished is lost, or is not the same"
    finally:
        shutil.rmtree(place, ignore_errors=True)


if __name__ == "__main__":
    given = sys.argv[1:]
    main(Path(given[0]) if given else Path(tempfile.mkdtemp()), given[1:] or list(COMMANDS))
