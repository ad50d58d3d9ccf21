"""The `features` command: window features of an audio file."""

import sys
from pathlib import Path
from typing import Annotated

from moodcurve.cli.app import app
from moodcurve.cli.messages import print_message
from moodcurve.cli.options.models import FeatureSetOption, find_feature_set
from moodcurve.cli.output_checks import STDOUT, check_file, check_replaces_no_song
from moodcurve.cli.parameters import Argument, Option


@app.command
def features(
    path: Annotated[Path, Argument(metavar="PATH", help="An audio or video file; - is standard input.")],
    feature_set: FeatureSetOption = "compare260",
    output: Annotated[
        Path | None,
        Option("-o", "--output", metavar="FILE.csv", help="Write the table to this file; - is standard output."),
    ] = None,
) -> None:
    """Print the features of an audio file, one row per half second, in DEAM's CSV format.

    Example: moodcurve features song.mp3 -o song.csv
    """
    from moodcurve.analysis import file_features
    from moodcurve.cli.progress import one_song_bar, prepare
    from moodcurve.cli.signals import interrupts
    from moodcurve.cli.standard_input import with_stdin
    from moodcurve.features import write_csv
    from moodcurve.util.files import atomic_write
    from moodcurve.workers import FILE_LIMITS, memory_limited

    with with_stdin([path]) as given:
        (song,) = given.paths
        if output == STDOUT:
            output = None
        if output is not None:
            check_replaces_no_song([song], [output])
            check_file(output)
        selected = find_feature_set(feature_set)
        given.receive()
        prepare(selected, [song])
        with interrupts() as check, one_song_bar(song, check) as progress, memory_limited(FILE_LIMITS.memory_mb):
            extracted = file_features(song, selected, name=given.names().get(song), progress=progress)
        for warning in extracted.warnings:
            print_message(f"{given.names().get(song, song)}: {warning}")
        if output is None:
            write_csv(extracted.features, sys.stdout)
        else:
            with atomic_write(output) as scratch, scratch.open("w", encoding="ascii", newline="") as stream:
                write_csv(extracted.features, stream)
            print_message(f"wrote {output}")
