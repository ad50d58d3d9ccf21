"""Moods in the tags of files."""
