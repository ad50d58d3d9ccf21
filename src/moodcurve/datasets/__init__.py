"""Folders of annotated songs to Song objects: one reader a layout."""

from moodcurve.datasets.layout import read_dataset
from moodcurve.datasets.song import Annotation, Dataset, DatasetError, Song

__all__ = ["Annotation", "Dataset", "DatasetError", "Song", "read_dataset"]
