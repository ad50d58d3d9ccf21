"""Draw a benchmark: all models with intervals, and one song by song: predictions, coverage, errors by genre."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from moodcurve._typing import FloatArray
from moodcurve.comparison.picture import draw_reliability, draw_song_means
from moodcurve.curve import AXES
from moodcurve.datasets import Song
from moodcurve.datasets.splits import Split, k_fold
from moodcurve.evaluation import SongPrediction
from moodcurve.learn.benchmarks.genre_errors import genre_groups
from moodcurve.learn.benchmarks.protocols import PROTOCOLS
from moodcurve.learn.benchmarks.report import COLUMNS, picture_metrics
from moodcurve.learn.benchmarks.results import Benchmark, ModelResult
from moodcurve.learn.uncertainty.calibration import MIN_SONGS, calibrate_intervals
from moodcurve.metrics.bootstrap import Interval, bootstrap
from moodcurve.util.figures import COLORS, TEXT_SIZE, TITLE_SIZE, draw_intervals, label_rows, new_figure, share_rows

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def models_figure(result: Mapping[str, Any]) -> "Figure":
    """Draw pooled metrics of each model with intervals, from the content of `Benchmark.as_dict`.

    Published values are open marks. A dashed line is the noise ceiling by variance components, if known.
    """
    names, models, published = picture_metrics(result), result["models"], result["published"]
    labels = [model["family"].upper() for model in models] + [one["model"] for one in published]
    figure = new_figure(9, 1.4 + 0.56 * len(labels))
    panels = figure.subplots(len(AXES), len(names), sharex="col", squeeze=False)
    for row, axis in zip(panels, AXES, strict=True):
        for panel, name in zip(row, names, strict=True):
            label_rows(panel, labels, title=f"{axis}: {COLUMNS[name]}")
            draw_intervals(panel, {COLUMNS[name]: [model[axis][name] for model in models]})
            for position, other in enumerate(published, start=len(models)):
                if name in other[axis]:
                    panel.plot(other[axis][name], position, "D", color="C1", fillstyle="none", markersize=5)
            for ceiling in result["ceilings"][:1]:
                panel.axvline(ceiling[axis][name]["value"], color="grey", linestyle="--", linewidth=1)
        share_rows(row)
    figure.suptitle(
        f"{result['dataset']}, {result['songs']} songs: values over all points, with 95 % intervals over songs"
        + ("; open: published" if published else "")
        + ("; dashed: noise ceiling" if result["ceilings"] else ""),
        fontsize=TITLE_SIZE,
    )
    return figure


def songs_figure(benchmark: Benchmark, model: ModelResult | None = None) -> "Figure":
    """Draw a model song by song, by default the one with the highest CCC.

    The intervals of each split's songs are calibrated on the predictions of all other songs.
    """
    songs, model = benchmark.dataset.songs, model or best_model(benchmark)
    protocol = PROTOCOLS[benchmark.protocol]
    splits = k_fold(songs, protocol.folds, benchmark.seed, by=protocol.by)
    found = with_intervals(songs, model.predicted, splits)
    figure = new_figure(9, 6.4)
    panels = figure.subplots(len(AXES), 3, squeeze=False)
    for column, axis in enumerate(AXES):
        means, coverage, genres = panels[column]
        draw_song_means(means, songs, found, column, label=model.family, color=COLORS[0])
        means.set_title(f"{axis}: mean of each song", fontsize=TITLE_SIZE)
        draw_reliability(coverage, songs, found, column, label=model.family, color=COLORS[0])
        coverage.set_title(f"{axis}: in 90 % intervals", fontsize=TITLE_SIZE)
        rows = genre_errors(songs, model.predicted, column, seed=benchmark.seed)
        label_rows(genres, [label for label, _ in rows], title=f"{axis}: error by genre", xlabel="RMSE per song")
        draw_intervals(genres, {"RMSE": [interval.as_dict() for _, interval in rows]})
        for panel in (means, coverage):
            panel.xaxis.label.set_size(TEXT_SIZE)
            panel.yaxis.label.set_size(TEXT_SIZE)
            panel.tick_params(labelsize=TEXT_SIZE)
    figure.suptitle(
        f"{model.family.upper()}, protocol {benchmark.protocol}: {benchmark.dataset.name}, {len(songs)} songs",
        fontsize=TITLE_SIZE,
    )
    return figure


def best_model(benchmark: Benchmark) -> ModelResult:
    """Return the model with the highest CCC, the mean of both axes; undefined ones come last."""

    def ccc(model: ModelResult) -> float:
        return float(np.nan_to_num(np.mean([model.intervals[axis]["ccc"].value for axis in AXES]), nan=-2))

    return max(benchmark.models, key=ccc)


def with_intervals(
    songs: Sequence[Song], predicted: Sequence[FloatArray], splits: Sequence[Split]
) -> list[SongPrediction]:
    """Return each song's predictions with 90 % intervals from the other splits' songs; without any for few songs."""
    found = [SongPrediction(one, None) for one in predicted]
    for train, test in splits:
        if len(train) < MIN_SONGS:
            return found
        intervals = calibrate_intervals([songs[i].y for i in train], [predicted[i] for i in train])
        for i in test:
            found[i] = SongPrediction(predicted[i], intervals.of_points(predicted[i], None))
    return found


def genre_errors(
    songs: Sequence[Song], predicted: Sequence[FloatArray], column: int, *, seed: int
) -> list[tuple[str, Interval]]:
    """Return the RMSE per song of each genre and of all songs, with 95 % intervals over songs."""
    return [
        (
            label,
            bootstrap(
                [songs[i].y[:, column] for i in chosen],
                [predicted[i][:, column] for i in chosen],
                ["rmse_song"],
                seed=seed,
            )["rmse_song"],
        )
        for label, chosen in genre_groups(songs).items()
    ]
