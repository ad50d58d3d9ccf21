"""Read folders of annotated songs into Dataset objects: one reader per folder layout."""

from moodcurve.datasets.dataset import Dataset, DatasetArrays
from moodcurve.datasets.layout import read_dataset
from moodcurve.datasets.song import Annotation, DatasetError, Song

__all__ = ["Annotation", "Dataset", "DatasetArrays", "DatasetError", "Song", "read_dataset"]
