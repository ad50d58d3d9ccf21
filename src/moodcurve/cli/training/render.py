"""The `render` command: sound of the MIDI files of a published set."""

from pathlib import Path
from typing import Annotated

from moodcurve.cli.app import app
from moodcurve.cli.messages import print_message
from moodcurve.cli.parameters import Argument, Option


@app.command
def render(
    folder: Annotated[Path, Argument(metavar="FOLDER", help="Folder of EMOPIA or VGMIDI.")],
    soundfont: Annotated[
        Path, Option("--soundfont", metavar="FILE.sf2", help="Soundfont to play the pieces with; required.")
    ],
) -> int:
    """Render the MIDI files of a published set to sound, with the program FluidSynth.

    Writes FOLDER/audio/<name>.flac, which the other commands read, and FOLDER/audio/rendered.json with the soundfont
    and the options. Files that are there are not rendered again.

    Example: moodcurve render EMOPIA --soundfont piano.sf2
    """
    from moodcurve.cli import console
    from moodcurve.cli.dataset_input import stoppable
    from moodcurve.datasets.published.midi import render_midi

    with console.progress_bar("rendering") as update, stoppable(update) as progress:
        result = render_midi(folder, soundfont, progress=progress)
    for line in result.failed:
        print_message(line)
    print_message(f"rendered {result.rendered} files to {result.folder}; {result.present} were there")
    return int(bool(result.failed))
