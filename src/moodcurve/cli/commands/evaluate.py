"""The command `evaluate`."""

import json
from typing import Annotated

from moodcurve.cli.app import ModelOption, Set, app, say
from moodcurve.cli.datasets import DatasetArgument, IdsOption, Labels, LabelsOption, chosen, read_songs
from moodcurve.cli.framework import Option


@app.command
def evaluate(
    folder: DatasetArgument,
    model: ModelOption = "default",
    ids: IdsOption = None,
    labels: LabelsOption = Labels.deam,
    as_json: Annotated[bool, Option("--json", help="Print JSON.")] = False,
) -> int:
    """Judge a model on annotated songs: RMSE, r and CCC, per song and over all points; r² and determination over all.

    r² (r2 in JSON) is the squared correlation. Determination is 1 - RMSE² / variance of the labels, which is negative
    for a model that errs more than their mean would.

    On songs that the model has learned from, as the packaged one has from DEAM's, this shows how well it fits, not how
    well it predicts; it then says so.

    Example: moodcurve evaluate DEAM --model mine.onnx --ids test.txt --json
    """
    from moodcurve.cli import views
    from moodcurve.evaluation import evaluate as judge
    from moodcurve.runtime import load_model

    loaded = load_model(model)
    dataset, missing = chosen(read_songs(folder, labels, Set.compare260), ids)
    figures = judge(dataset, loaded)
    if learned := figures["songs_trained_on"]:
        say(f"the model has learned from {learned} of these {figures['songs']} songs: this is no test")
    if as_json:
        print(json.dumps(figures, allow_nan=False))
    else:
        views.print_evaluation(figures)
    return int(missing)
