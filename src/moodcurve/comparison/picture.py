"""Draw predictions of models against ratings: song means, errors of songs, coverage of intervals, genres."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from moodcurve._typing import FloatArray
from moodcurve.comparison.compare import ModelComparison
from moodcurve.comparison.report import names
from moodcurve.curve import AXES
from moodcurve.datasets import Song
from moodcurve.evaluation import SongPrediction
from moodcurve.util.files import AnyPath, atomic_write
from moodcurve.util.library_settings import import_matplotlib

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLORS = ("C0", "C1")
GROUPS = 5
"""Groups of points by predicted value."""


def draw(comparison: ModelComparison, path: AnyPath) -> None:
    """Draw a comparison of two models; the path's suffix chooses the format (png, svg, pdf)."""
    import_matplotlib()
    from matplotlib.figure import Figure

    figure = Figure(figsize=(17, 8.5), layout="constrained")
    panels = figure.subplots(len(AXES), 4, squeeze=False)
    songs, labels = comparison.dataset.songs, names(comparison)
    rmse = comparison.song_rmse
    for column, axis in enumerate(AXES):
        means, errors, intervals, genres = panels[column]
        for label, color, found in zip(labels, COLORS, comparison.predictions, strict=True):
            draw_song_means(means, songs, found, column, label=label, color=color)
            draw_reliability(intervals, songs, found, column, label=label, color=color)
        means.set_title(f"{axis}: mean over each song", fontsize=10)
        intervals.set_title(f"{axis}: ratings inside 90 % intervals", fontsize=10)
        _draw_errors(errors, rmse[:, :, column], axis, labels)
        _draw_genres(genres, comparison, axis)
        means.legend(fontsize=8)
    figure.suptitle(f"{labels[0]} and {labels[1]} on {comparison.dataset.name}, {len(songs)} songs")
    with atomic_write(path) as scratch:
        figure.savefig(scratch)


def draw_song_means(
    panel: "Axes", songs: Sequence[Song], found: Sequence[SongPrediction], column: int, *, label: str, color: str
) -> None:
    """Draw each song's mean prediction over its mean rating, for the axis in a column."""
    rated = [song.y[:, column].mean() for song in songs]
    panel.axline((0, 0), slope=1, color="grey", linewidth=0.8)
    panel.plot(rated, [one.values[:, column].mean() for one in found], ".", color=color, alpha=0.5, label=label)
    panel.set(xlabel="rated", ylabel="predicted", xlim=(-1, 1), ylim=(-1, 1), xticks=(-1, 0, 1), yticks=(-1, 0, 1))


def draw_reliability(
    panel: "Axes", songs: Sequence[Song], found: Sequence[SongPrediction], column: int, *, label: str, color: str
) -> None:
    """Draw the share of ratings inside the 90 % intervals, for groups of points from low to high predictions."""
    panel.axhline(0.9, color="grey", linewidth=0.8)
    panel.set(xlabel="predicted", ylabel="ratings inside", xlim=(-1, 1), ylim=(0.5, 1))
    if any(one.ends is None for one in found):
        panel.plot([], [], color=color, label=f"{label}: no intervals")
        panel.legend(fontsize=8)
        return
    predicted, inside = coverage_by_prediction(songs, found, column)
    panel.plot(predicted, inside, "o-", color=color, label=label)


def coverage_by_prediction(
    songs: Sequence[Song], found: Sequence[SongPrediction], column: int
) -> tuple[FloatArray, FloatArray]:
    """Return the mean prediction and the coverage of 90 % intervals, (groups,), of equal groups of points in order."""
    ends = np.concatenate([one.ends[:, column] for one in found if one.ends is not None])
    ratings = np.concatenate([song.y[:, column] for song in songs])
    predicted = np.concatenate([one.values[:, column] for one in found])
    inside = (ratings >= ends[:, 0]) & (ratings <= ends[:, 1])
    groups = np.array_split(np.argsort(predicted, kind="stable"), min(GROUPS, len(predicted)))
    return np.array([predicted[g].mean() for g in groups]), np.array([inside[g].mean() for g in groups])


def _draw_errors(panel: "Axes", rmse: FloatArray, axis: str, labels: tuple[str, str]) -> None:
    largest = float(rmse.max(initial=0.1)) * 1.05
    panel.axline((0, 0), slope=1, color="grey", linewidth=0.8)
    panel.plot(rmse[:, 0], rmse[:, 1], ".", color="C2", alpha=0.5)
    panel.set(xlabel=f"RMSE of {labels[0]}", ylabel=f"RMSE of {labels[1]}", xlim=(0, largest), ylim=(0, largest))
    share = float((rmse[:, 0] < rmse[:, 1]).mean())
    panel.set_title(f"{axis}: each song; {labels[0]} is nearer for {share:.0%}", fontsize=10)


def _draw_genres(panel: "Axes", comparison: ModelComparison, axis: str) -> None:
    rows: list[tuple[str, Any]] = [
        (f"{one.genre} ({one.songs})", one.differences[axis]["rmse_song"]) for one in comparison.genres
    ]
    rows.append((f"all ({len(comparison.dataset.songs)})", comparison.differences[axis]["rmse_song"]))
    panel.axvline(0, color="grey", linewidth=0.8)
    for position, (_, interval) in enumerate(rows):
        panel.plot([interval.low, interval.high], [position, position], color="C2", linewidth=2)
        panel.plot(interval.value, position, "o", color="C2")
    panel.set_yticks(range(len(rows)), [label for label, _ in rows], fontsize=8)
    panel.set_ylim(len(rows) - 0.5, -0.5)
    panel.set_title(f"{axis}: difference of RMSE by genre", fontsize=10)
