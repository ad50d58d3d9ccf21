"""The composer of short songs with a known emotional course: the demo song, and songs for tests."""
