"""Compare mood classifiers with the classes derived from a curve: accuracy, macro-F1 and log loss."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from moodcurve._typing import FloatArray
from moodcurve.datasets import Dataset, DatasetError, Song
from moodcurve.datasets.selection import placed_songs, rated_songs
from moodcurve.datasets.splits import Split, k_fold
from moodcurve.learn.benchmarks.results import DRAWS, result_header
from moodcurve.learn.config import check
from moodcurve.learn.cross_validation import cross_predict
from moodcurve.learn.models.base import TrainingProgress, no_progress
from moodcurve.learn.models.mood_classifiers import SoftmaxConfig, SVMConfig, fit_softmax, fit_svm
from moodcurve.learn.training import find_family
from moodcurve.metrics.bootstrap import draw_counts, percentile_interval
from moodcurve.metrics.classification import macro_f1
from moodcurve.mood.circumplex import QUADRANTS
from moodcurve.mood.classes import SCHEMES, classes, probabilities
from moodcurve.util.markdown import TableRow, interval_text, markdown_paragraph, markdown_table

FOLDS = 5
MIN_PROBABILITY = 1e-4
"""Lower limit of probabilities in the log loss, so that a class never seen in training does not make it infinite."""
CLASSIFIERS = {
    "majority": "class frequencies of the training songs",
    "svm": "SVM on frames",
    "softmax": "softmax network on frames",
    "curve": "curve, from its mean and error",
}
SHORT_NAMES = {"majority": "class frequencies", "svm": "SVM", "softmax": "softmax network", "curve": "curve"}
PARTS = ("moments", "songs")
CLASS_METRICS = {"accuracy": "accuracy", "macro_f1": "macro-F1", "log_loss": "log loss"}

ClassIndices = npt.NDArray[np.int64]
Probabilities = dict[str, list[FloatArray]]
"""For each classifier, the class probabilities of each song: (moments, classes), or (1, classes) for whole songs."""


@dataclass(frozen=True, eq=False, kw_only=True)
class ClassCounts:
    """Counts of each song, so that songs can be drawn for the bootstrap.

    Attributes
    ----------
    confusion : (songs, classes, classes)
        Number of moments by true class (rows) and predicted class (columns).
    losses : (songs,)
        Sum over moments of -ln of the true class's probability.
    """

    confusion: npt.NDArray[np.int64]
    losses: FloatArray


def run_mood_classes(
    dataset: Dataset,
    *,
    schemes: Sequence[str] = tuple(SCHEMES),
    curve: str = "blend",
    seed: int = 0,
    progress: TrainingProgress = no_progress,
) -> Any:
    """Compare classifiers by cross-validation with five folds, split by artist, for moments and for whole songs.

    The truth is the class of the mean rating: of a moment, or of a song's mean over its moments. A song labeled with a
    quadrant has this as its true quadrant. In a dataset of such labels without ratings, every moment of a song is in
    the song's quadrant, the curve is trained on the middles of the quadrants, and other schemes are left out. Where
    some songs are rated, those that only have a quadrant are left out.

    For whole songs, classifiers average their probabilities over moments; the curve uses its mean and the error of song
    means.

    The curve's probabilities need its error: the root mean squared error, by axis, over the songs of the other folds.
    All predictions are out of fold, but some of those models were trained on songs tested here. Only these two numbers
    carry over.

    Returns
    -------
    dict
        Content of strict JSON.

    Raises
    ------
    TrainingError
        If a scheme or family is unknown, or the songs of four folds have only one class.
    DatasetError
        If there are fewer artists than folds, or ratings are needed and missing.
    """
    for scheme in schemes:
        check(scheme in SCHEMES, "scheme", f"one of {', '.join(SCHEMES)}", scheme)
    dataset = placed_songs(dataset)
    if not any(song.is_rated for song in dataset.songs):
        schemes = [scheme for scheme in schemes if scheme == "quadrants"]
        if not schemes:
            raise DatasetError(f"{dataset.name}: its songs have quadrants, but no ratings; use the scheme quadrants")
        songs = tuple(song.rated_by_quadrant() for song in dataset.songs)
    else:
        songs = rated_songs(dataset).songs
    splits = k_fold(songs, FOLDS, seed, by="artist")
    kind = find_family(curve)
    steps = (1 + len(schemes)) * FOLDS

    def report(done: int) -> None:
        progress(done, steps, f"curves of {curve}")

    curves = cross_predict(songs, splits, kind, kind.config(), seed=seed, report=report)
    result: dict[str, Any] = {**result_header(dataset, songs=len(songs), folds=FOLDS, seed=seed, curve=curve)}
    for number, scheme in enumerate(schemes, start=1):
        moments: Probabilities = {name: [np.empty(0)] * len(songs) for name in CLASSIFIERS}
        whole: Probabilities = {name: [np.empty(0)] * len(songs) for name in CLASSIFIERS}
        for fold, split in enumerate(splits):
            progress(number * FOLDS + fold, steps, scheme)
            _predict_fold(songs, split, curves, scheme, seed, moments, whole)
        truth = [classes(song.y, scheme) for song in songs]
        song_truth = [_class_of_mean(song, scheme) for song in songs]
        result[scheme] = {
            "classes": list(SCHEMES[scheme]),
            "moments": {name: class_metrics(count_classes(truth, moments[name]), seed) for name in CLASSIFIERS},
            "songs": {name: class_metrics(count_classes(song_truth, whole[name]), seed) for name in CLASSIFIERS},
        }
    progress(steps, steps, "done")
    return result


def _predict_fold(
    songs: Sequence[Song],
    split: Split,
    curves: Sequence[FloatArray],
    scheme: str,
    seed: int,
    moments: Probabilities,
    whole: Probabilities,
) -> None:
    """Write the class probabilities of a fold's test songs, by moment and for whole songs."""
    train, test = split
    training_songs = [songs[i] for i in train]
    svm = fit_svm(training_songs, SVMConfig(scheme=scheme))
    network = fit_softmax(training_songs, SoftmaxConfig(scheme=scheme), seed=seed)
    n_classes = len(SCHEMES[scheme])
    frequencies = _frequencies([classes(song.y, scheme) for song in training_songs], n_classes)
    song_frequencies = _frequencies([_class_of_mean(song, scheme) for song in training_songs], n_classes)
    error, song_error = _rms_errors([curves[i] - songs[i].y for i in train])
    for i in test:
        moments["majority"][i] = np.tile(frequencies, (len(songs[i].y), 1))
        whole["majority"][i] = song_frequencies[None]
        moments["svm"][i] = svm.probabilities(songs[i].x)
        moments["softmax"][i] = network.probabilities(songs[i].x)
        for name in ("svm", "softmax"):
            whole[name][i] = moments[name][i].mean(axis=0, keepdims=True)
        moments["curve"][i] = probabilities(curves[i], error, scheme)
        whole["curve"][i] = probabilities(curves[i].mean(axis=0, keepdims=True), song_error, scheme)


