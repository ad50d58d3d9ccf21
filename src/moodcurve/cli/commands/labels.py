"""The command that makes labels of single raters' ratings."""

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from moodcurve.cli.app import app, say
from moodcurve.cli.framework import Argument, Option, UsageError
from moodcurve.cli.output_checks import check_folder


class Between(StrEnum):
    """What a rater's value does between two entries."""

    line = "line"
    hold = "hold"


class Agreement(StrEnum):
    """Figures that songs can be chosen by."""

    cronbach_alpha = "cronbach_alpha"
    icc_2k = "icc_2k"
    pairwise_r = "pairwise_r"
    pairwise_ccc = "pairwise_ccc"
    krippendorff_alpha = "krippendorff_alpha"


@app.command
def labels(
    ratings: Annotated[
        Path,
        Argument(metavar="RATINGS", help="Folder of DEAM, or with tracks.csv or ratings.csv, or such a file."),
    ],
    output: Annotated[
        Path | None,
        Option("-o", metavar="DIR", help="Write labels, agreement and chosen songs here."),
    ] = None,
    report: Annotated[
        Path | None,
        Option("--report", metavar="DIR", help="Write the figures here, raters.json and .md."),
    ] = None,
    skip_s: Annotated[float, Option("--skip", metavar="SECONDS", min=0, help="Drop so much at the start.")] = 15,
    between: Annotated[Between, Option("--between", help="How tracks run between entries.")] = Between.line,
    min_raters: Annotated[int, Option("--min-raters", metavar="N", min=1, help="Drop moments with fewer.")] = 2,
    keep: Annotated[
        float | None, Option("--keep", metavar="SHARE", help="Choose the songs with the best agreement.")
    ] = None,
    by: Annotated[
        Agreement, Option("--by", help="What --keep goes by, on a song's worse axis.")
    ] = Agreement.cronbach_alpha,
    seed: Annotated[int, Option("--seed", metavar="N", min=0, help="Of splits and intervals.")] = 0,
    as_json: Annotated[bool, Option("--json", help="Print the figures as JSON.")] = False,
) -> int:
    """Average single raters' ratings into labels, and say how far raters agree and what a perfect model could reach.

    -o DIR writes labels.csv, agreement.csv, songs.csv (ratings of whole songs) and, with --keep, selected.txt.

    Example: moodcurve labels ratings -o labels --keep 0.5
    """
    if keep is not None and not 0 < keep <= 1:
        raise UsageError(f"{keep} is not more than 0 and at most 1", name="--keep")
    if keep is not None and output is None:
        raise UsageError("the chosen songs go to a folder: give it with -o", name="--keep")

    from moodcurve.cli import views
    from moodcurve.datasets.layout import read_raters
    from moodcurve.datasets.raters.agreement import best_agreed
    from moodcurve.datasets.raters.report import agreement_table, ceiling_table, explanations
    from moodcurve.datasets.raters.report import report as page
    from moodcurve.datasets.raters.statistics import lower_axis_agreement, make_labels, rater_statistics
    from moodcurve.datasets.raters.tables import write_ids, write_tables
    from moodcurve.util.files import write_text

    for name, folder in (("-o", output), ("--report", report)):
        if folder is not None:
            check_folder(folder, name=name)
    data = read_raters(ratings, skip_s=skip_s, between=between.value)
    made = make_labels(data, min_raters=min_raters)
    for note in (*data.notes, *made.notes):
        say(note)
    figures = rater_statistics(data, made, seed=seed)
    text = json.dumps(figures, indent=1, allow_nan=False) + "\n"
    if as_json:
        print(text, end="")
    else:
        views.print_rows(agreement_table(figures))
        views.print_rows(ceiling_table(figures))
        views.print_lines(explanations(figures))
    written = write_tables(made, output) if output is not None else []
    if output is not None and keep is not None:
        write_ids(best_agreed(lower_axis_agreement(made, by.value), share=keep), output / "selected.txt")
        written.append(output / "selected.txt")
    if report is not None:
        for file, content in ((report / "raters.json", text), (report / "raters.md", page(figures))):
            write_text(file, content)
            written.append(file)
    for file in written:
        say(f"wrote {file}")
    return int(bool(data.notes or made.notes))
