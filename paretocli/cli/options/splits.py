"""The splits as an option's choices."""

from enum import StrEnum


class Split(StrEnum):
    """The part of the data that a figure was measured on."""

    TEST = "test"
    VAL = "val"
    TRAIN = "train"
