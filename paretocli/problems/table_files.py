"""The tables that built-in problems are made of: their files. Needs no torch."""

from pathlib import Path


def file_of(data_dir: Path, name: str) -> Path:
    """Where a table's file lies below a data directory."""
    return data_dir / "tables" / f"{name}.csv"


def is_there(data_dir: Path, name: str) -> bool:
    """Whether there is such a file."""
    return file_of(data_dir, name).is_file()
