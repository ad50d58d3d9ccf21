"""Commands that learn and judge, from annotated songs."""

import json
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from moodcurve.cli.app import ModelOption, Set, advance, app, say
from moodcurve.cli.choosing import IdsOption, chosen, tell
from moodcurve.cli.framework import Argument, Option, listed
from moodcurve.cli.output_checks import check_file, check_results
from moodcurve.util.text import one_line

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from moodcurve.datasets import Dataset


class Family(StrEnum):
    """Model families that can be trained."""

    mlr = "mlr"
    svr = "svr"
    ffnn = "ffnn"
    gru = "gru"
    lstm = "lstm"
    gru_forward = "gru-forward"
    state_space = "state-space"
    state_space_live = "state-space-live"
    two_level = "two-level"
    blend = "blend"


class Protocol(StrEnum):
    """Benchmark protocols."""

    paper = "paper"
    mediaeval2015 = "mediaeval2015"
    deam = "deam"


class Labels(StrEnum):
    """Which labels of a DEAM folder to use."""

    deam = "deam"
    mediaeval2015 = "mediaeval2015"


LabelsOption = Annotated[Labels, Option("--labels", help="Which labels of a DEAM folder.")]
DatasetArgument = Annotated[
    Path, Argument(metavar="DATASET", help="Folder of annotated songs: DEAM, or one with labels.csv.")
]


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
    dataset = _read_songs(folder, labels, feature_set, levels=intervals)
    if without is not None:
        dataset = without_songs(dataset, read_ids(without))
    with views.progress_bar() as bar:
        steps = _steps(bar, bar.add_task(f"training {family}"))
        held = hold_out(dataset, family, config=settings, seed=seed, progress=steps) if intervals else None
        trained = train_model(dataset, family, config=settings, seed=seed, progress=steps)
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
    return int(bool(dataset.skipped_ids))


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
    dataset, missing = chosen(_read_songs(folder, labels, Set.compare260), ids)
    figures = judge(dataset, loaded)
    if learned := figures["songs_trained_on"]:
        say(f"the model has learned from {learned} of these {figures['songs']} songs: this is no test")
    if as_json:
        print(json.dumps(figures, allow_nan=False))
    else:
        views.print_evaluation(figures)
    return int(missing)


@app.command
def benchmark(
    folder: DatasetArgument,
    protocol: Annotated[Protocol, Option("--protocol", help="Which songs, labels and folds.")] = Protocol.paper,
    models: Annotated[str, Option("--models", metavar="a,b,...", help="Model families.")] = "mlr,svr,ffnn",
    config: Annotated[
        Path | None, Option("--config", metavar="FILE.toml", help="Settings of families, a table each.")
    ] = None,
    json_file: Annotated[Path | None, Option("--json", metavar="FILE", help="Write JSON to this file.")] = None,
    output: Annotated[Path | None, Option("-o", metavar="DIR", help="Write JSON, tables and figure here.")] = None,
    seed: Annotated[int, Option("--seed", metavar="N", min=0, help="Of splits, training and intervals.")] = 0,
    cache: Annotated[Path | None, Option("--cache", metavar="DIR", help="Keep predictions here, and use them.")] = None,
    ids: IdsOption = None,
) -> int:
    """Train and test model families by a stated protocol, with the published figures beside.

    -o DIR writes DIR/<protocol>.json, .md and a figure, .png. r² (r2 in JSON) is the squared correlation;
    determination is 1 - RMSE² / variance of the labels.

    Example: moodcurve benchmark DEAM --protocol paper --models mlr,ffnn -o results
    """
    from dataclasses import replace

    from moodcurve.cli import views
    from moodcurve.learn.benchmarks.benchmark import run_benchmark
    from moodcurve.learn.benchmarks.noise_ceiling import ceiling_rows
    from moodcurve.learn.benchmarks.protocols import read_for
    from moodcurve.learn.benchmarks.report import beside_table, difference_table, draw, explanations, report, table
    from moodcurve.learn.config import read_configs
    from moodcurve.learn.training import FAMILIES
    from moodcurve.util.files import write_text

    families = listed(models, list(Family), name="--models")
    configs = read_configs(config, {name: kind.config for name, kind in FAMILIES.items()}) if config else None
    check_results(json_file, output)
    with views.progress_bar() as bar:
        task = bar.add_task(f"reading {one_line(folder.name)}", total=None)
        dataset = read_for(folder, protocol, progress=lambda done, total: advance(bar, task, done, total))
        tell(dataset)
        dataset, missing = chosen(dataset, ids)
        result = run_benchmark(
            dataset, protocol, families, configs=configs, seed=seed, progress=_steps(bar, task), cache=cache
        )
        result = replace(result, ceilings=ceiling_rows(folder, dataset, protocol, seed=seed))
    views.print_rows(table(result))
    views.print_rows(beside_table(result))
    views.print_rows(difference_table(result))
    views.print_lines(explanations(result))
    figures = json.dumps(result.as_dict(), indent=1, allow_nan=False) + "\n"
    texts = {json_file: figures} if json_file else {}
    if output is not None:
        texts |= {output / f"{protocol.value}.json": figures, output / f"{protocol.value}.md": report(result)}
    for file, text in texts.items():
        write_text(file, text)
        say(f"wrote {file}")
    if output is not None:
        draw(result, output / f"{protocol.value}.png")
        say(f"wrote {output / f'{protocol.value}.png'}")
    return int(missing)


def _read_songs(folder: Path, labels: Labels, feature_set: Set, *, levels: bool = False) -> "Dataset":
    """Read annotated songs, and say what was noticed; of ratings of songs as wholes on demand."""
    from moodcurve.cli import views
    from moodcurve.datasets import read_dataset
    from moodcurve.features import feature_set as find_set

    with views.progress_bar() as bar:
        task = bar.add_task(f"reading {one_line(folder.name)}", total=None)
        dataset = read_dataset(
            folder,
            labels=labels.value,
            feature_set=find_set(feature_set),
            progress=lambda done, total: advance(bar, task, done, total),
        )
    tell(dataset, levels=levels)
    return dataset


def _steps(bar: "Progress", task: "TaskID") -> Callable[[int, int, str], None]:
    """Progress in steps with what was just reached."""
    return lambda done, total, what: bar.update(task, completed=done, total=total, description=what)
