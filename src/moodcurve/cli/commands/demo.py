"""The `demo` command: every kind of result for one song."""

from pathlib import Path
from typing import Annotated

from moodcurve.cli.app import app
from moodcurve.cli.messages import print_message
from moodcurve.cli.output_checks import check_folder, check_replaces_no_song
from moodcurve.cli.parameters import Argument, Option


@app.command
def demo(
    song: Annotated[Path | None, Argument(metavar="SONG", help="Your own song instead of the composed one.")] = None,
    folder: Annotated[Path, Option("-o", "--output", metavar="DIR", help="Write results to this folder.")] = Path(
        "demo-output"
    ),
) -> None:
    """Analyze a song and write every kind of result: table, CSV, JSON, picture and web page.

    Without SONG, moodcurve composes a piece with known moods and compares the curve with them.

    Example: moodcurve demo -o results
    """
    from moodcurve.analysis import analyze as analyze_file
    from moodcurve.cli import curve_views
    from moodcurve.cli.outputs import Outputs, output_stems
    from moodcurve.cli.progress import one_song_bar, prepare
    from moodcurve.cli.signals import interrupts
    from moodcurve.runtime import load_model
    from moodcurve.workers import FILE_LIMITS, memory_limited

    check_folder(folder)
    composition = None
    if song is None:
        from moodcurve.demo.composer import demo_song, write_flac

        song = folder / "demo-song.flac"
        print_message("composing a song: sad, tense, excited, calm")
        composition = demo_song()
        write_flac(composition, song)
    outputs = Outputs(folder=folder, formats=("csv", "json"), plot=True, report=True)
    stem = output_stems([song])[song]
    check_replaces_no_song([song], outputs.files(stem))
    model = load_model()
    prepare(model.feature_set, [song])
    with interrupts() as check, one_song_bar(song, check) as progress, memory_limited(FILE_LIMITS.memory_mb):
        curve = analyze_file(song, model=model, progress=progress)
    written = list(outputs.write(curve, song, stem))
    curve_views.print_curves([curve])
    if composition is not None:
        curve_views.print_sections(curve, composition.spans)
    for file in written:
        print_message(f"wrote {file}")
    print_message(f"open {written[-1].resolve()} in a browser to play the song along with its curve")
