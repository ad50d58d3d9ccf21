"""Find the tracks of a recording that one file holds: by a cue sheet, or by its chapters."""

import stat
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from pathlib import Path
from typing import Any

from moodcurve.audio.cue_sheet import decode_cue, parse_cue, tracks_of
from moodcurve.audio.tags import PARSE_ERRORS
from moodcurve.util.files import AnyPath

_MAX_CUE_BYTES = 1 << 20
_MIN_PART_S = 1.0
"""Shorter parts have no point of a curve, and are left out."""


class Split(StrEnum):
    """By what a file is split into parts."""

    cue = "cue"
    chapters = "chapters"


@dataclass(frozen=True)
class Part:
    """A part of a file, such as a song of an album.

    Attributes
    ----------
    start_s : float
        Where it begins, in seconds from the start of the file.
    end_s : float or None
        Where it ends; None is the end of the file.
    number : int
        Its number, from 1.
    title, artist, album : str or None
    """

    start_s: float
    end_s: float | None
    number: int
    title: str | None = None
    artist: str | None = None
    album: str | None = None

    @property
    def length_s(self) -> float | None:
        """Its length in seconds; None to the end of the file."""
        return None if self.end_s is None else self.end_s - self.start_s


def find_parts(path: AnyPath, split: Split) -> tuple[Part, ...]:
    """Return the parts of a file in order, or nothing if it has no cue sheet, or no chapters.

    A cue sheet lies next to the file, under its name (``album.cue``, ``album.flac.cue``), or is embedded: as the tag
    CUESHEET, or as FLAC's block of that name, which has no titles. Chapters are those of MP4, Matroska, Ogg and MP3
    files. Parts shorter than a second are left out; starts that do not increase are no cue sheet.

    Raises
    ------
    OSError
        If the file cannot be read.
    """
    file = Path(path)
    parts = _chapters(file) if split is Split.chapters else _cue_parts(file)
    return tuple(part for part in parts if part.length_s is None or part.length_s >= _MIN_PART_S)


def _cue_parts(path: Path) -> list[Part]:
    for text in (*_beside(path), *_embedded(path)):
        if parts := _parts_of_sheet(text, path.name):
            return parts
    return _flac_block(path)


def _beside(path: Path) -> list[str]:
    found = []
    for sheet in (path.with_suffix(".cue"), path.with_suffix(".CUE"), path.with_name(f"{path.name}.cue")):
        try:
            status = sheet.stat()
            if stat.S_ISREG(status.st_mode) and status.st_size <= _MAX_CUE_BYTES:
                found.append(decode_cue(sheet.read_bytes()))
        except OSError:
            continue
    return found


def _embedded(path: Path) -> list[str]:
    """Return the values of the tag CUESHEET, in Vorbis comments, APE or ID3."""
    tags = getattr(_open_tags(path), "tags", None)
    found = []
    for key in ("CUESHEET", "cuesheet", "TXXX:CUESHEET", "TXXX:cuesheet"):
        try:
            value = None if tags is None else tags[key]
        except (KeyError, ValueError):  # ValueError: a key that this kind of tags cannot have
            continue
        texts = getattr(value, "text", value)
        found += [str(text)[:_MAX_CUE_BYTES] for text in (texts if isinstance(texts, list) else [texts])]
    return found


def _flac_block(path: Path) -> list[Part]:
    sheet: Any = getattr(_open_tags(path), "cuesheet", None)
    rate = getattr(getattr(_open_tags(path), "info", None), "sample_rate", 0)
    if sheet is None or not rate:
        return []
    starts = []
    for track in sheet.tracks:
        # track 170 is the end of a CD; index 1 is where the music begins
        offset = next((index.index_offset for index in track.indexes if index.index_number == 1), 0)
        if 0 < track.track_number < 100:
            starts.append((track.track_number, (track.start_offset + offset) / rate))
    return _joined([Part(start, None, number) for number, start in starts])


def _open_tags(path: Path) -> Any:
    import mutagen

    with path.open("rb") as file:
        try:
            return mutagen.File(file)
        except (mutagen.MutagenError, *PARSE_ERRORS):
            return None


def _parts_of_sheet(text: str, name: str) -> list[Part]:
    tracks = tracks_of(parse_cue(text), name)
    return _joined([Part(t.start_s, None, t.number, t.title, t.artist, t.album) for t in tracks])


def _joined(parts: Sequence[Part]) -> list[Part]:
    """Let each part end where the next begins; return nothing if they are not in order."""
    ends: list[float | None] = [part.start_s for part in parts[1:]]
    found = [
        Part(part.start_s, end, part.number, part.title, part.artist, part.album)
        for part, end in zip(parts, [*ends, None], strict=bool(parts))
    ]
    return found if all(part.end_s is None or part.end_s > part.start_s for part in found) else []


def _chapters(path: Path) -> list[Part]:
    from moodcurve.audio.decoders.ffmpeg import read_chapters

    found = [Part(start, end, number, title) for number, (start, end, title) in enumerate(read_chapters(path), start=1)]
    in_order = all(
        before.start_s < part.start_s and (before.end_s or 0) <= part.start_s + 0.01 for before, part in pairwise(found)
    )
    return [part for part in found if part.end_s is None or part.end_s > part.start_s] if in_order else []
