"""The `studies` command: how data and settings affect accuracy."""

from pathlib import Path
from typing import Annotated

from moodcurve.cli.app import app
from moodcurve.cli.dataset_input import DatasetArgument, IdsOption, select_songs
from moodcurve.cli.messages import print_message
from moodcurve.cli.options.common import SeedOption
from moodcurve.cli.output_checks import check_folder
from moodcurve.cli.parameters import Option, split_names


@app.command
def studies(
    folder: DatasetArgument,
    output: Annotated[
        Path, Option("-o", "--output", metavar="DIR", help="Write studies.json, .md and pictures to this folder.")
    ],
    only: Annotated[
        str | None,
        Option(
            "--only",
            metavar="a,b,...",
            help="Run only these: features, songs, split, labels, base, search, intervals, medleys, length.",
        ),
    ] = None,
    seed: SeedOption = 0,
    ids: IdsOption = None,
) -> int:
    """Measure how features, data size, splits, labels and settings affect accuracy; takes one to two hours.

    Results of studies that are not run again stay in DIR.

    Example: moodcurve studies DEAM --only songs,split -o results
    """
    from moodcurve.cli import console
    from moodcurve.datasets.selection import read_ids
    from moodcurve.learn.studies.folds import StudySource
    from moodcurve.learn.studies.run import STUDIES, read_studies, run_studies, write_studies

    names = list(STUDIES) if only is None else split_names(only, STUDIES, name="--only")
    check_folder(output)
    read_studies(output / "studies.json")
    source = StudySource(folder=folder, ids=None if ids is None else read_ids(ids))
    incomplete = ids is not None and select_songs(StudySource(folder=folder).read(), ids)[1]
    with console.progress_bar("studies") as update:
        found = run_studies(source, names, seed=seed, progress=update)
    for file in write_studies(found, output):
        print_message(f"wrote {file}")
    return int(incomplete)
