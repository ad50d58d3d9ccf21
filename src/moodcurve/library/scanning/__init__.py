"""Scanning folders into a library: folder walk, worker processes, batched writes, progress, lock."""
