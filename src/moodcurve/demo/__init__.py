"""Compose short songs with known arousal and valence: the demo song, and songs for tests."""
