"""The `train` command: a model file from annotated songs, or from another model and songs."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from moodcurve.cli.app import app
from moodcurve.cli.dataset_input import FamilyName, LabelRelease, LabelsOption, print_notes, read_songs, stoppable
from moodcurve.cli.messages import print_message
from moodcurve.cli.options.adaptation import AdaptationOptions
from moodcurve.cli.options.common import JsonOption
from moodcurve.cli.options.models import FeatureSetOption, find_feature_set
from moodcurve.cli.output_checks import STDOUT, check_file, check_results
from moodcurve.cli.parameters import Argument, Option, UsageError

_SHOWN = ("rmse", "r", "ccc", "rmse_song", "r_song", "ccc_song")
_HEADINGS = ("", "", "RMSE", "r", "CCC", "RMSE per song", "r per song", "CCC per song")
"""Metrics of the comparison with the original, and their headings."""


@app.command
def train(
    adaptation: AdaptationOptions,
    folder: Annotated[
        Path | None,
        Argument(
            metavar="DATASET", help="Folder of annotated songs: a published set such as DEAM, or with labels.csv."
        ),
    ] = None,
    family: Annotated[FamilyName | None, Option("--model", help="Model family; required without --from.")] = None,
    output: Annotated[
        Path | None,
        Option("-o", "--output", metavar="MODEL.onnx", help="Model file to write; required without --name."),
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
    json_file: JsonOption = None,
) -> int:
    """Train a model on annotated songs, or adapt one to yours, and write it as an ONNX file.

    Also writes a log, <stem>.training.json, and for networks a picture of the loss, <stem>.loss.png.

    With --intervals the family is first trained and tested on five folds with disjoint artists. The model then outputs
    the same as the packaged one: 90 % intervals, probabilities of quadrants and moods, the expected rating of the whole
    song (if the dataset has such ratings) and novelty (with at least 99 songs).

    With --from, ten songs are enough: a model is corrected, from a shift of its level up to a regression on its outputs
    and the sound, as cross-validation chooses. It is compared with the original on songs held out, and written (to -o,
    or by --name) only if it lowers the squared error in at least 75 % of random draws of the songs. DATASET may also be
    a study's folder, or one with raters' tracks. --json prints the comparison.

    Example: moodcurve train my-songs --from default --name mine
    Example: moodcurve train DEAM --model ffnn --without test.txt --intervals -o mine.onnx
    Example: moodcurve train --show-config ffnn > ffnn.toml
    """
    if show_config is not None:
        return _print_config(show_config)
    if adaptation.base is not None:
        if family is not None or config is not None or without is not None or intervals:
            raise UsageError("--from does not go together with --model, --config, --without and --intervals")
        return _adapt(folder, output, adaptation, seed=seed, json_file=json_file)
    of_adaptation = {
        "--name": adaptation.name,
        "--rater": adaptation.rater,
        "--force": adaptation.force,
        "--json": json_file,
    }
    for option, given in of_adaptation.items():
        if given:
            raise UsageError("is only used with --from", name=option)
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


def _adapt(
    folder: Path | None, output: Path | None, options: AdaptationOptions, *, seed: int, json_file: Path | None
) -> int:
    """Adapt a model to a folder of songs; return 1 if it was not better or songs were left out, else 0."""
    if folder is None:
        raise UsageError("the following arguments are required: DATASET")
    if (output is None) == (options.name is None):
        raise UsageError("give either a file, -o MINE.onnx, or a name, --name NAME")
    from moodcurve.cli import console
    from moodcurve.cli.result_files import json_text, write_texts
    from moodcurve.evaluation import count_training_songs
    from moodcurve.learn.adaptation.folder import adapt_to_folder
    from moodcurve.runtime.loading import model_metadata
    from moodcurve.runtime.named_models import own_model_path

    base = options.base or "default"
    file = output if output is not None else own_model_path(options.name or "")
    check_results(json_file)
    if output is not None:
        check_file(output)
    metadata = model_metadata(base)  # before the same file is written
    with console.progress_bar(f"adapting {base}") as update, stoppable(lambda done, total: None) as check:

        def progress(done: int, total: int, what: str) -> None:
            check(done, total)
            update(done, total, what)

        made = adapt_to_folder(
            folder,
            file,
            base=base,
            rater=options.rater,
            force=options.force,
            seed=seed,
            progress=progress,
            report_dataset=print_notes,
        )
    dataset = made.adaptation.dataset
    if known := count_training_songs(dataset, metadata):
        print_message(f"{base} was trained on {known} of these songs: it looks better here than on others")
    if json_file is not None:
        write_texts({json_file: json_text(made.as_dict())})
    if json_file != STDOUT:
        _print_comparison(made.adaptation.as_dict())
    if made.model is None:
        print_message("not written: the adapted model is not better than the original; rate more songs, or use --force")
        return 1
    print_message(f"wrote {file}: model {made.model}")
    if options.name is not None:
        print_message(f"use it with --model {options.name}")
    return int(bool(dataset.skipped_ids))


def _print_comparison(result: Mapping[str, Any]) -> None:
    from moodcurve.cli import console
    from moodcurve.curve import AXES
    from moodcurve.util.markdown import interval_text
    from moodcurve.util.text import one_line

    removed = interval_text(result["squared_error_removed"], signed=True)
    console.print_lines(
        [
            one_line(f"{result['songs']} songs of {result['training_data']}"),
            "correction: " + ", ".join(f"{axis} {name}" for axis, name in result["correction"].items()),
            f"{result['protocol']}; intervals: {result['interval']}",
        ]
    )
    rows: list[tuple[str, ...]] = [_HEADINGS]
    for axis in AXES:
        for when in ("before", "after", "difference"):
            metrics = result[when][axis]
            cells = (interval_text(metrics[name], signed=when == "difference") for name in _SHOWN)
            rows.append((axis, when, *cells))
    console.print_rows(rows)
    console.print_lines(
        [
            f"share of the squared error removed: {removed}",
            f"better in {result['probability_better']:.0%} of the draws; {result['needed']:.0%} are needed: "
            + ("the adapted model is better" if result["better"] else "not shown to be better"),
        ]
    )
