"""Draw a benchmark across sets: its metrics, the songs of each pair of sets, and errors by genre."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from moodcurve._typing import FloatArray
from moodcurve.comparison.picture import draw_ratings
from moodcurve.curve import AXES
from moodcurve.learn.benchmarks.across import AcrossResult
from moodcurve.learn.benchmarks.across_scores import SongTruth, song_truth
from moodcurve.learn.benchmarks.genre_errors import genre_rmse
from moodcurve.mood.circumplex import QUADRANTS
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
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

METRICS = {"r": "r", "auc": "AUC"}


def across_figures(found: AcrossResult) -> dict[str, "Figure"]:
    """Return the pictures of a benchmark across sets, by file name; that of genres needs a set with ratings."""
    figures = {"across.png": across_figure(found.results), "across-songs.png": songs_figure(found)}
    if any(one["rated_songs"] for one in found.results["sets"]):
        figures["across-genres.png"] = genres_figure(found)
    return figures


def across_figure(result: Mapping[str, Any]) -> "Figure":
    """Draw r and AUC of each model, training set and test set, from `AcrossResult.results`."""
    families = list(dict.fromkeys(pair["family"] for pair in result["pairs"]))
    pairs = [pair for pair in result["pairs"] if pair["family"] == families[0]]
    figure = new_figure(9, 1.8 + len(pairs) * (0.5 + 0.25 * len(families)))
    panels = figure.subplots(len(AXES), len(METRICS), squeeze=False, sharex="col")
    for row, axis in zip(panels, AXES, strict=True):
        for panel, (metric, title) in zip(row, METRICS.items(), strict=True):
            label_rows(panel, [f"{pair['train']} to {pair['test']}" for pair in pairs], title=f"{axis}: {title}")
            draw_intervals(
                panel,
                {
                    family.upper(): [pair[axis][metric] for pair in result["pairs"] if pair["family"] == family]
                    for family in families
                },
            )
        share_rows(row)
    figure.suptitle("Trained on one set, tested on another: means of songs", fontsize=TITLE_SIZE)
    add_legend(figure, panels[0][0])
    return figure


def songs_figure(found: AcrossResult) -> "Figure":
    """Draw the songs of each pair of the first model: over their ratings, or on the plane in quadrants' colors."""
    pairs = _pairs(found)
    trainings = list(dict.fromkeys(train for train, _ in pairs))
    truths = {test: song_truth(songs) for test, songs in found.songs.items()}
    rows = [(test, axis) for test, truth in truths.items() for axis in (AXES if truth.is_rated else ("quadrants",))]
    figure = new_figure(9, 1.2 + 2.9 * len(rows))
    panels = figure.subplots(len(rows), len(trainings), squeeze=False)
    for row, (test, shown) in zip(panels, rows, strict=True):
        for panel, train in zip(row, trainings, strict=True):
            if shown in AXES:
                _draw_ratings(panel, truths[test], pairs[train, test], AXES.index(shown))
            else:
                _draw_quadrants(panel, truths[test], pairs[train, test])
            panel.set_title(f"{train}\nto {test}, {shown}", fontsize=TITLE_SIZE)
            panel.set_aspect("equal")
            panel.tick_params(labelsize=TEXT_SIZE)
    family = found.results["pairs"][0]["family"].upper()
    figure.suptitle(f"{family}: predicted means of songs", fontsize=TITLE_SIZE)
    for row, (_, shown) in reversed(list(zip(panels, rows, strict=True))):
        if shown == "quadrants":
            add_legend(figure, row[0])
            break
    return figure


def _draw_ratings(panel: "Axes", truth: SongTruth, means: FloatArray, column: int) -> None:
    chosen = truth.compared
    draw_ratings(panel, truth.values[chosen, column], means[chosen, column], label="songs", color=COLORS[0])


def _draw_quadrants(panel: "Axes", truth: SongTruth, means: FloatArray) -> None:
    panel.axhline(0, color="grey", linewidth=0.8)
    panel.axvline(0, color="grey", linewidth=0.8)
    for number, (name, color) in enumerate(zip(QUADRANTS, COLORS, strict=False)):
        chosen = truth.quadrants == number
        panel.plot(means[chosen, 1], means[chosen, 0], ".", color=color, alpha=0.6, label=name)
    panel.set(xlabel="predicted valence", ylabel="predicted arousal", xlim=(-1, 1), ylim=(-1, 1))
    panel.set(xticks=(-1, 0, 1), yticks=(-1, 0, 1))


def genres_figure(found: AcrossResult) -> "Figure":
    """Draw the errors of the first model by genre, for each set with ratings and each training set."""
    pairs = _pairs(found)
    tests = [one["name"] for one in found.results["sets"] if one["rated_songs"]]
    errors: dict[tuple[str, str], dict[str, dict[str, dict[str, float | None]]]] = {}
    for test in tests:
        truth = song_truth(found.songs[test])
        rated = [song for song, known in zip(found.songs[test], truth.compared, strict=True) if known]
        for column, axis in enumerate(AXES):
            y = truth.values[truth.compared, column]
            errors[test, axis] = {
                train: genre_rmse(rated, y, means[truth.compared, column], seed=found.results["seed"])
                for (train, to), means in pairs.items()
                if to == test
            }
    counts = [len(next(iter(errors[test, AXES[0]].values()))) for test in tests]
    figure = new_figure(9, 1.4 + 0.45 * sum(counts))
    panels = figure.subplots(len(tests), len(AXES), squeeze=False, sharex=True, height_ratios=counts)
    for row, test in zip(panels, tests, strict=True):
        for panel, axis in zip(row, AXES, strict=True):
            labels = list(next(iter(errors[test, axis].values())))
            label_rows(panel, labels, title=f"{test}, {axis}")
            draw_intervals(
                panel, {f"trained on {train}": list(one.values()) for train, one in errors[test, axis].items()}
            )
        share_rows(row)
    for panel in panels[-1]:
        panel.set_xlabel("RMSE of the means of songs", fontsize=TEXT_SIZE)
    family = found.results["pairs"][0]["family"].upper()
    figure.suptitle(f"{family}: errors by genre", fontsize=TITLE_SIZE)
    add_legend(figure, panels[0][0])
    return figure


def _pairs(found: AcrossResult) -> dict[tuple[str, str], FloatArray]:
    """Return the predicted means of each training set and test set, of the first model."""
    first = found.results["pairs"][0]["family"]
    return {
        (pair["train"], pair["test"]): means
        for pair, means in zip(found.results["pairs"], found.means, strict=True)
        if pair["family"] == first
    }
