"""Read sets of comparisons: MusAV, where listeners said which of two songs is higher in arousal or valence."""

import json
from pathlib import Path
from typing import Any

from moodcurve.curve import AXES
from moodcurve.datasets.comparison import Comparison
from moodcurve.datasets.csv_tables import read_text
from moodcurve.datasets.published.labels import Files, PublishedLabels
from moodcurve.datasets.song import DatasetError, SongMetadata
from moodcurve.datasets.song_files import song_key
from moodcurve.datasets.song_ids import natural_key
from moodcurve.datasets.sound.labels import SoundLabels

SUBSETS = (".gt", ".gt.ct", ".gt.fa", ".gt.ct.fa")
"""Endings of MusAV's files of ground truth, the largest first; the first that exists is read."""
_ANSWERS = ("a", "b", "ab")


def read_musav(folder: Path, files: Files) -> PublishedLabels:
    """Read MusAV: comparisons of 30 s previews of songs.

    Bogdanov et al., "MusAV: a dataset of relative arousal-valence annotations for validation of audio models", ISMIR
    2022, http://hdl.handle.net/10230/54181; https://github.com/MTG/musav-dataset (README, and the files
    ``data/annotations/annotations.<axis>.all.agreement.gt``: one JSON object per line with ``pairid``, the Spotify ids
    of songs a and b joined by a dash; ``higher_value``, "a", "b" or "ab" for equal; and ``agreement``).

    A comparison counts if both songs have a sound file, named by Spotify id. Equal repetitions of a pair count once;
    pairs with different answers are left out.
    """
    found: dict[tuple[str, str, str], Comparison | None] = {}
    paths = {axis: _annotations(folder, axis) for axis in AXES}
    texts = {axis: read_text(path) for axis, path in paths.items()}
    if texts[AXES[0]] == texts[AXES[1]]:
        raise DatasetError(f"{paths[AXES[0]]}: is the same file as that of the other axis")
    for axis, path in paths.items():
        for line, text in enumerate(texts[axis].splitlines(), start=1):
            if text.strip():
                one = _comparison(path, line, text, axis)
                key = axis, min(one.higher, one.lower), max(one.higher, one.lower)
                before = found.get(key, one)
                found[key] = one if before is not None and _agree(before, one) else None
    known = [one for one in found.values() if one is not None]
    usable = [one for one in known if all(song_key(name) in files for name in (one.higher, one.lower))]
    names = {name for one in usable for name in (one.higher, one.lower)}
    songs = [
        SoundLabels(song_id=name, metadata=SongMetadata(), is_compared=True) for name in sorted(names, key=natural_key)
    ]
    notes = []
    if conflicting := len(found) - len(known):
        notes.append(f"{conflicting} pairs left out: compared more than once, with different answers.")
    if without := len(known) - len(usable):
        notes.append(f"{without} comparisons left out: a song without a sound file.")
    compared = {key: paths for key, paths in files.items() if key in {song_key(name) for name in names}}
    return PublishedLabels(songs=tuple(songs), files=compared, notes=tuple(notes), comparisons=tuple(usable))


def _agree(one: Comparison, other: Comparison) -> bool:
    """Return True if two comparisons of the same songs have the same answer."""
    return one.is_equal == other.is_equal and (one.is_equal or one.higher == other.higher)


def _annotations(folder: Path, axis: str) -> Path:
    homes = [folder / "data" / "annotations", folder / "annotations"]
    candidates = [home / f"annotations.{axis}.all.agreement{ending}" for home in homes for ending in SUBSETS]
    path = next((one for one in candidates if one.is_file()), None)
    if path is None:
        raise DatasetError(f"{folder}: no comparisons of {axis}; expected {candidates[0].relative_to(folder)}")
    return path


def _comparison(path: Path, line: int, text: str, axis: str) -> Comparison:
    try:
        record: Any = json.loads(text)
        pair, answer, agreement = str(record["pairid"]).split("-"), record["higher_value"], record.get("agreement")
        a, b = pair[-2:]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise DatasetError(
            f"{path}, line {line}: expected a JSON object with pairid, two ids joined by a dash, and higher_value"
        ) from error
    if answer not in _ANSWERS or not a or not b or a == b:
        raise DatasetError(f"{path}, line {line}: higher_value is {answer!r}, expected one of {', '.join(_ANSWERS)}")
    higher, lower = (b, a) if answer == "b" else (a, b)
    return Comparison(
        axis=axis, higher=higher, lower=lower, is_equal=answer == "ab", is_unanimous=agreement == "full-agreement"
    )
