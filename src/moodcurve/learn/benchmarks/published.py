"""List published results, each with the protocol it was measured by."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Published:
    """One published model.

    Attributes
    ----------
    model : str
        Short name.
    protocol : str
        Songs, labels and split, as far as known.
    source : str
        Authors, title and year of the publication, or a note that it is unknown.
    arousal, valence : mapping
        Published pooled metrics by name (``rmse``, ``r``, ``r2``).
    """

    model: str
    protocol: str
    source: str
    arousal: Mapping[str, float]
    valence: Mapping[str, float]


FENG_2016 = 'Feng, Markov & Yu, "Music Emotion Recognition", 2016'
"""Called "the paper" in all documents."""
PELLEGRINI_2015 = (
    'Pellegrini & Barrière, "Time-continuous Estimation of Emotion in Music with Recurrent Neural Networks", '
    "MediaEval 2015 workshop, CEUR-WS volume 1436"
)
UNTRACED = "an unknown publication, so it could not be checked"

_TABLE_1 = "one split of 430 songs, 344 to train and 86 to test"
_FENG_TABLE_1 = f"{FENG_2016}, Table 1"
PAPER = (
    Published(
        model="MLR (paper)",
        protocol=_TABLE_1,
        source=_FENG_TABLE_1,
        arousal={"rmse": 0.16, "r2": 0.35},
        valence={"rmse": 0.17, "r2": 0.26},
    ),
    Published(model="SVR (paper)", protocol=_TABLE_1, source=_FENG_TABLE_1, arousal={"r2": 0.36}, valence={"r2": 0.25}),
    Published(
        model="FFNN (paper)", protocol=_TABLE_1, source=_FENG_TABLE_1, arousal={"r2": 0.68}, valence={"r2": 0.66}
    ),
)

_DEVELOPMENT = "10 folds, split by song, over all 431 development songs"
MEDIAEVAL_2015 = (
    Published(
        model="MLR (published)",
        protocol=_DEVELOPMENT,
        source=UNTRACED,
        arousal={"rmse": 0.254, "r": 0.645},
        valence={"rmse": 0.272, "r": 0.640},
    ),
    Published(
        model="recurrent network (published)",
        protocol=_DEVELOPMENT,
        source=UNTRACED,
        arousal={"r": 0.670},
        valence={"r": 0.675},
    ),
    Published(
        model="recurrent networks, smoothed (published)",
        protocol=f"{_DEVELOPMENT}; averaged, the abstract does not say over what",
        source=f"{PELLEGRINI_2015}, abstract",
        arousal={"rmse": 0.238, "r": 0.692},
        valence={"rmse": 0.250, "r": 0.703},
    ),
)
"""Results on the development set of the MediaEval 2015 task "Emotion in Music"."""
