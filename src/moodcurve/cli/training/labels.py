"""The `labels` command: labels and rater agreement from individual ratings."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

from moodcurve.cli.app import app
from moodcurve.cli.messages import print_message
from moodcurve.cli.options.common import JsonOption, SeedOption
from moodcurve.cli.output_checks import STDOUT, check_folder, check_results
from moodcurve.cli.parameters import Argument, Option, UsageError


class Between(StrEnum):
    """What a rater's value does between two entries."""

    line = "line"
    hold = "hold"


class Agreement(StrEnum):
    """Measures of agreement to select songs by."""

    cronbach_alpha = "cronbach_alpha"
    icc_2k = "icc_2k"
    pairwise_r = "pairwise_r"
    pairwise_ccc = "pairwise_ccc"
    krippendorff_alpha = "krippendorff_alpha"


@app.command
def labels(
    ratings: Annotated[
        Path,
        Argument(
            metavar="RATINGS",
            help="DEAM's folder, a study's folder, a folder with tracks.csv or ratings.csv, or one of these files.",
        ),
    ],
    output: Annotated[
        Path | None,
        Option("-o", "--output", metavar="DIR", help="Write labels, agreement and selected songs to this folder."),
    ] = None,
    statistics: Annotated[
        Path | None,
        Option("--statistics", metavar="DIR", help="Write raters.json and raters.md to this folder."),
    ] = None,
    skip_s: Annotated[
        float | None,
        Option(
            "--skip",
            metavar="SECONDS",
            min=0,
            help="Leave out the start of each song; by default a study's practice, or 15 s.",
        ),
    ] = None,
    between: Annotated[
        Between, Option("--between", help="Between two entries, interpolate (line) or hold the last value (hold).")
    ] = Between.line,
    min_raters: Annotated[
        int, Option("--min-raters", metavar="N", min=1, help="Leave out moments with fewer raters.")
    ] = 2,
    keep: Annotated[
        float | None,
        Option("--keep", metavar="SHARE", help="Select this share of songs, those with the best agreement."),
    ] = None,
    by: Annotated[
        Agreement, Option("--by", help="Agreement measure for --keep, on the axis where it is lower.")
    ] = Agreement.cronbach_alpha,
    seed: SeedOption = 0,
    json_file: JsonOption = None,
) -> int:
    """Average individual ratings to labels, and measure rater agreement and the noise ceiling.

    -o DIR writes labels.csv, agreement.csv, songs.csv (ratings of whole songs) and, with --keep, selected.txt.

    Example: moodcurve labels ratings -o labels --keep 0.5
    """
    if keep is not None and not 0 < keep <= 1:
        raise UsageError(f"{keep} is not more than 0 and at most 1", name="--keep")
    if keep is not None and output is None:
        raise UsageError("the selected songs need a folder: -o DIR", name="--keep")

    from moodcurve.cli.result_files import json_text, write_texts
    from moodcurve.datasets.layout import read_raters
    from moodcurve.datasets.raters.agreement import best_agreed
    from moodcurve.datasets.raters.report import report
    from moodcurve.datasets.raters.statistics import lower_axis_agreement, make_labels, rater_statistics
    from moodcurve.datasets.raters.tables import write_ids, write_tables

    check_results(json_file)
    for name, folder in (("-o", output), ("--statistics", statistics)):
        if folder is not None:
            check_folder(folder, name=name)
    data = read_raters(ratings, skip_s=skip_s, between=between.value)
    made = make_labels(data, min_raters=min_raters)
    for note in (*data.notes, *made.notes):
        print_message(note)
    results = rater_statistics(data, made, seed=seed)
    if json_file != STDOUT:
        _print_results(results)
    written = write_tables(made, output) if output is not None else []
    if output is not None and keep is not None:
        write_ids(best_agreed(lower_axis_agreement(made, by.value), share=keep), output / "selected.txt")
        written.append(output / "selected.txt")
    for file in written:
        print_message(f"wrote {file}")
    text = json_text(results)
    texts = {json_file: text} if json_file else {}
    if statistics is not None:
        texts |= {statistics / "raters.json": text, statistics / "raters.md": report(results)}
    write_texts(texts)
    return int(bool(data.notes or made.notes))


def _print_results(results: dict[str, Any]) -> None:
    from moodcurve.cli import console
    from moodcurve.datasets.raters.report import agreement_table, ceiling_table, explanations

    console.print_rows(agreement_table(results))
    console.print_rows(ceiling_table(results))
    console.print_lines(explanations(results))
