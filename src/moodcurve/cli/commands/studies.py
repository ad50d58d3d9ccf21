"""The command for studies beside the protocols."""

from pathlib import Path
from typing import Annotated

from moodcurve.cli.app import app, say
from moodcurve.cli.datasets import IdsOption, chosen
from moodcurve.cli.framework import Argument, Option, listed
from moodcurve.cli.output_checks import check_folder


@app.command
def studies(
    folder: Annotated[Path, Argument(metavar="DATASET", help="Folder of annotated songs, such as DEAM.")],
    output: Annotated[Path, Option("-o", metavar="DIR", help="Write studies.json and studies.md here.")],
    only: Annotated[
        str | None,
        Option(
            "--only",
            metavar="a,b,...",
            help="Of features, songs, split, labels, base, search, intervals, medleys, length; all without it.",
        ),
    ] = None,
    seed: Annotated[int, Option("--seed", metavar="N", min=0, help="Of folds, draws, training and intervals.")] = 0,
    ids: IdsOption = None,
) -> int:
    """Study what columns, number of songs, folds, labels and settings make of a model's figures; takes an hour or two.

    Studies that DIR holds and that are not done again stay as they are.

    Example: moodcurve studies DEAM --only songs,split -o results
    """
    from moodcurve.cli import views
    from moodcurve.evaluation import read_ids
    from moodcurve.learn.studies.folds import Source
    from moodcurve.learn.studies.run import STUDIES, read_studies, run_studies, write_studies

    names = list(STUDIES) if only is None else listed(only, STUDIES, name="--only")
    check_folder(output)
    read_studies(output / "studies.json")
    source = Source(folder=folder, ids=None if ids is None else read_ids(ids))
    missing = ids is not None and chosen(Source(folder=folder).read(), ids)[1]
    with views.progress_bar() as bar:
        task = bar.add_task("studies", total=None)
        found = run_studies(
            source,
            names,
            seed=seed,
            progress=lambda done, total, what: bar.update(task, completed=done, total=total, description=what),
        )
    for file in write_studies(found, output):
        say(f"wrote {file}")
    return int(missing)
