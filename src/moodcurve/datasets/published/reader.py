"""Read the folder of a published set: its labels, the features of its sound, and what is wrong with them."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from moodcurve.audio.filetypes import may_be_audio
from moodcurve.datasets.dataset import Dataset
from moodcurve.datasets.published.checks import check_ratings, check_sounds
from moodcurve.datasets.published.labels import Files
from moodcurve.datasets.published.layouts import AUDIO, Layout
from moodcurve.datasets.song import DatasetError
from moodcurve.datasets.song_files import song_key
from moodcurve.datasets.sound.reader import read_labeled_sound
from moodcurve.features import COMPARE236, FeatureSet
from moodcurve.util.text import one_line


def read_published(
    folder: str | Path,
    layout: Layout,
    *,
    feature_set: FeatureSet = COMPARE236,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Dataset:
    """Read the songs of a published set that have labels and sound.

    Labels and sound are combined as those of `moodcurve.datasets.sound.reader.read_sound`: ratings over time at their
    times, a rating of the whole clip for each of its rows, and songs with other labels without rated rows.

    Parameters
    ----------
    folder : path
    layout : Layout
        As `moodcurve.datasets.published.layouts.find_layout` returns it.
    feature_set, workers, progress
        As for `moodcurve.datasets.sound.reader.read_sound`.

    Raises
    ------
    DatasetError
        If a table is missing or malformed (the message gives the file, the line and what was expected), or no song
        has labels and sound.
    """
    folder = Path(folder)
    found = layout.read(folder, _sound_files(folder, layout))
    if not found.files:
        raise DatasetError(f"{folder}: has the labels of {layout.name}, but no sound; {_where(layout)}")
    dataset = read_labeled_sound(
        folder,
        found.songs,
        found.files,
        name=layout.name,
        sound=f"{layout.sound[0]}/<id>.*",
        feature_set=feature_set,
        workers=workers,
        progress=progress,
    )
    known = {song.song_id for song in dataset.songs}
    usable = tuple(one for one in found.comparisons if {one.higher, one.lower} <= known)
    checks = [*check_ratings(found.songs), *check_sounds(found.files)]
    return replace(
        dataset,
        notes=tuple(map(one_line, (*found.notes, *checks, *dataset.notes))),
        song_rating_notes=found.song_rating_notes,
        comparisons=usable,
    )


def _sound_files(folder: Path, layout: Layout) -> Files:
    """Return the audio files of all folders of sound, by key."""
    found: dict[str, list[Path]] = {}
    homes = [home for pattern in layout.sound for home in sorted(folder.glob(pattern)) if home.is_dir()]
    for path in (path for home in homes for path in sorted(home.rglob("*"))):
        if path.is_file() and not path.name.startswith(".") and may_be_audio(str(path)):
            name = f"{path.parent.name.casefold()}/{path.stem}" if layout.in_folders else path.stem
            found.setdefault(song_key(name), []).append(path)
    return found


def _where(layout: Layout) -> str:
    if layout.midi:
        return (
            f"render its MIDI files, in {layout.midi}/, to {AUDIO}/ with `moodcurve render FOLDER --soundfont FILE.sf2`"
        )
    return f"expected audio files below {' or '.join(f'{home}/' for home in layout.sound)}"
