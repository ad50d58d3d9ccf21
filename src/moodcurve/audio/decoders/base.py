"""Types that both decoders share."""

from collections.abc import Generator
from dataclasses import dataclass, field

from moodcurve._typing import AnyFloatArray
from moodcurve.util.text import counted

SampleArray = AnyFloatArray
"""Samples (frames, channels); float64 only from files of double precision."""
Chunks = Generator[tuple[int, SampleArray], None, None]

CHUNK = 1 << 17
"""Samples per chunk, all channels together: small enough for flat memory use, large enough to hide fixed costs."""


class UnreadableError(Exception):
    """A file cannot be decoded; the message says why, without the file's name."""


@dataclass
class DecodedFile:
    """An open audio file.

    Attributes
    ----------
    chunks : generator of (rate, samples)
        Sample rate in Hz (it may change within a file) and float samples (frames, channels) with full scale ±1,
        neither clipped nor checked. Closing the generator closes the file.
    claimed_s : float or None
        Duration in seconds that the header states; None if it states none, or one that cannot be.
    damage : list of str
        Problems found so far; complete once `chunks` is exhausted.
    notes : list of str
        What a user should know of an intact file, such as gaps in its time stamps; complete when `damage` is.
    codec : str
        FFmpeg's name of the codec, if FFmpeg decodes the file.
    """

    chunks: Chunks
    claimed_s: float | None
    damage: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    codec: str = ""


def check_track(track: int | None, tracks: int) -> None:
    """Raise UnreadableError if a file has no track of this number, counted from 1; None is always there."""
    if track is not None and track > tracks:
        raise UnreadableError(f"it has {counted(tracks, 'audio track')}, no track {track}")
