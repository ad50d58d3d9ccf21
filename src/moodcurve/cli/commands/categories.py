"""The command `categories`."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from moodcurve.cli.app import app
from moodcurve.cli.datasets import DatasetArgument, Family, IdsOption
from moodcurve.cli.framework import Option
from moodcurve.cli.judging import CurveOption, JsonOption, SeedOption, judge_songs

if TYPE_CHECKING:
    from moodcurve.datasets import Dataset
    from moodcurve.learn.models.base import Progress


class Scheme(StrEnum):
    """Ways to divide the plane into classes."""

    quadrants = "quadrants"
    moods = "moods"


@app.command
def categories(
    folder: DatasetArgument,
    scheme: Annotated[Scheme | None, Option("--scheme", help="These classes alone.")] = None,
    curve: CurveOption = Family.blend,
    json_file: JsonOption = None,
    output: Annotated[
        Path | None, Option("-o", metavar="DIR", help="Write categories.json and categories.md here.")
    ] = None,
    seed: SeedOption = 0,
    ids: IdsOption = None,
) -> int:
    """Learn mood classes by SVM and by a network with softmax, and judge them beside the curve's classes.

    Five folds, artists disjoint: accuracy, macro-F1, log loss and confusion matrix, of moments and of songs.

    Example: moodcurve categories DEAM --scheme quadrants -o results
    """
    from moodcurve.cli import views
    from moodcurve.learn.benchmarks.mood_classes import (
        PARTS,
        category_report,
        category_table,
        confusion_table,
        run_categories,
        schemes_of,
    )
    from moodcurve.mood.classes import SCHEMES

    def run(dataset: "Dataset", progress: "Progress") -> Any:
        schemes = tuple(SCHEMES) if scheme is None else (scheme.value,)
        return run_categories(dataset, schemes=schemes, curve=curve.value, seed=seed, progress=progress)

    result, exit_code = judge_songs(folder, run, category_report, json_file, output, "categories", ids)
    for name in schemes_of(result):
        for part in PARTS:
            views.print_lines([f"{name} of {part}"])
            views.print_rows(category_table(result, name, part))
            for classifier in ("svm", "softmax", "curve"):
                views.print_rows(confusion_table(result, name, part, classifier))
    return exit_code
