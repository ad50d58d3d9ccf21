"""The command `train`."""

from pathlib import Path
from typing import Annotated

from moodcurve.cli.app import Set, app, say
from moodcurve.cli.datasets import DatasetArgument, Family, Labels, LabelsOption, read_songs, steps
from moodcurve.cli.framework import Option
from moodcurve.cli.output_checks import check_file


@app.command
def train(
    folder: DatasetArgument,
    family: Annotated[Family, Option("--model", help="Which kind of model.")],
    output: Annotated[Path, Option("-o", metavar="MODEL.onnx", help="The model file to write.")],
    config: Annotated[Path | None, Option("--config", metavar="FILE.toml", help="Settings of the model.")] = None,
    labels: LabelsOption = Labels.deam,
    feature_set: Annotated[Set, Option("--set", help="Which columns to learn from.")] = Set.default,
    seed: Annotated[int, Option("--seed", metavar="N", min=0, help="The same seed gives the same model.")] = 0,
    without: Annotated[
        Path | None,
        Option("--without", metavar="FILE", help="Leave out these songs, an id a line."),
    ] = None,
    intervals: Annotated[
        bool, Option("--intervals", help="Measure intervals, rating and novelty too: up to five times as long.")
    ] = False,
) -> int:
    """Train a model on annotated songs and write it as one ONNX file.

    Beside it go a log, <stem>.training.json, and for networks a picture of the loss, <stem>.loss.png.

    With --intervals the family is first trained and tested on five folds with disjoint artists. The file then states
    what was measured, and its curves have what the packaged model's have: 90 % intervals, probabilities of quadrants
    and moods, the rating of the song as a whole (where songs have one) and novelty (of 99 songs or more).

    Example: moodcurve train DEAM --model ffnn --without test.txt --intervals -o mine.onnx
    """
    from moodcurve.cli import views
    from moodcurve.evaluation import read_ids, without_songs
    from moodcurve.learn.config import read_config
    from moodcurve.learn.export import export
    from moodcurve.learn.training import FAMILIES, save_log
    from moodcurve.learn.training import train as train_model
    from moodcurve.learn.uncertainty.held_out import hold_out

    settings = read_config(config, FAMILIES[family].config) if config else None
    check_file(output)
    dataset = read_songs(folder, labels, feature_set, levels=intervals)
    if without is not None:
        dataset = without_songs(dataset, read_ids(without))
    with views.progress_bar() as bar:
        report = steps(bar, bar.add_task(f"training {family}"))
        held = hold_out(dataset, family, config=settings, seed=seed, progress=report) if intervals else None
        trained = train_model(dataset, family, config=settings, seed=seed, progress=report)
    if held is None:
        export(trained, output, name=output.stem)
    else:
        export(
            trained,
            output,
            name=output.stem,
            metrics=held.metrics,
            measured=held.measured,
            familiarity=held.familiarity,
        )
    say(f"trained {family} on {len(dataset.songs)} songs in {trained.seconds:.0f} s")
    for file in (output, *save_log(trained, output)):
        say(f"wrote {file}")
    return int(bool(dataset.left_out))
