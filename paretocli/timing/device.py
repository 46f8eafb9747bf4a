"""The device that this process runs on, as people know it."""

import os
import platform
import subprocess
import sys
from pathlib import Path

CPUINFO, MODEL = Path("/proc/cpuinfo"), Path("/proc/device-tree/model")


def this_device(name: str = "") -> dict[str, str | int]:
    """What is known of the device.

    Args:
        name: What to call it; its name in the network without.

    Returns:
        Its `name`, its `processor`, how many `cores` the system counts, and the `system`.
    """
    return {
        "name": name or platform.node() or "unnamed",
        "processor": processor_name() or platform.machine() or "unknown",
        "cores": os.cpu_count() or 1,
        "system": f"{platform.system()} {platform.machine()}",
    }


def processor_name(cpuinfo: Path = CPUINFO, model: Path = MODEL) -> str:
    """The name of the processor, or of the board that it sits on; empty where nobody says."""
    if sys.platform == "darwin":
        return _of_macos()
    for line in _text(cpuinfo).splitlines():
        key, _, value = line.partition(":")
        if key.strip() == "model name" and value.strip():
            return " ".join(value.split())
    return " ".join(_text(model).replace("\0", " ").split()) or platform.processor()


def _of_macos() -> str:
    command = ["/usr/sbin/sysctl", "-n", "machdep.cpu.brand_string"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=10)
    except (OSError, subprocess.SubprocessError):
        return platform.processor()
    return done.stdout.strip()


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""
