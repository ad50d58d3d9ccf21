"""Draw ways to predict ratings of whole songs: their metrics, and the songs of the linear fit with errors by genre."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from moodcurve.comparison.picture import draw_ratings
from moodcurve.curve import AXES
from moodcurve.learn.benchmarks.genre_errors import genre_rmse
from moodcurve.learn.benchmarks.song_ratings import METHODS, SongRatings
from moodcurve.learn.models.song_level import song_rating
from moodcurve.util.figures import (
    COLORS,
    TEXT_SIZE,
    TITLE_SIZE,
    add_legend,
    draw_intervals,
    label_rows,
    new_figure,
    share_rows,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

METRICS = {"rmse": "RMSE", "r": "r", "coverage": "coverage"}


def song_ratings_figure(result: Mapping[str, Any]) -> "Figure":
    """Draw the metrics of each method, from `SongRatings.results`; a line is at the level of the intervals."""
    figure = new_figure(9, 4.2)
    panels = figure.subplots(len(AXES), len(METRICS), squeeze=False, sharex="col")
    for row, axis in zip(panels, AXES, strict=True):
        for panel, (metric, title) in zip(row, METRICS.items(), strict=True):
            label_rows(panel, [METHODS[name] for name in result[axis]], title=f"{axis}: {title}")
            draw_intervals(panel, {title: [found[metric] for found in result[axis].values()]})
        row[-1].axvline(result[axis]["line"]["wanted"], color="grey", linewidth=0.8)
        share_rows(row)
    figure.suptitle(f"Ratings of whole songs: {result['dataset']}, {result['songs']} songs", fontsize=TITLE_SIZE)
    return figure


def rated_songs_figure(found: SongRatings, *, seed: int) -> "Figure":
    """Draw each song's rating by the linear fit over the true one, and errors by genre.

    Parameters
    ----------
    found : SongRatings
    seed : int
        Of the bootstrap draws.
    """
    y = np.array([song_rating(song) for song in found.songs])
    figure = new_figure(9, 7)
    panels = figure.subplots(len(AXES), 2, squeeze=False)
    for (songs, genres), (column, axis) in zip(panels, enumerate(AXES), strict=True):
        draw_ratings(songs, y[:, column], found.predicted["line"][:, column], label="songs", color=COLORS[0])
        songs.set_title(f"{axis}: {METHODS['line']}", fontsize=TITLE_SIZE)
        songs.set_aspect("equal")
        songs.tick_params(labelsize=TEXT_SIZE)
        errors = {
            METHODS[name]: genre_rmse(found.songs, y[:, column], found.predicted[name][:, column], seed=seed)
            for name in ("line", "mean")
        }
        label_rows(genres, list(errors[METHODS["line"]]), title=f"{axis}: error by genre", xlabel="RMSE")
        draw_intervals(genres, {name: list(one.values()) for name, one in errors.items()})
    figure.suptitle(f"{found.results['dataset']}, {len(found.songs)} songs rated as a whole", fontsize=TITLE_SIZE)
    add_legend(figure, panels[0][1])
    return figure
