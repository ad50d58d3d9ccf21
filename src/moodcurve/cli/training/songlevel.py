"""The `songlevel` command: predicted ratings of whole songs."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from moodcurve.cli.app import app
from moodcurve.cli.dataset_input import CurveOption, DatasetArgument, FamilyName, IdsOption, StepProgress, run_on_songs
from moodcurve.cli.options.common import JsonOption, SeedOption
from moodcurve.cli.output_checks import STDOUT, check_results
from moodcurve.cli.parameters import Option

if TYPE_CHECKING:
    from moodcurve.datasets import Dataset


@app.command
def songlevel(
    folder: DatasetArgument,
    curve: CurveOption = FamilyName.blend,
    json_file: JsonOption = None,
    output: Annotated[
        Path | None,
        Option("-o", "--output", metavar="DIR", help="Write song_level.json and song_level.md to this folder."),
    ] = None,
    seed: SeedOption = 0,
    ids: IdsOption = None,
) -> int:
    """Evaluate predicted ratings of whole songs, and the coverage of their 90 % intervals.

    Five folds with disjoint artists. Compares the mean of a curve, a regression on the ratings, and both together.

    Example: moodcurve songlevel DEAM -o results
    """
    from moodcurve.cli import console
    from moodcurve.cli.result_files import json_text, write_texts
    from moodcurve.learn.benchmarks.song_ratings import run_song_ratings, song_rating_report, song_rating_table

    def run(dataset: "Dataset", progress: StepProgress) -> Any:
        return run_song_ratings(dataset, curve=curve.value, seed=seed, progress=progress)

    check_results(json_file, output)
    result, incomplete = run_on_songs(folder, ids, run, song_ratings=True)
    text = json_text(result)
    texts = {json_file: text} if json_file else {}
    if output is not None:
        texts |= {output / "song_level.json": text, output / "song_level.md": song_rating_report(result)}
    write_texts(texts)
    if json_file != STDOUT:
        console.print_rows(song_rating_table(result))
    return int(incomplete)
