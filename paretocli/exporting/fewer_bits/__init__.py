"""A network as ONNX that stores fewer bits, as long as no task loses more than it may."""
