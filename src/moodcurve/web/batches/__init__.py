"""Batches of songs to analyze: library songs and URLs in a queue that can survive a restart, and their results."""
