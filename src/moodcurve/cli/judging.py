"""What `categories` and `songlevel` share: options, and a run with progress and results as files."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from moodcurve.cli.app import advance, say
from moodcurve.cli.datasets import Family, chosen, tell
from moodcurve.cli.framework import Option
from moodcurve.cli.output_checks import check_results
from moodcurve.util.text import one_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from moodcurve.datasets import Dataset
    from moodcurve.learn.models.base import Progress

JsonOption = Annotated[Path | None, Option("--json", metavar="FILE", help="Write JSON to this file.")]
SeedOption = Annotated[int, Option("--seed", metavar="N", min=0, help="Of folds, training and intervals.")]
CurveOption = Annotated[Family, Option("--curve", metavar="FAMILY", help="Model family whose curve stands beside.")]


def judge_songs(
    folder: Path,
    run: "Callable[[Dataset, Progress], Any]",
    report: "Callable[[Any], str]",
    json_file: Path | None,
    output: Path | None,
    stem: str,
    ids: Path | None,
) -> tuple[Any, int]:
    """Read a dataset, judge it with progress, and write what is found: JSON, and in a folder a page beside.

    Gives what is found, and 1 if a song was left out or an id is unknown, else 0.
    """
    from moodcurve.cli import views
    from moodcurve.learn.benchmarks.protocols import read_for
    from moodcurve.util.files import write_text

    files = (json_file, output / f"{stem}.json" if output is not None else None)
    wanted = [file for file in files if file is not None]
    check_results(json_file, output)
    with views.progress_bar() as bar:
        task = bar.add_task(f"reading {one_line(folder.name)}", total=None)
        dataset = read_for(folder, "deam", progress=lambda done, total: advance(bar, task, done, total))
        tell(dataset, levels=stem == "song_level")
        dataset, missing = chosen(dataset, ids)
        result = run(dataset, lambda done, total, what: bar.update(task, completed=done, total=total, description=what))
    texts = dict.fromkeys(wanted, json.dumps(result, indent=1, allow_nan=False) + "\n")
    if output is not None:
        texts[output / f"{stem}.md"] = report(result)
    for file, text in texts.items():
        write_text(file, text)
        say(f"wrote {file}")
    return result, int(missing)
