"""Define what a model predicts for consecutive rows."""

from collections.abc import Mapping
from dataclasses import dataclass

from moodcurve._typing import BoolArray, FloatArray


@dataclass(frozen=True, eq=False)
class Prediction:
    """Predictions for consecutive rows.

    Attributes
    ----------
    times_s : (rows,)
        Start of each row's window.
    values : (rows, 2)
        Arousal and valence, limited to [-1, 1].
    std : (rows, 2) or None
        The model's own estimate of the standard deviation of ratings around `values`, 0 or more; None if the
        model has no such output.
    novelty : float or None
        How unlike the training songs the recording is, up to the last of these rows; above 1 the model is not
        reliable, see `moodcurve.runtime.novelty`. None if the model cannot tell, or for less than ten seconds.
    silent : (rows,) or None
        Which rows are silent, see `moodcurve.runtime.silence`; None if this is unknown.
    tags : mapping or None
        Mean strength of each of the tag network's tags over the rows of the recording that are not silent, up to the
        last of these rows, see `moodcurve.runtime.tags`. None if the model does not read the network's tags.
    """

    times_s: FloatArray
    values: FloatArray
    std: FloatArray | None
    novelty: float | None = None
    silent: BoolArray | None = None
    tags: Mapping[str, float] | None = None