def count_classes(truth: Sequence[ClassIndices], predicted: Sequence[FloatArray]) -> ClassCounts:
    """Count each song's true classes (n,) against the most probable of predicted probabilities (n, classes)."""
    n_classes = predicted[0].shape[1]
    confusion = np.zeros((len(truth), n_classes, n_classes), dtype=np.int64)
    losses = np.empty(len(truth))
    for song, (true, share) in enumerate(zip(truth, predicted, strict=True)):
        np.add.at(confusion[song], (true, share.argmax(axis=1)), 1)
        losses[song] = -np.log(np.maximum(share[np.arange(len(true)), true], MIN_PROBABILITY)).sum()
    return ClassCounts(confusion=confusion, losses=losses)


def class_metrics(counts: ClassCounts, seed: int) -> dict[str, Any]:
    """Compute accuracy, macro-F1 and log loss with intervals over songs, and the confusion matrix (rows: truth).

    See `moodcurve.metrics.classification.macro_f1`.

    Examples
    --------
    >>> counts = ClassCounts(confusion=np.array([[[3, 1], [0, 4]]]), losses=np.array([4.0]))
    >>> class_metrics(counts, seed=0)["accuracy"]["value"]
    0.875
    """
    weights = draw_counts(len(counts.losses), DRAWS, seed)
    confusion = np.einsum("ds,sij->dij", weights, counts.confusion)
    moments, hits = confusion.sum(axis=(1, 2)), np.diagonal(confusion, axis1=1, axis2=2)
    values = {
        "accuracy": hits.sum(axis=1) / moments,
        "macro_f1": macro_f1(confusion),
        "log_loss": weights @ counts.losses / moments,
    }
    result: dict[str, Any] = {name: percentile_interval(value, 0.95).as_dict() for name, value in values.items()}
    return result | {"confusion": counts.confusion.sum(axis=0).tolist()}


