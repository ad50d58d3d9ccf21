"""The `compare` command: two models on the same annotated songs."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from moodcurve.cli.app import app
from moodcurve.cli.dataset_input import DatasetArgument, IdsOption, LabelRelease, LabelsOption, read_songs, select_songs
from moodcurve.cli.messages import print_message
from moodcurve.cli.options.common import JsonOption, SeedOption
from moodcurve.cli.output_checks import STDOUT, check_results
from moodcurve.cli.parameters import Argument, Option
from moodcurve.cli.signals import interrupts
from moodcurve.util.csv_text import csv_text

if TYPE_CHECKING:
    from moodcurve.comparison import ModelComparison

ModelArgument = Argument(metavar="MODEL", help="Name of a packaged model, or path of a model file.")


@app.command
def compare(
    first: Annotated[str, ModelArgument],
    second: Annotated[str, ModelArgument],
    folder: DatasetArgument,
    ids: IdsOption = None,
    labels: LabelsOption = LabelRelease.deam,
    json_file: JsonOption = None,
    output: Annotated[
        Path | None,
        Option("-o", "--output", metavar="DIR", help="Write compare.json, .md, .png and songs.csv to this folder."),
    ] = None,
    seed: SeedOption = 0,
) -> int:
    """Compare two models on annotated songs: differences of RMSE, r and CCC with 95 % intervals over songs, by genre.

    Both are evaluated on the same songs and the same bootstrap draws, so that the songs' difficulty cancels.
    Differences are the first model minus the second. The page of moodcurve serve compares two songs.

    Example: moodcurve compare mine.onnx other.onnx DEAM --ids test.txt
    """
    from moodcurve.cli.result_files import json_text, write_texts
    from moodcurve.comparison import compare as compare_models
    from moodcurve.comparison.picture import draw
    from moodcurve.comparison.report import report, song_rows
    from moodcurve.features.feature_sets import without_own
    from moodcurve.runtime.loading import describe_model

    check_results(json_file, output)
    wanted = [without_own(describe_model(model)[1]) for model in (first, second)]
    read = {columns: select_songs(read_songs(folder, labels, columns), ids) for columns in dict.fromkeys(wanted)}
    datasets = [read[columns][0] for columns in wanted]
    with interrupts() as check:
        comparison = compare_models(datasets, (first, second), seed=seed, check=check)
    text = json_text(comparison.as_dict())
    texts = {json_file: text} if json_file else {}
    if output is not None:
        texts |= {
            output / "compare.json": text,
            output / "compare.md": report(comparison, picture="compare.png"),
            output / "songs.csv": csv_text(song_rows(comparison)),
        }
    write_texts(texts)
    if output is not None:
        draw(comparison, output / "compare.png")
        print_message(f"wrote {output / 'compare.png'}")
    if json_file != STDOUT:
        _print(comparison)
    return int(any(incomplete for _, incomplete in read.values()))


def _print(comparison: "ModelComparison") -> None:
    from moodcurve.cli import console
    from moodcurve.comparison.report import genre_table, metric_table, notes, verdicts

    for note in notes(comparison):
        print_message(note)
    console.print_rows(metric_table(comparison))
    if comparison.genres:
        console.print_rows(genre_table(comparison))
    console.print_lines(verdicts(comparison))
