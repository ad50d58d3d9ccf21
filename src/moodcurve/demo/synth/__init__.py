"""Synthesize music: harmony, melody, instruments and mixing."""
