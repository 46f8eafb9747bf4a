"""The parts that data are split into."""

from typing import Literal

Split = Literal["train", "val", "test"]
SPLITS: tuple[Split, ...] = ("train", "val", "test")
HELD_OUT: tuple[Split, ...] = ("val", "test")
DECIDING: tuple[Split, ...] = ("train", "val")
"""What is known of every epoch; the test split decides nothing, and may be left to the end."""
