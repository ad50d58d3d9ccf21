"""The tags of each container: read, replace and compare the fields of `moodcurve.tagging.values` with mutagen."""