def mood_class_report(result: Mapping[str, Any]) -> str:
    """Return the result of `run_mood_classes` as a Markdown page."""
    parts = [
        "# Mood classes",
        markdown_paragraph(
            "For readers who need mood classes: train a classifier, or derive them from a curve? "
            "Written by `moodcurve categories`."
        ),
        *(markdown_paragraph(_summary(result, scheme, part)) for scheme in schemes_of(result) for part in PARTS),
        markdown_paragraph(
            f"{result['dataset']}, {result['songs']} songs, {result['feature_set']}; {result['folds']}. Intervals: "
            f"{result['interval']}. The curve is that of the family `{result['curve']}`. In the log loss, "
            f"probabilities below {MIN_PROBABILITY:g} count as {MIN_PROBABILITY:g}. The SVM weights classes inversely "
            "to their frequency, which raises its macro-F1 and lowers its accuracy; its probabilities are not "
            "calibrated. Tables headed by class names are confusion matrices: true classes in rows, predicted ones in "
            "columns."
        ),
    ]
    for scheme in schemes_of(result):
        for part in PARTS:
            parts += [f"## {scheme.capitalize()} of {part}", markdown_table(mood_class_table(result, scheme, part))]
            for name in ("svm", "softmax", "curve"):
                parts.append(markdown_table(confusion_table(result, scheme, part, name)))
    return "\n\n".join(parts) + "\n"


def schemes_of(result: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the class schemes in a result of `run_mood_classes`."""
    return tuple(scheme for scheme in SCHEMES if scheme in result)


def mood_class_table(result: Mapping[str, Any], scheme: str, part: str) -> list[TableRow]:
    """Return a header and one row per classifier with accuracy, macro-F1 and log loss."""
    rows: list[TableRow] = [("classifier", *CLASS_METRICS.values())]
    for name, found in result[scheme][part].items():
        rows.append((CLASSIFIERS[name], *(interval_text(found[metric]) for metric in CLASS_METRICS)))
    return rows


def confusion_table(result: Mapping[str, Any], scheme: str, part: str, name: str) -> list[TableRow]:
    """Return the confusion matrix of a classifier as rows: a header, then one row per true class."""
    names = result[scheme]["classes"]
    counts = result[scheme][part][name]["confusion"]
    rows: list[TableRow] = [(f"truth \\ {name}", *names)]
    return rows + [(true, *map(str, row)) for true, row in zip(names, counts, strict=True)]


def _summary(result: Mapping[str, Any], scheme: str, part: str) -> str:
    """State each metric's best classifier, and the accuracy of the most common class."""
    found = result[scheme][part]
    best = []
    for metric, title in CLASS_METRICS.items():
        values = {name: one[metric]["value"] for name, one in found.items()}
        name = (min if metric == "log_loss" else max)(values, key=values.__getitem__)
        best.append(f"{title} {values[name]:.3f} ({SHORT_NAMES[name]})")
    return (
        f"**{scheme.capitalize()} of {part}.** Best {', '.join(best)}. Always predicting the most common class has "
        f"accuracy {found['majority']['accuracy']['value']:.3f}."
    )


def _class_of_mean(song: Song, scheme: str) -> ClassIndices:
    """Return the class of a song's mean rating, (1,), or the quadrant that it was labeled with."""
    if scheme == "quadrants" and song.annotation.quadrant is not None:
        return np.array([QUADRANTS.index(song.annotation.quadrant)])
    return classes(song.y.mean(axis=0, keepdims=True), scheme)


def _frequencies(truth: Sequence[ClassIndices], n_classes: int) -> FloatArray:
    counts = np.bincount(np.concatenate(truth), minlength=n_classes)
    frequencies: FloatArray = counts / counts.sum()
    return frequencies


def _rms_errors(errors: Sequence[FloatArray]) -> tuple[FloatArray, FloatArray]:
    """Compute the root mean squared errors (2,) of moments and of song means."""
    means = np.array([error.mean(axis=0) for error in errors])
    return np.sqrt((np.vstack(errors) ** 2).mean(axis=0)), np.sqrt((means**2).mean(axis=0))
