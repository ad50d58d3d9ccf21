"""The command `songlevel`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from moodcurve.cli.app import app
from moodcurve.cli.datasets import DatasetArgument, Family, IdsOption
from moodcurve.cli.framework import Option
from moodcurve.cli.judging import CurveOption, JsonOption, SeedOption, judge_songs

if TYPE_CHECKING:
    from moodcurve.datasets import Dataset
    from moodcurve.learn.models.base import Progress


@app.command
def songlevel(
    folder: DatasetArgument,
    curve: CurveOption = Family.blend,
    json_file: JsonOption = None,
    output: Annotated[
        Path | None, Option("-o", metavar="DIR", help="Write song_level.json and song_level.md here.")
    ] = None,
    seed: SeedOption = 0,
    ids: IdsOption = None,
) -> int:
    """Judge how well the ratings that songs got as wholes are predicted, and whether their 90 % intervals hold.

    Five folds, artists disjoint: from the mean of the curve, by a regression on the ratings, and by both.

    Example: moodcurve songlevel DEAM -o results
    """
    from moodcurve.cli import views
    from moodcurve.learn.benchmarks.song_ratings import run_song_level, song_level_report, song_level_table

    def run(dataset: "Dataset", progress: "Progress") -> Any:
        return run_song_level(dataset, curve=curve.value, seed=seed, progress=progress)

    result, exit_code = judge_songs(folder, run, song_level_report, json_file, output, "song_level", ids)
    views.print_rows(song_level_table(result))
    return exit_code
