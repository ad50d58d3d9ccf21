"""Measure the sound of whole songs: loudness, tempo, key and danceability, as they are streamed."""
