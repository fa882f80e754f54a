"""One training loop, what it keeps, and the way out to ONNX. Nothing here is needed to serve."""
