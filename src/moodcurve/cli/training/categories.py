"""The `categories` command: mood classes of moments and songs."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from moodcurve.cli.app import app
from moodcurve.cli.dataset_input import CurveOption, DatasetArgument, FamilyName, IdsOption, StepProgress, run_on_songs
from moodcurve.cli.options.common import JsonOption, SeedOption
from moodcurve.cli.output_checks import STDOUT, check_results
from moodcurve.cli.parameters import Option

if TYPE_CHECKING:
    from moodcurve.datasets import Dataset


class Scheme(StrEnum):
    """Divisions of the plane into classes."""

    quadrants = "quadrants"
    moods = "moods"


@app.command
def categories(
    folder: DatasetArgument,
    scheme: Annotated[Scheme | None, Option("--scheme", help="Use only this set of classes.")] = None,
    curve: CurveOption = FamilyName.blend,
    json_file: JsonOption = None,
    output: Annotated[
        Path | None,
        Option("-o", "--output", metavar="DIR", help="Write categories.json and categories.md to this folder."),
    ] = None,
    seed: SeedOption = 0,
    ids: IdsOption = None,
) -> int:
    """Compare mood classifiers (SVM, softmax network) with classes derived from a curve.

    Five folds with disjoint artists. Prints accuracy, macro F1, log loss and confusion matrix, of moments and of songs.

    Example: moodcurve categories DEAM --scheme quadrants -o results
    """
    from moodcurve.cli.result_files import json_text, write_texts
    from moodcurve.learn.benchmarks.mood_classes import mood_class_report, run_mood_classes
    from moodcurve.mood.classes import SCHEMES

    def run(dataset: "Dataset", progress: StepProgress) -> Any:
        schemes = tuple(SCHEMES) if scheme is None else (scheme.value,)
        return run_mood_classes(dataset, schemes=schemes, curve=curve.value, seed=seed, progress=progress)

    check_results(json_file, output)
    result, incomplete = run_on_songs(folder, ids, run)
    text = json_text(result)
    texts = {json_file: text} if json_file else {}
    if output is not None:
        texts |= {output / "categories.json": text, output / "categories.md": mood_class_report(result)}
    write_texts(texts)
    if json_file != STDOUT:
        _print_result(result)
    return int(incomplete)


def _print_result(result: Any) -> None:
    from moodcurve.cli import console
    from moodcurve.learn.benchmarks.mood_classes import PARTS, confusion_table, mood_class_table, schemes_of

    for name in schemes_of(result):
        for part in PARTS:
            console.print_lines([f"{name} of {part}"])
            console.print_rows(mood_class_table(result, name, part))
            for classifier in ("svm", "softmax", "curve"):
                console.print_rows(confusion_table(result, name, part, classifier))
