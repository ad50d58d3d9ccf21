"""Compute descriptors of harmony, mode, register and rhythm, two rows per second, free of the recording's level."""
