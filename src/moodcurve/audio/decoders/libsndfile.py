"""Decode WAV, AIFF, AU, CAF and Ogg files with libsndfile."""

import re
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO

from moodcurve.audio.containers import ogg_links
from moodcurve.audio.decoders.base import CHUNK, Chunks, DecodedFile, check_track

# Programs that cannot know the data size, such as those that write to a pipe, write this size or a larger one
_UNKNOWN_SIZE = 0x7FFF0000


def open_file(path: Path, track: int | None = None) -> DecodedFile | None:
    """Open a file with libsndfile; return None if libsndfile does not recognize it.

    Raises
    ------
    UnreadableError
        If `track` is not 1: these files hold one.
    """
    import soundfile

    with ExitStack() as opened:
        file = opened.enter_context(path.open("rb", buffering=0))
        links = ogg_links(file) if file.read(4) == b"OggS" else []
        file.seek(0)
        try:
            # by file descriptor: libsndfile guesses the format from some extensions
            sound = opened.enter_context(soundfile.SoundFile(file.fileno(), closefd=False))
        except soundfile.LibsndfileError:
            return None
        check_track(track, 1)
        damage: list[str] = []
        if sound.format != "OGG":
            return DecodedFile(_chunks(sound, damage, opened.pop_all()), _header_duration(sound), damage)
        if not _ogg_is_whole(path):
            damage.append("the Ogg end-of-stream mark is missing")
        if len(links) > 1:
            return DecodedFile(_chained(file, links, damage, opened.pop_all()), None, damage)
        return DecodedFile(_chunks(sound, damage, opened.pop_all()), _header_duration(sound), damage)


def _chained(file: BinaryIO, links: list[tuple[int, int]], damage: list[str], opened: ExitStack) -> Chunks:
    """Decode the links of a chained Ogg file one after the other, of which libsndfile reads only the first.

    Each is copied into a temporary file, since libsndfile needs one and a link may have another rate than the last.
    """
    import soundfile

    unreadable = 0
    with opened:
        for start, end in links:
            with tempfile.TemporaryFile(prefix="moodcurve-") as link:
                for piece in _pieces(file, start, end):
                    link.write(piece)
                link.seek(0)
                try:
                    sound = soundfile.SoundFile(link.fileno(), closefd=False)
                except soundfile.LibsndfileError:
                    unreadable += 1
                    continue
                with ExitStack() as inner:
                    yield from _chunks(inner.enter_context(sound), damage, inner.pop_all())
    if unreadable:
        damage.append(f"{unreadable} of the {len(links)} streams in a row could not be read")


def _pieces(file: BinaryIO, start: int, end: int) -> Iterator[bytes]:
    file.seek(start)
    while start < end and (piece := file.read(min(1 << 20, end - start))):
        start += len(piece)
        yield piece


def _chunks(sound: Any, damage: list[str], opened: ExitStack) -> Chunks:
    import soundfile

    frames = max(1, CHUNK // sound.channels)
    with opened:
        while True:
            try:
                samples = sound.read(frames, dtype="float32", always_2d=True)
            except soundfile.LibsndfileError as error:
                damage.append(str(error).rstrip("."))
                return
            if not len(samples):
                return
            yield sound.samplerate, samples


def _header_duration(sound: Any) -> float:
    """Return the duration in seconds that the header states.

    libsndfile corrects it to the available bytes; its log still has both numbers.
    """
    seconds = float(sound.frames) / float(sound.samplerate)
    sizes = re.findall(r": (\d+) \(should be (\d+)\)", sound.extra_info)
    # the last such line is about the innermost chunk, the samples themselves
    if sizes and 0 < int(sizes[-1][1]) < int(sizes[-1][0]) < _UNKNOWN_SIZE:
        seconds *= int(sizes[-1][0]) / int(sizes[-1][1])
    return seconds


def _ogg_is_whole(path: Path) -> bool:
    """Return True if the last Ogg page is marked as the end of a stream and ends the file (RFC 3533, section 6)."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - (1 << 16)))  # a page has at most 65,307 bytes
        tail = file.read()
    page = tail[tail.rfind(b"OggS") :]
    if len(page) < 27 or page[:4] != b"OggS" or not page[5] & 4:
        return False
    segments = page[26]
    return len(page) >= 27 + segments + sum(page[27 : 27 + segments])
