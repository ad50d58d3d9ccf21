"""The command `benchmark`."""

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from moodcurve.cli.app import advance, app, say
from moodcurve.cli.datasets import DatasetArgument, Family, IdsOption, chosen, steps, tell
from moodcurve.cli.framework import Option, listed
from moodcurve.cli.output_checks import check_results
from moodcurve.util.text import one_line


class Protocol(StrEnum):
    """Benchmark protocols."""

    paper = "paper"
    mediaeval2015 = "mediaeval2015"
    deam = "deam"


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
            dataset, protocol, families, configs=configs, seed=seed, progress=steps(bar, task), cache=cache
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
