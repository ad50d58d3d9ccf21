"""The `train` command: a model file from annotated songs."""

from pathlib import Path
from typing import Annotated

from moodcurve.cli.app import app
from moodcurve.cli.dataset_input import FamilyName, LabelRelease, LabelsOption, read_songs
from moodcurve.cli.messages import print_message
from moodcurve.cli.options import FeatureSetOption, find_feature_set
from moodcurve.cli.output_checks import check_file
from moodcurve.cli.parameters import Argument, Option, UsageError


@app.command
def train(
    folder: Annotated[
        Path | None,
        Argument(
            metavar="DATASET", help="Folder of annotated songs: a published set such as DEAM, or with labels.csv."
        ),
    ] = None,
    family: Annotated[FamilyName | None, Option("--model", help="Model family; required.")] = None,
    output: Annotated[
        Path | None, Option("-o", "--output", metavar="MODEL.onnx", help="Model file to write; required.")
    ] = None,
    config: Annotated[
        Path | None,
        Option("--config", metavar="FILE.toml", help="Settings of the model family, see --show-config."),
    ] = None,
    show_config: Annotated[
        FamilyName | None,
        Option(
            "--show-config",
            metavar="FAMILY",
            help="Print all settings of a family with their defaults, as TOML for --config, and exit.",
        ),
    ] = None,
    labels: LabelsOption = LabelRelease.deam,
    feature_set: FeatureSetOption = "compare236",
    seed: Annotated[int, Option("--seed", metavar="N", min=0, help="The same seed gives the same model.")] = 0,
    without: Annotated[
        Path | None,
        Option("--without", metavar="FILE", help="Leave out the songs with these ids, one per line."),
    ] = None,
    intervals: Annotated[
        bool,
        Option("--intervals", help="Also measure intervals, ratings and novelty; takes up to five times as long."),
    ] = False,
) -> int:
    """Train a model on annotated songs and write it as an ONNX file.

    Also writes a log, <stem>.training.json, and for networks a picture of the loss, <stem>.loss.png.

    With --intervals the family is first trained and tested on five folds with disjoint artists. The model then outputs
    the same as the packaged one: 90 % intervals, probabilities of quadrants and moods, the expected rating of the whole
    song (if the dataset has such ratings) and novelty (with at least 99 songs).

    Example: moodcurve train DEAM --model ffnn --without test.txt --intervals -o mine.onnx
    Example: moodcurve train --show-config ffnn > ffnn.toml
    """
    if show_config is not None:
        return _print_config(show_config)
    if folder is None or family is None or output is None:
        needed = (("DATASET", folder), ("--model", family), ("-o/--output", output))
        missing = ", ".join(name for name, value in needed if value is None)
        raise UsageError(f"the following arguments are required: {missing}")

    from moodcurve.cli import console
    from moodcurve.datasets.selection import read_ids, without_songs
    from moodcurve.learn.config import read_config
    from moodcurve.learn.export import export
    from moodcurve.learn.held_out import cross_validate
    from moodcurve.learn.training import FAMILIES, save_log
    from moodcurve.learn.training import train as train_model

    settings = read_config(config, FAMILIES[family].config) if config else None
    check_file(output)
    dataset = read_songs(folder, labels, find_feature_set(feature_set), song_ratings=intervals)
    if without is not None:
        dataset = without_songs(dataset, read_ids(without))
    with console.progress_bar(f"training {family}") as update:
        held = cross_validate(dataset, family, config=settings, seed=seed, progress=update) if intervals else None
        trained = train_model(dataset, family, config=settings, seed=seed, progress=update)
    if held is None:
        export(trained, output, name=output.stem)
    else:
        export(
            trained,
            output,
            name=output.stem,
            metrics=held.metrics,
            calibration=held.calibration,
            novelty=held.novelty,
        )
    print_message(f"trained {family} on {len(dataset.songs)} songs in {trained.seconds:.0f} s")
    for file in (output, *save_log(trained, output)):
        print_message(f"wrote {file}")
    return int(bool(dataset.skipped_ids))


def _print_config(family: FamilyName) -> int:
    from moodcurve.cli.result_files import print_text
    from moodcurve.learn.show_config import show_config

    print_text([show_config(family.value)])
    return 0
