"""Sessions of onnxruntime that are fit to be timed."""

from pathlib import Path
from typing import Any


def onnx_session(model: Path | bytes, threads: int, *, optimised: bool = True) -> Any:
    """A session on the CPU.

    One operation runs at a time, and threads that wait sleep: spinning ones would take processors
    away from whatever is timed beside.

    Args:
        model: A file of ONNX, or its content.
        threads: That compute one operation, 0 for as many as onnxruntime chooses.
        optimised: Whether operators may be put together, as is usual.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    if not optimised:
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 3  # errors alone: it warns of devices that nobody asked for
    for kind in ("intra", "inter"):
        options.add_session_config_entry(f"session.{kind}_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(
        model if isinstance(model, bytes) else str(model),
        sess_options=options,
        providers=["CPUExecutionProvider"],
    )
