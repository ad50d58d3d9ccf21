"""Mood classes learned directly beside those read off a curve: accuracy, macro-F1 and log loss, artists disjoint."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from moodcurve._typing import FloatArray
from moodcurve.datasets import Dataset
from moodcurve.datasets.splits import k_fold
from moodcurve.learn.benchmarks.benchmark import DRAWS, cross_predict, setting
from moodcurve.learn.benchmarks.report import Row, as_markdown
from moodcurve.learn.config import check
from moodcurve.learn.models.base import Progress, silent
from moodcurve.learn.models.mood_classifiers import SoftmaxConfig, SVMConfig, fit_softmax, fit_svm
from moodcurve.learn.training import family
from moodcurve.metrics.bootstrap import draw_counts, percentile_interval
from moodcurve.mood.classes import SCHEMES, classes, probabilities

FOLDS = 5
LEAST = 1e-4
"""Probabilities below it count as it in the log loss: a class that was never seen does not make it infinite."""
NAMES = {
    "majority": "shares of the training songs",
    "svm": "SVM on frames",
    "softmax": "network with softmax on frames",
    "curve": "curve, from its mean and spread",
}
PARTS = ("moments", "songs")
Songs = list[FloatArray]
"""Probabilities of each song's moments, (n, classes)."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Judged:
    """What is counted of each song: one entry a song, so that songs can be drawn.

    Attributes
    ----------
    confusion : (songs, classes, classes)
        Moments of each true class (rows) that were given each class.
    losses : (songs,)
        Sum over moments of -ln of the true class's probability.
    """

    confusion: npt.NDArray[np.int64]
    losses: FloatArray


def run_categories(
    dataset: Dataset,
    *,
    schemes: Sequence[str] = tuple(SCHEMES),
    curve: str = "blend",
    seed: int = 0,
    progress: Progress = silent,
) -> Any:
    """Compare on five folds with disjoint artists, for moments and for songs; gives strict JSON's content.

    The truth is the class of the mean ratings: of a moment, or of the mean of a song's moments. A song's
    probabilities are, of classifiers, the mean over its moments; of the curve, those of the mean point with the
    spread of songs. The curve's spreads are the root mean squared errors, by axis, over the songs of the *other*
    folds, each predicted out of fold, though by models some of which have learned from the songs tested here: two
    numbers carry that over.

    Raises
    ------
    TrainingError
        If there is no such scheme or family, or the songs of four folds are of one class.
    DatasetError
        If the songs have fewer artists than folds.
    """
    for scheme in schemes:
        check(scheme in SCHEMES, "scheme", f"one of {', '.join(SCHEMES)}", scheme)
    songs = dataset.songs
    splits = k_fold(songs, FOLDS, seed, by="artist")
    kind = family(curve)
    steps = (1 + len(schemes)) * FOLDS

    def report(done: int) -> None:
        progress(done, steps, f"curves of {curve}")

    curves = cross_predict(songs, splits, kind, kind.config(), seed=seed, report=report)
    result: dict[str, Any] = {
        **setting(dataset, songs=len(songs), folds=FOLDS, seed=seed, curve=curve),
    }
    for number, scheme in enumerate(schemes, start=1):
        truth = [classes(song.y, scheme) for song in songs]
        song_truth = [classes(song.y.mean(axis=0, keepdims=True), scheme) for song in songs]
        shares: dict[str, Songs] = {name: [np.empty(0)] * len(songs) for name in NAMES}
        song_shares: dict[str, Songs] = {name: [np.empty(0)] * len(songs) for name in NAMES}
        for fold, (train, test) in enumerate(splits):
            progress(number * FOLDS + fold, steps, scheme)
            learned = [songs[i] for i in train]
            machine = fit_svm(learned, SVMConfig(scheme=scheme))
            net = fit_softmax(learned, SoftmaxConfig(scheme=scheme), seed=seed)
            usual = _shares([truth[i] for i in train], len(SCHEMES[scheme]))
            song_usual = _shares([song_truth[i] for i in train], len(SCHEMES[scheme]))
            spread, song_spread = _spreads([curves[i] - songs[i].y for i in train])
            for i in test:
                shares["majority"][i] = np.tile(usual, (len(songs[i].y), 1))
                song_shares["majority"][i] = song_usual[None]
                shares["svm"][i] = machine.probabilities(songs[i].x)
                shares["softmax"][i] = net.probabilities(songs[i].x)
                shares["curve"][i] = probabilities(curves[i], spread, scheme)
                for name in ("svm", "softmax"):
                    song_shares[name][i] = shares[name][i].mean(axis=0, keepdims=True)
                middle = curves[i].mean(axis=0, keepdims=True)
                song_shares["curve"][i] = probabilities(middle, song_spread, scheme)
        result[scheme] = {
            "classes": list(SCHEMES[scheme]),
            "moments": {name: figures(judge(truth, shares[name]), seed) for name in NAMES},
            "songs": {name: figures(judge(song_truth, song_shares[name]), seed) for name in NAMES},
        }
    progress(steps, steps, "done")
    return result


