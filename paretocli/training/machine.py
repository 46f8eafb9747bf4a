"""What the computer offers, and how it is set up for training."""

import ctypes
import importlib.util
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import joblib
import torch
import torch.utils.deterministic

from paretocli.core.generators import generators_kept
from paretocli.errors import InputError

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
TINY = 1e-40  # below the smallest normal number of single precision
KEPT_BYTES = 1 << 30
KNOWN_DEVICES = ("cpu", "cuda", "mps")
DETERMINISTIC: Any = torch.utils.deterministic  # its settings are made when it is imported


def choose_device(name: str) -> torch.device:
    """The device called `name`; `auto` is the first GPU of NVIDIA's or AMD's where there is one.

    Never Apple's, which lacks numbers of double precision and some of torch's operations: whether a
    problem goes without them, who wrote it knows.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
        if device.type not in KNOWN_DEVICES:
            raise RuntimeError(f"{device.type} is none of {', '.join(KNOWN_DEVICES)}")
        if device.type == "mps" and not torch.backends.mps.is_available():
            raise RuntimeError("torch finds no GPU of a Mac")
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).strip().splitlines()[0]
        raise InputError(
            f"The device {name!r} cannot be used here ({reason}); choose auto, cpu, cuda or mps."
        ) from None
    return device


def device_name(device: torch.device) -> str:
    """The device as a person knows it."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type


def available_threads() -> int:
    """Processors that this process may use, within the limits of a container too."""
    return int(joblib.cpu_count())


def flush_denormals() -> None:
    """Take numbers below 1e-38 for zero; to be called before torch computes anything.

    Rows on their way to zero, and the optimiser's memory of rows that are zero, fade into such
    numbers, with which processors compute a hundred times slower. Threads take the setting over
    from the one that starts them, so those that run already would not have it.
    """
    torch.set_flush_denormal(True)


def check_device(device: torch.device, *, precision: str, compiled: bool) -> None:
    """Refuse what a device cannot do, or what is not installed for it.

    Raises:
        InputError: It is so.
    """
    if precision == "tf32" and device.type != "cuda":
        raise InputError(
            f"--precision tf32 is a format of NVIDIA's GPUs, and the device is {device.type}; "
            "choose fp32, bf16 or fp16."
        )
    if not compiled:
        return
    if device.type == "cuda" and importlib.util.find_spec("triton") is None:
        raise InputError("--compile needs triton on a GPU; run pip install triton.")
    compilers = [os.environ.get("CXX", "g++"), "g++", "clang++"]
    if device.type == "cpu" and not any(map(shutil.which, compilers)):
        raise InputError("--compile needs a C++ compiler on a CPU; install g++, or set CXX.")


@contextmanager
def as_found(device: torch.device | None = None) -> Iterator[None]:
    """Leave torch as it was found: threads, precision, tiny numbers and random generators.

    Args:
        device: Whose generator is kept beside the CPU's.
    """
    matmul, cudnn = torch.backends.cuda.matmul, torch.backends.cudnn
    before = torch.get_num_threads(), matmul.allow_tf32, cudnn.allow_tf32, cudnn.deterministic
    flushed = (torch.tensor(TINY) * 1).item() == 0
    deterministic = (
        torch.are_deterministic_algorithms_enabled(),
        torch.is_deterministic_algorithms_warn_only_enabled(),
        DETERMINISTIC.fill_uninitialized_memory,
    )
    with generators_kept(torch.device("cpu") if device is None else device):
        try:
            yield
        finally:
            torch.set_num_threads(before[0])
            matmul.allow_tf32, cudnn.allow_tf32, cudnn.deterministic = before[1:]
            torch.set_flush_denormal(flushed)
            torch.use_deterministic_algorithms(deterministic[0], warn_only=deterministic[1])
            DETERMINISTIC.fill_uninitialized_memory = deterministic[2]


def set_up(threads: int, precision: str, device: torch.device | None = None) -> None:
    """Pin the number of threads, the precision and the order of sums; let freed memory be used.

    By default the C library gives every large block back to the system when it is freed, and each
    training step pays to have its pages zeroed anew: a quarter of the time of a step of small
    convolutions. Numbers do not change.
    """
    torch.set_num_threads(threads)
    # Convolutions would round to TF32 on a GPU unless they are told not to. The newer
    # `fp32_precision` cannot be read back by torch's own compiler.
    torch.backends.cuda.matmul.allow_tf32 = precision == "tf32"
    torch.backends.cudnn.allow_tf32 = precision == "tf32"
    # Of the ways to compute a convolution's gradient, those that give the same sum each time: they
    # are as fast, and a sweep that is repeated or continued ends where it would have.
    torch.backends.cudnn.deterministic = True
    if device is not None and device.type == "cuda":
        # So with sums by index; where torch has no such way, it warns. Nothing here reads memory
        # that was not written, so filling that would only cost time.
        torch.use_deterministic_algorithms(True, warn_only=True)
        DETERMINISTIC.fill_uninitialized_memory = False
    if sys.platform == "linux":
        library = ctypes.CDLL(None)
        if hasattr(library, "mallopt"):
            library.mallopt(M_MMAP_THRESHOLD, KEPT_BYTES)
            library.mallopt(M_TRIM_THRESHOLD, KEPT_BYTES)
