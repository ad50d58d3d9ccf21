"""The command `features`."""

import sys
from pathlib import Path
from typing import Annotated

from moodcurve.cli.app import Set, app, say
from moodcurve.cli.framework import Argument, Option
from moodcurve.cli.output_checks import STDOUT, check_file, keep_apart


@app.command
def features(
    path: Annotated[Path, Argument(metavar="PATH", help="An audio file, or a video.")],
    feature_set: Annotated[Set, Option("--set", help="Which columns.")] = Set.compare260,
    output: Annotated[Path | None, Option("-o", metavar="FILE.csv", help="Instead of printing.")] = None,
) -> None:
    """Write a song's window features as DEAM's CSV: frameTime;... with a row each half second.

    Example: moodcurve features song.mp3 -o song.csv
    """
    from moodcurve.analysis import file_features
    from moodcurve.cli.progress import interrupts, one_song_bar, prepare
    from moodcurve.features import feature_set as find_set
    from moodcurve.features import write_csv
    from moodcurve.util.files import written_whole

    if output == STDOUT:
        output = None
    if output is not None:
        keep_apart([path], [output])
        check_file(output)
    wanted = find_set(feature_set)
    prepare(wanted, [path])
    with interrupts() as check, one_song_bar(path, check) as progress:
        heard = file_features(path, wanted, progress=progress)
    for warning in heard.warnings:
        say(f"{path}: {warning}")
    if output is None:
        write_csv(heard.features, sys.stdout)
    else:
        with written_whole(output) as scratch, scratch.open("w", encoding="ascii", newline="") as stream:
            write_csv(heard.features, stream)
        say(f"wrote {output}")
