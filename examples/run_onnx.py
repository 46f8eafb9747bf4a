"""Use an exported network with numpy and onnxruntime alone.

    python examples/run_onnx.py FOLDER/network.onnx [INPUTS.npy]

The inputs are as the data holds them, such as images of bytes (B, 1, 12, 12): what prepares them is
part of the network. Without a file, random ones show that it runs.
"""

import sys

import numpy as np
import onnxruntime

session = onnxruntime.InferenceSession(sys.argv[1])
(given,) = session.get_inputs()
kinds = {"tensor(uint8)": np.uint8, "tensor(float)": np.float32}
if len(sys.argv) > 2:
    inputs = np.load(sys.argv[2])
else:
    shape = [side if isinstance(side, int) else 5 for side in given.shape]
    numbers = np.random.default_rng(0).uniform(0, 255, shape)
    inputs = numbers.astype(kinds[given.type])
names = [output.name for output in session.get_outputs()]
for name, output in zip(names, session.run(names, {given.name: inputs}), strict=True):
    print(f"{name}: {output.shape}, first {np.round(output[0], 2)}")
