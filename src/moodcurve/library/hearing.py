"""What a library keeps of a recording: its curve, and the means of its features."""

import numpy as np

from moodcurve.analysis import analyze
from moodcurve.features import Features
from moodcurve.library.records import Heard
from moodcurve.runtime import Model
from moodcurve.util.files import AnyPath
from moodcurve.workers import Progress


def hear(path: AnyPath, model: Model, *, progress: Progress | None = None) -> Heard:
    r"""Analyse a file; of each column k of the model's feature set also :math:`d_k = \frac{1}{n}\sum_t x_{tk}`.

    The sum over the n rows is in double precision; the descriptors d are single precision, as the rows are.

    Raises
    ------
    AudioError
        If nothing can be read from the file, or less than one window of 1.0 s.
    """
    mean = _Mean(len(model.feature_set.names))
    curve = analyze(path, model=model, progress=progress, ahead=False, rows=mean.add)
    return Heard(curve=curve, descriptors=(mean.sums / mean.rows).astype(np.float32))


class _Mean:
    """Sums of rows that come in parts."""

    def __init__(self, columns: int) -> None:
        self.sums = np.zeros(columns)
        self.rows = 0

    def add(self, part: Features) -> None:
        self.sums += part.values.sum(axis=0, dtype=np.float64)
        self.rows += len(part.values)
