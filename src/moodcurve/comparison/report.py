"""Describe a comparison of two models as Markdown, and its songs as a table."""

from collections.abc import Mapping
from typing import Any

from moodcurve.comparison.compare import COMPARED_METRICS, GENRE_METRICS, ModelComparison
from moodcurve.curve import AXES
from moodcurve.util.markdown import (
    TableRow,
    interval_cell,
    markdown_list,
    markdown_paragraph,
    markdown_table,
    value_cell,
)
from moodcurve.util.text import one_line

HEADINGS = {
    "rmse_song": "RMSE, mean over songs", "r_song": "r, mean over songs", "ccc_song": "CCC, mean over songs",
    "rmse": "RMSE", "r": "r", "ccc": "CCC", "determination": "determination",
}  # fmt: skip
SMALLER_IS_BETTER = ("rmse_song", "rmse")


def names(comparison: ModelComparison) -> tuple[str, str]:
    """Return the names of both models, with their order where they are equal."""
    first, second = (one_line(str(model["model"])) for model in comparison.models)
    return (f"{first} (first)", f"{second} (second)") if first == second else (first, second)


def metric_table(comparison: ModelComparison) -> list[TableRow]:
    """Return both models' metrics and their differences, with a header."""
    rows: list[TableRow] = [("", "metric", *names(comparison), "difference")]
    for axis in AXES:
        for metric in COMPARED_METRICS:
            values = [model[axis][metric] for model in comparison.models]
            difference = comparison.differences[axis][metric].as_dict()
            rows.append((axis, HEADINGS[metric], *map(value_cell, values), interval_cell(difference, signed=True)))
    return rows


def genre_table(comparison: ModelComparison) -> list[TableRow]:
    """Return the differences by genre, with a header."""
    rows: list[TableRow] = [
        ("genre", "songs", *(f"{axis}, {HEADINGS[metric]}" for axis in AXES for metric in GENRE_METRICS))
    ]
    for genre in comparison.genres:
        cells = [
            interval_cell(genre.differences[axis][metric].as_dict(), signed=True)
            for axis in AXES
            for metric in GENRE_METRICS
        ]
        rows.append((one_line(genre.genre), str(genre.songs), *cells))
    return rows


def verdicts(comparison: ModelComparison) -> list[str]:
    """Return a sentence per axis: which model has the smaller error and the higher CCC, if the interval excludes 0."""
    sentences = []
    for axis in AXES:
        parts = []
        for metric in ("rmse_song", "ccc"):
            interval = comparison.differences[axis][metric].as_dict()
            parts.append(f"{HEADINGS[metric]}: {_better(interval, metric, names(comparison))}")
        sentences.append(f"{axis}: {'; '.join(parts)}.")
    return sentences


def notes(comparison: ModelComparison) -> list[str]:
    """Return what a reader must know about the models: songs that they were trained on."""
    return [
        f"{name} was trained on {model['songs_trained_on']} of these {len(comparison.dataset.songs)} songs: its "
        "metrics are too optimistic, and so are differences in its favor."
        for name, model in zip(names(comparison), comparison.models, strict=True)
        if model["songs_trained_on"]
    ]


def report(comparison: ModelComparison, *, picture: str) -> str:
    """Return the comparison as a Markdown page that shows a picture."""
    first, second = names(comparison)
    parts = [
        f"# {first} and {second} on {one_line(comparison.dataset.name)}",
        markdown_paragraph(
            f"{len(comparison.dataset.songs)} songs. Differences are {first} minus {second}, with 95 % bootstrap "
            "intervals over songs; both models are evaluated on the same draws. Negative differences of RMSE, and "
            f"positive ones of the other metrics, are in favor of {first}."
        ),
        markdown_list([*verdicts(comparison), *notes(comparison)]),
        markdown_table(metric_table(comparison)),
        f"![Predictions, errors, intervals and genres]({picture})",
    ]
    if comparison.genres:
        parts += ["## By genre", markdown_table(genre_table(comparison))]
    return "\n\n".join(parts) + "\n"


def song_rows(comparison: ModelComparison) -> list[list[str]]:
    """Return one row per song with a header: metadata, and the RMSE of each model and axis."""
    columns = [f"{axis}_rmse_{place}" for axis in AXES for place in ("first", "second")]
    rows = [["song_id", "artist", "title", "genre", *columns]]
    for song, rmse in zip(comparison.dataset.songs, comparison.song_rmse, strict=True):
        cells = [f"{rmse[model, axis]:.4f}" for axis in range(len(AXES)) for model in range(2)]
        rows.append([song.song_id, song.artist, song.title, song.genre, *cells])
    return rows


def _better(interval: Mapping[str, Any], metric: str, models: tuple[str, str]) -> str:
    low, high = interval["low"], interval["high"]
    if low is None or low <= 0 <= high:
        return "no clear difference"
    return f"{models[(low > 0) == (metric in SMALLER_IS_BETTER)]} is better"
