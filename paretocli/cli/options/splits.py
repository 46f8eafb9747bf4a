"""The splits as an option's choices."""

from enum import StrEnum


class Split(StrEnum):
    """The part of the data that a figure was measured on."""

    TEST = "test"
    VAL = "val"
    TRAIN = "train"


class HeldOut(StrEnum):
    """A part of the data that nothing was trained on."""

    VAL = "val"
    TEST = "test"
