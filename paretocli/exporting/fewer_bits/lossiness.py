"""What is asked of formats that store fewer bits."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from paretocli.errors import InputError
from paretocli.exporting.fewer_bits.variants import FEWEST_SAMPLES
from paretocli.exporting.formats import FORMATS
from paretocli.registries import enumerated

MAX_DROP = 0.5


@dataclass(frozen=True)
class Lossiness:
    """What may be lost.

    Attributes:
        max_drop: What each task may lose in its main metric on the validation data: points where
            that is a share, else per cent of what it was.
        calibration_samples: Training samples on which ranges are found; None for the default.
        quantise_aware: Epochs for which a network is trained with its numbers rounded, where it
            loses more otherwise; 0 for none.
    """

    max_drop: float = MAX_DROP
    calibration_samples: int | None = None
    quantise_aware: int = 0


DEFAULT = Lossiness()


def asked_lossiness(
    formats: Sequence[str],
    max_drop: float | None,
    calibration_samples: int | None,
    quantise_aware: int | None = None,
) -> Lossiness:
    """What a user asked for, checked.

    Args:
        formats: Those that are written.
        max_drop: `--max-drop`, None where it was not given.
        calibration_samples: Likewise.
        quantise_aware: Likewise.

    Raises:
        InputError: It is no such number, or no format heeds it.
    """
    if max_drop is not None and not (math.isfinite(max_drop) and max_drop > 0):
        raise InputError(
            "--max-drop should be a number above 0, what each task may lose in points of a share "
            f"or in per cent, found {max_drop:g}."
        )
    if calibration_samples is not None and calibration_samples < FEWEST_SAMPLES:
        raise InputError(
            f"--calibration-samples should be at least {FEWEST_SAMPLES}, for fewer say too little "
            f"of how large the network's numbers get, found {calibration_samples}."
        )
    if quantise_aware is not None and quantise_aware < 1:
        raise InputError(
            "--quantise-aware should be at least 1, the epochs of training with the network's "
            f"numbers rounded, found {quantise_aware}."
        )
    own = FORMATS.sound
    lossy = [name for name, form in own.items() if form.lossy]
    calibrated = [name for name, form in own.items() if form.calibrated]
    for option, value, heeding in (
        ("--max-drop", max_drop, lossy),
        ("--calibration-samples", calibration_samples, calibrated),
        ("--quantise-aware", quantise_aware, calibrated),
    ):
        if value is not None and not {*heeding} & {*formats}:
            raise InputError(
                f"{option} is for formats that store fewer bits, and none of them was asked for; "
                f"name {enumerated(heeding)} with --format, or leave it out."
            )
    return Lossiness(
        MAX_DROP if max_drop is None else max_drop,
        calibration_samples,
        quantise_aware or 0,
    )
