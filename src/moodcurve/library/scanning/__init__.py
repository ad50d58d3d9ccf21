"""Scanning folders into a library: walking, worker processes, batched writing, progress, lock."""
