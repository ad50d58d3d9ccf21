"""WAV, AIFF, AU, CAF and Ogg by libsndfile."""

import re
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from moodcurve.audio.decoders.base import CHUNK, Chunks, DecodedFile

# A data size from here on is what a program writes that cannot know the size, such as one writing into a pipe
_UNKNOWN_SIZE = 0x7FFF0000


def open_file(path: Path) -> DecodedFile | None:
    """Open with libsndfile; None if it does not take the file."""
    import soundfile

    with ExitStack() as opened:
        file = opened.enter_context(path.open("rb"))
        try:
            # by descriptor, so that the name cannot matter: libsndfile guesses from some endings
            sound = opened.enter_context(soundfile.SoundFile(file.fileno(), closefd=False))
        except soundfile.LibsndfileError:
            return None
        damage: list[str] = []
        if sound.format == "OGG" and not _ogg_is_whole(path):
            damage.append("it lacks the mark of an Ogg stream's end")
        return DecodedFile(_chunks(sound, damage, opened.pop_all()), _header_duration(sound), damage)


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
    """Seconds by the header, which libsndfile corrects to the bytes there are, saying so in its log."""
    seconds = float(sound.frames) / float(sound.samplerate)
    sizes = re.findall(r": (\d+) \(should be (\d+)\)", sound.extra_info)
    # the last such line is the innermost chunk, the samples themselves
    if sizes and 0 < int(sizes[-1][1]) < int(sizes[-1][0]) < _UNKNOWN_SIZE:
        seconds *= int(sizes[-1][0]) / int(sizes[-1][1])
    return seconds


def _ogg_is_whole(path: Path) -> bool:
    """Whether the last Ogg page is marked as a stream's last and ends with the file (RFC 3533, section 6)."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - (1 << 16)))  # a page has at most 65 307 bytes
        tail = file.read()
    page = tail[tail.rfind(b"OggS") :]
    if len(page) < 27 or page[:4] != b"OggS" or not page[5] & 4:
        return False
    segments = page[26]
    return len(page) >= 27 + segments + sum(page[27 : 27 + segments])
