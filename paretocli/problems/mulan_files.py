"""The multi-target regression data sets of the Mulan project: their files. Needs no torch."""

from pathlib import Path

# How many of the last columns are targets
TARGETS = {
    "andro": 6,
    "atp1d": 6,
    "atp7d": 6,
    "edm": 2,
    "enb": 2,
    "jura": 3,
    "oes10": 16,
    "oes97": 16,
    "osales": 12,
    "rf1": 8,
    "rf2": 8,
    "scm1d": 16,
    "scm20d": 16,
    "scpf": 3,
    "sf1": 3,
    "sf2": 3,
    "slump": 3,
    "wq": 14,
}


def file_of(data_dir: Path, name: str) -> Path:
    """Where a data set's file lies below a data directory."""
    return data_dir / "mulan" / f"{name}.arff"


def found(data_dir: Path) -> list[str]:
    """Names of the data sets that are there."""
    return sorted(path.stem for path in (data_dir / "mulan").glob("*.arff"))
