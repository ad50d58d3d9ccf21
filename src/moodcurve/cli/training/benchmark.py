"""The `benchmark` command: model families compared by cross-validation."""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from moodcurve.cli.app import app
from moodcurve.cli.dataset_input import (
    DatasetArgument,
    FamilyName,
    IdsOption,
    LabelRelease,
    SoundOption,
    StepProgress,
    read_excerpts,
    read_songs,
    run_on_songs,
)
from moodcurve.cli.messages import print_message
from moodcurve.cli.options.common import JsonOption, SeedOption
from moodcurve.cli.options.models import find_feature_set
from moodcurve.cli.output_checks import STDOUT, check_results
from moodcurve.cli.parameters import Argument, Option, UsageError, split_names

if TYPE_CHECKING:
    from moodcurve.datasets import Dataset, Song
    from moodcurve.learn.benchmarks.results import Benchmark


class ProtocolName(StrEnum):
    """Benchmark protocols."""

    paper = "paper"
    mediaeval2015 = "mediaeval2015"
    deam = "deam"
    across = "across"


@app.command
def benchmark(
    folder: DatasetArgument,
    others: Annotated[
        list[Path] | None, Argument(metavar="DATASETS", help="More folders, for the protocol across.")
    ] = None,
    protocol: Annotated[
        ProtocolName,
        Option(
            "--protocol",
            help="Which labels to use and how to split the songs; paper and mediaeval2015 need labels that are not "
            "part of public DEAM. across trains on each folder and tests on each other.",
        ),
    ] = ProtocolName.deam,
    models: Annotated[str, Option("--models", metavar="a,b,...", help="Model families.")] = "mlr,svr,ffnn",
    config: Annotated[
        Path | None,
        Option("--config", metavar="FILE.toml", help="Settings, a table per family; see train --show-config."),
    ] = None,
    json_file: JsonOption = None,
    output: Annotated[
        Path | None, Option("-o", "--output", metavar="DIR", help="Write JSON, tables and a figure to this folder.")
    ] = None,
    seed: SeedOption = 0,
    cache: Annotated[
        Path | None, Option("--cache", metavar="DIR", help="Store predictions in this folder, and reuse them.")
    ] = None,
    ids: IdsOption = None,
    feature_set: Annotated[
        str | None,
        Option("--set", metavar="NAME", help="Feature set, for the protocols across and deam; see features --help."),
    ] = None,
    sound: SoundOption = None,
) -> int:
    """Train and test model families by a fixed protocol, and compare with published results.

    --protocol across trains on each of several folders and tests on each of them, with artists of the test songs left
    out of training. It scores the means of songs; folders may have ratings or quadrants.

    --sound FOLDER has the sound of DEAM's songs, whole clips or excerpts. With --protocol across, DEAM's songs are cut
    to it; with --protocol deam, further songs that only this folder has are trained on, and not tested.

    -o DIR writes DIR/<protocol>.json, .md and, except for across, pictures: .png, and -songs.png of the best model.
    r² (r2 in JSON) is the squared correlation; determination is 1 - RMSE² / variance of the labels.

    Example: moodcurve benchmark DEAM --models mlr,ffnn -o results
    Example: moodcurve benchmark DEAM quadrants4q --protocol across --models mlr -o results
    Example: moodcurve benchmark DEAM --sound deam_audio --set compare236+tonal1+tags1 --models gp-blend -o results
    """
    from dataclasses import replace

    from moodcurve.cli.result_files import json_text, write_texts
    from moodcurve.datasets.deam.sound import published_clips
    from moodcurve.learn.benchmarks.benchmark import run_benchmark
    from moodcurve.learn.benchmarks.noise_ceiling import noise_ceilings
    from moodcurve.learn.benchmarks.pictures import draw_songs
    from moodcurve.learn.benchmarks.report import draw, report
    from moodcurve.learn.config import read_configs
    from moodcurve.learn.training import FAMILIES

    families = split_names(models, list(FamilyName), name="--models")
    configs = read_configs(config, {name: kind.config for name, kind in FAMILIES.items()}) if config else None
    check_results(json_file, output)
    if protocol == ProtocolName.across:
        if ids is not None:
            raise UsageError("the protocol across uses all songs", name="--ids")
        options = {"configs": configs, "seed": seed, "cache": cache}
        return _run_across(
            [folder, *(others or [])], sound, families, feature_set or "compare236", options, json_file, output
        )
    if others:
        raise UsageError("several folders need --protocol across", name="DATASETS")
    if (feature_set or sound) and protocol != ProtocolName.deam:
        raise UsageError(f"the protocol {protocol} has its own features", name="--sound" if sound else "--set")
    _check_sound(sound, [folder])

    def run(dataset: "Dataset", progress: StepProgress) -> "Benchmark":
        extra: tuple[Song, ...] = ()
        if sound:
            dataset, extra = published_clips(dataset, folder)
        result = run_benchmark(
            dataset, protocol, families, configs=configs, seed=seed, progress=progress, cache=cache, extra=extra
        )
        return replace(result, ceilings=noise_ceilings(folder, dataset, protocol, seed=seed))

    columns = find_feature_set(feature_set) if feature_set else None
    measured, incomplete = run_on_songs(folder, ids, run, protocol=protocol.value, sound=sound, feature_set=columns)
    result = measured.as_dict()
    if json_file != STDOUT:
        _print_result(result)
    text = json_text(result)
    texts = {json_file: text} if json_file else {}
    if output is not None:
        texts |= {output / f"{protocol.value}.json": text, output / f"{protocol.value}.md": report(result)}
    write_texts(texts)
    if output is not None:
        pictures = output / f"{protocol.value}.png", output / f"{protocol.value}-songs.png"
        draw(result, pictures[0])
        draw_songs(measured, pictures[1])
        for picture in pictures:
            print_message(f"wrote {picture}")
    return int(incomplete)


