"""Errors of downloads."""

from moodcurve.datasets.song import DatasetError


class DownloadError(DatasetError):
    """An archive cannot be downloaded or unpacked; the message says what to do instead."""