def judge(truth: Sequence[npt.NDArray[np.int64]], shares: Sequence[FloatArray]) -> Judged:
    """Count each song's moments: true classes (n,) against the likeliest of probabilities (n, classes)."""
    n_classes = shares[0].shape[1]
    confusion = np.zeros((len(truth), n_classes, n_classes), dtype=np.int64)
    losses = np.empty(len(truth))
    for place, (true, share) in enumerate(zip(truth, shares, strict=True)):
        np.add.at(confusion[place], (true, share.argmax(axis=1)), 1)
        losses[place] = -np.log(np.maximum(share[np.arange(len(true)), true], LEAST)).sum()
    return Judged(confusion=confusion, losses=losses)


def figures(judged: Judged, seed: int) -> dict[str, Any]:
    """Give accuracy, macro-F1 and log loss with intervals, and the confusion matrix (rows: truth).

    Macro-F1 is the mean over classes of 2 tp / (2 tp + fp + fn), a class that neither occurs nor is given left out.
    """
    songs = len(judged.losses)
    weights = draw_counts(songs, DRAWS, seed)
    confusion = np.einsum("ds,sij->dij", weights, judged.confusion)
    moments, hits = confusion.sum(axis=(1, 2)), np.diagonal(confusion, axis1=1, axis2=2)
    either = confusion.sum(axis=1) + confusion.sum(axis=2)
    f1 = np.divide(2 * hits, either, out=np.full(hits.shape, np.nan), where=either > 0)
    values = {
        "accuracy": hits.sum(axis=1) / moments,
        "macro_f1": np.nanmean(f1, axis=1),
        "log_loss": weights @ judged.losses / moments,
    }
    result: dict[str, Any] = {name: percentile_interval(value, 0.95).as_dict() for name, value in values.items()}
    return result | {"confusion": judged.confusion.sum(axis=0).tolist()}


def category_report(result: Any) -> str:
    """Give the figures of `run_categories` as a Markdown page."""
    parts = [
        "# Categories",
        f"{result['dataset']}, {result['songs']} songs, {result['feature_set']}; {result['folds']}. Ranges are "
        f"{result['interval']}. The curve is that of the family {result['curve']}; the log loss of a class that was "
        f"given less than {LEAST:g} counts as if that had been given. The SVM weighs classes inversely to their "
        "number, which lifts its macro-F1 at the cost of accuracy, and its shares are not calibrated. Tables with the "
        "names of classes count how often each was given where each was true.",
    ]
    for scheme in schemes_of(result):
        for part in PARTS:
            parts += [f"## {scheme.capitalize()} of {part}", as_markdown(category_table(result, scheme, part))]
            for name in ("svm", "softmax", "curve"):
                parts.append(as_markdown(confusion_table(result, scheme, part, name)))
    return "\n\n".join(parts) + "\n"


def schemes_of(result: Any) -> tuple[str, ...]:
    """Give the schemes that `run_categories` compared."""
    return tuple(scheme for scheme in SCHEMES if scheme in result)


def category_table(result: Any, scheme: str, part: str) -> list[Row]:
    """Give accuracy, macro-F1 and log loss of all classifiers as rows, the first a header."""
    rows: list[Row] = [("classes by", "accuracy", "macro-F1", "log loss")]
    for name, found in result[scheme][part].items():
        rows.append((NAMES[name], *(_cell(found[figure]) for figure in ("accuracy", "macro_f1", "log_loss"))))
    return rows


def confusion_table(result: Any, scheme: str, part: str, name: str) -> list[Row]:
    """Give how often one classifier gave each class where each was true, as rows, the first a header."""
    names = result[scheme]["classes"]
    counts = result[scheme][part][name]["confusion"]
    rows: list[Row] = [(f"truth \\ {name}", *names)]
    return rows + [(true, *map(str, row)) for true, row in zip(names, counts, strict=True)]


def _shares(truth: Sequence[npt.NDArray[np.int64]], n_classes: int) -> FloatArray:
    counts = np.bincount(np.concatenate(truth), minlength=n_classes)
    shares: FloatArray = counts / counts.sum()
    return shares


def _spreads(errors: Sequence[FloatArray]) -> tuple[FloatArray, FloatArray]:
    """Root mean squared errors (2,) of moments and of songs' means."""
    means = np.array([error.mean(axis=0) for error in errors])
    return np.sqrt((np.vstack(errors) ** 2).mean(axis=0)), np.sqrt((means**2).mean(axis=0))


def _cell(interval: dict[str, float]) -> str:
    return f"{interval['value']:.3f} ({interval['low']:.3f} to {interval['high']:.3f})"
