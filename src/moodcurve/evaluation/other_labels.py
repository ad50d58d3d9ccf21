"""Evaluate the means of predicted curves against quadrants, comparisons and emotion words of songs.

These labels have no place on the axes, so that they are not compared with values, but with the order that a model puts
songs into.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from moodcurve._typing import FloatArray
from moodcurve.curve import AXES
from moodcurve.datasets import Song
from moodcurve.datasets.comparison import Comparison
from moodcurve.metrics import pearson_r
from moodcurve.metrics.classification import macro_f1
from moodcurve.metrics.ranking import auc
from moodcurve.mood.circumplex import QUADRANTS, quadrant_indices

HIGH_QUADRANTS = {"arousal": (0, 1), "valence": (0, 3)}
"""Indices of the quadrants on the high side of each axis."""


def evaluate_other_labels(
    songs: Sequence[Song], means: FloatArray, comparisons: Sequence[Comparison] = ()
) -> dict[str, Any]:
    """Compute metrics of the predicted means of songs for each kind of label that the songs have.

    Parameters
    ----------
    songs : sequence of Song
    means : (songs, 2)
        Mean arousal and valence of each song's predicted curve.
    comparisons : sequence of Comparison
        Of these songs.

    Returns
    -------
    dict
        Any of these keys, for strict JSON; an undefined metric is None:

        ``quadrants``
            `evaluate_quadrants`.
        ``comparisons``
            `evaluate_comparisons`.
        ``words``
            `evaluate_words`.
    """
    result: dict[str, Any] = {}
    if any(song.annotation.quadrant for song in songs):
        result["quadrants"] = evaluate_quadrants(songs, means)
    if comparisons:
        result["comparisons"] = evaluate_comparisons(
            {song.song_id: (float(a), float(v)) for song, (a, v) in zip(songs, means, strict=True)}, comparisons
        )
    if any(song.annotation.words for song in songs):
        result["words"] = evaluate_words(songs, means)
    return result


def evaluate_quadrants(songs: Sequence[Song], means: FloatArray) -> dict[str, Any]:
    """Compare predicted means with quadrants.

    Returns
    -------
    dict
        ``songs`` with a quadrant; ``accuracy`` and ``f1`` (the mean over quadrants) of predictions split at 0 on both
        axes; and ``auc`` by axis: how often a song on the axis's high side is predicted above one on its low side.
    """
    known = [(QUADRANTS.index(song.annotation.quadrant), i) for i, song in enumerate(songs) if song.annotation.quadrant]
    truth, p = np.array([index for index, _ in known]), means[[i for _, i in known]]
    predicted = quadrant_indices(p)
    confusion = np.zeros((1, len(QUADRANTS), len(QUADRANTS)))
    np.add.at(confusion[0], (truth, predicted), 1)
    areas = {axis: auc(np.isin(truth, HIGH_QUADRANTS[axis]), p[:, i]) for i, axis in enumerate(AXES)}
    return {
        "songs": len(known),
        "accuracy": float((truth == predicted).mean()),
        "f1": float(macro_f1(confusion)[0]),
        "auc": {axis: _number(area) for axis, area in areas.items()},
    }


def evaluate_comparisons(
    means: Mapping[str, tuple[float, float]], comparisons: Sequence[Comparison]
) -> dict[str, dict[str, Any]]:
    """Compare the order of predicted means with listeners' comparisons.

    Parameters
    ----------
    means : mapping of str to (arousal, valence)
        By song id.
    comparisons : sequence of Comparison

    Returns
    -------
    dict
        By axis: ``pairs`` that listeners ordered; ``accuracy``, the share of them that the model orders in the same
        way, where an equal prediction counts half; ``unanimous_pairs`` and ``unanimous_accuracy``, the same where all
        listeners agreed; and ``equal_pairs``, which listeners judged equal, and which do not count.

    Examples
    --------
    >>> one = Comparison(axis="arousal", higher="a", lower="b")
    >>> evaluate_comparisons({"a": (0.5, 0.0), "b": (0.1, 0.0)}, [one])["arousal"]["accuracy"]
    1.0
    """
    result = {}
    for column, axis in enumerate(AXES):
        of_axis = [one for one in comparisons if one.axis == axis]
        ordered = [one for one in of_axis if not one.is_equal]
        scores = np.array([_order(means[one.higher][column], means[one.lower][column]) for one in ordered])
        unanimous = np.array([one.is_unanimous for one in ordered], dtype=bool)
        result[axis] = {
            "pairs": len(ordered),
            "accuracy": _mean(scores),
            "unanimous_pairs": int(unanimous.sum()),
            "unanimous_accuracy": _mean(scores[unanimous]),
            "equal_pairs": len(of_axis) - len(ordered),
        }
    return result


def evaluate_words(songs: Sequence[Song], means: FloatArray) -> dict[str, Any]:
    """Correlate predicted means with the share of listeners who chose each word.

    Returns
    -------
    dict
        ``songs`` with words, and ``r``: by word, Pearson's r of each axis with the word's share over these songs.
    """
    rows = [i for i, song in enumerate(songs) if song.annotation.words]
    words = list(dict.fromkeys(word for i in rows for word in songs[i].annotation.words))
    r = {}
    for word in words:
        shares = np.array([songs[i].annotation.words.get(word, 0.0) for i in rows])
        r[word] = {axis: _number(pearson_r(shares, means[rows, column])) for column, axis in enumerate(AXES)}
    return {"songs": len(rows), "r": r}


def _order(higher: float, lower: float) -> float:
    return 0.5 if higher == lower else float(higher > lower)


def _mean(values: FloatArray) -> float | None:
    return float(values.mean()) if len(values) else None


def _number(value: float) -> float | None:
    return None if math.isnan(value) else value
