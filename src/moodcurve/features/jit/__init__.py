"""Compile kernels with numba, cache their machine code on disk, and load it without numba."""

LANES = 16
"""Frames computed at once: the float32 numbers in a cache line and in the widest vector registers."""
