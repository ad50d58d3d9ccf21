"""Compiled kernels: numba functions whose machine code is cached and loaded without the compiler."""

LANES = 16
"""Frames computed at once: the single-precision numbers of a cache line, and of the widest vector registers."""
