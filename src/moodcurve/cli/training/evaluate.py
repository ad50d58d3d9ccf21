"""The `evaluate` command: a model's accuracy on annotated songs."""

import json
from collections.abc import Mapping
from typing import Any

from moodcurve.cli.app import app
from moodcurve.cli.dataset_input import DatasetArgument, IdsOption, LabelRelease, LabelsOption, read_songs, select_songs
from moodcurve.cli.messages import print_message
from moodcurve.cli.options.common import JsonOption
from moodcurve.cli.options.models import OptionalModelOption
from moodcurve.cli.output_checks import STDOUT, check_results
from moodcurve.cli.signals import interrupts
from moodcurve.util.markdown import value_cell


@app.command
def evaluate(
    folder: DatasetArgument,
    model: OptionalModelOption = None,
    ids: IdsOption = None,
    labels: LabelsOption = LabelRelease.deam,
    json_file: JsonOption = None,
) -> int:
    """Evaluate a model on annotated songs: RMSE, correlation r and CCC, per song and over all points.

    Songs may have other labels than ratings. Quadrants: accuracy, F1 and AUC. Comparisons of two songs: the share of
    pairs that the model orders as listeners did. Emotion words: correlation of each axis with their shares.

    r² (r2 in JSON) is the squared correlation over all points. Determination is 1 - RMSE² / variance of the labels; it
    is negative for a model whose error is larger than that of the labels' mean.

    Without --model, the default model is evaluated, or the model fast where the songs have published features only,
    which lack harmony, rhythm and tags.

    Songs that the model was trained on, such as DEAM's for the packaged models, make results too optimistic. A message
    reports their number.

    Example: moodcurve evaluate DEAM --model mine.onnx --ids test.txt --json
    Example: moodcurve evaluate MusAV
    """
    from moodcurve.cli.result_files import write_texts
    from moodcurve.datasets.layout import has_sound
    from moodcurve.evaluation import evaluate as evaluate_model
    from moodcurve.features.feature_sets import without_own
    from moodcurve.runtime.loading import describe_model

    check_results(json_file)
    lacks_sound = model is None and not has_sound(folder)
    model = model or ("fast" if lacks_sound else "default")
    _, feature_set = describe_model(model)
    dataset, incomplete = select_songs(read_songs(folder, labels, without_own(feature_set)), ids)
    if lacks_sound:
        print_message("the songs have published features only: evaluating the model fast, which needs no others")
    with interrupts() as check:
        metrics = evaluate_model(dataset, model, check=check)
    if known := metrics["songs_trained_on"]:
        print_message(
            f"the model was trained on {known} of these {metrics['songs']} songs; the results are too optimistic"
        )
    if json_file is not None:
        write_texts({json_file: json.dumps(metrics, allow_nan=False) + "\n"})
    if json_file != STDOUT:
        print_metrics(metrics)
    return int(incomplete)


def print_metrics(metrics: Mapping[str, Any]) -> None:
    """Print the result of `moodcurve.evaluation.evaluate` as tables, one for each kind of label."""
    from moodcurve.cli import console
    from moodcurve.util.text import one_line

    if "arousal" in metrics:
        _print_ratings(metrics)
    else:
        console.print_lines([one_line(f"model {metrics['model']}, {metrics['songs']} songs")])
    if found := metrics.get("quadrants"):
        areas = (value_cell(found["auc"][axis]) for axis in ("arousal", "valence"))
        row = (str(found["songs"]), value_cell(found["accuracy"]), value_cell(found["f1"]), *areas)
        console.print_rows([("songs with a quadrant", "accuracy", "F1", "AUC arousal", "AUC valence"), row])
    if found := metrics.get("comparisons"):
        rows = [("comparisons", "pairs", "accuracy", "unanimous pairs", "accuracy", "equal pairs, not counted")]
        for axis, one in found.items():
            agreed = (str(one["unanimous_pairs"]), value_cell(one["unanimous_accuracy"]))
            rows.append((axis, str(one["pairs"]), value_cell(one["accuracy"]), *agreed, str(one["equal_pairs"])))
        console.print_rows(rows)
    if found := metrics.get("words"):
        heading = (f"words of {found['songs']} songs", "r arousal", "r valence")
        console.print_rows([
            heading, *((word, value_cell(r["arousal"]), value_cell(r["valence"])) for word, r in found["r"].items())
        ])  # fmt: skip


def _print_ratings(metrics: Mapping[str, Any]) -> None:
    from moodcurve.cli import console
    from moodcurve.curve import AXES
    from moodcurve.evaluation import EVALUATION_METRICS, INTERVAL_METRICS
    from moodcurve.util.text import one_line

    with_intervals = any(metrics[axis][name] is not None for axis in AXES for name in INTERVAL_METRICS)
    names = (*EVALUATION_METRICS, *INTERVAL_METRICS) if with_intervals else EVALUATION_METRICS
    headings = ["", "RMSE", "r", "CCC", "RMSE", "r", "r²", "CCC", "determination"]
    rows = [headings + ["coverage", "width"] * with_intervals]
    for axis in AXES:
        values = (metrics[axis][name] for name in names)
        rows.append([axis, *map(value_cell, values)])
    widths = [2 + max(map(len, column)) for column in zip(*rows, strict=True)]
    margin, per_song, pooled = widths[0], sum(widths[1:4]), sum(widths[4:9])
    groups = f"{'':{margin}}{'  mean over songs':{per_song}}{'  over all points':{pooled}}"
    console.print_lines([
        one_line(f"model {metrics['model']}, {metrics['songs']} songs"),
        (groups + "  90 % interval" * with_intervals).rstrip(),
        *("".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in rows),
    ])  # fmt: skip
