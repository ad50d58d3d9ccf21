"""The command `demo`."""

from pathlib import Path
from typing import Annotated

from moodcurve.cli.app import app, say
from moodcurve.cli.framework import Argument, Option
from moodcurve.cli.output_checks import check_folder, keep_apart


@app.command
def demo(
    song: Annotated[Path | None, Argument(metavar="SONG", help="Your own song instead.")] = None,
    folder: Annotated[Path, Option("-o", metavar="DIR", help="Write results here.")] = Path("demo-output"),
) -> None:
    """Take a song through the whole path: table, CSV, JSON, picture and page with a player.

    Without SONG, a piece composed for the purpose, whose emotional course is known.

    Example: moodcurve demo -o results
    """
    from moodcurve.analysis import analyze as analyze_file
    from moodcurve.cli import views
    from moodcurve.cli.outputs import Outputs
    from moodcurve.cli.progress import interrupts, one_song_bar, prepare
    from moodcurve.runtime import load_model

    check_folder(folder)
    composition = None
    if song is None:
        from moodcurve.demo.composer import demo_song, write_flac

        song = folder / "demo-song.flac"
        say("composing a song: sad, tense, excited, calm")
        composition = demo_song()
        write_flac(composition, song)
    model = load_model()
    prepare(model.feature_set, [song])
    with interrupts() as check, one_song_bar(song, check) as progress:
        curve = analyze_file(song, model=model, progress=progress)
    outputs = Outputs(folder=folder, formats=("csv", "json"), plot=True, report=True)
    keep_apart([song], outputs.targets(song.stem))
    written = list(outputs.write(curve, song, song.stem))
    views.print_curves([curve])
    if composition is not None:
        views.print_sections(curve, composition.spans)
    for file in written:
        say(f"wrote {file}")
    say(f"open {written[-1].resolve()} in a browser to hear the song and watch its curve")
