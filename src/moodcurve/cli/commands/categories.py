"""Commands that judge what songs are as wholes: mood classes, and ratings of songs."""

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from moodcurve.cli.app import advance, app, say
from moodcurve.cli.choosing import IdsOption, chosen, tell
from moodcurve.cli.commands.train import Family
from moodcurve.cli.framework import Argument, Option
from moodcurve.cli.output_checks import check_results
from moodcurve.util.text import one_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from moodcurve.datasets import Dataset
    from moodcurve.learn.models.base import TrainingProgress


class Scheme(StrEnum):
    """Ways to divide the plane into classes."""

    quadrants = "quadrants"
    moods = "moods"


DatasetArgument = Annotated[
    Path, Argument(metavar="DATASET", help="Folder of annotated songs: DEAM, or one with labels.csv.")
]
JsonOption = Annotated[Path | None, Option("--json", metavar="FILE", help="Write JSON to this file.")]
SeedOption = Annotated[int, Option("--seed", metavar="N", min=0, help="Of folds, training and intervals.")]
CurveOption = Annotated[Family, Option("--curve", metavar="FAMILY", help="Model family whose curve stands beside.")]


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

    def run(dataset: "Dataset", progress: "TrainingProgress") -> Any:
        schemes = tuple(SCHEMES) if scheme is None else (scheme.value,)
        return run_categories(dataset, schemes=schemes, curve=curve.value, seed=seed, progress=progress)

    result, exit_code = _judge(folder, run, category_report, json_file, output, "categories", ids)
    for name in schemes_of(result):
        for part in PARTS:
            views.print_lines([f"{name} of {part}"])
            views.print_rows(category_table(result, name, part))
            for classifier in ("svm", "softmax", "curve"):
                views.print_rows(confusion_table(result, name, part, classifier))
    return exit_code


@app.command
def songlevel(
    folder: DatasetArgument,
    curve: CurveOption = Family.blend,
    json_file: JsonOption = None,
    output: Annotated[
        Path | None, Option("-o", metavar="DIR", help="Write song_level.json and song_level.md here.")
    ] = None,
    seed: SeedOption = 0,
    ids: IdsOption = None,
) -> int:
    """Judge how well the ratings that songs got as wholes are predicted, and whether their 90 % intervals hold.

    Five folds, artists disjoint: from the mean of the curve, by a regression on the ratings, and by both.

    Example: moodcurve songlevel DEAM -o results
    """
    from moodcurve.cli import views
    from moodcurve.learn.benchmarks.song_ratings import run_song_level, song_level_report, song_level_table

    def run(dataset: "Dataset", progress: "TrainingProgress") -> Any:
        return run_song_level(dataset, curve=curve.value, seed=seed, progress=progress)

    result, exit_code = _judge(folder, run, song_level_report, json_file, output, "song_level", ids)
    views.print_rows(song_level_table(result))
    return exit_code


def _judge(
    folder: Path,
    run: "Callable[[Dataset, TrainingProgress], Any]",
    report: "Callable[[Any], str]",
    json_file: Path | None,
    output: Path | None,
    stem: str,
    ids: Path | None,
) -> tuple[Any, int]:
    """Read a dataset, judge it with progress, and write what is found: JSON, and in a folder a page beside.

    Gives what is found, and 1 if a song was left out or an id is unknown, else 0.
    """
    from moodcurve.cli import views
    from moodcurve.learn.benchmarks.protocols import read_for
    from moodcurve.util.files import write_text

    files = (json_file, output / f"{stem}.json" if output is not None else None)
    wanted = [file for file in files if file is not None]
    check_results(json_file, output)
    with views.progress_bar() as bar:
        task = bar.add_task(f"reading {one_line(folder.name)}", total=None)
        dataset = read_for(folder, "deam", progress=lambda done, total: advance(bar, task, done, total))
        tell(dataset, levels=stem == "song_level")
        dataset, missing = chosen(dataset, ids)
        result = run(dataset, lambda done, total, what: bar.update(task, completed=done, total=total, description=what))
    texts = dict.fromkeys(wanted, json.dumps(result, indent=1, allow_nan=False) + "\n")
    if output is not None:
        texts[output / f"{stem}.md"] = report(result)
    for file, text in texts.items():
        write_text(file, text)
        say(f"wrote {file}")
    return result, int(missing)