def _run_across(
    folders: list[Path],
    sound: Path | None,
    families: list[str],
    feature_set: str,
    options: Mapping[str, Any],
    json_file: Path | None,
    output: Path | None,
) -> int:
    """Run the protocol across, print its table and write its files."""
    from moodcurve.cli import console
    from moodcurve.cli.result_files import json_text, write_texts
    from moodcurve.datasets.layout import is_deam
    from moodcurve.learn.benchmarks.across import run_across
    from moodcurve.learn.benchmarks.across_report import across_report, across_table, explanations, shared_text

    columns = find_feature_set(feature_set)
    _check_sound(sound, folders)
    datasets = [
        read_excerpts(folder, sound, columns)
        if sound and is_deam(folder)
        else read_songs(folder, LabelRelease.deam, columns)
        for folder in folders
    ]
    with console.progress_bar("training") as update:
        result = run_across(datasets, families, progress=update, **options)
    if result["shared_recordings"]:
        print_message(shared_text(result))
    text = json_text(result)
    texts = {json_file: text} if json_file else {}
    if output is not None:
        texts |= {output / "across.json": text, output / "across.md": across_report(result)}
    write_texts(texts)
    if json_file != STDOUT:
        console.print_rows(across_table(result))
        console.print_lines(explanations())
    return int(any(dataset.skipped_ids for dataset in datasets))


def _check_sound(sound: Path | None, folders: list[Path]) -> None:
    """Raise UsageError if sound is given, but no folder has the layout of DEAM, or more than one has."""
    from moodcurve.datasets.layout import is_deam

    count = sum(is_deam(folder) for folder in folders)
    if sound is not None and count != 1:
        raise UsageError(f"expected one DEAM folder among the datasets, got {count}", name="--sound")


def _print_result(result: Mapping[str, Any]) -> None:
    from moodcurve.cli import console
    from moodcurve.learn.benchmarks.report import difference_table, explanations, partial_correlation_table, table

    console.print_rows(table(result))
    console.print_rows(partial_correlation_table(result))
    console.print_rows(difference_table(result))
    console.print_lines(explanations(result))
