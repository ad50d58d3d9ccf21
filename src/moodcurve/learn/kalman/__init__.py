"""Estimate the state of a linear dynamical system from observations, in NumPy and in ONNX graphs."""
