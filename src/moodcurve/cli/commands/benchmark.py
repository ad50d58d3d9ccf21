"""The `benchmark` command: model families compared by cross-validation."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from moodcurve.cli.app import app
from moodcurve.cli.dataset_input import DatasetArgument, Family, IdsOption, StepProgress, run_on_songs
from moodcurve.cli.messages import print_message
from moodcurve.cli.options import JsonOption, SeedOption
from moodcurve.cli.output_checks import STDOUT, check_results
from moodcurve.cli.parameters import Option, split_names

if TYPE_CHECKING:
    from moodcurve.datasets import Dataset
    from moodcurve.learn.benchmarks.benchmark import Benchmark


class Protocol(StrEnum):
    """Benchmark protocols."""

    paper = "paper"
    mediaeval2015 = "mediaeval2015"
    deam = "deam"


@app.command
def benchmark(
    folder: DatasetArgument,
    protocol: Annotated[
        Protocol,
        Option(
            "--protocol",
            help="Which labels to use and how to split the songs; paper and mediaeval2015 need labels that are not "
            "part of public DEAM.",
        ),
    ] = Protocol.deam,
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
) -> int:
    """Train and test model families by a fixed protocol, and compare with published results.

    -o DIR writes DIR/<protocol>.json, .md and a figure, .png. r² (r2 in JSON) is the squared correlation;
    determination is 1 - RMSE² / variance of the labels.

    Example: moodcurve benchmark DEAM --models mlr,ffnn -o results
    """
    from dataclasses import replace

    from moodcurve.cli.result_files import json_text, write_texts
    from moodcurve.learn.benchmarks.benchmark import run_benchmark
    from moodcurve.learn.benchmarks.noise_ceiling import ceiling_rows
    from moodcurve.learn.benchmarks.report import draw, report
    from moodcurve.learn.config import read_configs
    from moodcurve.learn.training import FAMILIES

    families = split_names(models, list(Family), name="--models")
    configs = read_configs(config, {name: kind.config for name, kind in FAMILIES.items()}) if config else None
    check_results(json_file, output)
    _check_labels(folder, protocol)

    def run(dataset: "Dataset", progress: StepProgress) -> "Benchmark":
        result = run_benchmark(dataset, protocol, families, configs=configs, seed=seed, progress=progress, cache=cache)
        return replace(result, ceilings=ceiling_rows(folder, dataset, protocol, seed=seed))

    result, incomplete = run_on_songs(folder, ids, run, protocol=protocol)
    if json_file != STDOUT:
        _print_result(result)
    text = json_text(result.as_dict())
    texts = {json_file: text} if json_file else {}
    if output is not None:
        texts |= {output / f"{protocol.value}.json": text, output / f"{protocol.value}.md": report(result)}
    write_texts(texts)
    if output is not None:
        draw(result, output / f"{protocol.value}.png")
        print_message(f"wrote {output / f'{protocol.value}.png'}")
    return int(incomplete)


def _check_labels(folder: Path, protocol: Protocol) -> None:
    """Check that a DEAM folder has the labels of a protocol.

    Raises
    ------
    DatasetError
        If the labels of MediaEval 2015 are missing.
    """
    from moodcurve.datasets import DatasetError
    from moodcurve.learn.benchmarks.protocols import find_protocol

    needed = find_protocol(protocol).labels
    if needed == "deam" or not (folder / "annotations").is_dir() or (folder / needed).is_dir():
        return
    raise DatasetError(
        f"{folder / needed}: not found; protocol {protocol.value!r} needs the labels of MediaEval 2015, which are not "
        "part of public DEAM (docs/data.md describes their layout); use --protocol deam"
    )


def _print_result(result: "Benchmark") -> None:
    from moodcurve.cli import console
    from moodcurve.learn.benchmarks.report import beside_table, difference_table, explanations, table

    console.print_rows(table(result))
    console.print_rows(beside_table(result))
    console.print_rows(difference_table(result))
    console.print_lines(explanations(result))
