"""Adapt a model for the command `train --from`, and print how it compares with the original."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from moodcurve.cli.dataset_input import print_notes, stoppable
from moodcurve.cli.messages import print_message
from moodcurve.cli.output_checks import STDOUT, check_file, check_results
from moodcurve.cli.parameters import Option, UsageError

_SHOWN = ("rmse", "r", "ccc", "rmse_song", "r_song", "ccc_song")
_HEADINGS = ("", "", "RMSE", "r", "CCC", "RMSE per song", "r per song", "CCC per song")


@dataclass(frozen=True, kw_only=True)
class AdaptationOptions:
    """Options for adapting an existing model."""

    base: Annotated[
        str | None,
        Option("--from", metavar="NAME|FILE", help="Adapt this model, e.g. default, instead of training a new one."),
    ] = None
    name: Annotated[
        str | None,
        Option("--name", metavar="NAME", help="Keep the adapted model by this name, for --model NAME, see models."),
    ] = None
    rater: Annotated[
        str | None,
        Option("--rater", metavar="NAME", help="With --from: adapt to this rater of a study or of tracks.csv alone."),
    ] = None
    force: Annotated[
        bool, Option("--force", help="With --from: write the model even if it is not better than the one it is from.")
    ] = False


def adapt(
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
