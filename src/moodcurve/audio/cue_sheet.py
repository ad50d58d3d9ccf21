"""Read cue sheets: text that says where the tracks of a recording begin."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath

_LINE = re.compile(r'\s*(\w+)(?:\s+(?:"([^"]*)"|(\S+)))?(?:\s+(.*\S))?\s*')
_TIME = re.compile(r"(\d{1,4}):(\d\d):(\d\d)")
_FRAMES_PER_S = 75
MAX_TRACKS = 999
"""A cue sheet has at most 99 tracks; more is no cue sheet."""


@dataclass(frozen=True)
class CueTrack:
    """A track of a cue sheet: the file that holds it, where it begins there, and what is known about it."""

    file: str
    number: int
    start_s: float
    title: str | None
    artist: str | None
    album: str | None


def parse_cue(text: str) -> list[CueTrack]:
    r"""Return the tracks of a cue sheet in order; a track begins at its INDEX 01, the pause before it is left out.

    Lines that are not understood are skipped, as players do.

    >>> [track.start_s for track in parse_cue('FILE "a.wav" WAVE\n TRACK 01 AUDIO\n  INDEX 01 02:00:15')]
    [120.2]
    """
    return [track for track in _tracks(text) if track is not None][:MAX_TRACKS]


def _tracks(text: str) -> Iterator[CueTrack | None]:
    file = ""
    track: dict[str, str] = {}
    album: dict[str, str] = {}
    for line in text.splitlines():
        found = _LINE.fullmatch(line)
        if found is None:
            continue
        word, value = found[1].upper(), found[2] if found[2] is not None else found[3] or ""
        if word == "FILE":
            file = value
        elif word == "TRACK":
            track = {"TRACK": value}
        elif word in ("TITLE", "PERFORMER"):
            # without quotes, a title is the rest of the line
            whole = value if found[2] is not None else " ".join(filter(None, (found[3], found[4])))
            (track or album)[word] = whole
        elif word == "INDEX" and value.isdecimal() and int(value) == 1 and track:
            yield _track(file, found[4] or "", track, album)


def _track(file: str, time: str, track: dict[str, str], album: dict[str, str]) -> CueTrack | None:
    found = _TIME.fullmatch(time)
    if found is None or not track["TRACK"].isdecimal():
        return None
    minutes, seconds, frames = map(int, found.groups())
    return CueTrack(
        file=file,
        number=int(track["TRACK"][:4]),
        start_s=60 * minutes + seconds + frames / _FRAMES_PER_S,
        title=track.get("TITLE") or None,
        artist=track.get("PERFORMER") or album.get("PERFORMER") or None,
        album=album.get("TITLE") or None,
    )


def decode_cue(data: bytes) -> str:
    """Return a cue sheet's text: UTF-8, UTF-16 with a byte order mark, or else Windows-1252, as most programs write."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def tracks_of(tracks: list[CueTrack], name: str) -> list[CueTrack]:
    r"""Return the tracks that a file of this name holds.

    A sheet of a single file counts for any name: it often names the WAV file that was compressed since.

    >>> tracks_of(parse_cue('FILE "side a.wav" WAVE\n TRACK 01 AUDIO\n  INDEX 01 00:00:00'), "album.flac")[0].file
    'side a.wav'
    """
    if len({track.file for track in tracks}) == 1:
        return tracks
    stem = PurePath(name).stem.casefold()
    return [track for track in tracks if PurePath(track.file.replace("\\", "/")).stem.casefold() == stem]
